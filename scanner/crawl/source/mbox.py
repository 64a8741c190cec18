"""
The mbox format (RFC 4155, and the family it describes): where messages begin.

    From ada@corp.example Mon Mar  3 09:00:00 2025
    Date: Mon, 3 Mar 2025 09:00:00 +0000
    ...

Writers disagree on nearly everything. mboxo and mboxrd quote body lines that
begin with "From "; mboxcl2 does not, and gives the length of the body in
Content-Length; Thunderbird writes "From - " and a date or, since version 115,
"From " alone. So a line is believed to begin a message only if it looks like
one of these, what stands before it allows it, and a header follows. When in
doubt a message begins: one that is missed would take its recipients with it.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from scanner.crawl.source.block import LINE_PIECE, RawHeader, field_bodies, is_blank, read_header

_LONGEST_FROM = 400
"""Bytes; an address has 254 at most, and the pattern must not be led astray for long."""

_DATED = re.compile(
    rb"From .*(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"
    rb".*\d\d?:\d\d.*\b\d{4}\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\b\d{4}\b.*\d\d?:\d\d"
    rb"|\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d)"
)
_BARE = re.compile(rb"From (?:-|\S+@\S+|MAILER[-_]DAEMON)?[ \t]*\r?\n\Z", re.IGNORECASE)
# A URL at the start of a line is no header field.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(?!//)")
_FIRST_FIELDS = frozenset(
    b"bcc cc content-transfer-encoding content-type date delivered-to envelope-to errors-to from in-reply-to message-id"
    b" mime-version organization received references reply-to return-path sender status subject to user-agent"
    b" x-account-key x-gm-thrid x-gmail-labels x-mailer x-mozilla-status x-mozilla-status2 x-status x-uidl".split()
)
"""With what a header begins after a line that only just looks like the start of a message."""

_LENGTH = re.compile(rb"\d{1,15}\Z")
_BOM = b"\xef\xbb\xbf"


class MboxEntry(NamedTuple):
    """One message of an mbox."""

    offset: int
    """Bytes before its "From " line."""

    from_line: bytes
    header: RawHeader
    size: int
    """Bytes of header and body."""


def is_mbox_start(start: bytes) -> bool:
    """Tell whether a file that begins so can be an mbox; blank lines before the first message are forgiven."""
    return start.removeprefix(_BOM).lstrip(b"\r\n").startswith(b"From ")


def is_dated_from(line: bytes) -> bool:
    """Tell whether a line is a "From " line with a date: what nearly all writers put before a message."""
    return line.startswith(b"From ") and len(line) <= _LONGEST_FROM and _DATED.match(line) is not None


def read_mbox(stream: BinaryIO, *, is_seekable: bool) -> Iterator[MboxEntry]:
    """
    Yield the messages of an mbox in their order, reading it once from its beginning.

    Args:
        stream: At its beginning, and `is_mbox_start`.

        is_seekable: Moving costs nothing: then Content-Length is believed where a message really ends there.
    """
    return _Reader(stream, is_seekable).entries()


class _Reader:
    def __init__(self, stream: BinaryIO, is_seekable: bool) -> None:
        self._stream = stream
        self._is_seekable = is_seekable
        self._position = 0
        self._pushed = b""
        """The line after a "From " line, read to see whether a header follows."""

    def entries(self) -> Iterator[MboxEntry]:
        from_line = self._first()
        while from_line:
            offset = self._position - len(from_line) - len(self._pushed)
            start = self._position - len(self._pushed)
            header = read_header(self._readline, self._take_pushed(), is_dated_from)
            if header.stopped_by:
                # A message without a body, and without the blank line that ends a header.
                following = header.stopped_by
                end = self._position - len(following)
            else:
                following = self._skip_body(header)
                end = self._position - len(following) - len(self._pushed)
            yield MboxEntry(offset, from_line, header, end - start)
            from_line = following

    def _first(self) -> bytes:
        while line := self._readline(LINE_PIECE):
            if not is_blank(line.removeprefix(_BOM)):
                return line
        return b""

    def _readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        self._position += len(line)
        return line

    def _take_pushed(self) -> bytes:
        line, self._pushed = self._pushed, b""
        return line

    def _skip_body(self, header: RawHeader) -> bytes:
        """Return the "From " line of the next message, b"" at the end."""
        if self._is_seekable and header.is_ended:
            self._trust_length(header.block)
        readline = self._stream.readline
        is_after_blank = at_start = True
        line = b""
        position = self._position
        while line := line or readline(LINE_PIECE):
            position += len(line)
            following = b""
            if at_start and line.startswith(b"From ") and len(line) <= _LONGEST_FROM:
                is_dated = _DATED.match(line) is not None
                if (is_dated or (is_after_blank and _BARE.match(line))) and line.endswith(b"\n"):
                    following = readline(LINE_PIECE)
                    if _begins_header(following, is_certain=is_dated and is_after_blank):
                        self._pushed = following
                        self._position = position + len(following)
                        return line
            at_start = line.endswith(b"\n")
            is_after_blank = at_start and is_blank(line)
            line = following
        self._position = position
        return b""

    def _trust_length(self, block: bytes) -> None:
        """Go to the end that Content-Length tells, if a message begins there or the file ends."""
        told = field_bodies(block, b"content-length")
        if not told or not _LENGTH.match(told[-1]):
            return
        # The last line end before the next message belongs to neither.
        target = self._position + int(told[-1])
        self._stream.seek(target)
        probe = self._stream.read(_LONGEST_FROM + 4)
        if probe.lstrip(b"\r\n") == b"":
            # Beyond the end there is nothing either: what counts is that the file is no shorter than told.
            is_end = self._stream.seek(0, 2) >= target
        else:
            line = probe.lstrip(b"\r\n").split(b"\n", 1)[0]
            is_end = len(probe) - len(probe.lstrip(b"\r\n")) <= 4 and is_dated_from(line)
        if is_end:
            self._position = target
        self._stream.seek(self._position)


def _begins_header(line: bytes, *, is_certain: bool) -> bool:
    if is_certain and line.startswith(b">From "):
        return True
    match = _FIELD.match(line)
    return match is not None and (is_certain or match[1].lower() in _FIRST_FIELDS)
