"""
How an incident stands by the log of decisions.

A decision stores the identities that it judged and applies to the incident
that holds the earliest of them (CONTRACTS: Incidents, version 1). Incidents
grow, merge and split from analysis to analysis; these rules say what then
becomes of what persons decided:

- A later decision takes the place of an earlier one when it judged the
  message at which the earlier one is anchored, whatever becomes of it after.
- Decisions that differ and meet in one incident reopen it.
- Messages or exposed addresses that no decision judged reopen it.
- After a split the part with the earliest message keeps the decision, the
  rest is reopened.
- A dismissal may cover a sender or a list; then it also covers incidents
  that nobody has seen, and a decision on one of these goes before it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from scanner.model import UNDECIDED, AddressKey, Decision, Identity, Reopened, Standing, Status

_KEY_DIGITS = 12
_STATUS: dict[str, Status] = {
    "confirm": "confirmed",
    "dismiss": "dismissed",
    "ask": "asked",
    "reopen": "candidate",
}


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What a decision can be held against."""

    messages: frozenset[Identity]
    """Those that expose."""

    senders: frozenset[AddressKey]
    people: Callable[[], frozenset[str]]
    """Marks of the exposed addresses; called only where they decide something."""

    policy_sha256: str
    """Of the analysis that made the incident."""


