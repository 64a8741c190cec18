"""
What it brings to read several accounts at once, beside one after the other.

Accounts of equal size on a Dovecot of our own are read to a committed store:
one after the other, several at once in threads, and by two processes of half
the accounts each, which write stores of their own: the most that processes
could bring, since they would have to share one store. First at loopback,
where nothing has to be waited for, then through a proxy that delays every
byte as a far server would. Judge by the ratios within one run.
"""

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/accounts.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.mailbox import OWN_DOMAINS, mails  # noqa: E402
from benchmarks.measure import Clock, Measured, Part, in_child  # noqa: E402
from tests.servers import ServerAccount, ServerMissingError  # noqa: E402
from tests.servers.dovecot import Dovecot  # noqa: E402
from tests.servers.proxy import Proxy  # noqa: E402
from tests.silence import Silence  # noqa: E402

_PASSWORD_VARIABLE = "BLINDCOPY_BENCHMARK_PASSWORD_%d"  # the name of a variable, no secret


class Bench:
    """Accounts on one server, and the ways to read them."""

    def __init__(self, server: Dovecot, accounts: int, messages: int, folder: Path) -> None:
        self._server, self._messages, self._folder = server, messages, folder
        self._accounts: list[ServerAccount] = []
        self._stores = 0
        for number in range(accounts):
            account = server.add_account(f"office{number}")
            server.deliver(account, "Sent", mails(messages))
            os.environ[_PASSWORD_VARIABLE % number] = account.password
            self._accounts.append(account)

    def steps(self, at_once: int, near: int, far: int) -> dict[str, Callable[[], Measured]]:
        """Return what is measured; `near` and `far` are ports of the server."""
        everybody = range(len(self._accounts))
        return {
            "loopback, one at a time": lambda: self._scan(near, 1, [everybody]),
            f"loopback, {at_once} at once": lambda: self._scan(near, at_once, [everybody]),
            "loopback, two processes": lambda: self._scan(near, 1, [everybody[::2], everybody[1::2]]),
            "far, one at a time": lambda: self._scan(far, 1, [everybody]),
            f"far, {at_once} at once": lambda: self._scan(far, at_once, [everybody]),
        }

    def _scan(self, port: int, at_once: int, groups: Sequence[Sequence[int]]) -> Measured:
        """Scan each group of accounts in a process of its own, all at the same time."""

        def work() -> Part:
            from scanner.config import load_settings
            from scanner.pipeline.scanning.scan import scan

            settings = [load_settings(self._settings(port, at_once, group)) for group in groups]
            clock = Clock()
            children = [os.fork() for _ in settings[1:]]
            # A child takes the place of its own group, the parent the first one.
            mine = next((number for number, child in enumerate(children, 1) if child == 0), 0)
            scan(settings[mine], progress=Silence())
            if mine:
                os._exit(0)
            for child in children:
                if os.waitpid(child, 0)[1]:
                    raise RuntimeError("a measured child failed")
            return clock.part()

        if len(groups) > 2:
            raise ValueError("a third child would be forked by the second")
        before = self._stores
        measured = in_child(work)
        self._stores = before + len(groups)
        self._check(range(before + 1, self._stores + 1))
        return measured

    def _settings(self, port: int, at_once: int, group: Sequence[int]) -> Path:
        self._stores += 1
        tables = [
            f"""
[[account]]
name = "office {number}"
host = "{self._server.host}"
port = {port}
security = "none"
user = "{self._accounts[number].user}"
password_env = "{_PASSWORD_VARIABLE % number}"
"""
            for number in group
        ]
        path = self._folder / f"run{self._stores}.toml"
        path.write_text(
            f"""
[organisation]
domains = [{", ".join(f'"{domain}"' for domain in OWN_DOMAINS)}]

[store]
url = "run{self._stores}.db"

[scan]
accounts_at_once = {at_once}
{"".join(tables)}""",
            encoding="utf-8",
        )
        return path

    def _check(self, stores: Sequence[int]) -> None:
        """Refuse a figure for work that was not done, and free the disk."""
        stored = 0
        for number in stores:
            connection = sqlite3.connect(self._folder / f"run{number}.db")
            stored += connection.execute("SELECT count(*) FROM message_copy").fetchone()[0]
            connection.close()
            for each in self._folder.glob(f"run{number}.*"):
                each.unlink()
        if stored != len(self._accounts) * self._messages:
            raise RuntimeError(f"the scans stored {stored:,} messages")


def print_table(runs: dict[str, list[Measured]], messages: int) -> None:
    """Print seconds, messages a second, and the ratio to one at a time at the same distance."""
    print(f"{'':<28} {'seconds':>8}  {'(min – max)':^15} {'messages/s':>10} {'× one at a time':>16} {'CPU s':>7}")
    medians = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
    for name, each in runs.items():
        one = medians[f"{name.split(',')[0]}, one at a time"]
        between = f"{min(run.seconds for run in each):.2f} – {max(run.seconds for run in each):.2f}"
        cpu = statistics.median(run.cpu_seconds for run in each)
        print(
            f"{name:<28} {medians[name]:>8.2f}  {between:^15} {messages / medians[name]:>10,.0f} "
            f"{one / medians[name]:>16.2f} {cpu:>7.2f}"
        )


def main() -> int:
    """Run the benchmark; 2 when there is no Dovecot or no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=8, metavar="N", help="accounts (8)")
    parser.add_argument("--messages", type=int, default=3_000, metavar="N", help="messages of each (3000)")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="accounts at once (8)")
    parser.add_argument("--round-trip", type=float, default=50, metavar="MS", help="of the far server, ms (50)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="interleaved runs of each step (3)")
    options = parser.parse_args()
    if min(options.accounts, options.messages, options.at_once, options.runs) < 1:
        parser.error("numbers must be 1 or more")
    try:
        with (
            Dovecot() as server,
            Proxy(server.port, latency=options.round_trip / 2_000) as far,
            tempfile.TemporaryDirectory(prefix="bc-bench-") as folder,
        ):
            bench = Bench(server, options.accounts, options.messages, Path(folder))
            steps = bench.steps(options.at_once, server.port, far.port)
            # Dovecot's caches are cold the first time.
            next(iter(steps.values()))()
            runs: dict[str, list[Measured]] = {name: [] for name in steps}
            for turn in range(options.runs):
                for name, step in steps.items():
                    runs[name].append(step())
                    print(f"  run {turn + 1}: {name}: {runs[name][-1].seconds:.2f} s", file=sys.stderr)
            print_table(runs, options.accounts * options.messages)
    except (ServerMissingError, FileNotFoundError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
