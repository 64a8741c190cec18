"""What entries an address field of any shape holds."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.addresses import DEFECTS, address_key, find_silent_misses, parse_address_list, parse_fully
from scanner.model import ParsedAddress

_FACTS = [json.loads(line) for line in Path(__file__).with_name("fields.jsonl").read_text("ascii").splitlines()]

# Text in which everything that means something in a header field is frequent.
_SPECIALS = list('"(),:;<>@[]\\.')
_BLANKS = [" ", "\t", "\r\n ", "\n", "\x00", "\u200b"]
_WORDS = ["'", "anna", "x.example", "bob@y.example", "=?utf-8?Q?a=2C?=", "=?", "?=", "\udcf6", "\u00fc", "\uff20"]
_MARKS = ["mailto:", "Team:", "%40", "&lt;", "/o=x"]
PIECES = st.sampled_from(_SPECIALS + _BLANKS + _WORDS + _MARKS)
ODD_TEXT = st.lists(PIECES, max_size=30).map("".join)


def _shown(entry: ParsedAddress) -> dict[str, str]:
    parts = {"name": entry.display_name, "address": entry.addr_spec, "group": entry.group, "defect": entry.defect}
    return {part: text for part, text in parts.items() if text}


@pytest.mark.parametrize("fact", _FACTS, ids=[fact["fact"].replace(" ", "-") for fact in _FACTS])
def test_a_field_holds_its_entries(fact: dict[str, Any]) -> None:
    """Each line of fields.jsonl states a field and all that stands in it."""
    entries = parse_address_list(fact["field"])

    unresolved = [{"text": entry.addr_spec, "defect": entry.defect} for entry in entries if entry.key is None]
    assert [_shown(entry) for entry in entries if entry.key is not None] == fact["found"]
    assert unresolved == fact.get("unresolved", [])


@pytest.mark.parametrize("fact", _FACTS, ids=[fact["fact"].replace(" ", "-") for fact in _FACTS])
def test_bytes_and_text_of_a_field_mean_the_same(fact: dict[str, Any]) -> None:
    """Raw bytes stand in text as surrogate escapes."""
    text = fact["field"]

    assert parse_address_list(text.encode("utf-8", "surrogateescape")) == parse_address_list(text)


@pytest.mark.parametrize("fact", _FACTS, ids=[fact["fact"].replace(" ", "-") for fact in _FACTS])
def test_no_at_sign_of_a_known_field_is_missed(fact: dict[str, Any]) -> None:
    """The count check is silent where every address was read."""
    entries = parse_address_list(fact["field"])

    assert find_silent_misses(fact["field"], entries) is None


@given(ODD_TEXT)
def test_any_text_is_read(text: str) -> None:
    """The rule: What cannot be parsed is kept as it stands, counted and shown."""
    for entry in parse_address_list(text):
        assert entry.addr_spec
        assert entry.defect is None or entry.defect in DEFECTS
        assert entry.key is not None or entry.defect is not None
        for shown in (entry.addr_spec, entry.display_name, entry.key or "", entry.group or ""):
            assert shown.encode("utf-8").decode("utf-8") == shown
        assert "\x00" not in entry.addr_spec


@given(st.binary(max_size=200))
def test_any_bytes_are_read(raw: bytes) -> None:
    """A header field may hold any byte."""
    entries = parse_address_list(raw)

    assert all(entry.addr_spec for entry in entries)


# The same examples each time: about one odd text in 200,000 alarms the check although the parser read it, for
# instance with a "mailto:" right behind an @.
@settings(derandomize=True)
@given(ODD_TEXT)
def test_every_at_sign_is_accounted_for(text: str) -> None:
    """The rule: An @ outside quotes and comments always yields an address or a recorded defect."""
    entries = parse_address_list(text)

    assert find_silent_misses(text, entries) is None or any(entry.defect for entry in entries)


# Entries that leave nothing open: quotes, comments and brackets in balance.
_BALANCED = """
    |Anna|@|anna@|@x.example|a@b@c|"a, b"|(a, b)|<>|Team:;|x <a b@c.example>|=?utf-8?Q?a=2C_b?=|'|''|..|[]
    |a\\.b@x.example|mailto:|\x00|\udcf6@x.example|"a@b"|<https://x.example>|Fred Foo/HQ/Corp@Corp|anna@MISSING_DOMAIN
    |%40|a%40b.example
