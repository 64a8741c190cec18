"""Which mailboxes an account has, which of them hold sent mail, and which are read."""

import re
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from scanner.crawl.listing import Listed, Listing, Namespace, decode_name, list_mailboxes, printable
from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES, fold_name
from scanner.crawl.wire import WireClient
from scanner.errors import MailboxMissingError, NoSentMailboxError
from scanner.model import NAMED_IN_SETTINGS, READ_FOR_OURS, Account, FoundMailbox, MailboxRole

# RFC 6154, 2 and Gmail's older XLIST.
_SPECIAL_USE: dict[str, MailboxRole] = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\spam": "junk",
    "\\archive": "archive",
    "\\all": "all",
    "\\allmail": "all",
    "\\inbox": "inbox",
}
_UNREADABLE = frozenset({"\\noselect", "\\nonexistent"})
_UNSPEAKABLE = re.compile(rb"[\r\n\0]")

GMAIL = "X-GM-EXT-1"
"""The capability of Gmail's own extensions (developers.google.com/gmail/imap/imap-extensions)."""

_GMAIL_SENT = 'X-GM-RAW "in:sent"'
_GMAIL_NOT_SENT = f"NOT {_GMAIL_SENT}"
_OF_OTHERS = {"other": "among another user's mailboxes", "shared": "in a shared namespace"}


def find_mailboxes(client: WireClient, account: Account) -> tuple[FoundMailbox, ...]:
    """
    List all mailboxes; those with role `sent` and not excluded are in scope, with scope `ours` all that can be read.

    A mailbox is a sent one by the user's own setting, by \\Sent, by its exact
    name in many languages, by a name that begins so, or below such a mailbox.
    Where Gmail hides its sent mailbox, it is what Gmail counts as sent of all
    mail. What the server lists in a way that cannot be read is among the
    mailboxes, out of scope and with the reason; so is what the settings name
    and the server does not list: a typing error costs that mailbox, never the
    others.

    Raises:
        NoSentMailboxError: None was found, or with scope `ours` no mailbox at all.

        MailboxMissingError: None was found, and the settings name some that are not there.

        ProtocolError: The server gave no list.
    """
    listing = list_mailboxes(client)
    found = _judged(listing, account)
    missing = [
        FoundMailbox.missing(name)
        for name in dict.fromkeys(account.mailboxes)
        if not any(_is_called(name, mailbox.wire_name) for mailbox in found.values())
    ]
    if client.has_capability(GMAIL):
        found = _gmail_elsewhere(_gmail_sent(found))
    if not any(mailbox.role == "sent" or mailbox.in_scope for mailbox in found.values()):
        raise missing_error(missing) if missing else _no_sent_mailbox(found.values())
    unlisted = (
        FoundMailbox(prefix, decode_name(prefix), "other", "the server does not list this namespace", False)
        for prefix in listing.unlisted
    )
    return (*found.values(), *unlisted, *map(_unread_line, listing.odd), *missing)


def judge_mailboxes(client: WireClient, account: Account) -> tuple[FoundMailbox, ...]:
    """
    List the mailboxes that hold mail, whatever lies in them, by wire name; in scope and searched as by name and mark.

    Raises:
        ProtocolError: The server gave no list.
    """
    return tuple(_judged(list_mailboxes(client), account).values())


def _judged(listing: Listing, account: Account) -> dict[bytes, FoundMailbox]:
    names = _Names(account, listing.entries, listing.namespaces)
    judged = (names.judge(entry) for entry in sorted(listing.entries, key=lambda entry: entry[2]))
    return {mailbox.wire_name: mailbox for mailbox in judged if mailbox is not None}


def missing_error(mailboxes: Iterable[FoundMailbox]) -> MailboxMissingError:
    """Return the error that names mailboxes of the settings that are not there."""
    names = ", ".join(repr(mailbox.name) for mailbox in mailboxes)
    return MailboxMissingError(
        f"the account has no mailbox {names}",
        remedy="Correct mailboxes in the settings; `blindcopy check` lists what there is",
    )


def listed_names(client: WireClient) -> tuple[str, ...]:
    """
    Return the names of all mailboxes that the server lists, decoded and sorted, those that hold no mail included.

    Raises:
        ProtocolError: The server gave no list.
    """
    return tuple(sorted(decode_name(wire_name) for _, _, wire_name in list_mailboxes(client).entries))


def _no_sent_mailbox(found: Iterable[FoundMailbox]) -> NoSentMailboxError:
    everything = next((mailbox.name for mailbox in found if mailbox.role == "all"), None)
    if everything is None:
        return NoSentMailboxError(
            "no sent mailbox found", remedy='Name it in the settings: mailboxes = ["…"]; `blindcopy check` lists them'
        )
    return NoSentMailboxError(
        f"the server hides the sent mailbox and shows all mail only, as {everything!r}",
        remedy='Let it show the sent mailbox (in Gmail: Settings, Labels, "Show in IMAP"), or set scope = "ours"',
    )


def _gmail_sent(found: dict[bytes, FoundMailbox]) -> dict[bytes, FoundMailbox]:
    """Where labels are hidden from IMAP, let All Mail stand for the sent mailbox: Gmail knows what of it was sent."""
    everything = next((one for one in found.values() if one.role == "all"), None)
    is_narrowed = everything is not None and not everything.in_scope and not everything.is_excluded
    if everything is None or not is_narrowed or any(one.role == "sent" for one in found.values()):
        return found
    reason = "Gmail hides the sent mailbox; of all mail, what Gmail counts as sent is read (in:sent)"
    narrowed = replace(everything, role="sent", reason=reason, in_scope=True, search=_GMAIL_SENT)
    return {**found, everything.wire_name: narrowed}


