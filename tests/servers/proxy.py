"""
A TCP proxy that writes down what a client says, counts bytes and round trips, and can break or delay the connection.

It reads the client's side only as far as needed to tell commands from the
literals inside them (RFC 3501, 2.2.1), so it must stand before TLS begins.
What comes behind COMPRESS DEFLATE it inflates to read it (RFC 4978).
"""

import contextlib
import queue
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_CHUNK = 65536


@dataclass(slots=True)
class Connection:
    """One client connection; grows while it lives."""

    number: int
    commands: list[str] = field(default_factory=list)
    """Lines as sent, without tag and line end; literals replaced by `{n}`, sign-in by its command word."""

    flights: list[list[str]] = field(default_factory=list)
    """The same commands by round trip: those sent without hearing from the server in between stand together."""

    has_heard: bool = True
    """The server has spoken since the client did."""

    bytes_down: int = 0
    """Bytes from the server to the client."""

    bytes_up: int = 0
    cut: bool = False
    """The proxy broke it."""


CutRule = Callable[[Connection], bool]
"""Asked before each chunk is passed down to the client; True = break the connection now, without a goodbye."""

AlterRule = Callable[[Connection, bytes], bytes]
"""Gives what the client gets in place of a chunk from the server."""

Send = Callable[[bytes], None]


class _CommandLines:
    """Splits the client's byte stream into commands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = b""
        self._command = b""
        self._literal = 0
        self._continues_sign_in = False
        self._inflate: Callable[[bytes], bytes] | None = None

    def feed(self, data: bytes) -> None:
        self._pending += self._inflate(data) if self._inflate else data
        while self._pending:
            if self._literal:
                taken = min(self._literal, len(self._pending))
                self._pending = self._pending[taken:]
                self._literal -= taken
                continue
            line, end, rest = self._pending.partition(b"\n")
            if not end:
                return
            self._pending = rest
            self._command += line + end
            if match := _LITERAL.search(self._command):
                self._literal = int(match[1])
                self._command = self._command[: match.start()] + b"{" + match[1] + b"}"
                continue
            self._note(self._command.rstrip(b"\r\n").decode("latin-1"))
            self._command = b""

    def _note(self, line: str) -> None:
        if self._continues_sign_in:
            # The answer to an AUTHENTICATE challenge is a secret, not a command.
            self._continues_sign_in = False
            return
        words = line.split(" ", 2)[1:]
        name = words[0].upper() if words else ""
        if name == "AUTHENTICATE":
            # RFC 4959: with an initial response there is nothing more to come.
            self._continues_sign_in = " " not in (words[1] if len(words) > 1 else "")
        command = name if name in {"LOGIN", "AUTHENTICATE"} else " ".join([name, *words[1:]])
        self._connection.commands.append(command)
        if self._connection.has_heard or not self._connection.flights:
            self._connection.flights.append([])
        self._connection.has_heard = False
        self._connection.flights[-1].append(command)
        if command.upper() == "COMPRESS DEFLATE":
            self._inflate = zlib.decompressobj(-15).decompress


@contextlib.contextmanager
def _sender(end: socket.socket, latency: float) -> Iterator[Send]:
    """Yield what sends to an end: at once, or after the latency, by then in order and all of it."""
    if not latency:
        yield end.sendall
        return
    # A line that is full makes the sender wait, as TCP does.
    under_way: queue.Queue[tuple[float, bytes] | None] = queue.Queue(maxsize=1024)

    def work() -> None:
        while (due := under_way.get()) is not None:
            time.sleep(max(0.0, due[0] - time.monotonic()))
            # After the end has left, what is under way arrives nowhere.
            with contextlib.suppress(OSError):
                end.sendall(due[1])

    carrier = threading.Thread(target=work, daemon=True)
    carrier.start()
    try:
        yield lambda data: under_way.put((time.monotonic() + latency, data))
    finally:
        under_way.put(None)
        carrier.join()


class Proxy:
    """
    Listens on a free loopback port and passes everything to a server; use as a context manager.

    Args:
        port: The server's port at 127.0.0.1.

        delay: Seconds added before each chunk from the server is passed on.

        latency: Seconds that everything is under way in each direction, as on
            a long line: throughput stays as it is.
    """

    host = "127.0.0.1"

    def __init__(self, port: int, *, delay: float = 0.0, latency: float = 0.0) -> None:
        self._target = port
        self.delay = delay
        self.latency = latency
        self.cut_when: CutRule | None = None
        self.alter: AlterRule | None = None
        self.connections: list[Connection] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # close() alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            self._end(each)
        self._acceptor.join(5)

    @property
    def commands(self) -> list[str]:
        """All commands of all connections, in order within each."""
        return [command for connection in self.connections for command in connection.commands]

    @property
    def bytes_down(self) -> int:
        """Bytes that the server sent on all connections."""
        return sum(connection.bytes_down for connection in self.connections)

    @property
    def bytes_up(self) -> int:
        """Bytes that the client sent on all connections."""
        return sum(connection.bytes_up for connection in self.connections)

    def forget(self) -> None:
        """Start counting anew."""
        self.connections = []

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection((self.host, self._target), 10)
            except OSError:
                return
            server.settimeout(None)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            connection = Connection(len(self.connections) + 1)
            self.connections.append(connection)
            for work in (self._up, self._down):
                threading.Thread(target=work, args=(client, server, connection), daemon=True).start()

    @staticmethod
    def _end(end: socket.socket) -> None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def _up(self, client: socket.socket, server: socket.socket, connection: Connection) -> None:
        lines = _CommandLines(connection)
        with contextlib.suppress(OSError), _sender(server, self.latency) as send:
            while data := client.recv(_CHUNK):
                connection.bytes_up += len(data)
                lines.feed(data)
                send(data)
        self._end(server)

    def _down(self, client: socket.socket, server: socket.socket, connection: Connection) -> None:
        with contextlib.suppress(OSError), _sender(client, self.latency) as send:
            while data := server.recv(_CHUNK):
                if self.cut_when is not None and self.cut_when(connection):
                    connection.cut = True
                    break
                if self.delay:
                    time.sleep(self.delay)
                connection.bytes_down += len(data)
                connection.has_heard = True
                send(self.alter(connection, data) if self.alter else data)
        self._end(client)
        self._end(server)