"""
BALANCED = st.one_of(
    st.sampled_from(_BALANCED.split("|")),
    st.text(st.characters(exclude_characters='"(),:;<>[]\\'), max_size=20),
)


@given(BALANCED)
def test_an_odd_entry_never_costs_its_neighbours(odd: str) -> None:
    """The rule: One bad address never loses its neighbours."""
    entries = parse_address_list(f"good1@example.org, {odd}, good2@example.org")

    keys = [entry.key for entry in entries]
    assert keys[0] == "good1@example.org"
    assert keys[-1] == "good2@example.org"


ATOM = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789!#$%&*+-/^_`{|}~", min_size=1, max_size=8)
LOCAL = st.one_of(
    st.lists(ATOM, min_size=1, max_size=3).map(".".join),
    # RFC 5322, 3.2.4: any printable character may stand in a quoted string.
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8).map(
        lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
)
HOST = st.lists(st.text("abcdefghijXYZ0189-", min_size=1, max_size=6), min_size=2, max_size=4).map(".".join)
NAME = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Zs"]), max_size=12)


@given(st.lists(st.tuples(NAME, LOCAL, HOST), min_size=1, max_size=6))
def test_what_was_formatted_is_read_back(people: list[tuple[str, str, str]]) -> None:
    """parse ∘ format is identity for mailboxes of RFC 5322, 3.4."""
    people = [(name.strip("'"), local, host) for name, local, host in people if "=?" not in name]
    quoted = [name.replace("\\", "\\\\").replace('"', '\\"') for name, _, _ in people]
    field = ",\r\n ".join(f'"{name}" <{local}@{host}>' for name, (_, local, host) in zip(quoted, people, strict=True))

    entries = parse_address_list(field)

    assert [(entry.display_name, entry.addr_spec) for entry in entries] == [
        (name, f"{local}@{host}") for name, local, host in people
    ]


def _count_lines(call: Callable[[], object]) -> int:
    """Count the lines of Python that a call runs: a clock without noise."""
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


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        "<",
        '"',
        "[",
        "@",
        ":",
        "a ",
        "a@",
        "a@b ",
        "<a@b>",
        "a@b (c) ",
        "Smith, ",
        '"@, "',
        '(\\"',
        "=?a?q?x?= ",
        "[a@",
    ],
)
def test_steps_grow_with_the_length(piece: str) -> None:
    """No input is slower than linear: four times the text takes about four times the steps."""
    piece = piece.replace("_", " ")

    once = _count_lines(lambda: parse_fully(piece * 100 + "anna@x.example"))
    fourfold = _count_lines(lambda: parse_fully(piece * 400 + "anna@x.example"))

    assert fourfold < 5 * once


def test_nesting_needs_no_stack() -> None:
    """Comments nest without limit (RFC 5322, 3.2.2) and are read without recursion."""
    field = "(" * 20_000 + ")" * 20_000 + "anna@x.example"

    assert [entry.key for entry in parse_address_list(field)] == ["anna@x.example"]


def test_a_large_list_is_complete() -> None:
    """Twenty thousand recipients with a comma in each name are twenty thousand."""
    field = ",\r\n ".join(f'"Person {number}, Test" <p{number}@d{number % 50}.example>' for number in range(20_000))

    keys = [entry.key for entry in parse_address_list(field)]

    assert keys == [f"p{number}@d{number % 50}.example" for number in range(20_000)]


@pytest.fixture(scope="module")
def shared_vectors(shared_data: Path) -> list[dict[str, Any]]:
    """Return the shared vectors that hold a field, not a generator of one."""
    lines = (shared_data / "address-vectors.jsonl").read_text("ascii").splitlines()
    return [record for record in map(json.loads, lines) if record.get("input") is not None]


def test_the_fast_path_agrees_on_all_shared_vectors(shared_vectors: list[dict[str, Any]]) -> None:
    """Whatever `parse_address_list` answers is what the full parser answers."""
    fields = [record["input"] for record in shared_vectors]

    assert [field for field in fields if parse_address_list(field) != parse_fully(field)] == []


def test_clear_vectors_give_their_addresses(shared_vectors: list[dict[str, Any]]) -> None:
    """All of tier A, compared by key: host folded, local part unquoted."""
    wrong = []

    for record in shared_vectors:
        if record["tier"] == "A":
            keys = {entry.key for entry in parse_address_list(record["input"]) if entry.key is not None}
            if keys != {address_key(entry["addr"]) for entry in record["expected"]}:
                wrong.append(record["id"])

    assert wrong == []


def test_the_count_check_is_silent_on_clear_vectors(shared_vectors: list[dict[str, Any]]) -> None:
    """A tier A field that is read in full leaves no @ unaccounted for."""
    fields = [record["input"] for record in shared_vectors if record["tier"] == "A"]

    assert [field for field in fields if find_silent_misses(field, parse_address_list(field))] == []


@pytest.mark.parametrize("before", ["", "bob@y.example, ", "Bob <bob@y.example>, ", "Team: "])
@pytest.mark.parametrize(
    "after", ["", ", Jo <jo@z.example>", ", jo@z.example", ', "Jo" <jo@z.example>', "; Jo <jo@z.example>"]
)
def test_an_encoded_address_is_a_recipient_wherever_it_stands(before: str, after: str) -> None:
    """What follows the comma makes no family name of an address."""
    others = before.count("@") + after.count("@")

    entries = parse_address_list(f"{before}=?utf-8?b?YW5uYUB4LmV4YW1wbGU=?={after}")

    assert len(entries) == others + 1
    assert [entry.defect for entry in entries if entry.key == "anna@x.example"] == ["encoded_address"]
