"""A server that talks nonsense costs what it garbles, and leaves a gap; the neighbours are kept."""

import pytest

from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.scripted import Answer, Command, ScriptedServer, uids_of

PEOPLE = ", ".join(f"p{number}@people.example" for number in range(5))
HEADERS = {
    uid: (
        f"Date: Wed, 3 Feb 2021 10:{uid:02d}:00 +0000\r\nFrom: ada@corp.example\r\nTo: {PEOPLE}\r\n"
        f"Subject: Letter {uid}\r\nMessage-ID: <{uid}@corp.example>\r\n\r\n"
    ).encode()
    for uid in range(1, 11)
}
ACCOUNT = ServerAccount("ada", "a secret")
BAD = 4


def _scan(place: Place, server: ScriptedServer) -> tuple[int, dict[str, int], int]:
    """Scan; return the exit code, the sent mailbox's accounting and how many messages the incidents hold."""
    place.add(ACCOUNT, port=server.port)
    ended = place.run("scan")
    report = place.report()
    row = next(row for row in report["coverage"] if row["mailbox"] == "Sent")
    figures = {key: row[key] for key in ("enumerated", "stored", "vanished", "errored", "gaps")}
    return ended.code, figures, len({m["uid"] for incident in report["incidents"] for m in incident["messages"]})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"* 4 FETCH (UID 4 FLAGS (\\Seen INTERNALDATE ((( BODY[\r\n", id="unbalanced"),
        pytest.param(b'* 4 FETCH (UID 4 BODY[HEADER.FIELDS (TO)] "no \xff\xfe end)\r\n', id="open-quote"),
        pytest.param(b"* 4 FETCH UID 4 \x00\x01\x02 nonsense\r\n", id="control-characters"),
        pytest.param(b"* 4 FETCH (UID 4 FLAGS (\\Seen) BODY[HEADER.FIELDS (TO)] NIL)\r\n", id="no-header"),
        pytest.param(b"", id="never-served"),
    ],
)
def test_one_garbled_answer_costs_one_message(answer: bytes, place: Place) -> None:
    """The message becomes a gap, the scan is complete with 1, and the nine others are stored."""

    class Garbling(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            return answer if uid == BAD else super().fetched(uid)

    with Garbling(HEADERS) as server:
        code, figures, messages = _scan(place, server)

    assert code == 1
    assert figures == {"enumerated": 10, "stored": 9, "vanished": 0, "errored": 1, "gaps": 1}
    assert messages == 9


def test_a_message_refused_for_ever_costs_itself(place: Place) -> None:
    """NO to every range that holds it: the ranges get smaller until it stands alone."""

    def fetch(command: Command) -> Answer:
        if BAD in uids_of(command.arguments.split(b" ", 1)[0], HEADERS):
            return command.tag + b" NO some messages could not be fetched\r\n"
        return server.answer(command)

    with ScriptedServer(HEADERS, {b"UID FETCH": fetch}) as server:
        code, figures, messages = _scan(place, server)

    assert code == 1
    assert figures == {"enumerated": 10, "stored": 9, "vanished": 0, "errored": 1, "gaps": 1}
    assert messages == 9


def test_a_message_that_vanishes_on_the_way_is_no_gap(place: Place) -> None:
    """Listed first, gone when asked for and no longer listed then: counted as vanished."""

    def fetch(command: Command) -> Answer:
        server.headers.pop(BAD, None)
        return server.answer(command)

    with ScriptedServer(HEADERS, {b"UID FETCH": fetch}) as server:
        code, figures, _ = _scan(place, server)

    assert code == 0
    assert figures == {"enumerated": 10, "stored": 9, "vanished": 1, "errored": 0, "gaps": 0}


@pytest.mark.parametrize(
    "greeting",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="web-server"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x46", id="tls-alert"),
        pytest.param(b"* BYE come back later\r\n", id="bye"),
    ],
)
def test_what_is_no_imap_server_is_said_so(greeting: bytes, place: Place) -> None:
    """Another service at this port ends with 2 and one line for the account."""
    with ScriptedServer({}, greeting=greeting) as server:
        place.add(ACCOUNT, port=server.port, timeout=3)

        ended = place.run("scan")

    assert ended.code == 2
    assert len([line for line in ended.remarks.splitlines() if line.startswith("blindcopy: account 1")]) == 1


def test_a_repaired_gap_is_closed(place: Place) -> None:
    """What the server could not give once is asked for again by the next scan, and the gap goes."""

    class Recovering(ScriptedServer):
        broken = True

        def fetched(self, uid: int) -> bytes:
            return b"" if uid == BAD and self.broken else super().fetched(uid)

    with Recovering(HEADERS) as server:
        place.add(ACCOUNT, port=server.port)
        first = place.run("scan")
        server.broken = False
        second = place.run("scan")
        row = next(row for row in place.report()["coverage"] if row["mailbox"] == "Sent")

    assert (first.code, second.code) == (1, 0)
    assert (row["enumerated"], row["stored"], row["errored"], row["gaps"]) == (10, 10, 0, 0)


@pytest.mark.parametrize("step", [1, -1])
def test_a_mailbox_that_is_always_another_one_is_left(step: int, place: Place) -> None:
    """A server with a new UIDVALIDITY at every look, higher or lower: bounded, a gap, and once it rests all is well."""
    looks: list[int] = []
    is_restless = [True]

    def examine(command: Command) -> Answer:
        looks.append(1_000 + step * (len(looks) if is_restless else 0))
        return (server.answer(command) or b"").replace(b"UIDVALIDITY 7", b"UIDVALIDITY %d" % looks[-1])

    def fetch(command: Command) -> Answer:
        return b"* BYE not now\r\n" if is_restless else server.answer(command)

    with ScriptedServer(HEADERS, {b"EXAMINE": examine, b"UID FETCH": fetch}) as server:
        place.add(ACCOUNT, port=server.port)
        restless = place.run("scan")
        asked = len(looks)
        is_restless.clear()
        rested = place.run("scan")
        row = next(row for row in place.report()["coverage"] if row["mailbox"] == "Sent" and row["stored"])

    assert restless.code in (1, 2)
    assert "rebuilt" in restless.remarks
    assert asked < 20
    assert rested.code == 0
    assert (row["enumerated"], row["stored"], row["uidvalidity"], row["gaps"]) == (10, 10, 1_000, 0)
