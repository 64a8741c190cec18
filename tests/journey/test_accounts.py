"""Several accounts at once: the newest mail of all first, and the store that one at a time would have made."""

import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from scanner.config import load_settings
from scanner.pipeline.scanning.account_scan import FIRST_PART, AccountScan
from scanner.pipeline.scanning.scan import scan
from scanner.store.engine import disposing, open_engine
from scanner.store.schema import account, epoch, mailbox, message_copy
from tests.crawl.talk import Listener
from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Connection, Proxy

ACCOUNTS = 5
COUNT = 1_300
"""Messages of each account: more than its first part, and all together worth a writing process."""

ELSEWHERE = 60
AT_ONCE = "BLINDCOPY_SCAN__ACCOUNTS_AT_ONCE"


class Offices:
    """Accounts on one server, and what a scan that reads one after the other makes of them."""

    def __init__(self, server: Dovecot, folder: Path) -> None:
        self.accounts: list[ServerAccount] = []
        for number in range(ACCOUNTS):
            one = server.add_account(f"office{number}")
            server.deliver(one, "Sent", many(COUNT, seed=number, first=10_000 * number + 1))
            server.deliver(one, "Sent Items", many(ELSEWHERE, seed=9, first=10_000 * number + 5_001))
            self.accounts.append(one)
        with Proxy(server.port) as proxy, pytest.MonkeyPatch.context() as patch:
            patch.setenv(AT_ONCE, "1")
            place = self.place(folder, proxy)
            place.scan()
            self.digest = place.digest()
            self.bytes_down = proxy.bytes_down

    def place(self, folder: Path, proxy: Proxy) -> Place:
        """Return a fresh folder whose settings name all accounts by way of a proxy."""
        place = Place(folder)
        for one in self.accounts:
            place.add(one, port=proxy.port)
        return place


