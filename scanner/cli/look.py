"""`blindcopy look FILE`: one known mail, judged in seconds, without store or sign-in."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.answer import plain
from scanner.cli.note import print_section
from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError
from scanner.export.note import Subject, note_sections, people_sections, why_queued
from scanner.export.words.moment import Clock, iso_sent, iso_utc
from scanner.export.words.wording import long_moment
from scanner.model import is_dated

if TYPE_CHECKING:
    from scanner.model import Incident
    from scanner.pipeline.looking.look import Look, LookedAt
    from scanner.pipeline.looking.look_back import KnownIncident, LookBack, Span
    from scanner.store.history import Mailing

NAME = "look"
EXAMPLE = "blindcopy look winter-gathering.eml --people"

_LISTED = 10
"""Mails and incidents named for each matter; the rest is counted, and stands in --json."""


def command(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Mail saved as .eml, .emlx or .msg.")],
    domain: Annotated[
        list[str] | None,
        typer.Option(metavar="DOMAIN", help="Your own domain, in place of the settings; may be repeated."),
    ] = None,
    people: Annotated[bool, typer.Option("--people", help="List every exposed address with the name shown.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Judge a known mail: who could see whom, how many people, and why it would rank.

    Neither store nor sign-in is needed. Several files (batches, a correction, an apology) make one incident where the
    same rules as everywhere join them. With a store, what went to the same list, people and subject before and since is
    told as well.
    """
    from scanner.pipeline.looking.look import look_at

    session: Session = context.obj
    domains = _domains(session, domain or [])
    look = look_at(files, None if domains else session.settings_if_any(), domains)
    failed = [entry for entry in look.files if entry.error]
    unread = [entry.error for entry in _with_attached(look.files) if entry.error]
    for error in unread:
        note(f"blindcopy: {error}")
    if as_json:
        print_json(look_object(look))
    elif len(failed) < len(look.files):
        _print(Screen(), session, look, domains, people=people)
    if not unread:
        return ExitCode.COMPLETE
    return ExitCode.FAILED if len(failed) == len(look.files) else ExitCode.GAPS


def _with_attached(files: "Iterable[LookedAt]") -> "Iterator[LookedAt]":
    """Yield each file, and behind it the mail attached to it."""
    for entry in files:
        yield entry
        yield from entry.attached


def _domains(session: Session, written: Sequence[str]) -> list[str]:
    """Return the domains as A-labels; UsageError."""
    from scanner.config.policy_check import own_domain_fault
    from scanner.config.value import domain_key

    if written and session.config:
        raise UsageError("--domain is for calls without settings", where="--config", remedy="Leave one of them out")
    try:
        domains = [domain_key(one) for one in written]
    except ValueError as error:
        raise UsageError(f"the value {error}", where="--domain", remedy="Give it as corp.example") from error
    for fault in filter(None, map(own_domain_fault, domains)):
        raise UsageError(fault, where="--domain", remedy="Name the domains below it that are yours")
    return domains


def look_object(look: "Look") -> dict[str, Any]:
    """Return what was found as JSON, schema blindcopy/look/1; incidents stand as in the report."""
    from scanner.export.incident_json import incident_object, ladder_object

    return {
        "schema": "blindcopy/look/1",
        "as_of": iso_utc(look.as_of),
        "policy_sha256": look.policy_sha256,
        "inside": sorted(look.policy.domains | look.policy.addresses | look.policy.sister_domains),
        "files": [_file_object(entry) for entry in look.files],
        "totals": ladder_object(look.totals),
        "incidents": [incident_object(incident) for incident in look.incidents],
        "store": [plain(entry) for entry in look.look_backs],
        "no_store": look.no_store,
    }


