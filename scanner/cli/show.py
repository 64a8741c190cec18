"""`blindcopy show KEY`: one incident, told as a colleague would."""

import time
from collections.abc import Iterable
from itertools import chain
from typing import Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.note import print_section
from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.errors import ExitCode
from scanner.export.note import commands_title, first_lines, note_sections, people_sections, read_subject
from scanner.export.words.breath import unfinished
from scanner.export.words.decision import standing_texts
from scanner.export.words.moment import Clock
from scanner.language import speaking
from scanner.model import Incident, Report

NAME = "show"
EXAMPLE = "blindcopy show 3f2a"


def command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key from `blindcopy queue`, or the beginning of it.")],
    people: Annotated[bool, typer.Option("--people", help="List every exposed address with the name shown.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Explain one incident: what happened, who could see whom, why it ranks here, and what is not known.
    """
    from scanner.pipeline.reporting.report import find_incident, open_report

    session: Session = context.obj
    settings = session.settings()
    with open_report(settings) as report:
        incident = find_incident(report, key, in_full=True)
        if as_json:
            print_json(_answer(report, incident))
        else:
            # Like the reports; help and commands stay as they are.
            with speaking(settings.organisation.language):
                _print(Screen(), session, report, incident, people=people)
    return ExitCode.COMPLETE


def _answer(report: Report, incident: Incident) -> dict[str, object]:
    """Return the incident as in the JSON report, why others are related to it, and whether the scan has ended."""
    from scanner.export.incident_json import incident_object
    from scanner.export.json_report import seen_object

    return {
        **incident_object(incident, report.head),
        "relations": [plain(one) for one in report.related(incident.key)],
        "provisional": report.head.provisional,
        "behind": report.head.behind,
        "seen": seen_object(report.head.seen),
    }


def _print(screen: Screen, session: Session, report: Report, incident: Incident, *, people: bool) -> None:
    subject = read_subject(report, incident)
    for text in unfinished(report.head):
        screen.paragraph(text, style="red")
    line, title = first_lines(subject)
    screen.line(line)
    screen.paragraph(title, style="bold")
    clock, exposed = Clock(report.head.time_zone), incident.ladder.exposed_people
    for text in standing_texts(incident.standing, clock, int(time.time()), exposed, is_live=True):
        screen.paragraph(text)
    named = people_sections(subject) if people else ()
    for section in chain(note_sections(subject), named):
        print_section(screen, section)
    screen.heading(commands_title())
    for text in _calls(session, incident, people=people):
        # Never broken, so that it can be copied.
        screen.line(f"  {text}")


def _calls(session: Session, incident: Incident, *, people: bool) -> Iterable[str]:
    if not people:
        yield session.call("show", incident.key, "--people")
    if incident.standing.is_open:
        for verdict in ("confirm", "dismiss", "ask"):
            yield session.call("decide", incident.key, verdict, "--reason", "WHY")
    if incident.status == "confirmed":
        for kind in ("breach", "authority", "people"):
            if all(one.kind != kind or one.is_outgrown for one in incident.standing.rulings):
                yield session.call("decide", incident.key, kind, "ANSWER", "--reason", "WHY")
    if any(one is not None and not one.counts for one in (incident.standing.pending, *incident.standing.rulings)):
        yield session.call("decide", incident.key, "sign", "--by", "NAME")
    yield session.call("report", "FILE.xlsx")
