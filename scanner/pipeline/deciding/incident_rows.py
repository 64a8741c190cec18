"""Rows of the sheets Queue and Assessment that came back: what was decided on incidents."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.export.words.decision import day_and_time, in_one_line, worksheet
from scanner.export.words.moment import Clock
from scanner.export.words.wording import long_day
from scanner.export.workbook.returned import ReturnedRow
from scanner.model import Incident, IncidentKey, RulingKind, Scope, Severity, Statement, Verdict
from scanner.pipeline.deciding.cells import Cells, Change, FlawError
from scanner.pipeline.deciding.review import Verdicted, decision_statement, judged
from scanner.pipeline.deciding.ruling import RulingWanted, ruled, signatures
from scanner.pipeline.reporting.store_report import StoreReport
from scanner.review import end_of_day

_VERDICT_OPTIONS = {
    "--reason": "decision_reason",
    "--by": "decided_by",
    "--scope": "decision_scope",
    "--expires": "decision_expires",
    "--aware-at": "aware_at",
    "--aware-source": "aware_source",
    "--reported-at": "reported_at",
}
"""Option of the command → column of the sheet Queue, for what both can get wrong."""

_RULINGS: Mapping[RulingKind, Mapping[str, str]] = {
    "breach": {"ANSWER": "is_breach", "--reason": "breach_reason"},
    "authority": {
        "ANSWER": "tell_authority",
        "--reason": "authority_reason",
        "--told-at": "authority_told_at",
        "--reference": "authority_reference",
    },
    "people": {
        "ANSWER": "tell_people",
        "--reason": "people_reason",
        "--told-at": "people_told_at",
        "--reference": "people_reference",
    },
    "effects": {"--reason": "effects_entry"},
    "measures": {"--reason": "measures_entry"},
    "severity": {
        "--dpc": "severity_dpc",
        "--ei": "severity_ei",
        "--cb": "severity_cb",
        "--reason": "severity_reason",
    },
}
"""Kind of the ruling → option of the command → column of the sheet Assessment."""

_EASE = {"negligible": 0.25, "limited": 0.5, "significant": 0.75, "maximum": 1.0}
"""The words of ENISA's worksheet for the ease of identification."""

Found = Iterator[tuple[Change, Statement]]