def _gmail_elsewhere(found: dict[bytes, FoundMailbox]) -> dict[bytes, FoundMailbox]:
    """Let own mail that is not sent mail be counted once, in All Mail: labels show the same message many times."""
    everything = any(one.role == "all" and not one.is_excluded for one in found.values())
    places = ("all", "trash", "junk") if everything else None
    return {
        name: replace(
            one, search=_GMAIL_NOT_SENT, is_searched=not one.is_excluded and (places is None or one.role in places)
        )
        if one.role != "sent" and not one.in_scope
        else one
        for name, one in found.items()
    }


def _unread_line(line: bytes) -> FoundMailbox:
    shown = printable(line.decode("utf-8", "replace"))
    return FoundMailbox(line, shown, "other", "the server's line for it cannot be read", False)


def _is_called(name: str, wire_name: bytes) -> bool:
    """Tell whether a name of the settings means this mailbox, as people write it or as it is on the wire."""
    return name in (decode_name(wire_name), wire_name.decode("latin-1"))


class _Names:
    """Tells what the mailboxes of one account are, by attributes, names and settings."""

    def __init__(self, account: Account, listed: Iterable[Listed], namespaces: tuple[Namespace, ...]) -> None:
        self._account = account
        self._marked_sent = {decode_name(name) for attributes, _, name in listed if "\\sent" in attributes}
        # The longest prefix decides; of two that are equal the personal one, which servers name first.
        self._namespaces = sorted(namespaces, key=lambda namespace: -len(namespace.prefix))

    def judge(self, entry: Listed) -> FoundMailbox | None:
        """Return the mailbox with its role, the reason and whether it is read; None for a mere level of names."""
        attributes, delimiter, wire_name = entry
        if attributes & _UNREADABLE:
            return None
        name = decode_name(wire_name)
        if _UNSPEAKABLE.search(wire_name):
            return FoundMailbox(
                wire_name, name, "other", "its name holds a line end, which no command can carry", False
            )
        role, reason = self._role(attributes, delimiter, wire_name)
        if (namespace := self._namespace(wire_name)) and namespace.kind in _OF_OTHERS:
            reason = f"{reason}; {_OF_OTHERS[namespace.kind]}"
        excluded = next((why for glob, why in self._account.excluded if fnmatchcase(name, glob)), None)
        if excluded is not None:
            return FoundMailbox.excluded(wire_name, name, role, excluded)
        if role != "sent" and self._account.scope == "ours":
            return FoundMailbox(wire_name, name, role, f"{reason}; {READ_FOR_OURS}", True, only_ours=True)
        # What shows all mail shows the sent mail once more.
        is_searched = role not in ("sent", "all")
        return FoundMailbox(wire_name, name, role, reason, role == "sent", is_searched=is_searched)

    def _role(self, attributes: frozenset[str], delimiter: str | None, wire_name: bytes) -> tuple[MailboxRole, str]:
        if any(_is_called(wanted, wire_name) for wanted in self._account.mailboxes):
            return "sent", NAMED_IN_SETTINGS
        special = next((role for use, role in _SPECIAL_USE.items() if use in attributes), None)
        if special == "sent":
            return "sent", "marked \\Sent by the server"
        if special:
            return special, f"marked {special} by the server"
        name = decode_name(wire_name)
        if name.upper() == "INBOX":
            return "inbox", "the inbox"
        before, parts = self._parts(wire_name, delimiter)
        return self._role_by_name(before, parts, delimiter or "")

    def _role_by_name(self, before: str, parts: list[str], delimiter: str) -> tuple[MailboxRole, str]:
        leaf = fold_name(parts[-1])
        if leaf in SENT_NAMES:
            return "sent", "its name means sent mail"
        other = ROLE_NAMES.get(leaf)
        if other:
            return other, f"its name means {other}"
        if _begins_as_sent(leaf):
            return "sent", "its name begins like a sent mailbox"
        for depth in range(1, len(parts)):
            # Sent/2019, Gesendet/Archiv: yearly folders below a sent mailbox.
            parent = before + delimiter.join(parts[:depth])
            if fold_name(parts[depth - 1]) in SENT_NAMES or parent in self._marked_sent:
                return "sent", "below a sent mailbox"
        return "other", "not a sent mailbox"

    def _parts(self, wire_name: bytes, delimiter: str | None) -> tuple[str, list[str]]:
        """Return what stands before the mailbox's own name (a namespace, another user), and the parts of that name."""
        name = decode_name(wire_name)
        namespace = self._namespace(wire_name)
        before = decode_name(namespace.prefix) if namespace else ""
        if not name.startswith(before):
            before = ""
        if delimiter and namespace and namespace.kind == "other":
            # Other Users/ben/Sent: somebody may be called Sent, and what lies directly there is his inbox.
            user, found, _ = name[len(before) :].partition(delimiter)
            before += user + found
        own = name[len(before) :]
        return before, own.split(delimiter) if delimiter else [own]

    def _namespace(self, wire_name: bytes) -> Namespace | None:
        if wire_name.upper() == b"INBOX":
            return None
        return next((one for one in self._namespaces if wire_name.startswith(one.prefix)), None)


def _begins_as_sent(leaf: str) -> bool:
    # "Sent 2019", "Sent-old", "Gesendet_alt"; not "Sentinel".
    return any(leaf.startswith(name) and not leaf[len(name)].isalpha() for name in SENT_NAMES if len(leaf) > len(name))
