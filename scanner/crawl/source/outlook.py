"""Outlook's .msg files (MS-OXMSG), read with python-oxmsg."""

import struct
from collections.abc import Iterator
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
            return tuple(_attachments(ole))
    except StructureError:
        raise
    except _DAMAGED as error:
        raise StructureError(f"the .msg file is damaged ({type(error).__name__})") from error


def _attachments(ole: "OleFileIO[str]") -> Iterator[MessagePart]:
    streams: dict[str, set[str]] = {}
    for folder, *inner in ole.listdir(streams=True, storages=True):
        if folder.startswith("__attach_version1.0_#"):
            streams.setdefault(folder, set()).update(inner[:1])
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
        yield attachment_part(number, texts, size, is_message=f"{data}000D" in names)


def _read(stream: BinaryIO) -> MapiMessage:
    with OleFileIO(stream) as ole:
        storage = _storage(ole)
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


def _storage(ole: "OleFileIO[str]") -> Storage:
    """Read the properties of the message and of its recipients."""
    streams: dict[str, list[Stream]] = {"": []}
    for *above, name in ole.listdir(streams=True, storages=False):
        folder = "/".join(above)
        if (folder and not folder.startswith("__recip_version1.0_#")) or not name.startswith(_STREAMS):
            continue
        place = f"{folder}/{name}" if folder else name
        if ole.get_size(place) > _PROPERTY_LIMIT:
            raise ValueError("a property is too large")
        with ole.openstream(place) as opened:
            streams.setdefault(folder, []).append(Stream(place, opened.read()))
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
