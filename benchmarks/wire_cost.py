"""
What a scan costs on the wire: round trips, bytes, and the price of a long line.

Sent mailboxes on a Dovecot of our own are scanned by way of a proxy that
counts. First: how many round trips a scan takes between sign-in and LOGOUT
when nothing is new, and when one message is. Then: how many bytes a
compressed scan moves, beside an uncompressed one. Then, in turns: how long
scans take at once and with latency on the line, whose throughput stays as it
is. A scan here is the crawl to a committed store, without the analysis.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/wire_cost.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.mailbox import OWN_DOMAINS, OWNER, figures, mails  # noqa: E402
from benchmarks.measure import Clock, Part, in_child  # noqa: E402
from tests.servers import Mail, ServerAccount, ServerMissingError  # noqa: E402
from tests.servers.dovecot import Dovecot  # noqa: E402
from tests.servers.proxy import Connection, Proxy  # noqa: E402
from tests.silence import Silence  # noqa: E402

_SMALL = {"Sent": 200, "Sent Items": 100, "Sent/2019": 50}
_PASSWORD_VARIABLE = "BLINDCOPY_BENCHMARK_PASSWORD"  # the name of a variable, no secret
_LIMITS = {"round trips": 4.0, "bytes": 0.4, "latency factor": 1.5, "latency seconds": 3.0}


class Bench:
    """One server and the scans of its accounts."""

    def __init__(self, server: Dovecot, folder: Path) -> None:
        self.server, self._folder = server, folder
        self._stores = 0

    def fill(self, name: str, mailboxes: dict[str, int]) -> ServerAccount:
        """Make an account with so many messages in each of its mailboxes."""
        account = self.server.add_account(name)
        letters = mails(sum(mailboxes.values()))
        for mailbox, count in mailboxes.items():
            self.server.deliver(account, mailbox, islice(letters, count))
        return account

    def new_store(self) -> str:
        """Return the name of a store that is not made yet."""
        self._stores += 1
        return f"run{self._stores}.db"

    def scan(self, account: ServerAccount, port: int, store: str, *, compress: str = "never") -> Part:
        """Scan by way of a port; refuse figures for work that was not done."""
        from scanner.config import load_settings
        from scanner.pipeline.scanning.scan import scan

        os.environ[_PASSWORD_VARIABLE] = account.password
        settings = load_settings(self._settings(account, port, store, compress))
        clock = Clock()
        outcome = scan(settings, password_prompt=None, progress=Silence())
        part = clock.part()
        if not outcome.complete or outcome.new_gaps:
            raise RuntimeError("a scan was not complete")
        return part

    def _settings(self, account: ServerAccount, port: int, store: str, compress: str) -> Path:
        path = self._folder / f"{store}.toml"
        path.write_text(
            f"""
[organisation]
name = "Office"
domains = [{", ".join(f'"{domain}"' for domain in OWN_DOMAINS)}]
addresses = ["{OWNER.address}"]

[store]
url = "{store}"

