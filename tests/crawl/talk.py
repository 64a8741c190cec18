"""What the tests of the crawler share: a client that hears given bytes, an account at a scripted server, a listener."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.crawl.wire import WireClient
from scanner.model import Account, FoundMailbox
from tests.servers.scripted import ScriptedServer

SENT = FoundMailbox(b"Sent", "Sent", "sent", "a test says so", True)
TAG = b"A1"


class Pieces(io.RawIOBase):
    """A stream that gives its pieces one read at a time, then ends."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            return 0
        piece = self._pieces.pop(0)
        taken = piece[: len(buffer)]
        if len(piece) > len(taken):
            self._pieces.insert(0, piece[len(taken) :])
        buffer[: len(taken)] = taken
        return len(taken)


def hear(client: WireClient, *pieces: bytes) -> None:
    """Make these bytes the client's next answers, arriving in these pieces."""
    client._imap._reader = io.BufferedReader(Pieces(pieces))
    client._imap._reader_of = client.socket()


def account_at(server: ScriptedServer, **changes: Any) -> Account:
    """Return the settings of an account at a scripted server."""
    known: dict[str, Any] = {
        "name": "ada",
        "host": server.host,
        "port": server.port,
        "user": "ada",
        "security": "none",
        "timeout": 5.0,
    }
    return Account(**(known | changes))


def header(number: int, **fields: str) -> bytes:
    """Return a header block with its closing blank line."""
    known = {
        "Date": f"Wed, 3 Feb 2021 10:{number % 60:02d}:00 +0000",
        "From": "Ada <ada@corp.example>",
        "To": f"p{number}@people.example",
        "Subject": f"Letter {number}",
        "Message-ID": f"<{number}@corp.example>",
    }
    return "".join(f"{name}: {body}\r\n" for name, body in (known | fields).items()).encode() + b"\r\n"


def headers(*numbers: int) -> dict[int, bytes]:
    """Return a header block for each of these UIDs."""
    return {number: header(number) for number in numbers}


@dataclass(slots=True)
class Listener:
    """A progress display that remembers what it was told."""

    said: list[str] = field(default_factory=list)

    def expect(self, total: int) -> None:
        """Take no notice."""

    def advance(self, count: int) -> None:
        """Take no notice."""

    def say(self, text: str) -> None:
        """Remember the line."""
        self.said.append(text)

    def accounts(self, total: int) -> None:
        """Take no notice."""

    def account_done(self, text: str) -> None:
        """Take no notice."""

    def wait(self, nothing: float, last: float) -> None:
        """Take no notice."""
