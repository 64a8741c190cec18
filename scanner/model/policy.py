"""All that decides what counts."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

from scanner.model.address import AddressKey, MailboxRole

_RECEIVED: frozenset[MailboxRole] = frozenset({"inbox", "junk"})


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
class MemberList:
    """A list address whose members a file names."""

    address: AddressKey
    members: frozenset[AddressKey]
    as_of: str
    """The day the members were read out, ISO 8601: a list changes."""


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
    lists: tuple[MemberList, ...] = ()
    """Their addresses stand in list_addresses as well; no two have the same."""

    clients: frozenset[str] = frozenset()
    """Marks (`scanner.addresses.client_mark`) of who is in the client register: a policy holds none of its content."""

    queue_floor: int = 5
    queue_score: int = 0
    window_days: int = 14
    time_zone: str = "UTC"

    def sending_accounts(
        self, copies: Iterable[tuple[str, MailboxRole]], senders: Container[AddressKey]
    ) -> frozenset[str]:
        """
        Return the accounts that may have sent a message.

        A copy in an inbox was received and tells nothing about the sender.
        Nor does one in an archive or among all mail when From or Sender is
        another account's own address; where neither is, the account may have
        written under an alias.

        Args:
            copies: (account, role of its mailbox) of every stored copy.

            senders: Keys of From and Sender.
        """
        named = {account for account, key in self.account_addresses if key in senders}
        return frozenset(
            account
            for account, role in copies
            if role == "sent" or account in named or (not named and role not in _RECEIVED)
        )
