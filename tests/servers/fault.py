"""
A proxy that misbehaves at seeded places: it cuts, stalls, trickles, lies about endings, loses and shortens answers.

It reads the server's side as responses with their literals (RFC 9051, 7), so
a fault strikes where a server could strike: between two responses, in the
middle of one, or in place of one. Every fault strikes once.
"""

import contextlib
import random
import re
import socket
import threading
import time
from dataclasses import dataclass
from io import BufferedReader

from tests.servers.proxy import Connection, Proxy

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_TAGGED = re.compile(rb"([A-Za-z]+\d+) (?:OK|NO|BAD) ")
# What LIST leaves out, nobody can miss; and a server without capabilities or UIDVALIDITY is another server.
_CAN_BE_LOST = re.compile(rb"\* (?:\d+ (?:FETCH|EXISTS)|E?SEARCH)[ \r]")
_FIRST_LINES = 3
"""The greeting and what follows at once: faults there look alike, so few strike there."""

STALL = 30.0
"""Seconds of silence, unless the client leaves before."""

KINDS = (
    *("cut", "stall", "trickle", "goodbye", "refuse", "reject", "throttle"),
    *("warn", "flags", "garbage", "lose", "shorten"),
)


@dataclass(slots=True)
class Fault:
    """One fault: it strikes at the first response from number `at` on that it fits."""

    kind: str
    at: int
    chance: random.Random

    def fits(self, response: bytes) -> bool:
        """Tell whether the fault can be done to this response."""
        match self.kind:
            case "refuse" | "reject" | "throttle":
                return bool(_TAGGED.match(response))
            case "lose":
                return bool(_CAN_BE_LOST.match(response))
            case "shorten":
                return response.count(b"\r\n") > 2 and bool(_LITERAL.search(response.partition(b"\n")[0] + b"\n"))
        return True

    def done_to(self, response: bytes) -> bytes:
        """Return what the client gets instead, for the faults after which the connection goes on."""
        tag = response.partition(b" ")[0]
        match self.kind:
            case "refuse":
                return tag + b" NO not now\r\n"
            case "reject":
                return tag + b" BAD what was that\r\n"
            case "throttle":
                return tag + b" NO Request is throttled. Suggested Backoff Time: 10 milliseconds\r\n"
            case "warn":
                word = self.chance.choice([b"NO", b"BAD", b"OK [ALERT]"])
                return b"* " + word + b" the disk is nearly full\r\n" + response
            case "flags":
                return b"* 1 FETCH (FLAGS (\\Seen))\r\n" + response
            case "garbage":
                return b"%s\r\n" % bytes(self.chance.choice(b"%&/()?") for _ in range(20)) + response
            case "lose":
                return b""
        return self._shortened(response)

    def _shortened(self, response: bytes) -> bytes:
        """Keep the announcement of the first literal and leave out some of its octets."""
        head, _, rest = response.partition(b"\n")
        size = int(_LITERAL.search(head + b"\n")[1])  # type: ignore[index]  # `fits` has seen it
        kept = self.chance.randrange(size) if size else 0
        return head + b"\n" + rest[:kept] + rest[size:]


def plan_faults(seed: int, responses: int) -> list[Fault]:
    """Return one to four faults; `responses` = how many an undisturbed scan gets."""
    chance = random.Random(seed)
    return [
        Fault(chance.choice(KINDS), chance.randrange(_FIRST_LINES if chance.random() < 0.1 else responses), chance)
        for _ in range(chance.randint(1, 4))
    ]


class FaultyProxy(Proxy):
    """
    Use as a context manager.

    Args:
        port: The server's port at 127.0.0.1; plain text.

        faults: What goes wrong; empty = nothing, only the responses are counted.
    """

    def __init__(self, port: int, faults: list[Fault]) -> None:
        super().__init__(port)
        self._faults = list(faults)
        self._lock = threading.Lock()
        self.responses = 0
        """From the server, on all connections, tagged ones and continuation requests included."""

        self.struck: list[str] = []
        """Kinds of the faults so far, with what they struck: `lose * 7 FETCH`."""

    def stop_faults(self) -> None:
        """Let everything pass from now on."""
        with self._lock:
            self._faults.clear()

    def _next_fault(self, response: bytes) -> Fault | None:
        with self._lock:
            self.responses += 1
            due = (fault for fault in self._faults if fault.at < self.responses and fault.fits(response))
            if fault := next(due, None):
                self._faults.remove(fault)
                words = response.split(b"\r\n", 1)[0].split(b" ")[:3]
                self.struck.append(f"{fault.kind} {b' '.join(words).decode('latin-1')}")
            return fault

    def _down(self, client: socket.socket, server: socket.socket, connection: Connection) -> None:
        with contextlib.suppress(OSError), server.makefile("rb") as reader:
            while response := _read_response(reader):
                fault = self._next_fault(response)
                if fault is None:
                    client.sendall(response)
                elif not self._strike(fault, response, client):
                    connection.cut = True
                    break
        self._end(client)
        self._end(server)

    def _strike(self, fault: Fault, response: bytes, client: socket.socket) -> bool:
        """Do the fault; return False when the connection ends with it."""
        place = fault.chance.randrange(len(response))
        match fault.kind:
            case "cut":
                client.sendall(response[:place])
            case "goodbye":
                client.sendall(b"* BYE going down\r\n")
            case "stall":
                client.sendall(response[:place])
                _wait_until_left(client)
            case "trickle":
                for begin in range(0, len(response), max(1, len(response) // 20)):
                    client.sendall(response[begin : begin + max(1, len(response) // 20)])
                    time.sleep(0.005)
                return True
            case _:
                client.sendall(fault.done_to(response))
                return True
        return False


def _wait_until_left(client: socket.socket) -> None:
    """Wait until the client has closed its end, which it does when its patience ends."""
    deadline = time.monotonic() + STALL
    while time.monotonic() < deadline:
        # The thread that passes on the client's side closes this socket when the client is gone.
        if client.fileno() < 0:
            return
        time.sleep(0.02)


def _read_response(reader: BufferedReader) -> bytes:
    """Read one response with its literals; b"" at the end."""
    parts = [reader.readline()]
    while announced := _LITERAL.search(parts[-1]):
        parts += [reader.read(int(announced[1])), reader.readline()]
    return b"".join(parts)
