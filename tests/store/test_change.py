"""What is told of an incident between two analyses."""

import pytest

from scanner.model import IncidentKey
from scanner.store.change import Stood, find_changes

A, B, C = (IncidentKey(letter * 12) for letter in "abc")


def stood(*messages: int, queued: bool = True, addresses: int = 5) -> Stood:
    """Return an incident of these messages."""
    return Stood(queued, messages, addresses)


@pytest.mark.parametrize(
    ("former", "now", "told"),
    [
        ({}, {A: stood(1)}, [(A, "new", "1 message")]),
        ({A: stood(1)}, {A: stood(1)}, []),
        ({A: stood(1)}, {A: stood(1, 2)}, [(A, "grown", "1 → 2 messages")]),
        ({A: stood(1)}, {A: stood(1, addresses=7)}, [(A, "grown", "5 → 7 addresses")]),
        ({A: stood(1)}, {}, [(A, "gone", "1 message")]),
        ({A: stood(1)}, {A: stood(1, queued=False)}, [(A, "gone", "1 message")]),
        ({A: stood(1, queued=False)}, {A: stood(1, 2)}, [(A, "new", "2 messages")]),
        # A mail between two of them was found.
        ({A: stood(1), B: stood(3)}, {A: stood(1, 2, 3)}, [(A, "grown", "1 → 3 messages"), (B, "merged", f"into {A}")]),
        # A mail before the first was found: the key is another one, the incident is not new.
        ({B: stood(3)}, {A: stood(1, 3)}, [(A, "grown", f"from {B}"), (B, "merged", f"into {A}")]),
        ({A: stood(1, 2)}, {A: stood(1), B: stood(2)}, [(B, "split", f"from {A}")]),
        # Its first message is gone from among our mail, and the rest has fallen apart.
        ({A: stood(1, 2, 3)}, {B: stood(2), C: stood(3)}, [(A, "gone", "3 messages"), (B, "split", f"from {A}"), (C, "split", f"from {A}")]),  # noqa: E501
        ({A: stood(1, 2, 3)}, {B: stood(3), C: stood(1, 2)}, [(A, "merged", f"into {C}"), (B, "split", f"from {A}")]),
        ({A: stood(1, queued=False)}, {A: stood(1, queued=False)}, []),
    ],
)  # fmt: skip
def test_every_change_has_its_word(
    former: dict[IncidentKey, Stood], now: dict[IncidentKey, Stood], told: list[tuple[str, str, str]]
) -> None:
    """New, grown, merged, split and gone, each with the figures or the other incident's key."""
    assert list(find_changes(former, now, lambda _: True)) == told


def test_what_other_settings_queue_is_not_new() -> None:
    """It has entered the queue without new mail."""
    assert list(find_changes({}, {A: stood(1)}, lambda _: False)) == [(A, "entered", "1 message")]
