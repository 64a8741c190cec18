"""
Message traces: what a mail server says of every copy that it took, as a CSV.

Which columns mean what is data (trace.toml), so that another program's
export is another entry. Moments without a zone are UTC, as Exchange writes
them. A row that cannot be read is counted, never guessed at.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

from scanner.addresses import parse_address_list
from scanner.config.csv_file import read_heading, read_rows
from scanner.errors import UsageError
from scanner.model import AddressKey, ReceiptKind, TraceRow

DateOrder = Literal["", "day-first", "month-first"]
DATE_ORDERS: tuple[DateOrder, ...] = ("", "day-first", "month-first")

_PARTS = ("sent_at", "sender", "recipient", "recipient_status", "status", "message_id", "subject")
_FRACTION = re.compile(r"(\.\d{6})\d+")
# Google's: 2026/03/02 11:00:05 UTC, or GMT+0100.
_YEAR_FIRST = re.compile(
    r"(\d{4})/(\d{1,2})/(\d{1,2})[ T]+(\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?(?: ?(?:UTC|GMT|Z))?(?:([+-]\d\d):?(\d\d))?"
)
_WRITTEN = re.compile(
    r"(?P<one>\d{1,2})(?P<sign>[./-])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}),?[ T]+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:\.\d+)?)?(?:[ \u202f]?(?P<half>[AaPp])\.?[Mm]\.?)?"
)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export: column of this file → its name here."""

    name: str
    columns: Mapping[str, str]


def read_trace(file: Path, order: DateOrder = "") -> Iterator[TraceRow | int]:
    """
    Yield the copies that a trace tells of, in the order of the file; for a row that cannot be read its line.

    A row about several recipients is several copies.

    Args:
        file: CSV as of `read_rows`.

        order: How dates such as 3/2/2026 are meant; "" = as the file itself shows.

    Raises:
        SettingsError: It cannot be read, or is no CSV.

        UsageError: Its columns are those of no known export, or its dates can be read in two ways.
    """
    known = _format_of(file)
    rows = list(read_rows(file, "the message trace", required="", columns="as the export wrote them", from_excel=True))
    where = known.columns["sent_at"]
    dates = _Dates((row.get(where, "") for _, row in rows), order, str(file))
    for line, row in rows:
        yield from _read_row(known, dates, line, row)


def _format_of(file: Path) -> Format:
    heading = read_heading(file, "the message trace", from_excel=True)
    known = _known()
    for entry in known["format"]:
        columns = {part: next((name for name in entry.get(part, ()) if name in heading), "") for part in _PARTS}
        is_told = columns["recipient_status"] or (columns["recipient"] and columns["status"])
        if columns["sent_at"] and columns["sender"] and is_told:
            return Format(entry["name"], columns)
    needed = known["format"][2]
    if any("@" in name for name in heading):
        # The text of an error holds no address.
        raise UsageError("its first line does not name the columns", where=str(file), remedy="Export it with a heading")
    raise UsageError(
        f"its columns are those of no known message trace: {', '.join(heading) or 'none'}",
        where=str(file),
        remedy="Needed are a date, a sender, a recipient and a status, such as "
        + ", ".join(needed[part][0] for part in ("sent_at", "sender", "recipient", "status", "message_id"))
        + "; rename the columns",
    )


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads(files("scanner.config").joinpath("trace.toml").read_text(encoding="utf-8"))


def _read_row(known: Format, dates: "_Dates", line: int, row: Mapping[str, str]) -> Iterator[TraceRow | int]:
    cell = {part: row.get(name, "") if name else "" for part, name in known.columns.items()}
    at = dates.read(cell["sent_at"])
    # RFC 5321, 4.5.5: notices such as bounces come from nobody.
    sender = AddressKey("") if cell["sender"] in ("", "<>") else _address(cell["sender"])
    if at is None or sender is None:
        yield line
        return
    for written, word in _recipients(cell):
        key = _address(written)
        if key is None:
            yield line
        else:
            yield TraceRow(line, at, sender, key, kind_of(word), word, cell["message_id"], cell["subject"])


