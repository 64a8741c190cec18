"""How the incidents of a report stand by the log of decisions, which may be newer than the analysis."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from sqlalchemy import Connection

from scanner.chain import canonical_json, payload_sha256
from scanner.model import UNDECIDED, AddressKey, Incident, IncidentKey, Person, RulingKind, Standing, Statement, Status
from scanner.review import (
    RULING,
    DecisionLog,
    IncidentFacts,
    RulingLog,
    Tracking,
    person_mark,
    read_decision,
    read_ruling,
    read_signatures,
)
from scanner.review.tracking import PERSON, VIEWER
from scanner.store.decision import statements
from scanner.store.found import found_at
from scanner.store.member import incident_members, incident_senders
from scanner.store.results import StoredAnalysis, queued_keys

_KEY_DIGITS = 12

ExposedOf = Callable[[frozenset[IncidentKey]], Iterable[tuple[IncidentKey, frozenset[AddressKey]]]]
"""Reads whom each of these incidents exposes, many at a time."""


class Standings:
    """
    Holds every incident of one analysis against the decisions of the store.

    Args:
        connection: A snapshot of the store.

        run: The analysis.

        exposed_of: Asked only where new people or a list decide.

        planned: Statements that are not written yet and count all the same, numbered on from the log.
    """

    def __init__(
        self, connection: Connection, run: StoredAnalysis, exposed_of: ExposedOf, planned: Sequence[Statement] = ()
    ) -> None:
        self._connection = connection
        self._run = run
        self._exposed_of = exposed_of
        log = [*statements(connection, "incident", "sign", RULING, VIEWER, PERSON), *planned]
        signed = read_signatures(log)
        decisions = (read_decision(one, signed.get(one.number)) for one in log if one.kind == "incident")
        self._log = DecisionLog(decisions, run.as_of)
        self._rulings = RulingLog(read_ruling(one, signed.get(one.number)) for one in log if one.kind == RULING)
        self._tracking = Tracking(log)
        self._judged = self._log.identities()
        self._found = found_at(connection)

    def of(self, incident: Incident) -> Standing:
        """Return how an incident stands that has been read in full."""
        messages = frozenset(part.message.identity for part in incident.messages)
        standing = UNDECIDED
        if self._log.decisions:
            facts = IncidentFacts(
                messages=messages,
                senders=frozenset(incident.senders),
                people=lambda: frozenset(person_mark(entry.key) for entry in incident.exposed),
                policy_sha256=self._run.policy_sha256,
            )
            standing = replace(self._log.standing(facts), rulings=self._rulings.of(messages))
        deletions = self._tracking.deletions(messages)
        standing = replace(standing, state=_state(incident, standing), deletions=deletions)
        found = [self._found[key] for key in {identity[:_KEY_DIGITS] for identity in messages} if key in self._found]
        return replace(standing, found_at=min(found)) if found else standing

    def contact(self, person: Person) -> Person:
        """Return a person with what was noted of that person."""
        found = self._tracking.contact(person.addresses) if self._tracking.has_contacts else None
        return replace(person, contact=found) if found else person

    def status(self, key: IncidentKey) -> Status:
        """Return the status of an incident by its key, without reading it."""
        return self._decided.get(key, "candidate")

    def is_judged(self, key: IncidentKey) -> bool:
        """Tell whether somebody ever decided anything on an incident that is not queued, whatever became of that."""
        return key in self._decided

    def ruled(self, kind: RulingKind, answer: str) -> frozenset[IncidentKey]:
        """Return the incidents on which a ruling of this kind stands that gives this answer, without reading them."""
        if not self._rulings:
            return frozenset()
        found = set()
        for key, messages in incident_members(self._connection, self._run.id).items():
            ruling = replace(UNDECIDED, rulings=self._rulings.of(messages)).ruling(kind)
            if ruling is not None and ruling.answer == answer:
                found.add(key)
        return frozenset(found)

    def by_status(self, counted: Mapping[str, int]) -> Mapping[str, int]:
        """
        Return how many queued incidents have each status; a status that none has is left out.

        Args:
            counted: The same at the end of the analysis, when nobody had decided.
        """
        if not self._log.decisions:
            return counted
        figures: dict[str, int] = {}
        for key in queued_keys(self._connection, self._run.id):
            status = self.status(key)
            figures[status] = figures.get(status, 0) + 1
        return figures

    @cached_property
    def _decided(self) -> dict[IncidentKey, Status]:
        """The status of every incident that a decision speaks of."""
        if not self._log.decisions:
            return {}
        senders = incident_senders(self._connection, self._run.id) if self._log.is_wide else {}
        queued = frozenset(queued_keys(self._connection, self._run.id))
        found: dict[IncidentKey, Status] = {}
        unread: dict[IncidentKey, IncidentFacts] = {}
        for key, messages in incident_members(self._connection, self._run.id).items():
            is_judged = any(identity[:_KEY_DIGITS] in self._judged for identity in messages)
            # Below the floor nobody looks at what a rule about a sender or list would cover.
            if is_judged or (self._log.is_wide and key in queued):
                facts = IncidentFacts(messages, senders.get(key, frozenset()), _unread, self._run.policy_sha256)
                if self._log.needs_people(facts):
                    unread[key] = facts
                else:
                    found[key] = self._log.standing(facts).status
        for key, exposed in self._exposed_of(frozenset(unread)) if unread else ():
            marks = frozenset(map(person_mark, exposed))
            found[key] = self._log.standing(replace(unread[key], people=partial(frozenset, marks))).status
        return found


def _unread() -> frozenset[str]:
    raise AssertionError("nobody's address decides here")


def _state(incident: Incident, standing: Standing) -> str:
    """Return the mark of what an incident holds and of what was decided on it."""
    parts = {
        "messages": sorted(part.message.identity for part in incident.messages),
        "exposed": [entry.key for entry in incident.exposed],
        "decisions": [(one.number, one.counts) for one in standing.history],
        "rulings": [(one.number, one.counts) for one in standing.rulings],
        "status": standing.status,
    }
    return payload_sha256(canonical_json(parts))[:_KEY_DIGITS]
