"""Own mail in mailboxes that are not read is counted by the server's search, or it is said why not."""

import pytest

from scanner.crawl.own_mail import OwnMailCount, count_own_mail
from scanner.crawl.wire import WireClient
from scanner.errors import ServerBusyError
from scanner.model import FoundMailbox
from tests.crawl.talk import headers
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

INBOX = FoundMailbox(b"INBOX", "INBOX", "inbox", "the inbox", False)
KEYS = ('OR FROM ".corp.example" FROM "@corp.example"', 'FROM "ourclub@provider.example"')


def counted(*overrides: tuple[bytes, Override], capability: bytes = b"") -> tuple[OwnMailCount, list[bytes]]:
    """Return the count, and the commands that were sent after the greeting."""
    with ScriptedServer(headers(*range(1, 6)), dict(overrides), capability=capability) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            found = count_own_mail(client, INBOX, KEYS)
        finally:
            client.drop()
        return found, [b" ".join((one.name, one.arguments)) for one in server.commands if one.name != b"CAPABILITY"]


def test_what_any_search_finds_is_counted_once() -> None:
    """The mailbox is examined, not selected; two searches that find the same message count it once."""

    def search(command: Command) -> Answer:
        found = b"1 2 4" if b"corp" in command.arguments else b"4 5"
        return b"* SEARCH " + found + b"\r\n" + command.tag + b" OK done\r\n"

    found, commands = counted((b"UID SEARCH", search))

    assert found == OwnMailCount(4)
    assert commands == [b'EXAMINE "INBOX"', *(b"UID SEARCH " + keys.encode() for keys in KEYS)]


def test_esearch_is_used_where_it_is_offered_and_dropped_where_it_is_refused() -> None:
    """RFC 4731: ranges in place of long lists. Some servers announce it and answer BAD."""

    def compact(command: Command) -> Answer:
        return b"* ESEARCH UID ALL 1:3,5\r\n" + command.tag + b" OK done\r\n"

    def plain(command: Command) -> Answer:
        if b"RETURN" in command.arguments:
            return command.tag + b" BAD no\r\n"
        return b"* SEARCH 2 3\r\n" + command.tag + b" OK done\r\n"

    assert counted((b"UID SEARCH", compact), capability=b"ESEARCH")[0] == OwnMailCount(4)
    assert counted((b"UID SEARCH", plain), capability=b"ESEARCH")[0] == OwnMailCount(2)


def test_nothing_found_is_nought() -> None:
    """An empty answer is a figure; it is not the same as none."""
    assert counted((b"UID SEARCH", lambda command: b"* SEARCH\r\n" + command.tag + b" OK done\r\n"))[0].messages == 0
    assert counted((b"UID SEARCH", lambda command: command.tag + b" OK done\r\n"))[0].messages == 0


@pytest.mark.parametrize("status", [b"NO", b"BAD"])
def test_a_refused_search_is_said(status: bytes) -> None:
    """It costs the figure, nothing else."""
    found, _ = counted((b"UID SEARCH", lambda command: command.tag + b" " + status + b" no\r\n"))

    assert found == OwnMailCount(None, "the server does not answer the search")


def test_a_mailbox_that_is_not_opened_is_said() -> None:
    """What the server says to the search behind it is of no interest."""
    found, _ = counted((b"EXAMINE", lambda command: command.tag + b" NO permission denied\r\n"))

    assert found == OwnMailCount(None, "the server does not open the mailbox")


@pytest.mark.parametrize("refused", [b"EXAMINE", b"UID SEARCH"])
def test_a_server_that_asks_to_wait_is_waited_for(refused: bytes) -> None:
    """A throttled search is not a refused one."""
    with pytest.raises(ServerBusyError):
        counted((refused, lambda command: command.tag + b" NO [THROTTLED] later\r\n"))


def test_an_answer_that_cannot_be_read_is_not_taken_for_none() -> None:
    """Nought would say that no mail of ours lies there; the older form is asked first."""

    def garbled(command: Command) -> Answer:
        return b"* ESEARCH UID ALL $x!\r\n" + command.tag + b" OK done\r\n"

    def plain_is_clear(command: Command) -> Answer:
        if b"RETURN" in command.arguments:
            return garbled(command)
        return b"* SEARCH 2 3\r\n" + command.tag + b" OK done\r\n"

    unread, _ = counted((b"UID SEARCH", garbled), capability=b"ESEARCH")

    assert unread == OwnMailCount(None, "the server's answer to the search cannot be read")
    assert counted((b"UID SEARCH", plain_is_clear), capability=b"ESEARCH")[0] == OwnMailCount(2)
