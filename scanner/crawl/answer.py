"""One FETCH answer: a regular expression for the expected shape, imapclient's parser for the rest, then a gap."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from imapclient.exceptions import ProtocolError as ImapclientProtocolError
from imapclient.response_parser import parse_fetch_response

from scanner.crawl.response import Response

# The items in whatever order a server gives them; the groups keep what their last turn matched.
_ITEM = (
    rb"UID (?P<uid{n}>\d{1,10})|INTERNALDATE \"(?P<date{n}>[^\"]*)\"|RFC822\.SIZE (?P<size{n}>\d{1,18})"
    rb"|FLAGS \((?P<flags{n}>[^()]*)\)|MODSEQ \(\d+\)"
)


def _items(n: int) -> bytes:
    return rb"(?:(?:" + _ITEM.replace(b"{n}", b"%d" % n) + rb") ?)*"


_BEFORE = re.compile(
    rb"\d+ FETCH \(" + _items(1) + rb"BODY\[HEADER\.FIELDS \([^\]\r\n]*\)\] \{\d+\+?\}\r?\n\Z", re.IGNORECASE
)
# The same in the order of the question, as most servers give it: it costs a quarter of any order's.
_AS_ASKED = re.compile(
    rb"\d+ FETCH \(UID (\d{1,10}) INTERNALDATE \"([^\"]*)\" RFC822\.SIZE (\d{1,18}) FLAGS \(([^()]*)\) (?=BODY\[)"
)
_ECHO = re.compile(rb"BODY\[HEADER\.FIELDS \([^\]\r\n]*\)\] \{\Z")
_AFTER = re.compile(rb" ?" + _items(2) + rb"\)\r?\n\Z", re.IGNORECASE)
_IS_FETCH = re.compile(rb"\d+ FETCH ", re.IGNORECASE)
_ANY_UID = re.compile(rb"[ (]UID (\d{1,10})(?!\d)", re.IGNORECASE)
_LITERAL_PLUS = re.compile(rb"\+\}\Z")
_QUOTED_DATE = re.compile(rb'INTERNALDATE "([^"]*)"', re.IGNORECASE)
_LITERAL_DATE = re.compile(rb"INTERNALDATE +\{\d+\+?\}\r?\n\Z", re.IGNORECASE)

_SLOW_LIMIT = 1024 * 1024
"""Bytes outside literals that imapclient's parser is given: it takes a microsecond a byte, and lines may be long."""

_MAX_SIZE = 1 << 62

_NEXT_ANSWER = re.compile(rb"\)\r\n\* \d{1,10} FETCH \(", re.IGNORECASE)


class FetchAnswer(NamedTuple):
    """What one FETCH answer says of one message; None = it did not say."""

    uid: int
    internal_date: bytes | None
    size: int | None
    flags: bytes | None
    header: bytes | None


@dataclass(frozen=True, slots=True)
class UnreadableAnswer:
    """An answer that neither parser understands; `uid` is None when it names no message."""

    uid: int | None
    raw: bytes


def read_answer(response: Response) -> FetchAnswer | UnreadableAnswer | None:
    """
    Read one untagged response; None when it is no FETCH answer, or one without UID that only tells flags.

    Servers send flag changes of other sessions at any time (RFC 9051, 7.5.2);
    these are not answers to our question.
    """
    if len(response) == 3 and response[2] == b")\r\n" and b")\r\n* " not in response[1]:
        line = response[0]
        usual = _AS_ASKED.match(line)
        # The server repeats the names of all fields with every message, the same each time.
        if usual and _is_echo(line[usual.end() : line.rfind(b"{") + 1]):
            uid, date, size, flags = usual.groups()
            return FetchAnswer(int(uid), date, int(size), flags, response[1])
    if len(response) >= 3 and _holds_another(response):
        found = _ANY_UID.search(response[0])
        return UnreadableAnswer(int(found[1]) if found else None, b"".join(response))
    if len(response) == 3 and (answer := _read_any_order(response)):
        return answer
    return _read_slowly(response)


