"""The UIDs that a mailbox holds are found in every form in which servers list them."""

import pytest

from scanner.crawl.search import list_uids
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError, ServerBusyError
from scanner.uids import Ranges, ranges_of
from tests.servers.scripted import Answer, Command, ScriptedServer


def searched(
    *lines: bytes, esearch: bool = False, esearch_lines: tuple[bytes, ...] | None = None, status: bytes = b"OK"
) -> tuple[Ranges, list[bytes]]:
    """Return (UIDs found, arguments of the searches) when plain or extended search is answered with these lines."""

    def answer(command: Command) -> Answer:
        is_extended = command.arguments.startswith(b"RETURN")
        said = (esearch_lines or ()) if is_extended else lines
        ended = b"BAD" if is_extended and esearch_lines is None else status
        return b"".join(b"* " + line + b"\r\n" for line in said) + command.tag + b" " + ended + b" said\r\n"

    with ScriptedServer({}, {b"UID SEARCH": answer}, capability=b"ESEARCH" if esearch else b"") as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        try:
            found = list_uids(client)
        finally:
            client.drop()
        return found, [command.arguments for command in server.commands if command.name == b"UID SEARCH"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((b"SEARCH 1 2 3 7",), ((1, 3), (7, 7))),
        ((b"search 3 1 2 2",), ((1, 3),)),
        ((b"SEARCH 1 2", b"SEARCH 3", b"12 EXISTS", b"SEARCH 9"), ((1, 3), (9, 9))),
        ((b"SEARCH 1 2 3 (MODSEQ 12345678)",), ((1, 3),)),
        ((b"SEARCH 1 2 (modseq 9) 3 4",), ((1, 4),)),
        ((b"SEARCH",), ()),
        ((b"SEARCH ",), ()),
        ((b"SEARCH 12345 67890 ",), ((12345, 12345), (67890, 67890))),
        ((b"SEARCH 0 4294967295",), ((4294967295, 4294967295),)),
        ((b"SEARCH 4 x5 6x 7,8 9 *",), ((4, 4), (9, 9))),
        ((), ()),
    ],
)
def test_search_answers_are_read(lines: tuple[bytes, ...], expected: Ranges) -> None:
    """Several lines, MODSEQ at the end or in the middle, blanks, nothing."""
    assert searched(*lines) == (expected, [b"ALL"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'ESEARCH (TAG "A1") UID ALL 1:3,5,7:9', ((1, 3), (5, 5), (7, 9))),
        (b"ESEARCH UID COUNT 4 ALL 9:7,2 MODSEQ 917", ((2, 2), (7, 9))),
        (b'esearch (tag "A1") uid all 4294967295', ((4294967295, 4294967295),)),
        (b'ESEARCH (TAG "A1") UID', ()),
        (b'ESEARCH (TAG "A1") UID COUNT 0', ()),
        (b'ESEARCH (TAG "A1") UID ALL 0:2', ((1, 2),)),
    ],
)
def test_esearch_answers_are_read(line: bytes, expected: Ranges) -> None:
    """RFC 9051, 7.3.4: no ALL means that nothing was found; ranges run either way."""
    assert searched(esearch=True, esearch_lines=(line,)) == (expected, [b"RETURN (ALL) ALL"])


@pytest.mark.parametrize(
    "esearch_lines", [None, (), (b"SEARCH 1 2 3",), (b"ESEARCH UID ALL 1:*",), (b"ESEARCH UID ALL (1 2)",)]
)
def test_what_is_no_esearch_answer_is_searched_for_plainly(esearch_lines: tuple[bytes, ...] | None) -> None:
    """BAD, silence or an odd answer must not pass for an empty mailbox, nor 1:* for the message 1."""
    found, commands = searched(b"SEARCH 1 2 3", esearch=True, esearch_lines=esearch_lines)

    assert found == ((1, 3),)
    assert commands == [b"RETURN (ALL) ALL", b"ALL"]


@pytest.mark.parametrize("digits", [b"4294967295000", b"9" * 5000])
def test_numbers_that_are_no_uids_are_said(digits: bytes) -> None:
    """RFC 9051, 9: 32 bits. Python would refuse to read the longer one with an error of its own."""
    with pytest.raises(ProtocolError, match="no UID"):
        searched(b"SEARCH 1 " + digits)
    with pytest.raises(ProtocolError, match="no UID"):
        searched(esearch=True, esearch_lines=(b"ESEARCH UID ALL 1:" + digits,))


def test_a_refused_search_is_no_empty_mailbox() -> None:
    """NO is an error, and a throttle is one of its own."""
    with pytest.raises(ProtocolError, match="UID SEARCH"):
        searched(status=b"NO")
    with pytest.raises(ServerBusyError):
        searched(status=b"NO [UNAVAILABLE]")


def test_many_uids_are_asked_after_in_lines_a_server_reads() -> None:
    """Old servers know command lines of 1,000 characters."""
    uids = range(1, 4001, 2)
    with ScriptedServer(dict.fromkeys(uids, b"")) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        found = list_uids(client, ranges_of([*uids, 5000]))
        client.drop()
        lines = [command for command in server.commands if command.name == b"UID SEARCH"]

    assert found == ranges_of(uids)
    assert all(len(line.arguments) < 950 for line in lines)
