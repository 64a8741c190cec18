"""
What the other mail says about an incident: who wrote first, who was exposed before, who is written to in Bcc.

Only two things may speak for the sender: mail that an outsider began before
the first exposure, and recorded approvals. Our own earlier visible mail may
not, nor anything that came after a leak.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.analyse.linking import DAY
from scanner.analyse.reading import Reading, thread_ids
from scanner.model import AddressKey, Identity, MessageSource, OutsiderTest, Policy, StoredMessage


@dataclass(frozen=True, slots=True)
class ThreadOrigin:
    """A thread that somebody outside began."""

    moment: int
    """When it began, at the latest."""

    people: frozenset[AddressKey] | None
    """Who took part in its first message; None = the message is not in the store."""


def thread_origins(
    readings: Sequence[Reading], source: MessageSource, policy: Policy, classify: OutsiderTest
) -> dict[Identity, ThreadOrigin]:
    """
    Return the messages that answer a thread which an outsider began, with its origin.

    The first message of the thread must be stored mail from an outsider that
    is older than the answer, or an unknown one whose Message-ID cannot be ours:
    neither its host nor that of any mail we sent. A deleted mail of our own
    must not pass for somebody else's.
    """
    threads = {reading.message.identity: thread_ids(reading.message) for reading in readings if reading.is_member}
    roots = frozenset(ids[0] for ids in threads.values() if ids)
    stored: dict[str, list[StoredMessage]] = {}
    for message in source.by_message_id(roots) if roots else ():
        stored.setdefault(message.message_id.strip(), []).append(message)
    own_hosts = {_host(reading.message.message_id) for reading in readings}
    origins: dict[Identity, ThreadOrigin] = {}
    for reading in readings:
        ids = threads.get(reading.message.identity, ())
        if not ids:
            continue
        known = stored.get(ids[0])
        if known is None:
            host = _host(ids[0])
            if host and host not in own_hosts and not _is_own_host(host, policy):
                origins[reading.message.identity] = ThreadOrigin(reading.sent_at, None)
        elif all(_is_from_outside(message, classify) and message.sent_at < reading.sent_at for message in known):
            origins[reading.message.identity] = ThreadOrigin(
                min(message.sent_at for message in known), frozenset(_participants(known))
            )
    return origins


def _host(message_id: str) -> str:
    return message_id.strip().rstrip(">").rpartition("@")[2].casefold()


def _is_own_host(host: str, policy: Policy) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in policy.domains | policy.sister_domains)


def _is_from_outside(message: StoredMessage, classify: OutsiderTest) -> bool:
    senders = [entry.key for entry in message.recipients if entry.field == "from" and entry.key]
    return message.origin == "received" and bool(senders) and all(classify(key).kind == "outside" for key in senders)


def _participants(messages: Iterable[StoredMessage]) -> Iterator[AddressKey]:
    return (entry.key for message in messages for entry in message.recipients if entry.key and entry.field != "bcc")


def exposed_in_their_threads(
    readings: Sequence[Reading], origins: Mapping[Identity, ThreadOrigin]
) -> dict[Identity, frozenset[AddressKey]]:
    """
    Return, by message, the exposed addresses that an outsider's thread had shown first.

    Whoever was exposed by our own mail before the thread began is not among
    them: what came after a leak proves nothing.
    """
    exposed_by_us: dict[AddressKey, int] = {}
    shown: dict[Identity, frozenset[AddressKey]] = {}
    for reading in readings:
        origin = origins.get(reading.message.identity)
        theirs = frozenset(
            key
            for key in reading.exposed
            if origin is not None
            and (origin.people is None or key in origin.people)
            and (key not in exposed_by_us or exposed_by_us[key] > origin.moment)
        )
        shown[reading.message.identity] = theirs
        for key in reading.exposed:
            if key not in theirs:
                exposed_by_us.setdefault(key, reading.sent_at)
    return shown


class HiddenMailings:
    """Mail that hid its list in Bcc: siblings of incidents, and who is usually written to that way."""

    def __init__(self, readings: Sequence[Reading], window_days: int) -> None:
        self._window = window_days * DAY
        self._by_mailing: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._readings = readings
        self.people: set[AddressKey] = set()
        """Everybody who stood in the Bcc of a mail that showed fewer than two outsiders."""

        for index, reading in enumerate(readings):
            if len(reading.exposure.visible) >= 2 or not reading.exposure.hidden:
                continue
            self.people.update(reading.exposure.hidden)
            for unit in reading.units:
                self._by_mailing.setdefault((unit, reading.subject.stem), []).append((reading.sent_at, index))

    def siblings(self, members: Sequence[Reading]) -> list[Reading]:
        """
        Return the mail of the same mailing that hid its recipients, by (sent_at, identity).

        Same unit and stem within the window (CONTRACTS: Incidents); a
        commonplace stem needs 30 % of the smaller list besides.
        """
        first, last = members[0].sent_at - self._window, members[-1].sent_at + self._window
        exposed = {key for reading in members for key in reading.exposed}
        found: set[int] = set()
        for mailing in {(unit, reading.subject.stem) for reading in members for unit in reading.units}:
            entries = self._by_mailing.get(mailing, [])
            begin, end = bisect_left(entries, (first, -1)), bisect_right(entries, (last, len(self._readings)))
            for _, index in entries[begin:end]:
                reading = self._readings[index]
                hidden = reading.exposure.hidden
                shared = sum(1 for key in hidden if key in exposed) if reading.subject.commonplace else 0
                if not reading.subject.commonplace or 10 * shared >= 3 * min(len(hidden), len(exposed)) > 0:
                    found.add(index)
        return [self._readings[index] for index in sorted(found)]


class ExposureHistory:
    """When every address was first exposed, by which incidents."""

    def __init__(self, incidents: Sequence[Sequence[Reading]]) -> None:
        self._moments: dict[AddressKey, list[tuple[int, int]]] = {}
        for number, members in enumerate(incidents):
            first: dict[AddressKey, int] = {}
            for reading in members:
                for key in reading.exposed:
                    first.setdefault(key, reading.sent_at)
            for key, moment in first.items():
                self._moments.setdefault(key, []).append((moment, number))
        for entries in self._moments.values():
            entries.sort()

    def exposed_before(self, key: AddressKey, moment: int, number: int) -> bool:
        """Tell whether another incident than this one exposed the address before the moment."""
        for other_moment, other in self._moments.get(key, ()):
            if other_moment >= moment:
                return False
            if other != number:
                return True
        return False
