"""
What nobody else shows, from rows that are there already: lists that came again, near misses, follow-ups, witnesses.

Nothing of it is kept. All is counted when it is asked for, within the
snapshot of the report, from the findings and classes of its analysis and the
mail that was stored by then: an analysis does not pay for it, and it cannot
go stale beside one that is incremental.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection, select

from scanner.addresses.host import is_consumer_host
from scanner.analyse.fingerprint import is_alphabetical, trace_lists
from scanner.analyse.follow_up import NOBODY, Afterwards, Seeker, describe_follow_up, follow_ups
from scanner.analyse.message_id import is_below, message_id_host, message_ids_in
from scanner.analyse.near_miss import count_near_misses, near_misses
from scanner.analyse.pattern import message_labels
from scanner.analyse.subject import read_subject
from scanner.analyse.witness import MissingCollector, account_months, beginnings, own_hosts
from scanner.model import (
    AddressedMail,
    FollowUp,
    Identity,
    Incident,
    IncidentKey,
    ListTrace,
    NearMiss,
    Policy,
    ReferredIncident,
    UnscannedSender,
    Witness,
)
from scanner.store import witness as store_witness
from scanner.store.addressed import RunScope, address_number, addressed_mail, mail_between, mailbox_places
from scanner.store.insert import chunks
from scanner.store.octets import identity_from, octets_of
from scanner.store.reader import messages_by_identity
from scanner.store.results import StoredAnalysis, StoredIncident
from scanner.store.schema import analysis_run, message

_DAY = 86_400
_AT_ONCE = 2_000
_MAKERS = frozenset(
    {"outlook.com", "google.com", "amazonses.com", "apple.com", "protonmail.ch", "sendgrid.net", "mailgun.org"}
)
"""Domains whose systems put their own name into the Message-IDs of many organisations."""


class Insight:
    """
    Counts what one analysis and its mail tell; each part on first use.

    Args:
        connection: Within the snapshot of a report.

        run: The analysis.

        policy: The one it was made under.
    """

    def __init__(self, connection: Connection, run: StoredAnalysis, policy: Policy) -> None:
        self._connection = connection
        self._policy = policy
        query = select(analysis_run.c.policy_id).where(analysis_run.c.id == run.id)
        policy_id = connection.execute(query).scalar_one()
        newest = run.newest_message
        if newest is None:
            newest = connection.execute(select(message.c.id).order_by(message.c.id.desc()).limit(1)).scalar() or 0
        self._scope = RunScope(run.id, policy_id, newest)

    @cached_property
    def _mails(self) -> list[AddressedMail]:
        return addressed_mail(self._connection, self._scope, self._policy)

    @cached_property
    def _by_identity(self) -> Mapping[Identity, AddressedMail]:
        return {mail.identity: mail for mail in self._mails}

    # --- lists ---------------------------------------------------------------------

    @cached_property
    def lists(self) -> tuple[ListTrace, ...]:
        """Every list of at least five outsiders that mail went to, by the moment it went out first."""
        return tuple(trace_lists(self._mails))

    @cached_property
    def _list_of(self) -> Mapping[Identity, int]:
        return {
            identity: place
            for place, trace in enumerate(self.lists)
            for mailing in trace.mailings
            for identity in mailing.identities
        }

    def list_of(self, incident: Incident) -> ListTrace | None:
        """Return the list that the incident showed, of several the one with most addresses; None for short ones."""
        places = {self._list_of.get(part.message.identity, -1): part for part in reversed(incident.messages)}
        places.pop(-1, None)
        if not places:
            return None
        place = min(places, key=lambda one: (-max(mailing.shown for mailing in self.lists[one].mailings), one))
        return replace(self.lists[place], is_alphabetical=is_alphabetical(places[place].message))

    # --- near misses -----------------------------------------------------------------

    @cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """Mailings that relied on Bcc alone: over all, by mailbox, by label."""
        mails = near_misses(self._mails, self._policy.queue_floor)
        numbers = [mail.number for mail in mails]
        return count_near_misses(mails, mailbox_places(self._connection, numbers), self._labels(mails))

    def _labels(self, mails: Sequence[AddressedMail]) -> dict[int, list[str]]:
        if not self._policy.labels:
            return {}
        numbers = {mail.identity: mail.number for mail in mails}
        found: dict[int, list[str]] = {}
        for some in chunks([mail.identity for mail in mails]):
            for stored in messages_by_identity(self._connection, some):
                names = [label.name for label in message_labels(stored, self._policy)]
                found[numbers[stored.identity]] = names
        return found

    # --- the apology check -----------------------------------------------------------

    def reached(self, rows: Iterable[StoredIncident]) -> Mapping[IncidentKey, Afterwards]:
        """Return, for incidents of the run, whom mail afterwards reached: material for `follow_up`."""
        sought = self._sought(list(rows))
        if not sought:
            return {}
        seeker = Seeker(sought)
        first, last = min(one.first_sent_at for one in sought), max(one.until for one in sought)
        found = list(seeker.referred(mail_between(self._connection, self._scope, first, last)))
        numbers = sorted({number for number, _, _ in found})
        mails = {
            mail.number: mail
            for some in chunks(numbers, _AT_ONCE)
            for mail in addressed_mail(self._connection, self._scope, self._policy, some)
        }
        return follow_ups(found, mails)

    def _sought(self, rows: Sequence[StoredIncident]) -> list[ReferredIncident]:
        wanted = [identity for row in rows for identity in (*row.kinds, *row.siblings)]
        table = message.c
        known: dict[Identity, tuple[int, str, str]] = {}
        for some in chunks([octets_of(identity) for identity in wanted]):
            query = select(table.identity, table.id, table.subject, table.message_id).where(table.identity.in_(some))
            for identity, number, subject, name in self._connection.execute(query):
                known[identity_from(identity)] = (number, subject, name.strip())
        sought = []
        for row in rows:
            members = [known[identity] for identity in row.kinds if identity in known]
            shown = [self._by_identity[identity] for identity in row.kinds if identity in self._by_identity]
            subjects = [read_subject(subject) for _, subject, _ in members]
            sought.append(
                ReferredIncident(
                    key=row.key,
                    first_sent_at=row.first_sent_at,
                    until=self._until(row.last_sent_at),
                    stems=frozenset(subject.stem for subject in subjects if not subject.commonplace),
                    message_ids=frozenset(name for _, _, name in members if name),
                    messages=frozenset(known[one][0] for one in row.kinds if one in known),
                    siblings=frozenset(known[one][0] for one in row.siblings if one in known),
                    apologies=frozenset(
                        known[one][0] for one, kind in row.kinds.items() if kind == "apology" and one in known
                    ),
                    exposed=frozenset(
                        number for mail in shown if mail.shown >= 2 for number in mail.people[: mail.shown]
                    ),
                )
            )
        return sought

    def _until(self, last_sent_at: int) -> int:
        return last_sent_at + self._policy.window_days * _DAY

    def follow_up(self, incident: Incident, reached: Mapping[IncidentKey, Afterwards]) -> FollowUp | None:
        """Return who of the exposed was written to afterwards; None where nobody's address could be read."""
        if not incident.exposed:
            return None
        numbers = {entry.key: address_number(entry.key) for entry in incident.exposed}
        return describe_follow_up(
            incident, self._until(incident.last_sent_at), reached.get(incident.key, NOBODY), numbers
        )

    # --- witnesses -------------------------------------------------------------------

    @property
    def senders_not_scanned(self) -> tuple[UnscannedSender, ...]:
        """Own addresses that wrote stored mail and belong to no scanned account, by (-messages, address)."""
        return senders_not_scanned(self._connection, self._policy, self._scope.policy_id)

    @cached_property
    def witness(self) -> Witness:
        """What the stored mail says about mail that is not stored."""
        return find_witness(self._connection, self._policy, self._scope.policy_id)


