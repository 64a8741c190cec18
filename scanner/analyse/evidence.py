"""What our other mail says about an incident: who is usually written to in Bcc, who was exposed before."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from scanner.analyse.linking import DAY
from scanner.analyse.reading import Reading
from scanner.model import AddressKey

_KEPT = 16
"""Incidents remembered per address: a list that came again is among the latest of most of its people."""


class HiddenMailings:
    """Mail that hid its list in Bcc: siblings of incidents, and who is usually written to that way."""

    def __init__(self, readings: Sequence[Reading], window_days: int) -> None:
        self._window = window_days * DAY
        self._by_mailing: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._readings = readings
        self.people: set[AddressKey] = set()
        """Everybody who stood in the Bcc of a mail that showed fewer than two outsiders."""

        for index, reading in enumerate(readings):
            if not reading.hides_its_list:
                continue
            self.people.update(reading.exposure.hidden)
            for unit in reading.units:
                self._by_mailing.setdefault((unit, reading.subject.stem), []).append((reading.sent_at, index))

    def siblings(self, members: Sequence[Reading]) -> list[Reading]:
        """
        Return the mail of the same mailing that hid its recipients, by (sent_at, identity).

        Same unit and stem within the window (CONTRACTS: Incidents); a
        commonplace stem needs 30 % of the smaller list besides.
        """
        if not self._by_mailing:
            return []
        first, last = members[0].sent_at - self._window, members[-1].sent_at + self._window
        exposed = {key for reading in members for key in reading.exposed}
        found: set[int] = set()
        for mailing in {(unit, reading.subject.stem) for reading in members for unit in reading.units}:
            entries = self._by_mailing.get(mailing, [])
            begin, end = bisect_left(entries, (first, -1)), bisect_right(entries, (last, len(self._readings)))
            for _, index in entries[begin:end]:
                reading = self._readings[index]
                hidden = reading.exposure.hidden
                shared = sum(1 for key in hidden if key in exposed) if reading.subject.commonplace else 0
                if not reading.subject.commonplace or 10 * shared >= 3 * min(len(hidden), len(exposed)) > 0:
                    found.add(index)
        # A list that nobody can read may show one outsider and hide others: it is no other mail than itself.
        own = {reading.identity for reading in members}
        return [reading for index in sorted(found) if (reading := self._readings[index]).identity not in own]


class ExposureHistory:
    """When every address was first exposed, by which incidents, and which lists came again."""

    def __init__(self, moments: Mapping[AddressKey, list[tuple[int, int]]], sizes: Sequence[int]) -> None:
        """
        Take a history that is known.

        Args:
            moments: Address → (moment at which an incident first exposed it, number of the incident).

            sizes: Number of addresses that each incident exposes.
        """
        self._moments = moments
        self._sizes = sizes
        for entries in moments.values():
            entries.sort()

    @classmethod
    def of(cls, incidents: Sequence[Sequence[Reading]]) -> "ExposureHistory":
        """Return the history that these incidents make; they stand in the order of their first messages."""
        moments: dict[AddressKey, list[tuple[int, int]]] = {}
        sizes: list[int] = []
        for number, members in enumerate(incidents):
            first: dict[AddressKey, int] = {}
            for reading in members:
                for key in reading.exposed:
                    first.setdefault(key, reading.sent_at)
            sizes.append(len(first))
            for key, moment in first.items():
                moments.setdefault(key, []).append((moment, number))
        return cls(moments, sizes)

    def before(self, keys: Sequence[AddressKey], moment: int, number: int) -> tuple[int, bool]:
        """
        Return how many of an incident's addresses other incidents exposed before the moment, and whether it is a list.

        It is when one of these incidents exposed four fifths of the addresses, and few others.
        """
        earlier = []
        for key in keys:
            entries: Sequence[tuple[int, int]] = self._moments.get(key, ())
            end = bisect_left(entries, (moment, -1))
            # Of each incident there is one entry.
            if end > 1 or (end == 1 and entries[0][1] != number):
                earlier.append(entries[max(0, end - _KEPT) : end])
        if 5 * len(earlier) < 4 * len(keys):
            return len(earlier), False
        shared = Counter(other for before in earlier for _, other in before if other != number)
        is_list = any(5 * count >= 4 * max(len(keys), self._sizes[other]) for other, count in shared.items())
        return len(earlier), is_list
