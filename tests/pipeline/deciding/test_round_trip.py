"""Decisions come back in the workbook that went out, whatever a spreadsheet has made of it."""

import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from scanner.errors import StoreError, UsageError
from scanner.language import LANGUAGES, speaking
from scanner.model import Incident
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.round_trip import Plan, apply_plan, plan_returned
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.store.decision import statements
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import DAY
from tests.shelf import guests, letter

NOW = AS_OF + 3600
DECISION, REASON = "Decision (please fill in)", "Reason (please fill in)"
KEY, STATE, BY = "Incident", "State (leave as it is)", "Decided by"
AWARE, AWARE_BY = "Aware since (please fill in)", "Aware through (please fill in)"
SCOPE = "Dismissal covers (please fill in)"
EXPIRES = "Dismissal ends after (please fill in)"
BREACH, BREACH_WHY = "A breach? (please fill in)", "Why, or why no breach (please fill in)"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, made_file: Path) -> Path:
    """Return a folder with a store of three incidents, and its workbook `out.xlsx` without sheets nobody fills in."""
    folder = tmp_path_factory.mktemp("prepared")
    desk = Desk(folder, made_file)
    mails = [
        letter(uid, guests(5 + uid, first=100 * uid), subject=f"Word{uid}x", after=20 * uid * DAY) for uid in (1, 2, 3)
    ]
    desk.shelf.put(desk.shelf.place(), mails)
    desk.analyse()
    write_report(desk.settings, folder / "whole.xlsx")
    desk.engine.dispose()
    book = openpyxl.load_workbook(folder / "whole.xlsx")
    for sheet in book.sheetnames:
        if sheet not in ("Queue", "Assessment", "Incidents"):
            del book[sheet]
    book.save(folder / "out.xlsx")
    return folder


@pytest.fixture
def office(tmp_path: Path, prepared: Path) -> Iterator[Desk]:
    """Return a desk of one's own with what was prepared."""
    desk = Desk(tmp_path, prepared / "blindcopy.db")
    shutil.copy(prepared / "out.xlsx", tmp_path)
    yield desk
    desk.engine.dispose()


class Filled:
    """The workbook in somebody's hands, and one of its sheets."""

    def __init__(self, desk: Desk, name: str = "out.xlsx", sheet: str = "Queue") -> None:
        self.book = openpyxl.load_workbook(desk.folder / name)
        self.sheet = self.book[sheet]
        self.path = desk.folder / "back.xlsx"

    def on(self, sheet: str) -> "Filled":
        """Turn to another sheet."""
        self.sheet = self.book[sheet]
        return self

    def put(self, row: int, **values: Any) -> None:
        """Write into cells of a row; the names are those of this module."""
        for name, value in values.items():
            self.sheet.cell(row, self.column(globals()[name])).value = value

    def column(self, header: str) -> int:
        """Return the number of a column."""
        return next(cell.column for cell in self.sheet[1] if cell.value == header)

    def key(self, row: int) -> str:
        """Return the key that stands in a row."""
        return str(self.sheet.cell(row, self.column(KEY)).value)

    def save(self) -> Path:
        """Save it under another name."""
        self.book.save(self.path)
        return self.path


def planned(desk: Desk, path: Path, **more: Any) -> Plan:
    """Hold the file against the store."""
    return plan_returned(desk.settings, path, by="Dana", now=NOW, **more)


def incident(desk: Desk, key: str) -> Incident:
    """Return an incident as it stands."""
    with open_report(desk.settings) as report:
        return find_incident(report, key)


def log(desk: Desk) -> list[Any]:
    """Return all rows of the log."""
    with desk.engine.connect() as connection:
        return list(statements(connection))


