"""Statements about people stand in the log of decisions, in both databases."""

from dataclasses import replace

from sqlalchemy import Engine

from scanner.model import AddressKey, PeopleStatement
from scanner.store.decision import append, erase
from scanner.store.people import all_addresses, known_addresses, newest_statement, people_statements, statement_row
from tests.shelf import Shelf, guests, letter

NOW = 1_790_000_000
ADA, BEN = AddressKey("ada@quay.example"), AddressKey("ben@quay.example")
MERGE = PeopleStatement(0, "merge", (ADA, BEN), None, None, "Ünïcode \x00 and \udc80", "Dana Bjørn", "dana", NOW)


def test_what_is_stated_is_read(engine: Engine) -> None:
    """With its number; other rows of the log are no statements about people."""
    tier = replace(MERGE, kind="tier", addresses=(ADA,), tier="role")
    undo = replace(MERGE, kind="undo", addresses=(), undoes=2)
    with engine.begin() as connection:
        incident = replace(statement_row(MERGE), kind="incident", verdict="dismiss", incident="0123456789ab")
        append(connection, [incident, *map(statement_row, (MERGE, tier, undo))], now=NOW)

    with engine.connect() as connection:
        assert people_statements(connection) == tuple(
            replace(entry, number=number) for number, entry in enumerate((MERGE, tier, undo), 2)
        )
        assert [entry.number for entry in people_statements(connection, up_to=3)] == [2, 3]
        assert newest_statement(connection) == 4


def test_what_was_erased_states_nothing(engine: Engine) -> None:
    """A tombstone keeps its number, and speaks of nobody."""
    with engine.begin() as connection:
        append(connection, [statement_row(MERGE)], now=NOW)
        erase(connection, [1])

    with engine.connect() as connection:
        (entry,) = people_statements(connection)
    assert (entry.number, entry.addresses, entry.reason) == (1, (), "")


def test_an_empty_log_has_no_newest(engine: Engine) -> None:
    """0 comes before the first statement."""
    with engine.connect() as connection:
        assert newest_statement(connection) == 0
        assert people_statements(connection) == ()


def test_addresses_are_known_when_they_stand_anywhere(shelf: Shelf, engine: Engine) -> None:
    """Whoever was written to or wrote."""
    shelf.put(shelf.place(), [letter(1, guests(2))])

    with engine.connect() as connection:
        everybody = set(all_addresses(connection))
        guest = AddressKey("guest1@guests.example")
        assert known_addresses(connection, [guest, ADA]) == {guest}
    assert guest in everybody
