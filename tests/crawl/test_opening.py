"""What EXAMINE says of a mailbox is read in any order; what it must say and does not is an error."""

import pytest

from scanner.crawl.opening import examine
from scanner.crawl.wire import WireClient
from scanner.errors import PermissionDeniedError, ProtocolError, ServerBusyError
from scanner.model import OpenedMailbox
from tests.crawl.talk import SENT
from tests.servers.scripted import Answer, Command, ScriptedServer


def opened(*lines: bytes, status: bytes = b"OK") -> OpenedMailbox:
    """Return what is made of an answer to EXAMINE."""

    def answer(command: Command) -> Answer:
        return b"".join(b"* " + line + b"\r\n" for line in lines) + command.tag + b" " + status + b" said\r\n"

    with ScriptedServer({}, {b"EXAMINE": answer}) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            return examine(client, SENT)
        finally:
            client.drop()


def test_examine_is_read_in_any_order() -> None:
    """Codes before and after EXISTS, in any case; the last EXISTS is the newest; odd lines in between."""
    known = opened(
        b"3 EXISTS",
        b"0 RECENT",
        b"OK [UIDVALIDITY 4294967295] x",
        b"VANISHED (EARLIER) 8",
        b"1 FETCH (UID 1 FLAGS ())",
        b"ok [uidnext 4]",
        b"OK [HIGHESTMODSEQ 1706092971947030001]",
        b"FLAGS (\\Seen)",
        b"5 exists",
        b"OK [MAILBOXID (27)]",
    )

    assert known == OpenedMailbox(4294967295, 4, 5, 1706092971947030001)


def test_what_examine_does_not_say_is_unknown() -> None:
    """Courier has no MODSEQ; numbers beyond 63 bits are of no use; NOMODSEQ is none."""
    known = (b"OK [UIDVALIDITY 7] x", b"3 EXISTS")
    assert opened(*known) == OpenedMailbox(7, None, 3, None)
    assert opened(*known, b"OK [HIGHESTMODSEQ 9999999999999999999] x", b"OK [NOMODSEQ] x").highestmodseq is None
    assert opened(*known, b"OK [UIDNEXT " + b"9" * 5000 + b"]").uidnext is None


@pytest.mark.parametrize("said", [(), (b"9" * 5000 + b" EXISTS",)])
def test_an_unknown_number_of_messages_is_not_none(said: tuple[bytes, ...]) -> None:
    """RFC 9051, 6.3.2 requires EXISTS; an answer lost on the way must not pass the mailbox over as empty."""
    with pytest.raises(ProtocolError, match="how many messages"):
        opened(b"OK [UIDVALIDITY 7] x", *said)


def test_a_mailbox_without_uidvalidity_cannot_be_followed() -> None:
    """RFC 9051, 6.3.2 requires it; without, a stored UID would mean nothing tomorrow."""
    with pytest.raises(ProtocolError, match="UIDVALIDITY"):
        opened(b"3 EXISTS", b"OK [UIDNEXT 4] x")


@pytest.mark.parametrize("exists", [b"4294967295", b"9999999999"])
def test_a_mailbox_of_billions_is_not_believed(exists: bytes) -> None:
    """RFC 9051, 9: a number has 32 bits; no mailbox holds so many, and asking for them would take years."""
    with pytest.raises(ProtocolError, match="more than any does"):
        opened(exists + b" EXISTS", b"OK [UIDVALIDITY 7] x")


def test_a_refused_examine_is_a_permission_that_is_missing() -> None:
    """Unless the server only says: later."""
    with pytest.raises(PermissionDeniedError):
        opened(status=b"NO")
    with pytest.raises(ServerBusyError):
        opened(status=b"NO [INUSE]")
