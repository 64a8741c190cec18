"""Measures of a ranked queue against what was planted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.letter import Case, figures
from benchmarks.people import PROVIDERS
from scanner.model import Incident

REAL = "real mail"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the queue."""

    rank: int
    score: int
    plants: frozenset[int]
    """Numbers of the planted incidents that have a letter in it."""

    lookalikes: frozenset[int]
    exposing: frozenset[str]
    """Message-IDs of its messages."""

    ladder: Mapping[str, int | None]

    size: int
    """Exposed addresses."""

    look: str
    """What it looks like, in words: of real mail all that may be told (sent-shapes.md names no mail)."""


@dataclass
class Quality:
    """What one seed gave."""

    plants: int
    lookalikes: int
    queued: int
    found: int = 0
    """Planted incidents with a message in the queue."""

    opened: int | None = None
    """Items opened from the top until every plant is seen; None = one is not in the queue."""

    auc: float = 0.0
    auc_alike: float = 0.0
    auc_real: float = 0.0
    """The same against look-alikes only, and against real mail only."""

    auc_by_size: float = 0.0
    """What the number of exposed addresses alone would give."""

    whole: int = 0
    """Plants that are exactly one incident, with nothing else in it."""

    exact: int = 0
    """Plants that are whole and whose planted figures are all reported."""

    last: str = ""
    """Shape of the plant that stands lowest in the queue."""

    real: int = 0
    """Entries of the queue that hold nothing planted."""

    misplaced: Counter[str] = field(default_factory=Counter)
    """Shape of a negative → how many (plant below it) pairs; shape of a plant → (negative above it) pairs."""

    faults: Counter[str] = field(default_factory=Counter)
    """In words: what is missing, split, mingled or miscounted, by shape."""


def read_items(incidents: Iterable[Incident], plants: Sequence[Case], lookalikes: Sequence[Case]) -> list[Item]:
    """Return the queue by rank, each entry with what was planted in it; matched by Message-ID alone."""
    of_plant = {each.message_id: number for number, case in enumerate(plants) for each in case.letters}
    of_lookalike = {each.message_id: number for number, case in enumerate(lookalikes) for each in case.letters}
    items = []
    for incident in incidents:
        found = frozenset(entry.message.message_id for entry in incident.messages)
        items.append(
            Item(
                incident.rank,
                incident.score,
                frozenset(of_plant[each] for each in found if each in of_plant),
                frozenset(of_lookalike[each] for each in found if each in of_lookalike),
                found,
                asdict(incident.ladder),
                incident.ladder.exposed_addresses,
                _look(incident),
            )
        )
    return items


def _look(incident: Incident) -> str:
    hosts = [exposed.key.rpartition("@")[2] for exposed in incident.exposed]
    firms = {host for host in hosts if host not in PROVIDERS}
    private = sum(1 for host in hosts if host in PROVIDERS)
    who = (
        "mostly private mailboxes"
        if 2 * private > len(hosts)
        else f"{min(len(firms), 4)}{'+' * (len(firms) > 3)} firms"
    )
    begun = "answers" if all(entry.message.subject.startswith("Re:") for entry in incident.messages) else "begun by us"
    return f"{begun}, {'under' if len(hosts) < 10 else 'from'} 10 people, {who}"


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return how often a positive scores above a negative, ties as half; 1.0 when there is no pair."""
    pairs = len(positives) * len(negatives)
    above = sum((a > b) + 0.5 * (a == b) for a in positives for b in negatives)
    return above / pairs if pairs else 1.0


def measure(items: Sequence[Item], plants: Sequence[Case], lookalikes: Sequence[Case]) -> Quality:
    """
    Judge one queue.

    A plant counts with the best entry that holds a letter of it. One that is
    not in the queue scores below everything.
    """
    best: dict[int, Item] = {}
    for item in items:
        for number in item.plants:
            best.setdefault(number, item)
    negatives = [item for item in items if not item.plants]
    result = Quality(len(plants), len(lookalikes), len(items), found=len(best))
    result.real = sum(1 for item in negatives if not item.lookalikes)
    lowest = float("-inf")
    scores = [best[number].score if number in best else lowest for number in range(len(plants))]
    sizes = [best[number].size if number in best else lowest for number in range(len(plants))]
    result.auc = auc(scores, [item.score for item in negatives])
    result.auc_alike = auc(scores, [item.score for item in negatives if item.lookalikes])
    result.auc_real = auc(scores, [item.score for item in negatives if not item.lookalikes])
    result.auc_by_size = auc(sizes, [item.size for item in negatives])
    if len(best) == len(plants):
        lowest_plant = max(best, key=lambda number: best[number].rank)
        result.opened, result.last = best[lowest_plant].rank, plants[lowest_plant].shape
    for number, case in enumerate(plants):
        _judge_plant(result, case, best.get(number), sum(1 for item in items if number in item.plants))
        for item in negatives:
            if scores[number] < item.score:
                result.misplaced[f"{_shape_of(item, lookalikes)} (harmless) above a plant"] += 1
                result.misplaced[f"{case.shape} (plant) below something harmless"] += 1
    return result


def _shape_of(item: Item, lookalikes: Sequence[Case]) -> str:
    return lookalikes[min(item.lookalikes)].shape if item.lookalikes else f"{REAL}: {item.look}"


def _judge_plant(result: Quality, case: Case, item: Item | None, incidents: int) -> None:
    if item is None:
        result.faults[f"{case.shape}: not in the queue"] += 1
        return
    wanted = frozenset(letter.message_id for letter in case.exposing)
    if incidents > 1:
        result.faults[f"{case.shape}: split into {incidents} incidents"] += 1
    elif item.exposing - wanted:
        result.faults[f"{case.shape}: mingled with other mail"] += 1
    elif wanted - item.exposing:
        result.faults[f"{case.shape}: part of it is missing"] += 1
    else:
        result.whole += 1
        wrong = [
            f"{rung} {item.ladder[rung]} for {planted}"
            for rung, planted in figures(case.exposing).items()
            if item.ladder[rung] != planted
        ]
        if wrong:
            result.faults[f"{case.shape}: {', '.join(wrong)}"] += 1
        result.exact += not wrong
