"""The client register names people; what is wrong with it is named by its line and never quoted."""

from pathlib import Path

import pytest

from scanner.config.register_csv import read_register
from scanner.errors import SettingsError
from scanner.model import Client

HEAD = "address,id,name,postal_address,flags,safe_channel\n"


def register(folder: Path, text: str) -> Path:
    """Return the register as a file."""
    file = folder / "clients.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_row_is_a_client(tmp_path: Path) -> None:
    """Every cell as written; flags as words that programs can compare."""
    row = 'Ada+Clinic@Gmail.com,C1,Ada L.,"1 Mill Lane, York",Child | Do not contact,by phone after six\n'

    found = read_register(register(tmp_path, HEAD + row))

    client = Client("C1", "Ada L.", "1 Mill Lane, York", ("child", "do-not-contact"), "by phone after six")
    assert found == {"ada@gmail.com": (client,)}


def test_one_client_has_several_addresses_and_a_family_one(tmp_path: Path) -> None:
    """Several by | or in rows with the same id; one address names everybody who shares it."""
    text = "id;address;name\n1;a@x.example|b@x.example;Ada\n1;c@x.example;Ada\n2;a@x.example;Ben\n"

    found = read_register(register(tmp_path, text))

    names = {key: [client.name for client in clients] for key, clients in found.items()}
    assert names == {"a@x.example": ["Ada", "Ben"], "b@x.example": ["Ada"], "c@x.example": ["Ada"]}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "ada@x.example\nSecretname,C2\n", 3, "no mail address"),
        (HEAD + ",C2,Secretname\n", 2, "no address"),
        (HEAD + "a@x.example,1,Secretname\nb@x.example,1,Other\n", 3, "id of line 2"),
        (HEAD + "a@x.example,1,,,Secretname <x>\n", 2, "flags"),
        ("address,adress2\na@x.example,Secretname\n", 2, "Perhaps `address` is meant"),
        ("adress,id\na@x.example,1\n", 1, "no column `address`"),
        (HEAD + 'a@x.example,"Secretname\n', 2, "not CSV"),
    ],
    ids=["no address", "empty address", "two clients of one id", "flags", "unknown column", "heading", "quote"],
)
def test_a_bad_row_is_named_and_not_quoted(tmp_path: Path, text: str, line: int, words: str) -> None:
    """File, line, what, and what to do; nothing of the register."""
    with pytest.raises(SettingsError) as caught:
        read_register(register(tmp_path, text))

    assert caught.value.where.endswith(f"clients.csv, line {line}")
    assert words in str(caught.value)
    assert caught.value.remedy
    assert "Secretname" not in str(caught.value)


def test_a_register_that_is_not_there_is_named(tmp_path: Path) -> None:
    """By the key of the settings."""
    with pytest.raises(SettingsError, match="clients_csv cannot be read"):
        read_register(tmp_path / "clients.csv")
