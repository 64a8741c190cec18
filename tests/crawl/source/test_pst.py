"""
Outlook's data files, by way of libpff.

Nothing writes .pst files but Outlook: the folders and items here are stand-ins
with libpff's methods, as its version 20260926 has them.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.period import Period
from scanner.crawl.source import pst as pst_module
from scanner.crawl.source.box import Unread
from scanner.crawl.source.discover import discover
from scanner.errors import SourceError
from scanner.model import MessagePart
from tests.crawl.source.mail import open_box, write


class Entry:
    """One property."""

    def __init__(self, kind: int, value: Any) -> None:
        self._kind, self._value = kind, value

    def get_entry_type(self) -> int:
        return self._kind

    def get_data_as_string(self) -> str:
        return str(self._value)

    def get_data_as_integer(self) -> int:
        return int(self._value)

    def get_data_as_datetime(self) -> datetime:
        assert isinstance(self._value, datetime)
        return self._value

    def get_data(self) -> bytes:
        return bytes(self._value)


class Record:
    """A set of properties: an item's own, or a row of a table."""

    def __init__(self, values: dict[int, Any]) -> None:
        self._entries = [Entry(kind, value) for kind, value in values.items()]

    def get_number_of_entries(self) -> int:
        return len(self._entries)

    def get_entry(self, place: int) -> Entry:
        return self._entries[place]


class Table:
    """Record sets."""

    def __init__(self, *records: dict[int, Any]) -> None:
        self._records = [Record(values) for values in records]

    def get_number_of_record_sets(self) -> int:
        return len(self._records)

    def get_record_set(self, number: int) -> Record:
        return self._records[number]


class Item(Table):
    """A message."""

    def __init__(self, identifier: int, values: dict[int, Any], *rows: dict[int, Any]) -> None:
        super().__init__(values)
        self._identifier = identifier
        self.recipients = Table(*rows)

    def get_identifier(self) -> int:
        return self._identifier


class Attachment(Table):
    """A file that is attached; without a size it lies elsewhere."""

    def __init__(self, values: dict[int, Any], size: int | None) -> None:
        super().__init__(values)
        self._size = size

    def get_size(self) -> int:
        if self._size is None:
            raise OSError("pypff_attachment_get_size: unable to retrieve size")
        return self._size


class ItemWithFiles(Item):
    """A message with attachments; not every kind of item can have them."""

    files: tuple[Attachment, ...] = ()

    def get_number_of_attachments(self) -> int:
        return len(self.files)

    def get_attachment(self, number: int) -> Attachment:
        return self.files[number]


class Folder:
    """A folder; an item None cannot be read."""

    def __init__(self, identifier: int, name: str, *kids: "Folder", items: tuple[Item | None, ...] = ()) -> None:
        self._identifier, self._name, self._kids, self._items = identifier, name, kids, items

    def get_identifier(self) -> int:
        return self._identifier

    def get_name(self) -> str:
        return self._name

    def get_number_of_sub_folders(self) -> int:
        return len(self._kids)

    def get_sub_folder(self, number: int) -> "Folder":
        return self._kids[number]

    def get_number_of_sub_messages(self) -> int:
        return len(self._items)

    def get_sub_message(self, number: int) -> Item:
        item = self._items[number]
        if item is None:
            raise OSError("pypff_folder_get_sub_message: unable to retrieve message")
        return item


class File:
    """An open file."""

    def __init__(self, root: Folder) -> None:
        self._root = root

    def get_root_folder(self) -> Folder:
        return self._root

    def close(self) -> None:
        """Close it."""


