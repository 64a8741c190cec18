"""What was done about viewers and people is noted, shown, and comes back in the workbook."""

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from scanner.addresses import address_key
from scanner.errors import UsageError
from scanner.export.letters.letter_check import LetterCheck
from scanner.export.words.decision import standing_texts
from scanner.export.words.moment import Clock
from scanner.model import Contact, Deletion, Incident, Person
from scanner.pipeline.deciding.round_trip import Plan, apply_plan, plan_returned
from scanner.pipeline.deciding.tracking import note_people, note_viewers, read_flags
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import DAY
from tests.shelf import guests, letter

NOW = AS_OF + 3600
FIRST, SECOND = "guest1@guests.example", "guest2@guests.example"
EARLY = letter(1, [*guests(6), "Guest One <guest1+club@guests.example>"], cc=["boss@corp.example"], subject="Choir")
LATE = letter(2, guests(6), subject="Choir", after=20 * DAY)
BETWEEN = letter(3, guests(6), subject="Choir", after=10 * DAY)


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with two incidents of one choir."""
    desk.shelf.put(desk.shelf.place(), [EARLY, LATE])
    desk.analyse()
    return desk


def incidents(desk: Desk) -> list[Incident]:
    """Return the incidents by time."""
    with open_report(desk.settings) as report:
        return sorted(report.incidents(), key=lambda one: one.first_sent_at)


def person(desk: Desk, address: str) -> Person:
    """Return the person with this address."""
    with open_report(desk.settings) as report:
        return next(one for one in report.people() if address_key(address) in one.addresses)


def test_a_request_and_its_confirmation_stand_with_the_incident(office: Desk) -> None:
    """Each viewer has its own; what is noted again replaces, what is taken back is gone."""
    key = incidents(office)[0].key
    note_viewers(office.settings, key, [FIRST, SECOND], "requested", at=NOW - 90, now=NOW)
    note_viewers(office.settings, key, [FIRST.upper()], "confirmed", now=NOW)
    note_viewers(office.settings, key, [SECOND], "requested", take_back=True, now=NOW)

    first, second = incidents(office)
    assert first.standing.deletions == (
        Deletion(address_key(FIRST), NOW - 90, NOW, 3),
        Deletion(address_key(SECOND), None, None, 4),
    )
    assert second.standing.deletions == ()
    assert "Asked to delete: 1; say that they have: 1." in list(
        standing_texts(first.standing, Clock("Europe/Berlin"), NOW, 7)
    )


def test_everybody_outside_can_be_asked_at_once(office: Desk) -> None:
    """Colleagues are not meant."""
    number = note_viewers(office.settings, incidents(office)[0].key, [], "requested", everybody=True, now=NOW)

    assert number == 7
    assert address_key("boss@corp.example") not in {one.address for one in incidents(office)[0].standing.deletions}


def test_what_was_noted_of_joined_incidents_stays(office: Desk) -> None:
    """Of one viewer the later entry counts."""
    first, second = incidents(office)
    note_viewers(office.settings, first.key, [FIRST], "requested", at=NOW - 90, now=NOW)
    note_viewers(office.settings, second.key, [FIRST], "requested", at=NOW - 50, now=NOW)
    note_viewers(office.settings, second.key, [SECOND], "requested", at=NOW - 40, now=NOW)

    office.shelf.put(office.shelf.place(), [BETWEEN])
    office.analyse()

    (joined,) = incidents(office)
    assert [(one.address, one.requested_at) for one in joined.standing.deletions] == [
        (address_key(FIRST), NOW - 50), (address_key(SECOND), NOW - 40),
    ]  # fmt: skip


def test_what_holds_of_a_person_holds_at_every_address(office: Desk) -> None:
    """Told when and how, the safe channel: the newest of each counts; flags add up until they are taken back."""
    note_people(office.settings, ["guest1+club@guests.example"], "notified", {"at": NOW, "how": "letter"}, now=NOW)
    note_people(office.settings, [FIRST], "flags", {"flags": ["child"]}, now=NOW)
    note_people(office.settings, [FIRST], "flags", {"flags": ["vulnerable", "do-not-contact"]}, now=NOW)
    note_people(office.settings, [FIRST], "channel", {"channel": "by phone"}, now=NOW)

    found = person(office, FIRST)
    entry = next(one for one in office.json()["people"] if one["person_id"] == found.person_id)

    assert len(found.addresses) == 2
    assert found.contact == Contact(NOW, "letter", ("child", "vulnerable", "do-not-contact"), "by phone", 4)
    assert (entry["notified_how"], entry["flags"]) == ("letter", ["child", "vulnerable", "do-not-contact"])
    assert person(office, SECOND).contact is None

    note_people(office.settings, [FIRST], "flags", {"flags": []}, now=NOW)
    contact = person(office, FIRST).contact
    assert contact is not None
    assert contact.flags == ()


def test_the_letters_heed_what_was_noted(office: Desk) -> None:
    """Whoever must not be written to is marked in the list for the mail-merge."""
    note_people(office.settings, [FIRST], "flags", {"flags": ["do-not-contact"]}, now=NOW)
    note_people(office.settings, [FIRST], "channel", {"channel": "by phone"}, now=NOW)

    check = LetterCheck(person(office, FIRST), None, [], Clock("UTC"))

    assert check.flags == ("do-not-contact",)
    assert check.safe_channel == "by phone"


def test_who_is_no_viewer_and_what_is_to_come_are_refused(office: Desk) -> None:
    """One line each, and nothing is written."""
    key = incidents(office)[0].key
    for call in (
        lambda: note_viewers(office.settings, key, [FIRST, "x@else.example"], "requested", now=NOW),
        lambda: note_viewers(office.settings, key, [FIRST], "requested", at=NOW + 1, now=NOW),
        lambda: note_viewers(office.settings, key, [], "requested", now=NOW),
        lambda: note_people(office.settings, ["boss@corp.example"], "notified", {"at": NOW, "how": "call"}, now=NOW),
        lambda: note_people(office.settings, [FIRST], "notified", {"at": NOW + 1, "how": "letter"}, now=NOW),
        lambda: note_people(office.settings, [FIRST], "notified", {"at": NOW, "how": ""}, now=NOW),
    ):
        with pytest.raises(UsageError):
            call()

    with open_report(office.settings) as report:
        assert report.head.decisions == 0


def test_flags_are_words() -> None:
    """Of either language; others are refused, since a letter might go out."""
    assert read_flags("Child  do_not_contact Kind") == ["child", "do-not-contact"]
    assert read_flags("none") == []
    for words in ("none child", "=1+1", "a\x1bb", "tall", "do no contact"):
        with pytest.raises(UsageError) as caught:
            read_flags(words)
        assert "do-not-contact" in caught.value.remedy


# --- the workbook ------------------------------------------------------------------


class Filled:
    """The workbook in somebody's hands."""

    def __init__(self, desk: Desk) -> None:
        self.path = desk.folder / "back.xlsx"
        out = desk.folder / "out.xlsx"
        out.unlink(missing_ok=True)
        (desk.folder / "out.xlsx.manifest.json").unlink(missing_ok=True)
        write_report(desk.settings, out)
        self.book = openpyxl.load_workbook(out)

    def put(self, sheet: str, row: int, **values: Any) -> None:
        """Write into cells; the names are the beginnings of headings, with _ for a space."""
        page = self.book[sheet]
        for name, value in values.items():
            heading = name.replace("_", " ")
            place = next(
                cell.column for cell in page[1] if str(cell.value).startswith(heading) and "fill in" in str(cell.value)
            )
            page.cell(row, place).value = value

    def row_of(self, sheet: str, text: str) -> int:
        """Return the row that holds a text."""
        return next(row[0].row for row in self.book[sheet].iter_rows() if text in [cell.value for cell in row])

    def save(self) -> Path:
        """Save it under another name."""
        self.book.save(self.path)
        return self.path


