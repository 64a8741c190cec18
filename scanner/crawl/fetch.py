"""Ask for messages, newest first, and account for every UID that was asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from scanner.crawl.answer import FetchAnswer, UnreadableAnswer, read_answer
from scanner.crawl.answered import AnsweredBatch, Place
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.header import FETCH_ITEMS
from scanner.crawl.period import EVER, Period, is_within
from scanner.crawl.response import Completion, Response, endless_answer
from scanner.crawl.search import list_uids
from scanner.crawl.wire import WireClient
from scanner.errors import PermissionDeniedError
from scanner.model import FoundMailbox, Gap
from scanner.uids import (
    Ranges,
    contains,
    count,
    format_ranges,
    join_ranges,
    newest_first,
    ranges_of,
    subtract,
)

BATCH_MESSAGES = 2_000
BATCH_BYTES = 1024 * 1024
"""A batch is committed when it holds this many messages or header bytes: memory stays flat whatever arrives. Read,
a header of nothing but addresses takes twenty times its length."""

USELESS_LIMIT = 100_000
"""Answers to one command that tell nothing that was asked for, beside ten for each message: flags of other sessions."""

MOST_AHEAD = 16
"""Commands under way at most: with their answers unread, their text has to fit into what the network holds."""

REFUSED_LIMIT = 100
"""Messages in a row that the server may refuse one by one; then it is the mailbox that it does not give."""

UNSERVED_LIMIT = 10_000
"""The same for messages that it passes over with OK: some servers list damaged ones for ever."""

UNANSWERED_LIMIT = 100_000
"""Listed messages in a row that may stay without answer before any of them is asked for again."""

_OUT_OF_PERIOD = "the server finds it within the mandate's period and dates it outside; it was not kept"


@dataclass(slots=True)
class _Collector:
    """Gathers what becomes the next batch."""

    place: Place
    answers: list[FetchAnswer] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    examined: list[tuple[int, int]] = field(default_factory=list)
    vanished: int = 0
    header_bytes: int = 0

    @property
    def has_news(self) -> bool:
        return bool(self.answers or self.examined)

    @property
    def is_full(self) -> bool:
        return len(self.answers) >= BATCH_MESSAGES or self.header_bytes >= BATCH_BYTES

    def add_gap(self, kind: str, detail: str, uid: int | None, raw: bytes = b"") -> None:
        self.gaps.append(self.place.gap(kind, detail, uid, raw))
        if uid is not None:
            self.examined.append((uid, uid))

    def take(self) -> AnsweredBatch:
        examined = join_ranges((*self.examined, *ranges_of([answer.uid for answer in self.answers])))
        batch = AnsweredBatch(self.place, examined, tuple(self.answers), tuple(self.gaps), self.vanished)
        self.answers, self.gaps, self.examined = [], [], []
        self.vanished, self.header_bytes = 0, 0
        return batch


class _Asked:
    """One FETCH under way and what it has brought."""

    def __init__(self, piece: Ranges) -> None:
        self.piece = piece
        self.first, self.last = piece[0][0], piece[-1][1]
        self.size = count(piece)
        self.seen: set[int] = set()

    def is_open(self, uid: int) -> bool:
        return uid not in self.seen and (len(self.piece) == 1 or contains(self.piece, uid))

    @property
    def left(self) -> Ranges:
        """What was asked for and not answered."""
        return subtract(self.piece, ranges_of(self.seen)) if len(self.seen) < self.size else ()


class MailboxFetch:
    """
    Fetches UIDs of one opened mailbox.

    Args:
        account: Name for gap rows.

        mailbox: The opened mailbox.

        uidvalidity: Of the opened mailbox.

        is_complete_list: `wanted` was made from all UIDs of the mailbox, so
            that what lies between two wanted UIDs need never be asked for.

        period: What the server dates outside of it is not kept.

        items: What is asked for of each message, in the form of FETCH_ITEMS.
    """

    def __init__(
        self,
        account: str,
        mailbox: FoundMailbox,
        uidvalidity: int,
        *,
        is_complete_list: bool,
        period: Period = EVER,
        items: str = FETCH_ITEMS,
    ) -> None:
        self._period = period
        self._items = items
        self._collector = _Collector(Place(account, mailbox.name, uidvalidity, mailbox.role == "drafts"))
        self._is_complete_list = is_complete_list
        self._missing: list[tuple[int, int]] = []
        self._refused = 0
        self._unanswered = 0
        self.was_stopped = False
        """Not all that was wanted was asked for."""

    def batches(
        self, client: WireClient, wanted: Ranges, size: int = BATCH_MESSAGES, may_ask: Callable[[], bool] | None = None
    ) -> Iterator[AnsweredBatch]:
        """
        Yield batches, newest first, until every wanted UID is a message, a gap or vanished.

        Where `may_ask` says no, nothing more is asked for, and what is under
        way is the end; `was_stopped` tells so.

        When the connection breaks, what was answered is yielded first, then
        the error is raised.

        Raises:
            AccountError: The connection cannot go on.
        """
        try:
            yield from self._pass(client, wanted, size, may_ask)
            if self._missing:
                missing, self._missing = join_ranges(self._missing), []
                yield from self._ask_again(client, missing)
        finally:
            self._missing = []
        if self._collector.has_news:
            yield self._collector.take()

    def rescue(self) -> AnsweredBatch | None:
        """Return what was answered before the connection broke, None if nothing."""
        return self._collector.take() if self._collector.has_news else None

    def give_up_on(self, uid: int, why: str) -> AnsweredBatch:
        """Return the batch that records a UID as a gap, so that the scan can go on behind it."""
        self._collector.add_gap("message_unserved", why, uid)
        return self._collector.take()

    def _fetch_command(self, piece: Ranges) -> bytes:
        return f"UID FETCH {format_ranges(piece)} {self._items}".encode("ascii")

    def _pass(
        self, client: WireClient, wanted: Ranges, size: int, may_ask: Callable[[], bool] | None
    ) -> Iterator[AnsweredBatch]:
        asked: list[_Asked] = []

        def commands() -> Iterator[bytes]:
            for piece in newest_first(wanted, size):
                if may_ask is not None and not may_ask():
                    self.was_stopped = True
                    return
                asked.append(_Asked(piece))
                yield self._fetch_command(piece)

        def is_enough() -> bool:
            # Where UIDs have many holes a command holds few of them: on a long line more commands have to be under way.
            return len(asked) >= MOST_AHEAD or sum(one.size for one in asked[1:]) >= size

        for _, answers, done in client.pipelined(commands(), is_enough):
            for _ in self._collect(answers, asked):
                yield self._collector.take()
            raise_if_refused(done[0])
            finished = asked.pop(0)
            left = finished.left
            is_passed_over = bool(left) and not finished.seen and done[0].status == "OK"
            self._unanswered = self._unanswered + count(left) if is_passed_over else 0
            if self._unanswered > UNANSWERED_LIMIT:
                raise _gives_none()
            if left:
                self._missing += left
            elif self._is_complete_list:
                # UIDs in between do not exist, or were examined before.
                self._collector.examined.append((finished.piece[0][0], finished.piece[-1][1]))

    def _collect(self, answers: Iterator[Response], asked: list["_Asked"]) -> Iterator[None]:
        """Gather the answers to what was asked; yield whenever a batch is full."""
        collector = self._collector
        useless = 0
        for response in answers:
            answer = read_answer(response)
            if answer is None or answer.uid is None:
                # Somebody else's flags, or an answer that names no message: one that was asked for and stays
                # unanswered is asked for again below, so nothing is lost here.
                useless = _one_more(useless, asked)
                continue
            # Dovecot works on two commands at once: answers to the second come among those to the first.
            uid = answer.uid
            for one in asked:
                if one.first <= uid <= one.last and one.is_open(uid):
                    break
            else:
                # A second answer, or a UID beyond what was asked ("N:*" does that).
                useless = _one_more(useless, asked)
                continue
            if isinstance(answer, UnreadableAnswer):
                collector.add_gap(
                    "message_unparsed", "the server's answer for this message is malformed", uid, answer.raw
                )
            elif answer.header is None or (not answer.header and answer.size):
                # A header of nothing for a message of something: the blank line behind it, at least, is missing.
                useless = _one_more(useless, asked)
                continue
            elif not (self._period.is_open or is_within(answer, self._period)):
                collector.add_gap("message_out_of_period", _OUT_OF_PERIOD, uid)
                self._refused = 0
            else:
                collector.answers.append(answer)
                collector.header_bytes += len(answer.header)
                self._refused = 0
            one.seen.add(uid)
            if collector.is_full:
                yield

    def _ask_again(self, client: WireClient, missing: Ranges) -> Iterator[AnsweredBatch]:
        """Ask once more for what was not answered, in ever smaller pieces; then it has vanished, or is a gap."""
        listed = list_uids(client, missing)
        gone = subtract(missing, listed)
        self._collector.vanished += count(gone)
        self._collector.examined += gone
        stack = list(newest_first(listed, 100))[::-1]
        while stack:
            piece = stack.pop()
            asked = _Asked(piece)
            ((_, answers, done),) = client.pipelined([self._fetch_command(piece)])
            for _ in self._collect(answers, [asked]):
                yield self._collector.take()
            completion = done[0]
            raise_if_busy(completion)
            left = asked.left
            if left and count(piece) > 1:
                stack += list(newest_first(left, max(1, count(left) // 2)))[::-1]
            elif left:
                self._settle(client, left[0][0], completion)
            if self._collector.is_full:
                yield self._collector.take()

    def _settle(self, client: WireClient, uid: int, completion: Completion) -> None:
        if not list_uids(client, ((uid, uid),)):
            self._collector.vanished += 1
            self._collector.examined.append((uid, uid))
        elif completion.status == "OK":
            self._collector.add_gap("message_unserved", "the server lists this message but does not give it", uid)
            self._refused += 1
            if self._refused >= UNSERVED_LIMIT:
                raise _gives_none()
        else:
            self._collector.add_gap("message_unserved", f"the server answers {completion.status} to this message", uid)
            self._refused += 1
            if self._refused >= REFUSED_LIMIT:
                raise PermissionDeniedError(
                    "the server refuses one message after the other", remedy="Ask for read permission"
                )


def _one_more(useless: int, asked: list[_Asked]) -> int:
    """Count one more answer that nobody asked for; as many as no other session causes end the command."""
    useless += 1
    if useless > USELESS_LIMIT + 10 * sum(one.size for one in asked):
        raise endless_answer()
    return useless


def _gives_none() -> PermissionDeniedError:
    return PermissionDeniedError("the server lists messages and gives none of them", remedy="Ask for read permission")


def raise_if_refused(completion: Completion) -> None:
    """Raise ServerBusyError for a throttle; a plain NO or BAD is settled by asking again in smaller pieces."""
    if completion.status != "OK":
        raise_if_busy(completion)