def test_what_is_filled_in_is_shown_and_then_written(office: Desk) -> None:
    """First what would change; the log is touched by `apply` only."""
    filled = Filled(office)
    filled.put(2, DECISION="confirm", REASON="names", AWARE=datetime(2025, 6, 14, 9, 0), AWARE_BY="a call")  # noqa: DTZ001  # a cell has no zone
    filled.put(4, DECISION="dismiss", REASON="a board", BY="Sam")
    filled.on("Assessment").put(2, BREACH="yes", BREACH_WHY="health")

    plan = planned(office, filled.save())
    before = log(office)
    written = apply_plan(office.settings, plan, now=NOW)

    assert plan.flaws == []
    assert [(one.before, one.after.split(" (")[0], one.who) for one in plan.changes] == [
        ("candidate", "confirm", "Dana"),
        ("candidate", "dismiss", "Sam"),
        ("breach: open", "breach yes", "Dana"),
    ]
    assert (before, written) == ([], 3)
    confirmed = incident(office, filled.key(2))
    assert confirmed.status == "confirmed"
    assert confirmed.standing.aware_source == "a call"
    assert confirmed.standing.aware_at == int(datetime.fromisoformat("2025-06-14T09:00:00+02:00").timestamp())
    assert confirmed.standing.ruling("breach") is not None
    assert incident(office, filled.key(4)).status == "dismissed"
    assert incident(office, filled.key(3)).status == "candidate"


def test_what_a_dismissal_covers_beside_its_row_is_told_before_it_is_written(office: Desk) -> None:
    """Incidents that nobody looked at go with it: how many, and how many people they exposed, the largest first."""
    filled = Filled(office)
    filled.put(4, DECISION="dismiss", REASON="a board", SCOPE="sender")

    plan = planned(office, filled.save())
    before = [(one.key, incident(office, one.key).status) for one in plan.covered]
    apply_plan(office.settings, plan, now=NOW)

    assert [(one.status, one.people) for one in plan.covered] == [("dismissed", 8), ("dismissed", 7)]
    assert plan.covered[0].subject == "Word3x"
    assert {status for _, status in before} == {"candidate"}
    assert [incident(office, key).status for key, _ in before] == ["dismissed", "dismissed"]


def test_sorted_filtered_and_moved_columns_are_read(office: Desk) -> None:
    """Rows are told by their key, columns by their heading; hidden rows count as well."""
    filled = Filled(office)
    filled.put(3, DECISION="ask", REASON="who?")
    key = filled.key(3)
    sheet = filled.sheet
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    turned = [list(reversed(row)) for row in [rows[0], *reversed(rows[1:])]]
    for number, row in enumerate(turned, 1):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place).value = value
    sheet.row_dimensions[3].hidden = True
    sheet.title = "Vorfälle sortiert"

    plan = planned(office, filled.save())

    assert [(one.subject, one.after) for one in plan.changes] == [(key, "ask")]
    assert plan.flaws == []


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        (datetime(2025, 6, 14, 16, 39, 59, 999_995), True),  # noqa: DTZ001  # a cell has no zone
        ("14.06.2025 16:40 Uhr", "WAHR"),
        ("2025-06-14 16:40", "ja"),
        ("2025-06-14T14:40Z", "=TRUE()"),
    ],
)
def test_dates_and_truth_values_of_a_german_spreadsheet_are_read(cell: Any, answer: Any, office: Desk) -> None:
    """As dates and booleans, or as the texts that people type."""
    filled = Filled(office)
    filled.put(2, DECISION=" Confirm", REASON="names", AWARE=cell, AWARE_BY="call")
    filled.on("Assessment").put(2, BREACH=answer, BREACH_WHY="x")

    plan = planned(office, filled.save())

    content: Mapping[str, Any] = plan.statements[0].payload or {}
    assert plan.flaws == []
    assert content["aware_at"] == int(datetime.fromisoformat("2025-06-14T16:40:00+02:00").timestamp())
    assert plan.statements[1].verdict == "breach yes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_in_any_language_is_read(language: Any, office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings and choices as they stand in that file."""
    from scanner.columns import sheet

    with speaking(language):
        table = sheet("queue")
    monkeypatch.setenv("BLINDCOPY_ORGANISATION__LANGUAGE", language)
    write_report(office.change(""), office.folder / f"{language}.xlsx")
    headers = {column.name: column.header for column in table.columns}
    choices = {column.name: column.choices for column in table.columns}
    book = openpyxl.load_workbook(office.folder / f"{language}.xlsx")
    page = book[table.title]
    places = {cell.value: cell.column for cell in page[1]}
    page.cell(2, places[headers["decision"]]).value = choices["decision"][1]
    page.cell(2, places[headers["decision_reason"]]).value = "weil"
    book.save(office.folder / "back.xlsx")

    plan = planned(office, office.folder / "back.xlsx")

    assert [one.after for one in plan.changes] == ["dismiss"]


