"""
What an analysis costs after a night's mail, beside an analysis of everything in the same run.

A store is filled with the structure of a real organisation's sent mail, but
for the newest messages, and analysed. Then these come, as a scan brings them,
and the analysis is made in two ways, each in a process of its own:

    new mail     as at the end of `blindcopy scan`: what has come, and what that touches
    everything   as `blindcopy analyse`

Both stores then say the same. With one store half as large beside it: what
costs in proportion to what is new takes as long in both. Absolute figures
depend on the machine; judge by the ratios within one run.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/nightly.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.analysis import AS_OF, fill, headers_of_mailbox, write_settings  # noqa: E402
from benchmarks.measure import Clock, Measured, Part, in_child  # noqa: E402
from scanner.addresses import make_outsider_check  # noqa: E402
from scanner.crawl.answer import FetchAnswer  # noqa: E402
from scanner.crawl.header import PARSER_VERSION, build_message  # noqa: E402
from scanner.model import Batch  # noqa: E402
from scanner.pipeline.analysing import new_mail  # noqa: E402
from scanner.pipeline.analysing.analysis import analyse_store  # noqa: E402
from scanner.store.engine import disposing, open_engine  # noqa: E402
from scanner.store.frame import Cursor  # noqa: E402
from tests.message_writer import MessageWriter  # noqa: E402

Headers = Iterable[tuple[datetime, bytes]]


class Night:
    """
    A store that was analysed, and what comes after.

    Args:
        folder: An empty one.

        messages: Size of the store.

        share: Of it the messages that come after.
    """

    def __init__(self, folder: Path, messages: int, share: float) -> None:
        self.folder = folder
        self.new = max(1, round(messages * share))
        self.settings = write_settings(folder)
        self._used, self._kept = folder / "used.db", folder / "kept.db"
        headers = headers_of_mailbox(messages)
        fill(self.settings, islice(headers, messages - self.new))
        analyse_store(self.settings, as_of=AS_OF)
        self._deliver(headers)
        self._used.rename(self._kept)

    def _deliver(self, headers: Headers) -> None:
        found = [
            build_message(
                FetchAnswer(uid, at.strftime("%d-%b-%Y %H:%M:%S +0000").encode(), len(header), b"\\Seen", header),
                header,
                is_draft=False,
            )
            for uid, (at, header) in enumerate(headers, 10_000_000)
        ]
        uids = ((found[0].uid, found[-1].uid),)
        with disposing(open_engine(self.settings.store_url)) as engine:
            writer = MessageWriter(engine, make_outsider_check(self.settings.to_policy()), PARSER_VERSION)
            writer.write(Cursor(1, 1, 1, 1, uids), Batch(uids, tuple(found), (), 0))

    def renew(self) -> None:
        """Take a fresh copy of the store as it was before the analyses that are measured."""
        self.remove()
        shutil.copyfile(self._kept, self._used)

    def remove(self) -> None:
        """Remove the copy and what lies beside it."""
        for each in self.folder.glob("used.db*"):
            each.unlink()

    def new_mail(self) -> Part:
        """Analyse what has come."""
        made = []
        real = new_mail.renew_relations

        def note(*arguments: object) -> object:
            made.append(1)
            return real(*arguments)  # type: ignore[arg-type]

        new_mail.renew_relations = note  # type: ignore[assignment]
        clock = Clock()
        analyse_store(self.settings, as_of=AS_OF, only_changes=True)
        part = clock.part()
        if not made:
            print("  the new mail touched too much: everything was analysed", file=sys.stderr)
        return part

    def everything(self) -> Part:
        """Analyse all of it."""
        clock = Clock()
        analyse_store(self.settings, as_of=AS_OF)
        return clock.part()


def measure(night: Night, runs: int) -> dict[str, list[Measured]]:
    """Run both kinds in turns."""
    found: dict[str, list[Measured]] = {"new mail": [], "everything": []}
    for _ in range(runs):
        for name, work in (("new mail", night.new_mail), ("everything", night.everything)):
            night.renew()
            found[name].append(in_child(work))
    night.remove()
    return found


def main() -> int:
    """Run the benchmark; 2 when there is no shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000, metavar="N", help="size of the store (100000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each, in turns (3)")
    options = parser.parse_args()
    if options.messages < 2_000 or options.runs < 1:
        parser.error("--messages must be 2000 or more, --runs 1 or more")
    print(f"{'messages':>10} {'new':>7} {'new mail s':>11} {'everything s':>13} {'ratio':>7} {'CPU ratio':>10}")
    try:
        for messages, share in (
            (options.messages // 2, 0.002),
            (options.messages, 0.001),
            (options.messages, 0.01),
        ):
            with tempfile.TemporaryDirectory(prefix="bc-nightly-") as temporary:
                night = Night(Path(temporary), messages, share)
                found = measure(night, options.runs)
            little, whole = (median(run.seconds for run in found[name]) for name in ("new mail", "everything"))
            cpu = [median(run.cpu_seconds for run in found[name]) for name in ("new mail", "everything")]
            print(
                f"{messages:>10,} {night.new:>7,} {little:>11.2f} {whole:>13.2f} {little / whole:>7.3f}"
                f" {cpu[0] / cpu[1]:>10.3f}",
                flush=True,
            )
    except FileNotFoundError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
