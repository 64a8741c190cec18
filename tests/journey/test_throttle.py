"""A server that asks to come back later is obeyed, the wait is shown, and a person can end it at once."""

import os
import signal
import subprocess
import threading

import pytest

from tests.crawl.talk import headers
from tests.journey.place import TIMEOUT, Place
from tests.servers import ServerAccount
from tests.servers.scripted import Answer, Command, ScriptedServer

MAIL = headers(*range(1, 11))
LONG = 250
"""Seconds; more than a test waits for a command, less than what a scan refuses to wait."""

assert LONG > TIMEOUT


def _throttling(seconds: int, name: bytes, *, always: bool = True) -> ScriptedServer:
    """Return a server that asks for a wait in answer to a command, once or always."""

    def throttle(command: Command) -> Answer:
        if server.count(name) > 1 and not always:
            return server.answer(command)
        text = b" NO Request is throttled. Suggested Backoff Time: %d milliseconds\r\n" % (seconds * 1000)
        return command.tag + text + b"* BYE\r\n"

    server = ScriptedServer(MAIL, {name: throttle})
    return server


def _add(place: Place, *servers: ScriptedServer) -> None:
    for number, server in enumerate(servers):
        place.add(ServerAccount(f"ada{number}", "a secret"), port=server.port)


def _read_until(process: "subprocess.Popen[str]", words: str) -> list[str]:
    """Return the lines of stderr up to the one that holds the words."""
    assert process.stderr is not None
    watch = threading.Timer(TIMEOUT, process.kill)
    watch.start()
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            break
    watch.cancel()
    return lines


@pytest.mark.parametrize("name", [b"LOGIN", b"LIST", b"EXAMINE", b"UID SEARCH", b"UID FETCH"])
def test_a_throttle_is_obeyed_and_shown(name: bytes, place: Place) -> None:
    """Wherever it is said: the scan comes back, is complete, and has told that it waits."""
    with _throttling(1, name, always=False) as server:
        _add(place, server)
        ended = place.scan()

        assert server.count(b"LOGIN") == 2

    assert "10 new messages" in ended.answer
    assert "account 1: the server asks to come back later; waiting 1 s" in ended.remarks


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("accounts", [1, 2])
def test_a_wait_can_be_ended(accounts: int, number: signal.Signals, code: int, place: Place) -> None:
    """Ctrl-C during a long wait ends the scan then, not when the server's time is over; one account or several."""
    with _throttling(LONG, b"UID FETCH") as first, _throttling(LONG, b"UID FETCH") as second:
        _add(place, *[first, second][:accounts])
        process = place.start("scan")
        shown = _read_until(process, f"waiting {LONG} s")

        os.killpg(process.pid, number)
        ended = Place.wait(process)

        assert first.count(b"UID FETCH") <= 1

    assert f"waiting {LONG} s" in shown[-1]
    assert ended.code == code
    assert len([line for line in ended.remarks.splitlines() if line.startswith("blindcopy:")]) == 1


def test_a_wait_of_an_hour_is_left_to_the_next_scan(place: Place) -> None:
    """Exchange asks for up to 50 minutes: one line says so, and nothing is waited for."""
    with _throttling(3_000, b"UID FETCH") as server:
        _add(place, server)
        ended = place.run("scan")

        assert server.count(b"LOGIN") == 1

    assert ended.code == 2
    assert "account 1: the server asks to come back later. Run the scan again later" in ended.remarks
    assert "waiting" not in ended.remarks
