"""The reasoned decisions on a confirmed incident, and the signature of a second person."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from datetime import time as time_of_day

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.model import Incident, Ruling, RulingKind, Statement
from scanner.pipeline.deciding.author import Author, decider_name, demand_text, past, system_user, write_statements
from scanner.pipeline.deciding.covered import Covered, covered
from scanner.pipeline.deciding.review import check_after_mail
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.review import ANSWERED, end_of_day, is_same_person, ruling_statement, said, state_severity
from scanner.store.decision import append, statements
from scanner.store.engine import disposing, open_engine, store_errors


@dataclass(frozen=True, slots=True)
class RulingWanted:
    """What a person wants to have written on a confirmed incident; moments read."""

    kind: RulingKind
    answer: str = ""
    text: str = ""
    decided_by: str = ""
    told_at: int | None = None
    reference: str = ""
    dpc: int | None = None
    ei: float | None = None
    cb: float | None = None
    decided_at: int | None = None
    """None = now."""


def rule(settings: Settings, key: str, wanted: RulingWanted, *, now: int | None = None) -> Incident:
    """
    Write a ruling to the log and return the incident as it stands then.

    Raises:
        UnknownIncidentError: No incident, or several, are meant.

        UsageError: Something is missing or cannot be meant, or the incident is not confirmed.

        StoreError: The store cannot be written, nothing has been analysed, or
            somebody else has decided something meanwhile.
    """
    moment = int(time.time()) if now is None else now
    with open_report(settings) as report:
        incident, seen = find_incident(report, key), report.log_head
    statement = ruled(incident, wanted, settings, now=moment)
    write_statements(settings, [statement], moment, expected=seen)
    with open_report(settings) as report:
        return find_incident(report, incident.key)


def ruled(incident: Incident, wanted: RulingWanted, settings: Settings, *, now: int) -> Statement:
    """
    Return a ruling as a row for the log, not written yet.

    Once somebody has decided to tell, the time at which it was done, or where
    it can be read, need no second reason; and who repeats the decision takes
    back neither.

    Raises:
        UsageError: Something is missing or cannot be meant, or the incident is not confirmed.
    """
    author = Author.of(wanted.decided_by, now)
    is_reasoned, former = bool(said(wanted.text)), incident.standing.ruling(wanted.kind)
    wanted = _completed(incident, wanted)
    adds_to = former.number if former is not None and wanted.text and not is_reasoned else 0
    _check(incident, wanted, now, settings.zone)
    severity = state_severity(wanted.dpc, wanted.ei, wanted.cb) if wanted.kind == "severity" else None
    ruling = Ruling(
        number=0,
        kind=wanted.kind,
        incident=incident.key,
        answer=wanted.answer,
        text=said(wanted.text),
        decided_by=author.decided_by,
        applied_by=author.applied_by,
        decided_at=now if wanted.decided_at is None else wanted.decided_at,
        recorded_at=now,
        judged=tuple(part.message.identity for part in incident.messages),
        told_at=wanted.told_at,
        reference=wanted.reference.strip(),
        severity=severity,
        # Effects and measures are facts, and so is when somebody was told: there is nothing to agree to.
        needs_signature=settings.review.sign_off and wanted.kind in ANSWERED and not adds_to,
        adds_to=adds_to,
    )
    return ruling_statement(ruling)


def sign(
    settings: Settings, key: str, *, signer: str = "", now: int | None = None
) -> tuple[Incident, int, tuple[Covered, ...]]:
    """
    Sign what waits on an incident for a second person; return the incident then, and how much was signed.

    Raises:
        UnknownIncidentError: No incident, or several, are meant.

        UsageError: Nothing waits, or only what the same person decided.

        StoreError: The store cannot be written, nothing has been analysed, or
            somebody else has decided something meanwhile.
    """
    moment = int(time.time()) if now is None else now
    who = Author.of(signer, moment).decided_by
    with open_report(settings) as report:
        incident, seen = find_incident(report, key), report.log_head
        pending = incident.standing.pending
        before = list(report.outline()) if pending and pending.scope != "incident" else []
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url), engine.begin() as connection:
        rows = signatures(incident, who, statements(connection), now=moment)
        append(connection, rows, now=moment, expected=seen)
    with open_report(settings) as report:
        after = find_incident(report, incident.key)
        return after, len(rows), covered(before, report, {after.key}) if before else ()


def signatures(incident: Incident, signer: str, log: Iterable[Statement], *, now: int) -> tuple[Statement, ...]:
    """
    Return a signature for everything on an incident that waits for a second person, not written yet.

    Args:
        incident: As it stands.

        signer: The second person.

        log: The whole log of decisions.

        now: The clock.

    Raises:
        UsageError: Nothing waits, or only what the same person decided.
    """
    applied_by, who = system_user(), decider_name(signer)
    waiting = [one for one in (incident.standing.pending, *incident.standing.rulings) if one and not one.counts]
    if not waiting:
        raise UsageError("nothing waits for a signature", where=incident.key)
    others = {one.number for one in waiting if not is_same_person(one.decided_by, who)}
    if not others:
        raise UsageError(
            "who decided cannot sign for the second person",
            where=incident.key,
            remedy='Let somebody else sign, by name: --by "Sam Second"',
        )
    return tuple(
        Statement(
            number=0,
            kind="sign",
            incident=incident.key,
            verdict="sign",
            scope="incident",
            decided_by=who,
            applied_by=applied_by,
            decided_at=now,
            recorded_at=now,
            expires_at=None,
            payload={"signs": one.number, "link": one.chain_sha256},
        )
        for one in log
        if one.number in others
    )


def _completed(incident: Incident, wanted: RulingWanted) -> RulingWanted:
    former = incident.standing.ruling(wanted.kind)
    if former is None or former.answer != "yes" or wanted.answer not in ("", "yes"):
        return wanted
    is_added = wanted.told_at is not None or bool(wanted.reference.strip())
    return replace(
        wanted,
        answer=wanted.answer or ("yes" if is_added else ""),
        text=wanted.text if said(wanted.text) or not is_added else former.text,
        told_at=former.told_at if wanted.told_at is None else wanted.told_at,
        reference=wanted.reference.strip() or former.reference,
    )


def _may_carry(incident: Incident) -> bool:
    """Tell whether it is confirmed, or will be as soon as a second person has signed that and this together."""
    pending = incident.standing.pending
    return incident.status == "confirmed" or (pending is not None and pending.verdict == "confirm")


def _is_doubtful(told_at: int, incident: Incident, kind: RulingKind, zone: tzinfo) -> bool:
    """Tell whether a day alone was given, and the deadline ends in the course of it: before or after, nobody knows."""
    local = datetime.fromtimestamp(told_at, zone)
    dues = [one.due_at for one in incident.standing.deadlines if one.addressee == kind]
    return local.time() == time_of_day() and any(told_at < due < end_of_day(local.date(), zone) for due in dues)


def _check(incident: Incident, wanted: RulingWanted, now: int, zone: tzinfo) -> None:
    if not _may_carry(incident):
        raise UsageError(
            "only a confirmed incident carries this decision",
            where=incident.key,
            remedy=f"Confirm it first: blindcopy decide {incident.key} confirm --reason …",
        )
    if not said(wanted.text):
        raise UsageError("it needs a reason", where="--reason", remedy="Say why in a sentence")
    demand_text(wanted.text, wanted.reference, where="--reason")
    if wanted.kind in ANSWERED and wanted.answer not in ("yes", "no"):
        raise UsageError(
            "the answer is missing", where=wanted.kind, remedy=f"Write {wanted.kind} yes, or {wanted.kind} no"
        )
    if wanted.kind not in ANSWERED and wanted.answer:
        raise UsageError("this takes no yes or no", where=wanted.kind, remedy="Leave it out")
    if wanted.told_at is not None or wanted.reference.strip():
        if wanted.kind not in ("authority", "people") or wanted.answer != "yes":
            raise UsageError(
                "only who decides to tell can have told",
                where="--reference" if wanted.told_at is None else "--told-at",
                remedy="Use it with authority or people yes",
            )
        if wanted.told_at is not None:
            past(wanted.told_at, now, "--told-at")
        check_after_mail(wanted.told_at, incident, "--told-at")
        if wanted.told_at is not None and _is_doubtful(wanted.told_at, incident, wanted.kind, zone):
            raise UsageError("the deadline ends on that day", where="--told-at", remedy="Give the time, too")