[[account]]
name = "{account.user}"
host = "{Proxy.host}"
port = {port}
security = "none"
user = "{account.user}"
password_env = "{_PASSWORD_VARIABLE}"
compress = "{compress}"
""",
            encoding="utf-8",
        )
        return path


def round_trips(connection: Connection) -> int:
    """Return how often a client waited for its server between sign-in and LOGOUT."""
    begin = next(number for number, flight in enumerate(connection.flights) if flight[0] in {"LOGIN", "AUTHENTICATE"})
    end = next(number for number, flight in enumerate(connection.flights) if "LOGOUT" in flight)
    return end - begin - 1


def count_round_trips(bench: Bench) -> bool:
    """Print the round trips of scans of a small account; tell whether they are few enough."""
    account = bench.fill("three.mailboxes", _SMALL)
    store = bench.new_store()
    with Proxy(bench.server.port) as proxy:
        # The second scan settles what a server counts only once it was asked for it.
        for name, news in (("first scan", 0), ("second scan", 0), ("nothing new", 0), ("one new message", 1)):
            bench.server.deliver(account, "Sent", _more(news))
            proxy.forget()
            bench.scan(account, proxy.port, store)
            trips = sum(map(round_trips, proxy.connections))
            print(f"{name:<24} {trips:>4} round trips, {proxy.bytes_up + proxy.bytes_down:>9,} bytes")
            if name == "nothing new":
                is_few = trips <= _LIMITS["round trips"]
    return is_few


def _more(count: int) -> Iterator[Mail]:
    return islice(mails(1_000), 999, 999 + count)


def count_bytes(bench: Bench, account: ServerAccount, messages: int) -> bool:
    """Print the bytes of a whole scan with and without compression; tell whether the ratio is low enough."""
    moved = {}
    for compress in ("never", "always"):
        with Proxy(bench.server.port) as proxy:
            bench.scan(account, proxy.port, bench.new_store(), compress=compress)
            moved[compress] = proxy.bytes_up + proxy.bytes_down
            print(
                f"compress = {compress!r:<10} {moved[compress]:>12,} bytes, {moved[compress] / messages:,.0f} a message"
            )
    ratio = moved["always"] / moved["never"]
    print(f"{'ratio':<24} {ratio:>8.3f}")
    return ratio <= _LIMITS["bytes"]


def time_latency(bench: Bench, account: ServerAccount, latency: float, runs: int) -> bool:
    """Print how long whole scans take with and without latency, in turns; tell whether the price is low enough."""
    seconds: dict[float, list[float]] = {0.0: [], latency: []}
    for turn in range(runs):
        for way in seconds:
            with _line(bench, way) as port:
                store = bench.new_store()
                seconds[way].append(in_child(lambda port=port, store=store: bench.scan(account, port, store)).seconds)  # type: ignore[misc]
            print(f"  run {turn + 1}: {way * 2000:.0f} ms: {seconds[way][-1]:.2f} s", file=sys.stderr)
    base, slow = (statistics.median(each) for each in seconds.values())
    limit = _LIMITS["latency factor"] * base + _LIMITS["latency seconds"]
    print(
        f"{'without latency':<24} {base:>8.2f} s  (median of {runs}, {min(seconds[0.0]):.2f} – {max(seconds[0.0]):.2f})"
    )
    print(
        f"with {latency * 2000:>4.0f} ms added {slow:>14.2f} s  "
        f"({min(seconds[latency]):.2f} – {max(seconds[latency]):.2f}), {slow / base:.2f} times; at most {limit:.2f} s"
    )
    return slow <= limit


@contextmanager
def _line(bench: Bench, latency: float) -> Iterator[int]:
    """Yield the port of a line to the server; both kinds go through a proxy, so that only latency differs."""
    with Proxy(bench.server.port, latency=latency) as proxy:
        yield proxy.port


def main() -> int:
    """Run the benchmark; 1 when a limit is not held, 2 when there is no Dovecot or no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000, metavar="N", help="size of the mailbox (50000)")
    parser.add_argument(
        "--runs", type=int, default=3, metavar="N", help="interleaved runs with and without latency (3)"
    )
    parser.add_argument("--latency", type=float, default=100.0, metavar="MS", help="added to each round trip (100)")
    options = parser.parse_args()
    if options.messages < 1 or options.runs < 1 or options.latency <= 0:
        parser.error("--messages and --runs must be 1 or more, --latency more than 0")
    try:
        with Dovecot() as server, tempfile.TemporaryDirectory(prefix="bc-wire-") as folder:
            bench = Bench(server, Path(folder))
            held = [count_round_trips(bench)]
            print(figures(options.messages), flush=True)
            begin = time.perf_counter()
            account = bench.fill("front.office", {"Sent": options.messages})
            print(f"delivered in {time.perf_counter() - begin:.1f} s", file=sys.stderr)
            # This scan also warms the server's cache for those that are timed.
            held.append(count_bytes(bench, account, options.messages))
            held.append(time_latency(bench, account, options.latency / 2000, options.runs))
    except (ServerMissingError, FileNotFoundError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
