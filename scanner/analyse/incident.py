"""From readings to incidents: link, weigh, rank."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scanner.analyse.alone import NOBODY
from scanner.analyse.case import Case, Circle, describe_circle, most_unread
from scanner.analyse.factor import circle_points
from scanner.analyse.kind import unseen_recalls
from scanner.analyse.ladder import IncidentDetail, detail_readings
from scanner.analyse.linking import link_messages
from scanner.analyse.pattern import label_names
from scanner.analyse.ranking import explain_score, queue_reason
from scanner.analyse.reading import Reading
from scanner.analyse.related import relate_incidents
from scanner.analyse.stated import NOTHING_STATED, StatedPeople
from scanner.analyse.surroundings import Surroundings, read_surroundings
from scanner.analyse.thread import ThreadFacts
from scanner.model import (
    Identity,
    Incident,
    IncidentKey,
    IncidentMessage,
    OutsiderTest,
    Policy,
    Progress,
    queue_order,
)

_KEY_DIGITS = 12


def incident_key(identity: Identity) -> IncidentKey:
    """Return the key, version 1, of the incident whose earliest message has this identity."""
    return IncidentKey(identity[:_KEY_DIGITS])


def build_incidents(
    readings: Sequence[Reading],
    facts: ThreadFacts,
    policy: Policy,
    classify: OutsiderTest,
    progress: Progress | None = None,
    stated: StatedPeople = NOTHING_STATED,
    alone: Mapping[Identity, int] = NOBODY,
) -> tuple[list[Incident], dict[IncidentKey, Surroundings]]:
    """
    Return all incidents, queued ones by rank, then the others by (-score, key); and what surrounds them.

    Args:
        readings: All candidates by (sent_at, identity).

        facts: From `thread_facts`.

        policy: What decides.

        classify: Its outsider test.

        progress: Told about incidents.

        stated: What persons have stated about people.

        alone: From `count_alone`.
    """
    links = link_messages(readings, policy.window_days)
    groups = [[readings[index] for index in cluster] for cluster in links.clusters]
    surroundings = list(read_surroundings(readings, links, facts, alone, policy))
    if progress:
        progress.expect(len(groups))
    incidents = []
    for members, around in zip(groups, surroundings, strict=True):
        incidents.append(build_incident(members, around, policy, classify, stated))
        if progress:
            progress.advance(1)
    related = relate_incidents(groups, [bool(incident.queued) for incident in incidents])
    linked = [
        replace(incident, related=tuple(sorted(incidents[other].key for other in others))) if others else incident
        for incident, others in zip(incidents, related, strict=True)
    ]
    keys = (incident.key for incident in linked)
    return rank_incidents(linked), dict(zip(keys, surroundings, strict=True))


def rank_incidents(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the incidents with their ranks, by `queue_order`; rank 0 is not queued."""
    everything = list(incidents)
    queued = sorted(
        (one for one in everything if one.queued),
        key=lambda one: queue_order(one.score, one.ladder.exposed_addresses, one.first_sent_at, one.key),
    )
    others = sorted((one for one in everything if not one.queued), key=lambda one: (-one.score, one.key))
    return [replace(incident, rank=place) for place, incident in enumerate(queued, 1)] + others


def build_incident(
    members: Sequence[Reading],
    around: Surroundings,
    policy: Policy,
    classify: OutsiderTest,
    stated: StatedPeople = NOTHING_STATED,
) -> Incident:
    """
    Return one incident without relations and rank.

    Args:
        members: Its messages by (sent_at, identity).

        around: All that mail beside it says: nothing else of other messages has a part in the incident.

        stated: What persons have stated about people.
    """
    case = _case(members, around, policy, classify, stated)
    reasons = explain_score(case)
    score = sum(reason.points for reason in reasons)
    subjects = (reading.message.subject for reading in members)
    unseen = unseen_recalls(zip(around.kinds, subjects, strict=True), around.siblings)
    return Incident(
        key=incident_key(members[0].message.identity),
        rank=0,
        score=score,
        queued=queue_reason(case, score, policy),
        status="candidate",
        subject=members[0].message.subject,
        senders=tuple(sorted({key for reading in members for key in reading.exposure.senders})),
        first_sent_at=members[0].sent_at,
        last_sent_at=members[-1].sent_at,
        label=", ".join(case.labels),
        reasons=reasons,
        ladder=case.detail.ladder,
        related=(),
        bcc_siblings=around.siblings,
        messages=tuple(
            IncidentMessage(reading.message, kind, reading.exposed, place in unseen)
            for place, (reading, kind) in enumerate(zip(members, around.kinds, strict=True))
        ),
        exposed=case.detail.exposed,
        viewers=case.detail.viewers,
    )


def _case(
    members: Sequence[Reading],
    around: Surroundings,
    policy: Policy,
    classify: OutsiderTest,
    stated: StatedPeople,
) -> Case:
    """Return what the rules of ranking and of the queue ask of an incident."""
    detail = detail_readings([(reading.message, reading.exposure) for reading in members], classify, stated)
    circle = describe_circle(detail.exposed, classify)
    strangest, judged = _strangest(members, detail, circle, policy, classify)
    return Case(
        members=members,
        around=around,
        detail=detail,
        circle=circle,
        strangest=strangest,
        judged=judged,
        labels=label_names((label for reading in members for label in reading.labels), policy),
        policy=policy,
    )


def _strangest(
    members: Sequence[Reading], detail: IncidentDetail, whole: Circle, policy: Policy, classify: OutsiderTest
) -> tuple[Circle, int]:
    """
    Return the circle of one mail, or of all, that weighs most, and how many people it is judged by.

    Harmless mail beside it hides nothing: it is judged by all people of the
    incident. But a mail that shows fewer people than the floor does not make
    strangers of a team of twenty, so it is judged by its own number.
    """
    lists = {reading.exposed for reading in members if len(reading.exposed) >= 2}
    if len(lists) < 2:
        return whole, whole.persons
    known = {entry.key: entry for entry in detail.exposed}
    circles = [describe_circle([known[key] for key in keys], classify) for keys in sorted(lists)]
    judged = [(whole, whole.persons)]
    for circle in circles:
        judged.append((circle, whole.persons if circle.people >= policy.queue_floor else circle.persons))
    unread = most_unread(members)
    return max(judged, key=lambda one: (circle_points(one[0], one[1], unread), one[0].people))
