"""
Which incidents tell one story without being one: same list, people, sender or stem at other times.

Figures of related incidents are never added up. Relations are mutual, and each
incident is held against its neighbours in time only, so that a sender with
thousands of incidents costs no quadratic step.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from scanner.analyse.reading import Reading
from scanner.model import AddressKey

_LIST_NEIGHBOURS = 20
_STEM_NEIGHBOURS = 10
_SENDER_NEIGHBOURS = 5


def relate_incidents(incidents: Sequence[Sequence[Reading]], queued: Sequence[bool]) -> list[set[int]]:
    """
    Return, for each incident, the numbers of those related to it.

    Args:
        incidents: Members by (sent_at, identity).

        queued: Whether each is queued; a common sender relates queued ones only, or everything would be related.
    """
    related: list[set[int]] = [set() for _ in incidents]
    stems: dict[str, list[int]] = {}
    senders: dict[str, list[int]] = {}
    order = sorted(range(len(incidents)), key=lambda number: (incidents[number][0].sent_at, number))
    _relate_lists(incidents, order, related)
    for number in order:
        members = incidents[number]
        for stem in {reading.subject.stem for reading in members if not reading.subject.commonplace}:
            stems.setdefault(stem, []).append(number)
        if queued[number]:
            for unit in {unit for reading in members for unit in reading.units}:
                senders.setdefault(unit, []).append(number)
    _relate_neighbours(stems.values(), _STEM_NEIGHBOURS, related)
    _relate_neighbours(senders.values(), _SENDER_NEIGHBOURS, related)
    return related


def _relate_neighbours(rows: Iterable[Sequence[int]], reach: int, related: list[set[int]]) -> None:
    for row in rows:
        for place, number in enumerate(row):
            for other in row[place + 1 : place + 1 + reach]:
                related[number].add(other)
                related[other].add(number)


def _relate_lists(incidents: Sequence[Sequence[Reading]], order: Iterable[int], related: list[set[int]]) -> None:
    """Relate incidents that share 30 % of the smaller list, and at least two addresses."""
    lists = [{key for reading in members for key in reading.exposed} for members in incidents]
    latest: dict[AddressKey, deque[int]] = {}
    for number in order:
        shared: Counter[int] = Counter()
        for key in lists[number]:
            row = latest.setdefault(key, deque(maxlen=_LIST_NEIGHBOURS))
            shared.update(row)
            row.append(number)
        for other, count in shared.items():
            if count >= 2 and 10 * count >= 3 * min(len(lists[number]), len(lists[other])):
                related[number].add(other)
                related[other].add(number)
