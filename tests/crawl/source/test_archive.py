"""Zip files: what is in them is read in place, and bombs and locks are told."""

import struct
import zipfile
from pathlib import Path

import pytest

from scanner.crawl.source import archive as archive_module
from scanner.crawl.source.archive import Archive, UnreadableError
from scanner.crawl.source.discover import discover
from scanner.errors import SourceError
from tests.crawl.source.compound import sent_msg
from tests.crawl.source.mail import letter, mbox, open_box, read_all, unread


def zip_of(path: Path, content: dict[str, bytes | str]) -> Path:
    """Write a zip file with these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, entry in content.items():
            file.writestr(zipfile.ZipInfo(name, (2025, 6, 1, 12, 0, 0)), entry, zipfile.ZIP_DEFLATED)
    return path


def lock(path: Path, *names: str) -> None:
    """Set the flag of encryption on entries, as programs with a password do."""
    content = bytearray(path.read_bytes())
    for name in names:
        for signature, flag, label in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
            place = -1
            while (place := content.find(signature, place + 1)) >= 0:
                if content[place + label : place + label + len(name)] == name.encode():
                    content[place + flag] |= 1
    path.write_bytes(content)


def test_folders_of_an_export_are_mailboxes(tmp_path: Path) -> None:
    """Purview packs folders of messages, Google mbox files; what macOS adds is no mail."""
    path = zip_of(
        tmp_path / "export.zip",
        {
            "office/Sent Items/1.msg": sent_msg(),
            "office/Sent Items/2.eml": letter(2),
            "office/Inbox/3.eml": letter(3),
            "Takeout/Mail/Sent.mbox": mbox([letter(4), letter(5)]),
            "Maildir/.Sent/cur/1741000001.M1P1.host:2,S": letter(6),
            "manifest.xml": "<x/>",
            "__MACOSX/office/Sent Items/._2.eml": b"\0\5\x16\x07",
            "office/more.zip": b"PK\x03\x04",
        },
    )

    source = discover(path)

    found = {box.name: len(read_all(box)) for box in source.boxes}
    assert found == {"office/Sent Items": 2, "office/Inbox": 1, "Takeout/Mail/Sent": 2, "Maildir/Sent": 1}
    assert [one.name for one in source.skipped] == ["office/more.zip"]
    assert (source.kind, source.ignored) == ("a zip file", 1)


def test_the_time_of_an_entry_serves_only_where_the_message_has_none(tmp_path: Path) -> None:
    """It tells when the export was made."""
    bare = letter(2).replace("Date: Mon, 3 Mar 2025 09:00:00 +0000\n", "")
    source = discover(zip_of(tmp_path / "export.zip", {"1.eml": letter(1), "2.eml": bare}))

    dates = {answer.internal_date for answer in read_all(source.boxes[0])}

    assert dates == {b"03-Mar-2025 09:00:00 -0000", b"01-Jun-2025 12:00:00 -0000"}


def test_a_locked_zip_file_is_one_error(tmp_path: Path) -> None:
    """Without the password nothing can be read, and the way out is told."""
    path = zip_of(tmp_path / "export.zip", {"1.eml": letter(1)})
    lock(path, "1.eml")

    with pytest.raises(SourceError, match="encrypted"):
        discover(path)


def test_a_locked_entry_is_a_gap_and_costs_no_other(tmp_path: Path) -> None:
    """The rest is read."""
    path = zip_of(tmp_path / "export.zip", {"1.eml": letter(1), "2.eml": letter(2)})
    lock(path, "2.eml")
    (box,) = discover(path).boxes

    assert len(read_all(box)) == 1
    assert ["encrypted" in gap.detail for gap in unread(box)] == [True]


def test_a_damaged_entry_is_a_gap_and_costs_no_other(tmp_path: Path) -> None:
    """Bits of compressed data that changed on the way."""
    path = zip_of(tmp_path / "export.zip", {"1.eml": letter(1), "2.eml": letter(2)})
    content = bytearray(path.read_bytes())
    place = content.index(b"2.eml") + len("2.eml")
    content[place : place + 60] = bytes(60)
    path.write_bytes(content)
    (box,) = discover(path).boxes

    assert len(read_all(box)) == 1
    assert len(unread(box)) == 1


def test_a_cut_zip_file_is_one_error(tmp_path: Path) -> None:
    """Its directory stands at the end: a download that broke off has none."""
    path = zip_of(tmp_path / "export.zip", {"1.eml": letter(1)})
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(SourceError, match="damaged or incomplete"):
        discover(path)


def test_an_entry_that_unpacks_to_far_too_much_is_not_read(tmp_path: Path) -> None:
    """A bomb of zeros meets a limit before memory or time is spent."""
    path = zip_of(tmp_path / "bomb.zip", {"Sent.mbox": mbox([letter(1)]) + bytes(20 * 1024 * 1024)})
    archive = Archive(path)
    (info,) = archive.entries()

    with pytest.raises(UnreadableError, match="suspiciously much"):
        archive.open(info)


def test_a_header_without_end_inside_a_zip_file_is_a_gap(tmp_path: Path) -> None:
    """Only headers are unpacked, up to their limit."""
    path = zip_of(tmp_path / "bomb.zip", {"1.eml": b"To: " + b"a" * (17 * 1024 * 1024)})
    (box,) = discover(path).boxes

    assert len(unread(box)) == 1


def test_too_many_entries_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """The count stands at the end of the file; each entry would cost memory."""
    path = zip_of(tmp_path / "bomb.zip", {"1.eml": letter(1)})
    content = path.read_bytes()
    end = content.index(b"PK\x05\x06")
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 5_000_000, 5_000_000, 1, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    path.write_bytes(content[:end] + wide + locator + content[end:])

    with pytest.raises(SourceError, match=f"more than {archive_module.ENTRY_LIMIT:,} entries"):
        Archive(path).entries()


def test_uids_do_not_change_with_the_packing(tmp_path: Path) -> None:
    """The same export packed again later is the same evidence."""
    one = discover(zip_of(tmp_path / "one.zip", {"Sent/1.eml": letter(1), "Sent/2.eml": letter(2)}))
    two = discover(zip_of(tmp_path / "two.zip", {"Sent/2.eml": letter(2), "Sent/1.eml": letter(1)}))

    assert open_box(one.boxes[0]) == open_box(two.boxes[0])
