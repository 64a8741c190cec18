"""An answer that drips or never ends is given up; one that is only slow is not."""

import io
import time
from types import SimpleNamespace
from typing import Any

import pytest

from scanner.crawl import patience
from scanner.crawl.patience import SECONDS_PER_BYTE, TIMES, PatientStream
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from tests.crawl.talk import headers
from tests.servers.scripted import Answer, Command, ScriptedServer

TIMEOUT = 10.0


class Slow(io.RawIOBase):
    """Gives `size` bytes at each read, `seconds` after it was asked, by a clock of its own."""

    def __init__(self, size: int, seconds: float) -> None:
        self.size = size
        self.seconds = seconds
        self.now = 0.0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Let the clock go on and fill the buffer."""
        self.now += self.seconds
        size = min(self.size, len(buffer))
        buffer[:size] = b"x" * size
        return size


def patient(source: Slow, monkeypatch: pytest.MonkeyPatch) -> PatientStream:
    """Return a patient stream that goes by the source's clock."""
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: source.now))
    return PatientStream(source, TIMEOUT)


def read_on(stream: PatientStream, size: int) -> None:
    """Read a thousand times."""
    for _ in range(1_000):
        stream.read(size)


def converse(server: ScriptedServer) -> None:
    """Connect, sign in and ask something."""
    client = WireClient(server.host, server.port, ssl_context=None, timeout=0.1)
    client.log_in("ada", "a secret")
    client.execute(b"NOOP")


def test_a_byte_a_second_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read keeps within its time-out; all together do not."""
    source = Slow(1, 1.0)
    stream = patient(source, monkeypatch)

    with pytest.raises(TimeoutError):
        read_on(stream, 1)

    assert TIMEOUT * TIMES < source.now < TIMEOUT * (TIMES + 1)


def test_a_slow_line_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand bytes a second earn the time that they take, hours if need be."""
    source = Slow(int(2 / SECONDS_PER_BYTE), 1.0)
    stream = patient(source, monkeypatch)

    for _ in range(10_000):
        assert len(stream.read(4096) or b"") == 2_000


def test_every_command_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many short waits for many commands are no drip."""
    stream = patient(Slow(1, TIMEOUT), monkeypatch)

    for _ in range(100):
        stream.begin()
        assert stream.read(1) == b"x"


def test_an_answer_without_end_meets_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast it comes, and whatever is thrown away of it."""
    monkeypatch.setattr(patience, "MAX_RECEIVED", 5_000)
    stream = patient(Slow(1_000, 0.0), monkeypatch)

    assert len(stream.read(1_000) or b"") == 1_000
    with pytest.raises(ProtocolError, match="no end"):
        read_on(stream, 1_000)


def test_what_is_beneath_is_closed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket stays open until every file made of it is closed."""
    source = Slow(1, 0.0)

    patient(source, monkeypatch).close()

    assert source.closed


@pytest.mark.parametrize("name", [b"CAPABILITY", b"LOGIN", b"NOOP"])
def test_a_server_that_drips_is_left(name: bytes) -> None:
    """Over TCP, wherever in the conversation: each byte comes well within the time-out."""

    class Dripping(ScriptedServer):
        def _serve(self, client: Any) -> None:
            self.client = client
            super()._serve(client)

        def drip(self, command: Command) -> Answer:
            for byte in b"* OK still thinking about this and that\r\n" * 100:
                self.client.sendall(bytes([byte]))
                time.sleep(0.02)
            return None

    with Dripping({}) as server:
        server._overrides[name] = server.drip
        with pytest.raises(TimeoutError):
            converse(server)


def test_commands_that_were_sent_together_are_waited_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred mailboxes asked for at once, a fraction of the time-out each, are no drip."""
    monkeypatch.setattr(patience, "SECONDS_PER_BYTE", 0.0)

    def slowly(command: Command) -> Answer:
        time.sleep(0.02)
        return command.tag + b" OK done\r\n"

    with ScriptedServer(headers(1), {b"NOOP": slowly, b"UID FETCH": slowly}) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=0.3)
        together = client.execute_all([b"NOOP"] * 100)
        ahead = [done for _, answers, done in client.pipelined([b"UID FETCH 1 (UID)"] * 100) if not list(answers)]
        client.drop()

    assert [completion.status for _, completion in together] == ["OK"] * 100
    assert [completion.status for (completion,) in ahead] == ["OK"] * 100
