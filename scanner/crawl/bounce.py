"""
Delivery reports (RFC 3464): which parts of a bounce are read, and what they say of whom.

    multipart/report; report-type=delivery-status      (RFC 6522)
      text/plain                       for people, in any language: never read
      message/delivery-status          one block about the message, one for each recipient
      text/rfc822-headers or message/rfc822     what came back: its Message-ID

Of the last part only the Message-ID is used, of a whole message only that
field is fetched.
"""

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any, Literal

from scanner.addresses import address_key, parse_address_list
from scanner.model import AddressKey

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
ACTIONS: frozenset[str] = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
"""RFC 3464, 2.3.3."""

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers"})
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})
_DEPTH = 3
"""Levels of multiparts: gateways put a report into a multipart/mixed with their disclaimer."""

_FIELD_END = re.compile(r"\r\n(?![ \t])|\n(?![ \t])|\r(?![ \t\n])")
_BLANK_LINE = re.compile(r"(?:\r?\n|\r(?!\n))[ \t]*(?=\r?\n|\r)")
_CODE = re.compile(r"\d\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_XTEXT = re.compile(r"\+([0-9A-F]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Copy:
    """What a report says of one recipient."""

    final: AddressKey | None
    """Where the last server tried to deliver to."""

    original: AddressKey | None
    """As the sender had addressed it; few servers say so."""

    action: Action
    status: str
    """Enhanced status code (RFC 3463), "" when there is none."""

    @property
    def keys(self) -> tuple[AddressKey, ...]:
        """The addresses by which the sender may know the recipient, the likelier first."""
        return tuple(dict.fromkeys(key for key in (self.original, self.final) if key is not None))


@dataclass(frozen=True, slots=True)
class Report:
    """One bounce, read."""

    message_id: str
    """Of the message that came back, "" when the report does not tell."""

    copies: tuple[Copy, ...]
    """In the order of the report; empty when it names nobody."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a mail that is to be fetched."""

    number: str
    """As in BODY[2.1] (RFC 9051, 6.4.5)."""

    kind: Literal["status", "headers", "message"]
    encoding: str
    size: int


def is_report(content_type: str) -> bool:
    """Tell whether a Content-Type field says that delivery is reported; one without report-type may be."""
    kind, _, parameters = content_type.lower().partition(";")
    if kind.strip() != "multipart/report":
        return False
    told = re.search(r'report-type\s*=\s*"?([\w.-]+)', parameters)
    return told is None or told[1] in ("delivery-status", "global-delivery-status")


def report_sections(structure: Any) -> tuple[Section, ...]:
    """
    Return what is to be fetched of a bounce: its delivery status, then what tells the Message-ID; or nothing.

    Args:
        structure: BODYSTRUCTURE as imapclient parses it.

    Raises TypeError, ValueError, IndexError or AttributeError for what is none.
    """
    parts = list(_parts(structure, "", _DEPTH))
    status = next((part for part in parts if part.kind == "status"), None)
    if status is None:
        return ()
    returned = next((part for part in parts if part.kind != "status"), None)
    return (status,) if returned is None else (status, returned)


def _parts(structure: Any, prefix: str, depth: int) -> Iterator[Section]:
    if not isinstance(structure[0], list):
        if section := _section(structure, prefix or "1"):
            yield section
    elif depth:
        for number, part in enumerate(structure[0], 1):
            yield from _parts(part, f"{prefix}.{number}" if prefix else str(number), depth - 1)


def _section(part: Sequence[Any], number: str) -> Section | None:
    kind = f"{_word(part[0])}/{_word(part[1])}"
    size = part[6] if isinstance(part[6], int) else 0
    encoding = _word(part[5])
    if kind in _STATUS_TYPES:
        return Section(number, "status", encoding, size)
    if kind in _HEADER_TYPES:
        return Section(number, "headers", encoding, size)
    return Section(number, "message", "", 0) if kind in _MESSAGE_TYPES else None


def _word(value: Any) -> str:
    return value.decode("ascii", "replace").lower() if isinstance(value, bytes) else ""


def decode_part(data: bytes, encoding: str) -> bytes:
    """Undo a part's Content-Transfer-Encoding; what is broken stays as it came."""
    if encoding == "base64":
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return data
    return quopri.decodestring(data) if encoding == "quoted-printable" else data


def read_report(status: bytes, returned: bytes) -> Report:
    """
    Read a delivery status and, for the Message-ID, the header of what came back.

    Exchange and Gmail tell the Message-ID in the delivery status, too; that
    counts where nothing came back.
    """
    message_id = _message_id(_fields(_text(returned)), "message-id")
    copies: list[Copy] = []
    for block in _BLANK_LINE.split(_text(status)):
        fields = _fields(block)
        message_id = message_id or _message_id(fields, "x-original-message-id", "original-message-id")
        if copy := _copy(fields):
            copies.append(copy)
    return Report(message_id, tuple(copies))


def read_report_mail(mail: Message) -> Report | None:
    """Read a bounce of which the whole mail is at hand; None when it holds no delivery status."""
    status = next((part for part in mail.walk() if part.get_content_type() in _STATUS_TYPES), None)
    if status is None:
        return None
    payload = status.get_payload()
    # The parser of the standard library takes each block for a message of its own.
    blocks = [str(block) for block in payload] if isinstance(payload, list) else [str(payload)]
    returned = b""
    for part in mail.walk():
        kind = part.get_content_type()
        inner = part.get_payload()
        if kind in _HEADER_TYPES and not isinstance(inner, list):
            decoded = part.get_payload(decode=True)
            returned = returned or (decoded if isinstance(decoded, bytes) else b"")
        elif kind in _MESSAGE_TYPES and isinstance(inner, list) and inner and isinstance(inner[0], Message):
            returned = returned or f"Message-ID: {inner[0].get('Message-ID', '')}\r\n".encode("utf-8", "replace")
    return read_report("\r\n\r\n".join(block.strip() for block in blocks).encode("utf-8", "surrogateescape"), returned)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _fields(block: str) -> dict[str, str]:
    """Return lower-case name → unfolded body of a block of fields, the first of each name."""
    found: dict[str, str] = {}
    for line in _FIELD_END.split(block):
        name, colon, body = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), " ".join(body.split()))
    return found


