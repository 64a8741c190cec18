"""
Outlook's data files, .pst and .ost (MS-PST), read with libpff: the extra `[pst]`.

A message's UID is its node identifier, which stays the same while the file
lives. Its header is made as for .msg files, see `scanner.crawl.source.mapi`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.mime import MOST_PARTS
from scanner.crawl.period import Period
from scanner.crawl.source import mapi
from scanner.crawl.source.block import filter_block
from scanner.crawl.source.box import Read, ReadParts, Tell, Unread, Vanished, uidvalidity_of
from scanner.crawl.source.evidence import open_evidence
from scanner.crawl.source.mapi import MapiMessage, MapiRecipient, attachment_part, header_block
from scanner.crawl.source.moment import internal_date
from scanner.errors import SourceError
from scanner.model import MessagePart, OpenedMailbox
from scanner.uids import Ranges, join_ranges, uids_of

PST_MAGIC = b"!BDN"
_DEEPEST = 100
_MANY = 20_000
# What libpff raises on damaged items; it has no exceptions of its own.
_DAMAGED = (OSError, RuntimeError, ValueError, TypeError, OverflowError, MemoryError)
_SKIPPED_ROOTS = (
    "Root - Mailbox",
    "Root - Public",
    "IPM_SUBTREE",
    "Top of Outlook data file",
    "Top of Personal Folders",
)
"""Folders that Outlook does not show; those within them count."""


class Outlook:
    """An open .pst file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._pff: Any = None

    def folders(self) -> Iterator[tuple[str, int, int]]:
        """
        Yield (name, identifier, messages) of each folder that holds messages; levels are separated by "/".

        Raises:
            SourceError: libpff is not installed, or the file is damaged or protected.
        """
        try:
            yield from self._walk(self._opened().get_root_folder(), (), 0)
        except _DAMAGED as error:
            raise _damaged() from error

    def _walk(self, folder: Any, above: tuple[str, ...], depth: int) -> Iterator[tuple[str, int, int]]:
        if folder is None or depth > _DEEPEST:
            return
        name = (folder.get_name() or "").replace("/", "_")
        path = (*above, name) if name and not name.startswith(_SKIPPED_ROOTS) else above
        count = folder.get_number_of_sub_messages()
        if count:
            yield "/".join(path) or "messages", folder.get_identifier(), count
        for number in range(folder.get_number_of_sub_folders()):
            yield from self._walk(folder.get_sub_folder(number), path, depth + 1)

    def folder(self, identifier: int) -> Any:
        """Return a folder by its identifier; None when it is gone."""
        return self._find(self._opened().get_root_folder(), identifier, 0)

    def _find(self, folder: Any, identifier: int, depth: int) -> Any:
        if folder is None or depth > _DEEPEST or folder.get_identifier() == identifier:
            return folder if depth <= _DEEPEST else None
        for number in range(folder.get_number_of_sub_folders()):
            found = self._find(folder.get_sub_folder(number), identifier, depth + 1)
            if found is not None:
                return found
        return None

    def _opened(self) -> Any:
        if self._pff is None:
            try:
                import pypff
            except ImportError as error:
                raise SourceError(
                    "reading .pst files needs libpff", remedy='Install it: pip install "blindcopy[pst]"'
                ) from error
            self._stream = open_evidence(self._path)
            file = pypff.file()
            try:
                file.open_file_object(self._stream)
            except _DAMAGED as error:
                self.close()
                raise _damaged() from error
            self._pff = file
        return self._pff

    def close(self) -> None:
        """Close the file; it opens again when it is needed."""
        if self._pff is not None:
            self._pff.close()
        if self._stream is not None:
            self._stream.close()
        self._pff = self._stream = None


def _damaged() -> SourceError:
    return SourceError(
        "the .pst file is damaged, or of a kind that libpff does not know",
        remedy="Repair a copy of it with Outlook's scanpst, or export it again",
    )


class PstBox:
    """One folder of a .pst file, see `scanner.crawl.source.box.Box`."""

    dates = "Outlook's times of delivery, else of sending"
    cut = ""

    def __init__(self, wire_name: bytes, name: str, outlook: Outlook, identifier: int) -> None:
        self.wire_name = wire_name
        self.name = name
        self._outlook = outlook
        self._identifier = identifier
        self._places: dict[int, int] = {}

    def open(self, former: OpenedMailbox | None, period: Period, tell: Tell) -> tuple[OpenedMailbox, Ranges]:
        """See `Box`."""
        self._places = {}
        try:
            folder = self._outlook.folder(self._identifier)
            count = folder.get_number_of_sub_messages() if folder is not None else 0
            if count > _MANY:
                tell(f"looking through {count:,} messages")
            for number in range(count):
                self._list(folder, number, period)
        except _DAMAGED as error:
            raise _damaged() from error
        opened = OpenedMailbox(uidvalidity_of(b"pst", self.wire_name), None, len(self._places), None)
        return opened, join_ranges((uid, uid) for uid in self._places)

    def _list(self, folder: Any, number: int, period: Period) -> None:
        try:
            message = folder.get_sub_message(number)
            uid = message.get_identifier()
            moment = None if period.is_open else read_item(message).moment
        except _DAMAGED:
            # Listed under its place, far above all node identifiers: reading it will tell that it is damaged.
            uid, moment = (1 << 40) + number, None
        if period.holds(moment):
            self._places[uid] = number

    def read(self, wanted: Ranges) -> Iterator[Read]:
        """See `Box`."""
        folder = self._outlook.folder(self._identifier)
        for uid in uids_of(wanted):
            number = self._places.get(uid)
            yield Vanished(uid) if folder is None or number is None else _read(folder, number, uid)

    def structures(self, wanted: Ranges) -> Iterator[ReadParts]:
        """See `Box`."""
        folder = self._outlook.folder(self._identifier)
        for uid in uids_of(wanted):
            number = self._places.get(uid)
            yield Vanished(uid) if folder is None or number is None else _read_parts(folder, number, uid)

    def close(self) -> None:
        """See `Box`."""
        self._places = {}
        self._outlook.close()


