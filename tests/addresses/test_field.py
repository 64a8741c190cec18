"""The fast path reads what the full parser reads, and the memory of entries stays bounded."""

from hypothesis import given
from hypothesis import strategies as st

from scanner.addresses import parse_address_list, parse_fully
from scanner.addresses.field import EntryCache, read_plain_entry, read_plain_list, split_plain
from tests.addresses.test_parser import ODD_TEXT

ATEXT = "abcXYZ019!#$%&'*+-/=?^_`{|}~."
WORD = st.one_of(st.text(ATEXT, min_size=1, max_size=6), st.sampled_from(["=?utf-8?Q?Zo=C3=AB?=", "=?x?q?a?=", "=?"]))
PHRASE = st.lists(WORD, max_size=3).map(" ".join)
QUOTED = st.text([chr(code) for code in range(32, 127) if chr(code) not in '"\\'], max_size=10).map('"{}"'.format)
SPEC = st.builds("{}@{}".format, st.text(ATEXT, min_size=1, max_size=6), st.text("abC01-._", min_size=1, max_size=8))
GAP = st.sampled_from(["", " ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n "])
ENTRY = st.one_of(SPEC, st.builds("{}{}<{}>".format, st.one_of(PHRASE, QUOTED), GAP, SPEC))
FIELD = st.lists(st.builds("{}{}{}{}".format, GAP, ENTRY, GAP, st.sampled_from(",;")), max_size=6).map("".join)


@given(FIELD)
def test_plain_lists_mean_the_same_to_both_parsers(field: str) -> None:
    """The fast path's result is that of the full parser."""
    assert parse_address_list(field) == parse_fully(field)


@given(ODD_TEXT)
def test_odd_text_means_the_same_to_both_parsers(field: str) -> None:
    """A field is given to the full parser whenever the fast path is not sure."""
    assert parse_address_list(field) == parse_fully(field)


@given(st.lists(st.sampled_from([*"\"(),:;<>@[]\\. '=?a", "a@b.c", "=?u?q?", "?="]), max_size=25).map("".join))
def test_dense_specials_mean_the_same_to_both_parsers(field: str) -> None:
    """No arrangement of special characters looks plain and is not."""
    assert parse_address_list(field) == parse_fully(field)


def test_usual_mail_takes_the_fast_path() -> None:
    """Names, quoted names, encoded words, folds and semicolons are plain."""
    field = '"Smith, Anna" <anna@x.example>,\r\n Bob Jones <bob@y.example>; =?utf-8?Q?Zo=C3=AB?= <zoe@z.example>'

    assert split_plain(field) is not None


def test_an_equal_entry_is_the_same_object() -> None:
    """A recurring recipient is read once."""
    first = parse_address_list("Recurring Person <recurring@x.example>")[0]
    second = parse_address_list(b"bob@y.example, Recurring Person <recurring@x.example>")[1]

    assert second is first


def test_the_memory_of_entries_is_bounded() -> None:
    """Two generations are kept at most, whatever is read."""
    cache = EntryCache(lambda entry: entry, size=10)

    for number in range(1_000):
        cache.fill(f"p{number}@x.example")

    assert len(cache) <= 20
    assert cache.fill("p999@x.example") == read_plain_entry("p999@x.example")


def test_a_long_entry_is_read_and_not_remembered() -> None:
    """A name of any length costs memory only while its message is read."""
    cache = EntryCache(lambda entry: entry)
    text = f"{'Ada ' * 100}<ada@example.org>"

    entry = cache.fill(text)

    assert entry == read_plain_entry(text)
    assert len(cache) == 0


def test_a_mass_mailing_takes_nobody_elses_place() -> None:
    """A field of more entries than the memory has room for is read past it."""
    cache = EntryCache(lambda entry: entry, size=10)
    known = cache.fill("ada@x.example")
    field = ", ".join(["ada@x.example", *(f"p{number}@x.example" for number in range(50))])

    found = read_plain_list(field, cache)

    assert found is not None
    assert len(found) == 51
    assert found[0] is known
    assert len(cache) == 1
