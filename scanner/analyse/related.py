"""
Which incidents tell one story without being one: same list, people, sender or stem at other times.

Figures of related incidents are never added up. Relations are mutual, and each
incident is held against its neighbours in time only, so that a sender with
thousands of incidents costs no quadratic step.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from scanner.analyse.pattern import message_labels, sending_units
from scanner.analyse.posting import Postings, post
from scanner.analyse.reading import Reading
from scanner.analyse.subject import read_subject
from scanner.model import AddressKey, Incident, Policy, Relation

LIST_NEIGHBOURS = 20
STEM_NEIGHBOURS = 10
SENDER_NEIGHBOURS = 5


def relate_incidents(incidents: Sequence[Sequence[Reading]], queued: Sequence[bool]) -> list[set[int]]:
    """
    Return, for each incident, the numbers of those related to it.

    Args:
        incidents: Members by (sent_at, identity).

        queued: Whether each is queued; a common sender relates queued ones only, or everything would be related.
    """
    order = sorted(range(len(incidents)), key=lambda number: (incidents[number][0].sent_at, number))
    related: list[set[int]] = [set() for _ in incidents]
    for number, others in zip(order, relate([traits_of(incidents[one], queued[one]) for one in order]), strict=True):
        related[number].update(order[other] for other in others)
    return related


@dataclass(frozen=True, slots=True)
class Traits:
    """What may relate an incident to others."""

    keys: Collection[AddressKey]
    """Distinct exposed addresses."""

    size: int
    """How many there are; `keys` may leave out those that nobody asks for."""

    stems: Collection[str]
    """That are not commonplace."""

    units: Collection[str]
    """None when it is not queued."""


def traits_of(members: Sequence[Reading], queued: bool) -> Traits:
    """Return the traits of the incident that these messages make."""
    keys = {key for reading in members for key in reading.exposed}
    return Traits(
        keys=keys,
        size=len(keys),
        stems={reading.subject.stem for reading in members if not reading.subject.commonplace},
        units={unit for reading in members for unit in reading.units} if queued else (),
    )


def relate(incidents: Sequence[Traits]) -> list[set[int]]:
    """
    Return, for each incident, the numbers of those related to it.

    Args:
        incidents: By the moment of the first message.
    """
    related: list[set[int]] = [set() for _ in incidents]
    stems: dict[str, list[int]] = {}
    senders: dict[str, list[int]] = {}
    _relate_lists(incidents, related)
    for number, traits in enumerate(incidents):
        for stem in traits.stems:
            stems.setdefault(stem, []).append(number)
        for unit in traits.units:
            senders.setdefault(unit, []).append(number)
    _relate_neighbours(stems.values(), STEM_NEIGHBOURS, related)
    _relate_neighbours(senders.values(), SENDER_NEIGHBOURS, related)
    return related


def _relate_neighbours(rows: Iterable[Sequence[int]], reach: int, related: list[set[int]]) -> None:
    for row in rows:
        for place, number in enumerate(row):
            for other in row[place + 1 : place + 1 + reach]:
                related[number].add(other)
                related[other].add(number)


def _relate_lists(incidents: Sequence[Traits], related: list[set[int]]) -> None:
    """Relate incidents that share 30 % of the smaller list, and at least two addresses."""
    latest: Postings = {}
    for number, traits in enumerate(incidents):
        shared: Counter[int] = Counter()
        for key in traits.keys:
            if key in latest:
                shared.update(latest[key])
        post(latest, traits.keys, number, LIST_NEIGHBOURS)
        for other, count in shared.items():
            if count >= 2 and 10 * count >= 3 * min(traits.size, incidents[other].size):
                related[number].add(other)
                related[other].add(number)


class Relating:
    """
    Tells what other incidents share with one.

    Args:
        incident: The one; its list is read once, however many are held against it.

        policy: Which senders are one unit.
    """

    def __init__(self, incident: Incident, policy: Policy) -> None:
        self._policy = policy
        self._exposed = frozenset(entry.key for entry in incident.exposed)
        self._subject_stems = _stems(incident)
        self._sending_units = _units(incident, policy)

    def shared(self, other: Incident) -> int:
        """Return how many addresses both expose."""
        return sum(1 for entry in other.exposed if entry.key in self._exposed)

    def why(self, other: Incident) -> Iterator[Relation]:
        """Yield what both share, the strongest first; "list" or "people", never both."""
        shared, sizes = self.shared(other), (len(self._exposed), len(other.exposed))
        if shared >= 2 and 10 * shared >= 3 * min(sizes):
            yield "list" if 5 * shared >= 4 * max(sizes) else "people"
        if self._subject_stems & _stems(other):
            yield "stem"
        if self._sending_units & _units(other, self._policy):
            yield "sender"


def _stems(incident: Incident) -> set[str]:
    subjects = (read_subject(part.message.subject) for part in incident.messages)
    return {subject.stem for subject in subjects if not subject.commonplace}


def _units(incident: Incident, policy: Policy) -> set[str]:
    messages = (part.message for part in incident.messages)
    return {unit for message in messages for unit in sending_units(message, message_labels(message, policy), policy)}
