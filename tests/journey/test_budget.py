"""An account that may receive so much a day is read over several days, and ends as if it had been read at once."""

from pathlib import Path

import pytest

from scanner.crawl import budget
from scanner.errors import ExitCode
from tests.journey.mail import many
from tests.journey.place import Ended, Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

LIMIT = 60_000
"""Bytes; about a hundred of these mails."""


def _figures(place: Place) -> tuple[int, int]:
    row = next(row for row in place.run("status", "--json").json["coverage"] if row["mailbox"] == "Sent")
    return row["enumerated"], row["stored"]


@pytest.mark.parametrize("compress", ["never", "always"])
def test_a_budget_is_kept_over_days(
    compress: str,
    place: Place,
    dovecot_server: Dovecot,
    account: ServerAccount,
    proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read is stored and the rest a gap; a second scan of the day asks for nothing; later days finish it."""
    dovecot_server.deliver(account, "Sent", many(400))
    undisturbed = Place(tmp_path / "undisturbed")
    undisturbed.folder.mkdir()
    undisturbed.add(account, port=dovecot_server.port)
    undisturbed.scan()
    monkeypatch.setattr("scanner.crawl.steady.BATCH_MESSAGES", 20)
    today = [20_000]
    monkeypatch.setattr(budget, "utc_day", lambda: today[0])
    place.add(account, port=proxy.port, compress=compress)
    limit = LIMIT if compress == "never" else LIMIT // 8
    place.more = ["[[server]]", 'host = "127.0.0.1"', f"bytes_per_day = {limit}"]

    first = place.run("scan")
    after_first, received = _figures(place), proxy.bytes_down
    proxy.forget()
    again = place.run("scan")
    after_again, asked = _figures(place), list(proxy.commands)
    days = 1
    while days < 20 and place.run("scan").code != ExitCode.COMPLETE:
        today[0] += 1
        days += 1

    assert first.code == ExitCode.GAPS
    assert f"the day's budget of {limit / 1_000_000:g} MB is used; the scan goes on tomorrow" in first.remarks
    assert 0 < after_first[1] < 400
    assert limit <= received < 2 * limit
    assert (after_again, asked) == (after_first, [])
    assert again.code != ExitCode.COMPLETE
    assert 3 <= days < 20
    assert _figures(place) == (400, 400)
    assert place.digest() == undisturbed.digest()


def test_the_remark_is_one_gap(place: Place, dovecot_server: Dovecot, account: ServerAccount) -> None:
    """However often the day's scans are started, the account is unfinished once."""
    dovecot_server.deliver(account, "Sent", many(30))
    place.add(account, port=dovecot_server.port)
    place.more = ["[[server]]", 'host = "127.0.0.1"', "bytes_per_day = 100"]

    ended: list[Ended] = [place.run("scan") for _ in range(3)]
    gaps = place.run("status", "--json").json["gaps"]

    assert all(one.code != ExitCode.COMPLETE for one in ended)
    assert [(gap["kind"], gap["detail"]) for gap in gaps] == [
        ("account_unfinished", "the day's budget of 0.0001 MB is used; the scan goes on tomorrow (budget)")
    ]
