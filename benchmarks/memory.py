"""
How much memory `blindcopy scan` takes, and whether it grows with the mailbox.

Mailboxes on a Dovecot of our own at loopback are scanned by the whole command,
from its start to the end of the analysis: small ones and large ones, each
without and with some messages of very many recipients among the others. The
memory is that of the scan and its writing process: of the two together, and
of the larger one alone.
"""

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/memory.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.footprint import Footprint, Watched, watch  # noqa: E402
from benchmarks.mailbox import OWN_DOMAINS, OWNER, mails, shapes, shapes_file  # noqa: E402
from benchmarks.mbox import add_mbox_account, deliver  # noqa: E402
from benchmarks.measure import Clock, Part, in_child  # noqa: E402
from benchmarks.yardstick import drain  # noqa: E402
from tests.servers import Mail, ServerAccount, ServerMissingError  # noqa: E402
from tests.servers.dovecot import Dovecot  # noqa: E402

MAILBOX = "Sent"
MOST_MB = 200
MOST_GROWTH = 1.10
_PASSWORD_VARIABLE = "BLINDCOPY_BENCHMARK_PASSWORD"  # the name of a variable, no secret

# The command imports no more than this before the analysis.
_CRAWL = """
import sys
from pathlib import Path
import scanner.cli.app
from scanner.cli.progress import TerminalProgress
from scanner.config import load_settings
from scanner.pipeline.scanning.scan import scan
with TerminalProgress("Scanning") as progress:
    scan(load_settings(Path(sys.argv[1])), progress=progress)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """What one mailbox holds."""

    messages: int
    large: int
    """Messages with many recipients, spread evenly among the others."""

    recipients: int
    """Of each large one."""

    @property
    def name(self) -> str:
        """What the case is called."""
        return f"{self.messages:,}" + (f" and {self.large} of {self.recipients:,}" if self.large else "")

    def mails(self) -> Iterator[Mail]:
        """Yield the messages, oldest first."""
        ordinary = mails(self.messages)
        part = self.messages // (self.large + 1)
        for number in range(self.large):
            yield from islice(ordinary, part)
            yield _large_mail(number, self.recipients)
        yield from ordinary


def _large_mail(number: int, recipients: int) -> Mail:
    """Return a message to people whom no other message names: the hardest for everything that remembers addresses."""
    sent = next(shapes(1)).sent + timedelta(days=number)
    people = ",\r\n ".join(
        f"Reader {number}.{each} <reader.{number}.{each}@post{each % 500}.example>" for each in range(recipients)
    )
    fields = (
        f"Date: {format_datetime(sent)}\r\nFrom: {OWNER.name} <{OWNER.address}>\r\nTo: {people}\r\n"
        f"Subject: News {number}\r\nMessage-ID: <news.{number}@shapes.example>\r\n"
    )
    return sent + timedelta(seconds=2), ("\\Seen",), f"{fields}\r\nHello.\r\n".encode("ascii")


def measure(server: Dovecot, case: Case, number: int, folder: Path, *, is_crawl_only: bool) -> Watched:
    """Deliver a mailbox, scan it and forget it."""
    account = add_mbox_account(server, f"office{number}")

    def fill() -> Part:
        clock = Clock()
        deliver(server, account, MAILBOX, case.mails())
        # Dovecot numbers the messages when they are asked for, which takes longer than any client waits.
        drain(server, account, MAILBOX, timeout=1_800)()
        return clock.part()

    print(f"  {case.name}: delivered in {in_child(fill).seconds:.0f} s", file=sys.stderr)
    settings, store = folder / f"run{number}.toml", folder / f"run{number}.db"
    settings.write_text(_settings(server, account, store), encoding="utf-8")
    command = [sys.executable, "-m", "scanner", "--config", str(settings), "scan"]
    if is_crawl_only:
        command = [sys.executable, "-c", _CRAWL, str(settings)]
    watched = watch(command, {_PASSWORD_VARIABLE: account.password, "PYTHONPATH": str(ROOT)})
    _check(store, case)
    for each in (*folder.glob(f"run{number}.*"), server.folder / "mail" / account.user / "mbox" / MAILBOX):
        each.unlink()
    return watched


def _settings(server: Dovecot, account: ServerAccount, store: Path) -> str:
    return f"""