def _file_object(entry: "LookedAt") -> dict[str, Any]:
    message = entry.message
    return {
        "path": entry.path,
        "error": str(entry.error) if entry.error else None,
        "identity": message.identity if message else None,
        "message_id": message.message_id if message else None,
        "date_field": message.date_field if message else None,
        "sent_at": iso_sent(message.sent_at) if message else None,
        "subject": message.subject if message else None,
        "defects": entry.defects,
        "from_inside": entry.from_inside,
        "visible_outsiders": entry.visible_outsiders,
        "hidden_outsiders": entry.hidden_outsiders,
        "unresolved": entry.unresolved,
        "incident": entry.incident,
        "attached": [_file_object(attached) for attached in entry.attached],
        "unopened": entry.unopened,
    }


def _print(screen: Screen, session: Session, look: "Look", domains: Sequence[str], *, people: bool) -> None:
    clock = Clock(look.policy.time_zone)
    for text in _inside(look):
        screen.paragraph(text)
    screen.heading("The files")
    for entry in _with_attached(look.files):
        if not entry.error:
            screen.paragraph(_shows(entry, clock), indent=4, first="  -")
    for number, incident in enumerate(look.incidents):
        screen.line()
        screen.paragraph(incident.subject or "(no subject)", style="bold")
        _print_incident(screen, incident, look, clock, people=people)
        if look.look_backs:
            _print_look_back(screen, look.look_backs[number], clock)
    if not look.incidents:
        _print_nobody(screen, look)
    if look.no_store:
        screen.heading("Before and since")
        screen.paragraph(f"Not told: {look.no_store.rstrip('.')}.", indent=2)
    if look.incidents and not people:
        own = (f"--domain={domain}" for domain in domains)
        screen.line()
        screen.line(f"The names: {session.call('look', '--people', *own, *(entry.path for entry in look.files))}")


def _print_nobody(screen: Screen, look: "Look") -> None:
    judged = list(_with_attached(look.files))
    attached = sum(not entry.error for entry in judged) - sum(not entry.error for entry in look.files)
    unread = any(entry.error or entry.unopened for entry in judged)
    screen.heading("Nobody is exposed by what could be read" if unread else "Nobody is exposed")
    what = "No file" if not attached else f"Neither a file nor {_attached_mails(attached)}"
    screen.paragraph(f"{what} shows two outsiders or more to each other in To and Cc.", indent=2)


def _attached_mails(number: int) -> str:
    return "the mail attached" if number == 1 else f"one of the {number:,} mails attached"


def _inside(look: "Look") -> Iterator[str]:
    own = [*sorted(look.policy.domains), *sorted(look.policy.addresses)]
    if own:
        rest = f" and {len(own) - _LISTED:,} more" if len(own) > _LISTED else ""
        yield f"Inside is who belongs to {', '.join(own[:_LISTED])}{rest}; everybody else counts as an outsider."
    else:
        yield (
            "Nobody counts as inside, so that colleagues count as outsiders, too: there are no settings. "
            "Name your own domains with --domain, each with one."
        )


def _shows(entry: "LookedAt", clock: Clock) -> str:
    message = entry.message
    if message is None:
        return entry.path
    when = long_moment(clock, message.sent_at)
    parts = [f"{entry.path}: {message.subject or '(no subject)'}, {when}."]
    parts.append(f"It shows {count(entry.visible_outsiders, 'outsider')}")
    parts[-1] += f", {entry.hidden_outsiders:,} more stand in Bcc." if entry.hidden_outsiders else "."
    if entry.unresolved:
        parts.append(f"{count(entry.unresolved, 'entry', 'entries')} among the recipients could not be read as one.")
    if not entry.from_inside:
        parts.append("Its sender does not count as inside.")
    if entry.defects:
        said = "; ".join(_defect(word, knows_date=is_dated(message.sent_at)) for word in entry.defects)
        parts.append(f"{said[0].upper()}{said[1:]}.")
    parts += (f"Not looked at: {what}." for what in entry.unopened)
    return " ".join(parts)


_DATE_DEFECTS = {
    "date_missing": "no Date field",
    "date_unreadable": "the Date field cannot be read",
}
"""A file has no server whose date could be used (MESSAGE_DEFECTS); Outlook's keep a moment of their own."""


