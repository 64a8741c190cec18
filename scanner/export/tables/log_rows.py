"""Rows of what was decided and of where everything comes from: the register, both logs, scans and versions."""

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.export.tables.rows import Values
from scanner.export.words.decision import day_and_time, decision_text, in_one_line, ruling_text, standing_texts
from scanner.export.words.moment import Clock
from scanner.export.words.wording import bounds, figure, wording
from scanner.language import filled
from scanner.model import Export, Incident, Report, ReportHead, RulingKind, ScanRecord, Statement


def register_row(incident: Incident, clock: Clock, now: int) -> Values:
    """Return the row of an incident in the register of GDPR Art. 33(5)."""
    standing = incident.standing
    people = incident.ladder.exposed_people

    def ruled(kind: RulingKind) -> str:
        ruling = standing.ruling(kind)
        return ruling_text(ruling, clock, people) if ruling is not None else ""

    def noted(kind: RulingKind) -> str:
        ruling = standing.ruling(kind)
        return in_one_line(ruling.text) if ruling is not None else ""

    return {
        "incident": incident.key,
        "subject": incident.subject,
        "status": incident.status,
        "first_sent_at": incident.first_sent_at,
        "register_facts": tuple(_facts(incident, clock)),
        "register_decision": tuple(_decided(incident, clock, now)),
        "effects": noted("effects"),
        "measures": noted("measures"),
        "ruled_breach": ruled("breach"),
        "ruled_authority": ruled("authority"),
        "ruled_people": ruled("people"),
        "severity": ruled("severity"),
    }


def _facts(incident: Incident, clock: Clock) -> Iterator[str]:
    words = wording()["register"]
    figures = incident.ladder
    values = {"messages": figures.messages, "people": figures.exposed_people, "viewers": figures.viewers}
    yield filled(words["facts"], {**values, "bounds": bounds(figures)}, figure)
    standing = incident.standing
    for name, moment in (("found", standing.found_at), ("confirmed", standing.confirmed_at)):
        if moment is not None:
            yield words[name].format(when=day_and_time(clock, moment))


def _decided(incident: Incident, clock: Clock, now: int) -> Iterator[str]:
    standing = incident.standing
    words = wording()["register"]
    if standing.decision is None and standing.pending is None:
        yield words["undecided"]
    rulings = {ruling_text(one, clock, incident.ladder.exposed_people) for one in standing.rulings}
    # Rulings have columns of their own here.
    yield from (
        text for text in standing_texts(standing, clock, now, incident.ladder.exposed_people) if text not in rulings
    )
    for former in standing.history:
        if former not in (standing.decision, standing.pending):
            # What nobody signed, and nobody will, never held.
            yield words["former" if former.counts else "unsigned"].format(what=decision_text(former, clock))


def decision_log_row(statement: Statement) -> Values:
    """Return the row of one entry of the log of decisions."""
    content: Mapping[str, Any] = statement.payload or {}
    reason = content.get("reason") or content.get("text") or content.get("how") or ""
    return {
        "log_entry": statement.number,
        "log_recorded_at": statement.recorded_at,
        "log_kind": statement.kind,
        "incident": statement.incident,
        "log_verdict": statement.verdict,
        "log_scope": statement.scope,
        "log_decided_by": statement.decided_by,
        "log_applied_by": statement.applied_by,
        "log_decided_at": statement.decided_at,
        "log_expires_at": statement.expires_at,
        "log_reason": wording()["decisions"]["erased"] if statement.payload is None else in_one_line(str(reason)),
        "log_signs": content.get("signs"),
        "log_chain_sha256": statement.chain_sha256,
    }


def evidence_rows(report: Report) -> Iterator[Values]:
    """
    Yield where the figures come from, and what was handed out.

    Exports of just this state of the store are left out: handing a report
    out twice gives the same bytes twice. The log of exports has them all.
    """
    head = report.head
    words = wording()["evidence"]
    yield _row(words["policy"], words["policy_name"], sha256=head.policy_sha256)
    yield _row(words["version"], words["tool"], head.tool_version)
    yield _row(words["version"], words["parser"], head.parser_version)
    named = wording()["lead"]["mandate_keys"]
    given = {key: value for key, value in sorted(head.mandate.items()) if value}
    yield from (_row(words["mandate"], named.get(key, key), value) for key, value in given.items())
    if not given:
        yield _row(words["mandate"], "", wording()["lead"]["mandate_missing"])
    for scan in report.scans():
        yield from _scan_rows(scan)
    earlier = [one for one in report.exports() if not _is_of_this_state(one, head)]
    yield _row(words["log"], words["decision_log"], number=head.decisions, sha256=head.chain_head)
    last = earlier[-1].chain_sha256 if earlier else ""
    yield _row(words["log"], words["export_log"], words["left_out"], number=len(earlier), sha256=last)
    for one in earlier:
        yield from _export_rows(one)


def _scan_rows(scan: ScanRecord) -> Iterator[Values]:
    words = wording()["evidence"]
    text = words["scan_text"].format(state=words["states"].get(scan.state, scan.state), version=scan.tool_version)
    yield _row(words["scan"], words["settings"], text, scan.number, scan.started_at, scan.settings_sha256)
    for one in scan.accounts:
        text = words["server_text"].format(
            state=words["states"].get(one.state, one.state),
            server=one.server or wording()["none"],
            tls=one.tls or wording()["none"],
        )
        yield _row(words["server"], one.account, text, scan.number)


def _export_rows(export: Export) -> Iterator[Values]:
    words = wording()["evidence"]
    content = export.payload
    if content is None or not content.get("files"):
        yield _row(words["export"], "", words["erased"], export.number, export.exported_at, export.chain_sha256)
        return
    policy = content["policy_sha256"]
    if "audience" in content:
        text = words["export_text"].format(audience=words["audiences"][content["audience"]], policy=policy)
    else:
        text = words["preserve_text"].format(incident=content.get("incident", ""), policy=policy)
    for file in content["files"]:
        yield _row(words["export"], file["name"], text, export.number, export.exported_at, file["sha256"])


def _is_of_this_state(export: Export, head: ReportHead) -> bool:
    content = export.payload
    # Mail that was preserved whole is of no state of the figures.
    if not content or "generated_at" not in content:
        return False
    log = content["decision_log"]
    of = (content["generated_at"], content["policy_sha256"], log["count"], log["sha256"])
    return of == (head.generated_at, head.policy_sha256, head.decisions, head.chain_head)


def _row(
    kind: str, name: str, text: str = "", number: int | None = None, at: int | None = None, sha256: str = ""
) -> Values:
    return {
        "evidence_kind": kind,
        "evidence_number": number,
        "evidence_at": at,
        "evidence_name": name,
        "evidence_text": text,
        "evidence_sha256": sha256,
    }
