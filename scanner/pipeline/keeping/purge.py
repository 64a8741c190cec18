"""Erasing what entries of the log of decisions say: retention, and what somebody has a right to have erased."""

from collections.abc import Collection
from dataclasses import dataclass

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.model import IncidentKey, Report, Statement
from scanner.pipeline.deciding.author import Author, demand_text
from scanner.pipeline.reporting.report import open_report
from scanner.review import said
from scanner.store.decision import ChainHead, append, erase
from scanner.store.engine import disposing, open_engine, store_errors

ERASE = "erase"
"""What the log calls the entry that says what was erased, by whom and why."""

_KEPT = ("sign", ERASE)
"""Kinds that hold nothing about anybody: without its signature a decision would no longer count."""


@dataclass(frozen=True, slots=True)
class Purge:
    """What would be erased, or has been."""

    entries: tuple[Statement, ...]
    """As they were, in the order of the log."""

    reopened: tuple[IncidentKey, ...]
    """Incidents whose decision is among them: they are open again without it."""

    is_done: bool


def purge(
    settings: Settings,
    numbers: Collection[int] = (),
    *,
    before: int | None = None,
    reason: str = "",
    by: str = "",
    apply: bool = False,
    now: int | None = None,
) -> Purge:
    """
    Erase what entries of the log say; that they were there, who stated them, when, and their hashes stay.

    Args:
        settings: Which store.

        numbers: Of the entries.

        before: All that were written before this moment, too.

        reason: Why; needed to write.

        by: Who answers for it; "" = the user of the machine.

        apply: Write it; otherwise nothing changes.

        now: The clock.

    Raises:
        UsageError: There is no such entry, it holds nothing to erase, or the reason is missing.

        StoreError: The store cannot be written, nothing has been analysed, or somebody has decided meanwhile.
    """
    author = Author.of(by, now)
    demand_text(reason, where="--reason")
    with open_report(settings) as report:
        head = ChainHead(report.head.decisions, report.head.chain_head) if report.head.decisions else ChainHead()
        entries = _chosen(report, frozenset(numbers), before)
        reopened = tuple(_reopened(report, entries))
    if not apply or not entries:
        return Purge(entries, reopened, is_done=False)
    if not said(reason):
        raise UsageError("erasing needs a reason", where="--reason", remedy="Say why in a sentence")
    chosen = [one.number for one in entries]
    row = Statement(
        number=0, kind=ERASE, incident="", verdict=ERASE, scope="", decided_by=author.decided_by,
        applied_by=author.applied_by, decided_at=author.now, recorded_at=author.now, expires_at=None,
        payload={"erases": chosen, "reason": said(reason)},
    )  # fmt: skip
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url), engine.begin() as connection:
        append(connection, [row], now=author.now, expected=head)
        erase(connection, chosen)
    return Purge(entries, reopened, is_done=True)


def _chosen(report: Report, numbers: frozenset[int], before: int | None) -> tuple[Statement, ...]:
    log = {one.number: one for one in report.decision_log()}
    for number in sorted(numbers):
        if number not in log:
            raise UsageError(
                "the log has no such entry", where=str(number), remedy="`blindcopy decide --log` lists them"
            )
        if log[number].kind in _KEPT:
            raise UsageError("this entry holds nothing about anybody", where=str(number), remedy="Leave it out")
    return tuple(
        one
        for one in log.values()
        if one.payload is not None
        and one.kind not in _KEPT
        and (one.number in numbers or (before is not None and one.recorded_at < before))
    )


def _reopened(report: Report, entries: Collection[Statement]) -> list[IncidentKey]:
    chosen = {one.number for one in entries}
    found = set()
    for key in {one.incident for one in entries if one.kind == "incident"}:
        for incident in report.find(key):
            decision = incident.standing.decision
            if decision is not None and decision.number in chosen and not incident.standing.is_open:
                found.add(incident.key)
    return sorted(found)
