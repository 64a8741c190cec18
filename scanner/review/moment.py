"""Moments as a person writes them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scanner.errors import UsageError

# Day, month, year with dots is written in one way only; with slashes nobody can tell which comes first.
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:,?\s+(\d{1,2})(:\d{2}(?::\d{2})?)(?:\s*Uhr)?)?")


def read_moment(text: str, zone: tzinfo, *, where: str) -> int:
    """
    Return a moment written as `2026-11-22 16:40`, with or without seconds and an offset, or `22.11.2026 16:40`.

    Without an offset it is the organisation's local time; of an hour that
    occurs twice the first one is meant; one that the clocks skipped is none.
    A day alone begins at midnight.

    Args:
        text: As written.

        zone: The organisation's.

        where: What is named when it cannot be read.

    Raises:
        UsageError: It is no moment.
    """
    at = _read(text)
    if at is None:
        raise UsageError("this is no date and time", where=where, remedy="Write it like 2026-11-22 16:40")
    try:
        moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        # PEP 495: a time that was skipped comes back as another one. Midnight is a day's beginning, wherever it begins.
        if at.tzinfo is None and at.time() != time() and moment.astimezone(zone).replace(tzinfo=None) != at:
            raise UsageError(
                "the clocks were put forward, and there was no such time",
                where=where,
                remedy="Check the hour, or add the offset, such as 2026-03-29 02:30+02:00",
            )
        return int(moment.timestamp())
    except OverflowError as error:
        raise UsageError("no calendar reaches that far", where=where, remedy="Check the year") from error


def read_last_day(text: str, zone: tzinfo, *, where: str) -> int:
    """
    Return the first moment after a day: the day itself is included.

    Raises:
        UsageError: It is no day.
    """
    at = _read(text)
    if at is None or at.tzinfo or at.time() != time():
        raise UsageError("this is no day", where=where, remedy="Write it like 2027-06-30")
    try:
        return end_of_day(at.date(), zone)
    except OverflowError as error:
        raise UsageError("no calendar reaches that far", where=where, remedy="Check the year") from error


def start_of_day(day: date, zone: tzinfo) -> int:
    """Return the first moment of a local day."""
    return int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp())


def end_of_day(day: date, zone: tzinfo) -> int:
    """Return the first moment after a local day."""
    return start_of_day(day + timedelta(days=1), zone)


def _read(text: str) -> datetime | None:
    written = text.strip()
    if found := _DOTTED.fullmatch(written):
        day, month, year, hour, rest = found.groups()
        written = f"{year}-{int(month):02}-{int(day):02}" + (f"T{int(hour):02}{rest}" if hour else "")
    # The week and day numbers that ISO 8601 also knows are more often a slip than meant.
    if not re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", written):
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None
