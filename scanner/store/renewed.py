"""
The result of an analysis of new mail: written over the one before, which it leaves as it is for the most part.

Rows of the result carry one number for as long as analyses of new mail follow
each other. What such a run replaces is not deleted: it carries the number of
that run from then on, and goes when the run does.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, text, update

from scanner.model import AlsoLook, Identity, Incident, IncidentKey, queue_order
from scanner.store.change import find_changes, stands_now, stood_before
from scanner.store.found import note_found
from scanner.store.insert import chunks
from scanner.store.result_writer import (
    COUNT_HIDDEN,
    KeptFacts,
    drop_old_runs,
    insert_findings,
    insert_incidents,
    message_numbers,
    write_changes,
)
from scanner.store.results import StoredAnalysis
from scanner.store.schema import finding, incident, incident_message, incident_reason


@dataclass(frozen=True, slots=True)
class RenewedResult:
    """What an analysis of new mail changes."""

    incidents: Sequence[Incident]
    """Made anew, relations included; their ranks say nothing yet but whether they are queued: not 0."""

    kept: Mapping[IncidentKey, KeptFacts]
    """Of these incidents."""

    gone: Collection[IncidentKey]
    """That are none any more."""

    related: Mapping[IncidentKey, str]
    """Other incidents whose relations are others now: keys as JSON."""

    judged: Collection[int]
    """Messages that were read again, whatever came of it."""

    also_look: Sequence[AlsoLook]
    """Those of them that are worth a look."""


def write_renewed(
    connection: Connection, before: StoredAnalysis, run: int, policy_id: int, renewed: RenewedResult, *, ended_at: int
) -> tuple[IncidentKey, ...]:
    """
    Write what has changed, with the ranks of all incidents, and drop all runs but the last two.

    Args:
        connection: To the store.

        before: The run whose result is renewed.

        run: Number of this run, which is there already.

        policy_id: Under which all was judged.

        renewed: The changes.

        ended_at: When this run ended.

    Returns:
        Keys of queued incidents that are new, by rank.
    """
    result = before.id
    replaced = {*(one.key for one in renewed.incidents), *renewed.gone}
    former = stood_before(connection, result, replaced)
    siblings = _set_aside(connection, result, run, replaced)
    numbers = message_numbers(connection, renewed.incidents, renewed.also_look)
    insert_incidents(connection, result, renewed.incidents, numbers, renewed.kept)
    if renewed.related:
        here = (incident.c.run_id == result) & (incident.c.key == bindparam("of_key"))
        statement = update(incident).where(here).values(related=bindparam("keys"))
        connection.execute(statement, [{"of_key": key, "keys": keys} for key, keys in sorted(renewed.related.items())])
    _renew_findings(connection, result, run, policy_id, renewed, numbers, siblings)
    ranks = _rank(connection, result)
    changes = list(find_changes(former, stands_now(renewed.incidents, numbers), lambda _: True))
    write_changes(connection, run, changes)
    note_found(connection, result, moment=ended_at)
    drop_old_runs(connection)
    new = [key for key, change, _ in changes if change == "new"]
    return tuple(sorted(new, key=lambda key: ranks[key]))


def shares(connection: Connection, result_id: int) -> Iterator[tuple[bool, int, str]]:
    """Yield (queued, last_sent_at, share) of all incidents of a result; no order."""
    columns = incident.c
    query = select(columns.rank, columns.last_sent_at, columns.share).where(columns.run_id == result_id)
    for rank, last_sent_at, share in connection.execute(query.execution_options(yield_per=2_000)):
        yield rank > 0, last_sent_at, share


def _set_aside(connection: Connection, result: int, run: int, keys: Collection[IncidentKey]) -> set[int]:
    """Let incidents carry the number of the run that replaces them; return the messages they named."""
    named: set[int] = set()
    for some in chunks(sorted(keys)):
        columns = incident_message.c
        rows = select(columns.message_id).where((columns.run_id == result) & columns.incident_key.in_(some))
        named.update(connection.execute(rows).scalars())
        for table, key in (
            (incident, incident.c.key),
            (incident_message, columns.incident_key),
            (incident_reason, incident_reason.c.incident_key),
        ):
            connection.execute(update(table).where((table.c.run_id == result) & key.in_(some)).values(run_id=run))
    return named


def _renew_findings(
    connection: Connection,
    result: int,
    run: int,
    policy_id: int,
    renewed: RenewedResult,
    numbers: Mapping[Identity, int],
    named: Collection[int],
) -> None:
    """Write what each message is that was read again, or that an incident named or names which was replaced."""
    judged = set(renewed.judged)
    affected = judged | set(named) | set(numbers.values())
    looks = {numbers[look.identity]: look for look in renewed.also_look}
    outsiders = {
        numbers[entry.message.identity]: len(entry.exposed) for one in renewed.incidents for entry in one.messages
    }
    columns = finding.c
    stays: set[int] = set()
    for some in chunks(sorted(affected)):
        rows = connection.execute(
            select(columns.message_id, columns.kind).where((columns.run_id == result) & columns.message_id.in_(some))
        )
        # Worth a look by itself: no incident changes that.
        stays.update(number for number, kind in rows if kind == "also_look" and number not in judged)
    affected -= stays
    parts = _parts(connection, result, affected)
    # It exposes in an incident that stands: what it is for others changes nothing.
    affected -= {number for number, part in parts.items() if part == "exposing"} - outsiders.keys() - looks.keys()
    rows_now: list[tuple[int, int, str, int, int]] = []
    for number in sorted(affected):
        if number in looks:
            look = looks[number]
            rows_now.append((result, number, "also_look", look.visible_outsiders, look.bcc_outsiders))
        elif parts.get(number) == "exposing":
            rows_now.append((result, number, "exposes", outsiders[number], 0))
        elif number in parts:
            rows_now.append((result, number, "bcc_sibling", 0, 0))
    for some in chunks(sorted(affected)):
        connection.execute(
            update(finding).where((columns.run_id == result) & columns.message_id.in_(some)).values(run_id=run)
        )
    insert_findings(connection, rows_now)
    for some in chunks([row[1] for row in rows_now]):
        within = f"{COUNT_HIDDEN} AND finding.message_id IN ({', '.join(map(str, some))})"
        connection.execute(text(within), {"run": result, "policy": policy_id})


def _parts(connection: Connection, result: int, numbers: Iterable[int]) -> dict[int, str]:
    """Return what messages are in the incidents of a result: exposing goes before bcc_sibling."""
    # The table is sorted by incident: all that name one of the messages have been made anew, or name it as a sibling.
    columns = incident_message.c
    found: dict[int, str] = {}
    for some in chunks(sorted(numbers)):
        rows = connection.execute(
            select(columns.message_id, columns.part).where((columns.run_id == result) & columns.message_id.in_(some))
        )
        for number, part in rows:
            if found.get(number) != "exposing":
                found[number] = part
    return found


def _rank(connection: Connection, result: int) -> dict[IncidentKey, int]:
    """Set the ranks of all queued incidents by `queue_order`; return them."""
    columns = incident.c
    rows = connection.execute(
        select(columns.key, columns.rank, columns.score, columns.exposed_addresses, columns.first_sent_at).where(
            (columns.run_id == result) & (columns.queued != "")
        )
    ).all()
    order = sorted(
        rows, key=lambda row: queue_order(row.score, row.exposed_addresses, row.first_sent_at, IncidentKey(row.key))
    )
    moved = [{"of_key": row.key, "place": place} for place, row in enumerate(order, 1) if row.rank != place]
    if moved:
        # One statement for all: an incident at the top moves everything below it.
        here = (columns.run_id == result) & (columns.key == bindparam("of_key"))
        connection.execute(update(incident).where(here).values(rank=bindparam("place")), moved)
    return {row.key: place for place, row in enumerate(order, 1)}