@pytest.fixture(scope="module")
def offices(dovecot_server: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Offices:
    """Return the accounts that all tests of this file read."""
    return Offices(dovecot_server, tmp_path_factory.mktemp("one-by-one"))


def _when(proxy: Proxy, wanted: int, act: Callable[[], object]) -> Callable[[Connection], bool]:
    """Return a rule for the proxy that acts once, when all connections together have brought so many bytes."""
    done = threading.Event()

    def rule(_connection: Connection) -> bool:
        if proxy.bytes_down >= wanted and not done.is_set():
            done.set()
            act()
        return False

    return rule


def test_all_at_once_make_the_store_of_one_after_the_other(offices: Offices, proxy: Proxy, tmp_path: Path) -> None:
    """The digest is the same, and each account has signed in once."""
    place = offices.place(tmp_path, proxy)

    ended = place.scan("--json")

    assert place.digest() == offices.digest
    figures = [one["new_messages"] for one in ended.json["scan"]["accounts"]]
    assert figures == [COUNT + ELSEWHERE] * ACCOUNTS
    assert len(proxy.connections) == ACCOUNTS


def test_the_newest_mail_of_every_account_is_stored_before_old_mail(
    offices: Offices, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan that ends when the second turns begin has committed the newest mail of all mailboxes, and no more."""
    place = offices.place(tmp_path, proxy)
    place.write_settings()
    monkeypatch.setenv(AT_ONCE, "1")
    for name, password in place.passwords.items():
        monkeypatch.setenv(name, password)
    turn, turns = AccountScan.turn, iter(range(100))

    def first_turns_only(self: AccountScan) -> None:
        if next(turns) == ACCOUNTS:
            raise RuntimeError("the second turns begin")
        turn(self)

    monkeypatch.setattr(AccountScan, "turn", first_turns_only)
    settings = load_settings(place.settings_file)

    with pytest.raises(RuntimeError, match="second turns"):
        scan(settings, progress=Listener())

    uids = message_copy.c.uid
    query = (
        select(account.c.name, mailbox.c.name, func.min(uids), func.max(uids))
        .select_from(message_copy.join(epoch).join(mailbox).join(account))
        .group_by(account.c.name, mailbox.c.name)
    )
    with disposing(open_engine(settings.store_url, read_only=True)) as engine, engine.connect() as connection:
        found = sorted(tuple(row) for row in connection.execute(query))
    assert found == [
        row
        for number in range(1, ACCOUNTS + 1)
        for row in (
            (f"account {number}", "Sent", COUNT - FIRST_PART // 2 + 1, COUNT),
            (f"account {number}", "Sent Items", 1, ELSEWHERE),
        )
    ]


def test_few_connections_read_all_accounts(
    offices: Offices, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections to the server: accounts sign out and in again, and nothing is missed or asked for twice."""
    monkeypatch.setenv("BLINDCOPY_SCAN__CONNECTIONS_PER_SERVER", "2")
    place = offices.place(tmp_path, proxy)

    place.scan()

    assert place.digest() == offices.digest
    # No account has more than three parts: the newest, and twice ever more.
    assert ACCOUNTS < len(proxy.connections) <= 3 * ACCOUNTS


@pytest.mark.parametrize("seed", range(2))
def test_killed_scans_of_several_accounts_end_in_the_same_store(
    seed: int, offices: Offices, proxy: Proxy, tmp_path: Path
) -> None:
    """Kills -9 at seeded places, then a scan to the end."""
    chance = random.Random(seed)
    place = offices.place(tmp_path, proxy)
    endings = []
    for _ in range(2):
        started: list[subprocess.Popen[str]] = []
        wanted = proxy.bytes_down + int(offices.bytes_down * chance.uniform(0.05, 0.3))
        proxy.cut_when = _when(proxy, wanted, lambda: os.killpg(started[0].pid, signal.SIGKILL))  # noqa: B023  # runs now
        started.append(place.start("scan"))
        endings.append(Place.wait(started[0]).code)
        proxy.cut_when = None

    place.scan()

    assert -signal.SIGKILL in endings
    assert place.digest() == offices.digest


def test_an_interrupted_scan_names_what_it_did_not_read(
    offices: Offices, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while one account at a time is read: 130, those not begun are gaps, the next scan completes the store."""
    monkeypatch.setenv(AT_ONCE, "1")
    place = offices.place(tmp_path, proxy)
    started: list[subprocess.Popen[str]] = []
    proxy.cut_when = _when(proxy, offices.bytes_down // 20, lambda: os.killpg(started[0].pid, signal.SIGINT))
    started.append(place.start("scan"))

    interrupted = Place.wait(started[0])
    proxy.cut_when = None
    gaps = {gap["account"]: gap["kind"] for gap in place.run("status", "--json").json["gaps"]}
    place.scan()

    assert interrupted.code == 130
    assert [line.partition(":")[0] for line in interrupted.remarks.splitlines()] == ["blindcopy"]
    assert set(gaps) == {f"account {number}" for number in range(1, ACCOUNTS + 1)}
    assert gaps[f"account {ACCOUNTS}"] == "account_unreached"
    assert place.run("status", "--json").json["gaps"] == []
    assert place.digest() == offices.digest


def test_a_report_during_a_scan_is_provisional(offices: Offices, proxy: Proxy, tmp_path: Path) -> None:
    """All that is told beside the scan, on the terminal, as JSON or workbook, is headed by the share that was seen."""
    place = offices.place(tmp_path, proxy)
    reached, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> bool:
        if proxy.bytes_down > offices.bytes_down // 2:
            reached.set()
            go_on.wait(60)
        return False

    proxy.cut_when = hold
    running = place.start("scan")
    assert reached.wait(60)

    told = [place.run(*words) for words in (("analyse",), ("queue",), ("queue", "--below"), ("status",))]
    key = place.run("queue", "--json").json["incidents"][0]["id"]
    told.append(place.run("show", key))
    during = place.report("during.json")
    go_on.set()
    ended = Place.wait(running)
    after = place.report("after.json")

    assert [one.code for one in told] == [0, 0, 0, 0, 0], told
    assert all(" seen: a scan has not finished" in " ".join(one.answer.split()) for one in told), told
    assert during["provisional"]
    assert 0 < during["seen"]["messages"] < during["seen"]["expected"] <= ACCOUNTS * (COUNT + ELSEWHERE)
    assert ended.code == 0
    assert (after["provisional"], after["seen"]) == (False, None)
    assert "PROVISIONAL" not in place.run("queue").answer
    assert json.dumps(after) != json.dumps(during)
