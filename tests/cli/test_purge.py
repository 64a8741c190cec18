"""`blindcopy purge` on a real store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small_store import GUESTS, small_store

SECRET = "her-illness-is-nobodys-business"


@pytest.fixture
def shop(blindcopy: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Return the commands in a folder with a small store."""
    small_store(tmp_path)
    return blindcopy


def key_of(shop: Callable[..., Any]) -> str:
    """Return the key of the one incident."""
    return str(json.loads(shop("queue", "--json").out)["incidents"][0]["id"])


def test_what_an_entry_says_is_erased_and_the_chain_holds(shop: Callable[..., Any], tmp_path: Path) -> None:
    """First it is shown; then the text is nowhere in the store, and who erased it and why is an entry."""
    shop("track", "channel", GUESTS[0], "--how", SECRET)

    shown = shop("purge", "1")
    before = (tmp_path / "blindcopy.db").read_bytes()
    done = shop("purge", "1", "--reason", "asked for it", "--by", "Dana", "--apply")

    assert (shown.code, done.code) == (0, 0)
    assert "1 entry, not erased yet." in shown.out
    assert "blindcopy purge 1 --reason WHY --apply" in shown.out
    assert done.out.endswith("Erased: 1 entry.\n")
    store = b"".join(path.read_bytes() for path in tmp_path.glob("blindcopy.db*"))
    assert SECRET.encode() in before
    assert SECRET.encode() not in store
    log = shop("decide", "--log").out
    assert "(erased)" in log
    assert "erase, by Dana" in log
    assert "erases: 1" in log
    assert "1 of them erased; the chain holds" in " ".join(shop("verify").out.split())


def test_an_incident_without_its_decision_is_open_again(shop: Callable[..., Any]) -> None:
    """It is said before."""
    key = key_of(shop)
    shop("decide", key, "dismiss", "--reason", SECRET)

    shown = json.loads(shop("purge", "--before", "2100-01-01", "--json").out)
    done = shop("purge", "--before", "2100-01-01", "--reason", "three years", "--apply")

    assert (shown["entries"], shown["reopened"], shown["erased"]) == ([1], [key], False)
    assert f"{key} is open again." in done.out
    assert "the decision has been erased" in shop("show", key).out
    assert "There is nothing to erase." in shop("purge", "--before", "2100-01-01").out


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ((), "NUMBER"),
        (("9",), "9"),
        (("1", "--apply"), "--reason"),
        (("--before", "soon"), "--before"),
        (("1", "--by", "\n", "--reason", "x", "--apply"), "--by"),
    ],
)
def test_a_slip_is_one_line(words: tuple[str, ...], where: str, shop: Callable[..., Any]) -> None:
    """And nothing is erased."""
    shop("track", "flags", GUESTS[0], "child")

    ended = shop("purge", *words)

    assert ended.code == 2
    assert ended.err.startswith(f"blindcopy: {where}: ")
    assert "(erased)" not in shop("decide", "--log").out


def test_a_signature_is_not_erased(shop: Callable[..., Any], tmp_path: Path) -> None:
    """It names nobody but who signed, and without it a decision would no longer count."""
    settings = tmp_path / "blindcopy.toml"
    settings.write_text(settings.read_text() + "[review]\nsign_off = true\n")
    key = key_of(shop)
    shop("decide", key, "dismiss", "--reason", "x", "--by", "Dana")
    shop("decide", key, "sign", "--by", "Sam")

    refused = shop("purge", "2", "--reason", "x", "--apply")
    by_day = json.loads(shop("purge", "--before", "2100-01-01", "--json").out)

    assert refused.code == 2
    assert "holds nothing about anybody" in refused.err
    assert by_day["entries"] == [1]
