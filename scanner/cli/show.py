"""`blindcopy show KEY`: one incident, told as a colleague would."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count
from scanner.columns import ladder
from scanner.errors import ExitCode
from scanner.export.breath import provisional
from scanner.export.moment import Clock
from scanner.export.rows import why_not_queued
from scanner.export.wording import long_moment
from scanner.model import ExposedAddress, Incident, IncidentMessage, Report

NAME = "show"
EXAMPLE = "blindcopy show 3f2a"

_STATUS = {
    "candidate": "nobody has decided on it yet",
    "asked": "a question is open",
    "confirmed": "confirmed",
    "dismissed": "dismissed",
}

_QUEUED = {
    "floor": "it exposes at least as many addresses as the queue floor",
    "recall": "somebody recalled it, corrected it or apologised for it",
    "label": "its source is labelled as sensitive, or it shows people of the client register to each other",
    "unreadable list": "its recipients, together with those that could not be read as addresses, reach the queue floor",
}


_KINDS = {
    "original": ("message", "messages"),
    "batch": ("batch", "batches"),
    "resend": ("re-sent message", "re-sent messages"),
    "correction": ("correction", "corrections"),
    "recall": ("recall", "recalls"),
    "apology": ("apology", "apologies"),
    "reply": ("reply", "replies"),
    "forward": ("forwarded message", "forwarded messages"),
    "invite": ("invitation", "invitations"),
    "system": ("automatic message", "automatic messages"),
}


def command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key from `blindcopy queue`, or the beginning of it.")],
    people: Annotated[bool, typer.Option("--people", help="List every exposed address with the name shown.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Explain one incident: what happened, who could see whom, why it ranks here, and what is not known.
    """
    from scanner.pipeline.report import find_incident, open_report

    session: Session = context.obj
    with open_report(session.settings()) as report:
        incident = find_incident(report, key)
        if as_json:
            from scanner.export.json_report import incident_object, seen_object

            head = report.head
            print_json({**incident_object(incident), "provisional": head.provisional, "seen": seen_object(head.seen)})
        else:
            _print(Screen(), session, report, incident, people=people)
    return ExitCode.COMPLETE


def _print(screen: Screen, session: Session, report: Report, incident: Incident, *, people: bool) -> None:
    clock = Clock(report.head.time_zone)
    place = f"rank {incident.rank} of {report.totals.incidents}" if incident.rank else "not queued"
    if report.head.provisional:
        screen.paragraph(provisional(report.head.seen), style="red")
    screen.line(f"{incident.key}  {place}, {incident.score} points, {_STATUS[incident.status]}")
    screen.paragraph(incident.subject or "(no subject)", style="bold")

    screen.heading("What happened")
    for text in what_happened(incident, clock):
        screen.paragraph(text, indent=2)
    if why := why_queued(incident):
        screen.paragraph(f"It is in the queue because {why}.", indent=2)
    if not incident.rank:
        reason = why_not_queued(incident.ladder.exposed_addresses, incident.score, report.head)
        screen.paragraph(f"It is not in the queue: {reason}.", indent=2)
    screen.heading("Who could see whom")
    for text in who_saw_whom(incident):
        screen.paragraph(text, indent=2)
    print_figures(screen, incident)
    print_reasons(screen, incident)
    _print_messages(screen, incident, clock)
    if people:
        print_people(screen, incident)
    if incident.related:
        screen.heading("Related, and counted apart")
        screen.paragraph(", ".join(incident.related), indent=2)
    screen.heading("What is not known")
    for text in unknowns(incident):
        screen.paragraph(text, indent=4, first="  -")
    screen.heading("Next step")
    for text in _next_steps(session, incident, people=people):
        screen.paragraph(text, indent=2)


