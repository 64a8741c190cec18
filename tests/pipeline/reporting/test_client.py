"""The client register and the members of lists join what was found, in every output."""

import logging
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter

REGISTER = (
    "address,id,name,postal_address,flags,safe_channel\n"
    "guest1@guests.example,C1,Ada Registered,1 Mill Lane,child,phone\n"
    "guest2+x@guests.example,C2,Ben Registered,,vulnerable,\n"
    "guest90@guests.example,C9,Eve Registered,,,\n"
)
PAIR = letter(1, guests(3), subject="Tuesday")
STRANGERS = letter(2, guests(3, first=50), subject="Wednesday")
LISTED = letter(3, guests(6, first=60), cc=["parents@lists.example"], subject="Outing")


@pytest.fixture
def known(desk: Desk) -> Desk:
    """Return a desk with a register and a list, analysed."""
    (desk.folder / "clients.csv").write_text(REGISTER)
    (desk.folder / "parents.csv").write_text("address\nguest61@guests.example\np@x.example\nboss@corp.example\n")
    lists = '[[list]]\naddress = "parents@lists.example"\nmembers = "parents.csv"\nas_of = 2025-03-01\n'
    desk.change(lists)
    file = desk.folder / "blindcopy.toml"
    file.write_text('clients_csv = "clients.csv"\n' + file.read_text())
    from scanner.config import load_settings

    desk.settings = load_settings(file)
    desk.shelf.put(desk.shelf.place(), [PAIR, STRANGERS, LISTED])
    desk.shelf.end()
    desk.analyse()
    return desk


def test_two_clients_shown_to_each_other_are_a_labelled_list(known: Desk) -> None:
    """Queued below the floor, with points of the label; a list of strangers of the same size is not."""
    with open_report(known.settings) as report:
        incidents = {one.subject: one for one in report.incidents()}

    assert set(incidents) == {"Tuesday", "Outing"}
    assert incidents["Tuesday"].label == "client register"
    assert incidents["Tuesday"].queued == "label"
    assert [reason.text for reason in incidents["Tuesday"].reasons if reason.rule == "label"] == [
        "labelled client register"
    ]
    assert incidents["Outing"].label == ""


def test_people_carry_what_the_register_says(known: Desk) -> None:
    """By merged address; whom it does not know stays as shown."""
    with open_report(known.settings) as report:
        people = {one.addresses[0]: one.clients for one in report.people()}
        exposed = {one.key: one.clients for incident in report.incidents() for one in incident.exposed}

    assert [client.safe_channel for client in people["guest1@guests.example"]] == ["phone"]
    assert [client.flags for client in exposed["guest2@guests.example"]] == [("vulnerable",)]
    assert people["guest3@guests.example"] == ()


def test_the_sheet_of_people_carries_all_that_a_letter_needs(known: Desk) -> None:
    """Key, name, postal address, flags and safe channel, each in a column of its own, as the register has them."""
    sheet = load_workbook(BytesIO(known.file("list.xlsx")), read_only=True)["People"]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    places = [header.index(name) for name in ("Client", "Client's name", "Postal address", "Flags", "Safe channel")]

    # Empty cells at the end of a row are not written.
    padded = [row + [None] * (len(header) - len(row)) for row in rows]
    found = {row[header.index("Addresses")]: tuple(row[place] for place in places) for row in padded}

    assert found["guest1@guests.example"] == ("C1", "Ada Registered", "1 Mill Lane", "child", "phone")
    assert found["guest2@guests.example"][3] == "vulnerable"
    assert found["guest3@guests.example"] == (None, None, None, None, None)


def test_two_addresses_of_one_client_are_suggested_and_counted_apart(known: Desk) -> None:
    """The register is the organisation's own word: likely one person, and still for a person to say."""
    register = "address,id,name\nguest1@guests.example|guest2@guests.example,C1,Ada\nguest3@guests.example,C1,Ada\n"
    (known.folder / "clients.csv").write_text(register + "guest3@guests.example,C2,Ben\n")
    from scanner.config import load_settings

    known.settings = load_settings(known.folder / "blindcopy.toml")
    known.analyse()

    answer = known.json()

    (suggestion,) = answer["people_suggestions"]
    assert suggestion["rule"] == "same client"
    assert suggestion["confidence"] == "likely"
    assert suggestion["addresses"] == ["guest1@guests.example", "guest2@guests.example"]
    assert suggestion["names"] == ["Ada"]
    assert len(set(suggestion["person_ids"])) == 2


def test_members_could_see_through_the_list_and_stand_in_no_figure(known: Desk) -> None:
    """Those that were written to themselves are left out; nobody is exposed by a list's address."""
    with open_report(known.settings) as report:
        (incident,) = (one for one in report.incidents() if one.subject == "Outing")

    (through,) = incident.through_lists
    assert (through.address, through.as_of) == ("parents@lists.example", "2025-03-01")
    assert [(member.key, member.inside) for member in through.members] == [
        ("boss@corp.example", True),
        ("p@x.example", False),
    ]
    assert through.outsiders == 1
    assert incident.ladder.viewers == 7
    assert "p@x.example" not in {one.key for one in incident.exposed}


def test_members_stand_beside_the_viewers_in_every_output(known: Desk) -> None:
    """Each with the list it could see through; the viewers are still those that the rung counts."""
    answer = next(one for one in known.json()["incidents"] if one["subject"] == "Outing")
    sheets = load_workbook(BytesIO(known.file("list.xlsx")), read_only=True)
    header, *rows = [[cell.value for cell in row] for row in sheets["Viewers"].iter_rows()]

    assert len(answer["viewers"]) == answer["ladder"]["viewers"] == 7
    assert [(one["address"], one["inside"], one["through"]) for one in answer["viewers_through_lists"]] == [
        ("boss@corp.example", True, "parents@lists.example"),
        ("p@x.example", False, "parents@lists.example"),
    ]
    places = [header.index(name) for name in ("Address", "Field", "Through the list")]
    through = [tuple(row[place] or "" for place in places) for row in rows if row[places[2]]]
    assert through == [
        ("boss@corp.example", "", "parents@lists.example"),
        ("p@x.example", "", "parents@lists.example"),
    ]


def test_outputs_hold_the_register_and_the_store_and_logs_do_not(known: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Names stand in reports; the policy that is kept with the result names nobody."""
    caplog.set_level(logging.DEBUG)
    known.analyse()

    answer = known.json()
    workbook = known.file("list.xlsx")

    tuesday = next(one for one in answer["incidents"] if one["subject"] == "Tuesday")
    assert tuesday["exposed"][0]["clients"][0]["name"] == "Ada Registered"
    assert any(person["clients"] for person in answer["people"])
    assert next(one for one in answer["incidents"] if one["subject"] == "Outing")["through_lists"][0]["outsiders"] == 1
    assert len(workbook) > 0
    stored = Path(known.folder / "blindcopy.db").read_bytes() + Path(known.folder / "blindcopy.db-wal").read_bytes()
    assert b"Registered" not in stored
    assert b"guest90@" not in stored
    assert "Registered" not in caplog.text
