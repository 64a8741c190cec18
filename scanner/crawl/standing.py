"""What mailboxes are like without opening them: STATUS (RFC 9051, 6.3.11), for many in one round trip."""

import re
from collections.abc import Sequence

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import Response, quote
from scanner.crawl.wire import WireClient
from scanner.model import FoundMailbox, OpenedMailbox

_AT_ONCE = 100
"""Mailboxes asked for before the first answer is awaited: some ten kilobytes of commands, which every network holds."""

_STATUS = re.compile(
    rb'STATUS (?P<name>"(?:\\.|[^"\\])*"|\{\d+\+?\}\r\n|[^\s"]+) ?\((?P<items>.*)\)\s*\Z', re.IGNORECASE | re.DOTALL
)
_ITEM = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) (\d{1,19})(?!\S)", re.IGNORECASE)
_MAX_NUMBER = (1 << 63) - 1


def read_standings(client: WireClient, mailboxes: Sequence[FoundMailbox]) -> dict[bytes, OpenedMailbox]:
    """
    Return what the server says of mailboxes, by their wire name, as EXAMINE would say it.

    A mailbox of which it does not give all of UIDVALIDITY, UIDNEXT and the
    number of messages is missing: it has to be opened. `highestmodseq` is
    asked for where CONDSTORE is offered (RFC 7162, 3.1.7).

    Raises:
        ServerBusyError: The server asks to come back later.
    """
    items = b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if client.has_capability("CONDSTORE") else b"")
    standings: dict[bytes, OpenedMailbox] = {}
    for first in range(0, len(mailboxes), _AT_ONCE):
        some = mailboxes[first : first + _AT_ONCE]
        names = {_key(mailbox.wire_name): mailbox.wire_name for mailbox in some}
        for answers, completion in client.execute_each([b"STATUS %s %s" % (quote(n), items) for n in names.values()]):
            if completion.status != "OK":
                raise_if_busy(completion)
            for answer in answers:
                found = read_status(answer)
                if found is not None and _key(found[0]) in names:
                    standings[names[_key(found[0])]] = found[1]
    return standings


def read_status(response: Response) -> tuple[bytes, OpenedMailbox] | None:
    """Read one STATUS answer as (name on the wire, what it is like); None for any other answer, or half a one."""
    match = _STATUS.match(response[0] + (response[2] if len(response) == 3 else b""))
    if not match:
        return None
    found = {key.upper(): int(number) for key, number in _ITEM.findall(match["items"])}
    if any(number > _MAX_NUMBER for number in found.values()) or not {b"UIDVALIDITY", b"UIDNEXT", b"MESSAGES"} <= {
        *found
    }:
        return None
    name = response[1] if len(response) == 3 else match["name"]
    if len(response) == 1 and name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1], flags=re.DOTALL)
    return name, OpenedMailbox(
        found[b"UIDVALIDITY"], found[b"UIDNEXT"], found[b"MESSAGES"], found.get(b"HIGHESTMODSEQ")
    )


def _key(name: bytes) -> bytes:
    # RFC 9051, 5.1: INBOX is the one name without case.
    is_inbox = name[:5].upper() == b"INBOX" and name[5:6] in (b"", b"/", b".")
    return b"INBOX" + name[5:] if is_inbox else name
