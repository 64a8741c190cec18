"""
BODYSTRUCTURE read from a FETCH answer (RFC 3501 and RFC 9051, 7.5.2), by ourselves and in linear time.

    ((("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1)
      ("TEXT" "CALENDAR" ("METHOD" "REQUEST") NIL NIL "BASE64" 998 13) "ALTERNATIVE")
     ("APPLICATION" "PDF" NIL NIL NIL "BASE64" 4102 NIL ("ATTACHMENT" ("FILENAME" "a.pdf"))) "MIXED")
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from scanner.crawl.mime import DEEPEST, MOST_PARTS, Parameters, StructureError, make_part
from scanner.crawl.response import Response
from scanner.model import MessagePart

STRUCTURE_LIMIT = 4 * 1024 * 1024
"""Bytes of one answer. It holds the envelopes of attached messages: ten thousand recipients fit."""

_MOST_VALUES = 300_000
"""Values of one answer: its memory goes with them, and an attached message with fifty thousand recipients fits."""

_IS_FETCH = re.compile(rb"\d{1,10} FETCH (?=\()", re.IGNORECASE)
_ANY_UID = re.compile(rb"[ (]UID (\d{1,10})(?!\d)", re.IGNORECASE)
_WORD = re.compile(rb'[ \r\n]*(?:([()])|"((?:[^"\\]++|\\.)*+)"|(\{\d{1,20}\+?\}\r?\n\Z)|([^\s()"{]++)|\Z)', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)

_MULTIPARTS = frozenset(b"alternative digest encrypted form-data mixed parallel related report signed".split())

_Value: TypeAlias = "bytes | list[_Value] | None"
"""A string or number, NIL, or a list."""


class StructureAnswer(NamedTuple):
    """What one FETCH answer says of the structure of one message."""

    uid: int
    parts: tuple[MessagePart, ...] | None
    """None: it cannot be read, and `why` says why not."""

    why: str = ""
    raw: bytes = b""
    """The answer, where it cannot be read."""


def read_structure(response: Response) -> StructureAnswer | None:
    """
    Read one untagged response; None when it tells no structure: flags of other sessions, or no FETCH answer.

    An answer that names no UID tells nothing either: what stays unanswered is asked for again.
    """
    match = _IS_FETCH.match(response[0])
    if not match:
        return None
    try:
        if sum(map(len, response)) > STRUCTURE_LIMIT:
            raise StructureError("the server's answer about its structure is too large")
        values = _read_values(response, match.end())
        items = _items(values)
        if b"BODYSTRUCTURE" not in items:
            return None
        uid = items.get(b"UID")
        if not isinstance(uid, bytes) or not uid.isdigit() or len(uid) > 10:
            return None
        body = items[b"BODYSTRUCTURE"]
        if not isinstance(body, list):
            raise StructureError("the server knows no structure of it")
        return StructureAnswer(int(uid), read_parts(body))
    except StructureError as error:
        found = _ANY_UID.search(response[0]) or _ANY_UID.search(response[-1])
        return StructureAnswer(int(found[1]), None, str(error), b"".join(response)) if found else None


def _items(values: list[_Value]) -> dict[bytes, _Value]:
    """Return the items of an answer by name; Domino puts some of them in parentheses of their own."""
    items: dict[bytes, _Value] = {}
    at = 0
    while at < len(values):
        name = values[at]
        if isinstance(name, bytes) and at + 1 < len(values):
            items[name.upper()] = values[at + 1]
            at += 1
        at += 1
    return items


def _malformed() -> StructureError:
    return StructureError("the server's answer about its structure is malformed")


_CLOSE: Final = b")"


def _read_values(response: Response, start: int) -> list[_Value]:
    """Return the values within the outermost parentheses, which begin at `start` of the first line."""
    outer: list[_Value] = []
    levels = [outer]
    for count, value in enumerate(_words(response, start), 1):
        if count > _MOST_VALUES:
            raise StructureError("the server's answer about its structure is too large")
        if value is _OPEN:
            # Two levels above that of the parts: the answer's own, and that of a list of parameters.
            if len(levels) > DEEPEST + 2:
                raise StructureError("its parts lie within each other without end")
            inner: list[_Value] = []
            levels[-1].append(inner)
            levels.append(inner)
        elif value is _CLOSED:
            levels.pop()
            if len(levels) == 1:
                break
        elif not isinstance(value, _Mark):
            levels[-1].append(value)
    if len(levels) > 1 or not outer or not isinstance(outer[0], list):
        raise _malformed()
    return outer[0]


class _Mark:
    """A parenthesis, so that no string is taken for one."""


_OPEN, _CLOSED = _Mark(), _Mark()


def _words(response: Response, start: int) -> Iterator[bytes | _Mark | None]:
    """Yield strings, numbers, NIL (None) and parentheses; what a literal holds is a string."""
    for number in range(0, len(response), 2):
        line, at = response[number], start if number == 0 else 0
        while at < len(line):
            word = _WORD.match(line, at)
            if word is None:
                raise _malformed()
            at = word.end()
            parenthesis, quoted, literal, atom = word.groups()
            if parenthesis:
                yield _CLOSED if parenthesis == _CLOSE else _OPEN
            elif quoted is not None:
                yield _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted
            elif literal:
                if number + 1 >= len(response):
                    raise _malformed()
                yield response[number + 1]
            elif atom is not None:
                yield None if atom.upper() == b"NIL" else atom


def read_parts(body: list[_Value]) -> tuple[MessagePart, ...]:
    """
    Return the parts of a body that are no multiparts, in their order.

    Servers differ in what they send behind the fields that every part has;
    the disposition is recognised by its form.

    Raises:
        StructureError: A part is no list, or there are too many of them.
    """
    found: list[MessagePart] = []
    # (body, its section, is it the whole content of a message): the next one last.
    waiting: list[tuple[list[_Value], str, bool]] = [(body, "", True)]
    while waiting:
        part, section, is_whole = waiting.pop()
        if _is_multipart(part):
            inner = [one for one in part if isinstance(one, list)][: _leading_lists(part)]
            prefix = f"{section}." if section else ""
            waiting += [(one, f"{prefix}{number}", False) for number, one in reversed([*enumerate(inner, 1)])]
        else:
            # RFC 9051, 6.4.5: the text of a message that is no multipart is its part 1.
            place = (f"{section}.1" if section else "1") if is_whole else section
            leaf, nested = _read_leaf(part, place)
            if leaf is not None:
                found.append(leaf)
            if nested is not None:
                waiting.append((nested, place, True))
        if len(found) + len(waiting) > MOST_PARTS:
            raise StructureError(f"it has more than {MOST_PARTS:,} parts")
    return tuple(found)


def _is_multipart(part: list[_Value]) -> bool:
    return bool(part) and isinstance(part[0], list)


def _leading_lists(part: list[_Value]) -> int:
    return next((number for number, one in enumerate(part) if not isinstance(one, list)), len(part))


def _read_leaf(part: list[_Value], section: str) -> tuple[MessagePart | None, list[_Value] | None]:
    """Return the part, None for a multipart without parts, and the body of the message it holds."""
    if len(part) > 5 and isinstance(part[0], bytes) and isinstance(part[1], list) and not _names_multipart(part[0]):
        # Some servers leave out the subtype: the rest is where it is, one place on.
        part = [part[0], b"plain" if part[0].lower() == b"text" else b"octet-stream", *part[1:]]
    fields: list[_Value] = [*part[:7], *[None] * (7 - len(part))]
    kind, subtype, parameters, octets = fields[0], fields[1], fields[2], fields[6]
    if len(part) < 7 and _names_multipart(subtype if kind is None else kind):
        # `("MIXED" ("BOUNDARY" "x") NIL NIL)`, with NIL before it or not: nothing is in it.
        return None, None
    if not isinstance(kind, bytes) or not isinstance(subtype, bytes):
        raise _malformed()
    nested = None
    behind = part[7:]
    if kind.lower() == b"message" and len(behind) > 1 and isinstance(behind[1], list):
        # RFC 9051, 9: envelope, body, lines.
        nested, behind = behind[1], behind[2:]
    disposition, more = _find_disposition(behind)
    size = int(octets) if isinstance(octets, bytes) and octets.isdigit() and len(octets) < 19 else None
    leaf = make_part(section, (kind, subtype), _pairs(parameters), disposition, more, size)
    return leaf, nested if leaf.is_message else None


def _names_multipart(word: _Value) -> bool:
    return isinstance(word, bytes) and word.lower() in _MULTIPARTS


def _find_disposition(behind: list[_Value]) -> tuple[bytes, Parameters]:
    for one in behind:
        if isinstance(one, list) and len(one) == 2:
            word, parameters = one
            if isinstance(word, bytes) and not isinstance(parameters, bytes):
                return word, _pairs(parameters)
    return b"", ()


def _pairs(parameters: _Value) -> Parameters:
    if not isinstance(parameters, list):
        return ()
    return [
        (name, value or b"")
        for name, value in zip(parameters[::2], parameters[1::2], strict=False)
        if isinstance(name, bytes) and isinstance(value, bytes | None)
    ]
