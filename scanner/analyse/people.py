"""The exposed people of all queued incidents, and which of them may be one person."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.analyse.lexicon import lexicon
from scanner.analyse.name import best_tier, is_full_name, local_name, name_words, plain
from scanner.analyse.stated import NOTHING_STATED, StatedPeople
from scanner.model import (
    AUTOMATIC,
    AddressKey,
    ExposedAddress,
    Incident,
    IncidentKey,
    PeopleSuggestion,
    Person,
    Tier,
    is_dated,
)

_NAMESAKES = 20
"""What more addresses than these are called is no name of a person: a greeting, a firm, a placeholder."""


@dataclass(slots=True)
class _Known:
    addresses: set[AddressKey] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    tiers: dict[Tier, str] = field(default_factory=dict)
    incidents: list[IncidentKey] = field(default_factory=list)
    first_sent_at: int = 0
    last_sent_at: int = 0


class PeopleCollector:
    """
    The exposed people of all queued incidents, from one incident at a time.

    Args:
        stated: By what the incidents were made.
    """

    def __init__(self, stated: StatedPeople = NOTHING_STATED) -> None:
        self._stated = stated
        self._people: dict[str, _Known] = {}
        # By the words of a name the address it stands at, or all of them: a set for each would cost most of the memory.
        self._named: dict[str, AddressKey | set[AddressKey]] = {}

    def add(self, incident: Incident) -> None:
        """Take the exposed addresses of one incident; every incident once, in any order."""
        moments = {entry.message.identity: entry.message.sent_at for entry in incident.messages}
        for exposed in incident.exposed:
            times = [moments[identity] for identity in exposed.messages]
            # Mail without a date says nothing of when, unless there is no other.
            times = [one for one in times if is_dated(one)] or times
            known = self._people.get(exposed.person_id)
            if known is None:
                known = self._people[exposed.person_id] = _Known(first_sent_at=times[0], last_sent_at=times[0])
            if exposed.key not in known.addresses or not known.names.issuperset(exposed.display_names):
                self._note_names(exposed)
            known.addresses.add(exposed.key)
            known.names.update(exposed.display_names)
            known.unfit.update(exposed.unfit_names)
            known.classes.add(exposed.address_class)
            known.rules.add(exposed.rule)
            # What no person has decided on is automatic, whoever decided on another address with the same tier.
            if known.tiers.get(exposed.tier) != AUTOMATIC:
                known.tiers[exposed.tier] = exposed.tier_source
            if is_dated(known.first_sent_at) == is_dated(times[0]):
                known.first_sent_at = min(known.first_sent_at, *times)
                known.last_sent_at = max(known.last_sent_at, *times)
            elif is_dated(times[0]):
                known.first_sent_at, known.last_sent_at = min(times), max(times)
            if incident.key not in known.incidents[-1:]:
                known.incidents.append(incident.key)

    def result(self) -> Iterator[Person]:
        """Yield the people by person_id; their incidents by key."""
        for name in sorted(self._people):
            known = self._people[name]
            addresses = tuple(sorted(known.addresses))
            reasons, confidence = self._stated.reasons(addresses)
            tier = best_tier(set(known.tiers))
            yield Person(
                person_id=name,
                addresses=addresses,
                display_names=tuple(sorted(known.names)),
                tier=tier,
                merge_reasons=reasons,
                incidents=tuple(sorted(set(known.incidents))),
                first_sent_at=known.first_sent_at,
                last_sent_at=known.last_sent_at,
                merge_confidence=confidence,
                tier_source=known.tiers[tier],
                unfit_names=tuple(sorted(known.unfit)),
                address_classes=tuple(sorted(known.classes)),
                rules=tuple(sorted(known.rules)),
            )

    def suggestions(self) -> Iterator[PeopleSuggestion]:
        """
        Yield people with the same full name, shown or in the local part, at two addresses or more; by addresses.

        Never more than suggested (CONTRACTS: Exposure). A name that does not
        fit its address, one that more than 20 addresses have, and an address of
        which somebody has stated that it is a person of its own, suggest nothing.
        """
        found: dict[tuple[AddressKey, ...], set[str]] = {}
        for words, keys in self._named.items():
            if isinstance(keys, set) and len(keys) <= _NAMESAKES:
                people = {self._stated.person_id(key) for key in keys}
                if len(people) > 1:
                    shown = (name for person in people for name in self._people[person].names)
                    found.setdefault(tuple(sorted(keys)), set()).update(one for one in shown if _words_of(one) == words)
        for addresses in sorted(found):
            yield PeopleSuggestion(
                rule="same name",
                confidence="possible",
                addresses=addresses,
                person_ids=tuple(map(self._stated.person_id, addresses)),
                names=tuple(sorted(found[addresses])),
            )

    def _note_names(self, exposed: ExposedAddress) -> None:
        key = exposed.key
        if exposed.tier in ("role", "list") or self._stated.is_alone(key):
            return
        for name in exposed.display_names:
            if name not in exposed.unfit_names and is_full_name(name, key):
                self._note(_words_of(name), key)
        if not exposed.display_names and (words := local_name(key)):
            self._note(" ".join(sorted(words)), key)

    def _note(self, words: str, key: AddressKey) -> None:
        known = self._named.setdefault(words, key)
        if isinstance(known, set):
            known.add(key)
        elif known != key:
            self._named[words] = {known, key}


def _words_of(name: str) -> str:
    """Return the words of a full name in one order: without titles, accents and particles."""
    particles = lexicon()("names", "particles")
    return " ".join(sorted(plain(word) for word in name_words(name) if word not in particles))
