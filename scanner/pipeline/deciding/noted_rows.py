"""Rows of the sheets Viewers and People that came back: what was done about those who stand there."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.export.words.decision import day_and_time
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.workbook.returned import ReturnedRow
from scanner.model import AddressKey, IncidentKey, Person, Statement
from scanner.pipeline.deciding.author import Author
from scanner.pipeline.deciding.cells import Cells, Change, FlawError
from scanner.pipeline.deciding.tracking import flags_after, person_row, read_flags, viewers_of
from scanner.pipeline.reporting.store_report import StoreReport
from scanner.pseudonym import Pseudonymiser, make_or_read_key
from scanner.review import viewer_statement

_PSEUDONYM = re.compile(r"(address|person)-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class _Viewers:
    incident: IncidentKey
    keys: Mapping[str, AddressKey]
    """Address as it is shown in a cell, and its pseudonym → its key."""

    numbers: dict[AddressKey, int]


class NotedRows:
    """
    Reads such rows; whoever stands on two of them is a flaw.

    Args:
        report: The store's.

        settings: Its zone.

        author: Who states it, where and when.
    """

    def __init__(self, report: StoreReport, settings: Settings, author: Author) -> None:
        self._report = report
        self._settings = settings
        self._author = author
        self._clock = Clock(settings.time_zone)
        self._incidents: dict[str, _Viewers | None] = {}
        self._seen: dict[tuple[str, str, str], int] = {}
        self._pseudonym = _pseudonyms(settings)

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
            raise FlawError(row.flaw("address", _unknown(shown, "nobody with this address could see that incident")))
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
        shown = str(row.values.get("person_id", ""))
        person = self._people.get(shown)
        if person is None:
            raise FlawError(row.flaw("person_id", _unknown(shown, "no exposed person has this id now: export again")))
        self._check_number(row, person.contact.number if person.contact else 0)
        self._once(row, person.person_id, "")
        cells = Cells(row, self._settings.zone)
        for done, content, after in self._said(row, person, cells):
            try:
                statement = person_row(person, done, content, self._author)
            except UsageError as error:
                raise FlawError(row.flaw("", error.what)) from error
            # Whoever filled in pseudonyms need not learn here whom they stand for.
            subject = visible(person.addresses[0]) if shown == person.person_id else shown
            yield self._change(row, subject, "", after), statement

    def _said(self, row: ReturnedRow, person: Person, cells: Cells) -> Iterator[tuple[str, dict[str, Any], str]]:
        told = self._past(row, "person_told_at")
        how = cells.text("person_told_how")
        if told is None and how:
            raise FlawError(row.flaw("person_told_how", "stands there without the time at which the person was told"))
        if told is not None and not how:
            raise FlawError(row.flaw("person_told_how", "how the person was told is missing: letter, call, mail …"))
        if told is not None:
            yield "notified", {"at": told, "how": how}, f"told {day_and_time(self._clock, told)} {visible(how)}".strip()
        if "person_flags" in row.values:
            try:
                flags = read_flags(cells.text("person_flags"))
            except UsageError as error:
                said = (error.what, error.remedy[:1].lower() + error.remedy[1:])
                raise FlawError(row.flaw("person_flags", ": ".join(said))) from error
            after = ", ".join(flags_after(person, flags))
            yield "flags", {"flags": flags}, f"to heed: {visible(after) or 'nothing'}"
        if channel := cells.text("person_channel"):
            yield "channel", {"channel": channel}, f"safe channel: {visible(channel)}"

    @cached_property
    def _people(self) -> dict[str, Person]:
        people = {person.person_id: person for person in self._report.people()}
        return {**{self._pseudonym("person", one): people[one] for one in people}, **people}

    def _viewers(self, key: str) -> _Viewers | None:
        if key not in self._incidents:
            found = [one for one in self._report.find(key) if one.key == key] if len(key) == 12 else []
            self._incidents[key] = None
            for incident in found:
                numbers = {one.address: one.number for one in incident.standing.deletions}
                could_see = viewers_of(incident)
                keys = {self._pseudonym("address", address): address for address in could_see}
                keys |= {visible(address): address for address in could_see}
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


def _pseudonyms(settings: Settings) -> Callable[[str, str], str]:
    """Return what gives the pseudonyms of this store's reports; each text itself where none was ever given."""
    path = settings.pseudonym_key_file
    if not path.exists():
        return lambda _kind, text: text
    return Pseudonymiser(make_or_read_key(path)).pseudonym


def _unknown(shown: str, what: str) -> str:
    return "the pseudonym was made with another key" if _PSEUDONYM.fullmatch(shown) else what