def item(identifier: int = 2_097_188, *, year: int = 2025) -> Item:
    """Return a sent message to two people and one in Bcc."""
    return Item(
        identifier,
        {
            0x001A: "IPM.Note",
            0x0037: "\x01\x05Re: Evening",
            0x0039: datetime(year, 3, 3, 9, 0),  # noqa: DTZ001 # libpff gives UTC without saying so
            0x0042: "Office",
            0x5D02: "office@corp.example",
            0x0E07: 1,
            0x1035: "<m1@corp.example>",
        },
        {0x0C15: 1, 0x3001: "Ada", 0x39FE: "ada@example.org"},
        {0x0C15: 0x1000_0001, 0x3001: "Ben", 0x3003: "ben@example.net"},
        {0x0C15: 3, 0x3001: "Eva", 0x39FE: "eva@example.org"},
    )


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a .pst file as libpff would show it."""
    sent = Folder(32866, "Sent Items", items=(item(), None, item(2_097_252, year=2019)))
    root = Folder(290, "", Folder(32802, "Top of Outlook data file", sent, Folder(32898, "Contacts")))
    monkeypatch.setattr(pst_module.Outlook, "_opened", lambda _: File(root))
    return write(tmp_path / "archive.pst", b"!BDN" + bytes(600))


def test_folders_are_mailboxes_without_outlooks_own_roots(mail: Path) -> None:
    """Empty ones are left out."""
    assert [box.name for box in discover(mail).boxes] == ["Sent Items"]


def test_messages_keep_their_node_identifiers(mail: Path) -> None:
    """What cannot be read is listed all the same, and is a gap."""
    (box,) = discover(mail).boxes

    _, listed = open_box(box)
    first, second, third = sorted(box.read(listed), key=lambda read: read.uid)

    assert (first.uid, second.uid) == (2_097_188, 2_097_252)
    assert isinstance(third, Unread)


def test_recipients_come_from_the_table(mail: Path) -> None:
    """Bcc included; the subject without Outlook's mark of its prefix."""
    (box,) = discover(mail).boxes
    _, listed = open_box(box)
    answer = next(read for read in box.read(listed) if isinstance(read, FetchAnswer))

    message = build_message(answer, answer.header or b"", is_draft=False)

    assert [(field, entry.key, entry.display_name) for field, entry in message.recipients] == [
        ("to", "ada@example.org", "Ada"),
        ("to", "ben@example.net", "Ben"),
        ("bcc", "eva@example.org", "Eva"),
    ]
    assert (message.subject, message.sent_at, message.flags) == ("Re: Evening", 1_740_992_400, ("\\Seen",))


def test_the_period_limits_what_is_listed(mail: Path) -> None:
    """By Outlook's times; what cannot be read stays on the list."""
    (box,) = discover(mail).boxes

    opened, listed = open_box(box, period=Period(1_735_689_600, None))

    assert opened.exists == 2
    assert listed[0] == (2_097_188, 2_097_188)


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    """libpff itself says no; the remedy names Outlook's own repair."""
    pytest.importorskip("pypff", reason="the extra [pst] is not installed")

    with pytest.raises(SourceError, match="damaged") as raised:
        discover(write(tmp_path / "archive.pst", b"!BDN" + bytes(600)))

    assert "scanpst" in raised.value.remedy


def test_without_libpff_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compiled, and not everybody needs it."""
    monkeypatch.setitem(__import__("sys").modules, "pypff", None)

    with pytest.raises(SourceError) as raised:
        discover(write(tmp_path / "archive.pst", b"!BDN" + bytes(600)))

    assert "blindcopy[pst]" in raised.value.remedy


def test_attachments_have_names_and_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, a link whose size nobody knows, and a message within the message; a damaged item is told."""
    whole = ItemWithFiles(2_097_188, {0x001A: "IPM.Note"})
    whole.files = (
        Attachment({0x3707: "Löhne.xlsx", 0x370E: "application/x", 0x3705: 1}, 4_711),
        Attachment({0x3704: "LINK.DOC", 0x3705: 2}, None),
        Attachment({0x3001: "Re: Evening", 0x3705: 5}, 99),
    )
    sent = Folder(32866, "Sent Items", items=(whole, item(2_097_252), None))
    monkeypatch.setattr(pst_module.Outlook, "_opened", lambda _: File(Folder(290, "", sent)))
    (box,) = discover(write(tmp_path / "mail.pst", b"!BDN")).boxes
    _, listed = open_box(box)

    found = [*box.structures(listed)]

    assert found[:2] == [
        (
            2_097_188,
            (
                MessagePart("1", "application/x", "", "attachment", "Löhne.xlsx", 4_711),
                MessagePart("2", "application/octet-stream", "", "attachment", "LINK.DOC", None),
                MessagePart("3", "message/rfc822", "", "attachment", "Re: Evening", None),
            ),
        ),
        (2_097_252, ()),
    ]
    assert isinstance(found[2], Unread)
