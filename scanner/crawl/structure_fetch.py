"""Ask for the structure of some messages, newest first, and account for every one that was asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from scanner.crawl.answered import Place
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.fetch import MOST_AHEAD, USELESS_LIMIT, raise_if_refused
from scanner.crawl.response import Response, endless_answer
from scanner.crawl.search import list_uids
from scanner.crawl.structure import read_structure
from scanner.crawl.wire import WireClient
from scanner.model import Gap, StructureBatch
from scanner.model.part import FoundParts
from scanner.uids import Ranges, contains, count, format_ranges, join_ranges, newest_first, ranges_of, subtract, uids_of

BATCH_STRUCTURES = 1_000
"""A batch is committed when it holds this many structures."""

REFUSED_LIMIT = 20
"""Messages in a row whose structure the server may refuse one by one; then it knows of no other either."""

_WORDS = "the server lists this message and does not tell its structure"


@dataclass(slots=True)
class _Collector:
    place: Place
    found: list[FoundParts] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    examined: list[int] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        return bool(self.examined or self.gone)

    def add_gap(self, uid: int, why: str, raw: bytes = b"") -> None:
        self.gaps.append(self.place.gap("structure_unread", why, uid, raw))
        self.examined.append(uid)

    def take(self) -> StructureBatch:
        examined = join_ranges((*ranges_of(self.examined), *self.gone))
        batch = StructureBatch(examined, tuple(self.found), tuple(self.gaps))
        self.found, self.gaps, self.examined, self.gone = [], [], [], []
        return batch


class StructureFetch:
    """
    Asks for the structure of messages of one opened mailbox; used as `MailboxFetch`.

    Args:
        place: Of the mailbox, for gaps.
    """

    def __init__(self, place: Place) -> None:
        self._collector = _Collector(place)
        self._refused = 0
        self.was_stopped = False
        """Not all that was wanted was asked for."""

    def batches(
        self,
        client: WireClient,
        wanted: Ranges,
        size: int = BATCH_STRUCTURES,
        may_ask: Callable[[], bool] | None = None,
    ) -> Iterator[StructureBatch]:
        """
        Yield batches until every wanted UID is a structure, a gap or gone; as `MailboxFetch.batches`.

        Raises:
            AccountError: The connection cannot go on.
        """
        asked: list[Ranges] = []
        missing: list[int] = []

        def commands() -> Iterator[bytes]:
            for piece in newest_first(wanted, size):
                if may_ask is not None and not may_ask():
                    self.was_stopped = True
                    return
                asked.append(piece)
                yield _command(piece)

        def is_enough() -> bool:
            # What is wanted has many holes: a command names few messages.
            return len(asked) >= MOST_AHEAD or sum(map(count, asked[1:])) >= size

        seen: set[int] = set()
        for _, answers, done in client.pipelined(commands(), is_enough):
            for _ in self._collect(answers, wanted, seen):
                yield self._collector.take()
            raise_if_refused(done[0])
            missing += _unseen(asked.pop(0), seen)
        # A server may answer one command among the answers to the next (RFC 9051, 5.5).
        if left := [uid for uid in missing if uid not in seen]:
            yield from self._ask_again(client, ranges_of(left))
        if self._collector.has_news:
            yield self._collector.take()

    def rescue(self) -> StructureBatch | None:
        """Return what was answered before the connection broke, None if nothing."""
        return self._collector.take() if self._collector.has_news else None

    def give_up_on(self, uid: int, why: str) -> StructureBatch:
        """Return the batch that records a UID as a gap, so that the work can go on behind it."""
        self._collector.add_gap(uid, why)
        return self._collector.take()

    def _collect(self, answers: Iterator[Response], wanted: Ranges, seen: set[int]) -> Iterator[None]:
        """Gather the answers to what was asked; yield whenever a batch is full."""
        collector, useless = self._collector, 0
        for response in answers:
            answer = read_structure(response)
            if answer is None or answer.uid in seen or not contains(wanted, answer.uid):
                # Somebody else's flags, or a UID beyond what was asked.
                useless += 1
                if useless > USELESS_LIMIT:
                    raise endless_answer()
                continue
            seen.add(answer.uid)
            if answer.parts is None:
                collector.add_gap(answer.uid, answer.why, answer.raw)
            else:
                collector.found.append((answer.uid, answer.parts))
                collector.examined.append(answer.uid)
                self._refused = 0
            if len(collector.examined) >= BATCH_STRUCTURES:
                yield

    def _ask_again(self, client: WireClient, missing: Ranges) -> Iterator[StructureBatch]:
        """Ask once more for what was not answered, in ever smaller pieces; then it is gone, or a gap."""
        listed = list_uids(client, missing)
        self._collector.gone += subtract(missing, listed)
        stack = list(newest_first(listed, 100))[::-1]
        while stack:
            piece = stack.pop()
            if self._refused >= REFUSED_LIMIT:
                for uid in uids_of(piece):
                    self._collector.add_gap(uid, _WORDS)
                continue
            seen: set[int] = set()
            ((_, answers, done),) = client.pipelined([_command(piece)])
            for _ in self._collect(answers, piece, seen):
                yield self._collector.take()
            raise_if_busy(done[0])
            left = ranges_of(_unseen(piece, seen))
            if left and count(piece) > 1:
                stack += list(newest_first(left, max(1, count(left) // 2)))[::-1]
            elif left:
                status = done[0].status
                why = _WORDS if status == "OK" else f"the server answers {status} when asked for its structure"
                self._collector.add_gap(left[0][0], why)
                self._refused += 1


def _unseen(piece: Ranges, seen: set[int]) -> list[int]:
    return [uid for uid in uids_of(piece) if uid not in seen]


def _command(piece: Ranges) -> bytes:
    return f"UID FETCH {format_ranges(piece)} (UID BODYSTRUCTURE)".encode("ascii")
