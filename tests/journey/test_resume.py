"""A scan may be killed anywhere; the next one goes on, and the store ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Connection, Proxy

COUNT = 5_000
"""More than two batches of 2,000."""


class Seeded:
    """A mailbox, and what an undisturbed scan of it gives."""

    def __init__(self, server: Dovecot, folder: Path) -> None:
        self.account: ServerAccount = server.add_account("resume")
        server.deliver(self.account, "Sent", many(COUNT))
        server.deliver(self.account, "Sent Items", many(500, seed=2, first=COUNT + 1))
        with Proxy(server.port) as proxy:
            place = self.place(folder, proxy)
            place.scan()
            self.digest = place.digest()
            self.bytes_down = proxy.bytes_down

    def place(self, folder: Path, proxy: Proxy) -> Place:
        """Return a fresh folder whose settings name the account by way of a proxy."""
        place = Place(folder)
        place.add(self.account, port=proxy.port)
        return place


@pytest.fixture(scope="module")
def seeded(dovecot_server: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Return the mailbox that all tests of this file read."""
    return Seeded(dovecot_server, tmp_path_factory.mktemp("undisturbed"))


def _when_received(wanted: int, act: Callable[[], object]) -> Callable[[Connection], bool]:
    """Return a rule for the proxy that acts once, after so many bytes, and holds the next ones for a moment."""
    done = threading.Event()

    def rule(connection: Connection) -> bool:
        if connection.bytes_down >= wanted and not done.is_set():
            done.set()
            act()
            # Long enough for a signal to arrive in the middle of the mailbox.
            time.sleep(0.5)
        return False

    return rule


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _disturbed_scan(place: Place, proxy: Proxy, share: float, delay: float, seeded: Seeded) -> int:
    """Start a scan, kill it when `share` of the bytes came (and `delay` seconds passed); return its ending."""
    started: list[subprocess.Popen[str]] = []
    wanted = int(seeded.bytes_down * share)
    kill = threading.Timer(delay, lambda: _signal(started[0], signal.SIGKILL))
    proxy.cut_when = _when_received(wanted, kill.start)
    started.append(place.start("scan"))
    ended = Place.wait(started[0])
    kill.cancel()
    proxy.cut_when = None
    return ended.code


@pytest.mark.parametrize("seed", range(3))
def test_killed_scans_end_in_the_same_store(seed: int, seeded: Seeded, proxy: Proxy, tmp_path: Path) -> None:
    """Three kills -9 at seeded places, in the middle of fetching and of writing, then a scan to the end."""
    chance = random.Random(seed)
    place = seeded.place(tmp_path, proxy)
    shares = [chance.uniform(0.01, 0.6), chance.uniform(0.3, 0.6), chance.uniform(0.2, 0.4)]

    endings = [_disturbed_scan(place, proxy, share, chance.uniform(0, 0.3), seeded) for share in shares]
    place.scan()

    assert -signal.SIGKILL in endings
    assert place.digest() == seeded.digest


def test_a_broken_connection_is_taken_up_again(seeded: Seeded, proxy: Proxy, tmp_path: Path) -> None:
    """The connection breaks twice in one scan; the scan goes on by itself and misses nothing."""
    place = seeded.place(tmp_path, proxy)
    limits = {1: seeded.bytes_down // 3, 2: seeded.bytes_down // 4}
    proxy.cut_when = lambda connection: connection.bytes_down > limits.get(connection.number, seeded.bytes_down * 2)

    place.scan()

    assert [connection.cut for connection in proxy.connections] == [True, True, False]
    assert place.digest() == seeded.digest


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_scan_says_so_and_goes_on_later(
    number: signal.Signals, code: int, seeded: Seeded, proxy: Proxy, tmp_path: Path
) -> None:
    """Ctrl-C ends with 130 and SIGTERM with 143, in one line; the next scan completes the store."""
    place = seeded.place(tmp_path, proxy)
    started: list[subprocess.Popen[str]] = []
    proxy.cut_when = _when_received(seeded.bytes_down // 2, lambda: _signal(started[0], number))
    started.append(place.start("scan"))

    interrupted = Place.wait(started[0])
    digest_between = place.digest()
    place.scan()

    assert interrupted.code == code
    assert digest_between != seeded.digest
    assert len([line for line in interrupted.remarks.splitlines() if line.startswith("blindcopy:")]) == 1
    assert place.digest() == seeded.digest


def test_a_second_scan_of_one_store_is_refused(seeded: Seeded, proxy: Proxy, tmp_path: Path) -> None:
    """While one scan runs, another ends with 2 and one line; the first is not disturbed."""
    place = seeded.place(tmp_path, proxy)
    reached, go_on = threading.Event(), threading.Event()

    def hold(connection: Connection) -> bool:
        if connection.bytes_down > seeded.bytes_down // 2 and not reached.is_set():
            reached.set()
            go_on.wait(60)
        return False

    proxy.cut_when = hold
    first = place.start("scan")
    assert reached.wait(60)

    second = place.run("scan")
    go_on.set()
    first_ended = Place.wait(first)

    assert (second.code, len(second.remarks.strip().splitlines())) == (2, 1)
    assert second.answer == ""
    assert first_ended.code == 0
    assert place.digest() == seeded.digest
