"""
Which incidents new mail makes, changes or ends, and what surrounds them now.

An incident depends on other mail in these ways, and in no others:

    links      same unit and stem within a day; same stem and a shared address within the window; a recall and whose
               list it went to, visibly or not, within the window: all that is joined so, directly or by others, is
               linked anew
    Bcc        mail of the same unit and stem that hid its list, and whether an address was ever written to so
    alone      mail that went to one of its addresses alone, and was sent before: its messages are judged anew
    history    who else exposed its addresses before, and how large those incidents are
    excuses    for each address by itself, what exposed it before, and threads that outsiders began
    relations  the neighbours in time in the rows of its addresses, stems and senders

So what changes is found by these terms, and the same functions as in a whole
analysis judge it among all that shares a term with it. Where too much is
touched, a whole analysis is made instead.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scanner.analyse import thin as term
from scanner.analyse.alone import most_alone
from scanner.analyse.evidence import ExposureHistory, HiddenMailings
from scanner.analyse.incident import incident_key
from scanner.analyse.linking import DAY, LONGEST, link_messages
from scanner.analyse.neighbourhood import Change, Neighbourhood, TooWideError, is_quiet_recall
from scanner.analyse.surroundings import (
    Surroundings,
    count_excused,
    joint_kinds,
    quiet_recalls,
    surroundings_of,
    surroundings_text,
)
from scanner.analyse.thin import Thin
from scanner.analyse.thread import Excuse, Showing, find_excuses
from scanner.model import AddressKey, CandidateEntry, Identity, IncidentKey, MessageKind, Policy


@dataclass(frozen=True, slots=True)
class Cluster:
    """The messages of one incident, as its neighbours see them."""

    key: IncidentKey
    members: tuple[Thin, ...]
    """By (sent_at, identity)."""

    kinds: tuple[MessageKind, ...]
    quiet_recalls: int

    @property
    def first_sent_at(self) -> int:
        """Moment of the earliest message."""
        return self.members[0].reading.sent_at

    @property
    def keys(self) -> frozenset[AddressKey]:
        """Distinct exposed addresses."""
        return frozenset(key for member in self.members for key in member.reading.exposed)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What has to be made anew; all other incidents are as they were, their ranks and relations aside."""

    region: Mapping[int, IncidentKey]
    """Message → incident, of all messages that were linked anew."""

    rebuilt: Mapping[IncidentKey, tuple[Cluster, Surroundings]]
    """Incidents whose messages or surroundings are others than before."""

    regrouped: Mapping[IncidentKey, Cluster]
    """Of these the ones that are new, or have other messages."""

    former: Mapping[IncidentKey, tuple[Thin, ...]]
    """Incidents that are gone or had other messages, with those that they had."""

    @property
    def gone(self) -> frozenset[IncidentKey]:
        """Keys that name no incident any more."""
        return frozenset(self.former).difference(self.regrouped)


def renew(near: Neighbourhood, restated: Collection[IncidentKey], policy: Policy) -> Renewal:
    """
    Return what the changes of a neighbourhood make new.

    Args:
        near: The changes, and what there was before.

        restated: Incidents that hold a message of which something else is known that no other incident sees.

        policy: As in the analysis before.

    Raises:
        TooWideError: They touch too much.
    """
    moved = list(near.changes.values())
    window = policy.window_days * DAY
    linked = _linked(near, moved, window)
    clusters = _clusters(linked, policy)
    former = _former(near, linked, moved)
    of_number = {member.number: cluster.key for cluster in clusters.values() for member in cluster.members}
    moved_numbers = {change.now.number for change in moved if change.now}
    same = {
        key
        for key, cluster in clusters.items()
        if key in former
        and {one.number for one in former[key]} == {one.number for one in cluster.members}
        and moved_numbers.isdisjoint(one.number for one in cluster.members)
    }
    regrouped = {key: cluster for key, cluster in clusters.items() if key not in same}
    lost = {key: members for key, members in former.items() if key not in same}
    outside = _touched(near, moved, [*lost.values(), *(one.members for one in regrouped.values())], of_number, window)
    outside.update(restated)
    outside -= former.keys()
    targets = {**clusters, **_stored_clusters(near, outside)}
    rebuilt = {}
    surroundings = _Surveyor(near, targets, of_number, policy)
    known = near.known(targets)
    for key, cluster in sorted(targets.items()):
        around = surroundings.of(cluster)
        if key in regrouped or key in restated or known[key].around != surroundings_text(around):
            rebuilt[key] = (cluster, around)
    return Renewal(of_number, rebuilt, regrouped, lost)


