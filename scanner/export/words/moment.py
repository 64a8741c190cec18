"""Moments as people and programs read them; the only place of export that knows the time zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scanner.errors import ExportError
from scanner.model import is_dated

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """
    Moments (whole seconds since 1970-01-01 UTC) in one time zone.

    Args:
        zone: Name in the IANA time zone database; "UTC" needs no database.

    Raises:
        ExportError: The zone is not in this machine's database.
    """

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._zone: tzinfo = UTC
        if zone != "UTC":
            try:
                self._zone = ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ExportError(
                    "this machine does not know the time zone",
                    where=f"[organisation] time_zone = {zone!r}",
                    remedy="Name one like Europe/Berlin, or install the system's tzdata",
                ) from error

    def local(self, moment: int) -> datetime | None:
        """Return the zone's date and time, None outside the years 1 to 9999 and for mail without a date."""
        utc = utc_datetime(moment) if is_dated(moment) else None
        if utc is None:
            return None
        try:
            return utc.astimezone(self._zone)
        except OverflowError:
            return None


def utc_datetime(moment: int) -> datetime | None:
    """Return the moment in UTC, None outside the years 1 to 9999: a Date field may claim anything."""
    try:
        return _EPOCH + timedelta(seconds=moment)
    except OverflowError:
        return None


def iso_utc(moment: int | None) -> str | None:
    """
    Return ISO 8601 in UTC with a Z, None for None.

    A moment that no calendar date can name is given as seconds, so that
    nothing is lost.

    >>> iso_utc(0)
    '1970-01-01T00:00:00Z'
    """
    if moment is None:
        return None
    at = utc_datetime(moment)
    return f"{moment} s" if at is None else f"{at.isoformat().removesuffix('+00:00')}Z"


def iso_sent(moment: int | None) -> str | None:
    """Return `iso_utc` of when mail was sent, None also where nobody knows."""
    return None if moment is None or not is_dated(moment) else iso_utc(moment)
