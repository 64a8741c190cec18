"""
Mail attached to the mail in a file: forwarded as it was, returned by a server, gathered in a digest.

Whoever complains about a mail forwards it like that. Only a file that
somebody has named is looked through, never a mailbox.
"""

import binascii
import io
import quopri
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.mime import StructureError
from scanner.crawl.source.block import filter_block
from scanner.crawl.source.box import Unread
from scanner.crawl.source.mail_file import first_line, read_file_parts, read_mail_file, with_first
from scanner.crawl.source.moment import date_of, internal_date
from scanner.crawl.source.outlook import OLE_MAGIC, OutlookAttachment, OutlookError, read_outlook_attachments
from scanner.crawl.source.tree import PartContent, read_contents
from scanner.model import MessagePart

ATTACHED_LIMIT = 64 * 1024 * 1024
"""Bytes of a file that is looked through at most: it has to be held in memory."""

_DEEPEST = 10
"""Attached mails within attached mails that are opened."""

_MOST = 500
"""Attached mails of one file."""

_MAIL_SUFFIXES = (".eml", ".emlx", ".msg", ".rfc822")
_MAIL_TYPES = frozenset(
    {
        *("message/rfc822", "message/global", "application/vnd.ms-outlook"),
        # RFC 6522, 4, and RFC 6533, 6: what a bounce returns where it leaves the text out.
        *("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"),
    }
)

_WINMAIL, _SMIME, _FOLDER = "Outlook's winmail.dat", "signed or encrypted content (S/MIME)", "a mail folder"
_CLOSED = {
    "application/ms-tnef": _WINMAIL,
    "application/vnd.ms-tnef": _WINMAIL,
    "application/pkcs7-mime": _SMIME,
    "application/x-pkcs7-mime": _SMIME,
    "application/pgp-encrypted": "encrypted content (PGP)",
    # RFC 2046, 5.2.2: one of several mails that together are one.
    "message/partial": "a part of a mail",
    "application/mbox": _FOLDER,
}
"""Content that may hold mail and is not opened."""

_CLOSED_NAMES = {"winmail.dat": _WINMAIL, ".p7m": _SMIME, ".mbox": _FOLDER, ".pst": _FOLDER, ".ost": _FOLDER}
"""Ends of file names of such content: programs call whatever they attach application/octet-stream."""


class AttachedMail(NamedTuple):
    """One attached mail, or why something attached could not be read."""

    number: str
    """From 1 on in each mail: "2.1" is the first one attached to the second. "" for what may hold mail."""

    answer: FetchAnswer | None
    parts: tuple[MessagePart, ...] | None = None
    problem: str = ""
    """Why it could not be read; "" when it was."""


def attached_mail(stream: BinaryIO, size: int) -> Iterator[AttachedMail]:
    """
    Yield the mail attached to the mail in a file, each followed by what is attached to it.

    Args:
        stream: Seekable, at its beginning; stays open.

        size: Bytes of the file.
    """
    found = _attached_to_file(stream, size)
    yield from islice(found, _MOST)
    if next(found, None) is not None:
        yield AttachedMail("", None, problem=f"more than {_MOST:,} mails are attached; those behind are not looked at")


def _attached_to_file(stream: BinaryIO, size: int) -> Iterator[AttachedMail]:
    start = stream.read(len(OLE_MAGIC))
    stream.seek(0)
    if start == OLE_MAGIC:
        yield from _in_outlook(stream, "", _DEEPEST)
    elif size > ATTACHED_LIMIT:
        yield AttachedMail("", None, problem="the file is larger than 64 MiB; what is attached is not looked at")
    else:
        yield from _in_text(stream.read(), "", _DEEPEST)


