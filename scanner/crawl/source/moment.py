"""Moments that files tell beside the Date field → INTERNALDATE (RFC 9051, 2.3.3)."""

import re
from datetime import UTC, datetime

from scanner.crawl.date import read_date, read_internal_date
from scanner.crawl.source.block import field_bodies

_EARLIEST = 315_619_200
"""1980-01-02: zip files without a date say 1 January 1980, converters without one 1970. These tell nothing."""

_LATEST = 32_503_680_000
# asctime with a zone before or behind the year, as the programs of the mbox family write it.
_ASCTIME = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) +(?P<time>\d\d?:\d\d(?::\d\d)?)"
    r"(?: +(?P<zone>[+-]\d{4}|[A-Z]{1,5}))? +(?P<year>\d{4})(?: +(?P<zone2>[+-]\d{4}|[A-Z]{1,5}))?"
)
_RFC = re.compile(r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?\d{1,2} +[A-Z][a-z]{2} +\d{4} +\d\d:\d\d(?::\d\d)?.*")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def internal_date(moment: int | None) -> bytes | None:
    """
    Write a moment as INTERNALDATE, None when it is not believable.

    "-0000": it is UTC, or taken for it, and nothing is known of the zone (RFC 5322, 3.3).
    """
    if moment is None or not _EARLIEST <= moment < _LATEST:
        return None
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at.day:02}-{_MONTHS[at.month - 1]}-{at.year} {at:%H:%M:%S} -0000".encode("ascii")


def read_from_line(line: bytes) -> int | None:
    """
    Return the moment of an mbox's "From " line; None without one that can be believed.

    Without a zone it is taken as UTC (RFC 4155, appendix A); Thunderbird
    writes local time there, so it may be off by half a day.
    """
    text = line[5:].decode("ascii", "replace")
    if match := _ASCTIME.search(text):
        zone = match["zone"] or match["zone2"] or "-0000"
        found = read_date(f"{match['day']} {match['month']} {match['year']} {match['time']} {zone}")
    elif match := _RFC.search(text):
        found = read_date(match[0].strip())
    else:
        return None
    return found[0] if found and _EARLIEST <= found[0] < _LATEST else None


def read_internal_moment(text: bytes | None) -> int | None:
    """Return the moment of an INTERNALDATE that `internal_date` wrote; None for None."""
    found = read_internal_date(text)
    return found[0] if found else None


def date_of(block: bytes) -> int | None:
    """Return the moment of the Date field of a header block; None when it cannot be read."""
    bodies = field_bodies(block, b"date")
    found = read_date(bodies[0].decode("ascii", "backslashreplace")) if bodies else None
    return found[0] if found else None
