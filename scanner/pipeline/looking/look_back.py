"""
What the store holds before and since a known incident: the same list, people, senders and subject.

Only what the last analysis found under the same policy is told: results of
different policies are never mixed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from scanner.analyse.subject import read_subject
from scanner.config import Settings
from scanner.model import Identity, Incident, IncidentKey
from scanner.pipeline.analysing.newest import demand_rules_of, newest_analysis
from scanner.store.engine import describe, disposing, open_engine, snapshot, store_errors
from scanner.store.history import Exposed, Mailing, exposures_of, incidents_from, mailings_about, mailings_to, ranks
from scanner.store.results import StoredAnalysis
from scanner.store.schema import policy as policy_table

_SAME_LIST = 30
"""Per cent of the smaller list that two mails share when they went to the same list (CONTRACTS: Incidents)."""


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident of the store."""

    key: IncidentKey
    rank: int
    """0 = not queued."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the store holds on one side of the incident in time; nothing of the incident itself."""

    same_list: tuple[Mailing, ...]
    """By (sent_at, identity); `shown` and `hidden` count addresses of the list."""

    people: int
    """How many of the exposed addresses were exposed by other mail of the store."""

    people_in: tuple[KnownIncident, ...]
    """Where: queued incidents by rank, then the others by key."""

    sender_in: tuple[KnownIncident, ...]
    """Incidents with mail from one of the same senders, in the same order."""

    same_subject: tuple[Mailing, ...]
    """By (sent_at, identity); `shown` and `hidden` count outsiders, of mail that exposed somebody or is near it."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """What the store holds around one incident of the files."""

    incident: IncidentKey
    stored: tuple[IncidentKey, ...]
    """Incidents of the store that hold one of its very messages."""

    commonplace: bool
    """The subject says nothing, so that no other mail was looked for by it."""

    before: Span
    since: Span
    """From the incident's first moment on."""


def look_back(settings: Settings, incidents: Sequence[Incident]) -> tuple[LookBack, ...]:
    """
    Return what the store holds around each incident, in their order.

    Raises:
        StoreError: There is no store, no analysis, or one under another policy.
    """
    opened = disposing(open_engine(settings.store_url, read_only=True))
    with opened as engine, store_errors(engine.url), snapshot(engine) as connection:
        where = describe(engine.url)
        run = newest_analysis(connection, where)
        demand_rules_of(run, settings.to_policy(), where)
        of_run = policy_table.c.sha256 == run.policy_sha256
        policy_id = connection.execute(select(policy_table.c.id).where(of_run)).scalar_one()
        return tuple(_Looker(connection, run, policy_id, incident).look() for incident in incidents)


class _Looker:
    def __init__(self, connection: Connection, run: StoredAnalysis, policy_id: int, incident: Incident) -> None:
        self._connection = connection
        self._run_id = run.id
        self._policy_id = policy_id
        self._incident = incident
        self._own = {entry.message.identity for entry in incident.messages}
        self._keys = [entry.key for entry in incident.exposed]

    def look(self) -> LookBack:
        """Ask the store once for each of the four."""
        connection, run_id = self._connection, self._run_id
        lists = list(mailings_to(connection, run_id, self._policy_id, self._keys, _SAME_LIST))
        people = list(exposures_of(connection, run_id, self._keys))
        senders = list(incidents_from(connection, run_id, self._incident.senders))
        subjects, commonplace = self._same_subject()
        stored = {one.incident for one in lists if one.identity in self._own and one.incident}
        stored |= {one.incident for one in people if one.identity in self._own}
        found = {one.incident for one in people} | {key for _, _, key in senders}
        known = ranks(connection, run_id, found)

        def span(*, since: bool) -> Span:
            def holds(identity: Identity, sent_at: int) -> bool:
                return identity not in self._own and (sent_at >= self._incident.first_sent_at) == since

            exposed: list[Exposed] = [one for one in people if holds(one.identity, one.sent_at)]
            return Span(
                same_list=_ordered(one for one in lists if holds(one.identity, one.sent_at)),
                people=len({one.key for one in exposed}),
                people_in=_ranked({one.incident for one in exposed}, known),
                sender_in=_ranked({key for identity, at, key in senders if holds(identity, at)}, known),
                same_subject=_ordered(one for one in subjects if holds(one.identity, one.sent_at)),
            )

        return LookBack(
            incident=self._incident.key,
            stored=tuple(sorted(stored)),
            commonplace=commonplace,
            before=span(since=False),
            since=span(since=True),
        )

    def _same_subject(self) -> tuple[list[Mailing], bool]:
        """Return mail of the same stem, and whether there is no stem that could tell."""
        subjects = [read_subject(entry.message.subject) for entry in self._incident.messages]
        stems = {subject.stem for subject in subjects if not subject.commonplace}
        found: dict[Identity, Mailing] = {}
        for stem in stems:
            for mailing in mailings_about(self._connection, self._run_id, _telling_word(stem)):
                if read_subject(mailing.subject).stem == stem:
                    found[mailing.identity] = mailing
        return list(found.values()), not stems


def _telling_word(stem: str) -> str:
    """Return the longest word of a stem that databases compare without regard to case; "" = it has none."""
    return max((word for word in stem.split() if word.isascii()), key=len, default="")


def _ordered(mailings: Iterable[Mailing]) -> tuple[Mailing, ...]:
    return tuple(sorted(mailings, key=lambda one: (one.sent_at, one.identity)))


def _ranked(keys: Iterable[IncidentKey], known: dict[IncidentKey, int]) -> tuple[KnownIncident, ...]:
    found = [KnownIncident(key, known.get(key, 0)) for key in keys]
    return tuple(sorted(found, key=lambda one: (one.rank == 0, one.rank, one.key)))
