"""Bytes become responses whatever the pieces they come in, and what has no end meets a limit."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.crawl import response, wire
from scanner.crawl.response import Completion, Response, drain
from scanner.crawl.wire import WireClient
from scanner.errors import ConnectionLostError, ProtocolError
from tests.crawl.talk import TAG, headers, hear
from tests.servers.scripted import Answer, Command, ScriptedServer

CONVERSATION = (
    b"* 1 EXISTS\r\n"
    b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (TO)] {21}\r\nTo: b@people.example\n UID 7)\r\n"
    b'* LIST () "/" {4}\r\nSent\r\n'
    b"* 2 FETCH (A {2}\r\n\r\n B {0}\r\n C {1+}\r\n})\r\n"
    b"A1 OK [READ-ONLY] done\r\n"
)
RESPONSES: list[Response] = [
    [b"1 EXISTS\r\n"],
    [b"1 FETCH (UID 7 BODY[HEADER.FIELDS (TO)] {21}\r\n", b"To: b@people.example\n", b" UID 7)\r\n"],
    [b'LIST () "/" {4}\r\n', b"Sent", b"\r\n"],
    [b"2 FETCH (A {2}\r\n", b"\r\n", b" B {0}\r\n", b"", b" C {1+}\r\n", b"}", b")\r\n"],
]


def _connected(server: ScriptedServer) -> WireClient:
    return WireClient(server.host, server.port, ssl_context=None, timeout=5)


@pytest.fixture(scope="module")
def client() -> Iterator[WireClient]:
    """Yield one connected client; what it hears is up to each test."""
    with ScriptedServer({}) as server:
        connected = _connected(server)
        yield connected
        connected.drop()


def _heard(client: WireClient, *pieces: bytes) -> tuple[list[Response], Completion]:
    """Return what a client makes of these bytes as the answer to the command A1."""
    hear(client, *pieces)
    return drain(client.responses(TAG))


# --- responses ----------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_bytes_one_by_one_are_the_same_responses(step: int, client: WireClient) -> None:
    """A slow line changes nothing."""
    pieces = [CONVERSATION[start : start + step] for start in range(0, len(CONVERSATION), step)]

    assert _heard(client, *pieces) == (RESPONSES, Completion("OK", "[READ-ONLY] done"))


def test_the_place_of_a_cut_does_not_matter(client: WireClient) -> None:
    """TCP knows no lines: cut in two at any byte, the conversation is the same."""
    for position in range(1, len(CONVERSATION)):
        heard = _heard(client, CONVERSATION[:position], CONVERSATION[position:])

        assert heard == (RESPONSES, Completion("OK", "[READ-ONLY] done")), position


def test_an_end_at_any_byte_is_a_lost_connection(client: WireClient) -> None:
    """Half an answer is never taken for a whole one."""
    for position in range(len(CONVERSATION)):
        with pytest.raises(ConnectionLostError):
            _heard(client, CONVERSATION[:position])


def test_the_shared_conversations_do_not_depend_on_the_pieces(client: WireClient, shared_data: Path) -> None:
    """Every whole answer of the recorded servers gives the same responses, cut anywhere."""
    lines = (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines()
    wires = [json.loads(line)["wire"].encode("latin-1") for line in lines]
    whole = [said for said in wires if said.startswith(b"* ") and b"\r\nA00000001 " in said and len(said) < 400]
    assert len(whole) > 30

    for said in whole:
        hear(client, said)
        expected = _end_of(client)
        for position in range(1, len(said)):
            hear(client, said[:position], said[position:])
            assert _end_of(client) == expected


def _end_of(client: WireClient) -> object:
    try:
        return drain(client.responses(b"A00000001"))
    except ConnectionLostError as error:
        return error.what


def test_status_text_and_code_are_read(client: WireClient) -> None:
    """RFC 9051, 7.1: NO and BAD are completions like OK; text and code may be missing, case does not matter."""
    assert _heard(client, b"A1 no [throttled] later\r\n")[1].code == "THROTTLED"
    assert _heard(client, b"A1 BAD\r\n")[1] == Completion("BAD", "")
    assert _heard(client, b"A1 OK\n")[1] == Completion("OK", "")
    assert _heard(client, b"A1 NO [BADCHARSET ()] error\r\n")[1].status == "NO"
    assert _heard(client, b"A1 OK 8-bit \xfc\r\n")[1].text == "8-bit \ufffd"


@pytest.mark.parametrize("bye", [b"* BYE\r\n", b"* BYE idle for too long\r\n", b"* bye \r\n", b"* Bye\n"])
def test_a_goodbye_ends_the_connection(bye: bytes, client: WireClient) -> None:
    """RFC 9051, 7.1.5: BYE comes with or without a text."""
    with pytest.raises(ConnectionLostError, match="goodbye"):
        _heard(client, b"* 1 EXISTS\r\n" + bye + b"A1 OK done\r\n")


def test_a_word_that_begins_like_a_goodbye_is_none(client: WireClient) -> None:
    """Only the whole word counts."""
    assert _heard(client, b"* BYEBYE x\r\nA1 OK done\r\n")[0] == [[b"BYEBYE x\r\n"]]


@pytest.mark.parametrize("odd", [b"\r\n", b"\n", b"  \r\n", b"[COPYUID 55 31 6]\r\n"])
def test_lines_that_mean_nothing_are_passed_over(odd: bytes, client: WireClient) -> None:
    """Gateways write empty lines behind literals, Exchange response codes without "* OK"."""
    said = b"* 1 EXISTS\r\n" + odd + b"* 2 EXISTS\r\nA1 OK done\r\n"

    assert _heard(client, said)[0] == [[b"1 EXISTS\r\n"], [b"2 EXISTS\r\n"]]


@pytest.mark.parametrize(
    "odd",
    [b"A2 OK done\r\n", b"A1x OK done\r\n", b"A1 MAYBE\r\n", b"A1 OKAY\r\n", b"+ go ahead\r\n", b"HTTP/1.1 200\r\n"],
)
def test_what_answers_no_command_of_ours_is_out_of_step(odd: bytes, client: WireClient) -> None:
    """A wrong tag or status, or no answer at all: what follows cannot be trusted."""
    with pytest.raises(ProtocolError):
        _heard(client, b"* 1 EXISTS\r\n" + odd + b"A1 OK done\r\n")


def test_a_wrong_literal_size_is_out_of_step(client: WireClient) -> None:
    """A size too small leaves text of the message where an answer should begin."""
    said = b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (TO)] {5}\r\nTo: b@people.example\r\nCc: c@people.example\r\n\r\n)\r\n"

    with pytest.raises(ProtocolError, match="step"):
        _heard(client, said + b"A1 OK done\r\n")


# --- limits -------------------------------------------------------------------


def test_an_endless_line_meets_a_limit(client: WireClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of the limit's length is read, one byte more is not."""
    monkeypatch.setattr(wire, "MAX_LINE", 1000)
    fits = b"* " + b"x" * 996 + b"\r\n"

    assert len(_heard(client, fits + b"A1 OK done\r\n")[0]) == 1
    with pytest.raises(ProtocolError, match="without end"):
        _heard(client, b"* x" + fits)


