"""A batch as the server answered it: read when somebody asks, here or in another process."""

from functools import cached_property
from typing import Any, NamedTuple

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.date import read_internal_date
from scanner.crawl.header import build_message
from scanner.model import Batch, Gap, Message
from scanner.uids import Ranges

RAW_LIMIT = 64 * 1024

MAX_MARKS = 500_000
"""Characters of a header that are no letters or digits: those of fifty thousand recipients with their names. The memory
that its reading takes goes with them, not with its length."""

_LARGE_HEADER = 256 * 1024
_WORD_CHARACTERS = bytes(range(48, 58)) + bytes(range(65, 91)) + bytes(range(97, 123)) + bytes(range(128, 256))

# Our own parsers are total; should one fail all the same, it costs that message and leaves a gap, never the scan.
_PARSER_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)


class Place(NamedTuple):
    """Where a batch comes from."""

    account: str
    """Name for gap rows."""

    mailbox: str
    uidvalidity: int
    is_drafts: bool

    def gap(self, kind: str, detail: str, uid: int | None, raw: bytes = b"") -> Gap:
        """Return the gap of a message."""
        return Gap(self.account, kind, detail, self.mailbox, self.uidvalidity, uid, raw[:RAW_LIMIT])


class AnsweredBatch:
    """
    The outcome of asking for some UIDs, the headers as they came.

    It can be used as a `Batch`: messages and gaps are there from the first
    time that one of them is asked for.

    Args:
        place: Where it comes from.

        examined: As in `Batch`.

        answers: One for each message, with a header.

        gaps: What was found missing while it was fetched.

        vanished: As in `Batch`.
    """

    others: Ranges = ()

    def __init__(
        self,
        place: Place,
        examined: Ranges,
        answers: tuple[FetchAnswer, ...],
        gaps: tuple[Gap, ...] = (),
        vanished: int = 0,
    ) -> None:
        self.place = place
        self.examined = examined
        self.answers = answers
        self.early_gaps = gaps
        self.vanished = vanished

    @property
    def count(self) -> int:
        """Number of UIDs that were asked for."""
        return len(self.answers) + len(self.early_gaps) + self.vanished

    @property
    def fetched(self) -> int:
        """Number of headers that came."""
        return len(self.answers)

    @property
    def has_large_header(self) -> bool:
        """Reading it takes ten times the memory of a usual batch."""
        return any(len(answer.header or b"") > _LARGE_HEADER for answer in self.answers)

    @property
    def reached(self) -> int | None:
        """When the message with the lowest UID was received: what comes next is older as a rule."""
        if not self.answers:
            return None
        internal = read_internal_date(min(self.answers, key=lambda answer: answer.uid).internal_date)
        return internal[0] if internal else None

    @cached_property
    def parsed(self) -> Batch:
        """The same with its headers read."""
        messages: list[Message] = []
        gaps = list(self.early_gaps)
        for answer in self.answers:
            header = answer.header or b""
            if len(header) > _LARGE_HEADER and len(header.translate(None, _WORD_CHARACTERS)) > MAX_MARKS:
                why = f"a header of {len(header):,} bytes is too large"
                gaps.append(self.place.gap("message_unparsed", why, answer.uid, header))
                continue
            try:
                messages.append(build_message(answer, header, is_draft=self.place.is_drafts))
            except _PARSER_ERRORS as error:
                why = f"the header could not be parsed ({type(error).__name__})"
                gaps.append(self.place.gap("message_unparsed", why, answer.uid, header))
        return Batch(self.examined, tuple(messages), tuple(gaps), self.vanished)

    @property
    def messages(self) -> tuple[Message, ...]:
        """As in `Batch`."""
        return self.parsed.messages

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """As in `Batch`."""
        return self.parsed.gaps

    def as_values(self) -> tuple[Any, ...]:
        """Return all of it but its gaps as plain values, which can go to another process."""
        return tuple(self.place), self.examined, tuple(map(tuple, self.answers)), self.vanished

    @classmethod
    def of_values(cls, values: tuple[Any, ...], gaps: tuple[Gap, ...]) -> "AnsweredBatch":
        """Return what `as_values` gave, with its gaps."""
        place, examined, answers, vanished = values
        return cls(Place(*place), examined, tuple(map(FetchAnswer._make, answers)), gaps, vanished)
