"""
Threads that outsiders began, and whom they showed to each other before we did.

Only two things may speak for the sender: mail that an outsider began before
the first exposure, and recorded approvals. Our own earlier visible mail may
not, nor anything that came after a leak (DOMAIN: the trap).
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scanner.analyse.message_id import is_below, message_id_host, message_id_system
from scanner.analyse.posting import Postings, post
from scanner.analyse.reading import Reading, thread_ids
from scanner.model import VISIBLE_FIELDS, AddressKey, Identity, MessageSource, OutsiderTest, Policy, StoredMessage

_KEPT = 16
"""Circles remembered per address."""

_LATEST = 4
"""Messages before an answer that are looked up, nearest last: threads of years name hundreds."""


@dataclass(frozen=True, slots=True)
class ThreadOrigin:
    """A thread that somebody outside began."""

    moment: int
    """When it began, at the latest."""

    people: frozenset[AddressKey] | None
    """Who took part in its first message; None = the message is not in the store."""

    beginners: frozenset[AddressKey] = frozenset()
    """Who wrote its first message, if that is in the store."""

    is_single: bool = False
    """The first message is all that the answer refers to: nothing shows that others had a part in the thread."""


StoredThreads = Mapping[str, Sequence[StoredMessage]]
"""Message-ID → the stored mail that carries it."""


def stored_threads(readings: Sequence[Reading], source: MessageSource, classify: OutsiderTest) -> StoredThreads:
    """
    Return the stored mail that begins the threads of the members, and what else says who had a part in them.

    One look-up for all: of each thread the first mail and the latest ones.
    """
    members = [reading.message for reading in readings if reading.is_member]
    roots = frozenset(ids[0] for message in members if (ids := thread_ids(message)))
    wanted = frozenset(name for message in members for name in witnesses_of(message))
    stored: dict[str, list[StoredMessage]] = {}
    for message in source.by_message_id(wanted) if wanted else ():
        name = message.message_id.strip()
        if name in roots or _is_witness(message, classify):
            stored.setdefault(name, []).append(message)
    return stored


def witnesses_of(message: StoredMessage) -> tuple[str, ...]:
    """Return the Message-IDs that are looked up for an answer: the root of its thread and the latest before it."""
    ids = thread_ids(message)
    return (*ids[:1], *ids[-_LATEST:])


def thread_origins(
    readings: Sequence[Reading],
    stored: StoredThreads,
    widened: Container[Identity],
    policy: Policy,
    classify: OutsiderTest,
    own_systems: Container[str] | None = None,
) -> dict[Identity, ThreadOrigin]:
    """
    Return the messages that answer a thread which an outsider began, with its origin.

    The first message of the thread must be stored mail from an outsider that
    is older than the answer, or an unknown one whose Message-ID cannot be ours:
    neither its host nor any host of a system that made one of ours. A deleted mail of our own
    must not pass for somebody else's. An unknown one is a hint and proves
    nothing: people open an old mail, put in other recipients and another
    subject, and send. So it is heard in replies only, and not in widened ones.

    Args:
        readings: All candidates by (sent_at, identity).

        stored: From `stored_threads`.

        widened: Answers that `find_newcomers` found.

        policy: Which hosts are ours.

        classify: Its outsider test.

        own_systems: As `message_id_system` gives them of all candidates of the store; None = the readings are all.
    """
    threads = {reading.message.identity: thread_ids(reading.message) for reading in readings if reading.is_member}
    if own_systems is None:
        own_systems = {message_id_system(reading.message.message_id) for reading in readings}
    own_domains = policy.domains | policy.sister_domains
    origins: dict[Identity, ThreadOrigin] = {}
    for reading in readings:
        ids = threads.get(reading.message.identity, ())
        if not ids:
            continue
        known = stored.get(ids[0])
        if known is None:
            host = message_id_host(ids[0])
            is_foreign = host and message_id_system(ids[0]) not in own_systems and not is_below(host, own_domains)
            if is_foreign and reading.kind == "reply" and reading.message.identity not in widened:
                is_single = len(set(ids)) == 1
                origins[reading.message.identity] = ThreadOrigin(reading.sent_at, None, is_single=is_single)
        elif all(_is_from_outside(message, classify) and message.sent_at < reading.sent_at for message in known):
            origins[reading.message.identity] = ThreadOrigin(
                moment=min(message.sent_at for message in known),
                people=frozenset(_participants(known)),
                beginners=frozenset(key for message in known for key in _writers(message)),
            )
    return origins


def find_newcomers(
    readings: Sequence[Reading], stored: StoredThreads, classify: OutsiderTest
) -> dict[Identity, tuple[int, bool]]:
    """
    Return the answers that show most people for the first time in their thread: how many, and whether that is certain.

    Certain means that the mail answered is in the store; otherwise it may have
    shown them, and only mail further back is known not to have. Mail of ours
    that showed a list itself is not asked: a leak would excuse its own repetition.
    """
    found: dict[Identity, tuple[int, bool]] = {}
    for reading in readings:
        if not (reading.is_member and reading.kind == "reply" and reading.exposed):
            continue
        ids = thread_ids(reading.message)
        before = [
            message
            # Not what was looked up for other answers: each is judged by its own.
            for name in dict.fromkeys(witnesses_of(reading.message))
            for message in stored.get(name, ())
            if message.sent_at < reading.sent_at and _is_witness(message, classify)
        ]
        if not before:
            continue
        new = len(frozenset(reading.exposed).difference(_participants(before)))
        if 2 * new > len(reading.exposed):
            found[reading.message.identity] = (new, any(message.message_id.strip() == ids[-1] for message in before))
    return found


def _is_witness(message: StoredMessage, classify: OutsiderTest) -> bool:
    """Tell whether a mail says who had a part in its thread: mail of others, or ours that showed no two outsiders."""
    if message.origin == "received":
        return True
    shown = {entry.key for entry in message.recipients if entry.key and entry.field in VISIBLE_FIELDS}
    return message.origin == "sent" and sum(1 for key in shown if classify(key).outsider) < 2


def _is_from_outside(message: StoredMessage, classify: OutsiderTest) -> bool:
    senders = _writers(message)
    return message.origin == "received" and bool(senders) and all(classify(key).kind == "outside" for key in senders)


def _writers(message: StoredMessage) -> list[AddressKey]:
    return [entry.key for entry in message.recipients if entry.field == "from" and entry.key]


def _participants(messages: Iterable[StoredMessage]) -> Iterator[AddressKey]:
    return (entry.key for message in messages for entry in message.recipients if entry.key and entry.field != "bcc")


@dataclass(frozen=True, slots=True)
class Excuse:
    """Who of a message's exposed people had been shown to each other by somebody outside first."""

    answered: frozenset[AddressKey] = frozenset()
    """The message answers the very thread that showed them."""

    acquainted: frozenset[AddressKey] = frozenset()
    """Another thread had shown them together before: a circle that knows itself."""

    is_stored: bool = False
    """The first mail of the thread lies in the store, so that its people are known."""

    is_single: bool = False
    """One mail that we do not have is all there is: whether it went to anybody but us, nothing says."""


