"""Ask for messages, newest first, and account for every UID that was asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scanner.crawl.answer import FetchAnswer, UnreadableAnswer, read_answer
from scanner.crawl.answered import AnsweredBatch, Place
from scanner.crawl.header import FETCH_ITEMS
from scanner.crawl.response import Completion, Response, quote
from scanner.crawl.session import busy_error
from scanner.crawl.wire import WireClient
from scanner.errors import PermissionDeniedError, ProtocolError
from scanner.model import FoundMailbox, Gap, OpenedMailbox
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
BATCH_BYTES = 8 * 1024 * 1024
"""A batch is committed when it holds this many messages or header bytes: memory stays flat whatever arrives."""

_MOST_AHEAD = 16
"""Commands under way at most: with their answers unread, their text has to fit into what the network holds."""

REFUSED_LIMIT = 100
"""Messages in a row that the server may refuse one by one; then it is the mailbox that it does not give."""

UNSERVED_LIMIT = 10_000
"""The same for messages that it passes over with OK: some servers list damaged ones for ever."""

UNANSWERED_LIMIT = 100_000
"""Listed messages in a row that may stay without answer before any of them is asked for again."""

MAX_MESSAGES = 100_000_000
"""More than any mailbox holds; a server that says so would have us ask for years."""

_CODE = re.compile(rb"OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d{1,19})\]", re.IGNORECASE)
_EXISTS = re.compile(rb"(\d{1,10}) EXISTS", re.IGNORECASE)
_ESEARCH_ALL = re.compile(rb" ALL ([\d:,]+)(?=[ \r\n])", re.IGNORECASE)
_ESEARCH_ITEM = re.compile(rb" ALL ", re.IGNORECASE)
_IN_BRACKETS = re.compile(rb"\([^()]*\)")
_NUMBER = re.compile(rb"(?<![^ \r\n])\d+(?![^ \r\n])")
_MAX_NUMBER = (1 << 63) - 1
"""What a BIGINT holds; a 64-bit MODSEQ beyond it is of no use to us."""
_BUSY = re.compile(r"Backoff Time|throttl|Server Unavailable", re.IGNORECASE)
_BUSY_CODES = frozenset({"THROTTLED", "UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA"})


def examine(client: WireClient, mailbox: FoundMailbox) -> OpenedMailbox:
    """
    Open a mailbox read-only.

    Raises:
        PermissionDeniedError: The server refuses.

        ServerBusyError: The server asks to come back later.

        ProtocolError: The server gives no UIDVALIDITY, or does not say how many messages there are.
    """
    return _opened(*client.execute(_examine_command(mailbox)))


def examine_and_list(client: WireClient, mailbox: FoundMailbox, period: str = "") -> tuple[OpenedMailbox, Ranges]:
    """
    Open a mailbox read-only and list its UIDs in one round trip; arguments and errors as `examine` and `list_uids`.

    Where the mailbox is not opened, or empty, what the server says to the
    search is of no interest: some refuse it then.
    """
    keys = period or "ALL"
    answering = client.execute_each([_examine_command(mailbox), _search_command(client, keys)])
    answers, completion = next(answering)
    if completion.status != "OK":
        # Exchange says so and hangs up: there may be no answer to the search any more.
        raise_if_busy(completion)
    ((found, searched),) = answering
    opened = _opened(answers, completion)
    if not opened.exists:
        return opened, ()
    # Nothing tells which of two commands an untagged response belongs to, but what it says.
    return opened, _found(client, keys, [*answers, *found], searched)


def _examine_command(mailbox: FoundMailbox) -> bytes:
    return b"EXAMINE " + quote(mailbox.wire_name)


def _opened(answers: list[Response], completion: Completion) -> OpenedMailbox:
    """Read the answer to EXAMINE (RFC 9051, 6.3.3)."""
    if completion.status != "OK":
        raise_if_busy(completion)
        raise PermissionDeniedError("the server does not open this mailbox", remedy="Ask for read permission")
    found: dict[bytes, int] = {}
    exists: int | None = None
    for answer in answers:
        if code := _CODE.match(answer[0]):
            if (number := int(code[2])) <= _MAX_NUMBER:
                found[code[1].upper()] = number
        elif size := _EXISTS.match(answer[0]):
            # The last one is the newest when a server sends several.
            exists = int(size[1])
    if exists is None:
        # RFC 9051, 6.3.3 with 6.3.2: EXISTS is required. Taking silence for 0 would pass a mailbox over.
        raise ProtocolError(
            "the server does not say how many messages the mailbox holds", remedy="Run the scan again later"
        )
    if exists > MAX_MESSAGES:
        raise ProtocolError(
            f"the server says that the mailbox holds {exists:,} messages, more than any does",
            remedy="Check which server answers here",
        )
    if b"UIDVALIDITY" not in found:
        raise ProtocolError("the server gives the mailbox no UIDVALIDITY", remedy="Check which server answers here")
    return OpenedMailbox(found[b"UIDVALIDITY"], found.get(b"UIDNEXT"), exists, found.get(b"HIGHESTMODSEQ"))


def list_uids(client: WireClient, within: Ranges | None = None, period: str = "") -> Ranges:
    """
    Return the UIDs that the server lists now.

    Args:
        client: With a mailbox opened.

        within: Ask for these UIDs only; None = all.

        period: SEARCH keys that limit by internal date, "" for none.

    Raises:
        ServerBusyError: The server asks to come back later.

        ProtocolError: The server does not answer the search.
    """
    if within is None:
        return _search(client, period or "ALL")
    found: list[tuple[int, int]] = []
    for piece in newest_first(within, 1_000):
        found += _search(client, f"UID {format_ranges(piece)}")
    return join_ranges(found)


def period_keys(sent_from: int | None, sent_until: int | None) -> str:
    """Return the SEARCH keys of a mandate's period, by internal date; a day wider on both sides (no zone in SEARCH)."""
    keys = []
    if sent_from is not None:
        keys.append(f"SINCE {_search_date(sent_from, -1)}")
    if sent_until is not None:
        keys.append(f"BEFORE {_search_date(sent_until, 2)}")
    return " ".join(keys)


