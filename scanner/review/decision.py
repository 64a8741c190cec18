"""Decisions on incidents as they stand in the log, and back."""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from scanner.model import AddressKey, Deadline, Decision, Identity, IncidentKey, Scope, Signature, Statement, Verdict

KIND = "incident"
"""What the log calls a decision on an incident."""

_MARK_DIGITS = 12


def person_mark(address: AddressKey) -> str:
    """
    Return the mark under which a decision remembers an exposed address.

    The first 12 hex digits of its SHA-256: enough to tell somebody new among
    50,000 people, and no list of addresses in the log.
    """
    return hashlib.sha256(address.encode()).hexdigest()[:_MARK_DIGITS]


def decision_payload(decision: Decision) -> Mapping[str, Any]:
    """Return what of a decision may have to be erased one day, as values that JSON holds."""
    return {
        "reason": decision.reason,
        "judged": list(decision.judged),
        "people": sorted(decision.people),
        "senders": sorted(decision.senders),
        "policy_sha256": decision.policy_sha256,
        "reported_at": decision.reported_at,
        "aware_at": decision.aware_at,
        "aware_source": decision.aware_source,
        "needs_signature": decision.needs_signature,
        "deadlines": [
            {"regime": one.regime, "name": one.name, "addressee": one.addressee, "due_at": one.due_at}
            for one in decision.deadlines
        ],
    }


def read_decision(statement: Statement, signature: Signature | None = None) -> Decision:
    """Return the decision of a row of kind `incident`; an erased one has judged nothing that is still known."""
    content = statement.payload or {}
    return Decision(
        number=statement.number,
        incident=IncidentKey(statement.incident),
        verdict=cast(Verdict, statement.verdict),
        scope=cast(Scope, statement.scope),
        decided_by=statement.decided_by,
        applied_by=statement.applied_by,
        decided_at=statement.decided_at,
        recorded_at=statement.recorded_at,
        expires_at=statement.expires_at,
        reason=content.get("reason", ""),
        judged=tuple(map(Identity, content.get("judged", ()))),
        people=frozenset(content.get("people", ())),
        senders=frozenset(map(AddressKey, content.get("senders", ()))),
        policy_sha256=content.get("policy_sha256", ""),
        reported_at=content.get("reported_at"),
        aware_at=content.get("aware_at"),
        aware_source=content.get("aware_source", ""),
        deadlines=tuple(Deadline(**one) for one in content.get("deadlines", ())),
        is_erased=statement.payload is None,
        needs_signature=content.get("needs_signature", False),
        signature=signature,
    )
