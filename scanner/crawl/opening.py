"""Open a mailbox read-only: EXAMINE (RFC 9051, 6.3.3)."""

import re

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import Completion, Response, quote
from scanner.crawl.wire import WireClient
from scanner.errors import PermissionDeniedError, ProtocolError
from scanner.model import FoundMailbox, OpenedMailbox

MAX_MESSAGES = 100_000_000
"""More than any mailbox holds; a server that says so would have us ask for years."""

_CODE = re.compile(rb"OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d{1,19})\]", re.IGNORECASE)
_EXISTS = re.compile(rb"(\d{1,10}) EXISTS", re.IGNORECASE)
_MAX_NUMBER = (1 << 63) - 1
"""What a BIGINT holds; a 64-bit MODSEQ beyond it is of no use to us."""


def examine(client: WireClient, mailbox: FoundMailbox) -> OpenedMailbox:
    """
    Open a mailbox read-only.

    Raises:
        PermissionDeniedError: The server refuses.

        ServerBusyError: The server asks to come back later.

        ProtocolError: The server gives no UIDVALIDITY, or does not say how many messages there are.
    """
    return read_opened(*client.execute(examine_command(mailbox)))


def examine_command(mailbox: FoundMailbox) -> bytes:
    """Return the command that opens a mailbox read-only."""
    return b"EXAMINE " + quote(mailbox.wire_name)


def read_opened(answers: list[Response], completion: Completion) -> OpenedMailbox:
    """Read the answer to EXAMINE (RFC 9051, 6.3.3)."""
    if completion.status != "OK":
        raise_if_busy(completion)
        raise PermissionDeniedError("the server does not open this mailbox", remedy="Ask for read permission")
    found: dict[bytes, int] = {}
    exists: int | None = None
    for answer in answers:
        if code := _CODE.match(answer[0]):
            if (number := int(code[2])) <= _MAX_NUMBER:
                found[code[1].upper()] = number
        elif size := _EXISTS.match(answer[0]):
            # The last one is the newest when a server sends several.
            exists = int(size[1])
    if exists is None:
        # RFC 9051, 6.3.3 with 6.3.2: EXISTS is required. Taking silence for 0 would pass a mailbox over.
        raise ProtocolError(
            "the server does not say how many messages the mailbox holds", remedy="Run the scan again later"
        )
    if exists > MAX_MESSAGES:
        raise ProtocolError(
            f"the server says that the mailbox holds {exists:,} messages, more than any does",
            remedy="Check which server answers here",
        )
    if b"UIDVALIDITY" not in found:
        raise ProtocolError("the server gives the mailbox no UIDVALIDITY", remedy="Check which server answers here")
    return OpenedMailbox(found[b"UIDVALIDITY"], found.get(b"UIDNEXT"), exists, found.get(b"HIGHESTMODSEQ"))
