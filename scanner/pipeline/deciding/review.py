"""Decisions: what a person states about an incident, written to the log with what was judged."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.model import AddressKey, Decision, Incident, IncidentKey, Report, Scope, Statement, Verdict
from scanner.pipeline.deciding.author import Author, demand_text, write_statements
from scanner.pipeline.deciding.covered import Covered, covered
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.review import deadlines, decision_payload, known_regimes, person_mark, said, state_awareness
from scanner.store.decision import statements
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.member import incidents_holding
from scanner.store.results import latest_analysis

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Verdicted:
    """What a person wants to have written; texts as given, moments read."""

    verdict: Verdict
    reason: str
    decided_by: str = ""
    """"" = the user of the machine."""

    scope: Scope = "incident"
    expires_at: int | None = None
    aware_at: int | None = None
    aware_source: str = ""
    reported_at: int | None = None
    decided_at: int | None = None
    """None = now."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision has brought."""

    decision: Decision
    incident: Incident
    """As it stands now."""

    asked_for: str
    """The key that was given."""

    covered: tuple[Covered, ...]
    """Further queued incidents that became dismissed by it, or stopped being so: only of a sender or a list."""

    report_zone: str


def decide(settings: Settings, key: str, wanted: Verdicted, *, now: int | None = None) -> Decided:
    """
    Write a decision on an incident to the log.

    Args:
        settings: Which store, which zone and regimes.

        key: Of the incident, the beginning of it, or that of one which is part of it now.

        wanted: What is decided.

        now: The clock.

    Raises:
        UnknownIncidentError: No incident, or several, are meant.

        UsageError: Something is missing or cannot be meant.

        StoreError: The store cannot be written, nothing has been analysed, or
            somebody else has decided something meanwhile.
    """
    moment = int(time.time()) if now is None else now
    with open_report(settings) as report:
        incident = find_incident(report, key)
        before = [] if wanted.scope == "incident" else list(report.outline())
        decision = judged(incident, report, wanted, settings, now=moment)
        seen = report.log_head
    (written,) = write_statements(settings, [decision_statement(decision)], moment, expected=seen)
    with open_report(settings) as report:
        after = find_incident(report, incident.key)
        others = covered(before, report, {after.key}) if before else ()
    done = replace(decision, number=written.number, recorded_at=written.recorded_at)
    return Decided(done, after, key, others, settings.time_zone)


def read_log(settings: Settings) -> Iterator[tuple[Statement, IncidentKey | None]]:
    """
    Yield everything that persons have stated, in the order of the log, each with the incident it speaks of now.

    None: it is about no incident, or none holds the message at which it is anchored.

    Raises:
        StoreError: The store cannot be read.
    """
    reading = disposing(open_engine(settings.store_url, read_only=True))
    with reading as engine, store_errors(engine.url), snapshot(engine) as connection:
        run = latest_analysis(connection)
        now: dict[str, IncidentKey | None] = {"": None}
        for statement in statements(connection):
            if statement.incident not in now:
                found = incidents_holding(connection, run.id, statement.incident) if run else ()
                now[statement.incident] = found[0] if found else None
            yield statement, now[statement.incident]


def judged(incident: Incident, report: Report, wanted: Verdicted, settings: Settings, *, now: int) -> Decision:
    """
    Return the decision with what was judged, not written yet.

    Raises:
        UsageError: Something is missing or cannot be meant.
    """
    author = Author.of(wanted.decided_by, now)
    decided_at = now if wanted.decided_at is None else wanted.decided_at
    _check(wanted, incident, now)
    aware = None
    if wanted.verdict == "confirm":
        aware = state_awareness(
            aware_at=wanted.aware_at,
            source=wanted.aware_source,
            reported_at=wanted.reported_at,
            confirmed_at=decided_at,
        )
    regimes = [known_regimes()[name] for name in settings.review.regimes]
    return Decision(
        number=0,
        incident=IncidentKey(incident.key),
        verdict=wanted.verdict,
        scope=wanted.scope,
        decided_by=author.decided_by,
        applied_by=author.applied_by,
        decided_at=decided_at,
        recorded_at=now,
        expires_at=wanted.expires_at,
        reason=said(wanted.reason),
        judged=tuple(part.message.identity for part in incident.messages),
        people=frozenset(person_mark(entry.key) for entry in incident.exposed),
        senders=frozenset(map(AddressKey, incident.senders)),
        policy_sha256=report.head.policy_sha256,
        reported_at=wanted.reported_at,
        aware_at=aware.at if aware else None,
        aware_source=aware.source if aware else "",
        deadlines=deadlines(aware.at, regimes, settings.zone) if aware else (),
        # What only opens an incident again harms nobody.
        needs_signature=settings.review.sign_off and wanted.verdict in ("confirm", "dismiss"),
    )


def decision_statement(decision: Decision) -> Statement:
    """Return a decision as a row for the log."""
    return Statement(
        number=0,
        kind="incident",
        incident=decision.incident,
        verdict=decision.verdict,
        scope=decision.scope,
        decided_by=decision.decided_by,
        applied_by=decision.applied_by,
        decided_at=decision.decided_at,
        recorded_at=decision.recorded_at,
        expires_at=decision.expires_at,
        payload=decision_payload(decision),
    )


def _check(wanted: Verdicted, incident: Incident, now: int) -> None:
    if not said(wanted.reason):
        raise UsageError(
            "a decision needs a reason",
            where="--reason",
            remedy='Say why in a sentence: --reason "consented in writing"',
        )
    demand_text(wanted.reason, wanted.aware_source, where="--reason")
    if wanted.scope != "incident" and wanted.verdict not in ("dismiss", "reopen"):
        raise UsageError(
            f"only a dismissal can cover a whole {wanted.scope}", where="--scope", remedy="Leave --scope out"
        )
    if wanted.expires_at is not None and wanted.verdict != "dismiss":
        raise UsageError("only a dismissal can expire", where="--expires", remedy="Leave --expires out")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise UsageError("the day lies in the past", where="--expires", remedy="Name a day to come, or leave it out")
    stated = wanted.aware_at is not None or wanted.reported_at is not None or said(wanted.aware_source)
    if stated and wanted.verdict != "confirm":
        raise UsageError(
            "awareness is stated when an incident is confirmed", where="--aware-at", remedy="Use it with confirm"
        )
    check_after_mail(wanted.aware_at, incident, "--aware-at")
    check_after_mail(wanted.reported_at, incident, "--reported-at")
    if wanted.scope == "sender" and not incident.senders:
        raise UsageError("the incident has no sender that could be read", where="--scope", remedy="Leave --scope out")
    if wanted.scope == "list" and not incident.exposed:
        raise UsageError("the incident's list could not be read", where="--scope", remedy="Leave --scope out")


def check_after_mail(moment: int | None, incident: Incident, where: str) -> None:
    """
    Refuse a moment of before the mail: most of them are slips of the year.

    A clock may have been wrong by a day (CONTRACTS: Messages, sent_at).

    Raises:
        UsageError: It lies more than a day before the first message of the incident.
    """
    check_sent_by(moment, incident.first_sent_at, where)


def check_sent_by(moment: int | None, sent_at: int, where: str) -> None:
    """Refuse a moment more than a day before a mail; raises as `check_after_mail`."""
    if moment is not None and moment < sent_at - _DAY:
        raise UsageError("it lies before the mail was sent", where=where, remedy="Check the year")
