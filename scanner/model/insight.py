"""What stored mail tells beside the incidents: lists that came again, near misses, follow-ups, missing mail."""

from dataclasses import dataclass
from typing import Literal

from scanner.model.address import AddressKey, Identity, IncidentKey

ListEvidence = Literal["", "order", "people"]
"""How a mailing was known again: by the order of its list, by the people alone; "" = it is the first one."""


@dataclass(frozen=True, slots=True)
class AddressedMail:
    """One sent message with at least two outsiders, Bcc included: whom it went to, and in which order."""

    number: int
    """Row of the store; in no result."""

    identity: Identity
    sent_at: int
    sender: str
    """Key of From; "" = none could be read."""

    subject: str
    people: tuple[int, ...]
    """
    One number an outsider (`scanner.store.insight.address_number`), in header order, each once, senders left out.

    To and Cc come first, whoever stands only in Bcc after them.
    """

    shown: int
    """The first so many stood in To or Cc."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A sent message, as far as it may refer to another."""

    number: int
    """Row of the store; in no result."""

    sent_at: int
    subject: str
    in_reply_to: str | None
    references: str | None
    thread_index: str | None
    """Bodies of these fields; None for one that it has not."""


@dataclass(frozen=True, slots=True)
class ListMailing:
    """One time a list went out: a message, or the batches of one mailing."""

    sent_at: int
    identities: tuple[Identity, ...]
    """By (sent_at, identity)."""

    addresses: int
    """Different outsiders it went to, Bcc included."""

    shown: int
    """How many of them To and Cc showed."""

    is_open: bool
    """To and Cc showed at least five of them, or at least half of them and two."""

    evidence: ListEvidence
    in_order: int
    """Addresses that stand in common runs of three and more with the mailing before that is most like it."""


@dataclass(frozen=True, slots=True)
class ListTrace:
    """One list of people, known again in the mail by the order of its recipients."""

    id: str
    """12 hex digits: the beginning of its earliest message's identity."""

    mailings: tuple[ListMailing, ...]
    """By (sent_at, identity); at least one."""

    parts: int
    """Mailings to a piece of this list, or to a longer list that holds it whole; in none of the other figures."""

    is_short: bool
    """Too short for its order to prove much."""

    is_alphabetical: bool = False
    """Sorted by address or name: everybody who sorts the same people gets this order. A report fills it in."""

    @property
    def times(self) -> int:
        """How many times it went out."""
        return len(self.mailings)

    @property
    def times_open(self) -> int:
        """How many times To or Cc showed it."""
        return sum(mailing.is_open for mailing in self.mailings)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Mailings of one mailbox, one label or the whole store that relied on Bcc alone."""

    by: Literal["all", "mailbox", "label"]
    account: str
    mailbox: str
    label: str
    mailings: int
    addresses: int
    """Different outsiders in their Bcc."""

    largest: int
    """Most outsiders in one of them."""

    last_sent_at: int


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """One exposed address that a later mail went to."""

    key: AddressKey
    sent_at: int
    identity: Identity
    """Of the first such mail."""

    how: Literal["answer", "apology", "subject"]
    """It answers a message of the incident; its subject apologises, recalls or asks to delete; its subject refers."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Who of the people an incident exposed was written to about it afterwards, as far as mail is stored."""

    until: int
    """Mail up to this moment was looked at: the window of the policy after the last message."""

    individual: tuple[FollowedUp, ...]
    """In a mail to them alone or to few; by key."""

    hidden: tuple[FollowedUp, ...]
    """Of the others, in a mail that hid its recipients; by key."""

    none: int
    """Exposed addresses without any."""

    open_apologies: int
    """Recalls, apologies and corrections among the incident's messages: each showed a list again."""

    open: tuple[FollowedUp, ...] = ()
    """Of the others, in a mail that was sent afterwards and showed them to each other or to others again; by key."""

    open_mails: int = 0
    """
    Mails about it, sent afterwards, that showed at least two exposed addresses to each other again.

    The incident's own ones are counted in `open_apologies`.
    """

    shown_again: int = 0
    """Exposed addresses that these and the incident's own apologies showed, whatever else reached them."""


@dataclass(frozen=True, slots=True)
class MissingMail:
    """Mail of ours that stored mail cites, and that no mailbox holds: one account and month of the citing mail."""

    account: str
    month: str
    """Of the first mail that cites it, in UTC: 2026-03."""

    messages: int
    """Different Message-IDs."""

    examples: tuple[str, ...]
    """A few of them, sorted."""


@dataclass(frozen=True, slots=True)
class AccountMonths:
    """Months of one account in which something seems to be missing."""

    account: str
    silent: tuple[str, ...]
    """Months without sent mail between months with some, in UTC."""

    usual: int
    """Messages of a month with mail, the median."""

    begins_at: int | None
    """Oldest stored mail where what stood before seems to have been removed; None = nothing says so."""


@dataclass(frozen=True, slots=True)
class UnscannedSender:
    """An own address that wrote stored mail, and that no scanned account has."""

    address: AddressKey
    messages: int
    last_sent_at: int


@dataclass(frozen=True, slots=True)
class Witness:
    """What the stored mail itself says about mail that is not stored; coverage, never an incident."""

    missing: tuple[MissingMail, ...]
    """By (account, month)."""

    months: tuple[AccountMonths, ...]
    """By account; only accounts with silent months or a beginning that looks cut."""

    senders: tuple[UnscannedSender, ...]
    """By (-messages, address)."""


@dataclass(frozen=True, slots=True)
class ReferredIncident:
    """One incident, as far as a mail can refer to it."""

    key: IncidentKey
    first_sent_at: int
    until: int
    stems: frozenset[str]
    """Of its subjects, commonplace ones left out."""

    message_ids: frozenset[str]
    messages: frozenset[int]
    """Rows of the store that belong to it: none of them is a follow-up, but apologies."""

    exposed: frozenset[int]
    """As in `AddressedMail.people`."""

    siblings: frozenset[int] = frozenset()
    """Rows of the same mailing in Bcc: its subject alone makes no follow-up of it."""

    apologies: frozenset[int] = frozenset()
    """Those of `messages` that apologise: whom one reached was told, shown again or hidden."""
