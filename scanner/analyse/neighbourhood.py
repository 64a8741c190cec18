"""The candidates around new mail: asked for by terms, each once, with what has changed laid over what was known."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scanner.analyse.thin import Thin, terms_of
from scanner.errors import ScannerError
from scanner.model import CandidateEntry, IncidentKey, KnownIncident


class TooWideError(ScannerError):
    """New mail touches so much that a whole analysis is no dearer, or what it touches cannot be told for certain."""


class CandidateIndex(Protocol):
    """What an analysis of new mail asks of the analysis before."""

    def entries(self, terms: Collection[str]) -> Mapping[str, Sequence[CandidateEntry]]:
        """Return the row of each of these terms; no order."""

    def present(self, terms: Collection[str], without: Collection[int]) -> frozenset[str]:
        """Return those of the terms that any candidate has, these numbers aside."""

    def thin(self, numbers: Collection[int]) -> Mapping[int, Thin]:
        """Return candidates by number; unknown ones are left out."""

    def known(self, keys: Collection[IncidentKey]) -> Mapping[IncidentKey, KnownIncident]:
        """Return incidents by key; unknown ones are left out."""

    def members(self, keys: Collection[IncidentKey]) -> Mapping[IncidentKey, Sequence[int]]:
        """Return the numbers of the messages of incidents."""


@dataclass(frozen=True, slots=True)
class Change:
    """A message that is new, or of which more or something else is known than before."""

    former: Thin | None
    """As it stood in the analysis before; None = it was no candidate."""

    now: Thin | None
    """None = it is no candidate any more."""

    @property
    def is_moved(self) -> bool:
        """Other incidents may see the difference; otherwise its own is all that it concerns."""
        return (self.former.text if self.former else None) != (self.now.text if self.now else None)


_ENTRIES_OF_A_THIN = 4
"""Reading a candidate takes as long as so many entries."""


class Neighbourhood:
    """
    The index with the changes laid over it.

    Args:
        index: Of the analysis before.

        changes: Candidates that moved (`Change.is_moved`), by number of the message.

        limit: What may be asked for, counted in entries of rows; beyond, TooWideError.
    """

    def __init__(self, index: CandidateIndex, changes: Mapping[int, Change], limit: int) -> None:
        self._index = index
        self.changes = changes
        self._left = limit
        self._fresh: dict[str, list[CandidateEntry]] = {}
        self._rows: dict[str, list[CandidateEntry]] = {}
        self._thin: dict[int, Thin] = {}
        self._known: dict[IncidentKey, KnownIncident | None] = {}
        for number, change in changes.items():
            if change.now is None:
                continue
            self._thin[number] = change.now
            entry = _entry(change.now)
            for term in terms_of(change.now):
                self._fresh.setdefault(term, []).append(entry)

    def load(self, terms: Iterable[str]) -> None:
        """Read the rows of these terms, all in one go."""
        missing = {term for term in terms if term not in self._rows}
        found = self._index.entries(missing) if missing else {}
        for term in missing:
            kept = [entry for entry in found.get(term, ()) if entry.number not in self.changes]
            self._rows[term] = [*kept, *self._fresh.get(term, ())]
            self._spend(len(kept))

    def row(self, term: str) -> Sequence[CandidateEntry]:
        """Return the candidates that have a term."""
        if term not in self._rows:
            self.load((term,))
        return self._rows[term]

    def present(self, terms: Collection[str]) -> frozenset[str]:
        """Return those of the terms that any candidate has now."""
        return self._index.present(terms, self.changes) | frozenset(term for term in terms if term in self._fresh)

    def present_unchanged(self, terms: Collection[str]) -> frozenset[str]:
        """Return those of the terms that a candidate has which has not changed."""
        return self._index.present(terms, self.changes)

    def thin(self, numbers: Iterable[int]) -> dict[int, Thin]:
        """
        Return candidates by number.

        Raises:
            TooWideError: One is unknown, which cannot be, or they are too many.
        """
        wanted = set(numbers)
        missing = wanted - self._thin.keys()
        if missing:
            self._spend(_ENTRIES_OF_A_THIN * len(missing))
            self._thin.update(self._index.thin(missing))
        if not wanted <= self._thin.keys():
            raise TooWideError("a candidate is not in the index")
        return {number: self._thin[number] for number in wanted}

    def known(self, keys: Iterable[IncidentKey]) -> dict[IncidentKey, KnownIncident]:
        """Return those of the incidents that there were in the analysis before."""
        wanted = set(keys)
        missing = wanted - self._known.keys()
        if missing:
            found = self._index.known(missing)
            self._known.update({key: found.get(key) for key in missing})
        return {key: one for key in wanted if (one := self._known[key]) is not None}

    def one(self, key: IncidentKey) -> KnownIncident:
        """Return one incident of the analysis before."""
        found = self._known.get(key)
        if found is None:
            found = self.known((key,)).get(key)
        if found is None:
            raise TooWideError("an incident is not in the store")
        return found

    def members(self, keys: Collection[IncidentKey]) -> Mapping[IncidentKey, Sequence[int]]:
        """Return the numbers of the messages that incidents had in the analysis before."""
        return self._index.members(keys)

    def _spend(self, rows: int) -> None:
        self._left -= rows
        if self._left < 0:
            raise TooWideError("new mail touches too much of the old")


def _entry(thin: Thin) -> CandidateEntry:
    reading = thin.reading
    return CandidateEntry(
        thin.number,
        reading.message.identity,
        reading.sent_at,
        None,
        reading.subject.stem,
        reading.recalls,
        thin.origin is not None,
    )


def is_quiet_recall(thin: Thin) -> bool:
    """Tell whether it may call a list back and hid its recipients."""
    return thin.reading.recalls and not thin.reading.is_member and thin.reading.hides_its_list
