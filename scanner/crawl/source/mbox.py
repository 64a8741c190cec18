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
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from scanner.crawl.source.block import LINE_PIECE, RawHeader, field_bodies, is_blank, read_header

_LONGEST_FROM = 400
"""Bytes; an address has 254 at most, and the pattern must not be led astray for long."""

_LONGEST_NAME = 100
"""Bytes of the line behind it that tell whether a header field begins there."""

_CHUNK = 1024 * 1024
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

    is_cut: bool
    """It does not end with a line end: the file ends in its middle."""


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


def message_lines(readline: Callable[[int], bytes], size: int) -> Callable[[int], bytes]:
    """
    Return what gives the next lines of so many bytes, without the blank line that ends a message in an mbox.

    Args:
        readline: Of the file, at the body of a message.

        size: To the next "From " line, or the end.
    """
    left, held = size, b""

    def read(limit: int) -> bytes:
        nonlocal left
        line = readline(min(limit, left)) if left > 0 else b""
        left -= len(line)
        return line

    def line_of(limit: int) -> bytes:
        nonlocal held
        line, held = held or read(limit), b""
        if is_blank(line):
            held = read(limit)
            return line if held else b""
        return line

    return line_of


class _Reader:
    """A window that moves over the file: bodies are passed at the speed of a search, and nothing is kept."""

    def __init__(self, stream: BinaryIO, is_seekable: bool) -> None:
        self._stream = stream
        self._is_seekable = is_seekable
        self._data = b""
        self._at = 0
        self._base = 0
        """Offset of the window's first byte in the file."""

    def entries(self) -> Iterator[MboxEntry]:
        self._go_to_first()
        while True:
            offset = self._base + self._at
            from_line = self._readline(LINE_PIECE)
            if not from_line:
                return
            start = offset + len(from_line)
            header = read_header(self._readline, is_next=is_dated_from)
            if header.stopped_by:
                # A message without a body, and without the blank line that ends a header.
                self._at -= len(header.stopped_by)
            else:
                self._pass_body(header)
            is_cut = self._data[self._at - 1 : self._at] != b"\n"
            yield MboxEntry(offset, from_line, header, self._base + self._at - start, is_cut)

    def _go_to_first(self) -> None:
        while line := self._readline(LINE_PIECE):
            if not is_blank(line.removeprefix(_BOM)):
                self._at -= len(line)
                return

    def _fill(self) -> bool:
        """Read on; False at the end. Two bytes before the place stay: they tell whether a line before it is blank."""
        chunk = self._stream.read(_CHUNK)
        kept = max(0, self._at - 2)
        self._data = self._data[kept:] + chunk
        self._base += kept
        self._at -= kept
        return bool(chunk)

    def _readline(self, limit: int) -> bytes:
        while True:
            end = self._data.find(b"\n", self._at, self._at + limit) + 1
            if end or len(self._data) - self._at >= limit or not self._fill():
                break
        start, self._at = self._at, end or min(len(self._data), self._at + limit)
        return self._data[start : self._at]

    def _peek(self, size: int) -> bytes:
        while len(self._data) - self._at < size and self._fill():
            pass
        return self._data[self._at : self._at + size]

    def _pass_body(self, header: RawHeader) -> None:
        """Go to the "From " line of the next message, or to the end."""
        if self._is_seekable and header.is_ended:
            self._trust_length(header.block)
        # Behind a header that was given up as too long nothing is known of the line before.
        if header.is_ended and self._peek(5) == b"From " and self._begins_message(is_after_blank=True):
            return
        while True:
            found = self._data.find(b"\nFrom ", self._at)
            if found < 0:
                self._at = max(self._at, len(self._data) - 5)
                if not self._fill():
                    self._at = len(self._data)
                    return
                continue
            self._at = found + 1
            before = self._data[max(0, found - 2) : found]
            if self._begins_message(is_after_blank=before.endswith((b"\n", b"\n\r"))):
                return

    def _begins_message(self, *, is_after_blank: bool) -> bool:
        """Tell whether the "From " line at this place begins a message."""
        line, newline, rest = self._peek(_LONGEST_FROM + _LONGEST_NAME).partition(b"\n")
        line += newline
        if not newline or len(line) > _LONGEST_FROM:
            return False
        is_dated = _DATED.match(line) is not None
        if not is_dated and not (is_after_blank and _BARE.match(line)):
            return False
        return _begins_header(rest, is_certain=is_dated and is_after_blank)

    def _trust_length(self, block: bytes) -> None:
        """Go to the end that Content-Length tells, if a message begins there or the file ends."""
        told = field_bodies(block, b"content-length")
        if not told or not _LENGTH.match(told[-1]):
            return
        here = self._base + self._at
        target = here + int(told[-1])
        size = self._stream.seek(0, 2)
        self._move(target)
        probe = self._peek(_LONGEST_FROM + 4)
        # The line end before the next message belongs to neither.
        text = probe.lstrip(b"\r\n")
        is_next = len(probe) - len(text) <= 4 and is_dated_from(text.partition(b"\n")[0])
        if target > size or not (is_next or not text):
            self._move(here)

    def _move(self, offset: int) -> None:
        self._stream.seek(offset)
        self._data, self._at, self._base = b"", 0, offset


def _begins_header(line: bytes, *, is_certain: bool) -> bool:
    if is_certain and line.startswith(b">From "):
        return True
    match = _FIELD.match(line)
    return match is not None and (is_certain or match[1].lower() in _FIRST_FIELDS)
