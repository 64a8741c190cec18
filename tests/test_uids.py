"""Sets of UIDs behave as sets, whatever their ranges look like."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.uids import (
    Ranges,
    contains,
    count,
    format_ranges,
    join_ranges,
    newest_first,
    parse_ranges,
    ranges_of,
    subtract,
    uids_of,
)

SETS = st.sets(st.integers(1, 60))
LARGE = st.sets(st.integers(1, (1 << 32) - 1), max_size=40)


def members(ranges: Ranges) -> set[int]:
    """Return every UID of the ranges."""
    return {uid for low, high in ranges for uid in range(low, high + 1)}


def is_normal(ranges: Ranges) -> bool:
    """Tell whether ranges are sorted, disjoint and do not touch."""
    return all(low <= high for low, high in ranges) and all(
        before[1] + 1 < after[0] for before, after in pairwise(ranges)
    )


@given(SETS)
def test_ranges_hold_exactly_the_uids(uids: set[int]) -> None:
    """Order and number of the UIDs do not matter; the ranges are the fewest that hold them."""
    ranges = ranges_of([*uids, *sorted(uids, reverse=True)])

    assert members(ranges) == uids
    assert is_normal(ranges)
    assert count(ranges) == len(uids)


@given(LARGE)
def test_the_uids_of_ranges_are_those_they_were_made_of(uids: set[int]) -> None:
    """Each once, the lowest first."""
    assert list(uids_of(ranges_of(uids))) == sorted(uids)


@given(SETS, SETS)
def test_subtract_is_the_difference_of_sets(left: set[int], right: set[int]) -> None:
    """What remains is in the first and not in the second."""
    rest = subtract(ranges_of(left), ranges_of(right))

    assert members(rest) == left - right
    assert is_normal(rest)


@given(SETS, SETS)
def test_join_is_the_union_of_sets(left: set[int], right: set[int]) -> None:
    """Ranges that touch or overlap become one."""
    joined = join_ranges([*ranges_of(left), *ranges_of(right)])

    assert members(joined) == left | right
    assert is_normal(joined)


@given(SETS, st.integers(0, 62))
def test_contains_is_membership(uids: set[int], uid: int) -> None:
    """The same answer as the set gives."""
    assert contains(ranges_of(uids), uid) == (uid in uids)


@given(LARGE)
def test_a_sequence_set_reads_back_as_it_was_written(uids: set[int]) -> None:
    """Also for UIDs above 2^31; parse_ranges ∘ format_ranges is identity."""
    ranges = ranges_of(uids)

    assert parse_ranges(format_ranges(ranges)) == ranges


def test_a_sequence_set_is_read_in_any_order() -> None:
    """RFC 9051, 9: "2:4 and 4:2 are equivalent"; parts may overlap and repeat."""
    assert parse_ranges("9,4:2,3:5,9,1") == ((1, 5), (9, 9))
    assert parse_ranges("") == ()


@pytest.mark.parametrize("text", ["1:*", "a", "1-2", ":", "1:2:3"])
def test_what_is_no_sequence_of_numbers_is_refused(text: str) -> None:
    """A stored cursor that cannot be read must not be taken for an empty one."""
    with pytest.raises(ValueError):
        parse_ranges(text)


@given(LARGE, st.integers(1, 50), st.integers(24, 200))
def test_pieces_are_small_and_newest_first(uids: set[int], size: int, max_text: int) -> None:
    """Together the pieces are the whole, each from higher UIDs than the next, none too many or too long to ask for."""
    ranges = ranges_of(uids)

    pieces = list(newest_first(ranges, size, max_text))

    assert join_ranges(pair for piece in pieces for pair in piece) == ranges
    assert all(is_normal(piece) and 0 < count(piece) <= size for piece in pieces)
    assert all(len(format_ranges(piece)) <= max_text for piece in pieces)
    assert all(later[-1][1] < piece[0][0] for piece, later in pairwise(pieces))


def test_few_pieces_are_made_of_a_dense_mailbox() -> None:
    """No piece but the last is smaller than it may be."""
    assert [count(piece) for piece in newest_first(((1, 4500),), 2000)] == [2000, 2000, 500]
    assert next(newest_first(((1, 1 << 32),), 2000)) == (((1 << 32) - 1999, 1 << 32),)
