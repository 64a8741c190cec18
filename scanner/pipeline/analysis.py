"""The analysis: class all addresses, find incidents, keep the result; reads the store, never a server."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from scanner import __version__
from scanner.addresses import make_classifier
from scanner.analyse import StatedPeople, TotalsCollector, analyse, with_list_posts
from scanner.config import Settings
from scanner.model import AddressKey, Analysis, IncidentKey, OutsiderTest, Progress, Seen
from scanner.policy import policy_sha256, policy_text, rule_versions
from scanner.store.classes import classify_addresses, mark_received, note_shared_ids, save_policy
from scanner.store.engine import alone, analysis_lock, disposing, open_engine, store_errors
from scanner.store.people import HEEDED, people_statements
from scanner.store.reader import StoreSource
from scanner.store.results import latest_analysis, queued_keys, save_analysis
from scanner.store.seen import seen_so_far
from scanner.store.state import confirm_analysis, is_analysed, note_state, store_state


@dataclass(frozen=True, slots=True)
class AnalysisOutcome:
    """How an analysis ended."""

    queued: int
    new: int
    """Queued incidents that were not queued in the analysis before; what only changed settings queue is not new."""

    below: int
    """Messages that showed outsiders to each other and are not queued."""

    as_of: int
    incidents: tuple[IncidentKey, ...]
    """Keys of the queued incidents, by rank."""

    seen: Seen | None = None
    """How much the scan has seen that has not finished; None when it has."""


def analyse_store(
    settings: Settings,
    *,
    as_of: int | None = None,
    progress: Progress | None = None,
    only_changes: bool = False,
    timeout: float = 0,
) -> AnalysisOutcome:
    """
    Analyse the whole store under the policy of the settings and keep the result.

    A scan may run meanwhile: what it has stored so far is judged, and the
    result says how much of the mail that was.

    Args:
        settings: Which store, which policy.

        as_of: The moment the result speaks for; None = now.

        progress: Told about messages that may expose.

        timeout: Seconds to wait for another analysis to end.

        only_changes: When neither the store nor the policy has changed since
            the last analysis, let that one speak for this moment too.

    Raises:
        StoreError: The store is missing, locked, or cannot be written.
    """
    policy = settings.to_policy()
    versions = rule_versions()
    moment = int(time.time()) if as_of is None else as_of
    # Reading goes through an engine of its own, which never holds the lock of a writer.
    reading = disposing(open_engine(settings.store_url, read_only=True))
    writing = disposing(open_engine(settings.store_url))
    with (
        reading as reader,
        writing as engine,
        store_errors(engine.url),
        analysis_lock(engine, timeout=timeout),
        _no_search_for_cycles(),
    ):
        if only_changes and (former := _confirmed(engine, policy_sha256(policy, versions), moment)):
            return former
        classify = make_classifier(policy)
        with engine.begin() as connection:
            alone(connection)
            note_state(connection, None)
            policy_id = save_policy(connection, policy_sha256(policy, versions), policy_text(policy, versions))
            classify_addresses(connection, policy_id, classify)
            mark_received(connection, policy_id, policy.account_addresses)
            note_shared_ids(connection)
            # What a running scan stores from here on is not judged, or not wholly.
            state, seen = store_state(connection), seen_so_far(connection)
            statements = people_statements(connection)
        source = StoreSource(reader, policy_id)
        stated = StatedPeople(statements)
        analysis = analyse(source, policy, classify, as_of=moment, progress=progress, stated=stated)
        totals = _totals(analysis, with_list_posts(classify, source.list_posts()))
        totals["seen"] = asdict(seen) if seen else None
        totals[HEEDED] = statements[-1].number if statements else 0
        with engine.begin() as connection:
            new = save_analysis(
                connection,
                analysis,
                policy_id=policy_id,
                ended_at=int(time.time()) if as_of is None else as_of,
                tool_version=__version__,
                totals=totals,
            )
            note_state(connection, state)
    queued = tuple(incident.key for incident in analysis.incidents if incident.rank)
    return AnalysisOutcome(len(queued), len(new), totals["below_floor_messages"], moment, queued, seen)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from walking again and again through millions of objects that are all needed: a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _confirmed(engine: Engine, policy: str, moment: int) -> AnalysisOutcome | None:
    """Return the outcome of the last analysis when a new one would find the same."""
    with engine.begin() as connection:
        if not is_analysed(connection, policy, __version__):
            return None
        confirm_analysis(connection, as_of=moment, ended_at=int(time.time()))
        run = latest_analysis(connection)
        if run is None:
            return None
        queued = queued_keys(connection, run.id)
        seen = seen_so_far(connection)
        return AnalysisOutcome(len(queued), 0, run.totals["below_floor_messages"], moment, queued, seen)


def _totals(analysis: Analysis, test: OutsiderTest) -> dict[str, Any]:
    """Return the headline figures: over all queued incidents each address and person counts once."""
    collector = TotalsCollector(test)
    by_status: dict[str, int] = {}
    newest: int | None = None
    below_messages = 0
    below_addresses: set[AddressKey] = set()
    for incident in analysis.incidents:
        if incident.rank:
            collector.add(incident)
            by_status[incident.status] = by_status.get(incident.status, 0) + 1
            newest = max(incident.last_sent_at, newest if newest is not None else incident.last_sent_at)
        else:
            below_messages += len(incident.messages)
            below_addresses.update(exposed.key for exposed in incident.exposed)
    return {
        "ladder": asdict(collector.result()),
        "by_status": by_status,
        "below_floor_messages": below_messages,
        "below_floor_addresses": len(below_addresses),
        "incidents": sum(by_status.values()),
        "newest_sent_at": newest,
    }
