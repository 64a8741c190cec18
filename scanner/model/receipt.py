"""Who received a message, as far as something proves it."""

from dataclasses import dataclass
from typing import Literal

from scanner.model.address import AddressKey, Identity

ReceiptKind = Literal["bounced", "delayed", "delivered", "auto_reply", "replied"]
"""
What happened to the copy of one recipient.

bounced: it could not be delivered, for good. delayed: not yet, which proves
nothing. delivered: a mail server says that it arrived. auto_reply: a program
answered for the recipient (out of office, read receipt), so it arrived.
replied: the recipient answered.
"""

Received = Literal["", "bounced", "delivered", "auto_reply", "replied"]
"""What is proven of a viewer over all messages of an incident; "" = nothing is."""

ARRIVED: tuple[Received, ...] = ("delivered", "auto_reply", "replied")
"""What proves that a copy arrived, the weakest first."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One proof, and where it lies. Of the mail that proves it nothing else is kept."""

    key: AddressKey
    """
    As the message names the recipient; one that it does not name as a trace writes it.

    "" = somebody whom it does not name has answered it; who, is not kept.
    """

    kind: ReceiptKind
    happened_at: int | None
    """When the proof says so (the date of the bounce or reply), seconds UTC; None where it has no date."""

    status: str
    """Enhanced status code (RFC 3463) such as 5.1.1, or the word of a message trace; may be ""."""

    source: Literal["mail", "trace"]
    place: str
    """The account, or the trace's file name."""

    mailbox: str = ""
    uidvalidity: int | None = None
    uid: int | None = None
    """Of mail its UID; of a trace the line."""

    sha256: str = ""
    """Of the header fields that were fetched of the mail, or of the row of the trace."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A stored message whose recipients proofs are looked for."""

    number: int
    """Row number in the store."""

    message_id: str
    sent_at: int
    recipients: frozenset[AddressKey]
    """Of To, Cc and Bcc, the senders left out."""

    senders: frozenset[AddressKey] = frozenset()


@dataclass(frozen=True, slots=True)
class TraceRow:
    """What a message trace says of one copy."""

    line: int
    at: int
    """Seconds UTC."""

    sender: AddressKey
    recipient: AddressKey
    kind: ReceiptKind | None
    """None = its word says nothing of delivery."""

    word: str
    message_id: str
    """As written, "" where the trace does not tell."""

    subject: str


@dataclass(frozen=True, slots=True)
class BulkSend:
    """A mailing that a message trace shows and no stored message explains."""

    sender: AddressKey
    sent_at: int
    """Of its first message."""

    messages: int
    outside: int
    """Outsiders addressed: of one message distinct, of several added up."""

    subject: str
    message_id: str
    trace: str
    """File name of the message trace."""


@dataclass(frozen=True, slots=True)
class TraceImport:
    """One message trace and how it agrees with the store."""

    name: str
    imported_at: int
    first_at: int
    last_at: int
    rows: int
    matched: int
    """Rows of stored messages."""

    unreadable: int
    """Rows that could not be read."""

    unshown: int
    """Distinct (message, address) that the trace delivered to and the stored copy does not name."""

    unknown: tuple[Identity, ...]
    """Stored messages of its period and senders that the trace does not know, by (sent_at, identity)."""


@dataclass(frozen=True, slots=True)
class InboxReading:
    """How far the received mail of one account was looked through for bounces and replies."""

    account: str
    ended_at: int | None
    """When it was last looked through to its end; None = not yet."""

    read: int
    """Messages whose headers were read."""

    unread_bounces: int
    """Bounces that do not tell what came back, or from whom, in a way that can be read."""

    unserved: int
    """Messages that the server lists and did not give."""

    error: str = ""
    """Why the last reading did not come to its end, in words."""


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """All that the store knows about who received what, beside the receipts themselves."""

    inboxes: tuple[InboxReading, ...] = ()
    """By account."""

    traces: tuple[TraceImport, ...] = ()
    """In the order of their import."""

    unexplained: tuple[BulkSend, ...] = ()
    """By (sent_at, sender, message_id)."""

    receipts: int = 0

    @property
    def is_empty(self) -> bool:
        """Nobody has looked yet."""
        return not (self.inboxes or self.traces)
