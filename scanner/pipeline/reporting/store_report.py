"""The report: the last analysis, read back from the store one incident at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from sqlalchemy import Connection

from scanner.addresses import make_classifier
from scanner.analyse import (
    Afterwards,
    PeopleCollector,
    Relating,
    StatedPeople,
    concerning,
    with_list_posts,
    with_undos,
)
from scanner.config import ClientRegister, MemberNames
from scanner.model import (
    AccountMonths,
    AlsoLook,
    BelowIncident,
    BulkSend,
    CoverageRow,
    DeliveryState,
    Export,
    Gap,
    HeaderBlock,
    InboxReading,
    Incident,
    IncidentChange,
    IncidentKey,
    KeptText,
    KnownPerson,
    MissingMail,
    NearMiss,
    Outline,
    OutsiderTest,
    PeopleStatement,
    PeopleSuggestion,
    Person,
    Policy,
    RelatedIncident,
    RulingKind,
    ScanRecord,
    Statement,
    StoredMessage,
    TraceImport,
    UnscannedSender,
)
from scanner.pipeline.analysing.insight import Insight
from scanner.pipeline.reporting.as_a_whole import report_head, report_totals
from scanner.pipeline.reporting.client import clients_of, same_clients
from scanner.pipeline.reporting.incident_reader import IncidentReader
from scanner.pipeline.reporting.known import KnownPeople
from scanner.pipeline.reporting.standing import Standings
from scanner.policy import policy_text, rule_versions
from scanner.store.coverage import coverage_rows
from scanner.store.decision import chain_head, rows_as_json, statements
from scanner.store.evidence import header_blocks, missing_headers
from scanner.store.exports import exports
from scanner.store.gaps import accounts_with_gaps, open_gaps
from scanner.store.member import incidents_holding, people_of_queue
from scanner.store.people import heeded_statement, people_statements
from scanner.store.reader import list_posts, messages_by_identity
from scanner.store.results import (
    StoredAnalysis,
    StoredIncident,
    also_look_identities,
    below_incidents,
    changes_of,
    incidents_of_keys,
    queued_outlines,
    stored_incidents,
)
from scanner.store.scan_record import scan_records
from scanner.store.trace import delivery_gaps, delivery_state

Keys: TypeAlias = frozenset[IncidentKey] | None
"""Of queued incidents that are meant; None = all of them."""

_JOINED_DIGITS = 4
"""Digits of a key from which on an incident is looked for that it was joined to."""


class StoreReport:
    """A `scanner.model.Report` over one snapshot of the store."""

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        run: StoredAnalysis,
        clients: ClientRegister | None = None,
        planned: Sequence[Statement] = (),
        member_names: MemberNames | None = None,
    ) -> None:
        self._clients = clients or {}
        self._member_names = member_names or {}
        self._connection = connection
        self._policy = policy
        self._run = run
        self._statements = people_statements(connection, up_to=heeded_statement(run))
        self._stated = StatedPeople(self._statements)
        self._people: dict[Keys, PeopleCollector] = {}
        self._classify: OutsiderTest = with_list_posts(make_classifier(policy), list_posts(connection))
        self._coverage = tuple(coverage_rows(connection))
        self._accounts_with_gaps = accounts_with_gaps(connection)
        log = self.log_head = chain_head(connection)
        """Where the log of decisions ended: whoever decides by this report expects it there."""

        self.head = report_head(connection, policy, run, log)
        self._reader = IncidentReader(
            connection,
            run,
            policy,
            self._classify,
            stated=self._stated,
            clients=self._clients,
            member_names=self._member_names,
            accounts_with_gaps=self._accounts_with_gaps,
        )
        self._standings = Standings(connection, run, self._reader.exposed_of, planned)
        self.totals = report_totals(
            run,
            self._coverage,
            by_status=self._standings.by_status(run.totals["by_status"]),
            has_gaps=bool(self._accounts_with_gaps),
        )
        self._insight = Insight(connection, run, policy)
        self._reached: dict[Keys, Mapping[IncidentKey, Afterwards]] = {}

    def incidents(self, keys: Keys = None) -> Iterator[Incident]:
        """Yield queued incidents by rank; where keys are given, of these only."""
        if keys not in self._reached:
            self._reached[keys] = self._insight.reached(self._queued(keys))
        yield from self._with_insight(self._detailed(self._queued(keys)), self._reached[keys])

    def bare_incidents(self, keys: Keys = None) -> Iterator[Incident]:
        """Yield as `incidents`, without what other mail tells of them (list_trace, follow_up)."""
        yield from self._detailed(self._queued(keys))

    def find(self, beginning: str) -> Iterator[Incident]:
        """
        Yield the incidents, queued or not, whose keys begin so: by rank, then those that are not queued.

        When there is none: those that an incident of this key was joined to.
        What other mail tells of them is left out (list_trace, follow_up).
        """
        yield from self._detailed(self._beginning(beginning))

    def find_in_full(self, beginning: str) -> Iterator[Incident]:
        """Yield as `find`, with what other mail tells of them; every call reads the mail of weeks around them."""
        found = self._beginning(beginning)
        yield from self._with_insight(self._detailed(found), self._insight.reached(found))

    def _queued(self, keys: Keys) -> list[StoredIncident]:
        rows = stored_incidents(self._connection, self._run.id)
        return rows if keys is None else [row for row in rows if row.key in keys]

    def _beginning(self, beginning: str) -> list[StoredIncident]:
        found = stored_incidents(self._connection, self._run.id, beginning)
        if not found and len(beginning) >= _JOINED_DIGITS:
            for key in incidents_holding(self._connection, self._run.id, beginning):
                found += stored_incidents(self._connection, self._run.id, key)
        return found

    def related(self, key: IncidentKey) -> Iterator[RelatedIncident]:
        """Yield the incidents related to that of this key, by (first_sent_at, key)."""
        rows = incidents_of_keys(self._connection, self._run.id, (key,))
        near = incidents_of_keys(self._connection, self._run.id, [other for row in rows for other in row.related])
        if not near:
            return
        (incident,) = self._detailed(rows)
        relating = Relating(incident, self._policy)
        # One at a time: a list of thousands is related to every small incident with two of its people.
        found = [
            RelatedIncident(
                key=other.key,
                rank=other.rank,
                score=other.score,
                subject=other.subject,
                first_sent_at=other.first_sent_at,
                exposed_addresses=other.ladder.exposed_addresses,
                shared_addresses=relating.shared(other),
                why=tuple(relating.why(other)),
            )
            for other in self._detailed(near)
        ]
        yield from sorted(found, key=lambda one: (one.first_sent_at, one.key))

    def siblings(self, key: IncidentKey) -> Iterator[StoredMessage]:
        """Yield the Bcc siblings of the incident of this key, by (sent_at, identity)."""
        for row in incidents_of_keys(self._connection, self._run.id, (key,)):
            yield from messages_by_identity(self._connection, row.siblings)

    def outline(self) -> Iterator[Outline]:
        """Yield the queued incidents in their figures, by rank."""
        for key, rank, score, ladder in queued_outlines(self._connection, self._run.id):
            figures = (ladder[rung] for rung in ("messages", "exposed_addresses", "exposed_people"))
            yield Outline(key, rank, score, self._standings.status(key), *figures)

    def ruled(self, kind: RulingKind, answer: str) -> frozenset[IncidentKey]:
        """Return the incidents, queued or not, on which a ruling stands that gives this answer."""
        return self._standings.ruled(kind, answer)

    def exports(self) -> Iterator[Export]:
        """Yield what was handed out before, in the order of the log."""
        yield from exports(self._connection)

    def header_blocks(self, keys: Keys = None) -> Iterator[HeaderBlock]:
        """Yield the kept headers of the messages of these incidents, None = all that are queued; by hash."""
        wanted = [one.key for one in self.outline()] if keys is None else sorted(keys)
        yield from header_blocks(self._connection, self._run.id, wanted)

    def missing_headers(self, keys: Keys = None) -> Iterator[str]:
        """Yield the SHA-256 of each header of these incidents' messages that is not kept; None = of all queued ones."""
        wanted = [one.key for one in self.outline()] if keys is None else sorted(keys)
        yield from missing_headers(self._connection, self._run.id, wanted)

    def decision_rows(self) -> Iterator[KeptText]:
        """Yield the log of decisions as JSON, in its order."""
        yield from map(KeptText, rows_as_json(self._connection))

    def policy_text(self) -> Iterator[KeptText]:
        """Yield the policy of the analysis as it was hashed."""
        yield KeptText(policy_text(self._policy, rule_versions()))

    def decision_log(self) -> Iterator[Statement]:
        """Yield everything that persons have decided or noted, in the order of the log."""
        yield from statements(self._connection)

    def known_people(self) -> Iterator[KnownPerson]:
        """Yield whom settings, logs and the whole queue name, in no order."""
        known = KnownPeople(self._policy, self._classify, self._clients, self._member_names)
        yield from known.of_settings()
        own = {row.account for row in self._coverage} | {one.address for one in self.senders_not_scanned()}
        yield from known.of_logs(self.head.mandate, self.decision_log(), own)
        yield from known.of_queue(people_of_queue(self._connection, self._run.id))

    def scans(self) -> Iterator[ScanRecord]:
        """Yield the scans that filled the store, in their order."""
        yield from scan_records(self._connection)

    def below(self) -> Iterator[BelowIncident]:
        """Yield the incidents that are not queued, by (-score, key)."""
        for entry in below_incidents(self._connection, self._run.id):
            status, is_judged = self._standings.status(entry.key), self._standings.is_judged(entry.key)
            yield replace(entry, status=status, is_judged=is_judged)

    @property
    def outsider_test(self) -> OutsiderTest:
        """What tells outsiders under the report's policy."""
        return self._classify

    def people(self, keys: Keys = None) -> Iterator[Person]:
        """Yield exposed people of queued incidents, by person_id."""
        for person in map(self._standings.contact, self._collected(keys).result()):
            yield replace(person, clients=clients_of(person.addresses, self._clients)) if self._clients else person

    def people_suggestions(self, keys: Keys = None) -> Iterator[PeopleSuggestion]:
        """Yield which of these people may be one, by addresses."""
        collected = self._collected(keys)
        found = [*collected.suggestions(), *same_clients(collected.result(), self._clients, self._stated)]
        yield from sorted(found, key=lambda one: (one.addresses, one.rule))

    def people_statements(self, keys: Keys = None) -> Iterator[PeopleStatement]:
        """Yield what the analysis knew persons to have stated about people, in the order of the log."""
        stated = list(with_undos(self._statements))
        if stated and keys is not None:
            people = self._collected(keys).result()
            stated = list(concerning(stated, (key for person in people for key in person.addresses)))
        yield from stated

    def _collected(self, keys: Keys) -> PeopleCollector:
        """Return the people of queued incidents, gathered in one pass for all who ask."""
        if keys not in self._people:
            collector = PeopleCollector(self._stated)
            for incident in self.bare_incidents(keys):
                collector.add(incident)
            self._people[keys] = collector
        return self._people[keys]

    def coverage(self) -> Iterator[CoverageRow]:
        """Yield accounts never reached first, then by (account, mailbox, uidvalidity)."""
        yield from self._coverage

    def gaps(self) -> Iterator[Gap]:
        """Yield open gaps by (account, mailbox, uidvalidity, uid, kind), then those of received mail and traces."""
        yield from open_gaps(self._connection)
        yield from delivery_gaps(self._connection, self._policy.queue_floor)

    def inbox_readings(self) -> Iterator[InboxReading]:
        """Yield how far the received mail of each account was looked through, by account."""
        yield from self._delivery.inboxes

    def trace_imports(self) -> Iterator[TraceImport]:
        """Yield the message traces in the order of their import."""
        yield from self._delivery.traces

    def unexplained_sends(self) -> Iterator[BulkSend]:
        """Yield the mailings of message traces that no stored message explains, by (sent_at, sender, message_id)."""
        yield from self._delivery.unexplained

    @cached_property
    def _delivery(self) -> DeliveryState:
        return delivery_state(self._connection, self._policy.queue_floor)

    def changes(self) -> Iterator[IncidentChange]:
        """Yield what has changed since the analysis before, by (key, change)."""
        yield from changes_of(self._connection, self._run.number)

    def also_look(self) -> Iterator[AlsoLook]:
        """Yield by (sent_at, identity)."""
        found = also_look_identities(self._connection, self._run.id)
        figures = {identity: (visible, hidden) for identity, visible, hidden in found}
        for message in messages_by_identity(self._connection, list(figures)):
            visible, hidden = figures[message.identity]
            yield AlsoLook(message.identity, message.sent_at, message.subject, visible, hidden)

    def near_misses(self) -> Iterator[NearMiss]:
        """Yield mailings that relied on Bcc alone: over all, by (account, mailbox), by label; nothing if none did."""
        yield from self._insight.near_misses

    def missing_mail(self) -> Iterator[MissingMail]:
        """Yield mail of ours that stored mail cites and no mailbox holds, by (account, month)."""
        yield from self._insight.witness.missing

    def account_months(self) -> Iterator[AccountMonths]:
        """Yield accounts with silent months, or whose beginning looks cut, by account."""
        yield from self._insight.witness.months

    def senders_not_scanned(self) -> Iterator[UnscannedSender]:
        """Yield own addresses that wrote stored mail and belong to no scanned account, by (-messages, address)."""
        yield from self._insight.witness.senders

    def _with_insight(
        self, incidents: Iterable[Incident], reached: Mapping[IncidentKey, Afterwards]
    ) -> Iterator[Incident]:
        for one in incidents:
            follow_up = self._insight.follow_up(one, reached)
            yield replace(one, list_trace=self._insight.list_of(one), follow_up=follow_up)

    def _detailed(self, rows: Iterable[StoredIncident]) -> Iterator[Incident]:
        for incident in self._reader.incidents(rows):
            standing = self._standings.of(incident)
            yield replace(incident, status=standing.status, standing=standing)
