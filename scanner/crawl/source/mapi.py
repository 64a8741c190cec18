"""
A header made of Outlook's properties (MS-OXPROPS, MS-OXOMSG, MS-OXCMAIL).

Exchange and Outlook keep no Internet header for mail that was sent from
there, only properties and a table of recipients. Where there is a header as
it was transported, it is kept as it stands; what it lacks (Bcc always, To and
Cc of sent mail often) is added from the table, and nothing else.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

from scanner.crawl.mime import make_part
from scanner.crawl.source.block import field_bodies
from scanner.model import MessagePart

SUBJECT = 0x0037
MESSAGE_CLASS = 0x001A
SENSITIVITY = 0x0036
CLIENT_SUBMIT_TIME = 0x0039
SENT_REPRESENTING_NAME = 0x0042
SENT_REPRESENTING_ADDRESS = 0x0065
CONVERSATION_TOPIC = 0x0070
CONVERSATION_INDEX = 0x0071
TRANSPORT_HEADERS = 0x007D
RECIPIENT_TYPE = 0x0C15
SENDER_NAME = 0x0C1A
SENDER_ADDRESS = 0x0C1F
DELIVERY_TIME = 0x0E06
MESSAGE_FLAGS = 0x0E07
MESSAGE_ID = 0x1035
REFERENCES = 0x1039
IN_REPLY_TO = 0x1042
DISPLAY_NAME = 0x3001
ATTACH_DATA = 0x3701
ATTACH_FILENAME = 0x3704
ATTACH_METHOD = 0x3705
ATTACH_LONG_FILENAME = 0x3707
ATTACH_MIME_TAG = 0x370E
EMAIL_ADDRESS = 0x3003
SMTP_ADDRESS = 0x39FE
SENDER_SMTP_ADDRESS = 0x5D01
SENT_REPRESENTING_SMTP_ADDRESS = 0x5D02

TEXTS = frozenset(
    {
        SUBJECT,
        MESSAGE_CLASS,
        SENT_REPRESENTING_NAME,
        SENT_REPRESENTING_ADDRESS,
        CONVERSATION_TOPIC,
        SENDER_NAME,
        SENDER_ADDRESS,
        MESSAGE_ID,
        REFERENCES,
        IN_REPLY_TO,
        SENDER_SMTP_ADDRESS,
        SENT_REPRESENTING_SMTP_ADDRESS,
    }
)
"""Properties of a message whose text is read."""

NUMBERS = frozenset({SENSITIVITY, MESSAGE_FLAGS})
"""Properties of a message whose number is read."""

_READ, _UNSENT = 0x1, 0x8
_SENSITIVITIES = {1: "Personal", 2: "Private", 3: "Company-Confidential"}
_CALENDAR = "ipm.schedule.meeting"


class MapiRecipient(NamedTuple):
    """One row of a table of recipients."""

    kind: int
    """1 To, 2 Cc, 3 Bcc (MS-OXOMSG, 2.2.3.1); the high bits say how sending went."""

    name: str
    address: str
    """SMTP, else what the directory calls it (X.500)."""


class MapiMessage(NamedTuple):
    """What a message's properties say; texts "" and moments None where they say nothing."""

    transport_headers: str
    texts: dict[int, str]
    """Property → text, of those named above."""

    numbers: dict[int, int]
    submitted: datetime | None
    delivered: datetime | None
    conversation_index: bytes
    recipients: tuple[MapiRecipient, ...]

    @property
    def flags(self) -> bytes:
        """As FETCH gives them."""
        told = self.numbers.get(MESSAGE_FLAGS, 0)
        return b" ".join(flag for bit, flag in ((_READ, b"\\Seen"), (_UNSENT, b"\\Draft")) if told & bit)

    @property
    def moment(self) -> int | None:
        """Seconds since 1970-01-01 UTC of the delivery, else of sending."""
        at = self.delivered or self.submitted
        return int(at.timestamp()) if at else None


