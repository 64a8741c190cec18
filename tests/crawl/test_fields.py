"""A header block is cut into its fields; the short way and the careful way say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.fields import FIELD_NAMES, HEADER_FIELDS, _split_carefully, split_fields
from tests.crawl.bodies import bodies_of

_LINES = st.lists(
    st.sampled_from(
        [*HEADER_FIELDS.split(), "message-id", "Message-Id", "CC", "X-Other", " folded", "\tfolded", "junk"]
    )
    | st.text("TCcomz:@ \t\r\n", max_size=6),
    max_size=8,
)
_SEPARATORS = st.sampled_from([": ", ":", " :", ""])
_BODIES = st.text('ab@,;<>": \t', max_size=12) | st.sampled_from(
    ["a\r\n b", "a\r\n\tb", "a\n b", "a\r b", "a\r\n\r\n b"]
)
_ENDS = st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r", ""])


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """Return a header block, mostly a plain one, sometimes torn anywhere."""
    lines = [line + draw(_SEPARATORS) + draw(_BODIES) + draw(_ENDS) for line in draw(_LINES)]
    return ("".join(lines) + draw(st.sampled_from(["\r\n", "", "\r\n\r\n"]))).encode("latin-1")


@given(blocks())
def test_the_short_way_says_what_the_careful_way_says(block: bytes) -> None:
    """RFC 5322, 2.2 and 2.2.3; no field, repetition or stray line is lost by being quick."""
    quick, careful = split_fields(block), _split_carefully(block.decode("ascii", "surrogateescape"))

    for name in FIELD_NAMES:
        assert [body.strip() for body in bodies_of(quick, name)] == [body.strip() for body in bodies_of(careful, name)]
    assert quick.is_stray == careful.is_stray


@pytest.mark.parametrize("name", HEADER_FIELDS.split())
def test_every_field_has_its_place(name: str) -> None:
    """Whatever the order in the block; a second one of the same name is kept behind the first."""
    others = [f"{other}: of {other}\r\n" for other in HEADER_FIELDS.split()]
    block = ("".join(reversed(others)) + f"{name}: again\r\n\r\n").encode()

    fields = split_fields(block)

    assert bodies_of(fields, name.lower()) == (f" of {name}", " again")
    assert fields.bodies == tuple(f" of {other}" for other in HEADER_FIELDS.split())


def test_a_block_without_fields_has_none() -> None:
    """Nothing is made up."""
    for block in (b"", b"\r\n", b"\r\n\r\n"):
        assert split_fields(block) == ((None,) * len(FIELD_NAMES), {}, False)
