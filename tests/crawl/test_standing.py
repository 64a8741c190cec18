"""What mailboxes are like is asked for in one round trip, and half an answer is none."""

import re

import pytest

from scanner.crawl.session import connect
from scanner.crawl.standing import read_standings, read_status
from scanner.errors import ServerBusyError
from scanner.model import FoundMailbox, OpenedMailbox
from tests.crawl.talk import account_at
from tests.servers.proxy import Proxy
from tests.servers.scripted import Answer, Command, Override, ScriptedServer


def _found(*names: bytes) -> list[FoundMailbox]:
    return [FoundMailbox(name, name.decode(), "sent", "a test says so", True) for name in names]


def _asked(status: Override, *names: bytes, capability: bytes = b"") -> tuple[dict[bytes, OpenedMailbox], list[bytes]]:
    """Return what `read_standings` makes of the answers, and the arguments of the commands."""
    with ScriptedServer({}, {b"STATUS": status}, capability=capability) as server:
        client = connect(account_at(server), lambda: "a secret", where="account 1")
        standings = read_standings(client, _found(*names))
        client.drop()
    return standings, [command.arguments for command in server.commands if command.name == b"STATUS"]


def _counted(command: Command) -> Answer:
    """Answer with a number of messages that the mailbox's name holds."""
    name, number = re.match(rb'"([^"]*?(\d*))"', command.arguments).groups()  # type: ignore[union-attr]
    figures = b"(MESSAGES %d UIDNEXT 9 UIDVALIDITY 7)" % int(number or 0)
    return b'* STATUS "%s" %s\r\n%s OK done\r\n' % (name, figures, command.tag)


def test_many_mailboxes_cost_one_round_trip() -> None:
    """All commands are sent before the first answer is awaited; each mailbox gets its own figures."""
    names = [b"Sent %d" % number for number in range(60)]
    with ScriptedServer({}, {b"STATUS": _counted}) as server, Proxy(server.port) as proxy:
        account = account_at(server, port=proxy.port)
        client = connect(account, lambda: "a secret", where="account 1")
        standings = read_standings(client, _found(*names))
        client.drop()
        flights = proxy.connections[0].flights

    assert [standings[name].exists for name in names] == list(range(60))
    assert len(flights[-1]) == 60


def test_a_modseq_is_asked_for_where_it_is_offered() -> None:
    """RFC 7162, 3.1.7: HIGHESTMODSEQ in STATUS belongs to CONDSTORE; elsewhere the whole command would be refused."""

    def status(command: Command) -> Answer:
        modseq = b" HIGHESTMODSEQ 4611686018427387904" if b"HIGHESTMODSEQ" in command.arguments else b""
        return b"* STATUS Sent (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7%s)\r\n%s OK done\r\n" % (modseq, command.tag)

    plain, _ = _asked(status, b"Sent")
    offered, commands = _asked(status, b"Sent", capability=b"CONDSTORE")

    assert plain == {b"Sent": OpenedMailbox(7, 9, 3, None)}
    assert offered == {b"Sent": OpenedMailbox(7, 9, 3, 2**62)}
    assert commands == [b'"Sent" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)']


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"* STATUS Sent (MESSAGES 3 UIDVALIDITY 7)\r\n", id="no UIDNEXT"),
        pytest.param(b"* STATUS Sent (MESSAGES 3 UIDNEXT 9)\r\n", id="no UIDVALIDITY"),
        pytest.param(b"* STATUS Sent (UIDNEXT 9 UIDVALIDITY 7)\r\n", id="no MESSAGES"),
        pytest.param(b"* STATUS Sent (MESSAGES 3x UIDNEXT 9 UIDVALIDITY 7)\r\n", id="no number"),
        pytest.param(b"* STATUS Sent (MESSAGES -3 UIDNEXT 9 UIDVALIDITY 7)\r\n", id="negative"),
        pytest.param(b"* STATUS Sent (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 9999999999999999999)\r\n", id="beyond BIGINT"),
        pytest.param(b"* STATUS Other (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)\r\n", id="another mailbox"),
        pytest.param(b"* STATUS Sent\r\n", id="no list"),
    ],
)
@pytest.mark.parametrize("completion", [b"OK done", b"NO not now", b"BAD what"])
def test_half_an_answer_is_none(said: bytes, completion: bytes) -> None:
    """The mailbox has to be opened; the others are not affected."""

    def status(command: Command) -> Answer:
        if command.arguments.startswith(b'"Sent 2"'):
            return _counted(command)
        return said + command.tag + b" " + completion + b"\r\n"

    standings, _ = _asked(status, b"Sent", b"Sent 2")

    assert set(standings) == {b"Sent 2"}


def test_a_throttle_is_no_answer_about_a_mailbox() -> None:
    """It is waited for like any other."""

    def status(command: Command) -> Answer:
        return command.tag + b" NO Request is throttled. Suggested Backoff Time: 9000 milliseconds\r\n"

    with pytest.raises(ServerBusyError) as caught:
        _asked(status, b"Sent")

    assert caught.value.seconds == 9


FIGURES = b"(MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)\r\n"


@pytest.mark.parametrize(
    ("response", "name"),
    [
        ([b"STATUS Sent " + FIGURES], b"Sent"),
        ([b"status sent (messages 3 uidnext 9 uidvalidity 7)\r\n"], b"sent"),
        ([b'STATUS "Sent Items" ' + FIGURES], b"Sent Items"),
        ([b'STATUS "a \\"b\\" \\\\c" ' + FIGURES], b'a "b" \\c'),
        ([b"STATUS {9}\r\n", b"Sent (old", b" " + FIGURES], b"Sent (old"),
        ([b"STATUS Envoy&AOk-s " + FIGURES], b"Envoy&AOk-s"),
        ([b"STATUS Sent (RECENT 0 MESSAGES 3 UNSEEN 1 UIDNEXT 9 UIDVALIDITY 7) \r\n"], b"Sent"),
    ],
)
def test_names_are_read_in_every_form(response: list[bytes], name: bytes) -> None:
    """RFC 9051, 9: a mailbox is an astring: atom, quoted or literal."""
    assert read_status(response) == (name, OpenedMailbox(7, 9, 3, None))


def test_inbox_has_no_case() -> None:
    """RFC 9051, 5.1: INBOX in any case is the same mailbox; every other name keeps its own."""

    def status(command: Command) -> Answer:
        return b"* STATUS INBOX.Sent " + FIGURES + b"* STATUS SENT " + FIGURES + command.tag + b" OK done\r\n"

    standings, _ = _asked(status, b"Inbox.Sent", b"Sent")

    assert set(standings) == {b"Inbox.Sent"}