def _search_date(moment: int, days: int) -> str:
    day = datetime.fromtimestamp(moment, UTC) + timedelta(days=days)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day}-{months[day.month - 1]}-{day.year}"


def _search(client: WireClient, keys: str) -> Ranges:
    return _found(client, keys, *client.execute(_search_command(client, keys)))


def _search_command(client: WireClient, keys: str) -> bytes:
    options = "RETURN (ALL) " if client.has_capability("ESEARCH") else ""
    return f"UID SEARCH {options}{keys}".encode("ascii")


def _found(client: WireClient, keys: str, answers: list[Response], completion: Completion) -> Ranges:
    """Read the answer to a search, asked for in the older form once more when the newer one brought none."""
    if client.has_capability("ESEARCH"):
        if completion.status == "OK" and (found := _read_esearch(answers)) is not None:
            return found
        answers, completion = client.execute(f"UID SEARCH {keys}".encode("ascii"))
    if completion.status != "OK":
        raise_if_busy(completion)
        raise ProtocolError("the server does not answer UID SEARCH", remedy="Run the scan again later")
    return read_search(answers)


def read_search(answers: list[Response]) -> Ranges:
    """Return the UIDs that SEARCH and ESEARCH answers list, of several searches together."""
    listed = _read_esearch(answers) or ()
    # Several lines occur.
    found = (pair for answer in answers if answer[0][:6].upper() == b"SEARCH" for pair in _runs(answer[0]))
    return join_ranges((*listed, *found))


def _runs(line: bytes) -> Iterator[tuple[int, int]]:
    """Yield the numbers of a SEARCH answer as runs: a line may name millions, too many to hold one by one."""
    low = high = 0
    # Among the numbers a MODSEQ may stand in brackets (RFC 7162, 3.1.5).
    for word in _NUMBER.finditer(_IN_BRACKETS.sub(b" ", line)):
        uid = _uid(word[0])
        if high and uid == high + 1:
            high = uid
            continue
        if high:
            yield low, high
        low = high = uid
    if high:
        yield low, high


