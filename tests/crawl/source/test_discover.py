"""What lies at a path: names and first bytes decide, and what is not read is told."""

import os
import zipfile
from pathlib import Path

import pytest

from scanner.crawl.source.discover import discover
from scanner.errors import SourceError
from tests.crawl.source.compound import sent_msg
from tests.crawl.source.mail import letter, mbox, read_all, unread, write


def test_a_thunderbird_profile_shows_its_folders(tmp_path: Path) -> None:
    """mbox files without suffix, indexes beside them, folders within folders."""
    mail = tmp_path / "Mail" / "Local Folders"
    write(mail / "Sent", mbox([letter(1)]))
    write(mail / "Sent.msf", '// <!-- <mdb:mork:z v="1.4"/> -->')
    write(mail / "Archives.sbd" / "Sent.2020", mbox([letter(2)]))
    write(mail / "Drafts", b"")
    write(mail / "msgFilterRules.dat", "version=9")

    source = discover(tmp_path)

    assert [box.name for box in source.boxes] == [
        "Mail/Local Folders/Archives/Sent.2020",
        "Mail/Local Folders/Sent",
    ]
    assert source.ignored == 3


def test_an_apple_mailbox_is_called_as_its_folder(tmp_path: Path) -> None:
    """Apple Mail exports a folder Sent.mbox that holds a file mbox."""
    write(tmp_path / "Sent.mbox" / "mbox", mbox([letter(1)]))
    write(tmp_path / "Sent.mbox" / "table_of_contents", b"\0\1\2")

    assert [box.name for box in discover(tmp_path).boxes] == ["Sent"]


def test_subfolders_of_a_maildir_have_their_names(tmp_path: Path) -> None:
    """Maildir++ with dots and modified UTF-7, and folders within folders."""
    for folder in ("", ".Sent", ".Sent.2020", ".Entw&APw-rfe", "Archive/Sent"):
        write(tmp_path / folder / "cur" / "1741000001.M1P1.host:2,S", letter(1))
        (tmp_path / folder / "new").mkdir()

    names = {box.name for box in discover(tmp_path).boxes}

    assert names == {"INBOX", "Sent", "Sent/2020", "Entwürfe", "Archive/Sent"}


def test_an_export_of_many_files_keeps_its_paths(tmp_path: Path) -> None:
    """Each folder with messages is a mailbox, zip files among them are looked into."""
    write(tmp_path / "ada@corp.example" / "Sent Items" / "1.msg", sent_msg())
    write(tmp_path / "ada@corp.example" / "Sent Items" / "2.eml", letter(2))
    write(tmp_path / "ben@corp.example" / "Deleted Items" / "3.eml", letter(3))
    write(tmp_path / "results.csv", "a,b")
    write(tmp_path / "more.7z", b"7z\xbc\xaf\x27\x1c")

    source = discover(tmp_path)

    assert {box.name: len(read_all(box)) for box in source.boxes} == {
        "ada@corp.example/Sent Items": 2,
        "ben@corp.example/Deleted Items": 1,
    }
    assert [(one.name, one.reason) for one in source.skipped] == [
        ("more.7z", "packed in a way that is not read; unpack it")
    ]


def test_a_broken_file_beside_others_is_named_and_costs_only_itself(tmp_path: Path) -> None:
    """A zip file that was cut, and an mbox that is none."""
    write(tmp_path / "Sent.mbox", mbox([letter(1)]))
    write(tmp_path / "old.zip", b"PK\x03\x04 cut")
    write(tmp_path / "older.mbox", b"\0\1\2\3")

    source = discover(tmp_path)

    assert [box.name for box in source.boxes] == ["Sent"]
    assert {one.name: one.reason for one in source.skipped} == {
        "old.zip": "the zip file is damaged or incomplete",
        "older": "this is no mbox: it does not begin with a From line",
    }


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("sent.mbox", mbox([letter(1)]), "an mbox file"),
        ("mail", mbox([letter(1)]), "an mbox file"),
        ("1.eml", letter(1).encode(), "one message"),
        ("1.msg", sent_msg(), "one message"),
    ],
)
def test_a_single_file_is_a_source(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    """Whatever it is called."""
    source = discover(write(tmp_path / name, content))

    assert source.kind == kind
    assert [len(read_all(box)) for box in source.boxes] == [1]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("report.pdf", b"%PDF-1.7", "no mbox, zip"),
        ("sent.mbox", b"To: x", "does not begin with a From line"),
        ("all.7z", b"7z\xbc\xaf\x27\x1c", "unpack it"),
        ("empty", b"", "no mbox, zip"),
    ],
)
def test_another_file_is_one_clear_error(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    """What it is not, and what to name instead."""
    with pytest.raises(SourceError, match=why):
        discover(write(tmp_path / name, content))


def test_links_lead_to_files_within_the_source_only(tmp_path: Path) -> None:
    """Archives keep the mail in one place and link to it; what leads out, in circles or nowhere is never opened."""
    write(tmp_path / "outside.mbox", mbox([letter(9)]))
    mail = tmp_path / "mail"
    write(mail / "blobs" / "0a1b", letter(1))
    (mail / "1.eml").symlink_to("blobs/0a1b")
    (mail / "2.eml").symlink_to("/etc/hostname")
    (mail / "3.eml").symlink_to("gone")
    os.mkfifo(mail / "4.eml")
    (mail / "old.mbox").symlink_to("../outside.mbox")
    (mail / "round").symlink_to(mail)

    source = discover(mail)

    assert [len(read_all(box)) for box in source.boxes] == [1]
    assert {(one.place, one.detail) for one in unread(source.boxes[0])} == {
        ("2.eml", "a link that leads out of the source; it is not followed"),
        ("3.eml", "a link that leads to no file"),
        ("4.eml", "no regular file (a pipe, socket or device)"),
    }
    assert {one.name: one.reason for one in source.skipped} == {
        "old": "a link that leads out of the source; it is not followed",
        "round": "a link to a folder; it is not followed",
    }


def test_links_in_a_maildir_are_no_less_strict(tmp_path: Path) -> None:
    """What is not opened is listed, so that it becomes a gap."""
    write(tmp_path / "mail" / "cur" / "1741000001.M1P1.host:2,S", letter(1))
    (tmp_path / "mail" / "new").mkdir()
    (tmp_path / "mail" / "new" / "1741000002.M2P1.host").symlink_to("/etc/hostname")

    (box,) = discover(tmp_path / "mail").boxes

    assert len(read_all(box)) == 1
    assert [(one.place, one.detail) for one in unread(box)] == [
        ("cur/1741000002.M2P1.host", "a link that leads out of the source; it is not followed")
    ]


def test_what_cannot_be_read_is_named_by_its_path(tmp_path: Path) -> None:
    """Within the source, whatever holds it."""
    write(tmp_path / "export" / "Sent" / "empty.eml", b"")
    write(tmp_path / "export" / "none.eml", b"")
    write(tmp_path / "alone.eml", b"")
    with zipfile.ZipFile(tmp_path / "export" / "more.zip", "w") as file:
        file.writestr("Sent/empty.eml", b"")

    boxes = [*discover(tmp_path / "export").boxes, *discover(tmp_path / "alone.eml").boxes]

    assert [one.place for box in boxes for one in unread(box)] == [
        "none.eml",
        "Sent/empty.eml",
        "more.zip/Sent/empty.eml",
        "alone.eml",
    ]
