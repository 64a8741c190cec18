"""
The score of an incident, and whether it is queued.

A score is the sum of its reasons, nominally up to 100, never clamped
(CONTRACTS: Incidents). The queue rule is asked last: no figure of the ladder
depends on it.

Hints lower a score as far as the queue score of the policy and no further:
what is not proven never decides that nobody looks.
"""

from dataclasses import replace

from scanner.analyse.case import Case
from scanner.analyse.factor import raising_reasons
from scanner.analyse.kind import refers_back
from scanner.analyse.mitigant import hinting_reasons, proven_reasons
from scanner.model import RECALL_KINDS, Policy, Reason


def explain_score(case: Case) -> tuple[Reason, ...]:
    """Return the reasons of the score: what raises by points, then what lowers; nothing that gives no point."""
    raising = sorted((reason for reason in raising_reasons(case) if reason.points), key=_weight)
    lowering = [reason for reason in proven_reasons(case) if reason.points]
    room = sum(reason.points for reason in (*raising, *lowering)) - case.policy.queue_score
    for hint in hinting_reasons(case):
        points = max(hint.points, -max(room, 0))
        if points:
            lowering.append(replace(hint, points=points))
            room += points
    return (*raising, *sorted(lowering, key=_weight))


def _weight(reason: Reason) -> tuple[int, str]:
    return -abs(reason.points), reason.rule


def queue_reason(case: Case, score: int, policy: Policy) -> str:
    """Return why the incident is queued: floor, recall, label, unreadable list; "" when it is not."""
    if score < policy.queue_score:
        return ""
    addresses = case.addresses
    if addresses >= policy.queue_floor:
        return "floor"
    if addresses >= 2 and (case.around.quiet_recalls or RECALL_KINDS.intersection(case.around.kinds)):
        return "recall"
    for reading, kind in zip(case.members, case.around.kinds, strict=True):
        # "Re:" written by hand answers nothing: a labelled mail is left out only where a field says that it answers.
        is_reply = kind == "reply" and refers_back(reading.message.fields)
        if reading.labels and reading.exposed and not is_reply:
            return "label"
    unresolved = max(reading.exposure.unresolved_visible for reading in case.members)
    visible = {key for reading in case.members for key in reading.exposure.visible}
    return "unreadable list" if unresolved and len(visible) + unresolved >= policy.queue_floor else ""
