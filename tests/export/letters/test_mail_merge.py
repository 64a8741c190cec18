"""The list that letters are made from: one sheet, text only, one row a person with all that showed them."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine

from scanner import columns, export
from scanner.export import Request
from scanner.model import Client, Contact
from tests.export import sample
from tests.export.sample import DAY, HOSTILE, SPRING

PEOPLE = Request("people")


def two_messages() -> sample.SampleReport:
    """Return a report in which Ada was shown twice and Bo once."""
    first = sample.message(1, ["ada@one.example", "bo@two.example"], names=["Ada One", "Bo Two"])
    second = sample.message(2, ["ada@one.example", "cy@three.example"], sent_at=SPRING + DAY, subject="Later")
    return sample.report([sample.incident(1, [first, second])])


def written(report: Any, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the list, by merge field."""
    path = folder / "merge.xlsx"
    export.write(report, path, None, PEOPLE)
    book = openpyxl.load_workbook(path)
    assert len(book.worksheets) == 1
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def with_clients(report: sample.SampleReport, *clients: Client) -> sample.SampleReport:
    """Return the report with clients at the address of the first person."""
    first, *others = sorted(report.all_people, key=lambda person: person.addresses)
    return replace(report, all_people=(replace(first, clients=clients), *others))


def test_one_row_a_person_with_every_message_that_showed_them(tmp_path: Path) -> None:
    """Ada was shown twice: one letter tells her of both."""
    rows = {row["Email"]: row for row in written(two_messages(), tmp_path)}

    ada = rows["ada@one.example"]
    assert len(rows) == 3
    assert ada["NumberOfMessages"] == "2"
    assert ada["FirstDate"] == "Sunday 29 March 2026, 01:30 (Europe/Berlin)"
    assert ada["Messages"].count("1 other shown") == 2
    assert "subject: Later" in ada["Messages"]
    assert (ada["Name"], ada["NameFrom"]) == ("Ada One", "shown in the mail")


def test_addresses_of_one_person_are_no_other_person(tmp_path: Path) -> None:
    """Whoever was shown at five addresses is told of nobody else where there was nobody."""
    report = two_messages()
    (incident,) = report.all_incidents
    (one, *_) = incident.exposed
    united = replace(incident, exposed=tuple(replace(each, person_id=one.person_id) for each in incident.exposed))

    for row in written(replace(report, all_incidents=(united,)), tmp_path):
        assert "; 0 others shown; " in row["Messages"]


def test_a_subject_that_names_somebody_else_is_looked_at_first(tmp_path: Path) -> None:
    """The letters to the others would show that person again; to her own letter it does no harm."""
    report = two_messages()
    (incident,) = report.all_incidents
    parts = tuple(
        replace(part, message=replace(part.message, subject="Recall: results for ONE, Ada"))
        for part in incident.messages
    )
    named = replace(report, all_incidents=(replace(incident, messages=parts),))

    rows = {row["Email"]: row["CheckFirst"] or "" for row in written(named, tmp_path)}

    said = "A subject names somebody else who was shown"
    assert [said in rows[address] for address in ("ada@one.example", "bo@two.example")] == [False, True]


def test_a_merge_by_email_reaches_nobody_who_is_held_back(tmp_path: Path) -> None:
    """It writes to whoever has an address in the column, whatever the row says besides."""
    client = Client("K1", "Ada One", "", ("do-not-contact",), "")

    rows = {row["Name"]: row for row in written(with_clients(two_messages(), client), tmp_path)}

    assert (rows["Ada One"]["Email"] or "", rows["Ada One"]["HeldEmail"]) == ("", "ada@one.example")
    assert (rows["Bo Two"]["Email"], rows["Bo Two"]["HeldEmail"] or "") == ("bo@two.example", "")


def test_a_letter_counts_viewers_as_the_ladder_does(tmp_path: Path) -> None:
    """An own address beside a list is no viewer; the ladder's rule says so, not a second one."""
    report = two_messages()
    (incident,) = report.all_incidents
    some = replace(incident, viewers=tuple(one for one in incident.viewers if one.key == "ada@one.example"))

    rows = {row["Name"]: row for row in written(replace(report, all_incidents=(some,)), tmp_path)}

    assert rows["Bo Two"]["CouldSee"] == "1"


