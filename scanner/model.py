"""
The frozen objects that the stages hand to each other.

No I/O and no SQLAlchemy here: crawl yields `Message` and `Gap`, the store
keeps them and gives back `StoredMessage`, analysis turns those into
`Incident`, and exports read a `Report`. Moments are whole seconds since
1970-01-01 UTC (`int`) with the offset that was written beside them in
minutes; `None` means that no offset could be read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NewType, Protocol

from scanner.uids import Ranges

AddressKey = NewType("AddressKey", str)
"""A normalised address; only `scanner.addresses.address_key` makes one."""

Identity = NewType("Identity", str)
"""64 hex digits naming a message wherever its copies lie (CONTRACTS: Messages)."""

IncidentKey = NewType("IncidentKey", str)
"""12 hex digits naming an incident (CONTRACTS: Incidents)."""

AddressField = Literal["from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-to", "resent-cc"]
"""The header field an address stood in, lower case."""

VISIBLE_FIELDS: frozenset[str] = frozenset({"to", "cc", "resent-to", "resent-cc"})
"""Fields that travel with the message to every recipient (RFC 5322, 3.6.3 and 3.6.6)."""

SENDER_FIELDS: frozenset[str] = frozenset({"from", "sender", "resent-from"})

MailboxRole = Literal["sent", "drafts", "trash", "junk", "archive", "all", "inbox", "other"]
MessageOrigin = Literal["sent", "draft", "received"]


# --- addresses -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """
    One entry of an address list.

    `key` is None when the entry is no mail address (a bare list name, a Notes
    name, a server's placeholder): it is kept as text and counted as unresolved.
    """

    addr_spec: str
    """As written, comments and folding removed; the raw text of an unresolved entry. Never empty."""

    display_name: str = ""
    """Decoded (RFC 2047, RFC 6532, guessed 8-bit); "" when none was shown."""

    display_name_raw: str = ""
    """As it stood in the header, 8-bit bytes as surrogate escapes; "" when equal to display_name."""

    group: str | None = None
    """Display name of the group it stood in (RFC 5322, 3.4)."""

    defect: str | None = None
    """One word of `scanner.addresses.DEFECTS`, None when the entry is well-formed."""

    key: AddressKey | None = None


@dataclass(frozen=True, slots=True)
class AddressClass:
    """What an address is under a policy, and which rule says so."""

    kind: Literal["inside", "outside", "list", "unresolved"]
    outsider: bool
    """Outside, or inside but protected: whom exposure can harm."""

    organisation: str
    """Registrable domain or tenant; for a private mailbox at a provider the address key itself."""

    rule: str
    """The rule that decided, in words: `domain corp.example`, `protected students`."""

    private: bool = False
    """A mailbox at a consumer provider (gmail, btinternet …)."""

    role: bool = False
    """A role address (info@, office@), not a person."""

    sister: bool = False
    """Inside by way of a sister company's domain; listed apart."""


# --- crawl -----------------------------------------------------------------


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

    ca_file: str = ""
    """Certificates to trust beside the system's; "" = the system's only."""

    source: str = ""
    """A file or folder that is read in place of a server: its absolute path; "" = IMAP. Host and user may be empty."""

    mailboxes: tuple[str, ...] = ()
    """Names the user set as sent mailboxes; they win over what is found."""

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
        """Add `total` items to what is to be done."""

    def advance(self, count: int) -> None:
        """Say that `count` more items are done."""

    def say(self, text: str) -> None:
        """Show one short line: which account by number, a wait and why."""


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
    """In plain words; holds no address, subject or secret."""

    mailbox: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    raw: bytes = b""
    """The bytes that could not be read, cut at 64 KiB."""


NAMED_IN_SETTINGS = "named in the settings"
"""Why a mailbox counts as sent: a person says so, whatever else lies in it."""

ONLY_MAILBOX = "the only mailbox of the source: taken as sent mail"
"""Why a mailbox counts as sent though nothing tells what lies in it: an export of all mail looks the same."""

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


GAP_KINDS: Mapping[str, str] = {
    "account_unreached": "the account could not be opened",
    "account_unfinished": "the connection failed before everything was read",
    "no_sent_mailbox": "no sent mailbox was found",
    "mailbox_missing": "the account has no mailbox of this name",
    "mailbox_unreadable": "the mailbox could not be opened",
    "mailbox_miscounted": "the figures of the mailbox do not add up",
    "mailbox_truncated": "the file of the mailbox seems to be cut",
    "message_unserved": "the server lists the message but does not give it",
    "message_unparsed": "the server's answer could not be understood",
    "answer_without_uid": "an answer named no message",
}


# --- policy ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """Whom or what a policy entry means: exactly one of the parts is set, glob characters allowed."""

    by: Literal["mailbox", "account", "sender", "list", "subject", "domain", "address"]
    glob: str


@dataclass(frozen=True, slots=True)
class Label:
    """Sensitivity that a person set on a mailbox, account, sender, list or subject."""

    name: str
    pattern: Pattern
    unit: str = ""
    """Labels with the same unit make one sending unit."""


@dataclass(frozen=True, slots=True)
class Protected:
    """Insiders who count as outsiders: data subjects of the organisation itself."""

    name: str
    pattern: Pattern
    """by domain or address: these addresses; by mailbox, account or sender: every recipient of that mail."""


@dataclass(frozen=True, slots=True)
class ApprovedGroup:
    """People who agreed to see each other. `expires` and `since` are moments; None = open."""

    name: str
    members: frozenset[AddressKey]
    domains: frozenset[str]
    owner: str
    reason: str
    since: int | None
    expires: int | None


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner organisation; a mitigant."""

    domain: str
    reason: str
    since: int | None
    expires: int | None


@dataclass(frozen=True, slots=True)
class Policy:
    """All that decides what counts: same store, same policy, same `as_of` → same result."""

    organisation: str = ""
    domains: frozenset[str] = frozenset()
    """Own domains as A-labels; sub-domains count as inside."""

    sister_domains: frozenset[str] = frozenset()
    addresses: frozenset[AddressKey] = frozenset()
    """Own addresses at a provider's domain, account logins included."""

    list_addresses: frozenset[AddressKey] = frozenset()
    account_addresses: tuple[tuple[str, AddressKey], ...] = ()
    """(account name, address) of the accounts themselves: in its own mail an account is the sender, never counted."""

    protected: tuple[Protected, ...] = ()
    labels: tuple[Label, ...] = ()
    groups: tuple[ApprovedGroup, ...] = ()
    partners: tuple[Partner, ...] = ()
    queue_floor: int = 5
    queue_score: int = 0
    window_days: int = 14
    time_zone: str = "UTC"


# --- store → analysis ------------------------------------------------------


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
    sent_offset: int | None
    origin: MessageOrigin
    subject: str
    recipients: tuple[StoredRecipient, ...]
    """Every address field, senders included; sorted by position."""

    copies: tuple[StoredCopy, ...]
    """Sorted by (account, mailbox, uidvalidity, uid)."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """in-reply-to, references, content-type … as in `Message.fields`."""


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


class OutsiderTest(Protocol):
    """Tells how an address is classed; pure, same key → same answer."""

    def __call__(self, key: AddressKey) -> AddressClass: ...


# --- analysis --------------------------------------------------------------

MessageKind = Literal[
    "original", "batch", "resend", "correction", "recall", "apology", "reply", "forward", "invite", "system"
]
Tier = Literal["full", "partial", "nameless", "role", "list"]
Status = Literal["candidate", "confirmed", "dismissed", "asked"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The figures of an incident or of all queued ones; definitions in CONTRACTS: Exposure."""

    messages: int
    exposure_events: int
    exposed_addresses: int
    exposed_people: int
    identifiable_full: int
    identifiable_partial: int
    nameless: int
    role: int
    list: int
    unresolved: int
    viewers: int
    internal_visible: int
    bcc_viewers: int
    delivered: int | None
    """None = unknown: nothing in the store proves delivery."""

    replied: int | None
    people_lower: int
    people_upper: int
    at_least: bool
    """A list address or a gap is involved: people_upper is "at least"."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score."""

    rule: str
    points: int
    text: str
    """Plain words with the numbers; holds no address."""


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """A message of an incident and what it showed."""

    message: StoredMessage
    kind: MessageKind
    exposed: tuple[AddressKey, ...]
    """Distinct outsiders in To and Cc, sorted; at least two."""


@dataclass(frozen=True, slots=True)
class ExposedAddress:
    """One exposed address of an incident."""

    key: AddressKey
    person_id: str
    display_names: tuple[str, ...]
    """As shown, distinct, sorted; may be empty."""

    tier: Tier
    messages: tuple[Identity, ...]
    """The incident's messages that show it, by (sent_at, identity)."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """An address that an incident's messages went to."""

    key: AddressKey
    """Of an X.500 name, which is no mail address, the folded text."""

    inside: bool
    """No outsider: protected insiders are outsiders, and False here."""

    field: Literal["to", "cc", "bcc"]
    """The widest field it stood in: to > cc > bcc; Resent fields count as to and cc."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One act of disclosure; a candidate until a named person decides."""

    key: IncidentKey
    rank: int
    """1 = worst; 0 = not queued."""

    score: int
    queued: str
    """Why it is queued: floor | recall | label | unreadable list; "" = not queued."""

    status: Status
    subject: str
    """Of the earliest message."""

    senders: tuple[AddressKey, ...]
    first_sent_at: int
    last_sent_at: int
    label: str
    reasons: tuple[Reason, ...]
    ladder: Ladder
    related: tuple[IncidentKey, ...]
    bcc_siblings: tuple[Identity, ...]
    messages: tuple[IncidentMessage, ...]
    """By (sent_at, identity)."""

    exposed: tuple[ExposedAddress, ...]
    """By key."""

    viewers: tuple[Viewer, ...]
    """By key."""


@dataclass(frozen=True, slots=True)
class BelowIncident:
    """An incident that is not queued, in short: there may be very many."""

    key: IncidentKey
    score: int
    subject: str
    """Of the earliest message."""

    first_sent_at: int
    last_sent_at: int
    label: str
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class AlsoLook:
    """A message that shows one outsider to many in Bcc: no exposure by definition, worth a look."""

    identity: Identity
    sent_at: int
    subject: str
    visible_outsiders: int
    bcc_outsiders: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that one analysis found. Incidents: queued ones by rank, then the others by (-score, key)."""

    as_of: int
    policy_sha256: str
    incidents: tuple[Incident, ...]
    also_look: tuple[AlsoLook, ...]


# --- report ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Addresses that belong to one person, over all queued incidents."""

    person_id: str
    addresses: tuple[AddressKey, ...]
    display_names: tuple[str, ...]
    tier: Tier
    merge_reasons: tuple[str, ...]
    incidents: tuple[IncidentKey, ...]
    first_sent_at: int
    last_sent_at: int


FORMER_EPOCH = "a former epoch: the server has numbered the mailbox anew"


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The accounting of one mailbox epoch, or of an account that was never reached (mailbox "")."""

    account: str
    mailbox: str
    role: str
    reason: str
    """Why it is, or is not, in scope."""

    in_scope: bool
    uidvalidity: int | None
    enumerated: int
    stored: int
    vanished: int
    errored: int
    expunged_since: int
    drafts: int
    received: int
    with_bcc: int
    """Messages with a Bcc field: few or none means that Bcc figures say little."""

    oldest: int | None
    newest: int | None
    gaps: int
    scanned_at: int | None
    """End of the scan that gave these figures; None = never finished."""

    @property
    def is_former(self) -> bool:
        """The server has given the mailbox another UIDVALIDITY since."""
        return self.reason == FORMER_EPOCH

    @property
    def was_asked(self) -> bool:
        """The mailbox was opened at least once; the figures of others say nothing."""
        return self.uidvalidity is not None


@dataclass(frozen=True, slots=True)
class Totals:
    """The headline figures over all queued incidents; addresses and people counted once."""

    ladder: Ladder
    by_status: Mapping[str, int]
    below_floor_messages: int
    below_floor_addresses: int
    incidents: int
    newest_sent_at: int | None
    coverage_stored: int
    coverage_enumerated: int
    accounts_unreached: tuple[str, ...]
    oldest_mail: int | None
    newest_mail: int | None


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What every report says about itself."""

    organisation: str
    time_zone: str
    mandate: Mapping[str, str]
    generated_at: int
    as_of: int
    tool_version: str
    parser_version: str
    policy_sha256: str
    queue_floor: int
    queue_score: int
    provisional: bool
    """A scan has not finished: figures can only grow."""


class Report(Protocol):
    """What exports read; every method starts a new pass and holds one incident at a time."""

    head: ReportHead
    totals: Totals

    def incidents(self) -> Iterator[Incident]:
        """Yield queued incidents by rank."""

    def find(self, beginning: str) -> Iterator[Incident]:
        """Yield the incidents, queued or not, whose keys begin so: by rank, then those that are not queued."""

    def below(self) -> Iterator[BelowIncident]:
        """Yield the incidents that are not queued, by (-score, key)."""

    def people(self) -> Iterator[Person]:
        """Yield exposed people of all queued incidents, by person_id."""

    def coverage(self) -> Iterator[CoverageRow]:
        """Yield accounts never reached first, then by (account, mailbox, uidvalidity)."""

    def gaps(self) -> Iterator[Gap]:
        """Yield open gaps by (account, mailbox, uidvalidity, uid, kind)."""

    def also_look(self) -> Iterator[AlsoLook]:
        """Yield by (sent_at, identity)."""