def _recipients(cell: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (address as written, word) of one row."""
    if cell["recipient_status"]:
        for part in cell["recipient_status"].split(";"):
            written, _, word = part.partition("##")
            if written.strip():
                yield written.strip(), word.strip()
        return
    recipients = [part.strip() for part in cell["recipient"].split(";") if part.strip()]
    if not recipients:
        # A row about nobody: it is told as one that cannot be read.
        yield "", ""
    for written in recipients:
        yield written, cell["status"]


def kind_of(word: str) -> ReceiptKind | None:
    """Return what the word of a trace says, None for nothing: of several the last one that is known."""
    if _is_phrase(word):
        return None
    found = next((one for one in map(_meaning, reversed(_words(word))) if one not in ("", "nothing")), None)
    return cast(ReceiptKind | None, found)


def is_known(word: str) -> bool:
    """Tell whether any of the words of a cell is one that traces use."""
    return _is_phrase(word) or any(map(_meaning, _words(word)))


def _is_phrase(cell: str) -> bool:
    """Tell whether a whole cell says nothing, although a word of it would."""
    return " ".join(cell.lower().split()) in _known()["phrase"]["nothing"]


def _words(cell: str) -> list[str]:
    return re.split(r"[,|/ ]+", cell.strip().lower())


def _meaning(word: str) -> str:
    """Return the kind that a single word stands for, `nothing`, or "" for an unknown one."""
    for kind, names in _known()["status"].items():
        if word in names:
            return str(kind)
    # Postfix's dsn is an enhanced status code: its class tells (RFC 3463, 3.1).
    if re.fullmatch(r"[45]\.\d+\.\d+", word):
        return _meaning(word[0])
    return "delivered" if re.fullmatch(r"2\.\d+\.\d+", word) else ""


def _address(written: str) -> AddressKey | None:
    keys = [entry.key for entry in parse_address_list(written) if entry.key and "@" in entry.key]
    return keys[0] if len(keys) == 1 else None


class _Dates:
    """Reads the moments of one file; whether day or month comes first is the same in all of its rows."""

    def __init__(self, texts: Iterator[str], order: DateOrder, where: str) -> None:
        ones, twos, dots, unclear = 0, 0, False, ""
        for text in texts:
            if match := _WRITTEN.fullmatch(text.strip()):
                one, two = int(match["one"]), int(match["two"])
                ones, twos = max(ones, one), max(twos, two)
                if one != two and not unclear:
                    # 5/5 is the same day in either order.
                    unclear = f"{one}{match['sign']}{two}{match['sign']}{match['year']}"
                # Nobody writes the month first before a dot.
                dots = dots or match["sign"] == "."
        if ones > 12 and twos > 12:
            raise UsageError("its dates are written in two ways", where=where, remedy="Export it once more")
        self._is_day_first = order == "day-first" or (not order and (dots or ones > 12))
        if unclear and not order and not dots and ones <= 12 and twos <= 12:
            raise UsageError(
                f"its dates can be read in two ways, such as {unclear}",
                where=where,
                remedy="Say which by --dates day-first or --dates month-first",
            )

    def read(self, text: str) -> int | None:
        """Return a moment in seconds UTC, None for what is none."""
        text = text.strip()
        if match := _WRITTEN.fullmatch(text):
            one, two = int(match["one"]), int(match["two"])
            day, month = (one, two) if self._is_day_first else (two, one)
            hour = int(match["hour"])
            if match["half"]:
                hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
            parts = (int(match["year"]), month, day, hour, int(match["minute"]), int(match["second"] or 0))
            return _moment(lambda: datetime(*parts, tzinfo=UTC))
        if match := _YEAR_FIRST.fullmatch(text):
            *numbers, hours, minutes = match.groups()
            iso = "{}-{:0>2}-{:0>2}T{:0>2}:{}:{}".format(*numbers)
            return _moment(lambda: datetime.fromisoformat(f"{iso}{hours or '+00'}:{minutes or '00'}"))
        if text.isdigit() and len(text) == 10:
            return int(text)
        # Exchange writes seven digits of a second; Python reads six.
        return _moment(lambda: datetime.fromisoformat(_FRACTION.sub(r"\1", text)))


def _moment(read: Any) -> int | None:
    try:
        at: datetime = read()
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
