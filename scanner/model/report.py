"""What exports read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from scanner.model.address import AddressKey, IncidentKey
from scanner.model.crawl import Gap
from scanner.model.decision import Contact, Statement
from scanner.model.export import Export, HeaderBlock, KeptText, Outline, Since
from scanner.model.incident import AlsoLook, BelowIncident, Client, Incident, Ladder, Tier
from scanner.model.insight import AccountMonths, MissingMail, NearMiss, UnscannedSender
from scanner.model.known import KnownPerson
from scanner.model.receipt import BulkSend, InboxReading, TraceImport
from scanner.model.scan_record import ScanRecord
from scanner.model.seen import Seen
from scanner.model.statement import PeopleStatement, PeopleSuggestion
from scanner.model.stored import StoredMessage

MergeConfidence = Literal["", "certain", "stated", "likely"]
"""
How sure it is that addresses are one person's: certain by the provider's own
rules, stated by a person, likely by a custom of mail servers; "" = one address.
"""


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
    clients: tuple[Client, ...] = ()
    """Whom the client register names at these addresses; a family may share one."""

    merge_confidence: MergeConfidence = ""
    """Of the weakest of the reasons."""

    tier_source: str = "automatic"
    """Who decided on the tier: `automatic`, or the person who did."""

    contact: Contact | None = None
    """What persons have noted: told when and how, what to heed; a report fills it in."""

    unfit_names: tuple[str, ...] = ()
    """Those of the names shown that do not fit the address beside them: they may be another person's."""

    address_classes: tuple[str, ...] = ()
    """Classes of the addresses, each once, sorted: `outside`, `inside` for protected insiders, `list`."""

    rules: tuple[str, ...] = ()
    """Which rules made them outsiders, in words, each once, sorted."""


Relation = Literal["list", "people", "sender", "stem"]


@dataclass(frozen=True, slots=True)
class RelatedIncident:
    """An incident that tells the same story as another one at another time, and what it shares with it."""

    key: IncidentKey
    rank: int
    """0 = not queued."""

    score: int
    subject: str
    first_sent_at: int
    exposed_addresses: int
    shared_addresses: int
    """Exposed addresses of both."""

    why: tuple[Relation, ...]
    """list = much the same list (four fifths of the larger), people = some of the same people."""


NOTHING_READ = "reached, and no mailbox of it could be read"
UNLISTED = "no longer listed: renamed, deleted, or rights were withdrawn"
FORMER_EPOCH = "a former epoch: the mailbox has been numbered anew"


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

    others: int = 0
    """Listed messages of others that were read and not kept: the mailbox was read for mail of ours only."""

    own_mail: int | None = None
    """Mail of ours that its server's search finds in a mailbox that is not read; None = not counted."""

    own_mail_note: str = ""
    """Why it was not counted, though it was asked for."""

    @property
    def is_former(self) -> bool:
        """The server has given the mailbox another UIDVALIDITY since."""
        return self.reason == FORMER_EPOCH

    @property
    def is_unlisted(self) -> bool:
        """The server does not list the mailbox any more: nothing is known of what it holds now."""
        return self.reason == UNLISTED

    @property
    def is_past(self) -> bool:
        """The row speaks of what was there once: it lists nothing, and no figure of it is of today."""
        return self.is_former or self.is_unlisted

    @property
    def was_asked(self) -> bool:
        """The mailbox was opened at least once; the figures of others say nothing."""
        return self.uidvalidity is not None


@dataclass(frozen=True, slots=True)
class OwnMailElsewhere:
    """Mail of ours in mailboxes that are not read."""

    messages: int
    mailboxes: int
    """That hold at least one."""

    uncounted: int
    """Mailboxes that could not be searched."""

    @classmethod
    def of(cls, rows: Iterable[CoverageRow]) -> "OwnMailElsewhere":
        """Sum up the coverage."""
        outside = [row for row in rows if not row.in_scope]
        found = [row.own_mail for row in outside if row.own_mail]
        return cls(sum(found), len(found), sum(bool(row.own_mail_note) for row in outside))