def _linked(near: Neighbourhood, moved: Collection[Change], window: int) -> dict[int, Thin]:
    """Return all candidates that linking may join with what has moved, directly or by others, by number."""
    found = {change.now.number: change.now for change in moved if change.now and _is_linked(change.now)}
    ahead = [one for change in moved for one in (change.former, change.now) if one and _is_linked(one)]
    while ahead:
        near.load(name for one in ahead for name in _link_terms(one))
        numbers = {number for one in ahead for number in _reached(near, one, window)}
        ahead = list(near.thin(numbers - found.keys()).values())
        found.update((one.number, one) for one in ahead)
    return found


def _is_linked(one: Thin) -> bool:
    return one.reading.is_member or is_quiet_recall(one)


def _link_terms(one: Thin) -> Iterator[str]:
    reading = one.reading
    if term.may_take_back(reading):
        yield from map(term.shown, reading.reached)
    if not reading.is_member:
        return
    if not reading.subject.commonplace:
        yield from (term.mailing(unit, reading.subject.stem) for unit in reading.units)
    for key in reading.exposed:
        yield term.shown(key)
        yield term.called(key)


def _reached(near: Neighbourhood, one: Thin, window: int) -> Iterator[int]:
    """Yield the numbers of candidates that one may be linked with; more than are, since this is no proof."""
    reading = one.reading
    moment, stem = reading.sent_at, reading.subject.stem
    if term.may_take_back(reading):
        for key in reading.reached:
            yield from (each.number for each in near.row(term.shown(key)) if 0 <= moment - each.sent_at <= window)
    if not reading.is_member:
        return
    if not reading.subject.commonplace:
        for unit in reading.units:
            row = near.row(term.mailing(unit, stem))
            yield from (each.number for each in row if abs(each.sent_at - moment) <= DAY)
    for key in reading.exposed:
        row = near.row(term.shown(key))
        yield from (each.number for each in row if each.stem == stem and abs(each.sent_at - moment) <= window)
        yield from (each.number for each in near.row(term.called(key)) if 0 <= each.sent_at - moment <= window)


def _clusters(linked: Mapping[int, Thin], policy: Policy) -> dict[IncidentKey, Cluster]:
    ordered = sorted(linked.values(), key=lambda one: (one.reading.sent_at, one.reading.message.identity))
    readings = [one.reading for one in ordered]
    links = link_messages(readings, policy.window_days)
    quiet = quiet_recalls(links)
    found = {}
    for number, indices in enumerate(links.clusters):
        members = tuple(ordered[index] for index in indices)
        key = incident_key(members[0].reading.message.identity)
        found[key] = Cluster(key, members, joint_kinds(readings, links, number), quiet.get(number, 0))
    return found


def _former(
    near: Neighbourhood, linked: Mapping[int, Thin], moved: Iterable[Change]
) -> dict[IncidentKey, tuple[Thin, ...]]:
    """Return the incidents that the linked messages made before, each whole."""
    found: dict[IncidentKey, list[Thin]] = {}
    # What has moved stands there as it was; as it is now it belonged to none.
    for one in (*(change.former for change in moved if change.former), *linked.values()):
        if one.incident:
            found.setdefault(one.incident, []).append(one)
    for key, numbers in near.members(found).items():
        if len(numbers) != len(found[key]):
            raise TooWideError("an incident reaches beyond what was linked anew")
    return {key: tuple(members) for key, members in found.items()}


