"""
The parts of a message in a file, as a server would tell them: a walk through its lines, of which nothing is kept.

Boundaries of all multiparts around a part end it (RFC 2046, 5.1.2). Octets are
counted as they travel, with CRLF at the end of each line.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from scanner.crawl.mime import DEEPEST, MOST_PARTS, Parameters, StructureError, make_part
from scanner.crawl.source.block import LINE_PIECE, field_bodies, is_blank
from scanner.model import MessagePart

_HEADER_LIMIT = 1024 * 1024
"""Bytes of a part's header of which its fields are read; what lies behind them is passed over."""

_BOUNDARY_LIMIT = 200
"""Bytes of a boundary (RFC 2046, 5.1.1: 70)."""

_IDENTITY = (b"", b"7bit", b"8bit", b"binary")
_COMMENT = re.compile(rb"\((?:[^()\\]++|\\.)*+\)", re.DOTALL)
# An unquoted value goes to the next semicolon: "filename=My file.pdf" is wrong and common.
_PARAMETER = re.compile(
    rb'[;\s]*+([^\s=;"]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)(?:"|\Z)|([^;]*+))|[^;]*+;|[^;]++\Z', re.DOTALL
)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


class PartContent(NamedTuple):
    """Where the content of a part lies, and how it is encoded."""

    part: MessagePart
    begin: int
    end: int
    """In bytes of what was read; the line end before a boundary is still in it."""

    encoding: bytes
    """Of Content-Transfer-Encoding, lower case; b"" without one."""


class _Open(NamedTuple):
    """A part whose end has not been met."""

    place: int
    """Among the parts found."""

    start: int
    """Where its content begins, in octets."""

    depth: int
    """How many multiparts are open around it."""


class _Multipart:
    """A multipart whose parts are being read."""

    def __init__(self, section: str, boundary: bytes, hidden: "_Multipart | None", is_digest: bool) -> None:
        self.section = section
        self.boundary = boundary
        self.hidden = hidden
        """One around it with the same boundary."""

        self.is_digest = is_digest
        self.count = 0

    def next_section(self) -> str:
        self.count += 1
        return f"{self.section}.{self.count}" if self.section else str(self.count)


def read_tree(readline: Callable[[int], bytes]) -> tuple[MessagePart, ...]:
    """
    Return the parts of a message that are no multiparts, in their order, as BODYSTRUCTURE tells them.

    Args:
        readline: Gives the next line from the header on, or a piece of at most so many bytes; b"" at the end.

    Raises:
        StructureError: It has too many parts.
    """
    return _Walk(readline).parts()


def read_contents(readline: Callable[[int], bytes]) -> tuple[PartContent, ...]:
    """Return the parts as `read_tree` does, each with the place of its content; raises the same."""
    walk = _Walk(readline)
    return tuple(PartContent(part, *place) for part, place in zip(walk.parts(), walk.places, strict=True))


