"""One message in a file of its own: .eml, Apple's .emlx, and Outlook's .msg."""

import io
import re
from collections.abc import Callable
from typing import BinaryIO

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.answered import RAW_LIMIT
from scanner.crawl.mime import StructureError
from scanner.crawl.source.block import LINE_PIECE, filter_block, is_blank, read_header
from scanner.crawl.source.box import Read, Unread
from scanner.crawl.source.moment import date_of, internal_date
from scanner.crawl.source.outlook import OLE_MAGIC, OutlookError, read_outlook_file, read_outlook_parts
from scanner.crawl.source.tree import read_tree
from scanner.model import MessagePart

SUFFIXES = frozenset({".eml", ".emlx", ".msg", ".mht", ".rfc822"})
"""Of file names, lower case, that hold one message."""

MSG_LIMIT = 64 * 1024 * 1024
"""Bytes of a .msg inside a zip file at most: it has to be unpacked into memory."""

_FIELD = re.compile(rb"^[!-9;-~]+[ \t]*:", re.MULTILINE)
_COUNT = re.compile(rb"\d+[ \t]*\r?\n\Z")
_BOM = b"\xef\xbb\xbf"


def read_mail_file(
    stream: BinaryIO,
    uid: int,
    size: int,
    flags: bytes = b"",
    moment: int | None = None,
    *,
    trusts_moment: bool = False,
) -> Read:
    """
    Read the header of the one message in a file.

    Args:
        stream: At its beginning.

        uid: The UID to give it.

        size: Bytes of the file.

        flags: As FETCH gives them.

        moment: What the name or container tells, None for nothing.

        trusts_moment: That is when the message came, not when it was exported.

    Returns:
        An answer, or what could not be read. INTERNALDATE is the trusted
        moment, else Outlook's time of delivery or the Date field, else
        `moment`: the time of a file or zip entry tells when it was packed, and
        serves only where the message says nothing.
    """
    start = stream.read(len(OLE_MAGIC))
    if start == OLE_MAGIC:
        return _read_outlook(stream, uid, size, flags, moment, trusts_moment=trusts_moment)
    first = first_line(stream, start)
    if not first:
        return Unread(uid, "message_unparsed", "the file is empty")
    header = read_header(stream.readline, first)
    if header.is_too_long:
        return Unread(uid, "message_unparsed", "its header is longer than 16 MiB", header.block)
    if not _FIELD.search(header.block):
        return Unread(uid, "message_unparsed", "the file holds no header: it is no mail", header.block)
    at = _choose(moment, date_of(header.block), trusts_moment=trusts_moment)
    return FetchAnswer(uid, at, size, flags, filter_block(header.block))


def read_file_parts(stream: BinaryIO, size: int) -> tuple[MessagePart, ...]:
    """
    Return the parts of the one message in a file; its content is passed over.

    Args:
        stream: At its beginning.

        size: Bytes of the file.

    Raises:
        StructureError: They cannot be read.
    """
    start = stream.read(len(OLE_MAGIC))
    if start == OLE_MAGIC:
        if not isinstance(stream, io.BufferedReader):
            if size > MSG_LIMIT:
                raise StructureError("the .msg file is larger than 64 MiB; unpack the zip file")
            stream.seek(0)
            stream = io.BytesIO(stream.read(MSG_LIMIT))
        return read_outlook_parts(stream)
    return read_tree(with_first(first_line(stream, start), stream.readline))


def with_first(first: bytes, readline: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return a readline that gives back what was read already, line by line."""
    held = io.BytesIO(first)

    def line_of(limit: int) -> bytes:
        return held.readline(limit) or readline(limit)

    return line_of


def _choose(moment: int | None, own: int | None, *, trusts_moment: bool) -> bytes | None:
    first, second = (moment, own) if trusts_moment else (own, moment)
    return internal_date(first) or internal_date(second)


def first_line(stream: BinaryIO, start: bytes) -> bytes:
    """
    Return the first line of the header: behind a byte order mark, blank lines, Apple's count or a "From " line.

    Args:
        stream: Of the file.

        start: What was read of it already, from its beginning.
    """
    readline = _with_start(stream, start)
    line = readline(LINE_PIECE).removeprefix(_BOM)
    is_first = True
    while line and (is_blank(line) or (is_first and (_COUNT.match(line) or line.startswith((b"From ", b">From "))))):
        is_first = is_first and is_blank(line)
        line = readline(LINE_PIECE)
    return line


def _with_start(stream: BinaryIO, start: bytes) -> Callable[[int], bytes]:
    """Return a readline that gives back what was read to see which kind of file it is."""
    held = start

    def readline(limit: int) -> bytes:
        nonlocal held
        line, newline, held = held.partition(b"\n")
        if newline:
            return line + newline
        return line + stream.readline(limit)

    return readline


def _read_outlook(
    stream: BinaryIO, uid: int, size: int, flags: bytes, moment: int | None, *, trusts_moment: bool
) -> Read:
    if not isinstance(stream, io.BufferedReader):
        # Compressed: going to and fro in it would unpack it again each time.
        if size > MSG_LIMIT:
            return Unread(uid, "message_unserved", "the .msg file is larger than 64 MiB; unpack the zip file")
        stream.seek(0)
        stream = io.BytesIO(stream.read(MSG_LIMIT))
    try:
        block, own, more_flags = read_outlook_file(stream)
    except OutlookError as error:
        stream.seek(0)
        return Unread(uid, "message_unparsed", str(error), stream.read(RAW_LIMIT))
    return FetchAnswer(
        uid,
        _choose(moment, date_of(block) if own is None else own, trusts_moment=trusts_moment),
        size,
        b" ".join(part for part in (flags, more_flags) if part),
        filter_block(block),
    )
