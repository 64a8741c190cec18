"""
Which messages make one incident: linking, version 1 (CONTRACTS: Incidents).

(a) is the identity itself. (b) same unit and stem, at most a day apart.
(c) same stem and 30 % of the smaller list, at most the window apart. (d) a
recall, apology or request to delete to half of a list, in one mail or in
parts, visibly or not, at most the window later. Two units that use one list
make two related incidents, so (c) joins two units only when the later message
refers to the earlier: a colleague's reply to all, correction or recall.

Messages are taken by time and held against the last ones that share a unit,
an address or a list with them; nothing compares all pairs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scanner.analyse.kind import is_answer, may_remind
from scanner.analyse.posting import Postings, post
from scanner.analyse.reading import Reading
from scanner.model import AddressKey

DAY = 86_400
LONGEST = 31 * DAY
"""Seconds that an incident spans at most."""

_AT_ONCE = 6 * 3_600
"""Seconds within which a word that also means a reminder counts as a recall; who reminds waits for the next day."""

_KEPT = 16
"""Messages remembered per address: whoever shares a list with an older one shares it with one of these."""

_COMPARED = 32
"""Lists compared in full when an address stood in more messages than are remembered."""


@dataclass(slots=True)
class Links:
    """What linking found, by index into the readings."""

    clusters: list[list[int]]
    """Members of each incident, ascending; by first member."""

    takes_back: set[int] = field(default_factory=set)
    """Messages that call an earlier list back, rule (d)."""

    repeats: set[int] = field(default_factory=set)
    """Messages that show an earlier list again, rule (c)."""

    batches: set[int] = field(default_factory=set)
    """Messages joined by rule (b) that show other lists than the ones before: parts of one mailing."""

    quiet_recalls: dict[int, int] = field(default_factory=dict)
    """Hidden message (Bcc only) that calls a list back → one member of the incident concerned."""


def link_messages(readings: Sequence[Reading], window_days: int) -> Links:
    """
    Join members into incidents.

    Args:
        readings: All candidates by (sent_at, identity); only members are joined.

        window_days: Days from the message before within which (c) and (d) hold.
    """
    linker = _Linker(readings, window_days * DAY)
    for index, reading in enumerate(readings):
        if reading.is_member:
            linker.add(index, reading)
        elif reading.recalls and reading.hides_its_list:
            linker.take_back(index, reading)
    return linker.finish()


@dataclass(slots=True)
class _Mailing:
    """Recalls with one stem of one unit, held against one earlier list."""

    parts: list[int] = field(default_factory=list)
    """Those that are not linked with it yet."""

    people: set[AddressKey] = field(default_factory=set)
    """Whom of the list they reach together."""


class _Linker:
    def __init__(self, readings: Sequence[Reading], window: int) -> None:
        self.readings = readings
        self.window = window
        self.links = Links([])
        self.parent: dict[int, int] = {}
        self.span: dict[int, tuple[int, int]] = {}
        self.lists: dict[int, frozenset[AddressKey]] = {}
        self.latest: dict[tuple[str, str], int] = {}
        self.batched: list[tuple[int, int]] = []
        self.by_stem: dict[str, Postings] = {}
        self.by_address: Postings = {}
        self.recalls: dict[tuple[int, str, str], _Mailing] = {}

    def add(self, index: int, reading: Reading) -> None:
        self.parent[index] = index
        self.span[index] = (reading.sent_at, reading.sent_at)
        self.lists[index] = frozenset(reading.exposed)
        self._join_batch(index, reading)
        self._join_repetition(index, reading)
        if reading.recalls:
            self.take_back(index, reading)
        post(self.by_stem.setdefault(reading.subject.stem, {}), reading.exposed, index, _KEPT)
        post(self.by_address, reading.exposed, index, _KEPT)

    def _join_batch(self, index: int, reading: Reading) -> None:
        """Rule (b): the last message of the unit suffices, as a day's chain has no longer gap."""
        for unit in sorted(reading.units):
            last = self.latest.get((unit, reading.subject.stem))
            self.latest[unit, reading.subject.stem] = index
            if last is None or reading.subject.commonplace:
                continue
            if reading.sent_at - self.readings[last].sent_at <= DAY and self._union(last, index):
                self.batched.append((last, index))

    def _join_repetition(self, index: int, reading: Reading) -> None:
        """Rule (c); with a commonplace stem it is what (b) needs besides."""
        postings = self.by_stem.get(reading.subject.stem)
        if postings is None:
            return
        joined: set[int] = set()
        for earlier, shared in self._sharing(reading.sent_at, reading.exposed, postings):
            other = self.readings[earlier]
            # In whole numbers: shared / smaller >= 30 %.
            if 10 * shared < 3 * min(len(self.lists[earlier]), len(reading.exposed)):
                continue
            if not (reading.units & other.units or is_answer(reading.kind, reading.subject, reading.message.fields)):
                continue
            root = self._root(earlier)
            if root not in joined and self._union(earlier, index):
                joined.add(self._root(index))
                self.links.repeats.add(index)

    def take_back(self, index: int, reading: Reading) -> None:
        """Rule (d): link a recall, and the parts of its mailing before it, with the lists that they reach half of."""
        for part, earlier in self._called_back(index, reading):
            if part not in self.parent:
                self.links.quiet_recalls.setdefault(part, earlier)
            elif self._union(earlier, part):
                self.links.takes_back.add(part)

    def _called_back(self, index: int, reading: Reading) -> Iterator[tuple[int, int]]:
        """
        Yield (recall, earlier message) where at least half of its list gets the recall, the newest first.

        Bcc counts: an apology may show a few of the list, or somebody else, and hide the others. What goes out in
        parts (a provider allows so many recipients) is one recall, and every part that reaches the list belongs to it.
        """
        subject, reached = reading.subject, frozenset(reading.reached)
        unsure = may_remind(subject, is_borne_out=reading.refers)
        for earlier, shared in self._sharing(reading.sent_at, reading.reached, self.by_address):
            other, exposed = self.readings[earlier], self.lists[earlier]
            if unsure and not _may_recall(reading, other):
                continue
            if 2 * shared >= len(exposed):
                yield index, earlier
            # Such a stem never links by itself, but "Apologies" says all the same what these parts have in common.
            is_named = not subject.commonplace or subject.apologises or subject.asks_to_delete
            for unit in sorted(reading.units) if is_named else ():
                mailing = self.recalls.setdefault((earlier, unit, subject.stem), _Mailing())
                mailing.parts.append(index)
                mailing.people.update(reached & exposed)
                if 2 * len(mailing.people) >= len(exposed):
                    yield from ((part, earlier) for part in mailing.parts)
                    mailing.parts.clear()

    def _sharing(self, now: int, keys: Sequence[AddressKey], postings: Postings) -> Iterator[tuple[int, int]]:
        """Yield (earlier message, number of shared addresses) within the window, newest first."""
        counts: Counter[int] = Counter()
        exact = True
        for key in keys:
            kept = postings.get(key)
            if kept is None:
                continue
            for earlier in reversed(kept):
                if now - self.readings[earlier].sent_at > self.window:
                    break
                counts[earlier] += 1
            else:
                # All of them count, so that others before them may.
                exact = exact and len(kept) < _KEPT
        newest_first = sorted(counts, reverse=True)
        if exact:
            yield from ((earlier, counts[earlier]) for earlier in newest_first)
            return
        mine = frozenset(keys)
        for earlier in newest_first[:_COMPARED]:
            yield earlier, len(mine & self.lists[earlier])

    def _root(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index

    def _union(self, one: int, other: int) -> bool:
        """Join two incidents unless the whole would span too long; tell whether they are one now."""
        first, second = sorted((self._root(one), self._root(other)))
        if first == second:
            return True
        begin = min(self.span[first][0], self.span[second][0])
        end = max(self.span[first][1], self.span[second][1])
        if end - begin > LONGEST:
            return False
        self.parent[second] = first
        self.span[first] = (begin, end)
        return True

    def finish(self) -> Links:
        clusters: dict[int, list[int]] = {}
        for index in self.parent:
            clusters.setdefault(self._root(index), []).append(index)
        again = self.links.repeats | self.links.takes_back
        for pair in self.batched:
            # What shows the list again is no part of one mailing cut into batches.
            if pair[1] not in again:
                self.links.batches.update(pair)
        # The root is the earliest member, and members came in ascending order.
        self.links.clusters = [clusters[root] for root in sorted(clusters)]
        return self.links


def _may_recall(reading: Reading, other: Reading) -> bool:
    """Tell whether one came as programs recall another: under its subject, to the very same people, within hours."""
    return (
        other.subject.stem == reading.subject.stem
        and reading.sent_at - other.sent_at <= _AT_ONCE
        and frozenset(other.reached) == frozenset(reading.reached)
    )
