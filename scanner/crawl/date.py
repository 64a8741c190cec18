"""Dates as mail writes them → seconds since 1970-01-01 UTC and the offset in minutes."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_tz

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# Date fields are a line; what is longer is not read to its end.
_LONGEST = 256
_COMMENT = re.compile(r"\([^()]*\)")
# "GMT+0100" means the number.
_NAMED_OFFSET = re.compile(r"\b(?:GMT|UTC?)\s*(?=[+-]\d{4})", re.IGNORECASE)
# parsedate_tz gives 0 for a zone that it does not know as well.
_AT_GREENWICH = re.compile(r"(?:\+0000|\b(?:UTC?|GMT|Z))\s*\Z", re.IGNORECASE)
_ONE_DAY = 86_400
# "0001" is what programs write that know no date; RFC 5322, 4.3 reads years of two and three digits otherwise.
_YEAR_OF_NO_MAIL = re.compile(r"[a-z]{3}(?:-|[ ,]+)0\d{3}\b", re.IGNORECASE)
# Outside these years nobody sent mail, and sums with an offset leave the calendar.
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
# RFC 5322, 3.3, as nearly all mail has it.
_DATE = re.compile(
    r"(?:[A-Za-z]{3}, ?)? ?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ([+-])(\d\d)(\d\d)(?: ?\(.*)?\Z",
    re.ASCII,
)
# RFC 9051, 9: date-time. Single-digit days are written with a blank or, by some, without.
_INTERNALDATE = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z")

Moment = tuple[int, int | None]
"""(seconds since 1970-01-01 UTC, offset in minutes or None)"""

_MEMORY_SIZE = 20_000


class _Remembered:
    """
    Dates in their usual layout, `day hh:mm:ss +zzzz`, read by parts that were read before.

    The parts mean the same in whatever date they stand, and few of them ever
    occur: looking them up costs a quarter of reading.
    """

    def __init__(self) -> None:
        self._days: dict[str | bytes, int] = {}
        self._minutes: dict[str | bytes, int] = {}
        self._seconds: dict[str | bytes, int] = {}
        self._zones: dict[str | bytes, tuple[int, int | None]] = {}

    def read(self, text: str | bytes) -> Moment | None:
        """Return the moment; None when a part is not known, or the layout is another."""
        zone = self._zones.get(text[-6:])
        second = self._seconds.get(text[-8:-6])
        minute = self._minutes.get(text[-14:-8])
        day = self._days.get(text[:-14])
        if day is None or minute is None or second is None or zone is None:
            return None
        return day + minute + second + zone[0], zone[1]

    def learn(self, text: str | bytes, start: int, second: int, offset: int | None) -> None:
        """Keep the parts of a date that was read; it must be in the usual layout."""
        if len(self._days) >= _MEMORY_SIZE:
            self._days.clear()
        self._days[text[:-14]] = start
        # A leap second belongs to the minute before.
        self._seconds[text[-8:-6]] = written = int(text[-8:-6])
        self._minutes[text[-14:-8]] = second - written
        self._zones[text[-6:]] = (-(offset or 0) * 60, offset)


_fields = _Remembered()
_internal = _Remembered()


def _day(year: str | bytes, month: str | bytes, day: str | bytes) -> int | None:
    """Return the day's first second UTC; None for a day that does not exist."""
    name = (month if isinstance(month, str) else month.decode("ascii")).lower()
    return _first_second(int(year), _MONTHS.get(name, 0), int(day))


def _first_second(year: int, month: int, day: int) -> int | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return int(datetime(year, month, day, tzinfo=UTC).timestamp())
    except ValueError:
        return None


def read_date(field_body: str) -> Moment | None:
    """
    Read a Date field (RFC 5322, 3.3; obsolete forms 4.3); None when it cannot be read.

    "-0000", unknown zone names and offsets of more than a day say nothing of
    the zone: the time is taken as UTC, the offset is None.
    """
    known = _fields.read(field_body)
    if known is not None:
        return known
    match = _DATE.match(field_body)
    return _moment(match, _fields) if match else _read_obsolete(field_body[:_LONGEST])


def _read_obsolete(text: str) -> Moment | None:
    # RFC 5322, 3.2.2: comments nest; a few levels are all that was ever written.
    for _ in range(5):
        text = _COMMENT.sub(" ", text)
    text = _NAMED_OFFSET.sub(" ", text)
    try:
        parsed = parsedate_tz(text)
    # parsedate_tz raises bare errors of these kinds on some garbage.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if parsed is None or _YEAR_OF_NO_MAIL.search(text):
        return None
    year, month, day, hours, minutes, seconds = parsed[:6]
    # RFC 5322, 4.3: three-digit years count from 1900; mailers wrote 107 for 2007.
    start = _first_second(year + 1900 if 100 <= year < 1000 else year, month, day)
    if start is None or not _is_time(hours, minutes, seconds):
        return None
    at, offset = start + hours * 3600 + minutes * 60 + seconds, parsed[9] or 0
    if abs(offset) > _ONE_DAY or not (offset or _AT_GREENWICH.search(text)):
        return at, None
    return at - offset, offset // 60


def read_internal_date(text: bytes | None) -> Moment | None:
    """Read an INTERNALDATE without its quotes; None when it cannot be read."""
    if not text:
        return None
    known = _internal.read(text)
    if known is not None:
        return known
    match = _INTERNALDATE.match(text)
    return _moment(match, _internal) if match else None


def _moment(match: re.Match[str] | re.Match[bytes], memory: _Remembered) -> Moment | None:
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups("0")
    start = _day(year, month, day)
    time_of_day = _second(hour, minute, second)
    if start is None or time_of_day is None:
        return None
    offset = _offset(sign, zone_hours, zone_minutes)
    # Seconds that are written, and no comment behind the zone.
    if match[6] and match.end(9) == len(match.string):
        memory.learn(match.string, start, time_of_day, offset)
    return (start + time_of_day, None) if offset is None else (start + time_of_day - offset * 60, offset)


def _offset(sign: str | bytes, zone_hours: str | bytes, zone_minutes: str | bytes) -> int | None:
    """Return a zone in minutes; None for "-0000" (RFC 5322, 3.3: unknown) and for more than a day."""
    # int() reads digits of text and bytes alike.
    offset = int(zone_hours) * 60 + int(zone_minutes)
    is_west = sign == "-" or sign == b"-"
    if offset * 60 > _ONE_DAY or (is_west and not offset):
        return None
    return -offset if is_west else offset


def _second(hour: str | bytes, minute: str | bytes, second: str | bytes) -> int | None:
    """Return the second of the day, None for a time that no clock shows."""
    hours, minutes, seconds = int(hour), int(minute), int(second)
    return hours * 3600 + minutes * 60 + seconds if _is_time(hours, minutes, seconds) else None


def _is_time(hours: int, minutes: int, seconds: int) -> bool:
    # RFC 5322, 3.3: 60 is a leap second.
    return 0 <= hours <= 23 and 0 <= minutes <= 59 and 0 <= seconds <= 60