def planned(desk: Desk, filled: Filled) -> Plan:
    """Hold the file against the store."""
    return plan_returned(desk.settings, filled.save(), by="Dana", now=NOW)


def test_viewers_and_people_come_back_in_the_workbook(office: Desk) -> None:
    """Several sheets of one file are one plan."""
    filled = Filled(office)
    row = filled.row_of("Viewers", FIRST)
    filled.put("Viewers", row, Asked_to_delete=datetime(2025, 6, 14, 9), Deletion_confirmed="14.06.2025 18:00")  # noqa: DTZ001  # a cell has no zone
    whose = filled.row_of("People", SECOND)
    filled.put(
        "People", whose, Told_on="2025-06-14 10:00", Told_how="letter", To_heed="child; Vulnerable", Safe="phone"
    )

    plan = planned(office, filled)
    written = apply_plan(office.settings, plan, now=NOW)

    assert (plan.flaws, written) == ([], 5)
    (deletion,) = [one for entry in incidents(office) for one in entry.standing.deletions]
    assert deletion.address == address_key(FIRST)
    assert deletion.confirmed_at == int(datetime.fromisoformat("2025-06-14T18:00:00+02:00").timestamp())
    contact = person(office, SECOND).contact
    assert contact
    assert (contact.notified_how, contact.flags, contact.safe_channel) == ("letter", ("child", "vulnerable"), "phone")
    assert planned(office, Filled(office)).changes == []


