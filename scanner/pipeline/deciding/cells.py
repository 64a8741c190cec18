"""The cells of a returned workbook, read as what the sheet asks for."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from math import isfinite

from scanner.errors import UsageError
from scanner.export.workbook.returned import Flaw, ReturnedRow, choice, choices
from scanner.review import end_of_day, read_last_day, read_moment


class FlawError(Exception):
    """A cell cannot be meant."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(str(flaw))
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the file would have written."""

    place: str
    """Sheet and row."""

    subject: str
    """The key of the incident, or the address concerned."""

    before: str
    after: str
    who: str
    reason: str


class Cells:
    """
    One row.

    Args:
        row: As it came back.

        zone: The organisation's: dates in cells are local.
    """

    def __init__(self, row: ReturnedRow, zone: tzinfo) -> None:
        self._row = row
        self._zone = zone

    def text(self, column: str) -> str:
        """Return a cell as text; "" = it is empty."""
        value = self._row.values.get(column, "")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()

    def choice(self, column: str) -> str:
        """Return which of its choices a cell holds; "" = it is empty. Raises FlawError for another word."""
        if column not in self._row.values:
            return ""
        found = choice(self._row, column)
        if found is None:
            what = f"this is none of the choices: {choices(self._row, column)}"
            raise FlawError(self._row.flaw(column, what))
        return found

    def number(self, column: str) -> float | None:
        """Return the number in a cell, None when it is empty. Raises FlawError for what is none."""
        value = self._row.values.get(column)
        if value is None:
            return None
        try:
            if isinstance(value, bool | datetime | date):
                raise TypeError(value)
            # As text a number has the comma or the point of whoever typed it; none here has thousands.
            number = float(value.replace(",", ".") if isinstance(value, str) else value)
            if not isfinite(number):
                raise ValueError(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise FlawError(self._row.flaw(column, "this is no number")) from error
        return number

    def key(self, column: str) -> str:
        """Return a key or mark of 12 hex digits; a spreadsheet takes those without a letter for a number."""
        value = self._row.values.get(column, "")
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value == int(value):
            return f"{int(value):012d}"
        return str(value).lower()

    def moment(self, column: str) -> int | None:
        """Return the moment in a cell, None when it is empty. Raises FlawError for what is none."""
        value = self._row.values.get(column)
        if value is None:
            return None
        zone = self._zone
        if isinstance(value, datetime):
            try:
                # A cell counts days in a float: 16:40 may come back as 16:39:59.999995.
                moment = round(value.replace(tzinfo=zone).timestamp())
                at = datetime.fromtimestamp(moment, zone)
            except (OverflowError, ValueError) as error:
                raise FlawError(self._row.flaw(column, "this moment lies beyond the calendar")) from error
            if value.time() != time() and abs(at.replace(tzinfo=None) - value) > timedelta(seconds=1):
                raise FlawError(self._row.flaw(column, "the clocks were put forward, and there was no such time"))
            return moment
        if isinstance(value, str):
            try:
                return read_moment(value, zone, where=column)
            except UsageError as error:
                raise FlawError(self._row.flaw(column, f"{error.what}; write it like 2026-11-22 16:40")) from error
        raise FlawError(self._row.flaw(column, "this is no date and time; write it like 2026-11-22 16:40"))

    def last_day(self, column: str) -> int | None:
        """Return the end of the day in a cell, None when it is empty. Raises FlawError for what is none."""
        value = self._row.values.get(column)
        if value is None:
            return None
        zone = self._zone
        try:
            if isinstance(value, datetime | date):
                return end_of_day(value.date() if isinstance(value, datetime) else value, zone)
            return read_last_day(str(value), zone, where=column)
        except OverflowError as error:
            what = "this day lies beyond the calendar; for one that never comes, leave the cell empty"
            raise FlawError(self._row.flaw(column, what)) from error
        except UsageError as error:
            raise FlawError(self._row.flaw(column, f"{error.what}; write it like 2027-06-30")) from error
