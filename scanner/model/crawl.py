"""What the crawl is told and what it yields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from scanner.model.address import AddressField, Identity, MailboxRole, MessageOrigin, ParsedAddress
from scanner.uids import Ranges


@dataclass(frozen=True, slots=True)
class Account:
    """One login to crawl, as the crawl stage receives it. The password travels apart."""

    name: str
    """Unique; appears in reports, never in logs."""

    host: str
    port: int
    user: str
    security: Literal["tls", "starttls", "none"] = "tls"
    """none = plain text, on loopback only."""

    as_user: str = ""
    """Authorization identity: whose mail is read when `user` is an administrator."""

    auth: Literal["password", "plain", "microsoft", "google"] = "password"
    """How to sign in; the last two by token, `user` being the mailbox that is read."""

    bytes_per_day: int | None = None
    """Bytes to receive on one UTC day at most; None = no limit."""

    ca_file: str = ""
    """Certificates to trust beside the system's; "" = the system's only."""

    source: str = ""
    """A file or folder that is read in place of a server: its absolute path; "" = IMAP. Host and user may be empty."""

    compress: Literal["auto", "always", "never"] = "auto"
    """COMPRESS=DEFLATE; auto = where it is offered, beyond loopback."""

    mailboxes: tuple[str, ...] = ()
    """Names the user set as sent mailboxes: read in addition to those that are found, whatever the server marks."""

    scope: Literal["sent", "ours"] = "sent"
    """ours = every mailbox is read, and of those that are not sent ones mail from us is kept."""

    excluded: tuple[tuple[str, str], ...] = ()
    """(mailbox glob, reason) that must not be read."""

    sent_from: int | None = None
    """The mandate's period: internal dates before this moment are not fetched."""

    sent_until: int | None = None
    timeout: float = 60.0
    """Seconds without an answer until the connection is given up."""


class Progress(Protocol):
    """How long work reports to whoever waits; counts only, no addresses or subjects."""

    def expect(self, total: int) -> None:
        """Add `total` items to what is to be done; fewer than none when some of it will not be done after all."""

    def advance(self, count: int) -> None:
        """Say that `count` more items are done."""

    def say(self, text: str) -> None:
        """Show one short line: which account by number, a wait and why."""


class ScanProgress(Progress, Protocol):
    """How a scan of several accounts reports; called from several threads."""

    def accounts(self, total: int) -> None:
        """Say how many accounts there are."""

    def account_done(self, text: str) -> None:
        """Say that one account more has ended; `text` tells its counts in one line."""

    def wait(self, nothing: float, last: float) -> None:
        """Say for how many seconds from now nothing can go on (0 = something does), and until the last wait ends."""


class Message(NamedTuple):
    """
    One message as the server gave it: metadata only, addresses parsed once.

    A tuple, because one is made for every message: a third of a frozen
    dataclass's cost.

    Text fields are decoded and unfolded; they may hold any character but lone
    surrogates. Empty text means that the field is absent.
    """

    uid: int
    flags: tuple[str, ...]
    size: int
    internal_at: int
    internal_offset: int | None
    identity: Identity
    message_id: str
    date_field: str
    """The raw Date field, 8-bit bytes escaped with backslashes."""

    sent_at: int
    sent_offset: int | None
    origin: MessageOrigin
    subject: str
    senders: tuple[tuple[AddressField, ParsedAddress], ...]
    """From, Sender, Reply-To and Resent-From, in header order."""

    recipients: tuple[tuple[AddressField, ParsedAddress], ...]
    """To, Cc, Bcc, Resent-To and Resent-Cc, in header order."""

    fields: Mapping[str, str]
    """The other fields that were there: lower-case name → unfolded text (IN_FIELDS of scanner.crawl.header)."""

    defects: tuple[str, ...]
    header_sha256: bytes
    header_block: bytes
    """The header fields as received, for evidence; the store decides whether to keep them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not examined. A gap is a row, and stands in every report."""

    account: str
    kind: str
    """One of GAP_KINDS."""

    detail: str
    """In plain words; holds no address, subject or secret, but of a file within a source its path, which may."""

    mailbox: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    raw: bytes = b""
    """The bytes that could not be read, cut at 64 KiB."""


