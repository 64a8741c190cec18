"""Ask which UIDs a mailbox holds: ESEARCH, else UID SEARCH, else FETCH of the UIDs, window by window."""

import re
from collections.abc import Iterator

from scanner.crawl.busy import raise_if_busy
from scanner.crawl.opening import examine_command, read_opened
from scanner.crawl.response import Completion, Response
from scanner.crawl.window import not_answered, uids_by_number, uids_that_exist
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from scanner.model import FoundMailbox, OpenedMailbox
from scanner.uids import Ranges, format_ranges, join_ranges, newest_first

_ESEARCH_ALL = re.compile(rb" ALL ([\d:,]+)(?=[ \r\n])", re.IGNORECASE)
_ESEARCH_ITEM = re.compile(rb" ALL ", re.IGNORECASE)
_IN_BRACKETS = re.compile(rb"\([^()]*\)")
_NUMBER = re.compile(rb"(?<![^ \r\n])\d+(?![^ \r\n])")


def examine_and_list(client: WireClient, mailbox: FoundMailbox, period: str = "") -> tuple[OpenedMailbox, Ranges]:
    """
    Open a mailbox read-only and list its UIDs in one round trip; arguments and errors as `examine` and `list_uids`.

    Where the mailbox is not opened, or empty, what the server says to the
    search is of no interest: some refuse it then.
    """
    keys = period or "ALL"
    answering = client.execute_each([examine_command(mailbox), _search_command(client, keys)])
    answers, completion = next(answering)
    if completion.status != "OK":
        # Exchange says so and hangs up: there may be no answer to the search any more.
        raise_if_busy(completion)
    ((found, searched),) = answering
    opened = read_opened(answers, completion)
    if not opened.exists:
        return opened, ()
    # Nothing tells which of two commands an untagged response belongs to, but what it says.
    uids = _found(client, keys, [*answers, *found], searched)
    if uids is None:
        # What is within a period, or wears a label, only a search can tell.
        if period:
            raise not_answered()
        uids = uids_by_number(client, opened.exists)
    return opened, uids


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
        if (listed := _search(client, period or "ALL")) is None:
            raise not_answered()
        return listed
    found: list[tuple[int, int]] = []
    for piece in newest_first(within, 1_000):
        listed = _search(client, f"UID {format_ranges(piece)}")
        if listed is None:
            return uids_that_exist(client, within)
        found += listed
    return join_ranges(found)


def _search(client: WireClient, keys: str) -> Ranges | None:
    return _found(client, keys, *client.execute(_search_command(client, keys)))


def _search_command(client: WireClient, keys: str) -> bytes:
    if client.has_capability("ESEARCH"):
        return f"UID SEARCH RETURN (ALL) {keys}".encode("ascii")
    return _plain_command(keys)


def _plain_command(keys: str) -> bytes:
    return f"UID SEARCH {keys}".encode("ascii")


def _found(client: WireClient, keys: str, answers: list[Response], completion: Completion) -> Ranges | None:
    """
    Read the answer to a search, asked for in the older form once more when the newer one brought none.

    Returns:
        The UIDs; None when the server refuses both forms.
    """
    if client.has_capability("ESEARCH"):
        if completion.status == "OK" and (found := _read_esearch(answers)) is not None:
            return found
        answers, completion = client.execute(_plain_command(keys))
    if completion.status != "OK":
        raise_if_busy(completion)
        return None
    return read_search(answers)


def read_search(answers: list[Response]) -> Ranges | None:
    """
    Return the UIDs that SEARCH and ESEARCH answers list, of several searches together.

    None means that the server says it in a way that cannot be read: not the
    same as nothing found.
    """
    listed = _read_esearch(answers)
    if listed is None:
        if any(answer[0][:8].upper() == b"ESEARCH " for answer in answers):
            return None
        listed = ()
    # Several lines occur.
    found = (pair for answer in answers if answer[0][:6].upper() == b"SEARCH" for pair in _runs(answer[0]))
    return join_ranges((*listed, *found))


def _runs(line: bytes) -> Iterator[tuple[int, int]]:
    """Yield the numbers of a SEARCH answer as runs: a line may name millions, too many to hold one by one."""
    low = high = 0
    # Among the numbers a MODSEQ may stand in brackets (RFC 7162, 3.1.5).
    for word in _NUMBER.finditer(_IN_BRACKETS.sub(b" ", line) if b"(" in line else line):
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
