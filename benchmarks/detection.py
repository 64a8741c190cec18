"""
How good the analysis is: planted incidents and look-alikes in a real organisation's mail.

Usage: python benchmarks/detection.py [--seeds N] [--first SEED]

For every seed the twenty accounts of `sent-shapes.csv.gz` get other names,
hosts and subjects, about thirty incidents and as many look-alikes; header
blocks go through the parser, the store and the pipeline as those of a scan
do. Replies of ordinary mail carry References for odd seeds only.

    recall   planted incidents that are in the queue
    AUC      how often a plant scores above a look-alike or real mail in the queue
    alike    the same against the look-alikes only; real: against real mail only; size: if the score were the size
    opened   entries opened from the top until every plant is seen, for each plant
    purity   plants that are exactly one incident with nothing else in it
    ladder   pure plants with every planted figure reported

Needs $BLINDCOPY_TEST_DATA, ../shared/data beside the repository unless set.
Exits 2 without it; figures are to be read, no exit code judges them.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/detection.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from benchmarks.letter import Case, Letter, header_block  # noqa: E402
from benchmarks.lookalikes import APPROVED, LOOKALIKES  # noqa: E402
from benchmarks.mailbox import OWN_DOMAINS, shapes_file  # noqa: E402
from benchmarks.ordinary import Office, Ordinary  # noqa: E402
from benchmarks.people import People  # noqa: E402
from benchmarks.planter import Planter  # noqa: E402
from benchmarks.plants import LABELLED, PROTECTED, SHAPES  # noqa: E402
from benchmarks.quality import Quality, measure, read_items  # noqa: E402
from scanner.addresses import make_classifier  # noqa: E402
from scanner.config import Settings, load_settings  # noqa: E402
from scanner.crawl.answer import FetchAnswer  # noqa: E402
from scanner.crawl.header import PARSER_VERSION, build_message  # noqa: E402
from scanner.model import Batch, FoundMailbox, Message, OpenedMailbox  # noqa: E402
from scanner.pipeline.analysing.analysis import analyse_store  # noqa: E402
from scanner.pipeline.reporting.report import open_report  # noqa: E402
from scanner.store import crawled  # noqa: E402
from scanner.store.engine import create_store, disposing  # noqa: E402
from scanner.store.frame import Cursor  # noqa: E402
from scanner.uids import ranges_of  # noqa: E402
from tests.message_writer import MessageWriter  # noqa: E402

AS_OF = 1_790_000_000
"""The moment all results speak for: nothing here depends on the clock."""


def write_settings(folder: Path, offices: Iterable[Office]) -> Settings:
    """Write settings as an organisation would: its accounts, one label, one protected host, one approved group."""
    lines = ["[organisation]", 'name = "Office"', f"domains = {list(OWN_DOMAINS)}"]
    lines += ["[[label]]", 'name = "helpline"', f'sender = "{LABELLED}"']
    lines += ["[[protected]]", 'name = "students"', f'domain = "{PROTECTED}"']
    lines += ["[[group]]", 'name = "users"', f'domain = "{APPROVED}"', 'owner = "Office"', 'reason = "agreed"']
    for office in offices:
        lines += ["[[account]]", f'name = "{office.account}"', 'host = "mail.example"']
        lines += [f'user = "{office.owner.address}"', 'password_env = "UNUSED"']
    path = folder / "blindcopy.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_settings(path)


def received(uid: int, letter: Letter) -> Message:
    """Return a letter as the crawl gives it."""
    header = header_block(letter)
    internal = letter.sent.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
    return build_message(FetchAnswer(uid, internal, len(header), b"\\Seen", header), header, is_draft=False)


def fill(settings: Settings, letters: Iterable[Letter]) -> None:
    """Put letters into a new store as a scan of all accounts would, oldest first."""
    boxes: dict[str, list[Letter]] = {}
    for letter in letters:
        for name in (letter.account, *letter.copies):
            boxes.setdefault(name, []).append(letter)
    classify = make_classifier(settings.to_policy())
    with disposing(create_store(settings.store_url)) as engine:
        writer = MessageWriter(engine, lambda key: classify(key).outsider, PARSER_VERSION)
        with engine.begin() as connection:
            run = crawled.start_run(
                connection, now=AS_OF, tool_version="0", parser_version=1, settings_sha256="0" * 64, mandate="{}"
            )
        for account in settings.accounts():
            with engine.begin() as connection:
                number = crawled.save_account(connection, account)
                found = FoundMailbox(b"Sent", "Sent", "sent", "its use is \\Sent", True)
                (mailbox,) = crawled.save_mailboxes(connection, number, [found]).values()
                epoch = crawled.open_epoch(connection, mailbox, OpenedMailbox(1, None, 0, None))
            box = sorted(boxes.get(account.name, ()), key=lambda letter: (letter.sent, letter.message_id))
            messages = tuple(received(uid, letter) for uid, letter in enumerate(box, 1))
            examined = ranges_of(range(1, len(messages) + 1))
            batch = Batch(examined, messages, (), 0)
            writer.write(Cursor(run, number, mailbox, epoch.id, examined), batch)
        with engine.begin() as connection:
            crawled.end_run(connection, run, now=AS_OF, state="complete")


def plant(seed: int) -> tuple[tuple[Office, ...], list[Letter], list[Case], list[Case]]:
    """Return the accounts of a seed, all their letters, and which of them are incidents and look-alikes."""
    rng = random.Random(seed)
    people = People(rng)
    ordinary = Ordinary(rng, people, has_references=seed % 2 == 1)
    planter = Planter(rng, people, ordinary.offices, ordinary.alone())
    plants = [case for shape in SHAPES for case in shape(planter)]
    lookalikes = [case for shape in LOOKALIKES for case in shape(planter)]
    cases = (*plants, *lookalikes)
    planted = [*(letter for case in cases for letter in case.letters), *planter.known_before(cases)]
    return ordinary.offices, [*ordinary.letters(), *planted], plants, lookalikes


def run_seed(seed: int) -> Quality:
    """Build, store and analyse the mail of one seed, and judge the queue."""
    offices, letters, plants, lookalikes = plant(seed)
    with tempfile.TemporaryDirectory(prefix="blindcopy-detection-") as folder:
        settings = write_settings(Path(folder), offices)
        fill(settings, letters)
        analyse_store(settings, as_of=AS_OF)
        with open_report(settings) as report:
            items = read_items(report.incidents(), plants, lookalikes)
    return measure(items, plants, lookalikes)


_HEAD = "  seed plants lookalikes  queue real mail  recall    AUC  alike   real   size  opened  purity  ladder seconds"


def line(label: str, results: list[Quality], seconds: float) -> str:
    """Return one line of the table: sums of counts, means of AUC and of entries opened."""
    plants = sum(each.plants for each in results)
    opened = [each.opened / each.plants for each in results if each.opened is not None]
    shown = f"{sum(opened) / len(opened):.2f}" if len(opened) == len(results) else "never"
    found, whole, exact = (sum(getattr(each, name) for each in results) for name in ("found", "whole", "exact"))
    alike, queued, real = (sum(getattr(each, name) for each in results) for name in ("lookalikes", "queued", "real"))
    aucs = " ".join(
        f"{sum(getattr(each, name) for each in results) / len(results):>6.4f}"
        for name in ("auc", "auc_alike", "auc_real", "auc_by_size")
    )
    return (
        f"{label:>6} {plants:>6} {alike:>10} {queued:>6} {real:>9} {found / plants:>7.3f} {aucs}"
        f" {shown:>7} {whole / plants:>7.3f} {exact / max(1, whole):>7.3f} {seconds:>7.1f}"
    )


def print_list(title: str, counts: Counter[str], limit: int) -> None:
    """Print the most frequent entries of a list; shapes only, no address and no subject."""
    if counts:
        print(f"\n{title}")
    for text, count in counts.most_common(limit):
        print(f"{count:>6}  {text}")
    if len(counts) > limit:
        print(f"        and {len(counts) - limit} more")


def main() -> int:
    """Print the table and the worst misplacements."""
    parser = argparse.ArgumentParser(description="How good the analysis is.")
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds (default 10)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error("--seeds: at least one")
    try:
        shapes_file()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    print(_HEAD, flush=True)
    results = []
    begin = time.monotonic()
    for seed in range(options.first, options.first + options.seeds):
        start = time.monotonic()
        results.append(run_seed(seed))
        print(line(str(seed), results[-1:], time.monotonic() - start), flush=True)
    print(line("all", results, time.monotonic() - begin))
    print_list("Pairs in the wrong order", sum((each.misplaced for each in results), Counter()), 24)
    print_list(
        "Plants at the end: what the last entry opened shows", Counter(each.last for each in results if each.last), 24
    )
    print_list("Plants that are not as planted", sum((each.faults for each in results), Counter()), 40)
    return 0


if __name__ == "__main__":
    sys.exit(main())