def what_happened(incident: Incident, clock: Clock) -> Iterator[str]:
    """Yield sentences on when it was sent, by whom, and how many it showed."""
    senders = ", ".join(incident.senders) or "an unknown sender"
    figures = incident.ladder
    kinds = Counter(part.kind for part in incident.messages)
    told = ", ".join(count(number, *_KINDS[kind]) for kind, number in sorted(kinds.items()))
    first, last = (long_moment(clock, moment) for moment in (incident.first_sent_at, incident.last_sent_at))
    messages = len(incident.messages)
    if messages == 1:
        yield f"On {first}, {senders} sent {told}."
    else:
        yield f"From {first} to {last}, {senders} sent {messages:,} messages that belong together: {told}."
    if figures.exposed_addresses:
        yield (
            f"To and Cc showed the addresses of {count(figures.exposed_addresses, 'outsider')} to each other: "
            f"{count(figures.exposed_people, 'person', 'people')}."
        )
    else:
        yield (
            f"Its list could not be read: {count(figures.unresolved, 'entry', 'entries')} among the recipients "
            "were no addresses. Whom it showed to whom, only the mail itself can tell."
        )
    if incident.bcc_siblings:
        yield (
            f"The same mailing also went out properly in Bcc ({count(len(incident.bcc_siblings), 'message')}): "
            "strong evidence that the recipients were meant to be hidden."
        )
    if incident.label:
        yield f"Its source is labelled: {incident.label}."


def why_queued(incident: Incident) -> str:
    """Return why it is in the queue, a clause; "" when it is not."""
    return _QUEUED.get(incident.queued, incident.queued)


def who_saw_whom(incident: Incident) -> Iterator[str]:
    """Yield sentences on who could see the list, and how many people that concerns."""
    figures = incident.ladder
    inside = sum(viewer.inside for viewer in incident.viewers)
    at_least = "At least " if figures.at_least or figures.bcc_viewers else ""
    hidden = f" {figures.bcc_viewers:,} of them stood in Bcc and were shown to nobody." if figures.bcc_viewers else ""
    if figures.viewers:
        yield (
            f"{at_least}{count(figures.viewers, 'address', 'addresses')} could see the list: "
            f"{figures.viewers - inside:,} outside, {inside:,} inside.{hidden}"
        )
    else:
        yield "Who could see the list is unknown: no recipient could be read as an address."
    for entry in incident.through_lists:
        yield (
            f"Through the list {entry.address} (its members of {entry.as_of}): up to "
            f"{count(len(entry.members), 'further person', 'further people')}, {entry.outsiders:,} of them outsiders; "
            "in none of the figures, since a list changes."
        )
    if clients := [entry for entry in incident.exposed if entry.clients]:
        yield f"In the client register: {len(clients):,} of the exposed addresses{_flags(clients)}."
    if not figures.exposed_addresses:
        yield "For a notification: no number can be given, since nobody on the list could be read as an address."
        return
    tiers = (
        f"{figures.identifiable_full:,} of the exposed people can be named in full",
        f"{figures.identifiable_partial:,} in part",
        f"{figures.nameless:,} not by address or shown name",
    )
    others = f"; {figures.role:,} are role addresses" if figures.role else ""
    others += f"; {figures.list:,} are mailing lists" if figures.list else ""
    yield f"{', '.join(tiers)}{others}."
    if figures.at_least:
        upper = count(figures.people_upper, "address", "addresses")
        yield f"For a notification: at least {figures.people_lower:,} people ({upper} or more)."
    elif figures.people_lower == figures.people_upper:
        yield f"For a notification: {count(figures.people_upper, 'person', 'people')}."
    else:
        yield f"For a notification: between {figures.people_lower:,} and {figures.people_upper:,} people."


def _flags(clients: Iterable[ExposedAddress]) -> str:
    flags = Counter(flag for entry in clients for flag in {flag for client in entry.clients for flag in client.flags})
    return f": {', '.join(f'{number:,} {flag}' for flag, number in sorted(flags.items()))}" if flags else ""


