"""A report of some incidents: what it says of people and incidents is of these alone."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from scanner.analyse import TotalsCollector
from scanner.model import (
    AccountMonths,
    AlsoLook,
    BelowIncident,
    BulkSend,
    CoverageRow,
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
    PeopleStatement,
    PeopleSuggestion,
    Person,
    RelatedIncident,
    ScanRecord,
    Statement,
    StoredMessage,
    TraceImport,
    UnscannedSender,
)
from scanner.pipeline.reporting.concerned import Concerned, without_content
from scanner.pipeline.reporting.store_report import StoreReport


class SelectedReport:
    """
    A `Report` of some incidents: figures and people are of these alone, coverage and gaps of everything.

    Every method is written out: nothing passes that nobody has thought of.

    Args:
        report: Of all.

        keys: Of the incidents; queued ones.
    """

    def __init__(self, report: StoreReport, keys: frozenset[IncidentKey]) -> None:
        self._report = report
        self._keys = keys
        self._outline = [one for one in report.outline() if one.key in keys]
        collector = TotalsCollector(report.outsider_test)
        by_status: dict[str, int] = {}
        newest: int | None = None
        for incident in report.bare_incidents(keys):
            collector.add(incident)
            by_status[incident.status] = by_status.get(incident.status, 0) + 1
            newest = incident.last_sent_at if newest is None else max(newest, incident.last_sent_at)
        self.head = report.head
        left_out = {
            status: number - by_status.get(status, 0)
            for status, number in report.totals.by_status.items()
            if number > by_status.get(status, 0)
        }
        self.totals = replace(
            report.totals,
            ladder=collector.result(),
            by_status=by_status,
            incidents=len(self._outline),
            newest_sent_at=newest,
            left_out=left_out,
            whole=report.totals.ladder if left_out else None,
        )

    # --- of the incidents that were chosen -----------------------------------------

    def outline(self) -> Iterator[Outline]:
        """Yield by rank."""
        yield from self._outline

    def incidents(self) -> Iterator[Incident]:
        """Yield by rank; the rank is that in the whole queue."""
        yield from self._report.incidents(self._keys)

    def find(self, beginning: str) -> Iterator[Incident]:
        """Yield the chosen incidents whose keys begin so, by rank."""
        yield from (one for one in self._report.find(beginning) if one.key in self._keys)

    def related(self, key: IncidentKey) -> Iterator[RelatedIncident]:
        """Yield the chosen incidents related to that of this key, by (first_sent_at, key)."""
        yield from (one for one in self._report.related(key) if one.key in self._keys)

    def siblings(self, key: IncidentKey) -> Iterator[StoredMessage]:
        """Yield the Bcc siblings of a chosen incident, by (sent_at, identity)."""
        if key in self._keys:
            yield from self._report.siblings(key)

    def header_blocks(self) -> Iterator[HeaderBlock]:
        """Yield the kept headers of these incidents' messages, by hash."""
        yield from self._report.header_blocks(self._keys)

    def missing_headers(self) -> Iterator[str]:
        """Yield the SHA-256 of each header of these incidents' messages that is not kept."""
        yield from self._report.missing_headers(self._keys)

    def people(self) -> Iterator[Person]:
        """Yield exposed people of these incidents, by person_id."""
        yield from self._report.people(self._keys)

    def people_suggestions(self) -> Iterator[PeopleSuggestion]:
        """Yield which of these people may be one, by addresses."""
        yield from self._report.people_suggestions(self._keys)

    def people_statements(self) -> Iterator[PeopleStatement]:
        """Yield what was stated about these people, and about whom they were merged with, in the order of the log."""
        yield from self._report.people_statements(self._keys)

    def decision_rows(self) -> Iterator[KeptText]:
        """Yield the log of decisions as JSON, in its order; rows that speak of nothing chosen are without content."""
        for row, statement in zip(self._report.decision_rows(), self._report.decision_log(), strict=True):
            yield row if self._concerned.has(statement) else without_content(row)

    def decision_log(self) -> Iterator[Statement]:
        """Yield the log of decisions in its order; rows that speak of nothing chosen are without content."""
        for statement in self._report.decision_log():
            yield statement if self._concerned.has(statement) else replace(statement, payload=None)

    @cached_property
    def _concerned(self) -> Concerned:
        return Concerned(self._report.bare_incidents(self._keys), self.people_statements())

    # --- of everything: where the figures come from, how far they reach ---

    def exports(self) -> Iterator[Export]:
        """Yield what was handed out before, in the order of the log."""
        yield from self._report.exports()

    def policy_text(self) -> Iterator[KeptText]:
        """Yield the policy of the analysis as it was hashed."""
        yield from self._report.policy_text()

    def known_people(self) -> Iterator[KnownPerson]:
        """Yield whom settings, logs and the whole queue name: a text may name somebody of another incident."""
        yield from self._report.known_people()

    def scans(self) -> Iterator[ScanRecord]:
        """Yield the scans that filled the store, in their order."""
        yield from self._report.scans()

    def changes(self) -> Iterator[IncidentChange]:
        """Yield what has changed since the analysis before, by (key, change)."""
        yield from self._report.changes()

    def below(self) -> Iterator[BelowIncident]:
        """Yield the incidents that are not queued, in their figures, by (-score, key)."""
        yield from self._report.below()

    def also_look(self) -> Iterator[AlsoLook]:
        """Yield by (sent_at, identity)."""
        yield from self._report.also_look()

    def coverage(self) -> Iterator[CoverageRow]:
        """Yield accounts never reached first, then by (account, mailbox, uidvalidity)."""
        yield from self._report.coverage()

    def gaps(self) -> Iterator[Gap]:
        """Yield open gaps as the whole report does."""
        yield from self._report.gaps()

    def inbox_readings(self) -> Iterator[InboxReading]:
        """Yield how far the received mail of each account was looked through, by account."""
        yield from self._report.inbox_readings()

    def trace_imports(self) -> Iterator[TraceImport]:
        """Yield the message traces in the order of their import."""
        yield from self._report.trace_imports()

    def unexplained_sends(self) -> Iterator[BulkSend]:
        """Yield the mailings of message traces that no stored message explains, by (sent_at, sender, message_id)."""
        yield from self._report.unexplained_sends()

    def near_misses(self) -> Iterator[NearMiss]:
        """Yield mailings that relied on Bcc alone: over all, by (account, mailbox), by label; nothing if none did."""
        yield from self._report.near_misses()

    def missing_mail(self) -> Iterator[MissingMail]:
        """Yield mail of ours that stored mail cites and no mailbox holds, by (account, month)."""
        yield from self._report.missing_mail()

    def account_months(self) -> Iterator[AccountMonths]:
        """Yield accounts with silent months, or whose beginning looks cut, by account."""
        yield from self._report.account_months()

    def senders_not_scanned(self) -> Iterator[UnscannedSender]:
        """Yield own addresses that wrote stored mail and belong to no scanned account, by (-messages, address)."""
        yield from self._report.senders_not_scanned()