def find_witness(connection: Connection, policy: Policy, policy_id: int) -> Witness:
    """Return what all stored mail says about mail that is not stored."""
    days = store_witness.sent_days(connection)
    begins = beginnings(days)
    collector = MissingCollector(begins)
    hosts = _own_hosts(connection, policy)
    waiting: list[_Cited] = []
    for mail in store_witness.citing_mail(connection):
        ours = hosts.get(mail.account)
        if not ours:
            continue
        names = set(message_ids_in(f"{mail.in_reply_to} {mail.references}"))
        waiting += [_Cited(name, mail) for name in names if message_id_host(name) in ours]
        if len(waiting) >= _AT_ONCE:
            _sort_out(connection, policy_id, waiting, collector)
    _sort_out(connection, policy_id, waiting, collector)
    cut = frozenset(name for name in begins if collector.looks_cut(name))
    return Witness(
        missing=collector.result(),
        months=account_months(days, begins, cut),
        senders=senders_not_scanned(connection, policy, policy_id),
    )


def senders_not_scanned(connection: Connection, policy: Policy, policy_id: int) -> tuple[UnscannedSender, ...]:
    """Return own addresses that wrote stored mail and belong to no scanned account, by (-messages, address)."""
    return store_witness.own_senders(connection, policy_id, policy.account_addresses)


class _Cited(NamedTuple):
    name: str
    """Message-ID."""

    by: store_witness.Citing


def _own_hosts(connection: Connection, policy: Policy) -> dict[str, frozenset[str]]:
    counts: dict[tuple[str, str], int] = {}
    foreign: set[str] = set()
    for name, is_ours, account in store_witness.message_ids(connection):
        host = message_id_host(name)
        if is_ours:
            counts[account, host] = counts.get((account, host), 0) + 1
        else:
            foreign.add(host)
    foreign.update(host for _, host in counts if is_below(host, _MAKERS) or is_consumer_host(host))
    return own_hosts(counts, foreign, policy.domains)


def _sort_out(connection: Connection, policy_id: int, waiting: list[_Cited], collector: MissingCollector) -> None:
    """Hand on what no stored message has as its Message-ID, and empty the list."""
    stored = store_witness.stored_ids(connection, {cited.name for cited in waiting})
    missing = [cited for cited in waiting if cited.name not in stored]
    doubtful = store_witness.among_colleagues(connection, policy_id, {cited.by.number for cited in missing})
    for cited in missing:
        if cited.by.number not in doubtful:
            collector.add(cited.name, cited.by.account, cited.by.sent_at)
    waiting.clear()