def print_figures(screen: Screen, incident: Incident) -> None:
    """Print the ladder, each figure with its meaning."""
    screen.heading("The figures")
    rungs = [rung for rung in ladder() if rung.name != "at_least"]
    width = max(len(rung.header) for rung in rungs)
    for rung in rungs:
        value = getattr(incident.ladder, rung.name)
        shown = "unknown" if value is None else f"{value:,}"
        # The first sentence of the meaning; the whole of it stands in the workbook.
        short = rung.meaning.split(". ")[0].rstrip(".")
        screen.paragraph(short, indent=width + 14, first=f"  {rung.header:<{width}}  {shown:>8}")


def print_reasons(screen: Screen, incident: Incident) -> None:
    """Print every part of the score."""
    screen.heading(f"Why it ranks here: {incident.score} points")
    for reason in incident.reasons:
        screen.paragraph(reason.text, indent=9, first=f"  {reason.points:+5d}")


def _print_messages(screen: Screen, incident: Incident, clock: Clock) -> None:
    screen.heading("The messages, and where their copies lie")
    for part in incident.messages:
        at = clock.local(part.message.sent_at)
        when = f"{at:%Y-%m-%d %H:%M}" if at else "unknown date"
        screen.paragraph(
            f"{part.kind}, {len(part.exposed):,} exposed: {part.message.subject or '(no subject)'}",
            indent=20,
            first=f"  {when}",
        )
        for place in _places(part):
            screen.paragraph(place, indent=20, style="dim")


def _places(part: IncidentMessage) -> Iterator[str]:
    for copy in part.message.copies:
        state = " (deleted)" if copy.deleted else ""
        state += " (no longer there)" if copy.expunged else ""
        yield f"{copy.account} / {copy.mailbox}, UIDVALIDITY {copy.uidvalidity}, UID {copy.uid}{state}"


def print_people(screen: Screen, incident: Incident) -> None:
    """Print the exposed addresses with their tiers and the names shown."""
    screen.heading("Who was exposed, with the names as shown")
    rows = [(entry.key, entry.tier, "; ".join(entry.display_names)) for entry in incident.exposed]
    screen.table(("Address", "Tier", "Shown as"), rows, wide=2)
    if known := [(entry.key, client) for entry in incident.exposed for client in entry.clients]:
        screen.heading("Who they are in the client register")
        cells = [(key, one.id, one.name, ", ".join(one.flags), one.safe_channel) for key, one in known]
        screen.table(("Address", "Client", "Name", "Flags", "Safe channel"), cells, wide=2)


def unknowns(incident: Incident) -> Iterator[str]:
    """Yield sentences on what nothing here can tell."""
    figures = incident.ladder
    yield "Who really looked: a viewer was addressed, nobody knows whether it read."
    if figures.delivered is None:
        yield "Whether every copy arrived: no bounce or delivery record is stored."
    if figures.replied is None:
        yield "Whether anybody replied, to some or to all."
    if figures.list:
        yield f"Who stood behind {count(figures.list, 'mailing list')} then: each counts as one address."
    if figures.unresolved:
        yield f"Whom {count(figures.unresolved, 'entry', 'entries')} meant that could not be read as an address."
    yield "Further Bcc recipients: many mail programs do not keep that line."
    yield "What the body and the attachments said: only headers were read."


def _next_steps(session: Session, incident: Incident, *, people: bool) -> Iterator[str]:
    yield (
        "Open the message in its mailbox and judge it. If people were exposed who should not have been, tell whoever "
        "handles personal-data breaches in your house today: the authority's time runs from awareness "
        "(GDPR Art. 33: 72 hours)."
    )
    yield "Do not write to those exposed with all of them in To or Cc again, and do not rely on a recall."
    if not people:
        yield f"The names: {session.call('show', incident.key, '--people')}"
    yield f"Everything as a workbook: {session.call('report', 'FILE.xlsx')}"