def _touched(
    near: Neighbourhood,
    moved: Collection[Change],
    groups: Iterable[tuple[Thin, ...]],
    of_number: Mapping[int, IncidentKey],
    window: int,
) -> set[IncidentKey]:
    """Return the incidents outside of what was linked anew whose surroundings may be others now."""
    since: dict[AddressKey, int] = {}
    for members in groups:
        began = min(one.reading.sent_at for one in members)
        for key in {key for one in members for key in one.reading.exposed}:
            since[key] = min(began, since.get(key, began))
    turned = _turned(near, moved)
    near.load(map(term.shown, {*since, *turned}))
    rows = [
        *((near.row(term.shown(key)), moment) for key, moment in since.items()),
        *((near.row(term.shown(key)), None) for key in turned),
    ]
    found: set[IncidentKey] = set()
    for row, moment in rows:
        for each in row:
            if each.number not in of_number and (moment is None or each.sent_at >= moment):
                found.add(_incident_of(each))
    reach = window + LONGEST
    for change in moved:
        for one in (change.former, change.now):
            if one is None or not one.reading.hides_its_list:
                continue
            for unit in one.reading.units:
                for each in near.row(term.mailing(unit, one.reading.subject.stem)):
                    if each.number not in of_number and abs(each.sent_at - one.reading.sent_at) <= reach:
                        found.add(_incident_of(each))
    return found


def _incident_of(entry: CandidateEntry) -> IncidentKey:
    if entry.incident is None:
        raise TooWideError("a member belongs to no incident")
    return entry.incident


def _turned(near: Neighbourhood, moved: Iterable[Change]) -> set[AddressKey]:
    """Return the addresses that are written to in Bcc for the first time, or not any more."""
    before: set[AddressKey] = set()
    now: set[AddressKey] = set()
    for change in moved:
        for one, keys in ((change.former, before), (change.now, now)):
            if one and one.reading.hides_its_list:
                keys.update(one.reading.exposure.hidden)
    asked = {term.hidden(key): key for key in before ^ now}
    others = near.present_unchanged(asked)
    return {key for name, key in asked.items() if name not in others}


def _stored_clusters(near: Neighbourhood, keys: Collection[IncidentKey]) -> dict[IncidentKey, Cluster]:
    """Return incidents that were not linked anew, with what their links said of them."""
    known = near.known(keys)
    numbers = near.members(keys)
    loaded = near.thin(number for some in numbers.values() for number in some)
    found = {}
    for key in keys:
        members = sorted(
            (loaded[number] for number in numbers.get(key, ())),
            key=lambda one: (one.reading.sent_at, one.reading.message.identity),
        )
        around = surroundings_of(known[key].around) if key in known else None
        if around is None or len(around.kinds) != len(members):
            raise TooWideError("an incident is not in the store as it was")
        found[key] = Cluster(key, tuple(members), around.kinds, around.quiet_recalls)
    return found


