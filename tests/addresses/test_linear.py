"""
No input is slower than linear: what reads header fields takes steps in proportion to their length.

Steps are lines of Python, which have no noise. What regular expressions do
between two lines is not seen here; the fuzzer reads against the clock for
that (`make fuzz`), and the patterns say why they are linear.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from scanner.addresses import address_key, decode_text, find_silent_misses, parse_fully
from scanner.crawl.date import read_date
from scanner.crawl.fields import split_fields

# Repeated without end, each was worth a thought; the first three once took the square of their length.
_PIECES = """
    <> |a<>|(c)<> |<|>|(|)|"|[|]|@|:|,|;|\\|.|a |a.|a@|a@b |a@b . |<a@b>|<@|<@a:|@[|[a@|@(c)[|a@b (c) |Smith, |"a" |"a"
    "@, "|"a@b, "|"a@b, "c|(\\"|\\"|(\\(|()|((|Team:|a:b@c;|:;|=?a?q?x?= |=?a?q?x?=|=?a?q?x|=?|=?utf-8?b?w4k=?= |?=
    a%40b|%40.|&lt;a@b&gt;|&lt;|mailto:|mailto:a@b |x@y/z@|a@b/|/o=a|A B/C@D, |''|'a@b' |<a b|<a "b"|anna at x
    =?a?q?a@b.c?=|"a@b.c" |(a@b.c) |&
"""
PIECES = [piece for line in _PIECES.strip("\n").splitlines() for piece in line.removeprefix("    ").split("|")]
PIECES += [
    "a@b\uff0c",
    "\uff1ca@b\uff1e",
    "\uff1c",
    "\uff20",
    "\u0315\u0300",
    "\udcf6",
    "\u00fc",
    "\u2003",
    "\x00",
    "\t",
]
PIECES += ["\x1b$B", "\x1b$B%(\x1b(B"]
PIECES += ["\n", "\r\n ", "\r", "a\n", "a@b\n", "\r\n"]


def _count_lines(call: Callable[[], object]) -> int:
    count = 0

    def on_event(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return on_event

    before = sys.gettrace()
    sys.settrace(on_event)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def _read_all(text: str) -> None:
    find_silent_misses(text, parse_fully(text))
    decode_text(text)
    address_key(text)
    read_date(text)
    split_fields(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("end", ["anna@x.example", ' "a" <b@c.example>', "\\"])
@pytest.mark.parametrize("piece", PIECES)
def test_steps_grow_with_the_length(piece: str, end: str) -> None:
    """Four times the text takes at most five times the steps."""
    once = _count_lines(lambda: _read_all(piece * 60 + end))
    fourfold = _count_lines(lambda: _read_all(piece * 240 + end))

    assert fourfold <= 5 * once


@pytest.mark.parametrize(
    "field",
    [
        "=?utf-8?q?a?= " * 100_000,
        "=?utf-8?q?a" * 100_000,
        "=?" * 100_000,
        "<>" * 50_000 + "anna@x.example",
        "a@b." + "\u0315\u0300" * 50_000,
        "anna%40" + "." * 100_000 + "/",
        "Bob (a@" + "." * 100_000 + " )",
        "=?punycode:?q?" + "a" * 100_000 + "?= <anna@x.example>",
        "\x1b$B" * 50_000,
        "(" + "\\(" * 50_000,
    ],
    ids=[
        "words",
        "unclosed-words",
        "openings",
        "brackets",
        "marks",
        "percent",
        "comment",
        "punycode",
        "escapes",
        "pairs",
    ],
)
def test_a_field_of_many_thousand_pieces_is_read(field: str) -> None:
    """Fields that were written to be slow come to an end: with the square of their length, the suite would hang."""
    entries = parse_fully(field)

    assert find_silent_misses(field, entries) in (None, "missed_address")
    assert "\n" not in decode_text(field)
