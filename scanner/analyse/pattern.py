"""
Which policy entries a message meets: labels, per-message protection, sending units.

Globs are matched without regard to case. A list pattern is held against
List-Id, List-Post, group names (RFC 5322, 3.4) and addresses of the message.
"""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from scanner.addresses import client_mark
from scanner.model import SENDER_FIELDS, AddressKey, Label, Pattern, Policy, StoredMessage

CLIENT_REGISTER = "client register"
"""Name of the label of mail that shows people of the client register to each other."""

_CLIENTS = Label(CLIENT_REGISTER, Pattern("list", "*"))


def message_labels(message: StoredMessage, policy: Policy) -> tuple[Label, ...]:
    """Return the labels that the message meets, in the order of the policy."""
    return tuple(label for label in policy.labels if matches(label.pattern, message))


def register_labels(exposed: Iterable[AddressKey], policy: Policy) -> tuple[Label, ...]:
    """Return the label of the client register when at least two of its people are exposed, else none."""
    if not policy.clients:
        return ()
    marks = {mark for key in exposed if (mark := client_mark(key)) in policy.clients}
    return (_CLIENTS,) if len(marks) >= 2 else ()


def label_names(met: Iterable[Label], policy: Policy) -> tuple[str, ...]:
    """Return the names of the labels that messages meet, each once, in the order of the policy; the register's last."""
    names = {label.name for label in met}
    return tuple(
        dict.fromkeys(name for name in (*(one.name for one in policy.labels), CLIENT_REGISTER) if name in names)
    )


def protection_of(message: StoredMessage, policy: Policy) -> str:
    """Return the name of the group for which every recipient of this message is a data subject, "" for none."""
    return next(
        (
            entry.name
            for entry in policy.protected
            if entry.pattern.by not in ("domain", "address") and matches(entry.pattern, message)
        ),
        "",
    )


def sending_units(message: StoredMessage, labels: Iterable[Label], policy: Policy) -> frozenset[str]:
    """
    Return the units that sent the message, as opaque names.

    A unit is one account, one From address, or what labels of one unit name
    together (CONTRACTS: Incidents). Two messages are of one unit when they
    share a name. Which accounts may have sent it, the policy tells.
    """
    units = {f"from {entry.key}" for entry in message.recipients if entry.field == "from" and entry.key}
    senders = {entry.key for entry in message.recipients if entry.key and entry.field in SENDER_FIELDS}
    copies = ((copy.account, copy.role) for copy in message.copies)
    units.update(f"account {account}" for account in policy.sending_accounts(copies, senders))
    units.update(f"unit {label.unit}" for label in labels if label.unit)
    return frozenset(units)


def matches(pattern: Pattern, message: StoredMessage) -> bool:
    """Tell whether one pattern fits one message."""
    test = _compiled(pattern.glob.casefold()).match
    return any(test(text.casefold()) for text in _texts(pattern, message))


def _texts(pattern: Pattern, message: StoredMessage) -> Iterable[str]:
    match pattern.by:
        case "mailbox":
            return [text for copy in message.copies for text in (copy.mailbox, f"{copy.account}/{copy.mailbox}")]
        case "account":
            return [copy.account for copy in message.copies]
        case "subject":
            return [message.subject]
        case "sender":
            return [entry.key for entry in message.recipients if entry.key and entry.field in SENDER_FIELDS]
        case "list":
            fields = [message.fields.get(name, "") for name in ("list-id", "list-post")]
            bare = [part for text in fields for part in re.findall(r"<(?:mailto:)?([^<>\s]+)>", text)]
            groups = [entry.group for entry in message.recipients if entry.group]
            return [*filter(None, fields), *bare, *groups, *_recipients(message)]
        case "domain":
            hosts = {key.rpartition("@")[2] for key in _recipients(message)}
            return [part for host in hosts for part in _parents(host)]
        case "address":
            return _recipients(message)


def _recipients(message: StoredMessage) -> list[str]:
    senders = (*SENDER_FIELDS, "reply-to")
    return [entry.key for entry in message.recipients if entry.key and entry.field not in senders]


def _parents(host: str) -> Iterable[str]:
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))
