"""Addresses are one person's only for a reason that the address gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.addresses import address_key, person_key


@pytest.mark.parametrize(
    ("written", "merged", "reasons"),
    [
        ("anna@x.example", "anna@x.example", ()),
        ("anna+news@x.example", "anna@x.example", ("plus-tag",)),
        ("+news@x.example", "+news@x.example", ()),
        ("anna.smith@x.example", "anna.smith@x.example", ()),
        ("anna.smith@gmail.com", "annasmith@gmail.com", ("dots at gmail",)),
        ("annasmith@googlemail.com", "annasmith@gmail.com", ("googlemail.com is gmail.com",)),
        ("a.s+t@googlemail.com", "as@gmail.com", ("plus-tag", "dots at gmail", "googlemail.com is gmail.com")),
        ("anna@mail.gmail.com.example", "anna@mail.gmail.com.example", ()),
        ("..@gmail.com", "..@gmail.com", ()),
    ],
)
def test_merging_follows_the_contract(written: str, merged: str, reasons: tuple[str, ...]) -> None:
    """CONTRACTS: plus-tags, dots at gmail, googlemail = gmail; never by name alone."""
    assert person_key(address_key(written)) == (merged, reasons)


@given(st.text('ab.+"@', min_size=1, max_size=8), st.sampled_from(["gmail.com", "googlemail.com", "x.example"]))
def test_a_merged_key_is_a_key_and_merges_to_itself(local: str, host: str) -> None:
    """Merging twice changes nothing."""
    merged, _ = person_key(address_key(f"{local}@{host}"))

    assert address_key(merged) == merged
    assert person_key(address_key(merged)) == (merged, ())


def test_a_plus_in_what_exchange_has_wrapped_is_no_tag() -> None:
    """It begins an octet: two people whose first letters agree would be one."""
    for written in ("IMCEASMTP-max+2Emiller+40web+2Ede@corp.example", "IMCEASMTP-max+2Ewebb+40web+2Ede@corp.example"):
        key = address_key(written)

        assert person_key(key) == (key, ())
