"""
How fast the analysis is, beside one pass of the database over the same recipients.

A store is filled as a scan would, with the structure of a real organisation's
sent mail and a few colleagues in Cc, about six recipient rows a message. Every
reply, half of the mail, names its thread in References and In-Reply-To. Then

    GROUP BY    one SQL pass: all recipients joined with their addresses, grouped by message
    analysis    `blindcopy analyse` on a store that was never analysed, its result written
    again       the same once more: the addresses are classed, a former result is there

run in turns, each in a process of its own. Beside it one incident, alone in
its store, with n and with 2n exposed addresses: what costs no quadratic step
takes about twice as long. Absolute figures depend on the machine; judge by the
ratios within one run.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/analysis.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.mailbox import OWN_DOMAINS, OWNER, Recipient, Shape, compose, shapes  # noqa: E402
from benchmarks.measure import Clock, Measured, Part, in_child  # noqa: E402
from scanner.addresses import make_outsider_check  # noqa: E402
from scanner.config import Settings, load_settings  # noqa: E402
from scanner.crawl.answer import FetchAnswer  # noqa: E402
from scanner.crawl.header import PARSER_VERSION, build_message  # noqa: E402
from scanner.model import Batch, FoundMailbox, Message, OpenedMailbox  # noqa: E402
from scanner.pipeline.analysing.analysis import analyse_store  # noqa: E402
from scanner.store import crawled  # noqa: E402
from scanner.store.engine import create_store, disposing  # noqa: E402
from scanner.store.frame import Cursor  # noqa: E402
from tests.message_writer import MessageWriter  # noqa: E402

AS_OF = 1_790_000_000
"""The moment all results speak for: nothing here depends on the clock."""

_BATCH = 2_000
_COLLEAGUES = 7
_FIRST_MAIL = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)

_PASS = """
    SELECT COUNT(*), SUM(recipients) FROM (
        SELECT COUNT(DISTINCT recipient.address_id) AS recipients
          FROM recipient JOIN address ON address.id = recipient.address_id
         GROUP BY recipient.message_id)
