"""The UIDs of a mailbox whose server does not answer UID SEARCH: asked for with FETCH, which every server knows."""

import re
from collections.abc import Iterator

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.response import endless_answer
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from scanner.uids import Ranges, contains, format_ranges, join_ranges, newest_first, ranges_of

WINDOW = 1_000
"""Messages asked for by one command: some forty kilobytes of answers."""

_USELESS = 10
"""Answers to one command at most, for each message that it asks for: other sessions may tell flags meanwhile."""

_FETCHED = re.compile(rb"(\d{1,10}) FETCH \((?:[^\r\n]* )?UID (\d{1,10})[ )]", re.IGNORECASE)


def uids_by_number(client: WireClient, exists: int) -> Ranges:
    """
    Return the UIDs of all messages, asked for by sequence number, window by window.

    While only FETCH is under way no message changes its number (RFC 9051,
    7.5.1), so the windows fit together: fewer UIDs than messages mean that
    the server has kept some to itself.

    Args:
        client: With a mailbox opened.

        exists: How many messages EXAMINE said there are.

    Raises:
        ServerBusyError: The server asks to come back later.

        ProtocolError: The server does not answer this either.
    """
    windows = ((low, min(low + WINDOW - 1, exists)) for low in range(1, exists + 1, WINDOW))
    return _uids(client, "FETCH", (((low, high),) for low, high in windows))


def uids_that_exist(client: WireClient, within: Ranges) -> Ranges:
    """Return which of some UIDs there are; arguments beside them, and errors, as `uids_by_number`."""
    return _uids(client, "UID FETCH", newest_first(within, WINDOW))


def _uids(client: WireClient, name: str, sets: Iterator[Ranges]) -> Ranges:
    found: list[tuple[int, int]] = []
    asked: list[Ranges] = []

    def commands() -> Iterator[bytes]:
        for each in sets:
            if is_refused:
                return
            asked.append(each)
            yield f"{name} {format_ranges(each)} (UID)".encode("ascii")

    is_refused = False
    place = 1 if name == "FETCH" else 2
    for _, answers, done in client.pipelined(commands()):
        uids: set[int] = set()
        for number, answer in enumerate(answers):
            if number > WINDOW * _USELESS:
                raise endless_answer()
            match = _FETCHED.match(answer[0])
            # Answers to the next command may come among those to this one.
            if match and any(contains(each, int(match[place])) for each in asked) and (uid := int(match[2])):
                uids.add(uid)
        if done[0].status != "OK":
            raise_if_busy(done[0])
            # What is under way is read to its end: the connection can go on.
            is_refused = True
        asked.pop(0)
        found += ranges_of(uids)
    if is_refused:
        raise not_answered()
    return join_ranges(found)


def not_answered() -> ProtocolError:
    """Return the error for a mailbox of which the server does not tell the UIDs."""
    return ProtocolError("the server does not answer UID SEARCH", remedy="Run the scan again later")
