"""What an analysis found is kept for two runs, with what changed between them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from scanner.addresses import make_classifier
from scanner.analyse import analyse
from scanner.model import Analysis, Message, Policy
from scanner.store import schema
from scanner.store.result_writer import save_analysis
from scanner.store.results import also_look_identities, latest_analysis, stored_incidents
from scanner.store.source import StoreSource
from tests.policies import CORP, class_all
from tests.shelf import Shelf, guests, letter

ONE = letter(1, guests(6), subject="Diabetes group")
TWO = letter(2, guests(7, first=20), subject="Carers' evening")
SMALL = letter(
    3, guests(2, first=40), bcc=[*guests(2, first=41), "hr@corp.example", "office@corp.example"], subject="Two of them"
)
SIBLING = letter(4, ["office@corp.example"], bcc=guests(9), subject="Diabetes group")
LOOK = letter(5, guests(1, first=60), bcc=guests(5, first=70), subject="Newsletter")


def _analyse(shelf: Shelf, policy: Policy = CORP) -> tuple[Analysis, tuple[str, ...]]:
    number = class_all(shelf.engine, policy)
    found = analyse(StoreSource(shelf.engine, number), policy, make_classifier(policy), as_of=1_750_000_000)
    with shelf.engine.begin() as connection:
        new = save_analysis(
            connection, found, policy_id=number, ended_at=1_750_000_009, tool_version="0", totals={"b": 1, "a": [2]}
        )
    return found, new


def _put(shelf: Shelf, messages: Sequence[Message]) -> None:
    shelf.put(shelf.place(), messages)


def _changes(shelf: Shelf) -> set[tuple[str, str]]:
    change = schema.incident_change
    with shelf.engine.connect() as connection:
        latest = connection.execute(select(func.max(schema.analysis_run.c.id))).scalar_one()
        rows = connection.execute(select(change.c.incident_key, change.c.change).where(change.c.run_id == latest))
        return {(row.incident_key, row.change) for row in rows}


def test_nothing_was_analysed_yet(shelf: Shelf) -> None:
    """An empty store has no analysis."""
    with shelf.engine.connect() as connection:
        assert latest_analysis(connection) is None


def test_an_analysis_is_read_back(shelf: Shelf) -> None:
    """Queued incidents by rank with reasons, messages and siblings; those below the floor stand in no queue."""
    _put(shelf, [ONE, TWO, SMALL, SIBLING])

    found, _ = _analyse(shelf)
    with shelf.engine.connect() as connection:
        run = latest_analysis(connection)
        assert run is not None
        incidents = list(stored_incidents(connection, run.id))

    queued = [one for one in found.incidents if one.rank]
    assert [one.rank for one in incidents] == [1, 2]
    for stored, one in zip(incidents, queued, strict=True):
        for name in (
            "key",
            "score",
            "queued",
            "subject",
            "first_sent_at",
            "last_sent_at",
            "label",
            "reasons",
            "related",
        ):
            assert getattr(stored, name) == getattr(one, name)
        assert stored.kinds == {entry.message.identity: entry.kind for entry in one.messages}
        assert stored.siblings == one.bcc_siblings
    assert [one.siblings for one in incidents if one.subject == "Diabetes group"] == [(SIBLING.identity,)]
    assert (run.as_of, run.ended_at, run.totals) == (1_750_000_000, 1_750_000_009, {"a": [2], "b": 1})
    assert run.policy_sha256 == found.policy_sha256


def test_findings_say_what_each_message_is(shelf: Shelf) -> None:
    """Exposing, sibling in Bcc, or worth a look, with the numbers of outsiders."""
    _put(shelf, [ONE, SMALL, SIBLING, LOOK])

    _analyse(shelf)
    table = schema.finding
    with shelf.engine.connect() as connection:
        rows = connection.execute(
            select(schema.message.c.identity, table.c.kind, table.c.outsiders, table.c.bcc_outsiders).select_from(
                table.join(schema.message)
            )
        ).all()
        run = latest_analysis(connection)
        assert run is not None
        looks = also_look_identities(connection, run.id)

    found: dict[str, Any] = {bytes(row[0]).hex(): tuple(row[1:]) for row in rows}
    assert found[ONE.identity] == ("exposes", 6, 0)
    assert found[SMALL.identity] == ("exposes", 2, 1)
    assert found[SIBLING.identity] == ("bcc_sibling", 0, 9)
    assert found[LOOK.identity] == ("also_look", 1, 5)
    assert looks == [(LOOK.identity, 1, 5)]


def test_what_is_new_is_said_once(shelf: Shelf) -> None:
    """The second analysis of the same store finds nothing new; new mail is new, by rank."""
    _put(shelf, [ONE, SMALL])
    first = _analyse(shelf)[1]
    again = _analyse(shelf)[1]
    _put(shelf, [TWO])
    later = _analyse(shelf)[1]

    assert (first, again, later) == ((ONE.identity[:12],), (), (TWO.identity[:12],))
    assert _changes(shelf) == {(TWO.identity[:12], "new")}


def test_an_incident_that_grew_or_went_is_told(shelf: Shelf) -> None:
    """A re-send makes it grow; one that is no longer queued is gone."""
    _put(shelf, [ONE, TWO])
    _analyse(shelf)

    _put(shelf, [letter(9, guests(6), subject="Diabetes group", after=timedelta(hours=2))])
    _analyse(shelf)
    grown = _changes(shelf)
    with shelf.engine.begin() as connection:
        number = connection.execute(
            select(schema.message.c.id).where(schema.message.c.identity == bytes.fromhex(TWO.identity))
        ).scalar_one()
        connection.execute(delete(schema.recipient).where(schema.recipient.c.message_id == number))
    _analyse(shelf)

    assert grown == {(ONE.identity[:12], "grown")}
    assert _changes(shelf) == {(TWO.identity[:12], "gone")}


def test_the_last_two_runs_are_kept(shelf: Shelf) -> None:
    """Of every table that belongs to a run; one that an export names keeps its row."""
    _put(shelf, [ONE, TWO, SMALL, SIBLING, LOOK])
    _analyse(shelf)
    with shelf.engine.begin() as connection:
        first = connection.execute(select(schema.analysis_run.c.id)).scalar_one()
        connection.execute(
            insert(schema.export_log).values(
                exported_at=1, analysis_run_id=first, payload="{}", payload_sha256="0" * 64, chain_sha256="0" * 64
            )
        )

    for _ in range(4):
        _analyse(shelf)
    with shelf.engine.connect() as connection:
        runs = sorted(connection.execute(select(schema.analysis_run.c.id)).scalars())
        rows = {
            table.name: set(connection.execute(select(table.c.run_id)).scalars())
            for table in (schema.finding, schema.incident, schema.incident_message, schema.incident_reason)
        }

    assert runs == [first, first + 3, first + 4]
    assert all(found == {first + 3, first + 4} for found in rows.values())


def test_classes_of_former_policies_are_dropped(shelf: Shelf) -> None:
    """A store does not grow with every change of the settings; the text of each policy stays."""
    _put(shelf, [ONE])

    for floor in range(2, 8):
        _analyse(shelf, Policy(organisation="Corp", domains=CORP.domains, queue_floor=floor))
    with shelf.engine.connect() as connection:
        classed = set(connection.execute(select(schema.address_class.c.policy_id)).scalars())
        policies = sorted(connection.execute(select(schema.policy.c.id)).scalars())

    assert classed == set(policies[-2:])
    assert len(policies) == 6


def test_ladders_are_kept_as_they_were(shelf: Shelf) -> None:
    """Every rung of every incident, those below the floor included."""
    _put(shelf, [ONE, TWO, SMALL])

    found, _ = _analyse(shelf)
    with shelf.engine.connect() as connection:
        kept = {row.key: json.loads(row.ladder) for row in connection.execute(select(schema.incident))}

    assert kept == {one.key: asdict(one.ladder) for one in found.incidents}
