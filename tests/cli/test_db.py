"""`blindcopy db upgrade` brings older stores up to date, and says what it did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from scanner.store.engine import disposing, open_older
from scanner.store.schema import SCHEMA_REVISION
from scanner.store.upgrade import alembic_config


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new store with settings in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "blindcopy.db"
    (tmp_path / "blindcopy.toml").write_text(
        '[organisation]\ndomains = ["corp.example"]\n[store]\nurl = "blindcopy.db"\n'
        '[[account]]\nname = "office"\nhost = "imap.corp.example"\nuser = "o"\npassword_env = "P"\n'
    )
    (tmp_path / "blindcopy.toml").chmod(0o600)
    return path


def make(path: Path, revision: str) -> None:
    """Make a store as an older version made it."""
    path.touch(mode=0o600)
    from scanner.store import engine

    with (
        disposing(engine._make_engine(engine.store_url(str(path)), read_only=False)) as opened,
        opened.begin() as connection,
    ):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_an_older_store_is_brought_up_to_date(store: Path, blindcopy: Callable[..., Any]) -> None:
    """Other commands say what to run; afterwards they work."""
    make(store, "0004")

    before = blindcopy("status")
    upgraded = blindcopy("db", "upgrade")
    after = blindcopy("status")

    assert before.code == 2
    assert "blindcopy db upgrade" in before.err
    assert upgraded.code == 0
    assert f"from revision 0004 to {SCHEMA_REVISION}" in upgraded.out
    assert after.code == 0


def test_a_store_of_this_version_is_left_as_it_is(store: Path, blindcopy: Callable[..., Any]) -> None:
    """It may be called by a script each time."""
    make(store, "head")

    ended = blindcopy("db", "upgrade")

    assert ended.code == 0
    assert "up to date" in ended.out


def test_when_an_incident_was_found_is_kept(store: Path, blindcopy: Callable[..., Any]) -> None:
    """An older store has no such table; the oldest analysis it keeps tells, not the day of the upgrade."""
    make(store, "0004")
    rows = [
        "INSERT INTO policy (id, sha256, text) VALUES (1, 'x', '{}')",
        "INSERT INTO analysis_run (id, policy_id, as_of, ended_at, tool_version, totals)"
        " VALUES (7, 1, 5, 1234, '0', '{}')",
        "INSERT INTO incident (run_id, key, rank, score, queued, subject, first_sent_at, last_sent_at, label, ladder,"
        " related) VALUES (7, 'abcdefabcdef', 1, 9, 'floor', '', 1, 1, '', '{}', '[]')",
    ]
    with disposing(open_older(str(store))) as engine, engine.begin() as connection:
        for row in rows:
            connection.execute(text(row))

    blindcopy("db", "upgrade")

    with disposing(open_older(str(store))) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM incident_found")).all() == [("abcdefabcdef", 1234)]


def test_a_newer_store_is_refused(store: Path, blindcopy: Callable[..., Any]) -> None:
    """What this version does not know it must not touch."""
    make(store, "head")
    with disposing(open_older(str(store))) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    ended = blindcopy("db", "upgrade")

    assert ended.code == 2
    assert "newer Blindcopy" in ended.err
