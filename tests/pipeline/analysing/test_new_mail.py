"""An analysis of new mail gives the same as an analysis of everything, and costs what is new."""

import io
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scanner.analyse.neighbourhood import Neighbourhood
from scanner.export.json_report import write
from scanner.pipeline.analysing import analysis, new_mail
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.reporting.report import open_report
from scanner.store.engine import create_store, open_engine
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.random_mail import RandomMail
from tests.shelf import Shelf, guests, letter

SEEDS = range(int(os.environ.get("BLINDCOPY_NIGHTLY_SEEDS", "12")))

_ROWS = {
    "incident": "key, rank, score, queued, subject, first_sent_at, last_sent_at, label, ladder, related,"
    " exposed_addresses, around, share",
    "incident_message": "incident_key, message_id, part, kind",
    "incident_reason": "incident_key, position, rule, points, text",
    "finding": "message_id, kind, outsiders, bcc_outsiders",
}


_DAY = timedelta(days=1)


def _rows(engine: Engine) -> dict[str, list[Any]]:
    """Return all rows of the newest result, and what is kept for the next analysis."""
    with engine.connect() as connection:
        run = connection.execute(
            text("SELECT COALESCE(result_id, id) FROM analysis_run ORDER BY id DESC LIMIT 1")
        ).scalar_one()
        found = {
            table: sorted(map(repr, connection.execute(text(f"SELECT {columns} FROM {table} WHERE run_id = {run}"))))
            for table, columns in _ROWS.items()
        }
        for table in ("candidate", "candidate_term"):
            found[table] = sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}"))))
        found["origins"] = sorted(map(repr, connection.execute(text("SELECT id, origin, defects FROM message"))))
        return found


def _report(desk: Desk) -> bytes:
    buffer = io.BytesIO()
    with open_report(desk.settings) as report:
        write(report, buffer)
    return buffer.getvalue()


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with every analysis of everything."""
    made: list[int] = []
    real = analysis.find_all

    def note(*arguments: Any, **more: Any) -> Any:
        made.append(1)
        return real(*arguments, **more)

    monkeypatch.setattr(analysis, "find_all", note)
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_nights_of_deliveries_give_what_one_analysis_gives(
    seed: int, new_desk: Callable[[], Desk], whole: list[int]
) -> None:
    """Whatever comes in whatever order: report, rows and figures equal those of an analysis of everything."""
    desk, other = new_desk(), new_desk()
    desk.shelf.end()

    for night in RandomMail(seed).deliveries():
        for one in night:
            place = desk.shelf.place(one.account, one.mailbox, uidvalidity=one.uidvalidity)
            desk.shelf.put(place, one.messages)
        analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
    nights = len(whole)
    renewed = _rows(desk.engine), _report(desk)
    other.engine.dispose()
    desk.engine.dispose()
    for file in desk.folder.glob("blindcopy.db*"):
        shutil.copy(file, other.folder / file.name)
    other.engine = open_engine(other.settings.store_url)
    other.analyse()

    for table, rows in _rows(other.engine).items():
        assert renewed[0][table] == rows, table
    assert renewed[1] == _report(other)
    assert nights >= 1


@pytest.mark.parametrize("seed", [3, 8])
def test_both_databases_are_renewed_alike(
    seed: int, new_desk: Callable[[], Desk], postgresql_url: str, whole: list[int]
) -> None:
    """PostgreSQL gives the rows that SQLite gives, and analyses everything as seldom."""
    light, server = new_desk(), new_desk()
    server.engine.dispose()
    server.change(f'[store]\nurl = "{postgresql_url}"\n')
    create_store(postgresql_url).dispose()
    server.engine = open_engine(postgresql_url)
    server.shelf = Shelf(server.engine)

    found = []
    for desk in (light, server):
        desk.shelf.end()
        for night in RandomMail(seed).deliveries():
            for one in night:
                place = desk.shelf.place(one.account, one.mailbox, uidvalidity=one.uidvalidity)
                desk.shelf.put(place, one.messages)
            analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
        with desk.engine.connect() as connection:
            query = text(f"SELECT {_ROWS['incident']} FROM incident WHERE run_id = 1 ORDER BY key")
            found.append([tuple(row) for row in connection.execute(query)])

    assert found[0] == found[1]
    assert len(whole) == 2


def test_what_a_night_costs_does_not_grow_with_the_store(
    new_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch, whole: list[int]
) -> None:
    """The same delivery to a store and to one four times as large: the same messages read and incidents built."""
    read: list[int] = []
    loading = new_mail.messages_by_number
    building = new_mail.build_incident
    monkeypatch.setattr(new_mail, "messages_by_number", lambda *given: read.append(len(given[1])) or loading(*given))
    monkeypatch.setattr(new_mail, "build_incident", lambda *given: read.append(1) or building(*given))
    asked: list[int] = []
    spending = Neighbourhood._spend
    monkeypatch.setattr(Neighbourhood, "_spend", lambda near, rows: asked.append(rows) or spending(near, rows))
    costs = []
    for size in (40, 160):
        desk = new_desk()
        # A clerk's mail: circles of their own, as many as the store is large.
        clerk = "clerk@corp.example"
        others = [
            letter(uid, guests(6, first=6 * uid), subject=f"Evening {_word(uid)}", after=uid * _DAY, sender=clerk)
            for uid in range(2, size + 1)
        ]
        desk.shelf.put(desk.shelf.place("clerk"), others)
        place = desk.shelf.place()
        desk.shelf.put(place, [letter(1, guests(6), subject="Spring fair", after=_DAY)])
        desk.analyse()
        desk.shelf.put(place, [letter(1000, guests(7), subject="Spring fair", after=2 * _DAY)])
        read.clear()
        asked.clear()

        analyse_store(desk.settings, as_of=AS_OF, only_changes=True)

        costs.append((sum(read), sum(asked)))

    assert len(whole) == 2
    assert costs[0] == costs[1]


def test_mail_that_changes_most_incidents_is_analysed_with_all_the_rest(
    new_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch, whole: list[int]
) -> None:
    """Old mail that comes late and shows the list of every incident: none of them is built twice."""
    built: list[int] = []
    building = new_mail.build_incident
    monkeypatch.setattr(new_mail, "build_incident", lambda *given: built.append(1) or building(*given))
    monkeypatch.setattr(new_mail, "_LEAST", 5)
    desk = new_desk()
    place = desk.shelf.place()
    others = [letter(uid, guests(3, first=3 * uid), subject=_word(uid), after=10 * uid * _DAY) for uid in range(2, 9)]
    desk.shelf.put(place, others)
    desk.analyse()
    desk.shelf.put(place, [letter(1000, guests(21, first=6), subject="Spring fair")])

    outcome = analyse_store(desk.settings, as_of=AS_OF, only_changes=True)

    assert outcome.new == 1
    assert not built
    assert len(whole) == 2


def _word(number: int) -> str:
    """Return a word of letters: numbers are no part of a stem."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:03}") + "club"
