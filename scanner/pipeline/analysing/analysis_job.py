"""What an analysis of everything and one of new mail have in common: what they are given, keep and return."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from scanner.analyse import TotalsCollector
from scanner.analyse.reading import Reading
from scanner.analyse.share import Share, share_text
from scanner.analyse.surroundings import Surroundings, surroundings_text
from scanner.model import AddressKey, IncidentKey, OutsiderTest, PeopleStatement, Policy, Progress, Seen
from scanner.store.candidates import CandidateRow
from scanner.store.people import HEEDED
from scanner.store.result_writer import KeptFacts


@dataclass(frozen=True, slots=True)
class AnalysisOutcome:
    """How an analysis ended."""

    queued: int
    new: int
    """Queued incidents that were not queued in the analysis before; what only changed settings queue is not new."""

    below: int
    """Messages that showed outsiders to each other and are not queued."""

    as_of: int
    incidents: tuple[IncidentKey, ...]
    """Keys of the queued incidents, by rank."""

    seen: Seen | None = None
    """How much the scan has seen that has not finished; None when it has."""


@dataclass(frozen=True, slots=True)
class Job:
    """One analysis to make."""

    reader: Engine
    engine: Engine
    policy: Policy
    policy_sha256: str
    policy_text: str
    as_of: int
    ended_at: int | None
    """None = now."""

    progress: Progress | None

    def end(self) -> int:
        """Return the moment at which it ends."""
        return int(time.time()) if self.ended_at is None else self.ended_at


def kept_facts(around: Surroundings, share: Share) -> KeptFacts:
    """Return what an analysis of new mail will ask of an incident."""
    return KeptFacts(surroundings_text(around), share_text(share))


def notes_of(seen: Seen | None, statements: Sequence[PeopleStatement]) -> dict[str, Any]:
    """Return what stands among the figures of an analysis of what it had before it: scanned mail, statements."""
    return {"seen": asdict(seen) if seen else None, HEEDED: statements[-1].number if statements else 0}


def reading_row(
    number: int, reading: Reading, incident: IncidentKey | None, has_origin: bool, thin: str, terms: Iterable[str]
) -> CandidateRow:
    """Return the row that keeps a candidate; a thin reading of it will do."""
    return CandidateRow(
        number=number,
        identity=reading.identity,
        sent_at=reading.sent_at,
        incident=incident,
        stem=reading.subject.stem,
        recalls=reading.recalls,
        has_origin=has_origin,
        thin=thin,
        terms=terms,
    )


def total_figures(parts: Iterable[tuple[bool, int, Share]], test: OutsiderTest) -> dict[str, Any]:
    """
    Return the headline figures: over all queued incidents each address and person counts once.

    Args:
        parts: Of every incident whether it is queued, its last_sent_at, and its share; in any order.

        test: The outsider test.
    """
    collector = TotalsCollector(test)
    incidents = 0
    newest: int | None = None
    below_messages = 0
    below_addresses: set[AddressKey] = set()
    for is_queued, last_sent_at, share in parts:
        if is_queued:
            collector.add_share(share)
            incidents += 1
            newest = max(last_sent_at, newest if newest is not None else last_sent_at)
        else:
            below_messages += share.members
            below_addresses.update(key for key, _, _ in share.exposed)
    return {
        "ladder": asdict(collector.result()),
        # Whatever a person decides stands in the log of decisions.
        "by_status": {"candidate": incidents} if incidents else {},
        "below_floor_messages": below_messages,
        "below_floor_addresses": len(below_addresses),
        "incidents": incidents,
        "newest_sent_at": newest,
    }
