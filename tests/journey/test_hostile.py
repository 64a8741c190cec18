"""A hostile server meets limits: one clear line or one gap, what is good is stored, and memory stays small."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.crawl.answered import MAX_MARKS
from scanner.pipeline.keeping.upkeep import store_status
from tests.crawl.talk import headers
from tests.journey.place import TIMEOUT, Place
from tests.servers import ServerAccount
from tests.servers.scripted import Answer, Command, ScriptedServer

MAIL = headers(*range(1, 11))
BAD = 4
MORE_MEMORY = 150
"""MiB that a hostile server may cost beside what a scan takes anyway: its limits are 32 and 64 MiB."""

_SCAN = """
import sys
from pathlib import Path
from scanner.config import load_settings
from scanner.pipeline.scanning.scan import scan
from tests.crawl.talk import Listener
outcome = scan(load_settings(Path(sys.argv[1])), progress=Listener(), base_wait=0.001)
print(outcome.accounts[0].error or "complete")
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a scan in a process of its own came to."""

    ending: str
    """The account's error as a person sees it, or `complete`."""

    mebibytes: int
    """The most memory that the process ever had."""

    stored: int
    gaps: tuple[tuple[str, int | None], ...]
    """(kind, uid)"""


def scanned(place: Place, server: ScriptedServer, **keys: object) -> Told:
    """Scan with tiny waits between the trials."""
    place.add(ServerAccount("ada", "a secret"), port=server.port, **keys)
    place.write_settings()
    ended = subprocess.run(
        [sys.executable, "-c", _SCAN, str(place.settings_file)],
        env={**os.environ, **place.passwords},
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    ending, kibibytes = ended.stdout.splitlines()
    status = store_status(load_settings(place.settings_file))
    gaps = tuple((gap.kind, gap.uid) for gap in status.gaps)
    return Told(ending, int(kibibytes) // 1024, sum(row.stored for row in status.coverage), gaps)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return the MiB that the scan of a good server takes."""
    with pytest.MonkeyPatch.context() as patch, ScriptedServer(MAIL) as server:
        patch.setenv("PASSWORD_1", "a secret")
        told = scanned(Place(tmp_path_factory.mktemp("usual")), server)
    assert (told.ending, told.stored, told.gaps) == ("complete", 10, ())
    return told.mebibytes


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settings be read in this process, too."""
    monkeypatch.setenv("PASSWORD_1", "a secret")


# --- one message --------------------------------------------------------------


def _with_literal(announced: int, octets: bytes) -> bytes:
    return b"* 4 FETCH (UID 4 BODY[HEADER.FIELDS (TO)] {%d}\r\n%s)\r\n" % (announced, octets)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(_with_literal(1 << 30, b"To: "), "message_unserved", id="literal-of-a-gibibyte"),
        pytest.param(_with_literal(10**19, b"To: "), "message_unserved", id="literal-of-exabytes"),
        pytest.param(b"* 4 FETCH (UID 4 " + b"x" * (40 << 20), "message_unserved", id="endless-line"),
        pytest.param(b"* 4 FETCH (UID 4 " + b"(" * (20 << 20) + b"\r\n", "message_unparsed", id="nesting"),
        pytest.param(b"* 4 FETCH (UID 4 " + b"(" * 900_000 + b"\r\n", "message_unparsed", id="less-nesting"),
        pytest.param(b"* 4 FETCH (UID 4 X" + b" {0}\r\n" * 600_000 + b")\r\n", "message_unserved", id="empty-literals"),
        pytest.param(_with_literal(20 << 20, b"To: " + b"<" * ((20 << 20) - 4)), "message_unparsed", id="brackets"),
        pytest.param(_with_literal(20 << 20, b"a@b," * (5 << 20)), "message_unparsed", id="five-million-addresses"),
    ],
)
def test_a_monstrous_message_costs_itself(answer: bytes, kind: str, place: Place, usual: int) -> None:
    """A literal, line or header without measure is a gap; its nine neighbours are stored."""

    class Monstrous(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            return answer if uid == BAD else super().fetched(uid)

    with Monstrous(MAIL) as server:
        told = scanned(place, server)

    assert (told.ending, told.stored, told.gaps) == ("complete", 9, ((kind, BAD),))
    assert told.mebibytes < usual + MORE_MEMORY


def test_a_dense_header_within_the_limits_is_read(place: Place, usual: int) -> None:
    """Nearly as many brackets as are read at all: the message is stored with a defect, and memory is as small."""
    dense = b"To: " + b"<" * (MAX_MARKS - 100)

    with ScriptedServer(MAIL | {BAD: dense}) as server:
        told = scanned(place, server)

    assert (told.ending, told.stored, told.gaps) == ("complete", 10, ())
    assert told.mebibytes < usual + MORE_MEMORY


# --- one account --------------------------------------------------------------


def _million_mailboxes(server: ScriptedServer, command: Command) -> Answer:
    return b"".join(b'* LIST () "/" Projects/%d/Plans\r\n' % number for number in range(10**6)) + _usual(
        server, command
    )


def _million_odd_mailboxes(server: ScriptedServer, command: Command) -> Answer:
    return b"* LIST (((\r\n" * 10**6 + _usual(server, command)


def _ten_million_uids(server: ScriptedServer, command: Command) -> Answer:
    return b"* SEARCH" + b" 1234567" * 10**7 + b"\r\n" + _usual(server, command)


def _ten_million_uids_in_lines(server: ScriptedServer, command: Command) -> Answer:
    return (b"* SEARCH" + b" 1234567" * 10**6 + b"\r\n") * 10 + _usual(server, command)


def _billions_of_uids(server: ScriptedServer, command: Command) -> Answer:
    return b"* ESEARCH UID ALL 1:4294967295\r\n" + command.tag + b" OK done\r\n"


def _billions_of_messages(server: ScriptedServer, command: Command) -> Answer:
    return _usual(server, command).replace(b"* 10 EXISTS", b"* 4294967295 EXISTS")


def _flood(server: ScriptedServer, command: Command) -> Answer:
    return b"* OK still here\r\n" * (4 << 20) + _usual(server, command)


def _of_another(server: ScriptedServer, command: Command) -> Answer:
    return b"* 1 EXISTS\r\nXY9 OK done\r\n"


def _usual(server: ScriptedServer, command: Command) -> bytes:
    return server.answer(command) or b""


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        pytest.param(b"CAPABILITY", _flood, "no end", id="flood-before-sign-in"),
        pytest.param(b"LOGIN", _flood, "no end", id="flood-at-sign-in"),
        pytest.param(b"LOGIN", _of_another, "out of step", id="answer-of-another-command"),
        pytest.param(b"LIST", _million_mailboxes, "no end", id="million-mailboxes"),
        pytest.param(b"LIST", _million_odd_mailboxes, "no end", id="million-odd-mailboxes"),
        pytest.param(b"UID SEARCH", _ten_million_uids, "line without end", id="ten-million-uids"),
        pytest.param(b"UID SEARCH", _ten_million_uids_in_lines, "no end", id="ten-million-uids-in-lines"),
        pytest.param(b"UID SEARCH", _billions_of_uids, "more messages than", id="billions-of-uids"),
        pytest.param(b"EXAMINE", _billions_of_messages, "more than any", id="billions-of-messages"),
    ],
)
def test_an_answer_without_measure_ends_the_account_in_one_line(
    name: bytes, answer: Callable[[ScriptedServer, Command], Answer], words: str, place: Place, usual: int
) -> None:
    """What, where and what to do; the account is a gap, and nothing is taken for complete."""
    server = ScriptedServer(MAIL, {name: lambda command: answer(server, command)}, capability=b"SPECIAL-USE ESEARCH")
    with server:
        told = scanned(place, server)

    assert told.ending.startswith(("account 1: ", "account 1, mailbox 'Sent': "))
    assert words in told.ending
    assert told.gaps
    assert told.stored == 0
    assert told.mebibytes < usual + MORE_MEMORY


def test_a_name_of_megabytes_is_not_read(place: Place, usual: int) -> None:
    """It may come as a literal; it is listed with its reason, and sent mail is read."""
    name = b"&AOQ-" * (6 << 20)

    def answer(command: Command) -> Answer:
        return b'* LIST (\\Sent) "/" {%d}\r\n%s\r\n' % (len(name), name) + _usual(server, command)

    with ScriptedServer(MAIL, {b"LIST": answer}) as server:
        told = scanned(place, server)

    assert (told.ending, told.stored) == ("complete", 10)
    assert told.mebibytes < usual + MORE_MEMORY


def test_a_challenge_without_end_ends_the_sign_in(place: Place, usual: int) -> None:
    """The password is given once, whatever the server goes on asking."""
    asked: list[bytes] = []

    class Asking(ScriptedServer):
        def answer(self, command: Command) -> Answer:
            # What comes behind AUTHENTICATE is no command: every line gets the same.
            is_sign_in = command.name == b"AUTHENTICATE" or bool(asked)
            asked.extend([command.tag] if is_sign_in else [])
            return b"+ bW9yZQ==\r\n" if is_sign_in else super().answer(command)

    with Asking(MAIL, capability=b"AUTH=PLAIN SASL-IR") as server:
        told = scanned(place, server, auth="plain")

    assert "goes on asking" in told.ending
    assert len(asked) < 10
    assert told.gaps == (("account_unreached", None),)
    assert told.mebibytes < usual + MORE_MEMORY