def german_sheet(office: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, dict[str, int]]:
    """Return a workbook in German, its sheet of incidents, and the columns by heading."""
    monkeypatch.setenv("BLINDCOPY_ORGANISATION__LANGUAGE", "de")
    write_report(office.change(""), office.folder / "aus.xlsx")
    book = openpyxl.load_workbook(office.folder / "aus.xlsx")
    page = book["Arbeitsliste"]
    return book, page, {str(cell.value): cell.column for cell in page[1]}


def test_every_choice_of_a_german_file_is_understood(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log holds the same words whatever language the person who decided has read."""
    book, page, places = german_sheet(office, monkeypatch)
    filled = {
        2: {"Entscheidung": "bestätigen", "Begründung": "Namen", "Bekannt seit": "14.06.2025 16:40 Uhr"}
        | {"Bekannt durch": "Anruf"},
        3: {"Entscheidung": "verwerfen", "Begründung": "Verein", "Verwerfung gilt für": "Absender"},
        4: {"Entscheidung": "nachfragen", "Begründung": "wer war das?"},
    }
    for row, cells in filled.items():
        for heading, text in cells.items():
            page.cell(row, places[f"{heading} (bitte ausfüllen)"]).value = text
    other = book["Bewertung"]
    places = {str(cell.value): cell.column for cell in other[1]}
    assessed = {"Verletzung?": "ja", "Warum (k)eine Verletzung": "Gesundheit", "Meldung nach Art. 33?": "nein"}
    assessed |= {"Warum (k)eine Meldung": "kein Risiko", "DPC, 1 bis 4": "4", "EI": "Erheblich", "CB, 0 bis 2": "0,5"}
    for heading, text in (assessed | {"Warum diese Werte": "Diagnosen"}).items():
        other.cell(2, places[f"{heading} (bitte ausfüllen)"]).value = text
    book.save(office.folder / "back.xlsx")

    plan = planned(office, office.folder / "back.xlsx")

    assert plan.flaws == []
    verdicts = ["confirm", "dismiss", "ask", "breach yes", "authority no", "severity"]
    assert [one.verdict for one in plan.statements] == verdicts
    assert plan.statements[1].scope == "sender"
    assert (plan.statements[5].payload or {})["severity"] == {"dpc": 4, "ei": 0.75, "cb": 0.5}


def test_reasons_stand_in_a_german_file_in_german(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store keeps the phrases beside the English text."""
    _, page, places = german_sheet(office, monkeypatch)
    key, shown = (str(page.cell(2, places[heading]).value) for heading in ("Vorfall", "Warum er hier steht"))

    reasons = incident(office, key).reasons

    assert "Personen offengelegt, ohne Funktionsadressen" in shown
    assert all(reason.said for reason in reasons)
    assert [reason.text for reason in reasons if reason.text in shown] == []


def test_a_flaw_of_a_german_file_is_called_by_its_heading(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An English heading would stand nowhere in the file."""
    book, page, places = german_sheet(office, monkeypatch)
    page.cell(2, places["Entscheidung (bitte ausfüllen)"]).value = "vielleicht"
    book.save(office.folder / "back.xlsx")

    plan = planned(office, office.folder / "back.xlsx")

    assert [(flaw.sheet, flaw.row) for flaw in plan.flaws] == [("Arbeitsliste", 2)]
    assert "(Entscheidung (bitte ausfüllen))" in plan.flaws[0].column
    assert plan.flaws[0].what.endswith(": bestätigen, verwerfen, nachfragen, wieder öffnen")


def test_an_encrypted_file_is_read_with_its_password(office: Desk, tmp_path: Path) -> None:
    """Without it, or with another one, one line says so."""
    filled = Filled(office)
    filled.put(2, DECISION="ask", REASON="who?")
    plain = io.BytesIO(filled.save().read_bytes())
    sealed = office.folder / "sealed.xlsx"
    with sealed.open("wb") as file:
        OOXMLFile(plain).encrypt("right", file)

    assert len(planned(office, sealed, password="right").changes) == 1
    with pytest.raises(UsageError, match="--password-env"):
        planned(office, sealed)
    with pytest.raises(UsageError, match="not its password"):
        planned(office, sealed, password="wrong")


def other_word(filled: Filled) -> None:
    filled.put(2, DECISION="perhaps", REASON="x")


def no_reason(filled: Filled) -> None:
    filled.put(2, DECISION="confirm")


def formula(filled: Filled) -> None:
    filled.put(2, DECISION="confirm", REASON="=HYPERLINK(A1)")


def reason_alone(filled: Filled) -> None:
    filled.put(2, REASON="x")


def unknown_key(filled: Filled) -> None:
    filled.put(2, KEY="000000000000", DECISION="ask", REASON="x")


def other_key(filled: Filled) -> None:
    filled.put(2, KEY=filled.key(3), DECISION="ask", REASON="x")


def no_state(filled: Filled) -> None:
    filled.put(2, STATE=None, DECISION="ask", REASON="x")


def number_for_a_date(filled: Filled) -> None:
    filled.put(2, DECISION="confirm", REASON="x", AWARE=45_000.5, AWARE_BY="me")


def future(filled: Filled) -> None:
    filled.put(2, DECISION="confirm", REASON="x", AWARE="2030-01-01 10:00", AWARE_BY="me")


def before_the_mail(filled: Filled) -> None:
    filled.put(2, DECISION="confirm", REASON="x", AWARE="2024-06-14 10:00", AWARE_BY="me")


def no_calendar(filled: Filled) -> None:
    filled.put(2, DECISION="dismiss", REASON="x", EXPIRES="9999-12-31")


def no_calendar_in_a_date(filled: Filled) -> None:
    filled.put(2, DECISION="dismiss", REASON="x", EXPIRES=datetime(9999, 12, 31))  # noqa: DTZ001  # a cell has no zone


def no_moment(filled: Filled) -> None:
    filled.put(2, DECISION="confirm", REASON="x", AWARE=datetime(9999, 12, 31, 23, 59), AWARE_BY="me")  # noqa: DTZ001  # a cell has no zone


@pytest.mark.parametrize(
    ("spoil", "header"),
    [
        (no_calendar_in_a_date, EXPIRES),
        (no_moment, AWARE),
        (other_word, DECISION),
        (no_reason, REASON),
        (formula, REASON),
        (reason_alone, REASON),
        (unknown_key, KEY),
        (other_key, STATE),
        (no_state, STATE),
        (number_for_a_date, AWARE),
        (future, AWARE),
        (before_the_mail, AWARE),
        (no_calendar, EXPIRES),
    ],
)
def test_what_cannot_be_meant_is_named_by_sheet_row_and_column(
    spoil: Callable[[Filled], None], header: str, office: Desk
) -> None:
    """And nothing of the file is written, however good the other rows are."""
    filled = Filled(office)
    filled.put(4, DECISION="ask", REASON="who?")
    spoil(filled)

    plan = planned(office, filled.save())

    (flaw,) = plan.flaws
    assert (flaw.sheet, flaw.row) == ("Queue", 2)
    assert header in flaw.column
    with pytest.raises(UsageError):
        apply_plan(office.settings, plan, now=NOW)
    assert log(office) == []


def test_flaws_stand_in_the_order_of_the_file_with_the_choices_there_are(office: Desk) -> None:
    """Whoever corrects them goes through it once; a row with a flaw is not shown as one that would be written."""
    filled = Filled(office)
    filled.put(4, DECISION="ask", REASON="=1+1")
    other_word(filled)
    filled.on("Assessment").put(3, BREACH="maybe", BREACH_WHY="x")

    plan = planned(office, filled.save())

    assert [(flaw.sheet, flaw.row) for flaw in plan.flaws] == [("Queue", 2), ("Queue", 4), ("Assessment", 3)]
    assert plan.flaws[0].what == "this is none of the choices: confirm, dismiss, ask, reopen"
    assert plan.flaws[2].what == "this is none of the choices: yes, no"
    assert plan.changes == []


@pytest.mark.parametrize("header", [REASON, KEY, STATE, DECISION])
def test_a_deleted_column_is_named(header: str, office: Desk) -> None:
    """What stood in it cannot be known."""
    filled = Filled(office)
    filled.put(2, DECISION="ask", REASON="x")
    filled.sheet.delete_cols(filled.column(header))

    plan = planned(office, filled.save())

    assert [(flaw.sheet, flaw.row, flaw.column) for flaw in plan.flaws] == [("Queue", None, header)]
    assert plan.statements == []


def test_an_incident_on_two_rows_is_refused(office: Desk) -> None:
    """Nobody can tell which of them is meant."""
    filled = Filled(office)
    filled.put(2, DECISION="ask", REASON="x")
    filled.put(3, KEY=filled.key(2), DECISION="dismiss", REASON="y")

    (flaw,) = planned(office, filled.save()).flaws

    assert (flaw.row, "row 2" in flaw.what) == (3, True)


def test_a_row_is_stale_when_somebody_has_decided_since(office: Desk) -> None:
    """Whoever filled it in did not know of that."""
    filled = Filled(office)
    filled.put(2, DECISION="dismiss", REASON="x")
    decide(office.settings, filled.key(2), Verdicted("confirm", "because"), now=NOW)

    (flaw,) = planned(office, filled.save()).flaws

    assert flaw.row == 2
    assert STATE in flaw.column


def test_a_row_is_stale_when_the_incident_has_grown(office: Desk) -> None:
    """It was judged without the new message; other rows are not concerned."""
    filled = Filled(office)
    for row in (2, 3, 4):
        filled.put(row, DECISION="dismiss", REASON="x")
    grown = filled.key(2)
    subject = incident(office, grown).subject
    day = (incident(office, grown).first_sent_at - letter(9, ()).sent_at) // 86_400
    office.shelf.put(
        office.shelf.place(), [letter(50, guests(7, first=800), subject=subject, after=day * DAY + DAY / 48)]
    )
    office.analyse()

    (flaw,) = planned(office, filled.save()).flaws

    assert flaw.row == 2


def test_what_others_wrote_between_plan_and_writing_stops_it(office: Desk) -> None:
    """All or nothing, also at the last moment."""
    filled = Filled(office)
    filled.put(2, DECISION="dismiss", REASON="x")
    plan = planned(office, filled.save())
    decide(office.settings, filled.key(3), Verdicted("ask", "because"), now=NOW)

    with pytest.raises(StoreError, match="nothing was written"):
        apply_plan(office.settings, plan, now=NOW)

    assert len(log(office)) == 1


def test_a_file_that_is_open_elsewhere_is_refused(office: Desk) -> None:
    """What stands on the screen there may not be in the file."""
    (office.folder / ".~lock.out.xlsx#").write_text(",dana,desk,;")

    with pytest.raises(UsageError, match="open in another program"):
        planned(office, office.folder / "out.xlsx")


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken", bytes.fromhex("d0cf11e0a1b11ae1")])
def test_a_file_that_is_no_workbook_is_one_line(content: bytes, office: Desk) -> None:
    """It says what to do."""
    path = office.folder / "odd.xlsx"
    path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        planned(office, path)

    assert "odd.xlsx" in str(caught.value)


def test_a_file_in_which_nothing_is_filled_in_changes_nothing(office: Desk) -> None:
    """Neither changes nor flaws."""
    plan = planned(office, office.folder / "out.xlsx")

    assert (plan.changes, plan.flaws) == ([], [])


def test_a_pseudonymised_workbook_can_be_filled_in(office: Desk) -> None:
    """Keys and states are the same in it, so that who decides need not see names."""
    write_report(office.settings, office.folder / "hidden.xlsx", pseudonymise=True)
    filled = Filled(office, "hidden.xlsx")
    filled.put(2, DECISION="dismiss", REASON="x")

    plan = planned(office, filled.save())

    assert (len(plan.changes), plan.flaws) == (1, [])
