"""
Sets of UIDs as sorted, disjoint ranges: `((1, 4711), (4713, 9000))`.

A mailbox of a million messages is a handful of ranges, not a million
numbers. The text form is IMAP's sequence-set (RFC 9051, 9: sequence-set).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Ranges = tuple[tuple[int, int], ...]


def parse_ranges(text: str) -> Ranges:
    """
    Read a sequence-set without `*`; either order within a range (RFC 9051: "2:4 and 4:2 are equivalent").

    Raises:
        ValueError: A part is no number or range.
    """
    pairs = []
    for part in text.split(","):
        if part:
            first, _, last = part.partition(":")
            low, high = int(first), int(last or first)
            pairs.append((min(low, high), max(low, high)))
    return join_ranges(pairs)


def format_ranges(ranges: Ranges) -> str:
    """Write a sequence-set; empty for no ranges."""
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges)


def join_ranges(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Sort and join ranges that touch or overlap."""
    joined: list[tuple[int, int]] = []
    for pair in sorted(pairs):
        low, high = pair
        if joined and low <= joined[-1][1] + 1:
            if high > joined[-1][1]:
                joined[-1] = (joined[-1][0], high)
        else:
            # The pair itself: of millions, twins would double the memory.
            joined.append(pair)
    return tuple(joined)


def ranges_of(uids: Iterable[int]) -> Ranges:
    """Return the ranges that hold exactly these UIDs."""
    ranges: list[tuple[int, int]] = []
    low = high = -1
    for uid in sorted(uids):
        if uid - high > 1 or high < 0:
            if high >= 0:
                ranges.append((low, high))
            low = uid
        high = uid
    if high >= 0:
        ranges.append((low, high))
    return tuple(ranges)


def uids_of(ranges: Ranges) -> Iterator[int]:
    """Yield every UID of the ranges, in their order."""
    for low, high in ranges:
        yield from range(low, high + 1)


def subtract(ranges: Ranges, other: Ranges) -> Ranges:
    """Return what is in `ranges` and not in `other`."""
    left: list[tuple[int, int]] = []
    position = 0
    for pair in ranges:
        low, high = pair
        while position < len(other) and other[position][1] < low:
            position += 1
        scan = position
        while scan < len(other) and other[scan][0] <= high:
            if other[scan][0] > low:
                left.append((low, other[scan][0] - 1))
            low = max(low, other[scan][1] + 1)
            scan += 1
        if low <= high:
            left.append(pair if low == pair[0] else (low, high))
    return tuple(left)


def intersect(ranges: Ranges, other: Ranges) -> Ranges:
    """Return what is in both."""
    return subtract(ranges, subtract(ranges, other))


def count(ranges: Ranges) -> int:
    """Return how many UIDs the ranges hold."""
    return sum(high - low + 1 for low, high in ranges)


def contains(ranges: Ranges, uid: int) -> bool:
    """Tell whether a UID is in the ranges."""
    position = bisect_right(ranges, (uid, 1 << 63))
    return position > 0 and uid <= ranges[position - 1][1]


def newest_first(ranges: Ranges, size: int, max_text: int = 900) -> Iterator[Ranges]:
    """
    Cut ranges into pieces of at most `size` UIDs, highest UIDs first.

    Args:
        ranges: What is wanted.

        size: UIDs a piece at most.

        max_text: Characters a piece's text may have at most; servers accept
            command lines of 1,000 characters (RFC 9051, 4 asks 8,192 of them,
            older ones know less).
    """
    piece: list[tuple[int, int]] = []
    held = length = 0
    for low, high in reversed(ranges):
        while high >= low:
            start = max(low, high - (size - held) + 1)
            text = len(str(start)) + len(str(high)) + 2
            if piece and (held >= size or length + text > max_text):
                yield tuple(reversed(piece))
                piece, held, length = [], 0, 0
                continue
            piece.append((start, high))
            held += high - start + 1
            length += text
            high = start - 1
            if held >= size:
                yield tuple(reversed(piece))
                piece, held, length = [], 0, 0
    if piece:
        yield tuple(reversed(piece))
