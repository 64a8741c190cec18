"""Members of a list address come from a file."""

import os
from pathlib import Path

import pytest

from scanner.config import Settings, load_settings
from scanner.errors import SettingsError
from scanner.model import Policy

HEAD = '[organisation]\ndomains = ["corp.example"]\n[[list]]\naddress = "All@Lists.example"\nmembers = "all.csv"\n'


def settings(folder: Path, csv: str | None, more: str = "") -> Settings:
    """Return settings with this file of members beside them."""
    if csv is not None:
        (folder / "all.csv").write_text(csv, encoding="utf-8")
        os.utime(folder / "all.csv", (1_740_000_000, 1_740_000_000))
    (folder / "blindcopy.toml").write_text(HEAD + more, encoding="utf-8")
    return load_settings(folder / "blindcopy.toml")


def load(folder: Path, csv: str | None, more: str = "") -> Policy:
    """Return their policy."""
    return settings(folder, csv, more).to_policy()


def test_a_list_is_its_members_of_a_day(tmp_path: Path) -> None:
    """Other columns are left alone; the day is the file's, unless it is told; the address counts as a list."""
    csv = "digest,address\nAda,ada@example.org\nBen,BEN@example.net\nBen,ben@example.net\n"

    dated, told = load(tmp_path, csv), load(tmp_path, csv, "as_of = 2024-12-31\n")

    (entry,) = dated.lists
    assert (entry.address, entry.members) == ("all@lists.example", {"ada@example.org", "ben@example.net"})
    assert entry.as_of == "2025-02-19"
    assert told.lists[0].as_of == "2024-12-31"
    assert "all@lists.example" in dated.list_addresses


@pytest.mark.parametrize(
    ("csv", "names"),
    [
        ("name,address\nAda  Sol,ada@example.org\n", ("Ada Sol",)),
        ("address\nAda Sol <ADA@example.org>\n", ("Ada Sol",)),
        ('address\n"""Sol, Ada"" <ada@example.org>"\n', ("Sol, Ada",)),
        ('address;Display Name\n"=?utf-8?q?Ad=C3=A4?= <ada@example.org>";Ada Sol\n', ("Ada Sol", "Adä")),
        ("First name,address,LAST_NAME\nAda,ada@example.org,Sol\n", ("Ada Sol",)),
        ("Nachname;Vorname;address\nSöl;Ada;ada@example.org\n", ("Ada Söl",)),
        ("Vollständiger Name;address\nAda;ada@example.org\nDada;ada@example.org\n", ("Ada", "Dada")),
        ("phone,address\nSol,ada@example.org\n", None),
    ],
    ids=["name", "cell", "quoted", "both", "parts", "German", "two rows", "another column"],
)
def test_the_names_of_members_are_read_and_the_policy_holds_none(
    tmp_path: Path, csv: str, names: tuple[str, ...] | None
) -> None:
    """Beside the address, before it in its cell, or in parts; a policy is kept in the store."""
    read = settings(tmp_path, csv)

    assert read.member_names == ({"ada@example.org": names} if names else {})
    assert read.to_policy().lists[0].members == {"ada@example.org"}


def test_a_member_of_two_lists_has_the_names_of_both(tmp_path: Path) -> None:
    """Whoever is called by either of them is named."""
    (tmp_path / "more.csv").write_text("name,address\nA. Sol,ada@example.org\nBen,ben@example.net\n", encoding="utf-8")
    more = '[[list]]\naddress = "more@lists.example"\nmembers = "more.csv"\n'

    read = settings(tmp_path, "name,address\nAda,ada@example.org\n", more)

    assert read.member_names == {"ada@example.org": ("A. Sol", "Ada"), "ben@example.net": ("Ben",)}


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("address\nada@example.org\nSecretname\n", "line 3"),
        ("address\nSecretname <x>\n", "line 2"),
        ("address\nSecretname <ada@example.org>; b@example.org\n", "line 2"),
        ("name\nAda\n", "no column `address`"),
        ("address\n", "names no members"),
        (None, "cannot be read"),
    ],
    ids=["no address", "half an address", "two addresses", "no column", "nobody", "no file"],
)
def test_a_bad_file_is_named(tmp_path: Path, csv: str | None, words: str) -> None:
    """File, line where there is one, what to do; nothing of its content."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, csv)

    assert words in str(caught.value)
    assert "all.csv" in caught.value.where
    assert "Secretname" not in str(caught.value)


def test_one_address_has_one_list(tmp_path: Path) -> None:
    """Which of two files would hold?"""
    more = '[[list]]\naddress = "all@lists.example"\nmembers = "all.csv"\n'

    with pytest.raises(SettingsError, match=r"same address as \[\[list\]\] 1"):
        load(tmp_path, "address\nada@example.org\n", more)
