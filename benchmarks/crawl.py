"""
How fast `blindcopy scan` is, beside what the wire and the disk allow.

One mailbox on a Dovecot of our own at loopback, its caches warm, is read in
turns by: a raw drain of the same FETCH; a bare sqlite3 writer of the same
rows (no server); an `IMAPClient.fetch(["ENVELOPE"])` loop that keeps nothing;
imap_tools' `fetch(headers_only=True)`, which parses no address before it is
asked: left so, and asked for what an ENVELOPE tells; `blindcopy scan` to a
committed store, first as the whole command with its start and the analysis
that follows, then its crawl alone. Absolute figures depend on the machine;
judge by the ratios within one run.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/crawl.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.mailbox import OWN_DOMAINS, OWNER, figures, mails, shapes_file  # noqa: E402
from benchmarks.measure import Clock, Measured, Part, Summary, in_child, run_program  # noqa: E402
from benchmarks.yardstick import bare_writer, drain, envelope_loop, imap_tools_loop  # noqa: E402
from tests.servers import ServerAccount, ServerMissingError  # noqa: E402
from tests.servers.dovecot import Dovecot  # noqa: E402
from tests.silence import Silence  # noqa: E402

MAILBOX = "Sent"
_PASSWORD_VARIABLE = "BLINDCOPY_BENCHMARK_PASSWORD"  # the name of a variable, no secret


class Bench:
    """One seeded server and the seven ways to go through its mailbox."""

    def __init__(self, server: Dovecot, count: int, folder: Path) -> None:
        self.server, self.count, self._folder = server, count, folder
        self.account: ServerAccount = server.add_account("front.office")
        self._stores = 0

    def seed(self) -> None:
        """Deliver the mailbox; in a child, since a program's peak memory never reads below its parent's (Linux)."""

        def work() -> Part:
            print(figures(self.count), flush=True)
            clock = Clock()
            self.server.deliver(self.account, MAILBOX, mails(self.count))
            return clock.part()

        print(f"delivered in {in_child(work).seconds:.1f} s")

    def steps(self) -> dict[str, Callable[[], Measured]]:
        """Return what is measured, in the order of the table."""
        place = (self.server, self.account, MAILBOX)
        return {
            "raw drain": lambda: in_child(drain(*place)),
            "bare sqlite3 writer": lambda: in_child(bare_writer(self.count)),
            "ENVELOPE loop": lambda: in_child(envelope_loop(*place)),
            "imap_tools headers": lambda: in_child(imap_tools_loop(*place, is_read=False)),
            "imap_tools, asked": lambda: in_child(imap_tools_loop(*place, is_read=True)),
            "blindcopy scan, whole": self._whole_scan,
            "blindcopy scan, crawl": lambda: in_child(self._crawl),
        }

    def warm(self) -> None:
        """Read all headers and envelopes until Dovecot's cache makes the drain no faster."""
        run = drain(self.server, self.account, MAILBOX)
        last = in_child(run).seconds
        in_child(envelope_loop(self.server, self.account, MAILBOX))
        in_child(imap_tools_loop(self.server, self.account, MAILBOX, is_read=False))
        for _ in range(5):
            now = in_child(run).seconds
            if now > 0.9 * last:
                return
            last = now

    def _settings(self) -> Path:
        """Write settings with a fresh store."""
        self._stores += 1
        path = self._folder / f"run{self._stores}.toml"
        path.write_text(
            f"""
[organisation]
name = "Office"
domains = [{", ".join(f'"{domain}"' for domain in OWN_DOMAINS)}]
addresses = ["{OWNER.address}"]

[store]
url = "run{self._stores}.db"

[[account]]
name = "front office"
host = "{self.server.host}"
port = {self.server.port}
security = "none"
user = "{self.account.user}"
password_env = "{_PASSWORD_VARIABLE}"
""",
            encoding="utf-8",
        )
        return path

    def _whole_scan(self) -> Measured:
        # Not the installed command, which may stand for another source tree than this one.
        command = [sys.executable, "-m", "scanner", "--config", str(self._settings()), "scan"]
        measured = run_program(command, {_PASSWORD_VARIABLE: self.account.password, "PYTHONPATH": str(ROOT)})
        self._check_store()
        return measured

    def _crawl(self) -> Part:
        from scanner.config import load_settings
        from scanner.pipeline.scanning.scan import scan

        os.environ[_PASSWORD_VARIABLE] = self.account.password
        settings = load_settings(self._settings())
        clock = Clock()
        scan(settings, password_prompt=None, progress=Silence())
        part = clock.part()
        self._check_store()
        return part

    def _check_store(self) -> None:
        """Refuse a figure for work that was not done, and free the disk."""
        import sqlite3

        path = self._folder / f"run{self._stores}.db"
        connection = sqlite3.connect(path)
        stored = connection.execute("SELECT count(*) FROM message_copy").fetchone()[0]
        connection.close()
        if stored != self.count:
            raise RuntimeError(f"the scan stored {stored:,} of {self.count:,} messages")
        for each in self._folder.glob(f"run{self._stores}.*"):
            each.unlink()


def print_table(summaries: dict[str, Summary]) -> None:
    """Print messages a second, ratios, CPU and memory; one line for each step."""
    loop, tools = summaries["ENVELOPE loop"].rate(), summaries["imap_tools headers"].rate()
    slower = min(summaries["raw drain"].rate(), summaries["bare sqlite3 writer"].rate())
    heads = ("", "messages/s", "(min – max)", "× loop", "× imap_tools", "× limit", "CPU s/1,000", "peak MB")
    print("{:<22} {:>10}  {:^19} {:>7} {:>12} {:>8} {:>12} {:>8}".format(*heads))
    for name, summary in summaries.items():
        rate = summary.rate()
        between = f"{summary.rate(min):,.0f} – {summary.rate(max):,.0f}"
        print(
            f"{name:<22} {rate:>10,.0f}  {between:^19} {rate / loop:>7.2f} {rate / tools:>12.2f} "
            f"{rate / slower:>8.2f} {summary.cpu_per_thousand:>12.3f} {summary.peak_mb:>8.0f}"
        )
    print(
        "limit = the slower of raw drain and bare writer; CPU is that of the client's processes, peak of the largest."
    )


def main() -> int:
    """Run the benchmark; 2 when there is no Dovecot or no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000, metavar="N", help="size of the mailbox (50000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="interleaved runs of each step (5)")
    options = parser.parse_args()
    if options.messages < 1 or options.runs < 1:
        parser.error("--messages and --runs must be 1 or more")
    try:
        shapes_file()
        with Dovecot() as server, tempfile.TemporaryDirectory(prefix="bc-bench-") as folder:
            bench = Bench(server, options.messages, Path(folder))
            bench.seed()
            begin = time.perf_counter()
            bench.warm()
            print(f"Dovecot's cache warmed in {time.perf_counter() - begin:.1f} s; all figures below are warm ones")
            runs: dict[str, list[Measured]] = {name: [] for name in bench.steps()}
            for turn in range(options.runs):
                for name, step in bench.steps().items():
                    runs[name].append(step())
                    print(f"  run {turn + 1}: {name}: {runs[name][-1].seconds:.2f} s", file=sys.stderr)
            print_table({name: Summary(name, tuple(each), options.messages) for name, each in runs.items()})
    except (ServerMissingError, FileNotFoundError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
