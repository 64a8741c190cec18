"""
The ladder: every figure of an incident, and of all of them; the one owner of all rungs.

Definitions are those of CONTRACTS: Exposure. What the store does not prove
(delivered, replied, bounced) is None, never a guess.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.addresses import EXCHANGE_RULE
from scanner.analyse.exposure import Exposure, ViewField, read_exposure, wider
from scanner.analyse.misfit import names_another
from scanner.analyse.name import best_tier
from scanner.analyse.receipt import is_looked_for, received_by, stronger
from scanner.analyse.share import Share, share_of
from scanner.analyse.stated import NOTHING_STATED, StatedPeople
from scanner.model import (
    ARRIVED,
    VISIBLE_FIELDS,
    AddressClass,
    AddressKey,
    ExposedAddress,
    Identity,
    Incident,
    IncidentMessage,
    Ladder,
    OutsiderTest,
    Policy,
    Received,
    StoredMessage,
    Tier,
    Viewer,
)


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """What an incident's messages show, taken together."""

    exposed: tuple[ExposedAddress, ...]
    viewers: tuple[Viewer, ...]
    ladder: Ladder


def detail_incident(
    messages: Sequence[IncidentMessage],
    policy: Policy,
    classify: OutsiderTest,
    stated: StatedPeople = NOTHING_STATED,
    *,
    has_gap: bool = False,
) -> IncidentDetail:
    """
    Return exposed addresses, viewers and ladder of one incident.

    Args:
        messages: The incident's messages by (sent_at, identity).

        policy: What was in force when they were found.

        classify: Its outsider test, `with_list_posts` applied.

        stated: What persons had stated about people then.

        has_gap: Something that belongs to the incident could not be read, so that the upper bound is "at least".
    """
    readings = [(entry.message, read_exposure(entry.message, policy, classify)) for entry in messages]
    return detail_readings(readings, classify, stated, has_gap=has_gap)


def detail_readings(
    readings: Sequence[tuple[StoredMessage, Exposure]],
    classify: OutsiderTest,
    stated: StatedPeople = NOTHING_STATED,
    *,
    has_gap: bool = False,
) -> IncidentDetail:
    """Do the same for messages whose exposure was read already."""
    exposed = _exposed_addresses(readings, classify, stated)
    received = received_by(readings)
    protections = [exposure.protection for _, exposure in readings if exposure.protection]
    viewers = tuple(
        Viewer(key, inside, field, received.get(key, ""), *_standing(classify(key), inside, protections))
        for key, field, inside in _widest_views(readings)
    )
    shown = [exposure.exposed for _, exposure in readings]
    figures = _Figures(
        messages=sum(1 for keys in shown if keys),
        events=sum(map(len, shown)),
        tiers={entry.key: (entry.person_id, entry.tier) for entry in exposed},
        viewers=viewers,
        unresolved=len({text for _, exposure in readings for text in exposure.unresolved}),
        has_gap=has_gap,
        is_looked_for=is_looked_for(message for message, _ in readings),
    )
    return IncidentDetail(exposed, viewers, _ladder(figures))


def _widest_views(
    readings: Sequence[tuple[StoredMessage, Exposure]],
) -> Iterable[tuple[AddressKey, ViewField, bool]]:
    """Return (key, widest field, inside) of all viewers, by key."""
    # Most incidents are one message.
    if len(readings) == 1:
        return readings[0][1].viewers
    widest: dict[AddressKey, tuple[AddressKey, ViewField, bool]] = {}
    for _, exposure in readings:
        for view in exposure.viewers:
            known = widest.get(view[0])
            # Who is an outsider in one of the messages is none of the colleagues.
            widest[view[0]] = view if known is None else (view[0], wider(view[1], known[1]), view[2] and known[2])
    return [widest[key] for key in sorted(widest)]


def _exposed_addresses(
    readings: Sequence[tuple[StoredMessage, Exposure]], classify: OutsiderTest, stated: StatedPeople
) -> tuple[ExposedAddress, ...]:
    identities: dict[AddressKey, tuple[Identity, ...]] = {}
    names: dict[AddressKey, tuple[str, ...]] = {}
    # One object for all who stand in the same messages: there may be many thousands of them.
    same: dict[tuple[Identity, ...], tuple[Identity, ...]] = {}
    for message, exposure in readings:
        keys = frozenset(exposure.exposed)
        if not identities:
            identities = dict.fromkeys(exposure.exposed, (message.identity,))
        else:
            for key in keys:
                these = (*identities.get(key, ()), message.identity)
                identities[key] = same.setdefault(these, these)
        for entry in message.recipients if keys else ():
            name = entry.display_name
            if name and entry.key in keys and entry.field in VISIBLE_FIELDS and name not in names.get(entry.key, ()):
                names[entry.key] = (*names.get(entry.key, ()), name)
    found = []
    protections = [exposure.protection for _, exposure in readings if exposure.protection]
    for key in sorted(identities):
        shown = names.get(key, ())
        if len(shown) > 1:
            shown = tuple(sorted(shown))
        address = classify(key)
        tier, source = stated.tier(key, shown, address)
        unfit = tuple(name for name in shown if names_another(key, name))
        found.append(
            ExposedAddress(
                key,
                stated.person_id(key),
                shown,
                tier,
                identities[key],
                source,
                unfit,
                (),
                *_standing(address, False, protections),
            )
        )
    return tuple(found)


