"""What persons state about incidents, and how an incident stands by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanner.model.address import AddressKey, Identity, IncidentKey

Status = Literal["candidate", "confirmed", "dismissed", "asked"]
Verdict = Literal["confirm", "dismiss", "ask", "reopen"]
Scope = Literal["incident", "sender", "list"]
Addressee = Literal["authority", "people"]
ReopenedBy = Literal["person", "messages", "people", "conflict", "split", "senders", "expired", "erased"]
RulingKind = Literal["breach", "authority", "people", "effects", "measures", "severity"]
Level = Literal["low", "medium", "high", "very high"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One row of the log of decisions: who stated what, when, and who typed it in."""

    number: int
    """Place in the log, from 1 without gaps; 0 = not written yet."""

    kind: str
    """incident | … : what it is about."""

    incident: str
    """Key of the incident as it was then; "" when it is about none."""

    verdict: str
    scope: str
    decided_by: str
    """The person who answers for it."""

    applied_by: str
    """The user of the machine who entered it."""

    decided_at: int
    recorded_at: int
    """When the row was written; never before the row before it."""

    expires_at: int | None
    payload: Mapping[str, Any] | None
    """The reason and everything else that may have to be erased one day; None = erased."""

    chain_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when somebody must be told, counted from awareness."""

    regime: str
    name: str
    """The rule and its clause, for people."""

    addressee: Addressee
    due_at: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A second person stands for what somebody decided."""

    who: str
    at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's verdict on an incident, with what it was when it was judged."""

    number: int
    """Place in the log; 0 = not written yet."""

    incident: IncidentKey
    verdict: Verdict
    scope: Scope
    """
    What a dismissal covers. `incident`: the messages judged. `sender`: every
    incident all of whose senders are among those judged. `list`: every
    incident all of whose exposed addresses are among those judged.
    """

    decided_by: str
    applied_by: str
    decided_at: int
    recorded_at: int
    expires_at: int | None
    reason: str
    judged: tuple[Identity, ...]
    """The incident's messages, the earliest first; empty = erased."""

    people: frozenset[str]
    """Marks of the addresses exposed then (`person_mark`)."""

    senders: frozenset[AddressKey]
    policy_sha256: str
    """Of the analysis that was judged."""

    reported_at: int | None = None
    aware_at: int | None = None
    aware_source: str = ""
    deadlines: tuple[Deadline, ...] = ()
    """As the settings had them when the incident was confirmed."""

    is_erased: bool = False
    needs_signature: bool = False
    """As the settings had it then: it counts only when a second person has signed."""

    signature: Signature | None = None

    @property
    def counts(self) -> bool:
        """It has been signed, or need not be."""
        return self.signature is not None or not self.needs_signature


@dataclass(frozen=True, slots=True)
class Severity:
    """What a person entered into ENISA's worksheet of 2013, and what it gives; nothing is filled in for anybody."""

    dpc: int
    """Data processing context, 1 to 4."""

    ei: float
    """Ease of identification: 0.25, 0.5, 0.75 or 1."""

    cb: float
    """Circumstances of the breach: 0 to 2 in quarters (confidentiality, integrity, availability, malice)."""

    @property
    def score(self) -> float:
        """SE = DPC × EI + CB."""
        return self.dpc * self.ei + self.cb

    @property
    def level(self) -> Level:
        """Below 2 low, below 3 medium, below 4 high, else very high."""
        return "low" if self.score < 2 else "medium" if self.score < 3 else "high" if self.score < 4 else "very high"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One of the reasoned decisions on a confirmed incident, or what is noted of its effects and measures."""

    number: int
    kind: RulingKind
    incident: IncidentKey
    answer: str
    """yes | no; "" for effects, measures and severity."""

    text: str
    """The reason; of effects and measures, these themselves."""

    decided_by: str
    applied_by: str
    decided_at: int
    recorded_at: int
    judged: tuple[Identity, ...]
    """The incident's messages, the earliest first; empty = erased."""

    told_at: int | None = None
    """When the authority or the people were told."""

    reference: str = ""
    """The authority's file number, or where the letters lie."""

    severity: Severity | None = None
    is_erased: bool = False
    needs_signature: bool = False
    signature: Signature | None = None
    is_outgrown: bool = False
    """Messages have come to the incident that it did not judge."""

    adds_to: int = 0
    """Place in the log of the ruling to which it only adds when somebody was told; who decided that one stays."""

    @property
    def counts(self) -> bool:
        """It has been signed, or need not be."""
        return self.signature is not None or not self.needs_signature


@dataclass(frozen=True, slots=True)
class Reopened:
    """Why a decision that was taken does not stand any more."""

    by: ReopenedBy
    count: int = 0
    """New messages or people; 0 where there is nothing to count."""

    at: int | None = None
    """When it expired, or when a person reopened it."""

    who: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was noted of a viewer: whether it was asked to delete the mail, and says it has."""

    address: AddressKey
    requested_at: int | None
    confirmed_at: int | None
    number: int
    """Of the newest entry of the log on it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What was noted of an exposed person."""

    notified_at: int | None
    notified_how: str
    flags: tuple[str, ...]
    """child, vulnerable, do-not-contact, deceased, beside those of the client register."""

    safe_channel: str
    """Goes before the one of the client register."""

    number: int
    """Of the newest entry of the log on the person."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an incident stands by the log of decisions."""

    status: Status = "candidate"
    reopened: Reopened | None = None
    decision: Decision | None = None
    """The one that the status comes from, whether it still holds or not."""

    history: tuple[Decision, ...] = ()
    """All that judged one of its messages or cover it by sender or list, in the order of the log."""

    found_at: int | None = None
    """When an analysis queued it first."""

    triaged_at: int | None = None
    """When somebody first decided anything on it."""

    confirmed_at: int | None = None
    aware_at: int | None = None
    """Kept while an incident that was confirmed is open again: the time goes on."""

    aware_source: str = ""
    deadlines: tuple[Deadline, ...] = ()
    """By moment; empty when nobody has stated awareness."""

    pending: Decision | None = None
    """The newest decision that waits for a second person's signature."""

    rulings: tuple[Ruling, ...] = ()
    """Those that stand, by kind and number; two of a kind differ and have met in a merge. Those not signed included."""

    deletions: tuple[Deletion, ...] = ()
    """What was noted of viewers, by address."""

    state: str = ""
    """Changes when a message, an exposed address or a decision does: tells whether a row filled in is still meant."""

    @property
    def is_open(self) -> bool:
        """Somebody has to decide: nobody has, a question is open, or it was reopened."""
        return self.status in ("candidate", "asked")

    def ruling(self, kind: RulingKind) -> Ruling | None:
        """Return the one that counts, None while there is none, several that differ, or one that was outgrown."""
        found = [one for one in self.rulings if one.kind == kind and one.counts]
        return found[0] if len(found) == 1 and not found[0].is_outgrown else None


UNDECIDED = Standing()
"""How an incident stands on which nobody has said anything."""