NAMED_IN_SETTINGS = "named in the settings"
"""Why a mailbox counts as sent: a person says so, whatever else lies in it."""

ONLY_MAILBOX = "the only mailbox of the source: taken as sent mail"
"""Why a mailbox counts as sent though nothing tells what lies in it: an export of all mail looks the same."""

READ_FOR_OURS = "read for mail of ours"
"""Why a mailbox is read that is no sent one: the end of the reason."""

MAILBOX_MISSING = "named in the settings, and the account has no such mailbox"


@dataclass(frozen=True, slots=True)
class FoundMailbox:
    """A mailbox as the server lists it, and why it is or is not read."""

    wire_name: bytes
    """As listed, modified UTF-7 or raw UTF-8: what finds it again."""

    name: str
    """Decoded, for people."""

    role: MailboxRole
    reason: str
    in_scope: bool
    search: str = ""
    """SEARCH keys that limit what is read of it; "" = everything."""

    is_excluded: bool = False
    """The settings say that it must not be read: nothing is asked about it."""

    is_searched: bool = False
    """It is not read; its server is asked how much mail of ours lies in it, within `search`."""

    only_ours: bool = False
    """What others wrote is read and not kept: it is no sent mailbox, and the scope is ours."""

    @classmethod
    def excluded(cls, wire_name: bytes, name: str, role: MailboxRole, why: str) -> "FoundMailbox":
        """Return a mailbox that the settings exclude."""
        return cls(wire_name, name, role, f"excluded: {why}", False, is_excluded=True)

    @classmethod
    def missing(cls, name: str) -> "FoundMailbox":
        """Return what stands for a mailbox that the settings name and the account does not have."""
        # Neither NUL nor half characters: no database takes them.
        shown = name.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        return cls(shown.encode(), shown, "sent", MAILBOX_MISSING, False)

    @property
    def is_missing(self) -> bool:
        """The settings name it and the account does not have it."""
        return self.reason == MAILBOX_MISSING


@dataclass(frozen=True, slots=True)
class OpenedMailbox:
    """What EXAMINE said (RFC 9051, 6.3.3)."""

    uidvalidity: int
    uidnext: int | None
    exists: int
    highestmodseq: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome of asking for some UIDs; committed together with the cursor."""

    examined: Ranges
    """UIDs that need not be asked for again, UIDs that do not exist included."""

    messages: tuple[Message, ...]
    gaps: tuple[Gap, ...]
    vanished: int
    """UIDs that were listed and were gone before they could be read."""

    others: Ranges = ()
    """Of the examined UIDs the mail of others: read, and not among the messages."""

    @property
    def count(self) -> int:
        """Number of UIDs that were asked for."""
        return len(self.messages) + len(self.gaps) + self.vanished

    @property
    def fetched(self) -> int:
        """Number of headers that came."""
        return len(self.messages)

    @property
    def reached(self) -> int | None:
        """When the message with the lowest UID was received: what comes next is older as a rule."""
        return min(self.messages, key=lambda message: message.uid).internal_at if self.messages else None


GAP_KINDS: Mapping[str, str] = {
    "account_unreached": "the account was not reached",
    "account_unfinished": "the account was not read to its end",
    "no_sent_mailbox": "no sent mailbox was found",
    "mailbox_missing": "the account has no mailbox of this name",
    "mailbox_unlisted": "the mailbox is no longer listed",
    "mailbox_unreadable": "the mailbox could not be opened",
    "mailbox_miscounted": "the figures of the mailbox do not add up",
    "mailbox_truncated": "the mailbox seems to be cut",
    "message_unserved": "the message is listed and could not be fetched",
    "message_unparsed": "the message could not be understood",
    "message_out_of_period": "the server contradicts itself about the message's date",
    "structure_unread": "the message was read, and what is attached to it is not known",
    "structures_unfinished": "the mailbox was read, and what is attached to some of its mail is not known",
    "answer_without_uid": "an answer named no message",
    "bounce_unread": "the bounce could not be read",
    "received_unread": "received mail was not looked through to its end",
    "trace_word_unknown": "the trace says of copies in an unknown word what became of them",
    "bulk_unexplained": "sent in bulk, but no stored message explains it",
}
