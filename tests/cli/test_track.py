"""`blindcopy track` on a real store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small_store import GUESTS, small_store


@pytest.fixture
def shop(blindcopy: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Return the commands in a folder with a small store."""
    small_store(tmp_path)
    return blindcopy


def test_what_is_noted_is_told_and_stands_in_the_answers(shop: Callable[..., Any]) -> None:
    """Of viewers with the incident, of people by any address of theirs."""
    key = json.loads(shop("queue", "--json").out)["incidents"][0]["id"]

    asked = shop("track", "requested", key, GUESTS[0], GUESTS[1], "--at", "2026-06-01 10:00")
    told = shop("track", "notified", GUESTS[0], "--how", "letter")

    shown = json.loads(shop("show", key, "--json").out)
    assert (asked.out, told.out) == ("Noted of 2 viewers: requested.\n", "Noted of 1 person: notified.\n")
    assert [one["requested_at"] for one in shown["deletions"]] == ["2026-06-01T10:00:00Z"] * 2


def test_what_was_understood_of_flags_is_told(shop: Callable[..., Any]) -> None:
    """Words of either language, one behind another."""
    assert shop("track", "flags", GUESTS[0], "nicht", "anschreiben", "Kind").out.endswith(
        ": flags do-not-contact, child.\n"
    )
    assert shop("track", "flags", GUESTS[0], "none").out.endswith(": flags none.\n")


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("requested", "abc"), "requested"),
        (("flags", GUESTS[0]), "flags"),
        (("channel", GUESTS[0]), "--how"),
        (("notified", GUESTS[0]), "--how"),
        (("flags", GUESTS[0], "donotcontakt"), "donotcontakt"),
        (("channel", GUESTS[0], "--at", "2026-01-01", "--how", "x"), "--at"),
        (("notified", GUESTS[0], "--everybody"), "--everybody"),
        (("requested", "abc", GUESTS[0], "--everybody"), "--everybody"),
        (("notified",), "notified"),
    ],
)
def test_a_slip_is_one_line(words: tuple[str, ...], where: str, shop: Callable[..., Any]) -> None:
    """It names what is wrong, and nothing is written."""
    ended = shop("track", *words)

    assert ended.code == 2
    assert ended.err.startswith(f"blindcopy: {where}:")
    assert len(ended.err.splitlines()) == 1
