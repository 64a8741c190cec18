"""What an analysis finds."""

from dataclasses import dataclass, field
from typing import Literal

from scanner.model.address import SISTER_RULE, AddressKey, Identity, IncidentKey
from scanner.model.decision import UNDECIDED, Standing, Status
from scanner.model.insight import FollowUp, ListTrace
from scanner.model.receipt import Received
from scanner.model.stored import StoredMessage

MessageKind = Literal[
    "original", "batch", "resend", "correction", "recall", "apology", "reply", "forward", "invite", "system"
]
RECALL_KINDS: frozenset[MessageKind] = frozenset({"recall", "apology"})
"""Kinds that say: something went wrong before."""

Tier = Literal["full", "partial", "nameless", "role", "list"]


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
    """None = unknown: nobody has looked for replies."""

    auto_replied: int | None = field(default=None, kw_only=True)
    """Viewers for whom only a program answered: delivered, and not replied; None as for `replied`."""

    bounced: int | None = field(default=None, kw_only=True)
    """Viewers to whom proven bounces say that no message came; None = unknown: nobody has looked for bounces."""

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

    said: str = field(default="", compare=False)
    """The same as phrases of reports/reasons.toml with their numbers, JSON; "" where no phrases are known."""


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """A message of an incident and what it showed."""

    message: StoredMessage
    kind: MessageKind
    exposed: tuple[AddressKey, ...]
    """Distinct outsiders in To and Cc, sorted; at least two."""

    is_unseen_recall: bool = False
    """
    A recall or apology that has nothing before it in the incident that it could take back.

    Its subject says that somebody recalled an earlier mail; no such mail is known.
    """


@dataclass(frozen=True, slots=True)
class Client:
    """One entry of the organisation's client register; texts as they stand there, "" for what does not."""

    id: str
    name: str
    postal_address: str
    """Its lines, a line feed between them."""

    flags: tuple[str, ...]
    """child, vulnerable, do-not-contact, deceased; behind them, in its own words, what is none of these."""

    safe_channel: str
    """How to reach the person without harm."""


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

    tier_source: str = "automatic"
    """Who decided on the tier: `automatic`, or the person who did."""

    unfit_names: tuple[str, ...] = ()
    """Those of the names shown that do not fit the address: they may be another person's."""

    clients: tuple[Client, ...] = ()
    """Whom the client register names at this address; a report fills it in."""

    address_class: str = "outside"
    """As `AddressClass.kind`: `inside` for protected insiders."""

    rule: str = ""
    """Which rule made it an outsider, in words: `no own domain`, `protected students`."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """An address that an incident's messages went to."""

    key: AddressKey
    """Of an X.500 name, which is no mail address, the folded text."""

    inside: bool
    """No outsider: protected insiders are outsiders, and False here."""

    field: Literal["to", "cc", "bcc"]
    """The widest field it stood in: to > cc > bcc; Resent fields count as to and cc."""

    received: Received = ""
    address_class: str = "outside"
    """As `AddressClass.kind`."""

    rule: str = ""
    """Which rule put it inside or outside, in words: `domain corp.example`."""

    @property
    def is_sister(self) -> bool:
        """Inside by way of a sister company's domain: counted as inside, and told apart (CONTRACTS: Addresses)."""
        return self.inside and self.rule.startswith(f"{SISTER_RULE} ")


@dataclass(frozen=True, slots=True)
class ListMember:
    """Somebody who could see an incident through a list."""

    key: AddressKey
    inside: bool
    """No outsider, as of a viewer."""

    names: tuple[str, ...] = ()
    """What files of lists call this member; a report fills it in."""


@dataclass(frozen=True, slots=True)
class ThroughList:
    """A list address among the viewers whose members are known: further people who could see."""

    address: AddressKey
    as_of: str
    """The day the members were read out, ISO 8601."""

    members: tuple[ListMember, ...]
    """By key; those that stood among the recipients themselves are left out. In no rung of the ladder."""

    @property
    def outsiders(self) -> int:
        """Number of these members who are outsiders."""
        return sum(not member.inside for member in self.members)


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

    through_lists: tuple[ThroughList, ...] = ()
    """Of the viewers, by address; a report fills it in."""

    standing: Standing = UNDECIDED
    """What persons decided on it; a report fills it in, and `status` agrees with it."""

    list_trace: ListTrace | None = None
    """The list it showed, and how often that went out; None = shorter than five. A report fills it in."""

    follow_up: FollowUp | None = None
    """A report fills it in, for queued incidents and where one is asked for."""

    @property
    def recalls(self) -> int:
        """Number of its recalls and apologies; the unseen ones, too."""
        return sum(part.kind in RECALL_KINDS for part in self.messages)

    @property
    def unseen_recalls(self) -> int:
        """Number of its messages that are unseen recalls."""
        return sum(part.is_unseen_recall for part in self.messages)


def queue_order(
    score: int, exposed_addresses: int, first_sent_at: int, key: IncidentKey
) -> tuple[int, int, int, IncidentKey]:
    """Return what queued incidents are sorted by: the highest score, then the largest, then the oldest, then by key."""
    return -score, -exposed_addresses, first_sent_at, key


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
    status: Status = "candidate"
    is_judged: bool = False
    """Somebody has decided something on it, whether that holds, waits for a signature or was taken back."""


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