Change = Literal["new", "entered", "grown", "merged", "split", "gone"]
"""
What became of an incident since the analysis before.

new: queued, and no message of it was. entered: the same, by other settings
and not by new mail. grown: more messages or addresses. merged: its messages
are another incident's now. split: it holds messages that were another one's,
which still stands. gone: not queued any more.
"""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """A change of the queue since the analysis before."""

    key: IncidentKey
    """Of the incident as it is now; of one that merged or is gone, as it was."""

    change: Change
    detail: str
    """Figures, or the key of the other incident: `into KEY`, `from KEY`."""


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
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Queued incidents that are in none of these figures, by status: a report may be of some only."""

    whole: Ladder | None = None
    """The ladder of the whole queue, where incidents are left out; None = `ladder` is of all."""


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

    behind: bool = False
    """The store holds more than was analysed; figures of incidents and totals may speak of different moments."""

    seen: Seen | None = None
    """How much the scan had seen that has not finished."""

    run: int = 0
    """Number of the analysis in the store."""

    since: Since | None = None
    """What has changed since an earlier export that was named; None = none was."""

    decisions: int = 0
    """Rows of the log of decisions; 0 = nobody has decided anything."""

    chain_head: str = ""
    """The last chain hash of that log, 64 hex digits; "" = it is empty."""

    decided_until: int = 0
    """The later of `as_of` and the newest row of the log: what files are the state of, and count from."""


class Report(Protocol):
    """What exports read; every method starts a new pass and holds one incident at a time."""

    head: ReportHead
    totals: Totals

    def incidents(self) -> Iterator[Incident]:
        """Yield queued incidents by rank."""

    def find(self, beginning: str) -> Iterator[Incident]:
        """
        Yield the incidents, queued or not, whose keys begin so: by rank, then those that are not queued.

        What other mail tells of them is left out (list_trace, follow_up).
        """

    def related(self, key: IncidentKey) -> Iterator[RelatedIncident]:
        """Yield the incidents related to that of this key, by (first_sent_at, key)."""

    def siblings(self, key: IncidentKey) -> Iterator[StoredMessage]:
        """Yield the Bcc siblings of the incident of this key, by (sent_at, identity)."""

    def outline(self) -> Iterator[Outline]:
        """Yield the queued incidents in their figures, by rank."""

    def exports(self) -> Iterator[Export]:
        """Yield what was handed out before, in the order of the log."""

    def header_blocks(self) -> Iterator[HeaderBlock]:
        """Yield the kept headers of the messages of the incidents, each once, by hash."""

    def missing_headers(self) -> Iterator[str]:
        """Yield the SHA-256 of each header of the messages that expose people that is not kept, sorted."""

    def decision_rows(self) -> Iterator[KeptText]:
        """Yield the log of decisions in its order: each row as JSON, as its chain of hashes needs it."""

    def policy_text(self) -> Iterator[KeptText]:
        """Yield one text: the policy that decided, whose hash the report names."""

    def decision_log(self) -> Iterator[Statement]:
        """Yield everything that persons have decided or noted, in the order of the log."""

    def known_people(self) -> Iterator[KnownPerson]:
        """
        Yield whom settings, logs and the mail of the whole queue name, in no order; a person may come several times.

        For texts that must name nobody: what a report says of people is in its other methods.
        """

    def scans(self) -> Iterator[ScanRecord]:
        """Yield the scans that filled the store, in their order."""

    def below(self) -> Iterator[BelowIncident]:
        """Yield the incidents that are not queued, by (-score, key)."""

    def people(self) -> Iterator[Person]:
        """Yield exposed people of all queued incidents, by person_id."""

    def people_suggestions(self) -> Iterator[PeopleSuggestion]:
        """Yield which of these people may be one, by addresses."""

    def people_statements(self) -> Iterator[PeopleStatement]:
        """Yield what persons had stated about people when this was analysed, in the order of the log."""

    def coverage(self) -> Iterator[CoverageRow]:
        """Yield accounts never reached first, then by (account, mailbox, uidvalidity)."""

    def gaps(self) -> Iterator[Gap]:
        """
        Yield open gaps by (account, mailbox, uidvalidity, uid, kind).

        Then what of received mail could not be read, and mailings of message
        traces that no stored message explains.
        """

    def inbox_readings(self) -> Iterator[InboxReading]:
        """Yield how far the received mail of each account was looked through, by account."""

    def trace_imports(self) -> Iterator[TraceImport]:
        """Yield the message traces in the order of their import."""

    def unexplained_sends(self) -> Iterator[BulkSend]:
        """Yield the mailings of message traces that no stored message explains, by (sent_at, sender, message_id)."""

    def changes(self) -> Iterator[IncidentChange]:
        """Yield what has changed since the analysis before, by (key, change)."""

    def also_look(self) -> Iterator[AlsoLook]:
        """Yield by (sent_at, identity)."""

    def near_misses(self) -> Iterator[NearMiss]:
        """Yield mailings that relied on Bcc alone: over all, by (account, mailbox), by label; nothing if none did."""

    def missing_mail(self) -> Iterator[MissingMail]:
        """Yield mail of ours that stored mail cites and no mailbox holds, by (account, month)."""

    def account_months(self) -> Iterator[AccountMonths]:
        """Yield accounts with silent months, or whose beginning looks cut, by account."""

    def senders_not_scanned(self) -> Iterator[UnscannedSender]:
        """Yield own addresses that wrote stored mail and belong to no scanned account, by (-messages, address)."""