"""


_MOST_REFERENCES = 20
"""Clients leave out the middle of longer threads."""


class Threads:
    """What the replies of a mailbox answer: mail of the others, which the mailbox of sent mail does not hold."""

    def __init__(self) -> None:
        self._chains: dict[str, tuple[str, ...]] = {}

    def fields_of(self, shape: Shape) -> bytes:
        """Return the References and In-Reply-To fields of the next message; none when it begins a thread."""
        if not shape.is_reply:
            self._chains[shape.thread] = (shape.message_id,)
            return b""
        host = shape.recipients[0].address.rpartition("@")[2]
        chain = (*self._chains.get(shape.thread, ()), f"<{shape.thread}.{shape.number}@{host}>")
        if len(chain) > _MOST_REFERENCES:
            chain = (chain[0], *chain[1 - _MOST_REFERENCES :])
        self._chains[shape.thread] = (*chain, shape.message_id)
        references = "\r\n ".join(chain)
        return f"In-Reply-To: {chain[-1]}\r\nReferences: {references}\r\n".encode("ascii")


def headers_of_mailbox(count: int) -> Iterator[tuple[datetime, bytes]]:
    """Yield (received, header block) of `count` messages: real shapes, none to six colleagues in Cc besides."""
    threads = Threads()
    for shape in shapes(count):
        colleagues = (
            Recipient("cc", f"Colleague {each}", f"colleague.{each}@{OWN_DOMAINS[0]}")
            for each in range(shape.number % 97, shape.number % 97 + shape.number % _COLLEAGUES)
        )
        mail = compose(replace(shape, recipients=(*shape.recipients, *colleagues)))
        yield shape.sent, mail.removesuffix(b"\r\nHello.\r\n") + threads.fields_of(shape) + b"\r\n"


def headers_of_incident(exposed: int) -> Iterator[tuple[datetime, bytes]]:
    """Yield the one mail that shows so many outsiders to each other."""
    people = ",\r\n ".join(f"person.{number}@org{number % 900}.example" for number in range(exposed))
    yield (
        _FIRST_MAIL,
        f"Date: {format_datetime(_FIRST_MAIL)}\r\nFrom: {OWNER.name} <{OWNER.address}>\r\nTo: {people}\r\n"
        "Subject: Winter appeal\r\nMessage-ID: <appeal@shapes.example>\r\n\r\n".encode("ascii"),
    )


def write_settings(folder: Path) -> Settings:
    """Write the settings of the one account."""
    domains = ", ".join(f'"{domain}"' for domain in OWN_DOMAINS)
    path = folder / "blindcopy.toml"
    path.write_text(
        f'[organisation]\nname = "Office"\ndomains = [{domains}]\naddresses = ["{OWNER.address}"]\n'
        '[store]\nurl = "used.db"\n'
        '[[account]]\nname = "front office"\nhost = "mail.example"\nuser = "front.office"\npassword_env = "UNUSED"\n',
        encoding="utf-8",
    )
    return load_settings(path)


def fill(settings: Settings, headers: Iterable[tuple[datetime, bytes]]) -> None:
    """Put messages into a new store as a scan would, a batch at a time."""
    is_outsider = make_outsider_check(settings.to_policy())
    messages = (_message(uid, *each) for uid, each in enumerate(headers, 1))
    (account,) = settings.accounts()
    with disposing(create_store(settings.store_url)) as engine:
        writer = MessageWriter(engine, is_outsider, PARSER_VERSION)
        with engine.begin() as connection:
            run = crawled.start_run(
                connection, now=AS_OF, tool_version="0", parser_version=1, settings_sha256="0" * 64, mandate="{}"
            )
            number = crawled.save_account(connection, account)
            found = FoundMailbox(b"Sent", "Sent", "sent", "its use is \\Sent", True)
            (mailbox,) = crawled.save_mailboxes(connection, number, [found]).values()
            epoch = crawled.open_epoch(connection, mailbox, OpenedMailbox(1, None, 0, None))
        while batch := tuple(islice(messages, _BATCH)):
            last = batch[-1].uid
            cursor = Cursor(run, number, mailbox, epoch.id, ((1, last),))
            writer.write(cursor, Batch(((batch[0].uid, last),), batch, (), 0))
        with engine.begin() as connection:
            crawled.end_run(connection, run, now=AS_OF, state="complete")


def _message(uid: int, received: datetime, header: bytes) -> Message:
    internal = received.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
    return build_message(FetchAnswer(uid, internal, len(header), b"\\Seen", header), header, is_draft=False)


class Bench:
    """One store that is never analysed itself: every run gets a copy."""

    def __init__(self, folder: Path, headers: Iterable[tuple[datetime, bytes]]) -> None:
        self._settings = write_settings(folder)
        self._used, self._full = folder / "used.db", folder / "full.db"
        if not self._full.exists():

            def work() -> Part:
                self.remove()
                clock = Clock()
                fill(self._settings, headers)
                self._used.rename(self._full)
                return clock.part()

            print(f"filled in {in_child(work).seconds:.1f} s", file=sys.stderr)

    def size(self) -> tuple[int, int]:
        """Return (messages, recipient rows)."""
        connection = sqlite3.connect(self._full)
        row = connection.execute("SELECT (SELECT COUNT(*) FROM message), (SELECT COUNT(*) FROM recipient)").fetchone()
        connection.close()
        return row[0], row[1]

    def renew(self) -> None:
        """Take a fresh copy of the store."""
        self.remove()
        shutil.copyfile(self._full, self._used)

    def remove(self) -> None:
        """Remove the copy and what lies beside it."""
        for each in self._used.parent.glob("used.db*"):
            each.unlink()

    def one_pass(self) -> Part:
        """Run the yardstick."""
        connection = sqlite3.connect(self._used)
        clock = Clock()
        connection.execute(_PASS).fetchone()
        part = clock.part()
        connection.close()
        return part

    def analyse(self) -> Part:
        """Analyse the copy."""
        clock = Clock()
        outcome = analyse_store(self._settings, as_of=AS_OF)
        part = clock.part()
        if not outcome.queued:
            raise RuntimeError("the analysis queued nothing")
        return part


def print_mailbox(bench: Bench, runs: int) -> None:
    """Print seconds, ratio and memory of the analyses of a whole store."""
    found: dict[str, list[Measured]] = {}
    for _ in range(runs):
        bench.renew()
        for name, work in (("GROUP BY", bench.one_pass), ("analysis", bench.analyse), ("again", bench.analyse)):
            found.setdefault(name, []).append(in_child(work))
    bench.remove()
    messages, recipients = bench.size()
    print(f"{messages:,} messages, {recipients:,} recipient rows")
    print(f"{'':<10} {'seconds':>8} {'× GROUP BY':>11} {'CPU s':>8} {'× GROUP BY':>11} {'peak MB':>8}")
    one_pass = found["GROUP BY"]
    for name, measured in found.items():
        seconds = median(run.seconds for run in measured)
        cpu = median(run.cpu_seconds for run in measured)
        by_clock = seconds / median(run.seconds for run in one_pass)
        by_cpu = cpu / median(run.cpu_seconds for run in one_pass)
        peak = max(run.peak_mb for run in measured)
        print(f"{name:<10} {seconds:>8.2f} {by_clock:>11.2f} {cpu:>8.2f} {by_cpu:>11.2f} {peak:>8.0f}")


def print_incident(folder: Path, exposed: int, runs: int) -> None:
    """Print what one incident costs with half as many and with so many exposed addresses."""
    seconds = []
    for count in (exposed // 2, exposed):
        place = folder / f"incident-{count}"
        place.mkdir(exist_ok=True)
        bench = Bench(place, headers_of_incident(count))
        measured = []
        for _ in range(runs):
            bench.renew()
            measured.append(in_child(bench.analyse))
        bench.remove()
        seconds.append(median(run.seconds for run in measured))
        peak = max(run.peak_mb for run in measured)
        print(f"one incident with {count:>7,} exposed addresses: {seconds[-1]:>6.2f} s, {peak:.0f} MB")
    print(f"twice the addresses take {seconds[1] / seconds[0]:.2f} times as long")


def main() -> int:
    """Run the benchmark; 2 when there is no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000, metavar="N", help="size of the store (100000)")
    parser.add_argument("--exposed", type=int, default=50_000, metavar="N", help="size of the one incident (50000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="interleaved runs of each (3)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the filled stores there for the next time")
    options = parser.parse_args()
    if options.messages < 1 or options.exposed < 10 or options.runs < 1:
        parser.error("--messages and --runs must be 1 or more, --exposed 10 or more")
    try:
        with tempfile.TemporaryDirectory(prefix="bc-analysis-") as temporary:
            folder = options.keep or Path(temporary)
            place = folder / f"mailbox-{options.messages}"
            place.mkdir(parents=True, exist_ok=True)
            print_mailbox(Bench(place, headers_of_mailbox(options.messages)), options.runs)
            print_incident(folder, options.exposed, options.runs)
    except FileNotFoundError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
