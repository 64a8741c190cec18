"""From readings to incidents: link, weigh, rank."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scanner.analyse.case import Case, Circle, Excused, describe_circle
from scanner.analyse.evidence import ExposureHistory, HiddenMailings
from scanner.analyse.kind import joint_kind
from scanner.analyse.ladder import IncidentDetail, detail_readings
from scanner.analyse.linking import Links, link_messages
from scanner.analyse.pattern import label_names
from scanner.analyse.ranking import explain_score, queue_reason
from scanner.analyse.reading import Reading
from scanner.analyse.related import relate_incidents
from scanner.analyse.thread import StoredThreads, find_excuses, find_newcomers, thread_origins
from scanner.model import (
    AddressKey,
    Identity,
    Incident,
    IncidentKey,
    IncidentMessage,
    MessageKind,
    OutsiderTest,
    Policy,
    Progress,
)

_KEY_DIGITS = 12


def incident_key(identity: Identity) -> IncidentKey:
    """Return the key, version 1, of the incident whose earliest message has this identity."""
    return IncidentKey(identity[:_KEY_DIGITS])


def build_incidents(
    readings: Sequence[Reading],
    threads: StoredThreads,
    policy: Policy,
    classify: OutsiderTest,
    progress: Progress | None = None,
) -> list[Incident]:
    """
    Return all incidents: queued ones by rank, then the others by (-score, key).

    Args:
        readings: All candidates by (sent_at, identity).

        threads: From `stored_threads`.
    """
    links = link_messages(readings, policy.window_days)
    groups = [[readings[index] for index in cluster] for cluster in links.clusters]
    builder = _Builder(readings, links, groups, threads, policy, classify)
    if progress:
        progress.expect(len(groups))
    incidents = []
    for number in range(len(groups)):
        incidents.append(builder.build(number))
        if progress:
            progress.advance(1)
    related = relate_incidents(groups, [bool(incident.queued) for incident in incidents])
    linked = [
        replace(incident, related=tuple(sorted(incidents[other].key for other in others)))
        for incident, others in zip(incidents, related, strict=True)
    ]
    return rank_incidents(linked)


def rank_incidents(incidents: Iterable[Incident]) -> list[Incident]:
    """
    Return the incidents with their ranks.

    Equal scores stand by size, then by time, then by key; rank 0 is not queued.
    """
    everything = list(incidents)
    queued = sorted(
        (one for one in everything if one.queued),
        key=lambda one: (-one.score, -one.ladder.exposed_addresses, one.first_sent_at, one.key),
    )
    others = sorted((one for one in everything if not one.queued), key=lambda one: (-one.score, one.key))
    return [replace(incident, rank=place) for place, incident in enumerate(queued, 1)] + others


@dataclass(slots=True)
class _Quiet:
    """Mail that called lists back and hid its recipients: how many, by number of the incident."""

    counts: dict[int, int]

    @classmethod
    def of(cls, links: Links) -> "_Quiet":
        number_of = {index: number for number, cluster in enumerate(links.clusters) for index in cluster}
        counts: dict[int, int] = {}
        for member in links.quiet_recalls.values():
            counts[number_of[member]] = counts.get(number_of[member], 0) + 1
        return cls(counts)


class _Builder:
    def __init__(
        self,
        readings: Sequence[Reading],
        links: Links,
        groups: Sequence[Sequence[Reading]],
        threads: StoredThreads,
        policy: Policy,
        classify: OutsiderTest,
    ) -> None:
        self.links = links
        self.groups = groups
        self.policy = policy
        self.classify = classify
        self.quiet = _Quiet.of(links)
        self.hidden = HiddenMailings(readings, policy.window_days)
        self.history = ExposureHistory(groups)
        members = [reading for reading in readings if reading.is_member]
        self.newcomers = find_newcomers(readings, threads, classify)
        self.excuses = find_excuses(members, thread_origins(readings, threads, self.newcomers, policy, classify))

    def build(self, number: int) -> Incident:
        """Return one incident without relations and rank."""
        members = self.groups[number]
        detail = detail_readings([(reading.message, reading.exposure) for reading in members], self.classify)
        circle = describe_circle(detail.exposed, self.classify)
        kinds = self._kinds(number)
        siblings = self.hidden.siblings(members)
        keys = [entry.key for entry in detail.exposed]
        case = Case(
            members=members,
            kinds=kinds,
            detail=detail,
            circle=circle,
            strangest=self._strangest(members, detail, circle),
            labels=label_names((label for reading in members for label in reading.labels), self.policy),
            siblings=len(siblings),
            quiet_recalls=self.quiet.counts.get(number, 0),
            usually_hidden=sum(1 for key in keys if key in self.hidden.people),
            exposed_before=sum(1 for key in keys if self.history.exposed_before(key, members[0].sent_at, number)),
            is_same_list=self.history.is_same_list(keys, members[0].sent_at, number),
            newcomers=max(self.newcomers.get(reading.message.identity, (0, False)) for reading in members),
            excused=self._excused(members),
            policy=self.policy,
        )
        reasons = explain_score(case)
        score = sum(reason.points for reason in reasons)
        return Incident(
            key=incident_key(members[0].message.identity),
            rank=0,
            score=score,
            queued=queue_reason(case, score, self.policy),
            status="candidate",
            subject=members[0].message.subject,
            senders=tuple(sorted({key for reading in members for key in reading.exposure.senders})),
            first_sent_at=members[0].sent_at,
            last_sent_at=members[-1].sent_at,
            label=", ".join(case.labels),
            reasons=reasons,
            ladder=detail.ladder,
            related=(),
            bcc_siblings=tuple(reading.message.identity for reading in siblings),
            messages=tuple(
                IncidentMessage(reading.message, kinds[reading.message.identity], reading.exposed)
                for reading in members
            ),
            exposed=detail.exposed,
            viewers=detail.viewers,
        )

    def _kinds(self, number: int) -> dict[Identity, MessageKind]:
        kinds = {}
        for index, reading in zip(self.links.clusters[number], self.groups[number], strict=True):
            kinds[reading.message.identity] = joint_kind(
                reading.kind,
                reading.subject,
                takes_back=index in self.links.takes_back,
                repeats=index in self.links.repeats,
                is_batch=index in self.links.batches,
            )
        return kinds

    def _strangest(self, members: Sequence[Reading], detail: IncidentDetail, whole: Circle) -> Circle:
        """Return the circle of the mail whose people are least acquainted: harmless mail beside it hides nothing."""
        known = {entry.key: entry for entry in detail.exposed}
        lists = {reading.exposed for reading in members if len(reading.exposed) >= 2}
        if len(lists) < 2:
            return whole
        circles = [describe_circle([known[key] for key in keys], self.classify) for keys in sorted(lists)]
        return max([whole, *circles], key=lambda circle: (circle.privacy + circle.spread, circle.people))

    def _excused(self, members: Sequence[Reading]) -> Excused:
        """Count whom every message of the incident exposes with an excuse; the weakest excuse counts."""
        weakest: dict[AddressKey, int] = {}
        for reading in members:
            excuse = self.excuses[reading.message.identity]
            for key in reading.exposed:
                strength = 4 if key in excuse.answered else 1 if key in excuse.acquainted else 0
                if strength and not excuse.is_single:
                    strength += 2 if excuse.is_stored else 1
                weakest[key] = min(weakest.get(key, 9), strength)
        counts = Counter(weakest.values())
        return Excused(
            answered_stored=counts[6],
            answered_unseen=counts[5],
            answered_single=counts[4],
            acquainted_stored=counts[3],
            acquainted_unseen=counts[2],
            acquainted_single=counts[1],
        )
