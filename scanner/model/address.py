"""Addresses, their fields and what a policy makes of them."""

from dataclasses import dataclass
from typing import Literal, NewType

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


SISTER_RULE = "sister domain"
"""How the rule of an address begins that is inside by way of a sister company's domain, which stands behind it."""
