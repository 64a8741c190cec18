"""The mandate's period: which mail may be read, by the moment at which it was received."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from scanner.crawl.answer import FetchAnswer, read_answer
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.date import read_internal_date
from scanner.crawl.response import endless_answer
from scanner.crawl.window import WINDOW
from scanner.crawl.wire import WireClient
from scanner.uids import Ranges, contains, format_ranges, newest_first, ranges_of

_USELESS = 10 * WINDOW
"""Answers to one command at most: other sessions may tell flags meanwhile."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Period(NamedTuple):
    """The mandate's period, seconds since 1970-01-01 UTC: from the first moment on, before the second; None = open."""

    sent_from: int | None = None
    sent_until: int | None = None

    @property
    def is_open(self) -> bool:
        """Nothing is left out."""
        return self.sent_from is None and self.sent_until is None

    def holds(self, moment: int | None) -> bool:
        """Tell whether mail of this moment may be read; mail of which nobody knows the moment may."""
        if moment is None:
            return True
        return (self.sent_from is None or moment >= self.sent_from) and (
            self.sent_until is None or moment < self.sent_until
        )

    @property
    def keys(self) -> str:
        """SEARCH keys of all that may lie within, a day wider on both sides (RFC 9051, 6.4.4: without zones); or ""."""
        return " ".join(
            (
                *((f"SINCE {_day(self.sent_from, -1)}",) if self.sent_from is not None else ()),
                *((f"BEFORE {_day(self.sent_until, 2)}",) if self.sent_until is not None else ()),
            )
        )

    @property
    def edge_keys(self) -> str:
        """SEARCH keys of the days that may lie within or not, as only INTERNALDATE and its zone tell; or ""."""
        first = f"BEFORE {_day(self.sent_from, 2)}" if self.sent_from is not None else ""
        last = f"SINCE {_day(self.sent_until, -1)}" if self.sent_until is not None else ""
        return f"OR {first} {last}" if first and last else first or last


EVER = Period()
"""The period of a mandate that sets none."""


def _day(moment: int, days: int) -> str:
    day = datetime.fromtimestamp(moment, UTC) + timedelta(days=days)
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def uids_outside(client: WireClient, uids: Ranges, period: Period) -> Ranges:
    """
    Return which of some UIDs the server dates outside a period; no header is asked for.

    What it does not date is not among them: its date stands in the answer that brings its header.

    Raises:
        ServerBusyError: The server asks to come back later.
    """
    outside: list[int] = []
    commands = (
        f"UID FETCH {format_ranges(some)} (INTERNALDATE)".encode("ascii") for some in newest_first(uids, WINDOW)
    )
    for _, answers, done in client.pipelined(commands):
        for number, response in enumerate(answers):
            if number > _USELESS:
                raise endless_answer()
            answer = read_answer(response)
            if isinstance(answer, FetchAnswer) and contains(uids, answer.uid) and not is_within(answer, period):
                outside.append(answer.uid)
        if done[0].status != "OK":
            raise_if_busy(done[0])
    return ranges_of(outside)


def is_within(answer: FetchAnswer, period: Period) -> bool:
    """Tell whether INTERNALDATE lies within a period; a date that cannot be read does, as SEARCH has said."""
    internal = read_internal_date(answer.internal_date)
    return period.holds(internal[0] if internal else None)
