"""
Analysis: stored messages in, ranked and explained incidents out.

Reads a `MessageSource` and nothing else; no server, clock, locale or row order
has a part in the result. Read in this order:

    lexicon/      the words that are known, by language
    date, stem, commonplace, retraction, subject   what a subject says
    pattern       which policy entries a message meets; sending units
    exposure      what one message shows to whom
    kind, reading one message with all that can be said of it alone
    linking       which messages make one incident
    evidence      what our other mail says about it
    thread        who was shown to each other by outsiders before
    alone         who had been written to one by one before
    receipt       what is proven of who received it
    name, misfit  how well people are identified; names that are another person's
    person, stated, people  which addresses are one person's: by rule, by statement; all of them
    ladder        every figure
    surroundings  all of other mail that has a part in an incident
    case, factor, mitigant, ranking, related, incident
    share         what an incident adds to the totals
    thin, neighbourhood, renewal, renewed_relation   what new mail changes of all this

Beside the incidents, told by reports and kept nowhere: fingerprint (lists
that came again), near_miss, follow_up, witness.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.analyse.alone import count_alone
from scanner.analyse.exposure import Exposure, read_exposure, with_list_posts
from scanner.analyse.follow_up import Afterwards
from scanner.analyse.incident import build_incidents, incident_key, rank_incidents
from scanner.analyse.kind import unseen_recalls
from scanner.analyse.ladder import IncidentDetail, TotalsCollector, detail_incident
from scanner.analyse.people import PeopleCollector
from scanner.analyse.person import person_id
from scanner.analyse.reading import Reading, read_message
from scanner.analyse.related import Relating
from scanner.analyse.stated import NOTHING_STATED, StatedPeople, concerning, standing, undone_by, with_undos
from scanner.analyse.surroundings import Surroundings
from scanner.analyse.thread import ThreadFacts, stored_threads, thread_facts
from scanner.analyse.through import through_lists
from scanner.model import AlsoLook, Analysis, Identity, IncidentKey, MessageSource, OutsiderTest, Policy, Progress
from scanner.policy import policy_sha256, rule_versions

__all__ = [
    "NOTHING_STATED",
    "Afterwards",
    "Exposure",
    "Findings",
    "IncidentDetail",
    "PeopleCollector",
    "Relating",
    "StatedPeople",
    "TotalsCollector",
    "analyse",
    "concerning",
    "detail_incident",
    "find_all",
    "incident_key",
    "looks_of",
    "person_id",
    "rank_incidents",
    "read_exposure",
    "standing",
    "through_lists",
    "undone_by",
    "unseen_recalls",
    "with_list_posts",
    "with_undos",
]


def analyse(
    source: MessageSource,
    policy: Policy,
    classify: OutsiderTest,
    *,
    as_of: int,
    progress: Progress | None = None,
    stated: StatedPeople = NOTHING_STATED,
) -> Analysis:
    """Find all incidents of a store under a policy; arguments as of `find_all`."""
    return find_all(source, policy, classify, as_of=as_of, progress=progress, stated=stated).analysis


@dataclass(frozen=True, slots=True)
class Findings:
    """An analysis, and what an analysis of new mail will need of it."""

    analysis: Analysis
    around: Mapping[IncidentKey, Surroundings]
    candidates: Sequence[Reading]
    """By (sent_at, identity)."""

    facts: ThreadFacts
    one_by_one: Mapping[Identity, int]
    """As from `count_alone`."""


def find_all(
    source: MessageSource,
    policy: Policy,
    classify: OutsiderTest,
    *,
    as_of: int,
    progress: Progress | None = None,
    stated: StatedPeople = NOTHING_STATED,
) -> Findings:
    """
    Find all incidents of a store under a policy.

    Holds the messages with two or more outsiders in memory, nothing else.

    Args:
        source: The store.

        policy: What decides.

        classify: The outsider test of this policy; addresses that List-Post fields of the store name become lists.

        as_of: The moment the result speaks for, kept with it.

        progress: Told about messages and incidents.

        stated: What persons have stated about people.
    """
    test = with_list_posts(classify, source.list_posts())
    readings = []
    for message in source.candidates(test, policy):
        readings.append(read_message(message, policy, test))
        if progress:
            progress.expect(1)
            progress.advance(1)
    readings.sort(key=lambda reading: (reading.sent_at, reading.message.identity))
    facts = thread_facts(readings, stored_threads(readings, source, test), policy, test)
    alone = count_alone(readings, source, test)
    incidents, around = build_incidents(readings, facts, policy, test, progress, stated, alone)
    analysis = Analysis(
        as_of=as_of,
        policy_sha256=policy_sha256(policy, rule_versions()),
        incidents=tuple(incidents),
        also_look=tuple(looks_of(readings, policy)),
    )
    return Findings(analysis, around, readings, facts, alone)


def looks_of(readings: Iterable[Reading], policy: Policy) -> Iterator[AlsoLook]:
    """Yield what shows one outsider to many in Bcc, in the order of the readings."""
    return (_also_look(reading) for reading in readings if _is_worth_a_look(reading, policy))


def _is_worth_a_look(reading: Reading, policy: Policy) -> bool:
    return len(reading.exposure.visible) == 1 and len(reading.exposure.hidden) >= policy.queue_floor


def _also_look(reading: Reading) -> AlsoLook:
    return AlsoLook(
        identity=reading.message.identity,
        sent_at=reading.sent_at,
        subject=reading.message.subject,
        visible_outsiders=len(reading.exposure.visible),
        bcc_outsiders=len(reading.exposure.hidden),
    )