NO_EXCUSE = Excuse()
"""That of most messages."""


@dataclass(frozen=True, slots=True)
class _Circle:
    moment: int
    people: frozenset[AddressKey]
    beginners: frozenset[AddressKey]
    is_stored: bool
    is_single: bool


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What the threads of the store say of messages, by identity."""

    origins: Mapping[Identity, ThreadOrigin]
    newcomers: Mapping[Identity, tuple[int, bool]]
    """As `find_newcomers` returns them."""


def thread_facts(
    readings: Sequence[Reading],
    stored: StoredThreads,
    policy: Policy,
    classify: OutsiderTest,
    own_systems: Container[str] | None = None,
) -> ThreadFacts:
    """Return what the threads say of these messages; arguments as of `thread_origins`."""
    newcomers = find_newcomers(readings, stored, classify)
    return ThreadFacts(thread_origins(readings, stored, newcomers, policy, classify, own_systems), newcomers)


class Showing(Protocol):
    """What excuses ask of a member."""

    @property
    def identity(self) -> Identity: ...
    @property
    def sent_at(self) -> int: ...
    @property
    def exposed(self) -> tuple[AddressKey, ...]: ...


def find_excuses(
    readings: Sequence[Showing],
    origins: Mapping[Identity, ThreadOrigin],
    wanted: Container[Identity] | None = None,
) -> dict[Identity, Excuse]:
    """
    Return, by message, whom it exposes after an outsider had done so.

    Whoever was exposed by our own mail before the thread began is not among
    them: what came after a leak proves nothing. A stored thread speaks only
    for lists that whoever began it is on.

    Args:
        readings: Members by (sent_at, identity).

        origins: From `thread_origins`.

        wanted: Messages whose acquaintances are asked for; None = all.
    """
    exposed_by_us: dict[AddressKey, int] = {}
    circles: list[_Circle] = []
    latest: Postings = {}
    excuses: dict[Identity, Excuse] = {}
    for reading in readings:
        exposed = frozenset(reading.exposed)
        origin = origins.get(reading.identity)
        if origin is not None:
            excuse = _answered(exposed, origin, exposed_by_us)
            circle = _Circle(origin.moment, excuse.answered, origin.beginners, excuse.is_stored, excuse.is_single)
            post(latest, circle.people, len(circles), _KEPT)
            circles.append(circle)
        elif wanted is None or reading.identity in wanted:
            excuse = _acquainted(exposed, circles, latest, exposed_by_us)
        else:
            excuse = NO_EXCUSE
        excuses[reading.identity] = excuse
        for key in exposed - excuse.answered if excuse.answered else exposed:
            exposed_by_us.setdefault(key, reading.sent_at)
    return excuses


def _answered(exposed: frozenset[AddressKey], origin: ThreadOrigin, exposed_by_us: Mapping[AddressKey, int]) -> Excuse:
    if origin.people is not None and not origin.beginners & exposed:
        return Excuse()
    shown = exposed if origin.people is None else exposed & origin.people
    before = frozenset(key for key in shown if key not in exposed_by_us or exposed_by_us[key] > origin.moment)
    return Excuse(answered=before, is_stored=origin.people is not None, is_single=origin.is_single)


def _acquainted(
    exposed: frozenset[AddressKey],
    circles: Sequence[_Circle],
    latest: Mapping[AddressKey, Iterable[int]],
    exposed_by_us: Mapping[AddressKey, int],
) -> Excuse:
    rows = [latest[key] for key in exposed if key in latest]
    # Fewer of them than a circle must hold.
    if 5 * len(rows) < 4 * len(exposed) or not rows:
        return NO_EXCUSE
    counts = Counter(number for row in rows for number in row)
    best = NO_EXCUSE
    for number in sorted(counts):
        # A circle must hold four fifths of the list: with more strangers in it, it is another list.
        if 5 * counts[number] < 4 * len(exposed):
            continue
        circle = circles[number]
        if circle.is_stored and not circle.beginners & exposed:
            continue
        known = frozenset(
            key for key in exposed & circle.people if key not in exposed_by_us or exposed_by_us[key] > circle.moment
        )
        rank = (circle.is_stored, not circle.is_single, len(known))
        if known and (not best.acquainted or rank > (best.is_stored, not best.is_single, len(best.acquainted))):
            best = Excuse(acquainted=known, is_stored=circle.is_stored, is_single=circle.is_single)
    return best
