"""
Scores the address parser on the shared vectors, beside the standard library.

Usage: python benchmarks/vectors.py [PATH]

PATH is a file of vectors; without it, `address-vectors.jsonl` below
$BLINDCOPY_TEST_DATA, which is ../shared/data beside the repository unless set.
Prints one table and the records that miss; exits 1 when one of tier A does
that is not named in EXCEPTIONS, or an embedded or mentioned address fails.
"""

import inspect
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses
from pathlib import Path

from scanner.addresses import address_key, parse_address_list

EXCEPTIONS: dict[str, str] = {}
"""Records of tier A that we answer differently on purpose, and why."""

Pair = tuple[str, str]
"""(display name, address)."""

Parser = Callable[[str], tuple[list[Pair], list[str]]]
"""Header text → addresses, and texts that were reported as unresolved."""

_NEIGHBOURS = ("good1@example.org", "good2@example.org")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


@dataclass
class Score:
    """Passed and tried per measure, and the records that failed, for one parser."""

    passed: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)

    def add(self, measure: str, record: str, passed: bool) -> None:
        self.tried[measure] = self.tried.get(measure, 0) + 1
        self.passed[measure] = self.passed.get(measure, 0) + passed
        if not passed:
            self.failed.setdefault(measure, []).append(record)


def parse_with_ours(text: str) -> tuple[list[Pair], list[str]]:
    """Give the parser the bytes of the wire, as the crawler does."""
    entries = parse_address_list(text.encode("utf-8", "surrogateescape"))
    found = [(entry.display_name, entry.addr_spec) for entry in entries if entry.key is not None]
    return found, [entry.addr_spec for entry in entries if entry.key is None]


def parse_with_standard_library(text: str) -> tuple[list[Pair], list[str]]:
    """Call `email.utils.getaddresses`, lenient where it can be told to be."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", text)
    lenient = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}
    pairs = getaddresses([unfolded], **lenient)
    return [pair for pair in pairs if "@" in pair[1]], [pair[1] for pair in pairs if "@" not in pair[1]]


def normal(addr_spec: str) -> Pair:
    """Return (local part unquoted, host folded), as the vectors are scored."""
    local, _, host = addr_spec.rpartition("@")
    quoted = _QUOTED.fullmatch(local)
    local = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL) if quoted else local
    return local, address_key(f"x@{host}")[2:]


def addresses(pairs: list[Pair]) -> set[Pair]:
    return {normal(addr_spec) for _, addr_spec in pairs}


def score_record(record: dict[str, object], parse: Parser, score: Score) -> None:
    name, text = str(record["id"]), str(record["input"])
    expected = record["expected"]
    try:
        found, unresolved = parse(text)
    except Exception:  # noqa: BLE001  # A crash is a score here; our own parser never gets this far in tests.
        for measure in ("crash", str(record["tier"])):
            score.add(measure, name, False)
        return
    score.add("crash", name, True)
    got = addresses(found)
    if isinstance(expected, list):
        wanted = {normal(entry["addr"]) for entry in expected}
        score.add(str(record["tier"]), name, got == wanted)
        if len(found) == len(expected):
            for (shown, _), entry in zip(found, expected, strict=True):
                if entry["name"] is not None:
                    score.add("names", name, shown.strip() == entry["name"])
    else:
        score.add("C", name, got <= {normal(text) for text in record.get("may", [])})  # type: ignore[attr-defined]
    if record.get("embed"):
        embedded, _ = parse(f"{_NEIGHBOURS[0]}, {text}, {_NEIGHBOURS[1]}")
        score.add("embed", name, addresses(embedded) >= {normal(good) for good in _NEIGHBOURS})
    if record.get("mentions"):
        score.add("mentions", name, not got & {normal(text) for text in record["mentions"]})  # type: ignore[attr-defined]
    for text in record.get("nonmail", []):  # type: ignore[attr-defined]
        score.add("nonmail", name, text in unresolved)


def score_generator(record: dict[str, object], parse: Parser, score: Score) -> None:
    """Count the entries, and see whether ten times as many take about ten times as long."""
    name = str(record["id"])
    try:
        found, _ = parse(generate(record, 1))
    except RecursionError:
        for measure in ("crash", "linear", str(record["tier"])):
            score.add(measure, name, False)
        return
    score.add("crash", name, True)
    if "expected_count" in record:
        hosts = {normal(addr_spec)[1] for _, addr_spec in found}
        is_right = (len(found), len(hosts)) == (record["expected_count"], record["expected_domains"])
        score.add(str(record["tier"]), name, is_right)
    else:
        score.add(str(record["tier"]), name, addresses(found) <= {normal(text) for text in record["may"]})  # type: ignore[attr-defined]
    once, tenfold = (time_of(parse, generate(record, size)) for size in (1, 10))
    score.add("linear", name, tenfold < 25 * once + 0.02)


def generate(record: dict[str, object], size: int) -> str:
    made = record["generator"]
    assert isinstance(made, dict)
    items = (made["item"].format(i=i, m=i % made.get("mod", 1)) for i in range(made["count"] * size))
    return str(made["sep"].join(items) + made.get("suffix", ""))


def time_of(parse: Parser, text: str) -> float:
    best = float("inf")
    for attempt in range(3):
        # Other hosts each time: what is remembered of a short list would make a long one look slow.
        fresh = text.replace("example", f"example{len(text)}x{attempt}")
        start = time.process_time()
        try:
            parse(fresh)
        except RecursionError:
            return float("inf")
        best = min(best, time.process_time() - start)
    return best


def read_records(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            yield json.loads(line)


def main() -> int:
    """Print the table; see the module's text for the exit code."""
    data = Path(os.environ.get("BLINDCOPY_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "address-vectors.jsonl"
    if not path.is_file():
        print(f"{path}: no such file. Name the vectors, or set BLINDCOPY_TEST_DATA.", file=sys.stderr)
        return 2
    records = list(read_records(path))
    scores: dict[str, Score] = {}
    seconds: dict[str, float] = {}
    for label, parse in (("ours", parse_with_ours), ("standard library", parse_with_standard_library)):
        score = scores[label] = Score()
        start = time.process_time()
        for record in records:
            if "generator" not in record:
                score_record(record, parse, score)
        seconds[label] = time.process_time() - start
        for record in records:
            if "generator" in record:
                score_generator(record, parse, score)
    print_table(scores, seconds)
    return verdict(scores["ours"])


def print_table(scores: dict[str, Score], seconds: dict[str, float]) -> None:
    print(f"{'measure':<10}" + "".join(f"{label:>20}" for label in scores))
    for measure in ("A", "B", "C", "embed", "mentions", "nonmail", "names", "linear", "crash"):
        cells = (f"{score.passed.get(measure, 0)}/{score.tried.get(measure, 0)}" for score in scores.values())
        print(f"{measure:<10}" + "".join(f"{cell:>20}" for cell in cells))
    print(f"{'seconds':<10}" + "".join(f"{seconds[label]:>20.3f}" for label in scores))
    for label, score in scores.items():
        for measure, failed in sorted(score.failed.items()):
            print(f"{label}, {measure}: {' '.join(dict.fromkeys(failed))}")


def verdict(score: Score) -> int:
    named = [record for record in score.failed.get("A", []) if record in EXCEPTIONS]
    for record in named:
        print(f"exception {record}: {EXCEPTIONS[record]}")
    lost = [record for measure in ("A", "embed", "mentions", "crash") for record in score.failed.get(measure, [])]
    return 1 if any(record not in EXCEPTIONS for record in lost) else 0


if __name__ == "__main__":
    sys.exit(main())