def _read(folder: Any, number: int, uid: int) -> Read:
    try:
        message = read_item(folder.get_sub_message(number))
    except _DAMAGED as error:
        return Unread(uid, "message_unparsed", f"the item of the .pst file is damaged ({type(error).__name__})")
    return FetchAnswer(uid, internal_date(message.moment), None, message.flags, filter_block(header_block(message)))


def _read_parts(folder: Any, number: int, uid: int) -> ReadParts:
    try:
        item = folder.get_sub_message(number)
        # Not every kind of item can have attachments.
        count = item.get_number_of_attachments() if hasattr(item, "get_number_of_attachments") else 0
        if count > MOST_PARTS:
            return Unread(uid, "message_unparsed", f"it has more than {MOST_PARTS:,} parts")
        return uid, tuple(_part(item.get_attachment(place), place + 1) for place in range(count))
    except _DAMAGED as error:
        return Unread(uid, "message_unparsed", f"the item of the .pst file is damaged ({type(error).__name__})")


def _part(attachment: Any, number: int) -> MessagePart:
    texts: dict[int, str] = {}
    is_message = False
    for entry in _entries(attachment):
        kind = entry.get_entry_type()
        if kind in mapi.ATTACHMENT_TEXTS:
            texts.setdefault(kind, _text(entry))
        elif kind == mapi.ATTACH_METHOD:
            is_message = int(entry.get_data_as_integer()) == mapi.EMBEDDED
    try:
        size = None if is_message else attachment.get_size()
    except _DAMAGED:
        # libpff knows no size of what lies elsewhere, such as a link; its name is what matters.
        size = None
    return attachment_part(number, texts, size, is_message=is_message)


def read_item(item: Any) -> MapiMessage:
    """Return the properties of a libpff message."""
    texts: dict[int, str] = {}
    numbers: dict[int, int] = {}
    moments: dict[int, datetime] = {}
    index = b""
    # libpff has a class for each kind of item, with different attributes; the entries are there for all.
    for entry in _entries(item):
        kind = entry.get_entry_type()
        if kind in mapi.TEXTS or kind == mapi.TRANSPORT_HEADERS:
            texts.setdefault(kind, _text(entry))
        elif kind in mapi.NUMBERS:
            numbers[kind] = int(entry.get_data_as_integer())
        elif kind in (mapi.CLIENT_SUBMIT_TIME, mapi.DELIVERY_TIME):
            moments[kind] = entry.get_data_as_datetime().replace(tzinfo=UTC)
        elif kind == mapi.CONVERSATION_INDEX:
            index = entry.get_data() or b""
    # MS-OXCMSG, 2.2.1.46: a subject may begin with a control character and the length of its prefix.
    subject = texts.get(mapi.SUBJECT, "")
    if subject.startswith("\x01"):
        texts[mapi.SUBJECT] = subject[2:]
    table: Any = getattr(item, "recipients", None)
    count = 0 if table is None else table.get_number_of_record_sets()
    return MapiMessage(
        transport_headers=texts.pop(mapi.TRANSPORT_HEADERS, ""),
        texts=texts,
        numbers=numbers,
        submitted=moments.get(mapi.CLIENT_SUBMIT_TIME),
        delivered=moments.get(mapi.DELIVERY_TIME),
        conversation_index=index,
        recipients=tuple(_recipient(table.get_record_set(number)) for number in range(count)),
    )


def _entries(item: Any) -> Iterator[Any]:
    for number in range(item.get_number_of_record_sets()):
        record = item.get_record_set(number)
        for place in range(record.get_number_of_entries()):
            yield record.get_entry(place)


def _recipient(record: Any) -> MapiRecipient:
    kind, texts = 1, {}
    for place in range(record.get_number_of_entries()):
        entry = record.get_entry(place)
        number = entry.get_entry_type()
        if number == mapi.RECIPIENT_TYPE:
            kind = int(entry.get_data_as_integer())
        elif number in (mapi.DISPLAY_NAME, mapi.EMAIL_ADDRESS, mapi.SMTP_ADDRESS):
            texts[number] = _text(entry)
    address = texts.get(mapi.SMTP_ADDRESS) or texts.get(mapi.EMAIL_ADDRESS, "")
    return MapiRecipient(kind, texts.get(mapi.DISPLAY_NAME, ""), address)


def _text(entry: Any) -> str:
    return (entry.get_data_as_string() or "").rstrip("\0")
