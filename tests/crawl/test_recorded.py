"""
Every shared case of a server's answer is run, whatever its kind.

FETCH, LIST and NAMESPACE have their tests beside what reads them, and
test_wire.py cuts all conversations anywhere; the rest is here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.crawl.answer import FetchAnswer, UnreadableAnswer, read_answer
from scanner.crawl.header import build_message
from scanner.crawl.opening import examine
from scanner.crawl.response import Completion, Response, drain
from scanner.crawl.search import read_search
from scanner.crawl.standing import read_status
from scanner.crawl.wire import WireClient
from scanner.errors import ConnectionLostError, ProtocolError
from scanner.model import OpenedMailbox
from scanner.uids import parse_ranges
from tests.crawl.talk import SENT, TAG, hear
from tests.servers.scripted import Answer, Command, ScriptedServer

ELSEWHERE = {"FETCH", "LIST", "NAMESPACE"}
OPENED = {"SELECT", "EXAMINE"}
INSIDE_FETCH = {"ENVELOPE", "ADDRESSES", "BODYSTRUCTURE", "LABELS", "TOKENS"}
"""Elements that are never asked for; a server may send them all the same."""

PASSED_OVER = {"FLAGS", "VANISHED", "CODE", "STATUSLINE", "UNTAGGED", "ENABLE", "BYE", "LOGOUT", "OTHER", "CONTINUE"}
HERE = {"GREETING", "CAPABILITY", "STATUS", "SEARCH", "ESEARCH", "HEADER"} | OPENED | INSIDE_FETCH | PASSED_OVER

OUT_OF_STEP = {"ic065", "ic092", "ic093"}
"""They answer IDLE, or nothing at all, and we send no IDLE: what follows cannot be trusted."""

GOODBYES = {"ic053", "ic122"}

Case = dict[str, Any]


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[Case]:
    """Return the shared cases, their bytes as `said`."""
    lines = (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines()
    return [case | {"said": case["wire"].encode("latin-1")} for case in map(json.loads, lines)]


@pytest.fixture(scope="module")
def client() -> Iterator[WireClient]:
    """Yield a connected client; what it hears is up to each test."""
    with ScriptedServer({}) as server:
        connected = _connected(server)
        yield connected
        connected.drop()


def _connected(server: ScriptedServer) -> WireClient:
    return WireClient(server.host, server.port, ssl_context=None, timeout=5)


def _of(cases: list[Case], *kinds: str) -> list[Case]:
    chosen = [case for case in cases if case["kind"] in kinds]
    assert chosen
    return chosen


def _heard(client: WireClient, said: bytes) -> tuple[list[Response], Completion]:
    """Return the responses; a completion is added where the recording has none."""
    ours = said.replace(b"A00000001 ", TAG + b" ")
    hear(client, ours if b"\r\n" + TAG in b"\r\n" + ours else ours + TAG + b" OK done\r\n")
    return drain(client.responses(TAG))


def test_every_kind_of_case_is_run(cases: list[Case]) -> None:
    """A kind that is added to the shared cases needs a test."""
    assert {case["kind"] for case in cases} == HERE | ELSEWHERE


def test_greetings_are_understood(cases: list[Case]) -> None:
    """Tokens in brackets, 8-bit text, with and without capabilities; PREAUTH is signed in already."""
    for case in _of(cases, "GREETING"):
        with ScriptedServer({}, greeting=case["said"]) as server:
            client = _connected(server)

            assert client.is_signed_in is (case["expect"].get("greeting") == "PREAUTH"), case["id"]
            client.drop()


def test_capabilities_are_understood(cases: list[Case]) -> None:
    """All that is listed is known, in whatever case, and nothing beside it."""
    for case in _of(cases, "CAPABILITY"):
        line = case["said"].partition(b"\r\n")[0] + b"\r\n"

        def answer(command: Command, line: bytes = line) -> Answer:
            return line + command.tag + b" OK done\r\n"

        with ScriptedServer({}, {b"CAPABILITY": answer}) as server:
            client = _connected(server)

            assert {known.decode() for known in client.capabilities()} == {
                name.upper() for name in case["expect"]["capability"]
            }, case["id"]
            client.drop()


def test_opened_mailboxes_are_understood(cases: list[Case]) -> None:
    """Number of messages, UIDVALIDITY, UIDNEXT and MODSEQ, in any order and among other answers."""
    for case in _of(cases, *OPENED):
        said = case["said"]

        def answer(command: Command, said: bytes = said) -> Answer:
            return said.replace(b"A00000001 ", command.tag + b" ")

        codes = {name: int(code) for name, code in case["expect"]["codes"].items() if code.isdigit()}
        with ScriptedServer({}, {b"EXAMINE": answer}) as server:
            client = _connected(server)

            assert examine(client, SENT) == OpenedMailbox(
                codes["UIDVALIDITY"], codes["UIDNEXT"], case["expect"]["exists"], codes.get("HIGHESTMODSEQ")
            ), case["id"]
            client.drop()


def test_statuses_are_understood(cases: list[Case], client: WireClient) -> None:
    """Names as literal, atom and quoted string; one that does not tell all of what is needed tells nothing."""
    for case in _of(cases, "STATUS"):
        (expected,) = case["expect"]["status"]
        items = expected["items"]

        (found,) = map(read_status, _heard(client, case["said"])[0])

        if {"MESSAGES", "UIDNEXT", "UIDVALIDITY"} <= items.keys():
            opened = OpenedMailbox(
                items["UIDVALIDITY"], items["UIDNEXT"], items["MESSAGES"], items.get("HIGHESTMODSEQ")
            )
            assert found == (expected["name"].encode(), opened), case["id"]
        else:
            assert found is None, case["id"]


def test_searches_are_understood(cases: list[Case], client: WireClient) -> None:
    """SEARCH with MODSEQ anywhere, ESEARCH with other items; without ALL nothing is listed."""
    for case in _of(cases, "SEARCH", "ESEARCH"):
        expected = case["expect"]
        listed = (
            expected["esearch"].get("ALL", "")
            if "esearch" in expected
            else ",".join(map(str, expected["search"]["ids"]))
        )

        assert read_search(_heard(client, case["said"])[0]) == parse_ranges(listed), case["id"]


def test_header_blocks_are_understood(cases: list[Case]) -> None:
    """Subjects as people read them; a recipient behind a line of white space."""
    for case in _of(cases, "HEADER"):
        message = build_message(FetchAnswer(1, None, None, None, case["said"]), case["said"], is_draft=False)

        if "subject" in case["expect"]:
            assert [message.subject] == case["expect"]["subject"], case["id"]
        if "to" in case["expect"]:
            assert [entry.addr_spec for _, entry in message.recipients] == case["expect"]["to"], case["id"]


def test_elements_that_nobody_asked_for_harm_no_answer(cases: list[Case], client: WireClient) -> None:
    """Well-formed or not, within a FETCH answer they cost that answer at most, and it is asked for again then."""
    for case in _of(cases, *INSIDE_FETCH):
        said = (
            case["said"]
            if case["said"].startswith(b"* ")
            else b"* 1 FETCH (UID 7 X " + case["said"].rstrip() + b")\r\n"
        )

        (response,) = _heard(client, said)[0]
        answer = read_answer(response)

        assert isinstance(answer, FetchAnswer | UnreadableAnswer | None), case["id"]
        assert answer is None or (answer.uid == 7), case["id"]


def test_other_answers_are_passed_over(cases: list[Case], client: WireClient) -> None:
    """They end no conversation that goes on, and no command but the one they name."""
    for case in _of(cases, *PASSED_OVER):
        name = case["id"]
        if name in GOODBYES:
            with pytest.raises(ConnectionLostError, match="goodbye"):
                _heard(client, case["said"])
            continue
        if name in OUT_OF_STEP:
            with pytest.raises(ProtocolError, match="step"):
                _heard(client, case["said"])
            continue

        responses, completion = _heard(client, case["said"])

        assert completion.status == "OK", name
        assert not any(isinstance(read_answer(response), FetchAnswer) for response in responses), name
