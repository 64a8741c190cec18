"""EXISTS and SEARCH have to agree; where they do not, FETCH tells, and what is still missing is said."""

from collections.abc import Iterable

import pytest

from scanner.crawl.enumeration import Enumerated, enumerate_mailbox
from scanner.crawl.period import Period
from scanner.crawl.wire import WireClient
from scanner.uids import count
from tests.crawl.talk import SENT, headers
from tests.servers.scripted import Answer, Command, Override, ScriptedServer


def _enumerated(overrides: dict[bytes, Override], uids: Iterable[int] = range(1, 7)) -> tuple[Enumerated, list[bytes]]:
    with ScriptedServer(headers(*uids), overrides) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        found = enumerate_mailbox(client, SENT, Period())
        client.execute(b"NOOP")
        client.drop()
        return found, [command.name for command in server.commands]


def _half(command: Command) -> Answer:
    return b"* SEARCH 1 2 3\r\n" + command.tag + b" OK done\r\n"


def _six(command: Command) -> Answer:
    return b"".join(b"* %d FETCH (UID %d)\r\n" % (uid, uid) for uid in range(1, 7)) + command.tag + b" OK done\r\n"


def test_where_both_agree_one_round_trip_is_enough() -> None:
    """EXAMINE and one search."""
    found, names = _enumerated({})

    assert (count(found.uids), found.cut) == (6, "")
    assert names == [b"CAPABILITY", b"EXAMINE", b"UID SEARCH", b"NOOP"]


def test_what_search_keeps_back_is_asked_for_by_number() -> None:
    """`* 6 EXISTS`, and SEARCH lists three."""
    found, names = _enumerated({b"UID SEARCH": _half, b"FETCH": _six})

    assert (found.uids, found.cut) == (((1, 6),), "")
    assert names.count(b"FETCH") == 1


@pytest.mark.parametrize("status", [b"NO", b"OK"])
def test_what_stays_unlisted_is_said(status: bytes) -> None:
    """A server that refuses FETCH by number, or tells nothing by it: what SEARCH lists is read, the rest a gap."""
    found, _ = _enumerated({b"UID SEARCH": _half, b"FETCH": lambda command: command.tag + b" %s done\r\n" % status})

    assert (found.uids, found.cut) == (((1, 3),), "the server lists 3 of 6 messages")
