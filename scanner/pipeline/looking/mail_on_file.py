"""Mail in single files as the analysis takes it, with neither store nor account."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from scanner.analyse.alone import first_alone
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.mime import StructureError
from scanner.crawl.source.attached import AttachedMail, attached_mail
from scanner.crawl.source.box import Unread, Vanished
from scanner.crawl.source.evidence import open_evidence
from scanner.crawl.source.mail_file import read_file_parts, read_mail_file
from scanner.errors import SourceError
from scanner.model import (
    AddressKey,
    Message,
    MessagePart,
    OutsiderTest,
    Policy,
    StoredCopy,
    StoredMessage,
    StoredRecipient,
)
from scanner.store.reader import list_post_keys


@dataclass(frozen=True, slots=True)
class FileMail:
    """The message of one file."""

    message: StoredMessage
    defects: tuple[str, ...]
    """Words of MESSAGE_DEFECTS, and of DEFECTS for addresses."""

    attached: tuple[tuple[str, "FileMail | SourceError"], ...] = ()
    """(where it lies, the mail or why it cannot be read) of attached mail, what is attached to that included."""

    unopened: tuple[str, ...] = ()
    """What else is attached and may hold mail, and why it was not looked at: clauses without a full stop."""


def read_mail(path: Path) -> FileMail:
    """
    Read the header of the one message in a file, .eml, .emlx or .msg, and of the mail attached to it.

    Raises:
        SourceError: It is missing, may not be read, or holds no message.
    """
    if path.is_dir():
        raise SourceError(
            "this is a folder",
            where=str(path),
            remedy='Name the files in it, or scan it as `source = "…"` of an [[account]]',
        )
    try:
        with open_evidence(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            answer = read_mail_file(stream, 1, size)
            stream.seek(0)
            parts = _parts(stream, size)
            stream.seek(0)
            attached = () if isinstance(answer, Unread | Vanished) else tuple(attached_mail(stream, size))
    except OSError as error:
        raise SourceError(
            f"the file cannot be read ({error.strerror or 'it is none'})",
            where=str(path),
            remedy="Check its name and permissions",
        ) from error
    if isinstance(answer, Unread | Vanished):
        what = answer.detail if isinstance(answer, Unread) else "the file is gone"
        raise SourceError(what, where=str(path), remedy="Save the whole mail as .eml or .msg")
    whole = _file_mail(answer, parts, str(path), path.name)
    return replace(
        whole,
        attached=tuple(_attached(one, path) for one in attached if one.number),
        unopened=tuple(one.problem for one in attached if not one.number),
    )


def _attached(one: AttachedMail, path: Path) -> tuple[str, FileMail | SourceError]:
    where = f"{path}, attached mail {one.number}"
    if one.answer is None:
        remedy = "Save the attached mail in a file of its own"
        return where, SourceError(one.problem, where=where, remedy=remedy)
    return where, _file_mail(one.answer, one.parts, where, path.name)


def _file_mail(answer: FetchAnswer, parts: tuple[MessagePart, ...] | None, where: str, name: str) -> FileMail:
    message = build_message(answer, answer.header or b"", is_draft=False)
    return FileMail(replace(_stored(message, where, name), parts=parts), message.defects)


def _parts(stream: BinaryIO, size: int) -> tuple[MessagePart, ...] | None:
    try:
        return read_file_parts(stream, size)
    except StructureError:
        # Shown as not known; the addresses are what the file was given for.
        return None


def unite(mails: Iterable[FileMail]) -> list[StoredMessage]:
    """Return the different messages by (sent_at, identity); files with the same one are its copies."""
    found: dict[str, StoredMessage] = {}
    for mail in mails:
        known = found.get(mail.message.identity)
        if known is None:
            found[mail.message.identity] = mail.message
            continue
        # Only Bcc can differ between copies of one identity (CONTRACTS: Messages).
        listed = {(entry.field, entry.key, entry.written) for entry in known.recipients}
        more = tuple(
            entry
            for entry in mail.message.recipients
            if entry.field == "bcc" and (entry.field, entry.key, entry.written) not in listed
        )
        copies = tuple(sorted({*known.copies, *mail.message.copies}, key=lambda copy: copy.account))
        found[mail.message.identity] = replace(
            known,
            recipients=known.recipients + more,
            copies=copies,
            parts=mail.message.parts if known.parts is None else known.parts,
        )
    return sorted(found.values(), key=lambda message: (message.sent_at, message.identity))


class FileSource:
    """
    A `scanner.model.MessageSource` over messages of files.

    Args:
        messages: As from `unite`.
    """

    def __init__(self, messages: Sequence[StoredMessage]) -> None:
        self._messages = messages

    def address_keys(self) -> Iterator[AddressKey]:
        """Yield every distinct key, in the order of keys."""
        yield from sorted({entry.key for message in self._messages for entry in message.recipients if entry.key})

    def list_posts(self) -> Iterator[AddressKey]:
        """Yield the keys of addresses that List-Post fields name (RFC 2369, 3.4), sorted."""
        fields = (message.fields.get("list-post", "") for message in self._messages)
        yield from sorted({key for field in fields for key in list_post_keys(field)})

    def candidates(self, outsiders: OutsiderTest, policy: Policy) -> Iterator[StoredMessage]:
        """Yield every message; what shows nothing, the analysis leaves out."""
        del outsiders, policy
        yield from self._messages

    def by_message_id(self, message_ids: frozenset[str]) -> Iterator[StoredMessage]:
        """Yield the messages that carry one of these Message-IDs."""
        yield from (message for message in self._messages if message.message_id in message_ids)

    def first_alone(self, keys: Collection[AddressKey], outsiders: OutsiderTest) -> Mapping[AddressKey, int]:
        """Return when each address was first written to alone, as far as these files tell."""
        return first_alone(self._messages, keys, outsiders)


def _stored(message: Message, where: str, name: str) -> StoredMessage:
    recipients = tuple(
        StoredRecipient(field, entry.key, entry.addr_spec, entry.display_name, entry.group, entry.defect)
        for field, entry in (*message.senders, *message.recipients)
    )
    copy = StoredCopy(
        # Where it lay is all that is known of it: two files are not of one sending unit for that.
        account=where,
        mailbox=name,
        role="other",
        uidvalidity=1,
        uid=1,
        internal_at=message.internal_at,
        header_sha256=message.header_sha256.hex(),
    )
    return StoredMessage(
        identity=message.identity,
        message_id=message.message_id,
        date_field=message.date_field,
        sent_at=message.sent_at,
        sent_offset=message.sent_offset,
        origin="sent",
        subject=message.subject,
        recipients=recipients,
        copies=(copy,),
        fields=message.fields,
    )
