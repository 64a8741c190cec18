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


def complaint(path: Path, *parts: bytes) -> Path:
    """Write a mail from outside with these parts, and return its path."""
    head = b"From: zoe@example.org\r\nTo: dpo@corp.example\r\nSubject: Leak\r\nDate: Tue, 4 Mar 2025 09:00:00 +0000\r\n"
    body = b"".join(b"--q\r\nContent-Type: " + part + b"\r\n" for part in parts)
    path.write_bytes(head + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + body + b"--q--\r\n")
    return path


def test_attached_mail_is_named_and_judged(blindcopy: Callable[..., Any], tmp_path: Path) -> None:
    """The file that somebody was sent shows nobody; what lies in it does, and JSON says where."""
    path = complaint(
        tmp_path / "c.eml", b"message/rfc822\r\n\r\n" + letter(1, guests(6), subject="Evening").header_block
    )

    ended, answer = blindcopy("look", "c.eml"), json.loads(blindcopy("look", "c.eml", "--json").out)

    text = " ".join(ended.out.split())
    assert ended.code == 0
    assert "c.eml, attached mail 1: Evening" in text
    assert "Nobody is exposed" not in text
    (attached,) = answer["files"][0]["attached"]
    assert (attached["visible_outsiders"], attached["incident"]) == (6, answer["incidents"][0]["id"])
    assert answer["files"][0]["incident"] is None
    assert path.exists()


def test_nobody_is_exposed_speaks_of_attached_mail_too(blindcopy: Callable[..., Any], tmp_path: Path) -> None:
    """What was judged is said, and what could not be opened."""
    harmless = b"message/rfc822\r\n\r\n" + letter(1, guests(1)).header_block
    complaint(tmp_path / "c.eml", harmless)
    complaint(tmp_path / "closed.eml", b"application/ms-tnef\r\n\r\nx")
    complaint(tmp_path / "damaged.eml", b"message/rfc822\r\n\r\n")

    judged, closed, damaged = (blindcopy("look", name) for name in ("c.eml", "closed.eml", "damaged.eml"))

    assert "Neither a file nor the mail attached shows two outsiders" in " ".join(judged.out.split())
    assert "Not looked at: Outlook's winmail.dat is not opened; mail may lie in it." in " ".join(closed.out.split())
    for ended in (closed, damaged):
        assert "Nobody is exposed by what could be read" in ended.out
    assert (judged.code, closed.code, damaged.code) == (0, 0, 1)
    assert "damaged.eml, attached mail 1: the file is empty" in damaged.err


def test_a_file_without_a_date_has_no_servers_date(blindcopy: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing tells when it was sent: that is all that is said."""
    (tmp_path / "undated.eml").write_bytes(b"From: office@corp.example\r\nTo: ada@example.org\r\n\r\n")

    text = " ".join(blindcopy("look", "undated.eml").out.split())

    assert "date unknown. It shows 1 outsider. No Date field." in text
    assert "server" not in text.partition("Before and since")[0]
