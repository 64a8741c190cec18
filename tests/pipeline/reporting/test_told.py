"""What is attached, and which rule made somebody an outsider, in every output: terminal, workbook, JSON and frames."""

import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

import scanner
from scanner.cli.ending import run
from scanner.model import MessagePart, StructureBatch
from scanner.store.structure import save_structures
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter

LIST = "Löhne \x1b[31m; =April.xlsx"
PARTS = (
    MessagePart("1", "text/plain", size=7),
    MessagePart("2", "image/png", "", "inline", "sign.png", 90),
    MessagePart("3", "application/pdf", "", "attachment", LIST, 4711),
    MessagePart("4", "message/rfc822", "", "attachment", "", 30),
)


@pytest.fixture
def told(desk: Desk) -> Desk:
    """Return a desk with two analysed leaks; the structure of one is known."""
    desk.change('[[protected]]\nname = "wards"\ndomain = "wards.corp.example"\n')
    place = desk.shelf.place()
    to = [*guests(6), "kim@gmail.com", "ward@wards.corp.example", "boss@corp.example"]
    desk.shelf.put(place, [letter(1, to, subject="One"), letter(2, guests(9, first=50), subject="Two")])
    with desk.engine.begin() as connection:
        batch = StructureBatch((), ((1, PARTS),), ())
        save_structures(connection, desk.shelf.run, place.account, place.mailbox, place.epoch, batch)
    desk.analyse()
    return desk


def incident_of(report: Any, subject: str) -> Any:
    """Return the incident with this subject."""
    return next(one for one in report["incidents"] if one["subject"] == subject)


def sheet(desk: Desk, title: str) -> list[dict[str, Any]]:
    """Return a sheet of the workbook, a row as column → value."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(desk.file("report.xlsx")))
    rows = book.get_sheet_by_name(title).to_python()
    start = next(number for number, row in enumerate(rows) if "Rank" in row or "Person" in row)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


def test_the_json_names_attachments_of_each_message(told: Desk) -> None:
    """Name, type and size as they were told; null where nobody told, which is not none."""
    report = told.json()

    (known,), (unknown,) = (incident_of(report, subject)["messages"] for subject in ("One", "Two"))
    assert [(part["name"], part["type"], part["size"]) for part in known["attachments"]] == [
        ("sign.png", "image/png", 90),
        (LIST, "application/pdf", 4711),
        ("", "message/rfc822", 30),
    ]
    assert unknown["attachments"] is None


def test_the_json_says_which_rule_decided(told: Desk) -> None:
    """Class and rule of every exposed address and every viewer; of people all their rules."""
    report = told.json()
    incident = incident_of(report, "One")

    viewers = {one["address"]: (one["inside"], one["class"], one["rule"]) for one in incident["viewers"]}
    exposed = {one["address"]: (one["class"], one["rule"]) for one in incident["exposed"]}
    assert viewers["boss@corp.example"] == (True, "inside", "domain corp.example")
    assert viewers["ward@wards.corp.example"] == (False, "inside", "protected wards")
    assert viewers["kim@gmail.com"] == (False, "outside", "consumer provider")
    assert exposed == {key: told[1:] for key, told in viewers.items() if not told[0]}
    assert {rule for person in report["people"] for rule in person["rules"]} == {
        "consumer provider",
        "no own domain",
        "protected wards",
    }


def test_the_workbook_tells_both(told: Desk) -> None:
    """Sheets Messages, Viewers, People and Exposures; text from mail is made harmless."""
    messages = {row["Subject"]: row for row in sheet(told, "Messages")}
    viewers = {row["Address"]: row for row in sheet(told, "Viewers")}
    people = sheet(told, "People")

    assert messages["One"]["Attached"] == 3
    assert "sign.png" in messages["One"]["Attachments"]
    assert "April.xlsx" in messages["One"]["Attachments"]
    assert "\x1b" not in messages["One"]["Attachments"]
    assert (messages["Two"]["Attached"], messages["Two"]["Attachments"]) == ("", "")
    assert (viewers["boss@corp.example"]["Class"], viewers["boss@corp.example"]["Rule"]) == (
        "inside",
        "domain corp.example",
    )
    assert {row["Rule"] for row in people} == {"consumer provider", "no own domain", "protected wards"}


def test_the_terminal_tells_both(told: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`show` names attachments, files before pictures within the text; `show --people` the rule of each address."""
    key = incident_of(told.json(), "One")["id"]
    settings = str(told.folder / "blindcopy.toml")

    run(["--config", settings, "show", key])
    note = re.sub(r"[ \n]+", " ", capsys.readouterr().out)
    run(["--config", settings, "show", key, "--people"])
    people = capsys.readouterr().out

    assert "attached: Löhne" in note
    assert note.index("April.xlsx") < note.index("message/rfc822 without a name") < note.index("sign.png")
    assert "\x1b" not in note
    assert "protected wards" not in note
    assert re.search(r"ward@wards.corp.example +inside +protected wards", people)
    assert re.search(r"kim@gmail.com +outside +consumer provider", people)


def test_the_frames_tell_both(told: Desk) -> None:
    """messages(), recipients(), exposures() and people(); without names a file is a pseudonym, and so is a rule."""
    with scanner.open_store(told.folder / "blindcopy.db", names=True) as store:
        messages = store.messages().set_index("subject")
        rules = set(store.recipients()["class_rule"].dropna())
        classes = set(store.exposures()["address_class"])
        person_rules = set(store.people()["class_rules"])
        names = store.sql("SELECT attachment_names FROM messages WHERE attachment_count > 0")["attachment_names"][0]
    with scanner.open_store(told.folder / "blindcopy.db") as store:
        hidden = store.messages()["attachment_names"].dropna().tolist()

    assert messages.loc["One", "attachment_count"] == 3
    assert messages["attachment_count"].isna().tolist() == [False, True]
    assert names == f"sign.png; {LIST}"
    assert rules >= {"domain corp.example", "protected wards", "consumer provider", "no own domain"}
    assert classes == {"inside", "outside"}
    assert person_rules == {("consumer provider",), ("no own domain",), ("protected wards",)}
    assert [text[:5] for text in hidden] == ["file-"]


def test_a_structure_that_comes_later_is_judged_then(told: Desk) -> None:
    """Headers come first, and an older store learns of attachments long after: the next analysis hears of it."""
    before = incident_of(told.json(), "Two")["messages"][0]["kind"]
    calendar = (MessagePart("1.2", "text/calendar", "REQUEST"), MessagePart("2", "text/csv", file_name="Patienten.csv"))

    place = told.shelf.place()
    with told.engine.begin() as connection:
        batch = StructureBatch((), ((2, calendar),), ())
        save_structures(connection, told.shelf.run, place.account, place.mailbox, place.epoch, batch)
    told.analyse()
    incident = incident_of(told.json(), "Two")

    assert (before, incident["messages"][0]["kind"]) == ("original", "invite")
    assert "attachment_words" in {reason["rule"] for reason in incident["reasons"]}
