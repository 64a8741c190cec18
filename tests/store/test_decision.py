"""The log of decisions is appended to and read, in both databases, and shows when it was changed."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from scanner.errors import StoreError
from scanner.model import Statement
from scanner.store.decision import ChainHead, append, chain_head, erase, first_broken_row, statements
from scanner.store.schema import decision

NOW = 1_790_000_000


def said(reason: str = "because", **changes: Any) -> Statement:
    """Return a statement that is not written yet."""
    statement = Statement(
        0, "incident", "0123456789ab", "dismiss", "incident", "Dana Bjørn", "dana", NOW, 0, None, {"reason": reason}
    )
    return replace(statement, **changes)


def written(engine: Engine, *reasons: str, now: int = NOW) -> tuple[Statement, ...]:
    """Write one statement a reason, in one transaction."""
    with engine.begin() as connection:
        return append(connection, map(said, reasons), now=now)


def test_what_is_written_is_read(engine: Engine) -> None:
    """Texts of any kind arrive as they were, in the order of writing."""
    texts = ("consented", "Ünïcode \x00 and \udc80", "")

    rows = written(engine, *texts)

    with engine.connect() as connection:
        assert tuple(statements(connection)) == rows
        assert [row.payload for row in rows] == [{"reason": one} for one in texts]
        assert [row.number for row in rows] == [1, 2, 3]
        assert list(statements(connection, "viewer")) == []


def test_the_chain_can_be_recomputed_with_a_json_library(engine: Engine) -> None:
    """As scanner/chain.py describes it, from the columns of the table."""
    written(engine, "one", "two")
    written(engine, "three")

    hashed = "0" * 64
    with engine.connect() as connection:
        for row in connection.execute(select(decision).order_by(decision.c.id)).mappings():
            head = {name: row[name] for name in row if name not in ("payload", "chain_sha256")} | {"previous": hashed}
            assert row["payload_sha256"] == hashlib.sha256(row["payload"].encode()).hexdigest()
            hashed = hashlib.sha256(json.dumps(head, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
            assert row["chain_sha256"] == hashed
        assert chain_head(connection) == ChainHead(3, hashed, NOW)
        assert first_broken_row(connection) is None


def test_an_erased_payload_leaves_a_tombstone_and_the_chain_holds(engine: Engine) -> None:
    """What was said is gone; that something was said, by whom and when, stays."""
    written(engine, "Ada Guest complained", "two")

    with engine.begin() as connection:
        assert erase(connection, [1]) == 1

    with engine.connect() as connection:
        first, second = statements(connection)
        assert (first.payload, first.decided_by, second.payload) == (None, "Dana Bjørn", {"reason": "two"})
        assert first_broken_row(connection) is None
    written(engine, "three")
    with engine.connect() as connection:
        assert first_broken_row(connection) is None


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (update(decision).where(decision.c.id == 2).values(verdict="confirm"), 2),
        (update(decision).where(decision.c.id == 2).values(decided_by="somebody else"), 2),
        (update(decision).where(decision.c.id == 2).values(payload='{"reason":"other"}'), 2),
        (update(decision).where(decision.c.id == 2).values(payload_sha256="0" * 64), 2),
        (delete(decision).where(decision.c.id == 2), 2),
        (delete(decision).where(decision.c.id == 1), 1),
    ],
)
def test_a_change_behind_the_log_is_found(engine: Engine, change: Any, broken: int) -> None:
    """A row changed or taken out breaks the chain at its place."""
    written(engine, "one", "two", "three")

    with engine.begin() as connection:
        connection.execute(change)

    with engine.connect() as connection:
        assert first_broken_row(connection) == broken


def test_two_who_write_at_once_both_get_their_place(engine: Engine) -> None:
    """Nobody overwrites anybody, and the chain is one."""

    def write(name: str) -> None:
        for number in range(5):
            written(engine, f"{name}{number}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "ab"))

    with engine.connect() as connection:
        rows = list(statements(connection))
        assert first_broken_row(connection) is None
    assert [row.number for row in rows] == list(range(1, 11))
    assert {str((row.payload or {})["reason"]) for row in rows} == {f"{name}{n}" for name in "ab" for n in range(5)}


def test_who_expected_another_end_of_the_log_writes_nothing(engine: Engine) -> None:
    """Somebody else was faster; what was prepared may not be meant any more."""
    with engine.connect() as connection:
        before = chain_head(connection)
    written(engine, "faster")

    with pytest.raises(StoreError) as caught, engine.begin() as connection:
        append(connection, [said("late")], now=NOW, expected=before)

    with engine.connect() as connection:
        assert chain_head(connection).count == 1
    assert "nothing was written" in str(caught.value)


def test_a_row_is_never_dated_before_the_one_before(engine: Engine) -> None:
    """Whatever the clock of a machine says."""
    written(engine, "one")
    (row,) = written(engine, "two", now=NOW - 500)

    assert row.recorded_at == NOW


def test_a_transaction_that_fails_leaves_no_row(engine: Engine) -> None:
    """All or nothing."""
    rows = [said("one"), said("two", payload={"reason": float("nan")})]

    with pytest.raises(ValueError, match="JSON"), engine.begin() as connection:
        append(connection, rows, now=NOW)

    with engine.connect() as connection:
        assert chain_head(connection) == ChainHead()
