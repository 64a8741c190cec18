"""A mailbox at which the server fails costs itself only; a server that fails at every one is left in bounded time."""

from collections.abc import Callable

import pytest

from tests.crawl.talk import headers
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

LISTED = ("Sent", "Sent Items", "Sent Messages", "Sent/2019", "Sent/2020")

Fault = Callable[[ScriptedServer, Command], Answer]


def _nonsense(server: ScriptedServer, command: Command) -> Answer:
    """Answer EXAMINE without the figures that it must have (RFC 9051, 6.3.3)."""
    return command.tag + b" OK [READ-ONLY] done\r\n"


def _out_of_step(server: ScriptedServer, command: Command) -> Answer:
    return b"X99 OK that was for somebody else\r\n"


def _endless(server: ScriptedServer, command: Command) -> Answer:
    return b"* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n" + command.tag + b" OK done\r\n"


def _hang_up(server: ScriptedServer, command: Command) -> Answer:
    return None


def _failing(names: tuple[str, ...], fault: Fault) -> ScriptedServer:
    """Return a server with five sent mailboxes that fails at some of them."""

    def listed(command: Command) -> Answer:
        lines = b"".join(b'* LIST () "/" "%s"\r\n' % name.encode() for name in LISTED)
        return lines + command.tag + b" OK done\r\n"

    def examine(command: Command) -> Answer:
        is_broken = command.arguments.decode().strip('"') in names
        return fault(server, command) if is_broken else server.answer(command)

    overrides: dict[bytes, Override] = {b"LIST": listed, b"EXAMINE": examine}
    server = ScriptedServer(headers(*range(1, 6)), overrides)
    return server


@pytest.mark.parametrize("fault", [_nonsense, _out_of_step, _endless, _hang_up])
def test_one_broken_mailbox_costs_itself_only(fault: Fault, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read on a new connection; the gap names the mailbox, and a scan that can read it closes it."""
    monkeypatch.setattr("scanner.crawl.account.AccountCrawl._sleep", lambda self, seconds: None)
    with _failing(("Sent Items",), fault) as server:
        place.add(ServerAccount("ada", "a secret"), port=server.port)
        ended = place.run("scan")
        broken = place.report("broken.json")["coverage"]
        server._overrides.pop(b"EXAMINE")
        place.scan()
        whole = place.report("whole.json")["coverage"]

    assert ended.code == 1
    assert {row["mailbox"]: row["stored"] for row in broken if row["uidvalidity"]} == {
        name: 5 for name in LISTED if name != "Sent Items"
    }
    assert [row["mailbox"] for row in broken if row["gaps"]] == ["Sent Items"]
    assert {row["mailbox"]: (row["stored"], row["gaps"]) for row in whole} == dict.fromkeys(LISTED, (5, 0))


@pytest.mark.parametrize("fault", [_nonsense, _hang_up])
def test_a_server_that_fails_at_every_mailbox_is_left(
    fault: Fault, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third mailbox that cannot be read ends the account: the rest would end alike."""
    monkeypatch.setattr("scanner.crawl.account.AccountCrawl._sleep", lambda self, seconds: None)
    with _failing(LISTED, fault) as server:
        place.add(ServerAccount("ada", "a secret"), port=server.port)
        ended = place.run("scan")
        asked = {command.arguments for command in server.commands if command.name == b"EXAMINE"}

    assert ended.code == 2
    assert len(asked) == 3
    assert server.count(b"EXAMINE") <= 12