class IncidentRows:
    """
    Reads such rows; an incident on two rows of a sheet is a flaw.

    Rows of the queue come first: an incident that is confirmed there may be
    assessed in the same file.

    Args:
        report: The store's.

        settings: Its zone, and whether a second person must sign.

        by: Who decided, where the row names nobody; "" = the user of the machine.

        now: The clock.
    """

    def __init__(self, report: StoreReport, settings: Settings, by: str, now: int) -> None:
        self._report = report
        self._settings = settings
        self._clock = Clock(settings.time_zone)
        self._by = by
        self._now = now
        self._seen: dict[tuple[str, str], ReturnedRow] = {}
        self._verdicts: dict[IncidentKey, Verdict] = {}
        """What rows of this file decide."""

    def read(self, row: ReturnedRow) -> Found:
        """
        Yield what the row would change.

        Raises:
            FlawError: A cell cannot be meant, or the row is stale.
        """
        incident = self._incident(row)
        return self._queued(row, incident) if row.table == "queue" else self._assessed(row, incident)

    def _incident(self, row: ReturnedRow) -> Incident:
        """Return the incident of a row, if it is still the one that was exported."""
        cells = Cells(row, self._settings.zone)
        key = cells.key("incident")
        found = list(self._report.find(key)) if len(key) == 12 else []
        exact = next((one for one in found if one.key == key), None)
        if exact is None:
            none = "no incident of this store has this key: it was edited, or the file is from another store"
            gone = f"it is part of {found[0].key} now: export again" if found else none
            raise FlawError(row.flaw("incident", gone))
        former = self._seen.setdefault((row.table, key), row)
        if former is not row:
            where = f"row {former.number}" if former.sheet == row.sheet else f"{former.sheet}, row {former.number}"
            raise FlawError(row.flaw("incident", f"this incident is decided on in {where}, too"))
        if cells.key("state") != exact.standing.state:
            raise FlawError(
                row.flaw(
                    "state",
                    "the incident, or what was decided on it, has changed since this file was written, or the key or "
                    "this mark was edited: export again",
                )
            )
        return exact

    # --- the sheet Queue -------------------------------------------------------

    def _queued(self, row: ReturnedRow, incident: Incident) -> Found:
        """Yield the decision of the row with what is told of it."""
        if "decision" not in row.values:
            stray = next(name for name in (*_VERDICT_OPTIONS.values(), "decided_at") if name in row.values)
            raise FlawError(row.flaw(stray, "stands there without a decision"))
        cells = Cells(row, self._settings.zone)
        wanted = Verdicted(
            verdict=cast(Verdict, cells.choice("decision")),
            reason=cells.text("decision_reason"),
            decided_by=cells.text("decided_by") or self._by,
            scope=cast(Scope, cells.choice("decision_scope") or "incident"),
            expires_at=cells.last_day("decision_expires"),
            aware_at=cells.moment("aware_at"),
            aware_source=cells.text("aware_source"),
            reported_at=cells.moment("reported_at"),
            decided_at=self._decided_at(row, cells, "decided_at"),
        )
        try:
            decision = judged(incident, self._report, wanted, self._settings, now=self._now)
        except UsageError as error:
            raise FlawError(row.flaw(_VERDICT_OPTIONS.get(error.where, ""), error.what)) from error
        self._verdicts[incident.key] = decision.verdict
        statement = decision_statement(decision)
        yield self._change(row, incident, incident.status, statement.verdict, statement), statement

    # --- the sheet Assessment --------------------------------------------------

    def _assessed(self, row: ReturnedRow, incident: Incident) -> Found:
        """Yield the rulings and signatures of the row, each with what is told of it."""
        verdict = self._verdicts.get(incident.key)
        cells = Cells(row, self._settings.zone)
        when = self._decided_at(row, cells, "ruled_at")
        is_said = {kind: bool(set(columns.values()) & row.values.keys()) for kind, columns in _RULINGS.items()}
        if "signed_by" in row.values:
            if any(is_said.values()) or verdict is not None:
                what = "signs what is written already: write the rest of this incident first, then export and sign"
                raise FlawError(row.flaw("signed_by", what))
            yield from self._signed(row, incident, cells.text("signed_by"))
        elif not any(is_said.values()):
            stray = next(name for name in ("ruled_by", "ruled_at") if name in row.values)
            raise FlawError(row.flaw(stray, "stands there, and nothing is decided in the row"))
        if verdict is not None:
            incident = replace(incident, status="confirmed" if verdict == "confirm" else "candidate")
        for kind in (kind for kind, said in is_said.items() if said):
            statement = self._ruling(row, cells, incident, kind, when)
            yield self._change(row, incident, _before(incident, kind), _after(statement), statement), statement

    def _ruling(self, row: ReturnedRow, cells: Cells, incident: Incident, kind: RulingKind, when: int) -> Statement:
        columns = _RULINGS[kind]

        def moment(option: str) -> int | None:
            return cells.moment(columns[option]) if option in columns else None

        dpc = cells.number("severity_dpc") if kind == "severity" else None
        if dpc is not None and dpc != int(dpc):
            raise FlawError(row.flaw("severity_dpc", "the worksheet has no such value"))
        wanted = RulingWanted(
            kind=kind,
            answer=cells.choice(columns["ANSWER"]) if "ANSWER" in columns else "",
            text=cells.text(columns["--reason"]),
            decided_by=cells.text("ruled_by") or self._by,
            told_at=moment("--told-at"),
            reference=cells.text(columns["--reference"]) if "--reference" in columns else "",
            dpc=None if dpc is None else int(dpc),
            ei=_ease(cells) if kind == "severity" else None,
            cb=cells.number("severity_cb") if kind == "severity" else None,
            decided_at=when,
        )
        try:
            return ruled(incident, wanted, self._settings, now=self._now)
        except UsageError as error:
            first = next(name for name in columns.values() if name in row.values)
            places = {**columns, "--by": "ruled_by", kind: columns.get("ANSWER", first), incident.key: first}
            raise FlawError(row.flaw(places.get(error.where, first), error.what)) from error

    def _signed(self, row: ReturnedRow, incident: Incident, name: str) -> Found:
        try:
            rows = signatures(incident, name, self._report.decision_log(), now=self._now)
        except UsageError as error:
            raise FlawError(row.flaw("signed_by", error.what)) from error
        for statement in rows:
            content: Any = statement.payload
            yield self._change(row, incident, f"entry {content['signs']} waits", "signed", statement), statement

    # --- both ------------------------------------------------------------------

    def _decided_at(self, row: ReturnedRow, cells: Cells, column: str) -> int:
        moment = cells.moment(column)
        if moment is None:
            return self._now
        zone = self._settings.zone
        local = datetime.fromtimestamp(moment, zone)
        if (local.hour, local.minute, local.second) == (0, 0, 0) and moment <= self._now:
            # A day without a time: the decision was taken in the course of it.
            moment = min(self._now, end_of_day(local.date(), zone) - 1)
        if moment > self._now:
            raise FlawError(row.flaw(column, "the moment lies in the future"))
        return moment

    def _change(self, row: ReturnedRow, incident: Incident, before: str, after: str, statement: Statement) -> Change:
        content: Any = statement.payload or {}
        reason = content.get("reason") or content.get("text", "")
        if content.get("aware_at") is not None:
            after += f" (aware since {day_and_time(self._clock, content['aware_at'])}: {content['aware_source']})"
        if content.get("told_at") is not None:
            after += f" (told {day_and_time(self._clock, content['told_at'])})"
        if content.get("reference"):
            after += f" [{in_one_line(content['reference'])}]"
        if statement.scope != "incident":
            after += f" (the whole {statement.scope})"
        if statement.expires_at is not None:
            after += f" (until {long_day(self._clock, statement.expires_at - 1)})"
        if content.get("needs_signature"):
            after += " (waits for a second person's signature)"
        place = f"{row.sheet}, row {row.number}"
        return Change(place, incident.key, before, after, statement.decided_by, in_one_line(reason))


def _ease(cells: Cells) -> float | None:
    """Return the ease of identification, which may stand there as ENISA's word or as its value."""
    word = cells.text("severity_ei")
    if not word or word[0].isdigit() or word[0] in ".,-":
        return cells.number("severity_ei")
    return _EASE[cells.choice("severity_ei")]


def _before(incident: Incident, kind: RulingKind) -> str:
    ruling = incident.standing.ruling(kind)
    if ruling is None:
        return f"{kind}: open"
    if ruling.severity is not None:
        return f"{kind}: {worksheet(ruling.severity)}"
    return f"{kind}: {ruling.answer or in_one_line(ruling.text)}"


def _after(statement: Statement) -> str:
    content: Any = statement.payload or {}
    severity = content.get("severity")
    return worksheet(Severity(**severity)) if severity else statement.verdict