def _in_text(data: bytes, above: str, deepest: int) -> Iterator[AttachedMail]:
    stream = io.BytesIO(data)
    first = first_line(stream, b"")
    begin = stream.tell() - len(first)
    try:
        contents = read_contents(with_first(first, stream.readline))
    except StructureError as error:
        yield AttachedMail("", None, problem=f"{error}; what is attached is not looked at")
        return
    count, end = 0, 0
    for content in contents:
        if content.begin < end:
            # It belongs to an attached mail, which is looked through by itself.
            continue
        if _is_mail(content.part):
            count, end = count + 1, content.end
            yield from _encoded(content, data[begin + content.begin : begin + content.end], f"{above}{count}", deepest)
        elif closed := _closed(content.part):
            yield closed


def _is_mail(part: MessagePart) -> bool:
    return part.content_type in _MAIL_TYPES or part.file_name.lower().endswith(_MAIL_SUFFIXES)


def _closed(part: MessagePart) -> AttachedMail | None:
    """Tell what may hold mail and stays closed; None for anything else."""
    by_name = (what for end, what in _CLOSED_NAMES.items() if part.file_name.lower().endswith(end))
    what = _CLOSED.get(part.content_type) or next(by_name, "")
    return AttachedMail("", None, problem=f"{what} is not opened; mail may lie in it") if what else None


def _encoded(content: PartContent, data: bytes, number: str, deepest: int) -> Iterator[AttachedMail]:
    # RFC 2046, 5.2.1, allows no encoding of message/rfc822; Gmail writes base64 all the same.
    try:
        if content.encoding == b"base64":
            data = binascii.a2b_base64(data)
        elif content.encoding == b"quoted-printable":
            data = quopri.decodestring(data)
    except binascii.Error:
        yield AttachedMail(number, None, problem="its base64 is damaged")
        return
    yield from _in_content(data, number, deepest)


def _in_content(data: bytes, number: str, deepest: int) -> Iterator[AttachedMail]:
    answer = read_mail_file(io.BytesIO(data), 1, len(data))
    if not isinstance(answer, FetchAnswer):
        yield AttachedMail(number, None, problem=answer.detail if isinstance(answer, Unread) else "it is empty")
        return
    try:
        parts: tuple[MessagePart, ...] | None = read_file_parts(io.BytesIO(data), len(data))
    except StructureError:
        parts = None
    yield AttachedMail(number, answer, parts)
    if not deepest:
        yield from _too_deep(parts or ())
    elif data.startswith(OLE_MAGIC):
        yield from _in_outlook(io.BytesIO(data), f"{number}.", deepest - 1)
    else:
        yield from _in_text(data, f"{number}.", deepest - 1)


def _too_deep(parts: tuple[MessagePart, ...]) -> Iterator[AttachedMail]:
    if any(map(_is_mail, parts)):
        yield AttachedMail("", None, problem=f"mail attached more than {_DEEPEST} deep is not looked at")


def _in_outlook(stream: BinaryIO, above: str, deepest: int) -> Iterator[AttachedMail]:
    try:
        found = read_outlook_attachments(stream, _is_mail, deepest, ATTACHED_LIMIT)
    except OutlookError as error:
        yield AttachedMail("", None, problem=f"what is attached could not be read: {error}")
        return
    yield from _outlook_attachments(found, above, deepest)


def _outlook_attachments(found: tuple[OutlookAttachment, ...], above: str, deepest: int) -> Iterator[AttachedMail]:
    count = 0
    for one in found:
        if one.message is None and not _is_mail(one.part):
            if closed := _closed(one.part):
                yield closed
            continue
        count += 1
        number = f"{above}{count}"
        if one.message is None:
            yield from _in_content(one.content, number, deepest)
            continue
        block, moment = one.message
        own = date_of(block) if moment is None else moment
        parts = tuple(inner.part for inner in one.attached)
        yield AttachedMail(number, FetchAnswer(1, internal_date(own), len(block), b"", filter_block(block)), parts)
        if deepest:
            yield from _outlook_attachments(one.attached, f"{number}.", deepest - 1)
        else:
            yield from _too_deep(parts)
