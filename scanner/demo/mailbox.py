"""What the demo's server serves: accounts, their mailboxes and the messages in them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServedMessage:
    """One message with what an IMAP server knows beside its octets."""

    internal_at: datetime
    """INTERNALDATE, with a zone."""

    flags: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class ServedMailbox:
    """One mailbox; its messages get UIDs in the order given."""

    name: str
    """Full name with the account's delimiter, not encoded."""

    messages: tuple[ServedMessage, ...] = ()
    special_use: str = ""
    r"""Attribute of RFC 6154 shown in LIST, such as `\Sent`; empty = none."""


@dataclass(frozen=True, slots=True)
class ServedAccount:
    """One login with everything behind it; INBOX exists even when it is not named."""

    user: str
    password: str
    """For loopback only: it protects nothing but invented mail."""

    mailboxes: tuple[ServedMailbox, ...]
    delimiter: str = "/"
