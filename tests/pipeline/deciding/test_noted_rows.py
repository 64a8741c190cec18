"""Rows of the sheets Viewers and People, in whatever language and under whatever names they went out."""

from collections.abc import Mapping

import pytest

from scanner.export.workbook.returned import ReturnedRow, Value
from scanner.model import Statement
from scanner.pipeline.deciding.author import Author
from scanner.pipeline.deciding.cells import Change, FlawError
from scanner.pipeline.deciding.noted_rows import NotedRows
from scanner.pipeline.deciding.tracking import viewers_of
from scanner.pipeline.reporting.report import open_report
from scanner.pseudonym import Pseudonymiser, make_or_read_key
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

NOW = AS_OF + 3600


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with one incident."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(6), subject="Choir")])
    desk.analyse()
    return desk


def read(desk: Desk, table: str, values: Mapping[str, Value]) -> list[tuple[Change, Statement]]:
    """Read one row."""
    with open_report(desk.settings) as report:
        rows = NotedRows(report, desk.settings, Author("Dana", "root", NOW))
        return list(rows.read(ReturnedRow(table, table.title(), 2, values, {})))


def some(desk: Desk) -> tuple[str, str, str]:
    """Return the key of the incident, an address that could see it, and the id of somebody exposed."""
    with open_report(desk.settings) as report:
        incident = next(report.incidents())
        return incident.key, min(viewers_of(incident)), next(report.people()).person_id


@pytest.mark.parametrize(
    ("cell", "flags"),
    [
        ("Kind, nicht ansprechen", ["child", "do-not-contact"]),
        ("schutzbedürftig; nicht kontaktieren", ["vulnerable", "do-not-contact"]),
        ("Nicht anschreiben", ["do-not-contact"]),
        ("minderjährig", ["child"]),
        ("nichts", []),
        ("none", []),
        ("Child", ["child"]),
    ],
)
def test_flags_are_understood_in_every_language(cell: str, flags: list[str], office: Desk) -> None:
    """Letters heed the English words, whoever wrote which."""
    ((_, statement),) = read(office, "people", {"person_id": some(office)[2], "person_flags": cell})

    assert (statement.payload or {})["flags"] == flags


@pytest.mark.parametrize("cell", ["do no contact", "childe", "nicht ansprechen, dont-contakt", "Rollstuhl"])
def test_a_word_that_is_no_flag_is_refused(cell: str, office: Desk) -> None:
    """The letter would go out; what can be written is named."""
    with pytest.raises(FlawError, match="child, vulnerable, do-not-contact, deceased, or none"):
        read(office, "people", {"person_id": some(office)[2], "person_flags": cell})


def test_rows_of_pseudonyms_are_known_again(office: Desk) -> None:
    """By the key of the store; what is told of them names nobody."""
    key, address, person = some(office)
    hidden = Pseudonymiser(make_or_read_key(office.settings.pseudonym_key_file)).pseudonym

    ((seen, asked),) = read(
        office,
        "viewers",
        {"incident": key, "address": hidden("address", address), "deletion_requested": "2025-06-15 10:00"},
    )
    ((told, _),) = read(office, "people", {"person_id": hidden("person", person), "person_flags": "child"})

    assert (asked.payload or {})["address"] == address
    assert (seen.subject, told.subject) == (hidden("address", address), hidden("person", person))


def test_a_pseudonym_of_another_key_is_called_so(office: Desk) -> None:
    """Nobody with such an address could be looked for."""
    key, address, _ = some(office)
    other = Pseudonymiser(b"x" * 32).pseudonym("address", address)

    with pytest.raises(FlawError, match="another key"):
        read(office, "viewers", {"incident": key, "address": other, "deletion_requested": "2025-06-15 10:00"})
