"""Header blocks in files: their end, and the fields that are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.fields import FIELD_NAMES, HEADER_FIELDS, split_fields
from scanner.crawl.source import block as block_module
from scanner.crawl.source.block import field_bodies, filter_block, read_header
from tests.crawl.bodies import bodies_of
from tests.crawl.source.mail import stream

_NAMES = st.sampled_from([*HEADER_FIELDS.split(), "Received", "X-Spam", "DKIM-Signature", "to", "CC", "Delivered-To"])
_BODIES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=30)


def test_the_kept_fields_stand_as_they_stood() -> None:
    """Order, folding, case, blanks before the colon and line ends of the fields that are asked for stay."""
    header = b"Received: x\r\n y\r\nTO : a@example.org,\r\n\tb@example.org\r\nX-A: 1\r\nsubject:Hi \r\n\r\n"

    assert filter_block(header) == b"TO : a@example.org,\r\n\tb@example.org\r\nsubject:Hi \r\n\r\n"


def test_a_list_that_lost_its_folding_keeps_its_recipients() -> None:
    """Lines that are no field stay with the field before them, and are noted as stray by the parser."""
    header = b"To: a@example.org,\nb@example.org\nReceived: x\nnot kept@example.org\n\n"

    kept = filter_block(header)

    assert kept == b"To: a@example.org,\nb@example.org\n\n"
    assert split_fields(kept).is_stray


def test_a_header_without_its_end_gets_none() -> None:
    """What the file does not hold is not made up."""
    assert filter_block(b"To: a@example.org\nX: y") == b"To: a@example.org\n"


@given(st.lists(st.tuples(_NAMES, _BODIES), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_the_parser_finds_the_same_in_the_kept_block(fields: list[tuple[str, str]], end: str) -> None:
    """CONTRACTS, Messages: the identity is made of fields that are asked for; leaving out the others changes none."""
    header = "".join(f"{name}: {body}{end}" for name, body in fields).encode("latin-1") + end.encode()

    before, after = split_fields(header), split_fields(filter_block(header))

    # The line end of a last field belongs to its body or not, according to what follows.
    for name in FIELD_NAMES:
        assert [body.strip() for body in bodies_of(after, name)] == [body.strip() for body in bodies_of(before, name)]


def test_reading_stops_behind_the_blank_line() -> None:
    """The body is not read as header, however it begins."""
    file = stream(b"To: a@example.org\r\n\r\nCc: b@example.org\r\n")

    header = read_header(file.readline)

    assert (header.block, header.is_ended) == (b"To: a@example.org\r\n\r\n", True)


def test_a_header_cut_by_the_end_of_the_file_says_so() -> None:
    """A list that ends there may have been longer."""
    header = read_header(stream(b"To: a@example.org,\n b@exam").readline)

    assert not header.is_ended


def test_an_endless_header_meets_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without line ends costs no more memory than the limit."""
    monkeypatch.setattr(block_module, "HEADER_LIMIT", 100_000)

    header = read_header(stream(b"To: " + b"a" * 1_000_000).readline)

    assert header.is_too_long
    assert len(header.block) < 200_000


def test_field_bodies_are_unfolded() -> None:
    """All fields of the name count, whatever their case."""
    assert field_bodies(b"X-A: 1\nx-a: 2\n\t3\nX-AB: 4\n\n", b"x-a") == [b"1", b"2 3"]
