"""Outlook's .msg files (MS-OXMSG), read with python-oxmsg."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from olefile import OleFileIO
from olefile.olefile import OleFileError
from oxmsg import Message
from oxmsg.domain.model import UnrecognizedCodePageError, UnsupportedEncodingError
from oxmsg.properties import Properties
from oxmsg.storage import Storage, Stream

from scanner.crawl.mime import MOST_PARTS, StructureError
from scanner.crawl.source import mapi
from scanner.crawl.source.mapi import MapiMessage, MapiRecipient, attachment_part, header_block
from scanner.model import MessagePart

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How every compound file begins (MS-CFB, 2.2)."""

_STREAMS = (
    "__properties_version1.0",
    *(
        f"__substg1.0_{number:04X}"
        for number in (
            *sorted(mapi.TEXTS),
            mapi.TRANSPORT_HEADERS,
            mapi.CONVERSATION_INDEX,
            mapi.DISPLAY_NAME,
            mapi.EMAIL_ADDRESS,
            mapi.SMTP_ADDRESS,
        )
    ),
)
"""How the names of the streams begin that are read: bodies and attachments are left alone (MS-OXMSG, 2.1.3)."""

_NAME_BYTES = 4096
"""Of the name of an attachment at most."""

_PROPERTY_LIMIT = 16 * 1024 * 1024
"""Bytes of one property at most."""

# What olefile and python-oxmsg raise on damaged files (seen with olefile 0.47, python-oxmsg 0.0.2).
_DAMAGED = (
    OleFileError,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    struct.error,
    UnrecognizedCodePageError,
    UnsupportedEncodingError,
)


class OutlookError(ValueError):
    """The file is damaged or no message; the text says which."""


def read_outlook_file(stream: BinaryIO) -> tuple[bytes, int | None, bytes]:
    """
    Read a .msg file.

    Args:
        stream: Seekable; stays open.

    Returns:
        (header block, see `scanner.crawl.source.mapi`; moment of delivery or
        sending in seconds since 1970-01-01 UTC; flags)

    Raises:
        OutlookError: It cannot be read.
    """
    try:
        message = _read(stream)
    except OutlookError:
        raise
    except _DAMAGED as error:
        raise OutlookError(f"the .msg file is damaged ({type(error).__name__})") from error
    if not message.texts.get(mapi.MESSAGE_CLASS) and not message.recipients and not message.transport_headers:
        raise OutlookError("the file is an Office document, not a message")
    return header_block(message), message.moment, message.flags


@dataclass(frozen=True, slots=True)
class OutlookAttachment:
    """What is attached to a message of Outlook's."""

    part: MessagePart
    message: tuple[bytes, int | None] | None = None
    """Header block and moment of a message within the message, as from `read_outlook_file`."""

    content: bytes = b""
    """Of a file that was wanted."""

    attached: tuple["OutlookAttachment", ...] = ()
    """To the attached message."""


def read_outlook_attachments(
    stream: BinaryIO, wants: Callable[[MessagePart], bool], deepest: int, most: int
) -> tuple[OutlookAttachment, ...]:
    """
    Return what is attached to a .msg file, with the content of messages, and of files that are wanted.

    Args:
        stream: Seekable; stays open.

        wants: Asked about each attached file.

        deepest: How many messages within the attached messages are opened.

        most: Bytes of a file that is read.

    Raises:
        OutlookError: It cannot be read, or a file that is wanted is larger.
    """
    try:
        with OleFileIO(stream) as ole:
            return tuple(_attached(ole, "", wants, deepest, most))
    except OutlookError:
        raise
    except _DAMAGED as error:
        raise OutlookError(f"the .msg file is damaged ({type(error).__name__})") from error


def _attached(
    ole: "OleFileIO[str]", above: str, wants: Callable[[MessagePart], bool], deepest: int, most: int
) -> Iterator[OutlookAttachment]:
    for folder, part in _attachments(ole, above):
        content = f"{folder}/__substg1.0_{mapi.ATTACH_DATA:04X}"
        if part.is_message and ole.exists(f"{content}000D"):
            message = _message(ole, f"{content}000D/")
            inner: tuple[OutlookAttachment, ...] = ()
            if deepest >= 0:
                inner = tuple(_attached(ole, f"{content}000D/", wants, deepest - 1, most))
            yield OutlookAttachment(part, (header_block(message), message.moment), attached=inner)
        elif wants(part) and ole.exists(f"{content}0102"):
            if ole.get_size(f"{content}0102") > most:
                raise OutlookError(f"an attached mail is larger than {most // 1024 // 1024} MiB")
            with ole.openstream(f"{content}0102") as opened:
                yield OutlookAttachment(part, content=opened.read())
        else:
            yield OutlookAttachment(part)


def read_outlook_parts(stream: BinaryIO) -> tuple[MessagePart, ...]:
    """
    Return the attachments of a .msg file, by their numbers; their contents are left alone.

    Args:
        stream: Seekable; stays open.

    Raises:
        StructureError: The file is damaged, or has too many of them.
    """
    try:
        with OleFileIO(stream) as ole:
            return tuple(part for _, part in _attachments(ole, ""))
    except StructureError:
        raise
    except _DAMAGED as error:
        raise StructureError(f"the .msg file is damaged ({type(error).__name__})") from error


