"""The count check finds what a parser lost."""

import pytest

from scanner.addresses import find_silent_misses, parse_address_list


@pytest.mark.parametrize(
    "field",
    [
        "anna@x.example, bob@y.example",
        "Anna <anna@x.example>; bob@y.example (Bob)",
        b"J\xf6rg <joerg@x.example>, bob@y.example",
        "mailto:anna@x.example?subject=a@b, bob@y.example",
    ],
)
def test_a_lost_entry_is_noticed(field: bytes | str) -> None:
    """Without its last entry, every field has an @ that is in no entry."""
    entries = parse_address_list(field)

    assert find_silent_misses(field, entries) is None
    assert find_silent_misses(field, entries[:-1]) == "missed_address"


@pytest.mark.parametrize(
    "field",
    [
        '"bob@y.example" <anna@x.example>',
        "Anna (was bob@y.example (until May)) <anna@x.example>",
        "=?utf-8?Q?bob@y.example?= <anna@x.example>",
        "undisclosed-recipients:;",
        "All Staff, anna @ x.example",
        "",
    ],
)
def test_what_is_only_shown_is_not_missed(field: str) -> None:
    """An @ in quotes, comments and encoded words names no recipient."""
    assert find_silent_misses(field, parse_address_list(field)) is None


def test_an_unclosed_quote_hides_nothing_from_the_check() -> None:
    """A quote that is never closed is no quote."""
    assert find_silent_misses('"Anna <anna@x.example>', []) == "missed_address"
