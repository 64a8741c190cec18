"""What the store gives back to the analysis."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from scanner.model.address import AddressClass, AddressField, AddressKey, Identity, MailboxRole, MessageOrigin
from scanner.model.part import MessagePart
from scanner.model.policy import Policy
from scanner.model.receipt import Receipt


@dataclass(frozen=True, slots=True)
class StoredRecipient:
    """One address of a stored message, in header order."""

    field: AddressField
    key: AddressKey | None
    written: str
    """The address as written, or the text of an unresolved entry."""

    display_name: str
    group: str | None = None
    defect: str | None = None


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """Where one copy of a message lies."""

    account: str
    mailbox: str
    role: MailboxRole
    uidvalidity: int
    uid: int
    internal_at: int
    header_sha256: str
    deleted: bool = False
    """Flagged \\Deleted or lying in a trash mailbox."""

    expunged: bool = False
    """No longer listed by the server."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message (identity) of the store with all its addresses and copies."""

    identity: Identity
    message_id: str
    date_field: str
    sent_at: int
    """`is_dated` tells whether it is one."""

    sent_offset: int | None
    origin: MessageOrigin
    subject: str
    recipients: tuple[StoredRecipient, ...]
    """Every address field, senders included; sorted by position."""

    copies: tuple[StoredCopy, ...]
    """Sorted by (account, mailbox, uidvalidity, uid)."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """in-reply-to, references, content-type … as in `Message.fields`."""

    receipts: tuple[Receipt, ...] = ()
    """What is known of who received it, by (key, kind, place of the proof)."""

    answers_read: bool = False
    """The received mail of an account that holds a copy was looked through for answers to it."""

    parts: tuple[MessagePart, ...] | None = None
    """Its structure; None = not known: it shows fewer than two outsiders, or nobody told."""


class MessageSource(Protocol):
    """What analysis needs from a store, and all that a test has to give."""

    def address_keys(self) -> Iterator[AddressKey]:
        """Yield every distinct key of the store, in the order of keys."""

    def list_posts(self) -> Iterator[AddressKey]:
        """Yield keys of addresses that List-Post fields name: they are list addresses."""

    def candidates(self, outsiders: "OutsiderTest", policy: Policy) -> Iterator[StoredMessage]:
        """
        Yield messages with at least two outsiders, Bcc included, or at least two outsiders and unresolved together.

        Also every message of a protected mailbox, account or sender with two
        recipients or more. By (sent_at, identity). Drafts and received mail are left out.
        """

    def by_message_id(self, message_ids: frozenset[str]) -> Iterator[StoredMessage]:
        """Yield the stored messages, of whatever origin, that carry one of these Message-IDs."""

    def first_alone(self, keys: Collection[AddressKey], outsiders: "OutsiderTest") -> Mapping[AddressKey, int]:
        """
        Return the moment of the earliest sent message whose only outsider each of these addresses was.

        To, Cc and Bcc together; an entry that cannot be read may be one more
        outsider. Whom no such message went to is left out.
        """


class OutsiderTest(Protocol):
    """Tells how an address is classed; pure, same key → same answer."""

    def __call__(self, key: AddressKey) -> AddressClass: ...