@lru_cache(maxsize=64)
def _is_echo(text: bytes) -> bool:
    return _ECHO.match(text) is not None


def _holds_another(response: Response) -> bool:
    """
    Tell whether a literal shorter than announced has swallowed the beginning of the next answer.

    imapclient's parser takes such a response, and its header would be
    half of one message and half protocol.
    """
    # BODY[ is asked for once; between two literals it stands a second time only when it is another message's.
    return sum(text.upper().count(b"BODY[") for text in response[::2]) > 1 or any(
        _NEXT_ANSWER.search(literal) for literal in response[1::2]
    )


def _read_any_order(response: Response) -> FetchAnswer | None:
    before = _BEFORE.match(response[0])
    after = _AFTER.match(response[2])
    if not before or not after:
        return None
    uid, date = before["uid1"] or after["uid2"], before["date1"] or after["date2"]
    size, flags = before["size1"] or after["size2"], before["flags1"]
    if flags is None:
        flags = after["flags2"]
    return FetchAnswer(int(uid), date, int(size) if size else None, flags, response[1]) if uid else None


def read_items(response: Response) -> Mapping[bytes, Any] | None:
    """Return the items of one FETCH answer as imapclient reads them; None for another answer, or a malformed one."""
    if not _IS_FETCH.match(response[0]):
        return None
    try:
        if sum(map(len, response[::2])) > _SLOW_LIMIT:
            raise ValueError("too long")
        parsed = parse_fetch_response(_for_imapclient(response), normalise_times=False, uid_is_key=False)
        items: Mapping[bytes, Any] = next(iter(parsed.values()))
    # imapclient's parser meets garbage with bare errors of these kinds (seen with 4.1.0).
    except (
        ImapclientProtocolError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        OverflowError,
        AttributeError,
        StopIteration,
        RecursionError,
    ):
        return None
    return items


def _read_slowly(response: Response) -> FetchAnswer | UnreadableAnswer | None:
    if not _IS_FETCH.match(response[0]):
        return None
    items = read_items(response)
    if items is None:
        found = _ANY_UID.search(response[0]) or _ANY_UID.search(response[-1])
        return UnreadableAnswer(int(found[1]) if found else None, b"".join(response))
    uid = items.get(b"UID")
    header = next((value for name, value in items.items() if name.startswith(b"BODY[HEADER.FIELDS")), None)
    if not isinstance(uid, int):
        return UnreadableAnswer(None, b"".join(response)) if header is not None else None
    size, flags = items.get(b"RFC822.SIZE"), items.get(b"FLAGS")
    return FetchAnswer(
        uid,
        _internal_date(response),
        size if isinstance(size, int) and 0 <= size < _MAX_SIZE else None,
        _flags(flags) if isinstance(flags, tuple) else None,
        header if isinstance(header, bytes) else None,
    )


def _internal_date(response: Response) -> bytes | None:
    """Return the date as written; imapclient reads it in the machine's zone where none is given."""
    for text, literal in zip(response[::2], (*response[1::2], b""), strict=True):
        if quoted := _QUOTED_DATE.search(text):
            return quoted[1]
        if _LITERAL_DATE.search(text):
            return literal
    return None


def _flags(flags: tuple[object, ...]) -> bytes:
    # imapclient makes a number of a keyword that consists of digits.
    return b" ".join(flag if isinstance(flag, bytes) else str(flag).encode("ascii") for flag in flags)


def _for_imapclient(response: Response) -> list[bytes | tuple[bytes, bytes]]:
    # imapclient reads what imaplib hands out: (text before a literal, literal) pairs, then text; no "FETCH".
    first = _IS_FETCH.sub(lambda match: match[0].split()[0] + b" ", response[0], count=1)
    texts = [first, *response[2::2]]
    pairs: list[bytes | tuple[bytes, bytes]] = [
        (_LITERAL_PLUS.sub(b"}", text.rstrip(b"\r\n")), literal)
        for text, literal in zip(texts, response[1::2], strict=False)
    ]
    return [*pairs, texts[-1].rstrip(b"\r\n")]