@pytest.mark.parametrize("size", [b"1073741824", b"67108865", b"99999999999999999999"])
def test_a_huge_literal_is_not_read(size: bytes, client: WireClient) -> None:
    """1 GiB announced is refused when it is announced, before any memory is taken for it."""
    with pytest.raises(ProtocolError, match="more than any header"):
        _heard(client, b"* 1 FETCH (UID 1 BODY[] {" + size + b"}\r\n")


def test_a_size_of_more_digits_than_any_number_is_text(client: WireClient) -> None:
    """Python refuses to read thousands of digits; the line is then one without literal."""
    line = b"* 1 FETCH (X {" + b"9" * 5000 + b"}\r\n"

    assert _heard(client, line + b"A1 OK done\r\n")[0] == [[line[2:]]]


def test_many_literals_in_one_response_meet_the_same_limit(client: WireClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many large nor very many empty literals pass where one large one would not."""
    monkeypatch.setattr(response, "MAX_LITERAL", 10_000)

    for literal in (b" {4000}\r\n" + b"x" * 4000, b" {0}\r\n"):
        with pytest.raises(ProtocolError, match="without end"):
            _heard(client, b"* 1 FETCH (" + literal * 200 + b")\r\n")


def test_a_flood_of_responses_meets_a_limit_where_they_are_kept(
    client: WireClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of mailboxes without end is given up; read one by one, responses may be as many as there are messages."""
    monkeypatch.setattr(response, "MAX_ANSWERS", 100_000)
    flood = b"* \r\n" * 1000

    with pytest.raises(ProtocolError, match="no end"):
        _heard(client, flood + b"A1 OK done\r\n")
    hear(client, flood + b"A1 OK done\r\n")
    assert sum(1 for _ in client.responses(TAG)) == 1000


def test_an_endless_line_over_tcp_is_given_up() -> None:
    """The limit holds for what a server really sends, and is ours to name."""

    def endless(command: Command) -> Answer:
        return b"* " + b"x" * (wire.MAX_LINE + 10)

    with ScriptedServer({}, {b"NOOP": endless}) as server:
        client = _connected(server)
        with pytest.raises(ProtocolError, match="without end"):
            client.execute(b"NOOP")
        client.drop()


def test_silence_ends_in_a_timeout() -> None:
    """A server that says nothing is not waited for longer than the account allows."""
    release = threading.Event()

    def silent(command: Command) -> Answer:
        release.wait(5)
        return None

    with ScriptedServer({}, {b"NOOP": silent}) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=0.1)
        with pytest.raises(TimeoutError):
            client.execute(b"NOOP")
        release.set()
        client.drop()