def _read_esearch(answers: list[Response]) -> Ranges | None:
    """Return what ESEARCH answers list (RFC 9051, 7.3.4); None when they say it in a way that cannot be read."""
    lines = [answer[0] for answer in answers if answer[0][:8].upper() == b"ESEARCH "]
    pairs: list[tuple[int, int]] = []
    for line in lines:
        if found := _ESEARCH_ALL.search(line):
            pairs += ((_uid(first), _uid(last or first)) for first, _, last in _parts(found[1]))
        elif _ESEARCH_ITEM.search(line):
            return None
    # Without any line the server does not speak ESEARCH; an empty result has a line without ALL.
    return join_ranges((max(1, min(pair)), max(pair)) for pair in pairs if any(pair)) if lines else None


def _parts(sequence_set: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    return (part.partition(b":") for part in sequence_set.split(b",") if part)


def _uid(digits: bytes) -> int:
    if not 0 < len(digits) <= 10:
        # RFC 9051, 9: nz-number has 32 bits. Python refuses to read very long ones.
        raise ProtocolError("the server lists a number that is no UID", remedy="Check which server answers here")
    return int(digits)


def raise_if_busy(completion: Completion) -> None:
    """Raise ServerBusyError when a NO or BAD only means: later."""
    if completion.code in _BUSY_CODES or _BUSY.search(completion.text):
        raise busy_error(completion.text)


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
    """

    def __init__(self, account: str, mailbox: FoundMailbox, uidvalidity: int, *, is_complete_list: bool) -> None:
        self._collector = _Collector(Place(account, mailbox.name, uidvalidity, mailbox.role == "drafts"))
        self._is_complete_list = is_complete_list
        self._missing: list[tuple[int, int]] = []
        self._refused = 0
        self._unanswered = 0

    def batches(self, client: WireClient, wanted: Ranges, size: int = BATCH_MESSAGES) -> Iterator[AnsweredBatch]:
        """
        Yield batches, newest first, until every wanted UID is a message, a gap or vanished.

        When the connection breaks, what was answered is yielded first, then
        the error is raised.

        Raises:
            AccountError: The connection cannot go on.
        """
        try:
            yield from self._pass(client, wanted, size)
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

    def _pass(self, client: WireClient, wanted: Ranges, size: int) -> Iterator[AnsweredBatch]:
        asked: list[_Asked] = []

        def commands() -> Iterator[bytes]:
            for piece in newest_first(wanted, size):
                asked.append(_Asked(piece))
                yield _fetch_command(piece)

        def is_enough() -> bool:
            # Where UIDs have many holes a command holds few of them: on a long line more commands have to be under way.
            return len(asked) >= _MOST_AHEAD or sum(one.size for one in asked[1:]) >= size

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
        for response in answers:
            answer = read_answer(response)
            if answer is None or answer.uid is None:
                # Somebody else's flags, or an answer that names no message: one that was asked for and stays
                # unanswered is asked for again below, so nothing is lost here.
                continue
            # Dovecot works on two commands at once: answers to the second come among those to the first.
            uid = answer.uid
            for one in asked:
                if one.first <= uid <= one.last and one.is_open(uid):
                    break
            else:
                # A second answer, or a UID beyond what was asked ("N:*" does that).
                continue
            if isinstance(answer, UnreadableAnswer):
                collector.add_gap(
                    "message_unparsed", "the server's answer for this message is malformed", uid, answer.raw
                )
            elif answer.header is not None:
                collector.answers.append(answer)
                collector.header_bytes += len(answer.header)
                self._refused = 0
            else:
                continue
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
            ((_, answers, done),) = client.pipelined([_fetch_command(piece)])
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


def _gives_none() -> PermissionDeniedError:
    return PermissionDeniedError("the server lists messages and gives none of them", remedy="Ask for read permission")


def _fetch_command(piece: Ranges) -> bytes:
    return f"UID FETCH {format_ranges(piece)} {FETCH_ITEMS}".encode("ascii")


def raise_if_refused(completion: Completion) -> None:
    """Raise ServerBusyError for a throttle; a plain NO or BAD is settled by asking again in smaller pieces."""
    if completion.status != "OK":
        raise_if_busy(completion)