def test_a_row_on_which_something_was_entered_since_is_stale(office: Desk) -> None:
    """By a command or by another copy of the file."""
    filled = Filled(office)
    row = filled.row_of("Viewers", FIRST)
    filled.put("Viewers", row, Asked_to_delete="2025-06-14")
    filled.put("People", filled.row_of("People", SECOND), To_heed="child")
    key = str(filled.book["Viewers"].cell(row, 2).value)
    note_viewers(office.settings, key, [FIRST], "requested", now=NOW)
    note_people(office.settings, [SECOND], "flags", {"flags": []}, now=NOW)

    flaws = planned(office, filled).flaws

    assert [flaw.sheet for flaw in flaws] == ["People", "Viewers"]
    assert all("Log no." in flaw.column for flaw in flaws)


@pytest.mark.parametrize(
    ("sheet", "values", "column"),
    [
        ("Viewers", {"Asked_to_delete": "soon"}, "Asked to delete"),
        ("Viewers", {"Asked_to_delete": "2030-01-01"}, "Asked to delete"),
        ("Viewers", {"Deletion_confirmed": "=NOW()"}, "Deletion confirmed"),
        ("People", {"Told_how": "letter"}, "Told how"),
        ("People", {"Told_on": "2025-06-14 10:00"}, "Told how"),
        ("People", {"To_heed": "tall"}, "To heed"),
        ("People", {"To_heed": "child, do not contac"}, "To heed"),
        ("People", {"To_heed": "=1"}, "To heed"),
        ("People", {"To_heed": "none, child"}, "To heed"),
    ],
)
def test_what_cannot_be_meant_is_named(sheet: str, values: dict[str, Any], column: str, office: Desk) -> None:
    """By sheet, row and column; nothing is written."""
    filled = Filled(office)
    filled.put(sheet, 2, **values)

    flaws = planned(office, filled).flaws

    assert {(flaw.sheet, flaw.row) for flaw in flaws} == {(sheet, 2)}
    assert all(column in flaw.column for flaw in flaws)


def test_nothing_was_done_about_mail_that_had_not_been_sent(office: Desk) -> None:
    """Most such moments are slips of the year. The message names no address."""
    with open_report(office.settings) as report:
        incident = next(one for one in report.incidents() if FIRST in {viewer.key for viewer in one.viewers})
    before = incident.first_sent_at - 10 * 365 * 86_400

    for attempt in (
        lambda: note_viewers(office.settings, incident.key, [FIRST], "requested", at=before, now=NOW),
        lambda: note_people(office.settings, [SECOND], "notified", {"at": before, "how": "letter"}, now=NOW),
        lambda: note_people(office.settings, [SECOND, "nobody@quay.example"], "flags", {"flags": []}, now=NOW),
    ):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert "@" not in str(caught.value)
        assert "before the mail was sent" in str(caught.value) or "address 2: nobody" in str(caught.value)

    with open_report(office.settings) as report:
        assert list(report.decision_log()) == []
