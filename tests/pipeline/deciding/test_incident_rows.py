"""Rows of the sheets Queue and Assessment are read as the person who filled them in meant them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.export.workbook.returned import ReturnedRow, Value
from scanner.model import Incident
from scanner.pipeline.deciding.cells import Cells, Change, FlawError
from scanner.pipeline.deciding.incident_rows import IncidentRows
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.store.decision import append
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

NOW = AS_OF + 3600
SIGN_OFF = "[review]\nsign_off = true\n"
ASSESSED: Mapping[str, Value] = {
    "is_breach": True,
    "breach_reason": "names and health",
    "tell_authority": "ja",
    "authority_reason": "a risk",
    "authority_told_at": "2025-06-15 16:40",
    "authority_reference": "LfDI 17/25",
    "tell_people": "no",
    "people_reason": "taken back by phone",
    "effects_entry": "their illness is known to others",
    "measures_entry": "asked all to delete it",
    "severity_dpc": 4,
    "severity_ei": "Significant",
    "severity_cb": "0,5",
    "severity_reason": "a diagnosis",
    "ruled_by": "Sam Second",
}


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with one incident."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(8), subject="Choir")])
    desk.analyse()
    return desk


def incident(desk: Desk) -> Incident:
    """Return the one incident as it stands."""
    with open_report(desk.settings) as report:
        return find_incident(report, next(report.incidents()).key)


def row(desk: Desk, table: str, values: Mapping[str, Value], number: int = 2) -> ReturnedRow:
    """Return a row on the one incident, as it stands now."""
    found = incident(desk)
    keys = {"incident": found.key, "state": found.standing.state}
    return ReturnedRow(table, table.title(), number, {**keys, **values}, {})


def read(desk: Desk, *rows: ReturnedRow) -> list[Change]:
    """Read rows of one file and write them; return what was told of them."""
    with open_report(desk.settings) as report:
        reader = IncidentRows(report, desk.settings, "Dana", NOW)
        found = [pair for one in rows for pair in reader.read(one)]
    with desk.engine.begin() as connection:
        append(connection, [statement for _, statement in found], now=NOW)
    return [change for change, _ in found]


def flaw(desk: Desk, *rows: ReturnedRow) -> tuple[str, str]:
    """Return the column and the words with which the rows are refused."""
    with pytest.raises(FlawError) as caught:
        read(desk, *rows)
    return caught.value.flaw.column, caught.value.flaw.what


def confirm(desk: Desk) -> None:
    """Confirm the one incident."""
    decide(desk.settings, incident(desk).key, Verdicted("confirm", "because", "Dana"), now=NOW)


def test_a_confirmed_incident_is_assessed_in_one_row(office: Desk) -> None:
    """Three decisions, effects, action taken and the worksheet, each as it was meant."""
    confirm(office)

    told = read(office, row(office, "assessment", ASSESSED))

    assert [one.after.split(" (")[0] for one in told] == [
        "breach yes",
        "authority yes",
        "people no",
        "effects",
        "measures",
        "Severity by ENISA's worksheet: DPC 4 × EI 0.75 + CB 0.5 = 3.5, high.",
    ]
    assert {one.who for one in told} == {"Sam Second"}
    standing = incident(office).standing
    authority, severity = standing.ruling("authority"), standing.ruling("severity")
    assert authority
    assert authority.reference == "LfDI 17/25"
    assert severity
    assert (severity.text, severity.severity and severity.severity.score) == ("a diagnosis", 3.5)


def test_what_is_confirmed_in_the_queue_is_assessed_in_the_same_file(office: Desk) -> None:
    """One pass through the workbook will do."""
    queued = row(office, "queue", {"decision": "confirm", "decision_reason": "x"})

    told = read(office, queued, row(office, "assessment", {"is_breach": "yes", "breach_reason": "y"}))

    assert [one.after.split(" (")[0] for one in told] == ["confirm", "breach yes"]


def test_what_is_not_confirmed_is_not_assessed(office: Desk) -> None:
    """Nor what the same file dismisses."""
    assessed = row(office, "assessment", {"effects_entry": "none"})

    first = flaw(office, assessed)
    confirm(office)
    assessed = row(office, "assessment", {"effects_entry": "none"})
    second = flaw(office, row(office, "queue", {"decision": "dismiss", "decision_reason": "x"}), assessed)

    assert first == second == ("effects_entry", "only a confirmed incident carries this decision")


def test_when_somebody_was_told_needs_no_second_reason(office: Desk) -> None:
    """The decision stands; only the moment was missing. What was noted before is not lost."""
    confirm(office)
    read(office, row(office, "assessment", {"tell_authority": "yes", "authority_reason": "a risk"}))
    read(office, row(office, "assessment", {"authority_reference": "A 1"}))
    read(office, row(office, "assessment", {"authority_told_at": "2025-06-15 16:40"}))
    read(office, row(office, "assessment", {"tell_authority": "yes", "authority_reason": "a high risk"}))

    ruling = incident(office).standing.ruling("authority")

    assert ruling
    assert (ruling.text, ruling.reference, ruling.told_at) == ("a high risk", "A 1", 1_749_998_400)


def test_telling_without_a_decision_to_tell_is_refused(office: Desk) -> None:
    """And so is telling against one."""
    confirm(office)
    told = {"authority_told_at": "2025-06-15 16:40"}

    first = flaw(office, row(office, "assessment", told))
    read(office, row(office, "assessment", {"tell_authority": "no", "authority_reason": "no risk"}))

    assert first[0] == "authority_reason"
    assert flaw(office, row(office, "assessment", told))[0] == "authority_reason"


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"severity_dpc": 4, "severity_ei": 0.75, "severity_reason": "x"}, "severity_cb"),
        ({"severity_dpc": 4.5, "severity_ei": 1, "severity_cb": 0, "severity_reason": "x"}, "severity_dpc"),
        ({"severity_dpc": 4, "severity_ei": "0.6", "severity_cb": 0, "severity_reason": "x"}, "severity_ei"),
        ({"severity_dpc": 4, "severity_ei": "easy", "severity_cb": 0, "severity_reason": "x"}, "severity_ei"),
        ({"severity_dpc": 4, "severity_ei": 1, "severity_cb": "a lot", "severity_reason": "x"}, "severity_cb"),
        ({"severity_dpc": 4, "severity_ei": 1, "severity_cb": 0}, "severity_reason"),
        ({"is_breach": "yes"}, "breach_reason"),
        ({"breach_reason": "x"}, "is_breach"),
        ({"tell_people": "yes", "people_reason": "x", "people_told_at": "2030-01-01"}, "people_told_at"),
        ({"tell_people": "yes", "people_reason": "x", "people_told_at": "2024-01-01"}, "people_told_at"),
        ({"ruled_by": "Dana"}, "ruled_by"),
        ({"effects_entry": "x", "ruled_at": "2030-01-01"}, "ruled_at"),
        ({"effects_entry": "x", "ruled_by": "D" * 300}, "ruled_by"),
    ],
)
def test_what_cannot_be_meant_is_named(values: Mapping[str, Value], column: str, office: Desk) -> None:
    """By its column."""
    confirm(office)

    assert flaw(office, row(office, "assessment", values))[0] == column


def test_a_second_person_signs_in_the_workbook(office: Desk) -> None:
    """By name; then the decision counts."""
    office.change(SIGN_OFF)
    confirm(office)
    before = incident(office).status

    (told,) = read(office, row(office, "assessment", {"signed_by": "Sam Second"}))

    assert (before, incident(office).status) == ("candidate", "confirmed")
    assert (told.before, told.after, told.who) == ("entry 1 waits", "signed", "Sam Second")


def test_a_signature_that_cannot_count_is_refused(office: Desk) -> None:
    """Nothing waits, who decided signs, or it would sign what stands in the same file."""
    nothing = flaw(office, row(office, "assessment", {"signed_by": "Sam"}))
    office.change(SIGN_OFF)
    confirm(office)

    same = flaw(office, row(office, "assessment", {"signed_by": " dana "}))
    more = flaw(office, row(office, "assessment", {"signed_by": "Sam", "effects_entry": "x"}))
    both = flaw(
        office,
        row(office, "queue", {"decision": "ask", "decision_reason": "x"}),
        row(office, "assessment", {"signed_by": "Sam"}),
    )

    assert [one[0] for one in (nothing, same, more, both)] == ["signed_by"] * 4
    assert "nothing waits" in nothing[1]
    assert "who decided cannot sign" in same[1]
    assert "written already" in more[1]
    assert both == more


def test_what_waits_for_a_signature_is_assessed_with_it(office: Desk) -> None:
    """The second person signs the whole of it at once, by command as in the workbook."""
    office.change(SIGN_OFF)
    confirm(office)
    rule(office.settings, incident(office).key, RulingWanted("breach", "yes", "because", "Dana"), now=NOW)

    told = read(office, row(office, "assessment", {"signed_by": "Sam"}))

    assert len(told) == 2
    assert incident(office).standing.ruling("breach")


def test_two_rows_about_one_incident_name_each_other(office: Desk) -> None:
    """With the sheet, where a sheet was copied."""
    first = row(office, "queue", {"decision": "ask", "decision_reason": "x"})
    copied = ReturnedRow("queue", "Queue (2)", 7, first.values, {})

    assert flaw(office, first, copied) == ("incident", "this incident is decided on in Queue, row 2, too")


@pytest.mark.parametrize(
    ("value", "text"),
    [("0A6e0b520550", "0a6e0b520550"), (65_520_550, "000065520550"), (123456789012.0, "123456789012")],
)
def test_a_key_without_a_letter_may_come_back_as_a_number(value: Any, text: str) -> None:
    """Spreadsheets drop the zeros in front of it."""
    cells = Cells(ReturnedRow("queue", "Queue", 2, {"incident": value}, {}), UTC)

    assert cells.key("incident") == text


def test_an_hour_that_the_clocks_skipped_is_a_flaw_of_its_cell(office: Desk) -> None:
    """As a date of the spreadsheet's own and as text."""
    confirm(office)

    for told_at in (datetime(2025, 3, 30, 2, 30, tzinfo=UTC).replace(tzinfo=None), "2025-03-30 02:30"):
        column, what = flaw(
            office,
            row(office, "assessment", {"tell_authority": "yes", "authority_reason": "x", "authority_told_at": told_at}),
        )
        assert column == "authority_told_at"
        assert "no such time" in what