def _message_id(fields: dict[str, str], *names: str) -> str:
    for name in names:
        if found := _MESSAGE_ID.search(fields.get(name, "")):
            return found[0]
    return ""


def _copy(fields: dict[str, str]) -> Copy | None:
    """Read the block of one recipient; None for the block about the message, and for actions that nobody knows."""
    final, original = _address(fields.get("final-recipient", "")), _address(fields.get("original-recipient", ""))
    action = fields.get("action", "").split(" ")[0].lower().rstrip(";")
    if (final is None and original is None) or action not in ACTIONS:
        return None
    code = _CODE.search(fields.get("status", ""))
    told: Action = action  # type: ignore[assignment] # one of ACTIONS
    return Copy(final, original, told, code[0] if code else "")


def _address(body: str) -> AddressKey | None:
    """Return the address of a recipient field, `rfc822; ada@example.org` (RFC 3464, 2.3.1); None for other systems'."""
    kind, semicolon, address = body.rpartition(";")
    if semicolon and kind.strip().lower() not in ("rfc822", "utf-8"):
        return None
    written = address.strip()
    entries = [entry.key for entry in parse_address_list(written) if entry.key and "@" in entry.key]
    return entries[0] if len(entries) == 1 else None


def without_xtext(key: AddressKey) -> AddressKey:
    """Return the address behind an Original-Recipient that a server left encoded: `+2B` is a plus (RFC 3461, 4)."""
    return address_key(
        _XTEXT.sub(lambda match: chr(int(match[1], 16)), key.replace("+2b", "+2B").replace("+3d", "+3D"))
    )