# --- commands -----------------------------------------------------------------


def test_one_command_is_sent_ahead() -> None:
    """While the first answer is read, the second command is on its way, and never the third; order is kept."""
    with ScriptedServer(headers(*range(1, 7))) as server:
        client = _connected(server)
        client.log_in("ada", "a secret")
        asked: list[bytes] = []

        def commands() -> Iterator[bytes]:
            for uid in range(1, 7):
                asked.append(b"UID FETCH %d (UID)" % uid)
                yield asked[-1]

        seen = []
        for number, (command, answers, done) in enumerate(client.pipelined(commands()), 1):
            assert len(asked) == min(number + 1, 6)
            seen.append((command, [response[0].split()[3] for response in answers], done[0].status))
        client.drop()

    assert seen == [(b"UID FETCH %d (UID)" % uid, [b"%d" % uid], "OK") for uid in range(1, 7)]


def test_as_many_commands_are_sent_ahead_as_are_enough() -> None:
    """Before the first answer is read so many are on their way, then one more for each that has ended."""
    with ScriptedServer(headers(*range(1, 9))) as server:
        client = _connected(server)
        client.log_in("ada", "a secret")
        asked: list[int] = []
        ended: list[bytes] = []
        ahead: list[int] = []

        def commands() -> Iterator[bytes]:
            for uid in range(1, 9):
                asked.append(uid)
                yield b"UID FETCH %d (UID)" % uid

        for _, answers, done in client.pipelined(commands(), lambda: len(asked) - len(ended) >= 5):
            ahead.append(len(asked) - len(ended))
            ended.extend(response[0].split()[3] for response in answers)
            assert done[0].status == "OK"
        client.drop()

    assert ahead == [5, 5, 5, 5, 4, 3, 2, 1]
    assert ended == [b"%d" % uid for uid in range(1, 9)]


def test_nothing_to_send_is_nothing_to_read(client: WireClient) -> None:
    """No command, no answer."""
    assert list(client.pipelined([])) == []
