"""Members of a list address come from a file."""

import os
from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.errors import SettingsError
from scanner.model import Policy

HEAD = '[organisation]\ndomains = ["corp.example"]\n[[list]]\naddress = "All@Lists.example"\nmembers = "all.csv"\n'


def load(folder: Path, csv: str | None, more: str = "") -> Policy:
    """Return the policy of settings with this file of members beside them."""
    if csv is not None:
        (folder / "all.csv").write_text(csv, encoding="utf-8")
        os.utime(folder / "all.csv", (1_740_000_000, 1_740_000_000))
    (folder / "blindcopy.toml").write_text(HEAD + more, encoding="utf-8")
    return load_settings(folder / "blindcopy.toml").to_policy()


def test_a_list_is_its_members_of_a_day(tmp_path: Path) -> None:
    """Other columns are left alone; the day is the file's, unless it is told; the address counts as a list."""
    csv = "name,address\nAda,ada@example.org\nBen,BEN@example.net\nBen,ben@example.net\n"

    dated, told = load(tmp_path, csv), load(tmp_path, csv, "as_of = 2024-12-31\n")

    (entry,) = dated.lists
    assert (entry.address, entry.members) == ("all@lists.example", {"ada@example.org", "ben@example.net"})
    assert entry.as_of == "2025-02-19"
    assert told.lists[0].as_of == "2024-12-31"
    assert "all@lists.example" in dated.list_addresses


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("address\nada@example.org\nSecretname\n", "line 3"),
        ("name\nAda\n", "no column `address`"),
        ("address\n", "names no members"),
        (None, "cannot be read"),
    ],
    ids=["no address", "no column", "nobody", "no file"],
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
