"""
Fuzzes what reads header fields: addresses, texts, dates, and the cutting of header blocks.

Usage: python fuzz/addresses.py CORPUS [libFuzzer options], as `make fuzz` does.

CORPUS is a folder; the seeds are written there first: those of fuzz/seeds.txt
and all fields of tests/addresses. An input is a header field, raw or put
together from fragments (its first byte says which), and must keep what
tests/addresses/invariants.py promises. One input in a hundred is also repeated
to 4 KiB and read against the clock: no regular expression may take more than
time in proportion to the length. Exit code 77 for a finding (written to the
working folder), 2 where Atheris is not installed.
"""

import hashlib
import json
import sys
import time
import zlib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

try:
    import atheris
except ImportError:
    print("Atheris is not installed: pip install -e '.[fuzz]'", file=sys.stderr)
    sys.exit(2)

with atheris.instrument_imports(include=["scanner", "tests.addresses"]):
    from scanner.addresses import decode_text, find_silent_misses, parse_fully
    from scanner.crawl.date import read_date, read_internal_date
    from scanner.crawl.header import split_fields
    from tests.addresses.invariants import check_field, check_text, field_of

_REPEATED_TO = 4_096
_SECONDS = 1.5
"""More than ten times what 4 KiB take, instrumented; what takes the square of its length takes longer."""


class TooSlowError(AssertionError):
    """An input of 4 KiB took more than `_SECONDS`."""


def check_input(data: bytes) -> None:
    """Raise an error when the field of an input breaks a promise."""
    text = field_of(data[:1_024])
    check_field(text)
    check_text(text)
    read_date(text)
    read_internal_date(data)
    split_fields(data)
    if zlib.crc32(data) % 100 == 0 and text:
        _check_time(text * (_REPEATED_TO // len(text) + 1))


def _check_time(text: str) -> None:
    # Twice, because the machine may have been busy.
    if min(_seconds_for(text), _seconds_for(text)) > _SECONDS:
        raise TooSlowError


def _seconds_for(text: str) -> float:
    start = time.process_time()
    find_silent_misses(text, parse_fully(text))
    decode_text(text)
    split_fields(text.encode("utf-8", "surrogatepass"))
    return time.process_time() - start


def write_seeds(corpus: Path) -> None:
    """Write what is known to be worth trying, one file an input."""
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = [bytes.fromhex(line) for line in (_ROOT / "fuzz" / "seeds.txt").read_text("ascii").splitlines()]
    for name in ("fields.jsonl", "vectors.jsonl"):
        lines = (_ROOT / "tests" / "addresses" / name).read_text("ascii").splitlines()
        seeds += [b"\0" + json.loads(line)["field"].encode("utf-8", "surrogateescape") for line in lines]
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    write_seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, check_input)
    atheris.Fuzz()
