"""What the store holds around a known list, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from scanner.addresses import address_key, make_classifier
from scanner.analyse import analyse
from scanner.model import AddressKey
from scanner.store import history, schema
from scanner.store.result_writer import save_analysis
from scanner.store.source import StoreSource
from tests.policies import CORP, class_all
from tests.shelf import Shelf, guests, letter

DAY = timedelta(days=1)
OPEN = letter(1, guests(10), subject="Ärztetag Spring outing")
HIDDEN = letter(2, ["boss@corp.example"], bcc=guests(10), subject="SPRING letter", after=60 * DAY)
FEW = letter(3, [*guests(2), *guests(8, first=50)], subject="Fair 100%", after=120 * DAY)
ONE = letter(4, [*guests(1), *guests(8, first=80)], subject="Choir", after=180 * DAY, sender="choir@corp.example")


def keys(count: int) -> list[AddressKey]:
    """Return the keys of the first guests."""
    return [address_key(f"guest{number}@guests.example") for number in range(1, count + 1)]


@pytest.fixture
def run(shelf: Shelf) -> tuple[int, int]:
    """Return the numbers of an analysis over four mailings and of its policy."""
    shelf.put(shelf.place(), [OPEN, HIDDEN, FEW, ONE])
    number = class_all(shelf.engine, CORP)
    found = analyse(StoreSource(shelf.engine, number), CORP, make_classifier(CORP), as_of=1_750_000_000)
    with shelf.engine.begin() as connection:
        save_analysis(connection, found, policy_id=number, ended_at=1, tool_version="0", totals={})
        return connection.execute(select(func.max(schema.analysis_run.c.id))).scalar_one(), number


def test_the_same_list_is_a_share_of_the_smaller_one(shelf: Shelf, run: tuple[int, int]) -> None:
    """Two of ten are no list of ten, and half of a list of four; one address is never a list."""
    with shelf.engine.connect() as connection:
        whole = list(history.mailings_to(connection, *run, keys(10), 30))
        short = list(history.mailings_to(connection, *run, keys(4), 30))

    assert {(one.identity, one.shown, one.hidden) for one in whole} == {
        (OPEN.identity, 10, 0),
        (HIDDEN.identity, 0, 10),
    }
    assert {one.identity for one in short} == {OPEN.identity, HIDDEN.identity, FEW.identity}
    assert {one.incident for one in short if one.identity == HIDDEN.identity} == {None}


def test_a_word_is_found_in_any_case_and_is_no_pattern(shelf: Shelf, run: tuple[int, int]) -> None:
    """A per cent sign of a subject is a per cent sign."""
    with shelf.engine.connect() as connection:
        spring = {one.identity for one in history.mailings_about(connection, run[0], "spring")}
        share = {one.identity for one in history.mailings_about(connection, run[0], "0%")}
        everything = list(history.mailings_about(connection, run[0], ""))

    assert spring == {OPEN.identity, HIDDEN.identity}
    assert share == {FEW.identity}
    assert len(everything) == 4


def test_exposed_people_and_senders_name_their_incidents(shelf: Shelf, run: tuple[int, int]) -> None:
    """Bcc exposes nobody; a sender is the From of a message."""
    with shelf.engine.connect() as connection:
        exposed = {(one.identity, one.key) for one in history.exposures_of(connection, run[0], keys(2))}
        found = list(history.incidents_from(connection, run[0], [address_key("choir@corp.example")]))
        ranks = history.ranks(connection, run[0], [found[0][2]])

    first, second = keys(2)
    assert exposed == {
        *((message.identity, key) for message in (OPEN, FEW) for key in (first, second)),
        (ONE.identity, first),
    }
    assert [identity for identity, _, _ in found] == [ONE.identity]
    assert ranks[found[0][2]] > 0