def _standing(found: AddressClass, is_inside: bool, protections: Sequence[str]) -> tuple[str, str]:
    """Return class and rule of an address in an incident; `protections` are the groups that protect its mail."""
    if found.kind == "unresolved":
        # Of what is no mail address, only X.500 names are viewers.
        return "inside", EXCHANGE_RULE
    if protections and not is_inside and not found.outsider:
        return found.kind, f"protected {protections[0]}"
    return found.kind, found.rule


@dataclass(frozen=True, slots=True)
class _Figures:
    messages: int
    events: int
    tiers: dict[AddressKey, tuple[str, Tier]]
    """Exposed address → (person, tier of the address)."""

    viewers: Iterable[Viewer]
    unresolved: int
    has_gap: bool
    is_looked_for: bool
    """Received mail was looked through for bounces of and replies to every one of the messages."""


def _ladder(figures: _Figures) -> Ladder:
    people: dict[str, Tier] = {}
    for person, tier in figures.tiers.values():
        known = people.get(person, tier)
        people[person] = tier if known == tier else best_tier({known, tier})
    tiers = Counter(people.values())
    viewers = list(figures.viewers)
    # Counted over viewers: every exposed address is one. Of most nothing is proven.
    received: Counter[Received] = Counter([viewer.received for viewer in viewers if viewer.received])
    arrived = sum(received[proof] for proof in ARRIVED)
    is_read = figures.is_looked_for
    is_proven = is_read or bool(received)
    return Ladder(
        messages=figures.messages,
        exposure_events=figures.events,
        exposed_addresses=len(figures.tiers),
        exposed_people=len(people),
        identifiable_full=tiers["full"],
        identifiable_partial=tiers["partial"],
        nameless=tiers["nameless"],
        role=tiers["role"],
        list=tiers["list"],
        unresolved=figures.unresolved,
        viewers=len(viewers),
        internal_visible=[viewer.inside and viewer.field != "bcc" for viewer in viewers].count(True),
        bcc_viewers=[viewer.field for viewer in viewers].count("bcc"),
        # That no bounce was found proves no delivery; that all copies came back proves that there was none.
        delivered=arrived if arrived or received["bounced"] == len(viewers) > 0 else None,
        replied=received["replied"] if is_read or received["replied"] else None,
        people_lower=len(people) - tiers["role"] - (_unreached(figures, people, viewers) if received["bounced"] else 0),
        people_upper=len(figures.tiers),
        at_least=figures.has_gap or figures.unresolved > 0 or tiers["list"] > 0,
        bounced=received["bounced"] if is_proven else None,
        auto_replied=received["auto_reply"] if is_read or received["auto_reply"] else None,
    )


def _unreached(figures: _Figures, people: dict[str, Tier], viewers: Sequence[Viewer]) -> int:
    """Return how many people, role addresses aside, have no address but those that proven bounces say are none."""
    bounced = {viewer.key for viewer in viewers if viewer.received == "bounced"}
    reached = {person for key, (person, _) in figures.tiers.items() if key not in bounced}
    return sum(1 for person, tier in people.items() if person not in reached and tier != "role")


class TotalsCollector:
    """The ladder over all queued incidents: addresses, people and viewers count once, events add up."""

    def __init__(self, classify: OutsiderTest) -> None:
        self._classify = classify
        self._messages = 0
        self._events = 0
        self._tiers: dict[AddressKey, tuple[str, Tier]] = {}
        self._viewers: dict[AddressKey, tuple[bool, ViewField, Received]] = {}
        self._unresolved: set[str] = set()
        self._at_least = False
        self._is_looked_for: bool | None = None

    def add(self, incident: Incident) -> None:
        """Take the figures of one incident; every incident once, in any order."""
        self.add_share(share_of(incident, self._classify))

    def add_share(self, share: Share) -> None:
        """Do the same with what was kept of an incident."""
        self._messages += share.messages
        self._events += share.events
        self._at_least = self._at_least or share.at_least
        for key, person, tier in share.exposed:
            known = self._tiers.get(key)
            if known is not None and known[1] != tier:
                tier = best_tier({known[1], tier})
            self._tiers[key] = (person, tier)
        for viewer_key, inside, field, received in share.viewers:
            said = (inside, field, received)
            other = self._viewers.get(viewer_key)
            # Mostly another mail says the same of a viewer.
            if other is not None and other != said:
                said = (inside and other[0], wider(field, other[1]), stronger(received, other[2]))
            self._viewers[viewer_key] = said
        self._is_looked_for = share.is_looked_for and self._is_looked_for is not False
        self._unresolved.update(share.unresolved)

    def result(self) -> Ladder:
        """Return the ladder over everything that was added; all zero if nothing was."""
        return _ladder(
            _Figures(
                messages=self._messages,
                events=self._events,
                tiers=self._tiers,
                viewers=[Viewer(key, *said) for key, said in self._viewers.items()],
                unresolved=len(self._unresolved),
                has_gap=self._at_least,
                is_looked_for=bool(self._is_looked_for),
            )
        )
