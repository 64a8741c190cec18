"""Rows of the sheets Viewers and People that came back: what was done about those who stand there."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.export.decision import day_and_time
from scanner.export.moment import Clock
from scanner.export.returned import ReturnedRow
from scanner.export.text import visible
from scanner.model import AddressKey, IncidentKey, Person, Report, Statement
from scanner.pipeline.cells import Cells, Change, FlawError
from scanner.pipeline.tracking import Author, person_row, read_flags, viewers_of
from scanner.review import viewer_statement


@dataclass(frozen=True, slots=True)
class _Viewers:
    incident: IncidentKey
    keys: dict[str, AddressKey]
    """Address as it is shown in a cell → its key."""

    numbers: dict[AddressKey, int]


class NotedRows:
    """
    Reads such rows; whoever stands on two of them is a flaw.

    Args:
        report: The store's.

        settings: Its zone.

        author: Who states it, where and when.
    """

    def __init__(self, report: Report, settings: Settings, author: Author) -> None:
        self._report = report
        self._settings = settings
        self._author = author
        self._clock = Clock(settings.time_zone)
        self._incidents: dict[str, _Viewers | None] = {}
        self._seen: dict[tuple[str, str, str], int] = {}

    def read(self, row: ReturnedRow) -> Iterator[tuple[Change, Statement]]:
        """
        Yield what the row would change.

        Raises:
            FlawError: A cell cannot be meant, or the row is stale.
        """
        return self._viewer(row) if row.table == "viewers" else self._person(row)

    def _viewer(self, row: ReturnedRow) -> Iterator[tuple[Change, Statement]]:
        viewers = self._viewers(str(row.values.get("incident", "")).lower())
        if viewers is None:
            raise FlawError(row.flaw("incident", "no incident has this key"))
        shown = str(row.values.get("address", ""))
        address = viewers.keys.get(shown)
        if address is None:
            raise FlawError(row.flaw("address", "nobody with this address could see that incident"))
        self._check_number(row, viewers.numbers.get(address, 0))
        self._once(row, viewers.incident, address)
        for column, done in (("deletion_requested", "requested"), ("deletion_confirmed", "confirmed")):
            moment = self._past(row, column)
            if moment is not None:
                statement = viewer_statement(
                    viewers.incident, address, done, moment,
                    decided_by=self._author.decided_by, applied_by=self._author.applied_by, now=self._author.now,
                )  # fmt: skip
                after = f"deletion {done} {day_and_time(self._clock, moment)}"
                yield self._change(row, shown, f"incident {viewers.incident}", after), statement

    def _person(self, row: ReturnedRow) -> Iterator[tuple[Change, Statement]]:
        person = self._people.get(str(row.values.get("person_id", "")))
        if person is None:
            raise FlawError(row.flaw("person_id", "no exposed person has this id now: export again"))
        self._check_number(row, person.contact.number if person.contact else 0)
        self._once(row, person.person_id, "")
        cells = Cells(row, self._settings.zone)
        for done, content, after in self._said(row, cells):
            try:
                statement = person_row(person, done, content, self._author)
            except UsageError as error:
                raise FlawError(row.flaw("", error.what)) from error
            yield self._change(row, visible(person.addresses[0]), "", after), statement

    def _said(self, row: ReturnedRow, cells: Cells) -> Iterator[tuple[str, dict[str, Any], str]]:
        told = self._past(row, "person_told_at")
        how = cells.text("person_told_how")
        if told is None and how:
            raise FlawError(row.flaw("person_told_how", "stands there without the time at which the person was told"))
        if told is not None:
            yield "notified", {"at": told, "how": how}, f"told {day_and_time(self._clock, told)} {visible(how)}".strip()
        if "person_flags" in row.values:
            try:
                flags = read_flags(cells.text("person_flags").replace(";", ",").split(","))
            except UsageError as error:
                raise FlawError(row.flaw("person_flags", error.what)) from error
            yield "flags", {"flags": flags}, f"to heed: {', '.join(flags) or 'nothing'}"
        if channel := cells.text("person_channel"):
            yield "channel", {"channel": channel}, f"safe channel: {visible(channel)}"

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {person.person_id: person for person in self._report.people()}

    def _viewers(self, key: str) -> _Viewers | None:
        if key not in self._incidents:
            found = [one for one in self._report.find(key) if one.key == key] if len(key) == 12 else []
            self._incidents[key] = None
            for incident in found:
                numbers = {one.address: one.number for one in incident.standing.deletions}
                keys = {visible(address): address for address in viewers_of(incident)}
                self._incidents[key] = _Viewers(incident.key, keys, numbers)
        return self._incidents[key]

    def _past(self, row: ReturnedRow, column: str) -> int | None:
        moment = Cells(row, self._settings.zone).moment(column)
        if moment is not None and moment > self._author.now:
            raise FlawError(row.flaw(column, "the moment lies in the future"))
        return moment

    def _check_number(self, row: ReturnedRow, number: int) -> None:
        if str(row.values.get("log_number", 0)) not in (str(number), f"{number}.0"):
            raise FlawError(
                row.flaw("log_number", "something has been entered on it since this file was written: export again")
            )

    def _once(self, row: ReturnedRow, key: str, address: str) -> None:
        former = self._seen.setdefault((row.table, key, address), row.number)
        if former != row.number:
            raise FlawError(row.flaw("", f"row {former} is about the same"))

    def _change(self, row: ReturnedRow, subject: str, before: str, after: str) -> Change:
        return Change(f"{row.sheet}, row {row.number}", subject, before, after, self._author.decided_by, "")
