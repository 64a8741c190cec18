"""What holds for every field: garbage, garbage of fragments, and valid lists that something happened to."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.addresses import address_key, find_silent_misses, parse_address_list
from tests.addresses.invariants import FRAGMENTS, check_field, check_text, field_of

_SEEDS = (Path(__file__).parents[2] / "fuzz" / "seeds.txt").read_text("ascii").splitlines()

GARBAGE = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)

LOCAL = st.sampled_from(["anna", "bob.jones", "c+tag", "o'neil", '"d e"', '"f,g"', "j\u00f6rg", "\u7528\u6237"])
HOST = st.sampled_from(["x.example", "Y.Example", "b\u00fccher.example", "[192.0.2.1]", "localhost", "a-b.c.example"])
NAME = st.sampled_from(
    ["", "Anna ", '"Smith, Anna" ', "=?utf-8?Q?J=C3=B6rg?= ", "J\u00f6rg ", '"a (b) <c>" ', "O. B. ", '"a\\"b" ']
)
MAILBOX = st.one_of(
    st.builds("{}@{}".format, LOCAL, HOST),
    st.builds("{}<{}@{}>".format, NAME, LOCAL, HOST),
    st.builds("{}@{} (Anna)".format, LOCAL, HOST),
    st.builds("Team:{}@{};".format, LOCAL, HOST),
    st.builds("<@r.example:{}@{}>".format, LOCAL, HOST),
)
SEPARATOR = st.sampled_from([", ", ",", ",\r\n ", "; ", ",\r\n\t"])
# One byte, or a piece of syntax, more or less.
CHANGE = st.tuples(st.sampled_from(["delete", "double", "insert"]), st.integers(0, 400), st.sampled_from(FRAGMENTS))


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[str], str]:
    """Draw mailboxes and the valid list of them."""
    mailboxes = draw(st.lists(MAILBOX, min_size=1, max_size=5))
    return mailboxes, "".join(mailbox + draw(SEPARATOR) for mailbox in mailboxes)


@given(GARBAGE)
def test_garbage_of_fragments_keeps_every_promise(text: str) -> None:
    """An @ outside quotes and comments always yields an address or a recorded defect."""
    check_field(text)


@given(ANY_TEXT)
def test_any_text_keeps_every_promise(text: str) -> None:
    """A header field may hold anything; lone surrogates are read as U+FFFD."""
    check_field(text)
    check_text(text)


@given(lists(), st.lists(CHANGE, min_size=1, max_size=4))
def test_a_damaged_list_keeps_every_promise(made: tuple[list[str], str], changes: list[tuple[str, int, str]]) -> None:
    """One bad address never loses its neighbours, whatever happened to the list it came from."""
    text = made[1]
    for what, position, piece in changes:
        at = position % (len(text) + 1)
        new = {"delete": "", "double": text[at : at + 1] * 2, "insert": piece + text[at : at + 1]}[what]
        text = text[:at] + new + text[at + 1 :]

    check_field(text)


@given(lists())
def test_every_mailbox_of_a_valid_list_is_one_entry(made: tuple[list[str], str]) -> None:
    """RFC 5322, 3.4: an address list is mailboxes and groups with separators between."""
    mailboxes, text = made

    entries = parse_address_list(text)

    assert [entry.key for entry in entries] == [parse_address_list(mailbox)[0].key for mailbox in mailboxes]
    assert find_silent_misses(text, entries) is None


@given(lists(), st.integers(0, 4))
def test_a_lost_entry_raises_the_alarm(made: tuple[list[str], str], index: int) -> None:
    """The count check notices each entry that is not there, unless the same address stands beside it."""
    entries = parse_address_list(made[1])
    lost = entries[index % len(entries)]
    others = [entry for entry in entries if entry is not lost]
    # An @ in quotes, or of a quoted local part, is not counted.
    is_counted = '"' not in lost.addr_spec and all(entry.key != lost.key for entry in others)

    missed = find_silent_misses(made[1], others)

    assert missed == "missed_address" or not is_counted


@given(lists())
def test_what_was_read_and_written_reads_the_same(made: tuple[list[str], str]) -> None:
    """parse ∘ format ∘ parse is parse."""
    entries = parse_address_list(made[1])
    quoted = [entry.display_name.replace("\\", "\\\\").replace('"', '\\"') for entry in entries]

    again = parse_address_list(
        ", ".join(f'"{name}" <{entry.addr_spec}>' for name, entry in zip(quoted, entries, strict=True))
    )

    assert [(entry.key, entry.display_name) for entry in again] == [
        (entry.key, entry.display_name) for entry in entries
    ]


@settings(max_examples=300)
@given(st.one_of(GARBAGE, ANY_TEXT))
def test_a_key_that_was_read_reads_as_itself(text: str) -> None:
    """Each address found is an address by itself: written in brackets, it gives its key again."""
    for entry in parse_address_list(text):
        # With slashes it may be a Notes name, once no name stands in front.
        if entry.key is not None and entry.defect is None and "/" not in entry.addr_spec:
            assert [found.key for found in parse_address_list(f"<{entry.addr_spec}>")] == [entry.key]
            assert address_key(entry.addr_spec) == entry.key


@pytest.mark.parametrize("seed", _SEEDS, ids=[seed[:24] for seed in _SEEDS])
def test_what_the_fuzzer_found_keeps_every_promise(seed: str) -> None:
    """Each line of fuzz/seeds.txt is an input, in hexadecimal, that broke something or reaches far."""
    text = field_of(bytes.fromhex(seed))

    check_field(text)
    check_text(text)