class DecisionLog:
    """
    All decisions on incidents, ready to be asked how one of these stands.

    Args:
        decisions: In the order of the log.

        as_of: The moment at which it is judged what has expired.
    """

    def __init__(self, decisions: Iterable[Decision], as_of: int) -> None:
        self.decisions = tuple(decisions)
        self._counting = tuple(one for one in self.decisions if one.counts)
        """An unsigned decision changes nothing, neither an incident nor an earlier decision."""

        self._as_of = as_of
        self._judged: dict[str, list[Decision]] = {}
        """The first 12 digits of an identity → the decisions that judged the message."""

        for decision in self.decisions:
            for mark in _marks(decision):
                self._judged.setdefault(mark, []).append(decision)
        self._wide = [one for one in self._counting if one.scope != "incident" and not one.is_erased]
        self._replaced = {one.number: self._later(one) for one in self.decisions if one.scope == "incident"}

    def identities(self) -> frozenset[str]:
        """Return the first 12 hex digits of the identities of all messages that were ever judged."""
        return frozenset(self._judged)

    @property
    def is_wide(self) -> bool:
        """A decision covers a sender or a list: it may speak of incidents that nobody has seen."""
        return bool(self._wide)

    def needs_people(self, facts: IncidentFacts) -> bool:
        """Tell whether `standing` may ask whom the incident exposes, so that many incidents can be read at once."""
        if any(one.scope == "list" for one in self._wide):
            return True
        return any(one.policy_sha256 != facts.policy_sha256 for one in self._touching(facts))

    def standing(self, facts: IncidentFacts) -> Standing:
        """Return how an incident stands."""
        spoken = self._touching(facts)
        covering = [one for one in self._wide if _covers(one, facts)]
        if not spoken and not covering:
            return UNDECIDED
        touching = [one for one in spoken if one.counts]
        waiting = [one for one in spoken if not one.counts and _is_anchored(one, facts) and not self._is_moot(one)]
        current = [one for one in touching if one.scope == "incident" and not self._replaced[one.number]]
        held = [one for one in current if _is_anchored(one, facts)]
        status, reopened, decision = self._judge(facts, current, held, covering, touching)
        history = tuple(sorted({*spoken, *covering}, key=lambda one: one.number))
        # The time runs from what somebody knew, signed or not.
        aware = min(self._aware((*touching, *waiting)), key=lambda one: (one.aware_at, one.number), default=None)
        return Standing(
            status=status,
            reopened=reopened,
            decision=decision,
            history=history,
            triaged_at=min(one.decided_at for one in history),
            confirmed_at=max((one.decided_at for one in held if one.verdict == "confirm"), default=None),
            aware_at=aware.aware_at if aware else None,
            aware_source=aware.aware_source if aware else "",
            deadlines=aware.deadlines if aware else (),
            pending=waiting[-1] if waiting else None,
        )

    def _judge(
        self,
        facts: IncidentFacts,
        current: Sequence[Decision],
        held: Sequence[Decision],
        covering: Sequence[Decision],
        touching: Sequence[Decision],
    ) -> tuple[Status, Reopened | None, Decision | None]:
        """Return the status, why it was reopened, and the decision that both come from."""
        newest = covering[-1] if covering else None
        own = [one for one in touching if one.scope == "incident"]
        # What was confirmed is never put away by a rule about its sender or its list.
        is_confirmed = any(one.verdict == "confirm" for one in (*current, *own[-1:]))
        may_cover = newest and newest.verdict == "dismiss" and not self._is_expired(newest) and not is_confirmed
        if held:
            reopened = self._reopened(facts, held)
            if reopened is None:
                return _STATUS[held[-1].verdict], None, held[-1]
            if may_cover and newest and not (reopened.by == "person" and held[-1].number > newest.number):
                return "dismissed", None, newest
            return "candidate", reopened, held[-1]
        if may_cover:
            return "dismissed", None, newest
        if own:
            return "candidate", Reopened("split"), own[-1]
        if newest:
            return "candidate", self._why_not(newest), newest
        wide = [one for one in touching if one.scope != "incident" and _is_anchored(one, facts)]
        if wide and wide[-1].verdict == "dismiss":
            return "candidate", self._why_not(wide[-1]) or _outgrown(wide[-1], facts), wide[-1]
        return "candidate", None, wide[-1] if wide else None

    def _reopened(self, facts: IncidentFacts, held: Sequence[Decision]) -> Reopened | None:
        """Return why decisions that are anchored in the incident do not stand, None when they do."""
        for one in held:
            if why := self._why_not(one):
                return why
        if len({one.verdict for one in held}) > 1:
            return Reopened("conflict", len(held))
        judged = frozenset(identity for one in held for identity in one.judged)
        if unseen := len(facts.messages - judged):
            return Reopened("messages", unseen)
        # The same messages under the same policy show the same people: reading them again would cost most.
        if all(one.policy_sha256 == facts.policy_sha256 for one in held):
            return None
        known = frozenset(mark for one in held for mark in one.people)
        unknown = len(facts.people() - known)
        return Reopened("people", unknown) if unknown else None

    def _why_not(self, decision: Decision) -> Reopened | None:
        if decision.is_erased:
            return Reopened("erased")
        if decision.verdict == "reopen":
            return Reopened("person", at=decision.decided_at, who=decision.decided_by)
        if self._is_expired(decision):
            return Reopened("expired", at=decision.expires_at)
        return None

    def _is_expired(self, decision: Decision) -> bool:
        return decision.expires_at is not None and self._as_of >= decision.expires_at

    def _touching(self, facts: IncidentFacts) -> list[Decision]:
        found = {one.number: one for identity in facts.messages for one in self._judged.get(identity[:_KEY_DIGITS], ())}
        return [found[number] for number in sorted(found)]

    def _later(self, decision: Decision) -> tuple[Decision, ...]:
        """Return the decisions that took the place of this one."""
        return tuple(
            one
            for one in self._judged.get(decision.incident, ())
            if one.scope == "incident" and one.number > decision.number and one.counts
        )

    def _is_moot(self, decision: Decision) -> bool:
        """Tell whether something newer was decided: nobody need sign it any more."""
        return any(
            one.number > decision.number for one in self._judged.get(decision.incident, ()) if one.verdict != "ask"
        )

    def _aware(self, touching: Iterable[Decision]) -> Iterator[Decision]:
        """Yield the confirmations whose awareness counts: another confirmation or a dismissal ends it, no reopening."""
        for one in touching:
            is_ended = any(later.verdict in ("confirm", "dismiss") for later in self._replaced.get(one.number, ()))
            if one.verdict == "confirm" and one.aware_at is not None and not is_ended:
                yield one


def _marks(decision: Decision) -> frozenset[str]:
    # Of an erased decision only the key is left, which are the first digits of the earliest identity.
    return frozenset((decision.incident, *(identity[:_KEY_DIGITS] for identity in decision.judged)))


def _is_anchored(decision: Decision, facts: IncidentFacts) -> bool:
    if decision.judged:
        return decision.judged[0] in facts.messages
    return any(identity.startswith(decision.incident) for identity in facts.messages)


def _covers(decision: Decision, facts: IncidentFacts) -> bool:
    if decision.scope == "sender":
        return bool(facts.senders) and facts.senders <= decision.senders
    return bool(decision.people) and facts.people() <= decision.people


def _outgrown(decision: Decision, facts: IncidentFacts) -> Reopened:
    if decision.scope == "sender":
        return Reopened("senders", len(facts.senders - decision.senders))
    return Reopened("people", len(facts.people() - decision.people))
