"""A filled-in workbook: what it would change, and writing all of it or nothing."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.export.workbook.returned import Flaw, read_returned
from scanner.model import Statement
from scanner.pipeline.deciding.author import Author
from scanner.pipeline.deciding.cells import Change, FlawError
from scanner.pipeline.deciding.covered import Covered, would_cover
from scanner.pipeline.deciding.incident_rows import IncidentRows
from scanner.pipeline.deciding.noted_rows import NotedRows
from scanner.pipeline.reporting.report import open_report
from scanner.store.decision import ChainHead, append
from scanner.store.engine import disposing, open_engine, store_errors

_ORDER = ("queue", "assessment", "viewers", "people")
"""In which the sheets are read, wherever they stand in the file: what is confirmed can be assessed."""


@dataclass(slots=True)
class Plan:
    """What a file would change; with a flaw in it, nothing of it can be written."""

    changes: list[Change] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    head: ChainHead = field(default_factory=ChainHead)
    """Where the log ended when the plan was made."""

    missing: tuple[str, ...] = ()
    """Titles of sheets to fill in that the file does not have."""

    covered: tuple[Covered, ...] = ()
    """Incidents that no row is about and that a sender or list moves with it."""


def plan_returned(
    settings: Settings, path: Path, *, password: str | None = None, by: str = "", now: int | None = None
) -> Plan:
    """
    Hold a filled-in workbook against the store; nothing is written.

    Args:
        settings: Which store.

        path: The file.

        password: Of an encrypted file.

        by: Who decided, where the row names nobody; "" = the user of the machine.

        now: The clock.

    Raises:
        UsageError: The file cannot be read.

        StoreError: As `open_report`.
    """
    moment = int(time.time()) if now is None else now
    returned = read_returned(path, password)
    plan = Plan(flaws=list(returned.flaws), missing=returned.missing)
    with open_report(settings) as report:
        plan.head = report.log_head
        decided = IncidentRows(report, settings, by, moment)
        noted = NotedRows(report, settings, Author.of(by, moment))
        for row in sorted(returned.rows, key=lambda row: _ORDER.index(row.table)):
            reader = decided if row.table in ("queue", "assessment") else noted
            try:
                for change, statement in reader.read(row):
                    plan.changes.append(change)
                    plan.statements.append(statement)
            except FlawError as error:
                plan.flaws.append(error.flaw)
    # Whoever corrects them goes through the file once.
    plan.flaws.sort(key=lambda flaw: (returned.sheets.index(flaw.sheet), flaw.row or 0))
    if not plan.flaws:
        plan.covered = would_cover(settings, plan.statements)
    return plan


def apply_plan(settings: Settings, plan: Plan, *, now: int | None = None) -> int:
    """
    Write all of a plan to the log, in one transaction; return how many statements that were.

    Raises:
        UsageError: The plan has flaws.

        StoreError: Somebody has decided something since the plan was made, or the store cannot be written.
    """
    if plan.flaws:
        raise UsageError("nothing can be written of a file with flaws", remedy="Correct it first")
    moment = int(time.time()) if now is None else now
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url), engine.begin() as connection:
        return len(append(connection, plan.statements, now=moment, expected=plan.head))
