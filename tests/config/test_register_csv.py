"""The client register names people; what is wrong with it is named by its line and never quoted."""

from pathlib import Path

import pytest

from scanner.config.register_csv import read_register, register_remarks
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


def test_flags_are_read_in_german_and_kept_where_nothing_knows_them(tmp_path: Path) -> None:
    """A register is a foreign file: nobody of it is lost for a word, and what says do not contact counts."""
    rows = "a@x.example,1,,,Kind|nicht kontaktieren\nb@x.example,2,,,Haus B | bitte keine Post\nc@x.example,3,,,kid\n"
    file = register(tmp_path, HEAD + rows)

    found = read_register(file)
    (remark,) = register_remarks(file)

    assert [clients[0].flags for clients in found.values()] == [
        ("child", "do-not-contact"), ("do-not-contact", "Haus B", "bitte keine Post"), ("child",),
    ]  # fmt: skip
    assert "clients.csv, line 3: the cell `flags`" in remark
    assert "Haus" not in remark


def test_a_register_of_known_flags_needs_no_remark(tmp_path: Path) -> None:
    """Nor does one without any."""
    assert list(register_remarks(register(tmp_path, HEAD + "a@x.example,1,,,Child\nb@x.example,2\n"))) == []


def test_the_lines_of_a_cell_are_those_of_the_address(tmp_path: Path) -> None:
    """A line break within the quotes is how Excel saves an address; a name stands on one line."""
    row = '"ada@x.example",1,"Ada\nL.","Am Moor 7\r\n\r\n 24103 Kiel ",,"by phone\nafter six"\n'

    ((client,),) = read_register(register(tmp_path, HEAD + row)).values()

    assert (client.name, client.postal_address, client.safe_channel) == (
        "Ada L.",
        "Am Moor 7\n24103 Kiel",
        "by phone; after six",
    )


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
        (HEAD + "a@x.example,1,Secretname\nb@x.example,1,Other\n", 3, "id of line 2 and another cell `name`"),
        (HEAD + "a@x.example,1,,,child\nb@x.example,1,,Secretname\n", 3, "another cell `postal_address`, `flags`"),
        ("address,adress2\na@x.example,Secretname\n", 2, "Perhaps `address` is meant"),
        ("adress,id\na@x.example,1\n", 1, "no column `address`"),
        (HEAD + 'a@x.example,"Secretname\n', 2, "not CSV"),
    ],
    ids=[
        "no address",
        "empty address",
        "two clients of one id",
        "two addresses",
        "unknown column",
        "heading",
        "quote",
    ],
)
def test_a_bad_row_is_named_and_not_quoted(tmp_path: Path, text: str, line: int, words: str) -> None:
    """File, line, what, and what to do; nothing of the register."""
    with pytest.raises(SettingsError) as caught:
        read_register(register(tmp_path, text))

    assert caught.value.where.endswith(f"clients.csv, line {line}")
    assert words in str(caught.value)
    assert caught.value.remedy
    assert "Secretname" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-8-sig", "sep=;\n"),
        ("utf-16", ""),
        ("cp1252", ""),
    ],
    ids=["UTF-8", "CSV UTF-8 of Excel", "with the divider named", "Unicode text of Excel", "CSV of German Excel"],
)
def test_registers_come_from_excel(tmp_path: Path, encoding: str, head: str) -> None:
    """With semicolons and Windows' ends of lines, in any of the encodings that it saves."""
    text = f'{head}address;id;name;postal_address\njörg@gmail.com;1;Jörg Weiß;"Große Straße 1; Köln"\n'
    file = tmp_path / "clients.csv"
    file.write_bytes(text.replace("\n", "\r\n").encode(encoding))

    (clients,) = read_register(file).values()

    assert clients == (Client("1", "Jörg Weiß", "Große Straße 1; Köln", (), ""),)


def test_the_line_counts_the_one_that_names_the_divider(tmp_path: Path) -> None:
    """A fault is found where the file has it."""
    with pytest.raises(SettingsError) as caught:
        read_register(register(tmp_path, "sep=;\naddress;id\nada@x.example;1\nSecretname;2\n"))

    assert caught.value.where.endswith("clients.csv, line 4")


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0\x81", "address\na@x.example\n".encode("utf-16-le")])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    """A workbook that was only renamed, and UTF-16 without its mark."""
    file = tmp_path / "clients.csv"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match="not UTF-8") as caught:
        read_register(file)

    assert "CSV UTF-8" in caught.value.remedy


def test_a_client_who_stands_there_twice_is_one(tmp_path: Path) -> None:
    """The same row again, and the same mailbox spelt otherwise; a family shares an address."""
    text = "address,id,name\na.da@gmail.com,1,Ada\nada@gmail.com,1,Ada\nADA@gmail.com,1,Ada\nada@gmail.com,2,Ben\n"

    found = read_register(register(tmp_path, text))

    assert {key: [one.name for one in clients] for key, clients in found.items()} == {"ada@gmail.com": ["Ada", "Ben"]}


def test_a_register_that_is_not_there_is_named(tmp_path: Path) -> None:
    """By the key of the settings."""
    with pytest.raises(SettingsError, match="clients_csv cannot be read"):
        read_register(tmp_path / "clients.csv")