def test_every_cell_is_text_and_every_heading_a_merge_field(tmp_path: Path) -> None:
    """A number or date would be shown as the machine's settings like; a field with a space cannot be merged."""
    path = tmp_path / "merge.xlsx"
    export.write(two_messages(), path, None, PEOPLE)

    sheet = openpyxl.load_workbook(path).worksheets[0]

    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert all(str(cell.value).isalnum() for cell in sheet[1])
    assert len(sheet[1]) == len(columns.letter("mail_merge").columns)
    assert not sheet.merged_cells.ranges


def test_hostile_text_is_text_in_two_readers(tmp_path: Path) -> None:
    """A subject or name that looks like a formula is none."""
    incidents = [
        sample.incident(
            rank, [sample.message(rank, [f"a{rank}@x.example", f"b{rank}@y.example"], subject=text, names=[text])]
        )
        for rank, text in enumerate(HOSTILE, 1)
    ]
    path = tmp_path / "merge.xlsx"
    export.write(sample.report(incidents), path, None, PEOPLE)

    cells = [cell for row in openpyxl.load_workbook(path).worksheets[0].iter_rows() for cell in row]
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())).get_sheet_by_index(0)

    assert not [cell.coordinate for cell in cells if cell.data_type in ("f", "e") or cell.hyperlink]
    assert all(isinstance(value, str) for row in other.to_python() for value in row)


def test_the_client_register_names_the_person_and_carries_flags_and_channel(tmp_path: Path) -> None:
    """Somebody who must not be written to is marked in a column of its own."""
    client = Client("C-7", "Ada Lovelace", "1 Mill Lane", ("child", "do-not-contact"), "her sister, by telephone")

    row = next(row for row in written(with_clients(two_messages(), client), tmp_path) if row["ClientNumber"])

    assert (row["Name"], row["NameFrom"], row["PostalAddress"]) == ("Ada Lovelace", "client register", "1 Mill Lane")
    assert (row["DoNotContact"], row["Flags"], row["SafeChannel"]) == (
        "DO NOT CONTACT",
        "child",
        "her sister, by telephone",
    )
    assert "those who care for it" in row["CheckFirst"]


def test_a_postal_address_has_its_lines(tmp_path: Path) -> None:
    """Each is made safe by itself; a line break between them is one in the letter."""
    client = Client("C-7", "Ada", "Am Moor 7\n24103\x07 Kiel", (), "")

    row = next(row for row in written(with_clients(two_messages(), client), tmp_path) if row["ClientNumber"])

    assert row["PostalAddress"] == "Am Moor 7\n24103[U+0007] Kiel"


def test_what_was_noted_stands_in_the_row(tmp_path: Path) -> None:
    """Told before, and flags in the reader's language."""
    made = two_messages()
    first, *others = made.all_people
    contact = Contact(SPRING + 9 * DAY, "letter", ("do-not-contact", "vulnerable"), "", 3)
    made = replace(made, all_people=(replace(first, contact=contact), *others))

    path = tmp_path / "liste.xlsx"
    export.write(made, path, None, Request("people", language="de"))
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    shown = [dict(zip(map(str, header), row, strict=True)) for row in rows]

    (row,) = [row for row in shown if row["BereitsBenachrichtigt"]]
    assert row["NichtSenden"] == "NICHT SENDEN: nicht kontaktieren; bereits benachrichtigt."
    assert row["NichtKontaktieren"] == "NICHT KONTAKTIEREN"
    assert row["Merkmale"] == "schutzbedürftig"
    assert "7. April 2026" in row["BereitsBenachrichtigt"]
    assert "Das hat jemand vermerkt" in row["VorherPrüfen"]


def test_people_who_share_an_address_get_a_letter_each(tmp_path: Path) -> None:
    """And it is said that each would read the other's."""
    clients = [Client(f"C-{number}", name, "", (), "") for number, name in enumerate(("Ada One", "Abe One"), 1)]

    rows = [row for row in written(with_clients(two_messages(), *clients), tmp_path) if row["ClientNumber"]]

    assert [row["Name"] for row in rows] == ["Ada One", "Abe One"]
    assert all("share this address" in row["CheckFirst"] for row in rows)


def test_a_person_without_a_name_is_still_in_the_list(tmp_path: Path) -> None:
    """No name is no reason not to tell somebody."""
    row = next(row for row in written(two_messages(), tmp_path) if row["Email"] == "cy@three.example")

    assert row["Name"] is None
    assert row["NameFrom"] == "no name known"
    assert row["Salutation"] == "Dear Sir or Madam,"
    assert "find out who it is" in row["CheckFirst"]
