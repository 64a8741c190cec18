"""
What persons decide: the rules by which decisions apply to incidents.

Pure: no store, no clock, no settings. The log of decisions comes in as frozen
objects, and what comes out says how an incident stands and why.
"""

from scanner.review.awareness import Awareness, Regime, deadlines, known_regimes, state_awareness
from scanner.review.decision import decision_payload, person_mark, read_decision
from scanner.review.moment import end_of_day, read_last_day, read_moment, start_of_day
from scanner.review.reason import said
from scanner.review.ruling import (
    ANSWERED,
    KINDS,
    RULING,
    RulingLog,
    is_same_person,
    read_ruling,
    read_signatures,
    ruling_statement,
    state_severity,
)
from scanner.review.standing import DecisionLog, IncidentFacts
from scanner.review.tracking import FLAGS, NOTIFIED, Tracking, person_statement, viewer_statement

__all__ = [
    "ANSWERED",
    "FLAGS",
    "KINDS",
    "NOTIFIED",
    "RULING",
    "Awareness",
    "DecisionLog",
    "IncidentFacts",
    "Regime",
    "RulingLog",
    "Tracking",
    "deadlines",
    "decision_payload",
    "end_of_day",
    "is_same_person",
    "known_regimes",
    "person_mark",
    "person_statement",
    "read_decision",
    "read_last_day",
    "read_moment",
    "read_ruling",
    "read_signatures",
    "ruling_statement",
    "said",
    "start_of_day",
    "state_awareness",
    "state_severity",
    "viewer_statement",
]