def _defect(word: str, *, knows_date: bool) -> str:
    from scanner.addresses import DEFECTS
    from scanner.crawl.header import MESSAGE_DEFECTS

    if word in _DATE_DEFECTS:
        return _DATE_DEFECTS[word] + ("; the moment that the file keeps is used" if knows_date else "")
    return (MESSAGE_DEFECTS | dict(DEFECTS)).get(word, word)


def _print_incident(screen: Screen, incident: "Incident", look: "Look", clock: Clock, *, people: bool) -> None:
    subject = Subject(incident, clock)
    for section in note_sections(subject, "happened", "seen"):
        print_section(screen, section)
    screen.line()
    if incident.rank:
        why = why_queued(incident, look.policy.queue_floor)
        screen.paragraph(f"By itself it would be queued: {why}.", indent=2)
    else:
        addresses = count(incident.ladder.exposed_addresses, "address", "addresses")
        screen.paragraph(
            f"By itself it would not be queued: it exposes {addresses} (the queue floor is {look.policy.queue_floor}) "
            f"and has {incident.score} points (the queue score is {look.policy.queue_score}).",
            indent=2,
        )
    for section in note_sections(subject, "standing"):
        print_section(screen, section)
    for section in people_sections(subject) if people else ():
        print_section(screen, section)
    for section in note_sections(subject, "unknown"):
        print_section(screen, section)


def _print_look_back(screen: Screen, entry: "LookBack", clock: Clock) -> None:
    if entry.stored:
        screen.heading("In the store")
        screen.paragraph(f"The store holds this very mail: incident {', '.join(entry.stored)}.", indent=2)
    for heading, span in (("Before", entry.before), ("Since", entry.since)):
        screen.heading(heading)
        for text in _told(span, clock, commonplace=entry.commonplace):
            screen.paragraph(text, indent=4, first="  -")


def _told(span: "Span", clock: Clock, *, commonplace: bool) -> Iterator[str]:
    open_ones = sum(1 for one in span.same_list if one.shown >= 2)
    if span.same_list:
        yield (
            f"The same list: {count(len(span.same_list), 'message')}, {open_ones:,} of them open. "
            f"{_mailings(span.same_list, clock)}"
        )
    else:
        yield "The same list: no message."
    if span.people_in:
        yield f"The same people: {count(span.people, 'address', 'addresses')} exposed in {_incidents(span.people_in)}."
    else:
        yield "The same people: none of them exposed by other mail."
    yield f"The same sender: {_incidents(span.sender_in) if span.sender_in else 'no incident'}."
    if commonplace:
        yield "The same subject: it says too little to look for."
    elif span.same_subject:
        yield f"The same subject: {count(len(span.same_subject), 'message')}. {_mailings(span.same_subject, clock)}"
    else:
        yield "The same subject: no message."


def _mailings(mailings: "Sequence[Mailing]", clock: Clock) -> str:
    told = []
    for one in mailings[:_LISTED]:
        at = clock.local(one.sent_at)
        what = ", ".join(
            text
            for number, text in ((one.shown, f"{one.shown:,} shown"), (one.hidden, f"{one.hidden:,} in Bcc"))
            if number
        )
        key = f" [{one.incident}]" if one.incident else ""
        when = f"{at:%Y-%m-%d %H:%M}" if at else "date unknown"
        told.append(f"{when} “{one.subject or '(no subject)'}”{f' ({what})' if what else ''}{key}")
    more = f"; and {len(mailings) - _LISTED:,} more" if len(mailings) > _LISTED else ""
    return f"{'; '.join(told)}{more}."


def _incidents(known: "Sequence[KnownIncident]") -> str:
    queued = sum(1 for one in known if one.rank)
    named = ", ".join(f"{one.key} (rank {one.rank})" if one.rank else one.key for one in known[:_LISTED])
    more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
    return f"{count(len(known), 'incident')}, {queued:,} of them queued: {named}{more}"