class _Walk:
    def __init__(self, readline: Callable[[int], bytes]) -> None:
        self._readline = readline
        self._octets = 0
        self._bytes = 0
        """Read so far; line ends are counted as they stand."""

        self._at_start = True
        self._was_start = True
        """The last line was one from its beginning, not a further piece."""

        self._body_start = 0
        """Where the content of the part begins whose header was read last, in octets."""

        self._body_byte = 0
        self.places: list[tuple[int, int, bytes]] = []
        """Of each part found: where its content begins and ends, in bytes, and its encoding."""

        self._pushed: bytes | None = None
        """A line that was read already and begins the next header."""

        self._found: list[MessagePart] = []
        self._open: list[_Open] = []
        self._multiparts: list[_Multipart] = []
        self._boundaries: dict[bytes, int] = {}
        """Boundary → how deep its multipart lies, the innermost of the same one."""

    def parts(self) -> tuple[MessagePart, ...]:
        line = self._entity("", is_whole=True, in_digest=False)
        while line:
            # Here a line is a boundary, or belongs to no part: preamble or epilogue.
            line = self._follow(line) if self._depth_of(line) is not None else self._next()
        self._end(0, self._octets, self._bytes)
        return tuple(self._found)

    def _next(self) -> bytes:
        """Return the next line, b"" at the end, with its octets counted; a long one comes in pieces."""
        line = self._readline(LINE_PIECE)
        self._was_start, self._at_start = self._at_start, line.endswith(b"\n")
        self._bytes += len(line)
        # A line end is two octets; a message that ends without one ends there.
        self._octets += len(line) + (1 if line.endswith(b"\n") and not line.endswith(b"\r\n") else 0)
        return line

    def _depth_of(self, line: bytes) -> int | None:
        """Return the depth of the multipart whose boundary a line is, None if it is none."""
        if not self._boundaries or not self._was_start or not line.startswith(b"--"):
            return None
        word = line[2:].rstrip(b" \t\r\n")
        depth = self._boundaries.get(word)
        return self._boundaries.get(word[:-2]) if depth is None and word.endswith(b"--") else depth

    def _follow(self, line: bytes) -> bytes:
        """Go on at a boundary: end what it ends, and read the part behind it; return the line that stops that."""
        depth = self._depth_of(line)
        if depth is None:
            return line
        written = len(line) + (0 if line.endswith(b"\r\n") or not line.endswith(b"\n") else 1)
        # The line end before a boundary belongs to it (RFC 2046, 5.1.1).
        self._end(depth + 1, self._octets - written - 2, self._bytes - len(line))
        while len(self._multiparts) > depth + 1:
            self._leave()
        multipart = self._multiparts[-1]
        word = line[2:].rstrip(b" \t\r\n")
        if word != multipart.boundary:
            self._leave()
            return self._next()
        return self._entity(multipart.next_section(), is_whole=False, in_digest=multipart.is_digest)

    def _leave(self) -> None:
        last = self._multiparts.pop()
        del self._boundaries[last.boundary]
        if last.hidden is not None:
            self._boundaries[last.boundary] = self._multiparts.index(last.hidden)

    def _end(self, depth: int, at: int, byte: int) -> None:
        """Tell the size, and where they end, of the parts that lie in this many multiparts or more."""
        while self._open and self._open[-1].depth >= depth:
            part = self._open.pop()
            self._found[part.place] = replace(self._found[part.place], size=max(0, at - part.start))
            begin, _, encoding = self.places[part.place]
            self.places[part.place] = (begin, max(begin, byte), encoding)

    def _entity(self, section: str, *, is_whole: bool, in_digest: bool) -> bytes:
        """Read a part's header, and a message's in it; return the line behind: a boundary, or the first of its body."""
        while True:
            header, line = self._header()
            kind, parameters = _content_type(header, in_digest=in_digest)
            boundary = next((value for name, value in parameters if name.lower() == b"boundary"), b"")
            boundary = boundary.rstrip(b" \t")[:_BOUNDARY_LIMIT]
            if kind[0].lower() == b"multipart" and boundary and len(self._multiparts) < DEEPEST:
                hidden = self._multiparts[self._boundaries[boundary]] if boundary in self._boundaries else None
                self._boundaries[boundary] = len(self._multiparts)
                is_digest = kind[1].lower() == b"digest"
                self._multiparts.append(_Multipart(section, boundary, hidden, is_digest))
                return line
            # RFC 9051, 6.4.5: the text of a message that is no multipart is its part 1.
            place = (f"{section}.1" if section else "1") if is_whole else section
            encoding = b"".join(field_bodies(header, b"content-transfer-encoding")[:1]).lower()
            self._add(place, kind, parameters, header, encoding)
            is_plain = encoding in _IDENTITY
            if not (
                self._found[-1].is_message and is_plain and self._depth_of(line) is None and len(place) < 4 * DEEPEST
            ):
                return line
            section, is_whole, in_digest = place, True, False
            self._pushed = line

    def _add(
        self, section: str, kind: tuple[bytes, bytes], parameters: Parameters, header: bytes, encoding: bytes
    ) -> None:
        if len(self._found) >= MOST_PARTS:
            raise StructureError(f"it has more than {MOST_PARTS:,} parts")
        disposition, more = _disposition(header)
        self._open.append(_Open(len(self._found), self._body_start, len(self._multiparts)))
        self.places.append((self._body_byte, self._body_byte, encoding))
        self._found.append(make_part(section, kind, parameters, disposition, more, None))

    def _header(self) -> tuple[bytes, bytes]:
        """Return a header without the blank line behind it, and the line after that."""
        pieces: list[bytes] = []
        size = 0
        while True:
            line, self._pushed = self._next() if self._pushed is None else self._pushed, None
            if not line or (self._was_start and self._depth_of(line) is not None):
                # A part of a header only: its body is empty.
                self._body_start, self._body_byte = self._octets, self._bytes
                return b"".join(pieces), line
            if self._was_start and is_blank(line):
                self._body_start, self._body_byte = self._octets, self._bytes
                return b"".join(pieces), self._next()
            size += len(line)
            if size <= _HEADER_LIMIT:
                pieces.append(line)


def _content_type(header: bytes, *, in_digest: bool) -> tuple[tuple[bytes, bytes], Parameters]:
    bodies = field_bodies(header, b"content-type")
    word, parameters = _parameters(bodies[0]) if bodies else (b"", ())
    kind, slash, subtype = word.partition(b"/")
    if slash and kind.strip() and subtype.strip():
        return (kind.strip(), subtype.strip()), parameters
    # RFC 2046, 5.1.5, and RFC 2045, 5.2.
    return (b"message", b"rfc822") if in_digest and not bodies else (b"text", b"plain"), parameters


def _disposition(header: bytes) -> tuple[bytes, Parameters]:
    bodies = field_bodies(header, b"content-disposition")
    return _parameters(bodies[0]) if bodies else (b"", ())


def _parameters(body: bytes) -> tuple[bytes, Parameters]:
    """Return the first word of a field and its parameters (RFC 2045, 5.1)."""
    word, _, rest = body.partition(b";")
    if b"(" in word:
        word = _COMMENT.sub(b"", word)
    found = []
    for match in _PARAMETER.finditer(rest):
        name, quoted, bare = match.groups()
        if name:
            value = _QUOTED_PAIR.sub(rb"\1", quoted) if quoted is not None else bare.strip()
            found.append((name, value))
    return word.strip(), found
