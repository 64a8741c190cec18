"""One key for all spellings of an address, and only for those."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.addresses import address_key
from scanner.addresses.key import host_key, split_key

ADDRESS = st.one_of(
    st.text(max_size=30),
    st.builds("{}@{}".format, st.text(max_size=12), st.text(max_size=12)),
    st.builds(
        '"{}"@{}'.format,
        st.text('ab"\\\\ @.', max_size=6),
        st.sampled_from(["x.example", "X.Example.", "\u00fc.example"]),
    ),
)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Anna.Smith@Client.EXAMPLE", "anna.smith@client.example"),
        ("anna@client.example.", "anna@client.example"),
        ('"anna"@client.example', "anna@client.example"),
        ('"Anna Smith"@client.example', "anna smith@client.example"),
        ('"a@b"@client.example', "a@b@client.example"),
        ('"a\\\\b"@client.example', "a\\b@client.example"),
        ("anna@b\u00fccher.example", "anna@xn--bcher-kva.example"),
        ("anna@BU\u0308CHER.example", "anna@xn--bcher-kva.example"),
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("anna@client\u3002example", "anna@client.example"),
        ("JO\u0308RG@client.example", "j\u00f6rg@client.example"),
        ("anna@\U0001f449.example", "anna@xn--up8h.example"),
        ("anna@[IPv6:2001:DB8::1]", "anna@[ipv6:2001:db8::1]"),
    ],
)
def test_spellings_fold_to_one_key(written: str, key: str) -> None:
    """CONTRACTS: local part unquoted and lower-cased, host lower-cased as A-label, NFC."""
    assert address_key(written) == key


def test_a_quoted_and_a_bare_local_part_with_an_at_are_told_from_the_host() -> None:
    """The last @ divides a key, whatever the local part holds."""
    assert split_key(address_key('"a@evil.example"@client.example')) == ("a@evil.example", "client.example")


def test_quotes_stay_where_the_bare_text_would_be_read_differently() -> None:
    """Keys of different addresses differ."""
    keys = {
        address_key(written) for written in ('""@x.example', '" "@x.example', '"\\"a\\""@x.example', '"a"@x.example')
    }

    assert len(keys) == 4


@given(ADDRESS)
def test_a_key_is_its_own_key(written: str) -> None:
    """`address_key` is idempotent."""
    key = address_key(written)

    assert address_key(key) == key


@given(
    st.text(st.characters(exclude_categories=[]), max_size=20),
    st.text(st.characters(exclude_categories=[]), max_size=20),
)
def test_a_key_can_be_stored(local: str, host: str) -> None:
    """PostgreSQL takes UTF-8 without NUL; a key holds no control character and no lone surrogate."""
    key = address_key(f"{local}@{host}")

    assert key.encode("utf-8")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in key)


@given(st.text("abcXYZ.-_0\u00fc\u00df\u0130", min_size=1, max_size=10))
def test_case_never_makes_a_second_key(host: str) -> None:
    """Host names do not know case (RFC 1035, 2.3.3)."""
    assert host_key(host_key(host)) == host_key(host)
    assert host_key(host.lower()) == host_key(host)


def test_a_host_that_idna_refuses_has_one_key_in_both_spellings() -> None:
    """The U-label and the A-label of a registered emoji name meet."""
    assert address_key("anna@\U0001f48c.example") == address_key("anna@xn--rr8h.example")


def test_a_huge_host_costs_no_more_than_its_length() -> None:
    """Labels beyond 63 characters are no host names and go past IDNA."""
    key = address_key("anna@" + "\u00fc" * 100_000 + ".example")

    assert key.endswith(".example")