[organisation]
name = "Office"
domains = [{", ".join(f'"{domain}"' for domain in OWN_DOMAINS)}]
addresses = ["{OWNER.address}"]

[store]
url = "{store.name}"

[[account]]
name = "front office"
host = "{server.host}"
port = {server.port}
security = "none"
user = "{account.user}"
password_env = "{_PASSWORD_VARIABLE}"
"""


def _check(store: Path, case: Case) -> None:
    """Refuse a figure for work that was not done."""
    connection = sqlite3.connect(store)
    (copies,) = connection.execute("SELECT count(*) FROM message_copy").fetchone()
    (gaps,) = connection.execute("SELECT count(*) FROM gap").fetchone()
    connection.close()
    if copies != case.messages + case.large or gaps:
        raise RuntimeError(f"the scan stored {copies:,} of {case.messages + case.large:,} messages, {gaps} gaps")


def print_line(case: Case, watched: Watched) -> None:
    """Print one line of the table."""

    def cells(peak: Footprint) -> str:
        return f"{peak.seconds:>9.1f} {peak.together:>9.0f} {peak.largest:>8.0f}"

    print(f"{case.name:<28} {cells(watched.first)}   {cells(watched.whole)}", flush=True)


def verdict(seen: dict[Case, Watched]) -> int:
    """Print what the peaks say; 1 when the command takes too much, or grows."""
    largest = max(watched.whole.together for watched in seen.values())
    print(f"at most {largest:.0f} MB; the bound is {MOST_MB}")
    is_held = largest <= MOST_MB
    for large in sorted({case.large for case in seen}):
        peaks = [watched.whole.together for case, watched in seen.items() if case.large == large]
        growth = max(peaks) / min(peaks)
        is_held = is_held and growth <= MOST_GROWTH
        with_them = f"with {large} large ones" if large else "without large ones"
        print(f"{with_them}: {growth:.2f} times the least; the bound is {MOST_GROWTH:.2f}")
    return 0 if is_held else 1


def main() -> int:
    """Run the benchmark; 1 when a bound is not held, 2 when there is no Dovecot or no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, nargs="+", default=[50_000, 500_000], metavar="N", help="mailbox sizes")
    parser.add_argument("--large", type=int, default=10, metavar="N", help="messages with many recipients (10)")
    parser.add_argument("--recipients", type=int, default=20_000, metavar="N", help="of each large message (20000)")
    parser.add_argument("--crawl-only", action="store_true", help="leave out the analysis behind the crawl")
    options = parser.parse_args()
    if min(options.messages) < 1 or options.large < 0 or options.recipients < 1:
        parser.error("--messages and --recipients must be 1 or more, --large 0 or more")
    cases = dict.fromkeys(
        Case(messages, large, options.recipients) for messages in options.messages for large in (0, options.large)
    )
    seen: dict[Case, Watched] = {}
    try:
        shapes_file()
        with Dovecot() as server, tempfile.TemporaryDirectory(prefix="bc-memory-") as folder:
            print(f"{'':<28} {'crawl':^28}   {'whole command':^28}")
            print(f"{'messages':<28} " + "   ".join([f"{'seconds':>9} {'MB, all':>9} {'largest':>8}"] * 2), flush=True)
            for number, case in enumerate(cases):
                seen[case] = measure(server, case, number, Path(folder), is_crawl_only=options.crawl_only)
                print_line(case, seen[case])
    except (ServerMissingError, FileNotFoundError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return verdict(seen)


if __name__ == "__main__":
    sys.exit(main())
