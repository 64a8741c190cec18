"""Which mailboxes an account has, and which of them hold sent mail."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from imapclient.imap_utf7 import decode as decode_utf7

from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES, fold_name
from scanner.crawl.sign_in.refusal import known_refusal
from scanner.crawl.wire import Response, WireClient
from scanner.errors import MailboxMissingError, NoSentMailboxError, ProtocolError
from scanner.model import NAMED_IN_SETTINGS, Account, FoundMailbox, MailboxRole

_LIST = re.compile(rb'(?:LIST|XLIST) \(([^()]*)\) (NIL|"(?:\\.|[^"\\])*"|[^\s"]+) (.*)\Z', re.IGNORECASE | re.DOTALL)
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
_IS_LIST = re.compile(rb"X?LIST ", re.IGNORECASE)
# RFC 5258, 3.5 and RFC 5465, 5.4: what may stand behind a name.
_EXTENDED = re.compile(rb' \("(?:CHILDINFO|OLDNAME)" .*\Z', re.IGNORECASE | re.DOTALL)
_UNPRINTABLE = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_LINE = 500
_LONGEST_NAME = 4_096
"""Bytes; servers allow some hundreds. A hostile one would have us decode and store megabytes."""
_UNSPEAKABLE = re.compile(rb"[\r\n\0]")

Listed = tuple[frozenset[str], str | None, bytes]
"""(attributes in lower case, hierarchy delimiter or None, name on the wire)"""


def find_mailboxes(client: WireClient, account: Account) -> tuple[FoundMailbox, ...]:
    """
    List all mailboxes; those with role `sent` and not excluded are in scope.

    A mailbox is a sent one by the user's own setting, by \\Sent, by its exact
    name in many languages, by a name that begins so, or below such a mailbox.
    What the server lists in a way that cannot be read is among the mailboxes,
    out of scope and with the reason; so is what the settings name and the
    server does not list: a typing error costs that mailbox, never the others.

    Raises:
        NoSentMailboxError: None was found.

        MailboxMissingError: None was found, and the settings name some that are not there.

        ProtocolError: The server gave no list.
    """
    listed, odd = _list(client)
    marked = frozenset(decode_name(wire_name) for attributes, _, wire_name in listed if "\\sent" in attributes)
    judged = (_judge(entry, account, marked) for entry in sorted(listed, key=lambda entry: entry[2]))
    found = {mailbox.wire_name: mailbox for mailbox in judged if mailbox is not None}
    missing = [
        FoundMailbox.missing(name)
        for name in dict.fromkeys(account.mailboxes)
        if not any(_is_called(name, mailbox.wire_name) for mailbox in found.values())
    ]
    if not any(mailbox.role == "sent" for mailbox in found.values()):
        raise missing_error(missing) if missing else _no_sent_mailbox(found.values())
    return (*found.values(), *map(_unread_line, dict.fromkeys(odd)), *missing)


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
    listed, _ = _list(client)
    return tuple(sorted(decode_name(wire_name) for _, _, wire_name in listed))


def _no_sent_mailbox(found: Iterable[FoundMailbox]) -> NoSentMailboxError:
    everything = next((mailbox.name for mailbox in found if mailbox.role == "all"), None)
    if everything is None:
        return NoSentMailboxError(
            "no sent mailbox found", remedy='Name it in the settings: mailboxes = ["…"]; `blindcopy check` lists them'
        )
    # Gmail: labels can be hidden from IMAP, and then sent mail shows in All Mail only.
    return NoSentMailboxError(
        f"the server hides the sent mailbox and shows all mail only, as {everything!r}",
        remedy='In Gmail: Settings, Labels, let "Sent" be shown in IMAP',
    )


def _unread_line(line: bytes) -> FoundMailbox:
    shown = _printable(line.decode("utf-8", "replace"))
    return FoundMailbox(line, shown, "other", "the server's line for it cannot be read", False)


def _list(client: WireClient) -> tuple[list[Listed], list[bytes]]:
    """Return what the server lists, and the lines that cannot be read."""
    commands = [b'LIST "" "*"']
    if client.has_capability("SPECIAL-USE") or client.has_capability("IMAP4rev2"):
        # With RETURN some servers give only what was asked for: ask for both. BAD where LIST is not extended.
        commands.insert(0, b'LIST "" "*" RETURN (SPECIAL-USE CHILDREN)')
    elif client.has_capability("XLIST"):
        commands.insert(0, b'XLIST "" "*"')
    is_answered = False
    for command in commands:
        answers, completion = client.execute(command)
        if completion.status != "OK":
            # Exchange lets one sign in to a mailbox that is closed, and says so to the first command.
            if refused := known_refusal(completion.text):
                raise refused
            continue
        is_answered = True
        listed = _united(entry for entry in map(read_list_answer, answers) if entry is not None)
        odd = [
            b"".join(answer)[:_LONGEST_LINE]
            for answer in answers
            if _IS_LIST.match(answer[0]) and read_list_answer(answer) is None
        ]
        # One odd line costs one mailbox, never the list. Some servers answer XLIST with OK and nothing.
        if listed or odd:
            return listed, odd
    if is_answered:
        return [], []
    raise ProtocolError("the server does not list the mailboxes", remedy="Check the account's rights")


def _united(entries: Iterable[Listed]) -> list[Listed]:
    """Make one of the lines about the same mailbox: some servers give its special use in a line of its own."""
    by_name: dict[bytes, Listed] = {}
    for attributes, delimiter, name in entries:
        before = by_name.get(name)
        by_name[name] = (
            (attributes | before[0], delimiter or before[1], name) if before else (attributes, delimiter, name)
        )
    return list(by_name.values())


def read_list_answer(response: Response) -> Listed | None:
    """Read one LIST or XLIST answer; None for any other answer, or one without sense. "" and NIL: no hierarchy."""
    match = _LIST.match(response[0]) if sum(map(len, response)) <= _LONGEST_NAME else None
    if not match:
        return None
    attributes = frozenset(match[1].decode("ascii", "replace").lower().split())
    delimiter = None if match[2].upper() == b"NIL" else _unquote(match[2]).decode("utf-8", "replace") or None
    if len(response) > 1:
        return attributes, delimiter, response[1]
    return attributes, delimiter, _unquote(match[3].rstrip(b"\r\n"))


def _unquote(text: bytes) -> bytes:
    text = text.lstrip(b" ")
    if not text.startswith(b'"'):
        return _EXTENDED.sub(b"", text).rstrip(b" ")
    match = re.match(rb'"((?:\\.|[^"\\])*)"', text, re.DOTALL)
    # A trailing list (RFC 5258: CHILDINFO) may stand behind the closing quote.
    return re.sub(rb"\\(.)", rb"\1", match[1] if match else text[1:], flags=re.DOTALL)


def decode_name(wire_name: bytes) -> str:
    """Decode modified UTF-7 (RFC 3501, 5.1.3), or raw UTF-8 as newer and careless servers send it."""
    if not wire_name.isascii():
        return _printable(wire_name.decode("utf-8", "replace"))
    try:
        return _printable(str(decode_utf7(wire_name)))
    # A name that only looks like modified UTF-7: shown as it is.
    except (ValueError, IndexError):
        return _printable(wire_name.decode("ascii"))


def _printable(name: str) -> str:
    # TAB is part of real names; NUL and half characters, which modified UTF-7 can spell, no database takes.
    return _UNPRINTABLE.sub(lambda match: match[0] if match[0] == "\t" else "\ufffd", name)


def _is_called(name: str, wire_name: bytes) -> bool:
    """Tell whether a name of the settings means this mailbox, as people write it or as it is on the wire."""
    return name in (decode_name(wire_name), wire_name.decode("latin-1"))


def _judge(entry: Listed, account: Account, marked: frozenset[str]) -> FoundMailbox | None:
    attributes, delimiter, wire_name = entry
    if attributes & _UNREADABLE:
        return None
    name = decode_name(wire_name)
    if _UNSPEAKABLE.search(wire_name):
        return FoundMailbox(wire_name, name, "other", "its name holds a line end, which no command can carry", False)
    role, reason = _role(attributes, delimiter, wire_name, account, marked)
    excluded = next((why for glob, why in account.excluded if fnmatchcase(name, glob)), None)
    if excluded is not None:
        return FoundMailbox(wire_name, name, role, f"excluded: {excluded}", False)
    return FoundMailbox(wire_name, name, role, reason, role == "sent")


def _role(
    attributes: frozenset[str], delimiter: str | None, wire_name: bytes, account: Account, marked: frozenset[str]
) -> tuple[MailboxRole, str]:
    name = decode_name(wire_name)
    if any(_is_called(wanted, wire_name) for wanted in account.mailboxes):
        return "sent", NAMED_IN_SETTINGS
    special = next((role for use, role in _SPECIAL_USE.items() if use in attributes), None)
    if special == "sent":
        return "sent", "marked \\Sent by the server"
    if special:
        return special, f"marked {special} by the server"
    if name.upper() == "INBOX":
        return "inbox", "the inbox"
    parts = name.split(delimiter) if delimiter else [name]
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
        parent = delimiter.join(parts[:depth]) if delimiter else ""
        if fold_name(parts[depth - 1]) in SENT_NAMES or parent in marked:
            return "sent", "below a sent mailbox"
    return "other", "not a sent mailbox"


def _begins_as_sent(leaf: str) -> bool:
    # "Sent 2019", "Sent-old", "Gesendet_alt"; not "Sentinel".
    return any(leaf.startswith(name) and not leaf[len(name)].isalpha() for name in SENT_NAMES if len(leaf) > len(name))
