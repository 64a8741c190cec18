"""Which mailboxes an account has, and which of them hold sent mail."""

import re
from fnmatch import fnmatchcase

from imapclient.imap_utf7 import decode as decode_utf7

from scanner.crawl.mailbox_name import ROLE_NAMES, SENT_NAMES
from scanner.crawl.wire import Response, WireClient
from scanner.errors import NoSentMailboxError, ProtocolError
from scanner.model import Account, FoundMailbox, MailboxRole

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

Listed = tuple[frozenset[str], str | None, bytes]
"""(attributes in lower case, hierarchy delimiter or None, name on the wire)"""


def find_mailboxes(client: WireClient, account: Account) -> tuple[FoundMailbox, ...]:
    """
    List all mailboxes; those with role `sent` and not excluded are in scope.

    A mailbox is a sent one by the user's own setting, by \\Sent, by its exact
    name in many languages, by a name that begins so, or below such a mailbox.

    Raises:
        NoSentMailboxError: None was found, or a mailbox of the settings does not exist.

        ProtocolError: The server gave no list.
    """
    listed = _list(client)
    found = tuple(_judge(entry, account, listed) for entry in sorted(listed, key=lambda entry: entry[2]))
    readable = [mailbox for mailbox in found if mailbox is not None]
    for name in account.mailboxes:
        if not any(name in (mailbox.name, mailbox.wire_name.decode("latin-1")) for mailbox in readable):
            raise NoSentMailboxError(
                f"the account has no mailbox {name!r}",
                remedy="Correct mailboxes in the settings; `blindcopy check` lists them",
            )
    if not any(mailbox.role == "sent" for mailbox in readable):
        raise NoSentMailboxError(
            "no sent mailbox found", remedy='Name it in the settings: mailboxes = ["…"]; `blindcopy check` lists them'
        )
    return tuple(readable)


def _list(client: WireClient) -> list[Listed]:
    commands = [b'LIST "" "*"']
    if client.has_capability("SPECIAL-USE") and client.has_capability("LIST-EXTENDED"):
        # With RETURN some servers give only what was asked for: ask for both.
        commands.insert(0, b'LIST "" "*" RETURN (SPECIAL-USE CHILDREN)')
    elif client.has_capability("XLIST"):
        commands.insert(0, b'XLIST "" "*"')
    for command in commands:
        answers, completion = client.execute(command)
        if completion.status == "OK":
            # One odd line costs one mailbox, never the list.
            return [entry for entry in map(read_list_answer, answers) if entry is not None]
    raise ProtocolError("the server does not list the mailboxes", remedy="Check the account's rights")


def read_list_answer(response: Response) -> Listed | None:
    """Read one LIST or XLIST answer; None for any other answer, or one without sense."""
    match = _LIST.match(response[0])
    if not match:
        return None
    attributes = frozenset(match[1].decode("ascii", "replace").lower().split())
    delimiter = None if match[2].upper() == b"NIL" else _unquote(match[2]).decode("utf-8", "replace")
    if len(response) > 1:
        return attributes, delimiter, response[1]
    return attributes, delimiter, _unquote(match[3].rstrip(b"\r\n"))


def _unquote(text: bytes) -> bytes:
    text = text.lstrip(b" ")
    if not text.startswith(b'"'):
        return text.rstrip(b" ")
    match = re.match(rb'"((?:\\.|[^"\\])*)"', text, re.DOTALL)
    # A trailing list (RFC 5258: CHILDINFO) may stand behind the closing quote.
    return re.sub(rb"\\(.)", rb"\1", match[1] if match else text[1:], flags=re.DOTALL)


def decode_name(wire_name: bytes) -> str:
    """Decode modified UTF-7 (RFC 3501, 5.1.3), or raw UTF-8 as newer and careless servers send it."""
    if not wire_name.isascii():
        return wire_name.decode("utf-8", "replace")
    try:
        return str(decode_utf7(wire_name))
    # A name that only looks like modified UTF-7: shown as it is.
    except (ValueError, IndexError):
        return wire_name.decode("ascii")


def _judge(entry: Listed, account: Account, listed: list[Listed]) -> FoundMailbox | None:
    attributes, delimiter, wire_name = entry
    if attributes & _UNREADABLE:
        return None
    name = decode_name(wire_name)
    role, reason = _role(attributes, delimiter, name, account, listed)
    excluded = next((why for glob, why in account.excluded if fnmatchcase(name, glob)), None)
    if excluded is not None:
        return FoundMailbox(wire_name, name, role, f"excluded: {excluded}", False)
    return FoundMailbox(wire_name, name, role, reason, role == "sent")


def _role(
    attributes: frozenset[str], delimiter: str | None, name: str, account: Account, listed: list[Listed]
) -> tuple[MailboxRole, str]:
    if name in account.mailboxes:
        return "sent", "named in the settings"
    special = next((role for use, role in _SPECIAL_USE.items() if use in attributes), None)
    if special == "sent":
        return "sent", "marked \\Sent by the server"
    if special:
        return special, f"marked {special} by the server"
    if name.upper() == "INBOX":
        return "inbox", "the inbox"
    parts = name.split(delimiter) if delimiter else [name]
    leaf = _fold(parts[-1])
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
        if _fold(parts[depth - 1]) in SENT_NAMES or _is_marked_sent(parent, listed):
            return "sent", "below a sent mailbox"
    return "other", "not a sent mailbox"


def _is_marked_sent(name: str, listed: list[Listed]) -> bool:
    return any("\\sent" in attributes and decode_name(wire_name) == name for attributes, _, wire_name in listed)


def _begins_as_sent(leaf: str) -> bool:
    # "Sent 2019", "Sent-old", "Gesendet_alt"; not "Sentinel".
    return any(leaf.startswith(name) and not leaf[len(name)].isalpha() for name in SENT_NAMES if len(leaf) > len(name))


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
