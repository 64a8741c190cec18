"""Header blocks as files hold them: where they end, and the fields of them that are asked for."""

import re
from collections.abc import Callable
from typing import NamedTuple

from scanner.crawl.fields import HEADER_FIELDS

HEADER_LIMIT = 16 * 1024 * 1024
"""Bytes of one header at most: 200,000 recipients with their names; what is longer is a gap."""

LINE_PIECE = 64 * 1024
"""A line is read in pieces of this size: a file without line ends costs no memory."""

_WANTED = frozenset(name.lower().encode("ascii") for name in HEADER_FIELDS.split())
_NAME = re.compile(rb"[!-9;-~]+\Z")
# The ends of fields as scanner.crawl.header sees them: RFC 5322, 2.2.3, a line end that no white space follows.
_FIELD_END = re.compile(rb"(\r\n|\n|\r)(?![ \t\n])")
_BLANK = frozenset((b"\n", b"\r\n"))


class RawHeader(NamedTuple):
    """A header as it stands in a file, the blank line that ends it included."""

    block: bytes
    is_ended: bool
    """A blank line, or the next message, ended it; False: the file ended first."""

    is_too_long: bool = False
    """It was given up at HEADER_LIMIT."""

    stopped_by: bytes = b""
    """The line that began the next message; it has been read."""


def is_blank(line: bytes) -> bool:
    """Tell whether a line is empty but for its end."""
    return line in _BLANK


def read_header(
    readline: Callable[[int], bytes], first: bytes = b"", is_next: Callable[[bytes], bool] | None = None
) -> RawHeader:
    """
    Read from the start of a message to the end of its header.

    Args:
        readline: Gives the next line, or a piece of at most so many bytes of it; b"" at the end.

        first: A line that has been read already.

        is_next: Tells whether a line begins the next message.
    """
    pieces: list[bytes] = []
    size = 0
    at_start = True
    while piece := first or readline(LINE_PIECE):
        first = b""
        if at_start and pieces and is_next and is_next(piece):
            return RawHeader(b"".join(pieces), True, stopped_by=piece)
        pieces.append(piece)
        size += len(piece)
        if at_start and piece in _BLANK:
            return RawHeader(b"".join(pieces), True)
        if size > HEADER_LIMIT:
            return RawHeader(b"".join(pieces), False, is_too_long=True)
        at_start = piece.endswith(b"\n")
    return RawHeader(b"".join(pieces), False)


def filter_block(block: bytes) -> bytes:
    """
    Return the fields of HEADER_FIELDS in their order, byte for byte, and the blank line that ended the header.

    What stands behind such a field and is no field itself stays with it: a
    list that lost its folding would otherwise lose its recipients.

    >>> filter_block(b"Received: x\\nTo: a@example.org,\\n b@example.org\\nX-Y: z\\n\\n")
    b'To: a@example.org,\\n b@example.org\\n\\n'
    """
    end = b""
    for blank in (b"\r\n", b"\n"):
        if block == blank or block.endswith((b"\n" + blank, b"\r\r\n")):
            end = blank
            break
    kept: list[bytes] = []
    is_kept = False
    pieces = _FIELD_END.split(block[: len(block) - len(end)])
    for position in range(0, len(pieces), 2):
        line = pieces[position]
        name, colon, _ = line.partition(b":")
        name = name.rstrip(b" \t")
        if colon and _NAME.match(name):
            is_kept = name.lower() in _WANTED
        if is_kept:
            kept += pieces[position : position + 2]
    kept.append(end)
    return b"".join(kept)


def field_bodies(block: bytes, name: bytes) -> list[bytes]:
    """Return the bodies, unfolded and stripped, of all fields with this name (lower case)."""
    found: list[bytes] = []
    if name not in block.lower():
        return found
    for line in _FIELD_END.split(block)[::2]:
        if line[: len(name)].lower() == name:
            key, colon, body = line.partition(b":")
            if colon and key.rstrip(b" \t").lower() == name:
                found.append(b" ".join(body.split()))
    return found