def header_block(message: MapiMessage) -> bytes:
    """Return the header as transported, completed from the properties, with CRLF and the blank line that ends it."""
    carried = "\r\n".join(message.transport_headers.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n"))
    if carried.lower().startswith("microsoft mail internet headers"):
        # Outlook puts this line before the fields of what came over the Internet.
        carried = carried.partition("\r\n")[2]
    block = (carried + "\r\n").encode("utf-8", "surrogateescape") if carried else b""
    made = [(name, body) for name, body in _fields(message) if body and not field_bodies(block, name.lower().encode())]
    lines = [f"{name}: {body}\r\n".encode("utf-8", "replace") for name, body in made]
    return block + b"".join(lines) + b"\r\n"


ATTACHMENT_TEXTS = (ATTACH_LONG_FILENAME, ATTACH_FILENAME, DISPLAY_NAME, ATTACH_MIME_TAG)
"""Properties of an attachment whose text is read (MS-OXCMSG, 2.2.2)."""

EMBEDDED = 5
"""The ATTACH_METHOD of a message within the message."""


def attachment_part(number: int, texts: Mapping[int, str], size: int | None, *, is_message: bool) -> MessagePart:
    """
    Return the part that an attachment would be in a mail.

    Args:
        number: Its place among the attachments, from 1.

        texts: Property → text, of ATTACHMENT_TEXTS.

        size: Of its content in bytes; not encoded, as files are.

        is_message: It is a message.
    """
    name = next((texts[known] for known in ATTACHMENT_TEXTS[:3] if texts.get(known)), "")
    kind = "message/rfc822" if is_message else texts.get(ATTACH_MIME_TAG, "") or "application/octet-stream"
    top, _, sub = kind.encode("ascii", "replace").partition(b"/")
    parameters = [(b"filename", name.encode("utf-8", "surrogatepass"))]
    return make_part(str(number), (top, sub), (), b"attachment", parameters, size)


def _fields(message: MapiMessage) -> Iterable[tuple[str, str]]:
    texts = message.texts
    author = _mailbox(
        texts.get(SENT_REPRESENTING_NAME, ""),
        texts.get(SENT_REPRESENTING_SMTP_ADDRESS, "") or texts.get(SENT_REPRESENTING_ADDRESS, ""),
    )
    sender = _mailbox(texts.get(SENDER_NAME, ""), texts.get(SENDER_SMTP_ADDRESS, "") or texts.get(SENDER_ADDRESS, ""))
    at = message.submitted or message.delivered
    yield "Date", format_datetime(at.astimezone(UTC).replace(microsecond=0)) if at else ""
    yield "From", author or sender
    yield "Sender", sender if author and sender != author else ""
    for kind, name in ((1, "To"), (2, "Cc"), (3, "Bcc")):
        yield (
            name,
            ",\r\n ".join(
                # A row without name and address is somebody all the same: kept as an entry that cannot be read.
                _mailbox(one.name, one.address) or '"recipient without a name"'
                for one in message.recipients
                if one.kind & 0xF == kind
            ),
        )
    yield "Subject", _line(texts.get(SUBJECT, ""))
    yield "Message-ID", _line(texts.get(MESSAGE_ID, ""))
    yield "In-Reply-To", _line(texts.get(IN_REPLY_TO, ""))
    yield "References", _line(texts.get(REFERENCES, ""))
    yield "Thread-Topic", _line(texts.get(CONVERSATION_TOPIC, ""))
    yield "Thread-Index", b64encode(message.conversation_index).decode("ascii")
    yield "Sensitivity", _SENSITIVITIES.get(message.numbers.get(SENSITIVITY, 0), "")
    if texts.get(MESSAGE_CLASS, "").lower().startswith(_CALENDAR):
        yield "Content-Class", "urn:content-classes:calendarmessage"


def _mailbox(name: str, address: str) -> str:
    """Write a mailbox (RFC 5322, 3.4, with RFC 6532's characters); a name alone stays a name, and unresolved."""
    name, address = _line(name), _line(address)
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if name else ""
    if not address:
        return quoted
    if name in ("", address):
        # A name that the directory did not know stands in both places.
        return f"<{address}>" if "@" in address or address.startswith("/") else f'"{address}"'
    return f"{quoted} <{address}>"


def _line(text: str) -> str:
    # A property can hold line ends and NUL; in a header they would begin a field of somebody's own.
    return " ".join(text.replace("\0", " ").split())
