"""`blindcopy look FILE` judges a known mail in one call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.shelf import guests, letter


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Return a file that shows six outsiders to each other."""
    path = tmp_path / "mail.eml"
    path.write_bytes(letter(1, guests(6), subject="Evening").header_block)
    return path


def test_a_mail_is_told_like_an_incident(blindcopy: Callable[..., Any], mail: Path) -> None:
    """Figures, reasons and what is not known, 80 columns wide; no store is needed and none is made."""
    ended = blindcopy("look", str(mail))

    text = " ".join(ended.out.split())
    assert ended.code == 0
    for words in (
        "What happened",
        "6 outsiders",
        "Exposed addresses",
        "Why it ranks here",
        "What is not known",
        "Not told:",
    ):
        assert words in text
    assert max(cell_len(line) for line in ended.out.splitlines() if "blindcopy" not in line) <= 80
    assert not list(mail.parent.glob("*.db*"))


def test_it_works_without_settings_and_says_what_that_means(blindcopy: Callable[..., Any], mail: Path) -> None:
    """Nobody counts as inside until --domain names own domains."""
    (mail.parent / "blindcopy.toml").unlink()

    alone, named = blindcopy("look", str(mail)), blindcopy("look", str(mail), "--domain", "corp.example")

    assert alone.code == named.code == 0
    assert "Nobody counts as inside" in alone.out
    assert "Inside is who belongs to corp.example" in named.out
    assert "--domain=corp.example" in named.out


def test_a_public_suffix_is_nobodys_own_domain(blindcopy: Callable[..., Any], mail: Path) -> None:
    """With co.uk inside, half a country would not be shown to anybody."""
    (mail.parent / "blindcopy.toml").unlink()

    ended = blindcopy("look", str(mail), "--domain", "co.uk")

    assert ended.code == 2
    assert "--domain: below co.uk many organisations have domains of their own" in ended.err


def test_names_are_shown_only_when_asked_for(blindcopy: Callable[..., Any], mail: Path) -> None:
    """As in `show`."""
    assert "guest3@" not in blindcopy("look", str(mail)).out
    assert "guest3@guests.example" in blindcopy("look", str(mail), "--people").out


def test_hostile_texts_do_not_reach_the_terminal(blindcopy: Callable[..., Any], tmp_path: Path) -> None:
    """Subject, names, sender and file name may hold anything."""
    path = tmp_path / "a\x1b[31m.eml"
    names = [f"=?utf-8?q?=1b]0;x=07=E2=80=AE{number}?= <g{number}@guests.example>" for number in range(6)]
    path.write_bytes(letter(1, names, subject="=?utf-8?q?=1b[2Jgone=E2=80=AE?=").header_block)

    ended = blindcopy("look", str(path), "nothing\x1b[1m.eml", "--people")

    assert ended.code == 1
    assert not set(ended.out + ended.err) & set("\x1b\x07\x00\x9b\u202e\r")


def test_the_json_holds_files_incidents_and_policy(blindcopy: Callable[..., Any], mail: Path) -> None:
    """Schema blindcopy/look/1; incidents as in the report."""
    answer = json.loads(blindcopy("look", str(mail), "--json").out)

    assert answer["schema"] == "blindcopy/look/1"
    assert len(answer["policy_sha256"]) == 64
    assert answer["files"][0]["incident"] == answer["incidents"][0]["id"]
    assert answer["totals"] == answer["incidents"][0]["ladder"]
    assert len(answer["incidents"][0]["exposed"]) == 6


@pytest.mark.parametrize(("wanted", "code"), [(["mail.eml"], 0), (["mail.eml", "none.eml"], 1), (["none.eml"], 2)])
def test_endings_are_those_of_the_contract(
    blindcopy: Callable[..., Any], mail: Path, wanted: list[str], code: int
) -> None:
    """All read; some; none (CONTRACTS: Exit codes)."""
    ended = blindcopy("look", *wanted)

    assert ended.code == code
    assert ("none.eml" in ended.err) == (code != 0)


@pytest.mark.parametrize(
    "call", [("--domain", "no domain"), ("--domain", "a@b.example", "--json")], ids=["spaces", "an address"]
)
def test_what_is_no_domain_is_refused(blindcopy: Callable[..., Any], mail: Path, call: tuple[str, ...]) -> None:
    """One line that says how to write it."""
    ended = blindcopy("look", str(mail), *call)

    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "corp.example" in ended.err


def test_settings_that_are_named_must_be_there(blindcopy: Callable[..., Any], mail: Path) -> None:
    """Only the default place may be empty."""
    assert blindcopy("--config", "nothing.toml", "look", str(mail)).code == 2
    assert blindcopy("--config", "blindcopy.toml", "look", str(mail), "--domain", "corp.example").code == 2