class _Surveyor:
    """Reads the surroundings of incidents from all that shares a term with them."""

    def __init__(
        self,
        near: Neighbourhood,
        targets: Mapping[IncidentKey, Cluster],
        of_number: Mapping[int, IncidentKey],
        policy: Policy,
    ) -> None:
        keys = {key for cluster in targets.values() for key in cluster.keys}
        near.load(map(term.shown, keys))
        self._mailings = _mailings(near, targets, policy)
        self._hidden = near.present([term.hidden(key) for key in keys])
        self._number: dict[IncidentKey, int] = {}
        self._history = self._read_history(near, targets, of_number, keys)
        self._excuses = _excuses(near, targets, keys)

    def of(self, cluster: Cluster) -> Surroundings:
        """Return the surroundings of one of the targets."""
        members = [one.reading for one in cluster.members]
        keys = sorted(cluster.keys)
        number = self._number[cluster.key]
        exposed_before, is_same_list = self._history.before(keys, cluster.first_sent_at, number)
        return Surroundings(
            kinds=cluster.kinds,
            siblings=tuple(reading.message.identity for reading in self._mailings.siblings(members)),
            quiet_recalls=cluster.quiet_recalls,
            usually_hidden=sum(1 for key in keys if term.hidden(key) in self._hidden),
            exposed_before=exposed_before,
            is_same_list=is_same_list,
            newcomers=max(one.newcomers for one in cluster.members),
            one_by_one=most_alone((one.one_by_one, len(one.reading.exposed)) for one in cluster.members),
            excused=count_excused(members, self._excuses),
        )

    def _read_history(
        self,
        near: Neighbourhood,
        targets: Mapping[IncidentKey, Cluster],
        of_number: Mapping[int, IncidentKey],
        keys: Iterable[AddressKey],
    ) -> ExposureHistory:
        first: dict[AddressKey, dict[IncidentKey, int]] = {}
        involved: set[IncidentKey] = set(targets)
        for key in keys:
            moments = first.setdefault(key, {})
            for each in near.row(term.shown(key)):
                incident = of_number.get(each.number) or _incident_of(each)
                moments[incident] = min(each.sent_at, moments.get(incident, each.sent_at))
            involved.update(moments)
        known = near.known(involved.difference(targets))
        order = sorted(
            [(one.first_sent_at, key, len(one.keys)) for key, one in targets.items()]
            + [(one.first_sent_at, key, one.size) for key, one in known.items()]
        )
        self._number.update((key, number) for number, (_, key, _) in enumerate(order))
        if len(self._number) != len(involved):
            raise TooWideError("an incident is not in the store")
        numbered = {
            key: [(moment, self._number[incident]) for incident, moment in moments.items()]
            for key, moments in first.items()
        }
        return ExposureHistory(numbered, [size for _, _, size in order])


def _mailings(near: Neighbourhood, targets: Mapping[IncidentKey, Cluster], policy: Policy) -> HiddenMailings:
    wanted = {
        term.hidden_mailing(unit, one.reading.subject.stem)
        for cluster in targets.values()
        for one in cluster.members
        for unit in one.reading.units
    }
    near.load(wanted)
    numbers = {each.number for name in wanted for each in near.row(name)}
    readings = [one.reading for one in near.thin(numbers).values()]
    readings.sort(key=lambda reading: (reading.sent_at, reading.message.identity))
    return HiddenMailings(readings, policy.window_days)


def _excuses(
    near: Neighbourhood, targets: Mapping[IncidentKey, Cluster], keys: Iterable[AddressKey]
) -> dict[Identity, Excuse]:
    wanted = {one.number: one for cluster in targets.values() for one in cluster.members}
    entries: dict[int, CandidateEntry] = {}
    exposed: dict[int, list[AddressKey]] = {}
    for key in keys:
        for each in near.row(term.shown(key)):
            entries[each.number] = each
            exposed.setdefault(each.number, []).append(key)
    whole = {**near.thin(number for number, each in entries.items() if each.has_origin), **wanted}
    shown: dict[int, Showing] = {number: one.reading for number, one in whole.items()}
    for number, each in entries.items():
        if number not in shown:
            shown[number] = _Glimpse(each.identity, each.sent_at, tuple(exposed[number]))
    origins = {one.reading.message.identity: one.origin for one in whole.values() if one.origin is not None}
    ordered = sorted(shown.values(), key=lambda one: (one.sent_at, one.identity))
    return find_excuses(ordered, origins, {one.reading.message.identity for one in wanted.values()})


@dataclass(frozen=True, slots=True)
class _Glimpse:
    """Of a message what its addresses that are asked for need to know."""

    identity: Identity
    sent_at: int
    exposed: tuple[AddressKey, ...]
