"""
What the mail beside an incident says about it; the incident's own messages say the rest.

Everything by which other messages have a part in an incident goes through
`Surroundings`: an analysis of new mail builds again exactly the incidents
whose messages or surroundings have changed. A fact that comes to it needs a
place in `renewal` as well, which finds the incidents that new mail touches.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from scanner.analyse.alone import most_alone
from scanner.analyse.evidence import ExposureHistory, HiddenMailings
from scanner.analyse.kind import joint_kind
from scanner.analyse.linking import Links
from scanner.analyse.reading import Reading
from scanner.analyse.thread import NO_EXCUSE, Excuse, ThreadFacts, find_excuses
from scanner.model import AddressKey, Identity, MessageKind, Policy


@dataclass(frozen=True, slots=True)
class Excused:
    """Exposed addresses that an outsider had shown to the others before we ever did; each counts once."""

    answered_stored: int = 0
    """Shown only in answers to the very thread, whose first mail is in the store."""

    answered_unseen: int = 0
    """The same with a first mail that seems not to be ours and is not in the store: a hint."""

    answered_single: int = 0
    """The same where that one mail is all the answer refers to: a weak hint, for it may have been a question to us."""

    acquainted_stored: int = 0
    """Shown together by another such thread before."""

    acquainted_unseen: int = 0
    acquainted_single: int = 0

    @property
    def answered(self) -> int:
        """Number shown only in answers to the outsiders' own threads."""
        return self.answered_stored + self.answered_unseen + self.answered_single

    @property
    def stored(self) -> int:
        """Number for whom the thread's first mail is in the store."""
        return self.answered_stored + self.acquainted_stored

    @property
    def everybody(self) -> int:
        """Number excused in one of these ways."""
        return self.answered + self.acquainted_stored + self.acquainted_unseen + self.acquainted_single


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What other messages say of one incident."""

    kinds: tuple[MessageKind, ...]
    """Of its messages, in their order: a neighbour makes a mail a re-send, a batch, a recall."""

    siblings: tuple[Identity, ...]
    """Mail of the same mailing that hid its recipients, by (sent_at, identity)."""

    quiet_recalls: int
    """Mails that called it back and hid their recipients."""

    usually_hidden: int
    """Exposed addresses that other mail wrote to in Bcc."""

    exposed_before: int
    """Exposed addresses that another incident exposed before this one began."""

    is_same_list: bool
    """One of these earlier incidents exposed much the same list."""

    newcomers: tuple[int, bool]
    """Most people whom an answer was the first of its thread to show, as far as is known; whether that is certain."""

    one_by_one: tuple[int, int]
    """Of the mail with the largest share: people written to alone before it, people it exposes; (0, 0) for nobody."""

    excused: Excused


_PARTS = tuple(part.name for part in fields(Surroundings) if part.name != "excused")
_EXCUSED_PARTS = tuple(part.name for part in fields(Excused))
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def surroundings_text(around: Surroundings) -> str:
    """Return surroundings as JSON; equal texts, equal surroundings."""
    # asdict would copy every figure deeply.
    excused = {name: getattr(around.excused, name) for name in _EXCUSED_PARTS}
    return _encode({**{name: getattr(around, name) for name in _PARTS}, "excused": excused})


def surroundings_of(text: str) -> Surroundings:
    """Return the surroundings that `surroundings_text` wrote."""
    read = json.loads(text)
    kinds, siblings, newcomers, one_by_one = (
        tuple(read.pop(name)) for name in ("kinds", "siblings", "newcomers", "one_by_one")
    )
    excused = Excused(**read.pop("excused"))
    return Surroundings(
        kinds=kinds, siblings=siblings, newcomers=newcomers, one_by_one=one_by_one, excused=excused, **read
    )


def read_surroundings(
    readings: Sequence[Reading], links: Links, facts: ThreadFacts, alone: Mapping[Identity, int], policy: Policy
) -> Iterator[Surroundings]:
    """
    Yield the surroundings of each cluster of the links, in their order.

    Args:
        readings: All candidates by (sent_at, identity).

        links: Of these readings.

        facts: From `thread_facts`.

        alone: From `count_alone`.

        policy: Its window.
    """
    groups = [[readings[index] for index in cluster] for cluster in links.clusters]
    quiet = quiet_recalls(links)
    hidden = HiddenMailings(readings, policy.window_days)
    history = ExposureHistory.of(groups)
    excuses = find_excuses([reading for reading in readings if reading.is_member], facts.origins)
    for number, members in enumerate(groups):
        keys = sorted({key for reading in members for key in reading.exposed})
        exposed_before, is_same_list = history.before(keys, members[0].sent_at, number)
        yield Surroundings(
            kinds=joint_kinds(readings, links, number),
            siblings=tuple(reading.message.identity for reading in hidden.siblings(members)),
            quiet_recalls=quiet.get(number, 0),
            usually_hidden=len(hidden.people.intersection(keys)),
            exposed_before=exposed_before,
            is_same_list=is_same_list,
            newcomers=max(facts.newcomers.get(reading.message.identity, (0, False)) for reading in members),
            one_by_one=most_alone((alone.get(one.identity, 0), len(one.exposed)) for one in members),
            excused=count_excused(members, excuses),
        )


def quiet_recalls(links: Links) -> dict[int, int]:
    """Return how many mails called a list back and hid their recipients, by number of the cluster."""
    number_of = {index: number for number, cluster in enumerate(links.clusters) for index in cluster}
    return dict(Counter(number_of[member] for member in links.quiet_recalls.values()))


def joint_kinds(readings: Sequence[Reading], links: Links, number: int) -> tuple[MessageKind, ...]:
    """Return the kinds of a cluster's messages beside their neighbours."""
    return tuple(
        joint_kind(
            readings[index].kind,
            readings[index].subject,
            is_borne_out=readings[index].refers,
            takes_back=index in links.takes_back,
            repeats=index in links.repeats,
            is_batch=index in links.batches,
        )
        for index in links.clusters[number]
    )


_NOT_EXCUSED = Excused()


def count_excused(members: Sequence[Reading], excuses: Mapping[Identity, Excuse]) -> Excused:
    """Count whom every message of the incident exposes with an excuse; the weakest excuse counts."""
    if all(excuses[reading.message.identity] is NO_EXCUSE for reading in members):
        return _NOT_EXCUSED
    weakest: dict[AddressKey, int] = {}
    for reading in members:
        excuse = excuses[reading.message.identity]
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
