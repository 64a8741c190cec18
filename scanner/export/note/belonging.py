"""What belongs to it: its messages with their kinds and where the copies lie, and the same mailing in Bcc."""

from collections.abc import Iterator

from scanner.export.note.block import Block, Entry, Paragraph, Part, Subject, counted, minute, subject_line, texts
from scanner.export.words.wording import figure
from scanner.model import StoredCopy, StoredMessage, attachments

_NAMED = 8
"""Attachments of a message that are named."""

_LISTED = 20
"""Messages told one by one; a person reads no more of them on a screen."""


def messages(subject: Subject) -> Iterator[Block]:
    """Give the messages that expose, by time, with the places of their copies."""
    words, parts = texts("belonging"), subject.incident.messages
    for part in parts[:_LISTED]:
        yield Entry(
            lead=minute(subject.clock, part.message.sent_at),
            text=words["message"].format(
                kind=words["kinds"][part.kind],
                exposed=figure(len(part.exposed)),
                subject=subject_line(part.message.subject),
            ),
            details=(*_attached(part.message), *_places(part.message)),
        )
    yield from _more(len(parts))


def siblings(subject: Subject) -> Iterator[Block]:
    """Give the mail of the same mailing that hid its recipients: evidence, in none of the figures."""
    for message in subject.siblings[:_LISTED]:
        hidden = {entry.key for entry in message.recipients if entry.field == "bcc" and entry.key is not None}
        text = texts("belonging")["sibling"].format(hidden=figure(len(hidden)), subject=subject_line(message.subject))
        yield Entry(minute(subject.clock, message.sent_at), text, _places(message))
    yield from _more(len(subject.siblings))


def _attached(message: StoredMessage) -> Iterator[str]:
    """Say what was attached; pictures within the text, such as a firm's sign, after the rest."""
    words, files = texts("belonging"), attachments(message.parts) or ()
    order = sorted(files, key=lambda file: file.disposition == "inline")
    names = [*dict.fromkeys(file.file_name or words["unnamed"].format(type=file.content_type) for file in order)]
    shown = texts("lines")["list"].join(names[:_NAMED])
    if len(names) > _NAMED:
        yield words["attached_more"].format(names=shown, more=figure(len(names) - _NAMED))
    elif names:
        yield words["attached"].format(names=shown)


def place(copy: StoredCopy) -> str:
    """Return in words where a copy lies: account, mailbox, UIDVALIDITY and UID."""
    words = texts("belonging")
    text: str = words["place"].format(
        account=copy.account, mailbox=copy.mailbox, uidvalidity=copy.uidvalidity, uid=copy.uid
    )
    if copy.deleted:
        text = words["deleted"].format(place=text)
    if copy.expunged:
        text = words["expunged"].format(place=text)
    return text


def _places(message: StoredMessage) -> tuple[str, ...]:
    return tuple(place(copy) for copy in message.copies)


def _more(number: int) -> Iterator[Block]:
    if number > _LISTED:
        yield Paragraph(texts("belonging")["more"].format(messages=counted("message", number - _LISTED)))


PARTS: tuple[Part, ...] = (messages, siblings)
