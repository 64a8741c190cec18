"""
A proxy that misbehaves at seeded places: it cuts, stalls, trickles, lies about endings, loses and shortens answers.

It reads the server's side as responses with their literals (RFC 9051, 7), so
a fault strikes where a server could strike: between two responses, in the
middle of one, or in place of one. Every fault strikes once, in the phase of
the conversation that the plan gives it, so that the few answers of a sign-in
see as many faults as the many of a FETCH.
"""

import contextlib
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader

from tests.servers.proxy import Connection, Proxy

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_TAGGED = re.compile(rb"([A-Za-z]+\d+) (?:OK|NO|BAD) ")
# What LIST leaves out, nobody can miss; and a server without capabilities or UIDVALIDITY is another server.
_CAN_BE_LOST = re.compile(rb"\* (?:\d+ (?:FETCH|EXISTS)|E?SEARCH)[ \r]")
_PHASES = (
    ("list", re.compile(rb"\* (?:X?LIST|STATUS|NAMESPACE) ")),
    ("examine", re.compile(rb"\* (?:FLAGS |\d+ (?:EXISTS|RECENT)|OK \[(?:UID|PERM|UNSEEN|HIGHEST|NOMOD|MAILBOXID))")),
    ("search", re.compile(rb"\* E?SEARCH[ \r]")),
    ("fetch", re.compile(rb"\* \d+ FETCH ")),
)
"""What an untagged response is an answer to; before all of these it is the sign-in."""

PHASES = ("sign-in", *(name for name, _ in _PHASES))

STALL = 30.0
"""Seconds of silence, unless the client leaves before."""

KINDS = (
    *("cut", "stall", "trickle", "goodbye", "refuse", "reject", "throttle"),
    *("unavailable", "warn", "flags", "garbage", "lose", "repeat", "shorten", "understate"),
)
_ENDINGS = {
    "refuse": b" NO not now\r\n",
    "reject": b" BAD what was that\r\n",
    "throttle": b" NO Request is throttled. Suggested Backoff Time: 10 milliseconds\r\n",
    "unavailable": b" NO [UNAVAILABLE] try later\r\n",
}
_WITH_LITERAL = frozenset({"shorten", "understate"})


@dataclass(slots=True)
class Fault:
    """One fault: it strikes at the first response from number `at` of its phase on that it fits."""

    kind: str
    phase: str
    at: int
    chance: random.Random

    def fits(self, response: bytes) -> bool:
        """Tell whether the fault can be done to this response."""
        if self.kind in _ENDINGS:
            return bool(_TAGGED.match(response))
        if self.kind in _WITH_LITERAL:
            return response.count(b"\r\n") > 2 and bool(_LITERAL.search(response.partition(b"\n")[0] + b"\n"))
        return self.kind != "lose" or bool(_CAN_BE_LOST.match(response))

    def done_to(self, response: bytes) -> bytes:
        """Return what the client gets instead, for the faults after which the connection goes on."""
        tag = response.partition(b" ")[0]
        if self.kind in _ENDINGS:
            return tag + _ENDINGS[self.kind]
        match self.kind:
            case "warn":
                word = self.chance.choice([b"NO", b"BAD", b"OK [ALERT]"])
                return b"* " + word + b" the disk is nearly full\r\n" + response
            case "flags":
                return b"* 1 FETCH (FLAGS (\\Seen))\r\n" + response
            case "garbage":
                return b"%s\r\n" % bytes(self.chance.choice(b"%&/()?") for _ in range(20)) + response
            case "lose":
                return b""
            case "repeat":
                return response * 2
        return self._with_wrong_size(response)

    def _with_wrong_size(self, response: bytes) -> bytes:
        """Leave out octets of the first literal, or announce fewer than come."""
        head, _, rest = response.partition(b"\n")
        announced = _LITERAL.search(head + b"\n")
        size = int(announced[1])  # type: ignore[index]  # `fits` has seen it
        kept = self.chance.randrange(size) if size else 0
        if self.kind == "shorten":
            return head + b"\n" + rest[:kept] + rest[size:]
        return head[: announced.start()] + b"{%d}\r\n" % kept + rest  # type: ignore[union-attr]


def _pairs() -> list[tuple[str, str]]:
    """Return every kind in every phase where it can strike, well mixed and always in the same order."""
    only_in = dict.fromkeys(_WITH_LITERAL, ("fetch",)) | {"lose": ("examine", "search", "fetch")}
    pairs = [(kind, phase) for kind in KINDS for phase in only_in.get(kind, PHASES)]
    random.Random(1).shuffle(pairs)
    return pairs


PAIRS = tuple(_pairs())


def plan_faults(seed: int, responses: Mapping[str, int]) -> list[Fault]:
    """
    Return one to four faults; so many seeds in a row as there are PAIRS strike with each of them.

    Args:
        seed: From 0.

        responses: How many an undisturbed scan gets in each phase.
    """
    chance = random.Random(seed)
    chosen = [PAIRS[seed % len(PAIRS)], *chance.choices(PAIRS, k=chance.randint(0, 3))]
    return [Fault(kind, phase, chance.randrange(max(1, responses[phase])), chance) for kind, phase in chosen]


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
        self.responses: Counter[str] = Counter()
        """By phase, on all connections; tagged ones and continuation requests included."""

        self.struck: list[str] = []
        """Kinds of the faults so far, with what they struck: `lose in fetch: * 7 FETCH`."""

    def stop_faults(self) -> None:
        """Let everything pass from now on."""
        with self._lock:
            self._faults.clear()

    def _next_fault(self, response: bytes, phase: str) -> Fault | None:
        with self._lock:
            self.responses[phase] += 1
            number = self.responses[phase]
            due = (fault for fault in self._faults if fault.phase == phase and fault.at < number)
            if fault := next((fault for fault in due if fault.fits(response)), None):
                self._faults.remove(fault)
                words = response.split(b"\r\n", 1)[0].split(b" ")[:3]
                self.struck.append(f"{fault.kind} in {phase}: {b' '.join(words).decode('latin-1')}")
            return fault

    def _down(self, client: socket.socket, server: socket.socket, connection: Connection) -> None:
        phase = PHASES[0]
        with contextlib.suppress(OSError), server.makefile("rb") as reader:
            while response := _read_response(reader):
                # A tagged response ends what the untagged ones before it began.
                phase = next((name for name, begins in _PHASES if begins.match(response)), phase)
                fault = self._next_fault(response, phase)
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
