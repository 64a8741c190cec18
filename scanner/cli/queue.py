"""`blindcopy queue`: what a person should look at, worst first."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, get_args

import typer

from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, Style, cut, print_json
from scanner.cli.words import count, near_misses, own_mail_elsewhere, set_aside
from scanner.errors import ExitCode
from scanner.export.tables.rows import why_not_queued
from scanner.export.words.breath import breath, unfinished
from scanner.export.words.decision import deadline_line, open_deadlines, reopened_text
from scanner.export.words.moment import Clock
from scanner.model import BelowIncident, Incident, Reason, Report
from scanner.model.report import Change

NAME = "queue"
EXAMPLE = "blindcopy queue"

_STYLES: dict[str, Style] = {"warning": "red", "strong": "bold"}

_HEADER = ("#", "Score", "Key", "Date", "People", "Addr.", "Subject")


def command(
    context: typer.Context,
    below: Annotated[
        bool, typer.Option("--below", help="List what is not queued: below the floor or the score of the settings.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="List what was dismissed as well.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Show the ranked queue: each line one incident for a person to decide on, the worst first.

    People and addresses are those exposed. Why an incident stands where it stands, in full: `blindcopy show KEY`.
    """
    from scanner.pipeline.reporting.report import open_report

    session: Session = context.obj
    with open_report(session.settings()) as report:
        if as_json:
            print_json(_answer(report, below=below, every=every))
        elif below:
            _print_below(Screen(), session, report)
        else:
            _print(Screen(), session, report, every=every)
    return ExitCode.COMPLETE


def _answer(report: Report, *, below: bool, every: bool) -> dict[str, object]:
    from scanner.export.incident_json import below_object, incident_object
    from scanner.export.insight_json import near_miss_object
    from scanner.export.json_report import seen_object, totals_object

    parts = ("id", "rank", "score", "status", "queued", "subject", "senders", "label", "reasons", "ladder")
    moments = ("first_sent_at", "last_sent_at", "reopened", "aware_at", "deadlines")
    incidents = []
    for incident in _listed(report, every=every):
        whole = incident_object(incident, report.head)
        incidents.append({name: whole[name] for name in (*parts, *moments)})
    listed = {"below_floor": [below_object(entry, report.head) for entry in report.below()]} if below else {}
    return {
        "schema": "blindcopy/queue/1",
        "provisional": report.head.provisional,
        "behind": report.head.behind,
        "seen": seen_object(report.head.seen),
        "totals": totals_object(report.totals),
        "incidents": incidents,
        "near_misses": [near_miss_object(entry) for entry in report.near_misses()],
        "also_look": sum(1 for _ in report.also_look()),
        "changes": [{"id": one.key, "change": one.change, "detail": one.detail} for one in report.changes()],
        **listed,
    }


def _listed(report: Report, *, every: bool) -> Iterator[Incident]:
    """Yield what the queue shows: by rank, dismissed incidents only when they are asked for."""
    return (incident for incident in report.incidents() if every or incident.status != "dismissed")


def _print(screen: Screen, session: Session, report: Report, *, every: bool) -> None:
    clock = Clock(report.head.time_zone)
    for style, text in breath(report, clock):
        screen.paragraph(text, style=_STYLES.get(style, ""))
    screen.line()
    first = _print_incidents(screen, _listed(report, every=every), clock)
    dismissed = report.totals.by_status.get("dismissed", 0)
    if dismissed and not every:
        screen.line(f"Dismissed, in all figures above: {dismissed:,}. Listed by: {session.call('queue', '--all')}")
    _print_rest(screen, session, report)
    if first:
        screen.line(f"Times are {report.head.time_zone}. Next: {session.call('show', first)}")


def _print_incidents(screen: Screen, incidents: Iterable[Incident], clock: Clock) -> str:
    """Print one entry per incident, each as soon as it is read; return the first one's key."""
    first = ""
    for incident in incidents:
        if not first:
            first = incident.key
            screen.entry(_HEADER, style="bold")
        standing = incident.standing
        status = "[open again] " if standing.reopened else f"[{incident.status}] " if standing.decision else ""
        screen.entry(_cells(str(incident.rank), incident, clock, status))
        # One line: in full it stands in `show`.
        screen.line(" " * 13 + cut(why(incident.reasons), screen.width - 13), style="dim")
        if standing.pending:
            screen.line(" " * 13 + "waits for a second person's signature", style="yellow")
        if standing.reopened:
            screen.line(" " * 13 + cut(reopened_text(standing.reopened, clock), screen.width - 13), style="yellow")
        for deadline in open_deadlines(standing):
            # Never cut: what matters may stand at its end.
            text = deadline_line(deadline, clock, int(time.time()), is_live=True)
            screen.paragraph(text, indent=13, style="red")
    if first:
        screen.line()
    return first


def _print_below(screen: Screen, session: Session, report: Report) -> None:
    """Print what is not queued, each with the reason; nothing of it is in a figure of the queue."""
    clock = Clock(report.head.time_zone)
    for text in unfinished(report.head):
        screen.paragraph(text, style="red")
    first = ""
    for entry in report.below():
        if not first:
            first = entry.key
            screen.entry(_HEADER, style="bold")
        screen.entry(_cells("", entry, clock))
        reason = why_not_queued(entry, report.head)
        screen.line(" " * 13 + cut(reason, screen.width - 13), style="dim")
    if not first:
        screen.line("Every incident is in the queue: nothing lies below the floor or the score.")
        return
    screen.line()
    screen.line(f"Times are {report.head.time_zone}. Next: {session.call('show', first)}")


def _cells(place: str, incident: Incident | BelowIncident, clock: Clock, status: str = "") -> tuple[str, ...]:
    at = clock.local(incident.first_sent_at)
    return (
        place,
        str(incident.score),
        incident.key,
        f"{at:%Y-%m-%d}" if at else "unknown",
        f"{incident.ladder.exposed_people:,}",
        f"{incident.ladder.exposed_addresses:,}",
        f"{status}{incident.subject or '(no subject)'}",
    )


def why(reasons: Iterable[Reason], most: int = 3) -> str:
    """Return the weightiest reasons in short, the strongest first."""
    weighty = sorted((reason for reason in reasons if reason.points), key=lambda reason: -abs(reason.points))
    return "; ".join(reason.text for reason in weighty[:most])


def _print_rest(screen: Screen, session: Session, report: Report) -> None:
    """Say what is not in the list: nothing is hidden silently."""
    totals, head = report.totals, report.head
    screen.paragraph(
        f"Below the floor of {head.queue_floor} addresses or the score of {head.queue_score}: "
        f"{count(totals.below_floor_messages, 'more message')} that showed outsiders to each other "
        f"({count(totals.below_floor_addresses, 'address', 'addresses')})."
    )
    if totals.below_floor_messages:
        screen.line(f"They are listed by: {session.call('queue', '--below')}")
    changed = Counter(one.change for one in report.changes())
    # Of the first analysis all is new, and the list says it.
    if changed and changed != Counter(new=totals.incidents):
        counts = ", ".join(f"{changed[change]:,} {change}" for change in get_args(Change) if changed[change])
        screen.paragraph(f"Since the analysis before: {counts}.")
    for text in (*set_aside(report.coverage()), *own_mail_elsewhere(report.coverage())):
        screen.paragraph(text)
    for text in near_misses(report.near_misses()):
        screen.paragraph(text)
    also_look = sum(1 for _ in report.also_look())
    if also_look:
        shown = "showed one outsider to many in Bcc, listed in the report"
        screen.paragraph(f"Also look at {count(also_look, 'message')} that {shown}.")
