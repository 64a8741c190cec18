"""
The analysis of what is new: the result before, renewed where new mail touches it.

It gives the same as a whole analysis. Where that is not certain (another
policy or version, a mailbox that got another name or role, mail that touches
too much), there is no result, and the caller analyses everything.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from scanner import __version__
from scanner.addresses import make_classifier
from scanner.analyse import StatedPeople, looks_of, with_list_posts
from scanner.analyse.alone import count_alone, is_asked
from scanner.analyse.incident import build_incident
from scanner.analyse.message_id import message_id_system
from scanner.analyse.neighbourhood import Change, Neighbourhood, TooWideError
from scanner.analyse.reading import Reading, read_message, thread_ids
from scanner.analyse.renewal import Renewal, renew
from scanner.analyse.renewed_relation import renew_relations
from scanner.analyse.share import read_share, share_of
from scanner.analyse.thin import (
    Thin,
    make_thin,
    named_by,
    read_thin,
    rooted_at,
    shown,
    terms_of,
    witness,
)
from scanner.analyse.thread import stored_threads, thread_facts
from scanner.model import (
    AddressKey,
    CandidateEntry,
    Incident,
    IncidentKey,
    KnownIncident,
    OutsiderTest,
    PeopleStatement,
    Seen,
)
from scanner.pipeline.analysing.analysis_job import (
    AnalysisOutcome,
    Job,
    kept_facts,
    notes_of,
    reading_row,
    total_figures,
)
from scanner.store import candidates as kept
from scanner.store.alone import outsiders_of
from scanner.store.classes import classify_addresses, mark_received, note_shared_ids, save_policy
from scanner.store.engine import snapshot
from scanner.store.lock import alone
from scanner.store.message_change import forget_changes
from scanner.store.pending import Mark, Pending, mark_object, pending, store_mark
from scanner.store.people import people_statements
from scanner.store.reader import list_posts, message_ids_of, messages_by_number
from scanner.store.renewed import RenewedResult, shares, write_renewed
from scanner.store.result_writer import insert_run
from scanner.store.results import NEWEST_MESSAGE, StoredAnalysis, latest_analysis, queued_keys
from scanner.store.seen import seen_so_far
from scanner.store.source import StoreSource, candidates_among
from scanner.store.state import MARK, mark_of, set_totals

_LEAST = 2_000
"""So much may always be asked for, or come, or be built."""

_ENTRIES = 25
"""Asked for of the index at most, for each candidate; a whole analysis judges one in the time of a hundred."""

_COME_AT_MOST = 10
_BUILT_AT_MOST = 2
"""The share of the store that may come, and of the candidates that may be read or built anew: one in so many."""


def analyse_new_mail(job: Job) -> AnalysisOutcome | None:
    """Renew the last analysis by what has come since; None when everything has to be analysed."""
    begun = _begin(job)
    if begun is None:
        return None
    with snapshot(job.reader) as connection:
        try:
            renewed = _Renewing(job, connection, begun).work()
        except TooWideError:
            return None
    with job.engine.begin() as connection:
        return _finish(job, connection, begun, renewed)


@dataclass(frozen=True, slots=True)
class _Begun:
    before: StoredAnalysis
    policy_id: int
    former_newest: int
    """Highest number of a message at the analysis before."""

    mark: Mark
    pending: Pending
    seen: Seen | None
    statements: tuple[PeopleStatement, ...]


def _begin(job: Job) -> _Begun | None:
    """Class and mark what has come; return None when the last analysis cannot be renewed."""
    with job.engine.begin() as connection:
        alone(connection)
        before = latest_analysis(connection)
        if before is None or (before.policy_sha256, before.tool_version) != (job.policy_sha256, __version__):
            return None
        since, now = mark_of(before), store_mark(connection)
        come = pending(connection, since, now) if since else None
        if since is None or come is None or len(come.numbers) > max(_LEAST, now.newest // _COME_AT_MOST):
            return None
        policy_id = save_policy(connection, job.policy_sha256, job.policy_text)
        classify_addresses(connection, policy_id, make_classifier(job.policy))
        mark_received(connection, policy_id, job.policy.account_addresses, come.numbers)
        note_shared_ids(connection, come.numbers)
        return _Begun(
            before, policy_id, since.newest, now, come, seen_so_far(connection), people_statements(connection)
        )


@dataclass(frozen=True, slots=True)
class _Renewed:
    result: RenewedResult
    changes: Mapping[int, Change]
    region: Mapping[int, IncidentKey]
    test: OutsiderTest


class _Index:
    """What the store keeps, as `scanner.analyse.neighbourhood.CandidateIndex`."""

    def __init__(self, connection: Connection, result_id: int) -> None:
        self._connection = connection
        self._result = result_id

    def entries(self, terms: Collection[str]) -> Mapping[str, Sequence[CandidateEntry]]:
        return kept.term_entries(self._connection, terms)

    def present(self, terms: Collection[str], without: Collection[int]) -> frozenset[str]:
        return kept.present_terms(self._connection, terms, without)

    def thin(self, numbers: Collection[int]) -> Mapping[int, Thin]:
        return {
            number: read_thin(number, text, key) for number, text, key in kept.thin_texts(self._connection, numbers)
        }

    def known(self, keys: Collection[IncidentKey]) -> Mapping[IncidentKey, KnownIncident]:
        return kept.known_incidents(self._connection, self._result, keys)

    def members(self, keys: Collection[IncidentKey]) -> Mapping[IncidentKey, Sequence[int]]:
        return kept.incident_numbers(self._connection, self._result, keys)


class _Renewing:
    def __init__(self, job: Job, connection: Connection, begun: _Begun) -> None:
        self._job = job
        self._policy = job.policy
        self._connection = connection
        self._begun = begun
        self._source = StoreSource(job.reader, begun.policy_id)
        self._test = with_list_posts(make_classifier(job.policy), list_posts(connection))
        self._stated = StatedPeople(begun.statements)
        self._index = _Index(connection, begun.before.id)

    def work(self) -> _Renewed:
        come = self._begun.pending.numbers
        former = self._index.thin(come)
        readings = self._read(candidates_among(self._connection, self._begun.policy_id, self._policy, come))
        candidates = kept.count_candidates(self._connection)
        limit = max(_LEAST, candidates // _BUILT_AT_MOST)
        judged_anew = self._judged_by(come, former, readings)
        judged_anew = (judged_anew | self._written_before(come, readings, limit)) - come
        former = {**former, **self._index.thin(judged_anew)}
        readings.update(self._read(judged_anew))
        changes = self._changes(former, readings)
        moved = {number: change for number, change in changes.items() if change.is_moved}
        # What a message holds beside what its neighbours see may be another now: its own incident says so.
        restated = {one.incident for number, one in former.items() if number in come and one.incident}
        restated -= {change.former.incident for change in moved.values() if change.former}
        near = Neighbourhood(self._index, moved, max(_LEAST, _ENTRIES * candidates))
        renewal = renew(near, {key for key in restated if key}, self._policy)
        to_build = sum(len(cluster.members) for cluster, _ in renewal.rebuilt.values())
        if to_build > limit:
            raise TooWideError("so many incidents are others now that all may be judged anew")
        incidents = self._build(renewal)
        related = renew_relations(near, renewal, {one.key: bool(one.queued) for one in incidents})
        known = near.known(renewal.rebuilt)
        linked = [
            replace(
                one,
                rank=1 if one.queued else 0,
                related=related.get(one.key) or _former_relations(known.get(one.key), one.key in related),
            )
            for one in incidents
        ]
        rebuilt = renewal.rebuilt
        result = RenewedResult(
            incidents=linked,
            kept={one.key: kept_facts(rebuilt[one.key][1], share_of(one, self._test)) for one in linked},
            gone=renewal.gone,
            related={key: json.dumps(keys) for key, keys in related.items() if key not in rebuilt},
            judged=come | judged_anew,
            also_look=list(looks_of((readings[number] for number in sorted(readings)), self._policy)),
        )
        return _Renewed(result, moved, renewal.region, self._test)

    def _read(self, numbers: Collection[int]) -> dict[int, Reading]:
        found = messages_by_number(self._connection, numbers)
        return {number: read_message(message, self._policy, self._test) for number, message in found.items()}

    def _judged_by(
        self, come: Collection[int], former: Mapping[int, Thin], readings: Mapping[int, Reading]
    ) -> frozenset[int]:
        """Return the candidates whose threads are judged by the mail that has come, or by where our mail comes from."""
        terms = {witness(name) for name in message_ids_of(self._connection, come)}
        before = {message_id_system(one.reading.message.message_id) for one in former.values()}
        now = {message_id_system(reading.message.message_id) for reading in readings.values()}
        turned = before ^ now
        others = self._index.present({named_by(system) for system in turned}, come)
        terms.update(rooted_at(system) for system in turned if named_by(system) not in others)
        return frozenset(entry.number for row in self._index.entries(terms).values() for entry in row)

    def _written_before(self, come: Collection[int], readings: Mapping[int, Reading], limit: int) -> frozenset[int]:
        """Return the candidates that show people to whom mail that has come went before, perhaps alone."""
        begun = self._begun
        to_several = {number for number, reading in readings.items() if _is_to_several(reading)}
        perhaps_alone = {number for number in come if number <= begun.former_newest or number not in to_several}
        since: dict[AddressKey, float] = {}
        for number, key, moment in outsiders_of(self._connection, begun.policy_id, perhaps_alone):
            # What was stored already may have gone to one alone as it was then, and at another moment.
            first = moment if number > begun.former_newest else -math.inf
            since[key] = min(first, since.get(key, math.inf))
        rows = self._index.entries({shown(key) for key in since})
        later = {
            each.number for key, first in since.items() for each in rows.get(shown(key), ()) if each.sent_at > first
        }
        if len(later) > limit:
            raise TooWideError("new mail went to too many who were exposed later")
        return frozenset(number for number, one in self._index.thin(later).items() if is_asked(one.reading))

    def _changes(self, former: Mapping[int, Thin], readings: Mapping[int, Reading]) -> dict[int, Change]:
        ordered = sorted(readings.values(), key=lambda reading: (reading.sent_at, reading.identity))
        stored = stored_threads(ordered, self._source, self._test)
        systems = {message_id_system(ids[0]) for reading in ordered if (ids := thread_ids(reading.message))}
        others = self._index.present({named_by(system) for system in systems}, self._begun.pending.numbers)
        own = {system for system in systems if named_by(system) in others}
        own.update(message_id_system(reading.message.message_id) for reading in ordered)
        facts = thread_facts(ordered, stored, self._policy, self._test, own)
        written_alone = count_alone(ordered, self._source, self._test)
        now = {
            number: make_thin(
                number,
                reading,
                facts.origins.get(reading.identity),
                facts.newcomers.get(reading.identity, (0, False)),
                written_alone.get(reading.identity, 0),
            )
            for number, reading in readings.items()
        }
        return {number: Change(former.get(number), now.get(number)) for number in former.keys() | now.keys()}

    def _build(self, renewal: Renewal) -> list[Incident]:
        numbers = {one.number for cluster, _ in renewal.rebuilt.values() for one in cluster.members}
        readings = self._read(numbers)
        progress = self._job.progress
        if progress:
            progress.expect(len(renewal.rebuilt))
        incidents = []
        for _, (cluster, around) in sorted(renewal.rebuilt.items()):
            members = [readings[one.number] for one in cluster.members]
            incidents.append(build_incident(members, around, self._policy, self._test, self._stated))
            if progress:
                progress.advance(1)
        return incidents


def _is_to_several(reading: Reading) -> bool:
    """Tell whether a mail certainly went to more than one outsider; in protected mail others count, too."""
    exposure = reading.exposure
    return not exposure.protection and len(exposure.visible) + len(exposure.hidden) >= 2


def _former_relations(known: KnownIncident | None, is_cut: bool) -> tuple[IncidentKey, ...]:
    return () if is_cut or known is None else tuple(map(IncidentKey, json.loads(known.related)))


def _finish(job: Job, connection: Connection, begun: _Begun, renewed: _Renewed) -> AnalysisOutcome:
    """Write what has changed."""
    ended_at = job.end()
    run = insert_run(
        connection,
        policy_id=begun.policy_id,
        as_of=job.as_of,
        ended_at=ended_at,
        version=__version__,
        totals={NEWEST_MESSAGE: begun.mark.newest},
        result_id=begun.before.id,
    )
    new = write_renewed(connection, begun.before, run, begun.policy_id, renewed.result, ended_at=ended_at)
    gone = [(number, terms_of(change.former)) for number, change in renewed.changes.items() if change.former]
    rows = [
        _candidate_row(change.now, renewed.region.get(number))
        for number, change in sorted(renewed.changes.items())
        if change.now
    ]
    kept.replace_candidates(connection, gone, rows)
    kept.assign_incidents(connection, renewed.region)
    forget_changes(connection, begun.pending.noted)
    parts = ((queued, last, read_share(share)) for queued, last, share in shares(connection, begun.before.id))
    totals = total_figures(parts, renewed.test)
    latest = latest_analysis(connection)
    if latest is None:
        raise RuntimeError("the run that was written is not there")
    notes = notes_of(begun.seen, begun.statements)
    set_totals(connection, latest, {**totals, **notes, MARK: mark_object(begun.mark)})
    queued = queued_keys(connection, begun.before.id)
    return AnalysisOutcome(len(queued), len(new), totals["below_floor_messages"], job.as_of, queued, begun.seen)


def _candidate_row(candidate: Thin, incident: IncidentKey | None) -> kept.CandidateRow:
    has_origin = candidate.origin is not None
    return reading_row(candidate.number, candidate.reading, incident, has_origin, candidate.text, terms_of(candidate))
