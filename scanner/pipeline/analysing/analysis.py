"""The analysis: class all addresses, find incidents, keep the result; reads the store, never a server."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from scanner import __version__
from scanner.addresses import make_classifier
from scanner.analyse import Findings, StatedPeople, find_all, with_list_posts
from scanner.analyse.share import share_of
from scanner.analyse.thin import reading_terms, thin_text
from scanner.config import Settings
from scanner.model import Progress
from scanner.pipeline.analysing.analysis_job import (
    AnalysisOutcome,
    Job,
    kept_facts,
    notes_of,
    reading_row,
    total_figures,
)
from scanner.pipeline.analysing.new_mail import analyse_new_mail
from scanner.policy import policy_sha256, policy_text, rule_versions
from scanner.store.candidates import CandidateRow, write_all_candidates
from scanner.store.classes import classify_addresses, mark_received, note_shared_ids, save_policy
from scanner.store.engine import disposing, open_engine, store_errors
from scanner.store.lock import alone, analysis_lock
from scanner.store.message_change import forget_changes, noted_changes
from scanner.store.pending import store_mark
from scanner.store.people import people_statements
from scanner.store.result_writer import numbers_of, save_analysis
from scanner.store.results import NEWEST_MESSAGE, latest_analysis, queued_keys
from scanner.store.seen import seen_so_far
from scanner.store.source import StoreSource
from scanner.store.state import confirm_analysis, is_analysed, note_mark


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

        only_changes: Take over what the last analysis found and judge only
            what has come since and what that touches; the result is the same
            (`new_mail`). When nothing has come, the last analysis speaks for
            this moment too. Under another policy everything is analysed.

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
        job = Job(
            reader=reader,
            engine=engine,
            policy=policy,
            policy_sha256=policy_sha256(policy, versions),
            policy_text=policy_text(policy, versions),
            as_of=moment,
            ended_at=as_of,
            progress=progress,
        )
        if only_changes:
            former = _confirmed(job) or analyse_new_mail(job)
            if former:
                return former
        return _analyse_all(job)


def _analyse_all(job: Job) -> AnalysisOutcome:
    classify = make_classifier(job.policy)
    with job.engine.begin() as connection:
        alone(connection)
        note_mark(connection, None)
        policy_id = save_policy(connection, job.policy_sha256, job.policy_text)
        classify_addresses(connection, policy_id, classify)
        mark_received(connection, policy_id, job.policy.account_addresses)
        note_shared_ids(connection)
        # What a running scan stores from here on is not judged, or not wholly.
        mark, noted, seen = store_mark(connection), noted_changes(connection), seen_so_far(connection)
        statements = people_statements(connection)
    source = StoreSource(job.reader, policy_id)
    stated = StatedPeople(statements)
    found = find_all(source, job.policy, classify, as_of=job.as_of, progress=job.progress, stated=stated)
    test = with_list_posts(classify, source.list_posts())
    shares = {one.key: share_of(one, test) for one in found.analysis.incidents}
    totals = total_figures(
        ((bool(one.rank), one.last_sent_at, shares[one.key]) for one in found.analysis.incidents), test
    )
    totals |= {**notes_of(seen, statements), NEWEST_MESSAGE: mark.newest}
    with job.engine.begin() as connection:
        new = save_analysis(
            connection,
            found.analysis,
            policy_id=policy_id,
            ended_at=job.end(),
            tool_version=__version__,
            totals=totals,
            kept={key: kept_facts(found.around[key], share) for key, share in shares.items()},
        )
        write_all_candidates(connection, _candidate_rows(connection, found))
        forget_changes(connection, noted)
        note_mark(connection, mark)
    queued = tuple(incident.key for incident in found.analysis.incidents if incident.rank)
    return AnalysisOutcome(len(queued), len(new), totals["below_floor_messages"], job.as_of, queued, seen)


def _candidate_rows(connection: Connection, found: Findings) -> Iterator[CandidateRow]:
    numbers = numbers_of(connection, (reading.identity for reading in found.candidates))
    incidents = {
        entry.message.identity: incident.key for incident in found.analysis.incidents for entry in incident.messages
    }
    for reading in found.candidates:
        identity = reading.identity
        origin, newcomers = found.facts.origins.get(identity), found.facts.newcomers.get(identity, (0, False))
        # Written without the objects that a renewal makes of them.
        thin = thin_text(reading, origin, newcomers, found.one_by_one.get(identity, 0))
        terms = reading_terms(reading)
        yield reading_row(numbers[identity], reading, incidents.get(identity), origin is not None, thin, terms)


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


def _confirmed(job: Job) -> AnalysisOutcome | None:
    """Return the outcome of the last analysis when a new one would find the same."""
    with job.engine.begin() as connection:
        if not is_analysed(connection, job.policy_sha256, __version__):
            return None
        confirm_analysis(connection, as_of=job.as_of, ended_at=job.end())
        run = latest_analysis(connection)
        if run is None:
            return None
        queued = queued_keys(connection, run.id)
        seen = seen_so_far(connection)
        return AnalysisOutcome(len(queued), 0, run.totals["below_floor_messages"], job.as_of, queued, seen)
