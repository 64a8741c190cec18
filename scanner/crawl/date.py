"""Dates as mail writes them → seconds since 1970-01-01 UTC and the offset in minutes."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_tz
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# RFC 5322, 3.3, as nearly all mail has it.
_DATE = re.compile(
    r"(?:[A-Za-z]{3}, ?)? ?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ([+-])(\d\d)(\d\d)(?: ?\(.*)?\Z"
)
# RFC 9051, 9: date-time. Single-digit days are written with a blank or, by some, without.
_INTERNALDATE = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z")

Moment = tuple[int, int | None]
"""(seconds since 1970-01-01 UTC, offset in minutes or None)"""


@lru_cache(maxsize=16_384)
def _day(year: str | bytes, month: str | bytes, day: str | bytes) -> int | None:
    """Return the day's first second UTC; None for a day that does not exist."""
    name = (month if isinstance(month, str) else month.decode("ascii")).lower()
    try:
        return int(datetime(int(year), _MONTHS.get(name, 0), int(day), tzinfo=UTC).timestamp())
    except ValueError:
        return None


def read_date(field_body: str) -> Moment | None:
    """Read a Date field (RFC 5322, 3.3; obsolete zones 4.3); None when it cannot be read."""
    match = _DATE.match(field_body)
    if match:
        return _moment(match.groups("0"))
    try:
        parsed = parsedate_tz(field_body)
        if parsed is None:
            return None
        offset = parsed[9]
        moment = int(datetime(*parsed[:6], tzinfo=UTC).timestamp()) - (offset or 0)
    # parsedate_tz raises bare errors of these kinds on some garbage.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # None: "-0000", the zone is unknown (RFC 5322, 3.3).
    return moment, None if offset is None else _bounded(offset // 60)


def read_internal_date(text: bytes | None) -> Moment | None:
    """Read an INTERNALDATE without its quotes; None when it cannot be read."""
    match = _INTERNALDATE.match(text or b"")
    return _moment(match.groups()) if match else None


def _moment(parts: tuple[str | bytes, ...]) -> Moment | None:
    # int() reads digits of text and bytes alike.
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = parts
    offset = int(zone_hours) * 60 + int(zone_minutes)
    if sign == "-" or sign == b"-":
        offset = -offset
    hours, minutes, seconds = int(hour), int(minute), int(second)
    start = _day(year, month, day)
    if start is None or hours > 24 or minutes > 59 or seconds > 60:
        return None
    return start + hours * 3600 + minutes * 60 + seconds - offset * 60, offset


def _bounded(offset: int) -> int | None:
    # The column holds a small integer; nobody lives further from Greenwich than 14 hours, garbage does.
    return offset if abs(offset) < 10_000 else None
