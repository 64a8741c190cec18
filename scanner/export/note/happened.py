"""What happened: when it was sent, by whom, and how many it showed."""

from collections import Counter
from collections.abc import Iterator

from scanner.export.note.block import Block, Paragraph, Part, Subject, counted, texts
from scanner.export.note.traced import list_trace
from scanner.export.words.wording import label_text, long_moment
from scanner.model import is_dated


def sending(subject: Subject) -> Iterator[Block]:
    """Tell who sent what, and when."""
    words, incident = texts("happened"), subject.incident
    kinds = Counter(part.kind for part in incident.messages)
    first, last = (long_moment(subject.clock, moment) for moment in (incident.first_sent_at, incident.last_sent_at))
    form = "several" if len(incident.messages) > 1 else "once"
    is_undated = not is_dated(incident.first_sent_at)
    yield Paragraph(
        words["undated" if is_undated else form].format(
            first=first,
            last=last,
            senders=texts("lines")["list"].join(incident.senders) or words["unknown_sender"],
            messages=counted("message", len(incident.messages)),
            kinds=texts("lines")["list"].join(counted(kind, number) for kind, number in sorted(kinds.items())),
        )
    )


def showing(subject: Subject) -> Iterator[Block]:
    """Tell how many it showed to each other."""
    words, figures = texts("happened"), subject.incident.ladder
    if figures.exposed_addresses:
        outsiders = counted("outsider", figures.exposed_addresses)
        yield Paragraph(words["showed"].format(outsiders=outsiders, people=counted("person", figures.exposed_people)))
    else:
        yield Paragraph(words["unreadable"].format(entries=counted("entry", figures.unresolved)))


def acting(subject: Subject) -> Iterator[Block]:
    """Tell who sent for the author, or redirected what somebody else had written."""
    authors = set(subject.incident.senders)
    for field, form in (("sender", "on_behalf"), ("resent-from", "redirected")):
        recipients = (entry for part in subject.incident.messages for entry in part.message.recipients)
        if found := sorted({entry.key for entry in recipients if entry.field == field and entry.key} - authors):
            yield Paragraph(texts("happened")[form].format(senders=texts("lines")["list"].join(found)))


def hiding(subject: Subject) -> Iterator[Block]:
    """Tell of the same mailing in Bcc."""
    if number := len(subject.incident.bcc_siblings):
        yield Paragraph(texts("happened")["siblings"].format(messages=counted("message", number)))


def label(subject: Subject) -> Iterator[Block]:
    """Tell the label of the source."""
    if subject.incident.label:
        yield Paragraph(texts("happened")["label"].format(label=label_text(subject.incident.label)))


PARTS: tuple[Part, ...] = (sending, showing, acting, hiding, list_trace, label)
