"""A filled-in workbook: what it would change, and writing all of it or nothing."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.export.decision import day_and_time, in_one_line
from scanner.export.moment import Clock
from scanner.export.returned import Flaw, ReturnedRow, read_returned
from scanner.export.wording import long_day
from scanner.model import Incident, Report, RulingKind, Scope, Statement, Verdict
from scanner.pipeline.cells import Cells, Change, FlawError
from scanner.pipeline.noted_rows import NotedRows
from scanner.pipeline.report import open_report
from scanner.pipeline.review import Verdicted, decision_statement, judged
from scanner.pipeline.ruling import RulingWanted, ruled
from scanner.pipeline.tracking import Author
from scanner.review import end_of_day
from scanner.store.decision import ChainHead, append
from scanner.store.engine import disposing, open_engine, store_errors

_RULINGS: tuple[tuple[RulingKind, str, str, str], ...] = (
    ("breach", "is_breach", "breach_reason", ""),
    ("authority", "tell_authority", "authority_reason", "authority_told_at"),
    ("people", "tell_people", "people_reason", "people_told_at"),
)
"""Kind of the ruling, and the columns of its answer, its reason and when somebody was told."""

_OPTIONS = {
    "--reason": "decision_reason",
    "--by": "decided_by",
    "--scope": "decision_scope",
    "--expires": "decision_expires",
    "--aware-at": "aware_at",
    "--aware-source": "aware_source",
}
"""Option of the command → column of the sheet, for what both can get wrong."""


@dataclass(slots=True)
class Plan:
    """What a file would change; with a flaw in it, nothing of it can be written."""

    changes: list[Change] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    head: ChainHead = field(default_factory=ChainHead)
    """Where the log ended when the plan was made."""


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
    plan = Plan(flaws=list(returned.flaws))
    with open_report(settings) as report:
        plan.head = ChainHead(report.head.decisions, report.head.chain_head) if report.head.decisions else ChainHead()
        seen: dict[str, ReturnedRow] = {}
        noted = NotedRows(report, settings, Author.of(by, moment))
        for row in returned.rows:
            try:
                if row.table == "queue":
                    found = _Row(row, _incident(row, report, seen), settings, by, moment).decided(report)
                else:
                    found = noted.read(row)
                for change, statement in found:
                    plan.changes.append(change)
                    plan.statements.append(statement)
            except FlawError as error:
                plan.flaws.append(error.flaw)
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


def _incident(row: ReturnedRow, report: Report, seen: dict[str, ReturnedRow]) -> Incident:
    """Return the incident of a row, if it is still the one that was exported."""
    key = str(row.values.get("incident", "")).lower()
    found = list(report.find(key)) if len(key) == 12 else []
    exact = next((one for one in found if one.key == key), None)
    if exact is None:
        gone = f"it is part of {found[0].key} now: export again" if found else "no incident has this key"
        raise FlawError(row.flaw("incident", gone))
    if key in seen:
        raise FlawError(row.flaw("incident", f"this incident is decided on in row {seen[key].number}, too"))
    seen[key] = row
    if row.values.get("state") != exact.standing.state:
        raise FlawError(
            row.flaw(
                "state",
                "the incident, or what was decided on it, has changed since this file was written, or the key or "
                "this mark was edited: export again",
            )
        )
    return exact


class _Row:
    """One row on its way to statements."""

    def __init__(self, row: ReturnedRow, incident: Incident, settings: Settings, by: str, now: int) -> None:
        self._row = row
        self._incident = incident
        self._settings = settings
        self._now = now
        self._cells = Cells(row, settings.zone)
        self._who = self._cells.text("decided_by") or by

    def decided(self, report: Report) -> Iterator[tuple[Change, Statement]]:
        """Yield the decision and the rulings of the row, each with what is told of it."""
        incident, empty = self._incident, True
        when = self._decided_at()
        if "decision" in self._row.values:
            empty = False
            statement = self._verdict(report, when)
            yield self._change(incident.status, statement.verdict, statement), statement
            if statement.verdict == "confirm":
                incident = replace(incident, status="confirmed")
        elif stray := [name for name in (*_OPTIONS.values(), "decided_at") if name in self._row.values]:
            named = any(answer in self._row.values for _, answer, _, _ in _RULINGS)
            if not named or set(stray) - {"decided_by", "decided_at"}:
                raise FlawError(self._row.flaw(stray[0], "stands there without a decision"))
        for kind, answer, reason, told in _RULINGS:
            if not {answer, reason, told} & self._row.values.keys():
                continue
            empty = False
            statement = self._ruling(incident, kind, answer, reason, told, when)
            standing = incident.standing.ruling(kind)
            before = f"{kind}: {standing.answer if standing else 'open'}"
            yield self._change(before, statement.verdict, statement), statement
        if empty:
            raise FlawError(self._row.flaw("", "nothing is decided in it"))

    def _verdict(self, report: Report, when: int) -> Statement:
        verdict = self._cells.choice("decision")
        wanted = Verdicted(
            verdict=cast(Verdict, verdict),
            reason=self._cells.text("decision_reason"),
            decided_by=self._who,
            scope=cast(Scope, self._cells.choice("decision_scope") or "incident"),
            expires_at=self._cells.last_day("decision_expires"),
            aware_at=self._cells.moment("aware_at"),
            aware_source=self._cells.text("aware_source"),
            decided_at=when,
        )
        try:
            decision = judged(self._incident, report, wanted, self._settings, now=self._now)
        except UsageError as error:
            raise self._flaw(error, _OPTIONS) from error
        return decision_statement(decision)

    def _ruling(
        self, incident: Incident, kind: RulingKind, answer: str, reason: str, told: str, when: int
    ) -> Statement:
        wanted = RulingWanted(
            kind=kind,
            answer=self._cells.choice(answer),
            text=self._cells.text(reason),
            decided_by=self._who,
            told_at=self._cells.moment(told) if told else None,
            decided_at=when,
        )
        try:
            return ruled(incident, wanted, self._settings, now=self._now)
        except UsageError as error:
            columns = {"--reason": reason, "--by": "decided_by", "--told-at": told, kind: answer, incident.key: answer}
            raise self._flaw(error, columns) from error

    def _change(self, before: str, after: str, statement: Statement) -> Change:
        content: Any = statement.payload or {}
        place = f"{self._row.sheet}, row {self._row.number}"
        reason = content.get("reason") or content.get("text", "")
        clock = Clock(self._settings.time_zone)
        if content.get("aware_at") is not None:
            after += f" (aware since {day_and_time(clock, content['aware_at'])}: {content['aware_source']})"
        if content.get("told_at") is not None:
            after += f" (told {day_and_time(clock, content['told_at'])})"
        if statement.scope != "incident":
            after += f" (the whole {statement.scope})"
        if statement.expires_at is not None:
            after += f" (until {long_day(clock, statement.expires_at - 1)})"
        return Change(place, self._incident.key, before, after, statement.decided_by, in_one_line(reason))

    def _flaw(self, error: UsageError, columns: dict[str, str]) -> FlawError:
        return FlawError(self._row.flaw(columns.get(error.where, ""), error.what))

    def _decided_at(self) -> int:
        moment = self._cells.moment("decided_at")
        if moment is None:
            return self._now
        local = datetime.fromtimestamp(moment, self._settings.zone)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            # A day without a time: the decision was taken in the course of it.
            moment = min(self._now, end_of_day(local.date(), self._settings.zone) - 1)
        if moment > self._now or local.timestamp() > self._now:
            raise FlawError(self._row.flaw("decided_at", "the moment lies in the future"))
        return moment
