"""What the authority's form is filled in from, gathered of the incidents in one pass."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from scanner.export.authority.naming import Named
from scanner.export.tables.follow_up import DeletionCount
from scanner.export.words.decision import open_deadlines, with_time_left
from scanner.export.words.moment import Clock
from scanner.export.words.wording import full_moment, rule_name
from scanner.model import Incident, IncidentKey, Report, RulingKind, Standing, is_dated


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident in figures."""

    key: str
    first: str
    last: str
    aware: str
    messages: int
    addresses: int
    people: int


@dataclass(frozen=True, slots=True)
class Case:
    """What is gathered of one incident."""

    line: IncidentLine
    key: IncidentKey
    first: int
    last: int
    standing: Standing

    def text(self, kind: RulingKind) -> str:
        """Return what a person wrote of this kind, "" if nobody did."""
        ruling = self.standing.ruling(kind)
        return ruling.text if ruling else ""


@dataclass(slots=True)
class Facts:
    """What is gathered of the incidents in one pass."""

    cases: list[Case] = field(default_factory=list)
    """By when they began, those without a date last."""

    recalls: int = 0
    siblings: int = 0
    labels: dict[str, IncidentKey] = field(default_factory=dict)
    """Each with the first incident that has it."""

    deadlines: list[tuple[int, str]] = field(default_factory=list)
    """By moment."""

    deletions: DeletionCount = field(default_factory=DeletionCount)
    named: Named = field(default_factory=Named)
    """Everybody whom what persons wrote may name."""


def gather(report: Report, clock: Clock, deadline: str, regimes: frozenset[str] = frozenset()) -> Facts:
    """
    Read the incidents once.

    Args:
        report: Of the incidents that the authority is told of.

        clock: The organisation's.

        deadline: The sentence of a deadline, with places for `incident`, `rule` and `when`.

        regimes: Whose deadlines are told; none = all.
    """
    facts = Facts(named=Named(report.known_people, report.head.organisation))
    for incident in report.incidents():
        span = incident.first_sent_at, incident.last_sent_at
        facts.cases.append(Case(_line(incident, clock), incident.key, *span, incident.standing))
        corrections = sum(part.kind == "correction" for part in incident.messages)
        facts.recalls += corrections + incident.recalls - incident.unseen_recalls
        facts.siblings += len(incident.bcc_siblings)
        for label in filter(None, incident.label.split(", ")):
            facts.labels.setdefault(label, incident.key)
        facts.named.add(incident)
        facts.deletions.add(incident)
        facts.deadlines += _deadlines(incident, clock, report.head.decided_until, deadline, regimes)
    facts.cases.sort(key=lambda one: (not is_dated(one.first), one.first, one.key))
    facts.deadlines.sort()
    return facts


def _deadlines(
    incident: Incident, clock: Clock, now: int, sentence: str, regimes: frozenset[str]
) -> Iterator[tuple[int, str]]:
    for one in open_deadlines(incident.standing):
        if one.addressee == "authority" and (not regimes or one.regime in regimes):
            said = partial(_deadline, sentence, incident.key, rule_name(one.name))
            yield one.due_at, with_time_left(one.due_at, clock, now, said)


def _deadline(sentence: str, key: str, rule: str, when: str) -> str:
    return sentence.format(incident=key, rule=rule, when=when)


def _line(incident: Incident, clock: Clock) -> IncidentLine:
    aware = incident.standing.aware_at
    return IncidentLine(
        key=incident.key,
        first=full_moment(clock, incident.first_sent_at),
        last=full_moment(clock, incident.last_sent_at),
        aware=full_moment(clock, aware) if aware is not None else "",
        messages=incident.ladder.messages,
        addresses=incident.ladder.exposed_addresses,
        people=incident.ladder.exposed_people,
    )
