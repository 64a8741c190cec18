"""An analysis of new mail gives the same as an analysis of everything, and costs what is new."""

import io
import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from scanner.export.json_report import write
from scanner.pipeline import analysis
from scanner.pipeline.analysis import analyse_store
from scanner.pipeline.report import open_report
from scanner.store.engine import open_engine
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.random_mail import RandomMail

SEEDS = range(int(os.environ.get("BLINDCOPY_NIGHTLY_SEEDS", "12")))

_ROWS = {
    "incident": "key, rank, score, queued, subject, first_sent_at, last_sent_at, label, ladder, related,"
    " exposed_addresses, around, share",
    "incident_message": "incident_key, message_id, part, kind",
    "incident_reason": "incident_key, position, rule, points, text",
    "finding": "message_id, kind, outsiders, bcc_outsiders",
}


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
