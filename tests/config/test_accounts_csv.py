"""Hundreds of accounts come from a CSV, and what is wrong with one is named by its line."""

from pathlib import Path

import pytest

from scanner.config import Settings, load_settings
from scanner.errors import SettingsError

HEAD = 'accounts_csv = "accounts.csv"\n[organisation]\ndomains = ["corp.example"]\n'


def settings_with(folder: Path, text: str, more: str = "") -> Settings:
    """Return settings whose accounts stand in a CSV beside them."""
    (folder / "accounts.csv").write_text(text, encoding="utf-8")
    (folder / "blindcopy.toml").write_text(HEAD + more, encoding="utf-8")
    return load_settings(folder / "blindcopy.toml")


def test_columns_are_keys(tmp_path: Path) -> None:
    """Numbers and lists as in the settings; an empty cell is a key left out; empty lines are nothing."""
    text = (
        "name,host,user,port,mailboxes,password_env,label\n"
        "office,imap.corp.example,ada,1993,Sent | Gesendet; alt,PW,\n"
        ",,,,,,\n"
        '"press, two",imap.corp.example,ben,,,PW,health\n'
    )

    office, press = settings_with(tmp_path, text).account

    assert (office.name, office.port, office.mailboxes, office.label) == ("office", 1993, ("Sent", "Gesendet; alt"), "")
    assert (press.name, press.port, press.mailboxes, press.label) == ("press, two", None, (), "health")


def test_they_stand_behind_those_of_the_file(tmp_path: Path) -> None:
    """Numbers of accounts go on."""
    one = '[[account]]\nname = "one"\nhost = "h.example"\nuser = "u"\n'

    settings = settings_with(tmp_path, "name,host,user\ntwo,h.example,u\n", one)

    assert [account.name for account in settings.accounts()] == ["one", "two"]


def test_what_german_excel_writes_is_read(tmp_path: Path) -> None:
    """Semicolons, a mark at the beginning, CR LF."""
    settings = settings_with(tmp_path, "\ufeffName;Host;User;;\r\nBüro;h.example;u;;\r\n")

    assert settings.account[0].name == "Büro"


def test_five_hundred_accounts_are_read(tmp_path: Path) -> None:
    """One application, one line a mailbox."""
    rows = (f"a{n},microsoft,u{n}@corp.example,corp.example,client,PW" for n in range(500))

    settings = settings_with(tmp_path, "name,auth,user,tenant,client_id,password_env\n" + "\n".join(rows))

    assert len(settings.accounts()) == 500
    assert settings.accounts()[499].host == "outlook.office365.com"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name,host,user\na,h.example,u\nb,h.example,\n", 3, "user"),
        ("name,host,user,prot\na,h.example,u,993\n", 2, "prot"),
        ("name,host,user,port\na,h.example,u,many\n", 2, "whole number"),
        ("name,host,user,port\na,h.example,u,99999\n", 2, "65535"),
        ('name,host,user\n"a\nb",h.example,u\nc,,u\n', 4, "host"),
        ("name,host,user\na,h.example,u\na,h.example,v\n", 3, "line 2"),
        ("name,host,user,password\na,h.example,u,hush\n", 2, "secrets never stand"),
        ("name,host,user\na,h.example,u,x\n", 2, "4 cells"),
        ("host,user\nh.example,u\n", 1, "no column `name`"),
        ("name,name,user\n", 1, "twice"),
        ('name,host,user\n"a,h.example,u\n', 2, "not CSV"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """What, where, and nothing of the row itself."""
    with pytest.raises(SettingsError) as caught:
        settings_with(tmp_path, text)

    assert caught.value.where == f"{tmp_path / 'accounts.csv'}, line {line}"
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_name_of_the_settings_is_taken(tmp_path: Path) -> None:
    """Names are unique over both files."""
    one = '[[account]]\nname = "one"\nhost = "h.example"\nuser = "u"\n'

    with pytest.raises(SettingsError, match="of the settings"):
        settings_with(tmp_path, "name,host,user\none,h.example,u\n", one)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With its path; so is one that is empty or no UTF-8."""
    (tmp_path / "blindcopy.toml").write_text(HEAD)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "blindcopy.toml")

    (tmp_path / "accounts.csv").write_bytes(b"")
    with pytest.raises(SettingsError, match="empty"):
        load_settings(tmp_path / "blindcopy.toml")

    (tmp_path / "accounts.csv").write_bytes(b"name\n\xff\n")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / "blindcopy.toml")