def _attachments(ole: "OleFileIO[str]", above: str) -> Iterator[tuple[str, MessagePart]]:
    """Yield (its folder, the part) of the attachments of the message in a folder; "" is the file itself."""
    streams: dict[str, set[str]] = {}
    for place in map("/".join, ole.listdir(streams=True, storages=True)):
        folder, _, inner = place.removeprefix(above).partition("/")
        if place.startswith(above) and folder.startswith("__attach_version1.0_#"):
            streams.setdefault(f"{above}{folder}", set()).update(inner.split("/")[:1])
    if len(streams) > MOST_PARTS:
        raise StructureError(f"it has more than {MOST_PARTS:,} parts")
    for number, folder in enumerate(sorted(streams), 1):
        names = streams[folder]
        texts = {}
        for known in mapi.ATTACHMENT_TEXTS:
            # MS-OXCDATA, 2.11.1: 001F is UTF-16, 001E in the code page of whoever wrote it.
            for kind, codec in (("001F", "utf-16-le"), ("001E", "cp1252")):
                name = f"__substg1.0_{known:04X}{kind}"
                if known not in texts and name in names and ole.get_size(f"{folder}/{name}") <= _NAME_BYTES:
                    with ole.openstream(f"{folder}/{name}") as opened:
                        texts[known] = opened.read().decode(codec, "replace").rstrip("\0")
        data = f"__substg1.0_{mapi.ATTACH_DATA:04X}"
        size = ole.get_size(f"{folder}/{data}0102") if f"{data}0102" in names else None
        yield folder, attachment_part(number, texts, size, is_message=f"{data}000D" in names)


def _read(stream: BinaryIO) -> MapiMessage:
    with OleFileIO(stream) as ole:
        return _message(ole, "")


def _message(ole: "OleFileIO[str]", above: str) -> MapiMessage:
    storage = _storage(ole, above)
    _check_recipients(storage)
    source = Message(storage)
    properties = source.properties
    return MapiMessage(
        transport_headers=_text(properties, mapi.TRANSPORT_HEADERS),
        texts={number: text for number in mapi.TEXTS if (text := _text(properties, number))},
        numbers={number: value for number in mapi.NUMBERS if (value := _number(properties, number)) is not None},
        submitted=_moment(properties, mapi.CLIENT_SUBMIT_TIME),
        delivered=_moment(properties, mapi.DELIVERY_TIME),
        conversation_index=properties.binary_prop_value(mapi.CONVERSATION_INDEX) or b"",
        recipients=tuple(_recipient(one.properties) for one in source.recipients),
    )


def _check_recipients(storage: Storage) -> None:
    """Compare the table with the count in front of the properties (MS-OXMSG, 2.4.1.1): none may be lost in silence."""
    (told,) = struct.unpack_from("<I", storage.properties_stream_bytes, 16)
    found = len(storage.storages)
    if told > found:
        raise OutlookError(f"the .msg file is damaged: it tells of {told} recipients and holds {found}")


def _storage(ole: "OleFileIO[str]", above: str) -> Storage:
    """Read the properties of the message in a folder, "" or ending in /, and of its recipients."""
    streams: dict[str, list[Stream]] = {"": []}
    for place in map("/".join, ole.listdir(streams=True, storages=False)):
        folder, _, name = place.removeprefix(above).rpartition("/")
        is_read = not folder or (folder.startswith("__recip_version1.0_#") and "/" not in folder)
        if not place.startswith(above) or not is_read or not name.startswith(_STREAMS):
            continue
        if ole.get_size(place) > _PROPERTY_LIMIT:
            raise ValueError("a property is too large")
        with ole.openstream(place) as opened:
            content = opened.read()
        if above and not folder and name == "__properties_version1.0":
            # MS-OXMSG, 2.4.1.2: the header of an embedded message lacks the last 8 bytes that python-oxmsg skips.
            content = content[:24] + bytes(8) + content[24:]
        streams.setdefault(folder, []).append(Stream(place, content))
    recipients = tuple(Storage(folder, tuple(found), ()) for folder, found in sorted(streams.items()) if folder)
    return Storage("", tuple(streams[""]), recipients)


def _recipient(properties: Properties) -> MapiRecipient:
    return MapiRecipient(
        _number(properties, mapi.RECIPIENT_TYPE) or 1,
        _text(properties, mapi.DISPLAY_NAME),
        _text(properties, mapi.SMTP_ADDRESS) or _text(properties, mapi.EMAIL_ADDRESS),
    )


def _text(properties: Properties, number: int) -> str:
    return (properties.str_prop_value(number) or "").rstrip("\0")


# The rest of a properties stream names streams that were not read; only values that are asked for are looked up.
def _number(properties: Properties, number: int) -> int | None:
    value = properties.int_prop_value(number)
    return value if isinstance(value, int) else None


def _moment(properties: Properties, number: int) -> datetime | None:
    try:
        value = properties.date_prop_value(number)
    except OverflowError:
        # A time beyond the calendar costs itself only.
        return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
