"""
The connection: bytes in, responses out, with limits.

All private names of imapclient and imaplib that Blindcopy touches stand in
this file; `tests/crawl/test_wire.py` holds them to what we expect of them.
`IMAPClient.fetch` is never used: it holds three copies of a batch, and one
malformed message loses all of them.
"""

import base64
import binascii
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import Any, cast

from imapclient import IMAPClient, SocketTimeout

from scanner.crawl.compress import InflatingStream, deflater
from scanner.crawl.patience import PatientStream
from scanner.errors import ConnectionLostError, ProtocolError

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one line. A SEARCH answer names some three million messages in that; an endless line meets it."""

MAX_LITERAL = 64 * 1024 * 1024
"""Bytes of the literals of one response: a header with a million recipients. A hostile server's 1 GiB meets it."""

MAX_ANSWERS = 64 * 1024 * 1024
"""Bytes of memory for the responses to one command that are kept together, such as the list of mailboxes."""

_KEPT_RESPONSE = 150
"""Bytes that a kept response costs beside its text, or a flood of empty ones would pass every limit."""

_MAX_SAID = 1024 * 1024
"""The same for what imaplib itself reads and keeps: greeting, capabilities, STARTTLS."""

_MAX_CHALLENGES = 3
_READ_BUFFER = 256 * 1024
_UNQUOTABLE = re.compile(rb"[\r\n\0]")
_LITERAL_AT_END = re.compile(rb"\{(\d{1,20})\+?\}\r?\n\Z")
_FIRST_WORD = re.compile(rb"\A(?:\* |[A-Z]{4}\d+ )[A-Za-z]+")
_BYE = re.compile(rb"\* BYE[ \r\n]", re.IGNORECASE)
_TAGGED = re.compile(rb"(OK|NO|BAD)(?: (.*))?\Z", re.IGNORECASE | re.DOTALL)
_CAPABILITIES = re.compile(r"\[CAPABILITY ([^\]]*)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Completion:
    """How a command ended (RFC 9051, 7.1): status OK, NO or BAD, and the text behind it."""

    status: str
    text: str

    @property
    def code(self) -> str:
        """The response code's atom in upper case, "" without one."""
        match = re.match(r"\[([A-Z0-9-]+)", self.text, re.IGNORECASE)
        return match[1].upper() if match else ""


_WHICH_SERVER = "Check which server answers at this port"


def _endless_line() -> ProtocolError:
    return ProtocolError("the server sent a line without end", remedy=_WHICH_SERVER)


def _endless_answer() -> ProtocolError:
    return ProtocolError("the server's answer has no end", remedy=_WHICH_SERVER)


class GreetingTimeoutError(TimeoutError):
    """The connection is there, but the server has not greeted in time (RFC 9051, 7.1.5)."""


Response = list[bytes]
"""One untagged response without its "* ": a line, then literal, line, literal, line …"""


class _LimitedIMAP4(imaplib.IMAP4):
    """imaplib's connection with our socket, a larger read buffer and limits on what a server may send."""

    def __init__(self, host: str, port: int, ssl_context: ssl.SSLContext | None, timeout: float) -> None:
        self._ssl_context = ssl_context
        self._connect_timeout = timeout
        self._reader: BufferedReader | None = None
        self._reader_of: object = None
        self._streams: list[PatientStream] = []
        self._said = 0
        self._deflate: Callable[[bytes], bytes] | None = None
        super().__init__(host, port, timeout=timeout)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        raw = socket.create_connection((self.host, self.port), timeout or self._connect_timeout)
        # Commands are small and sent ahead: Nagle's algorithm would hold the second one back for a round trip.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._ssl_context is None:
            return raw
        try:
            return self._ssl_context.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def _get_line(self) -> bytes:
        # imaplib reads greeting, CAPABILITY, STARTTLS and AUTHENTICATE in upper case only (RFC 9051, 9: no case).
        try:
            line = cast(bytes, super()._get_line())  # type: ignore[misc]  # typeshed leaves private names out
        except TimeoutError as error:
            if hasattr(self, "welcome"):
                raise
            raise GreetingTimeoutError from error
        self._said += len(line) + _KEPT_RESPONSE
        if self._said > _MAX_SAID:
            raise _endless_answer()
        return _FIRST_WORD.sub(lambda match: match[0].upper(), line)

    def shutdown(self) -> None:
        # A socket stays open until every file made of it is closed.
        if self._reader is not None:
            self._reader.close()
        super().shutdown()

    @property
    def reader(self) -> BufferedReader:
        # STARTTLS replaces the socket: whatever plain text was buffered before it is dropped with the old reader.
        if self._reader is None or self._reader_of is not self.sock:
            self._streams.clear()
            self._reader = self._patient(self.sock.makefile("rb", 0))
            self._reader_of = self.sock
        return self._reader

    def _patient(self, source: RawIOBase) -> BufferedReader:
        self._streams.append(PatientStream(source, self._connect_timeout))
        return BufferedReader(self._streams[-1], _READ_BUFFER)

    def compress(self) -> None:
        """Deflate both directions from here on; right behind the server's OK, nothing being under way (RFC 4978)."""
        self._reader = self._patient(InflatingStream(self.reader))
        self._deflate = deflater()

    def begin(self) -> None:
        """Count anew what is waited for and kept: a command is sent, or the one before it has ended."""
        self._said = 0
        for stream in self._streams:
            stream.begin()

    def send(self, data: Any) -> None:
        self.begin()
        super().send(data if self._deflate is None else self._deflate(data))

    def readline(self) -> bytes:
        line = self.reader.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise _endless_line()
        return line

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise ProtocolError(
                f"the server announced {size:,} bytes at once, more than any header has",
                remedy=_WHICH_SERVER,
            )
        self._said += size
        return self.reader.read(size)


class WireClient(IMAPClient):  # type: ignore[misc]  # imapclient ships no annotations of this class
    """
    An IMAPClient that takes one response at a time.

    Args:
        host: Name or address of the server.

        port: Its port.

        ssl_context: TLS from the first byte; None = plain text, for STARTTLS or loopback.

        timeout: Seconds for connecting and for every answer.
    """

    def __init__(self, host: str, port: int, *, ssl_context: ssl.SSLContext | None, timeout: float) -> None:
        self._wire_timeout = timeout
        self.server_id = ""
        self.is_compressed = False
        self._ahead: set[bytes] = set()
        self._completed: dict[bytes, Completion] = {}
        super().__init__(
            host,
            port,
            ssl=ssl_context is not None,
            ssl_context=ssl_context,
            timeout=SocketTimeout(connect=timeout, read=timeout),
        )
        # IMAPClient sets 5: five repr() of all data, and every address in the debug log.
        self._imap.debug = 0
        self.normalise_times = False

    def _create_IMAP4(self) -> _LimitedIMAP4:  # noqa: N802  # imapclient's name
        return _LimitedIMAP4(self.host, self.port, self.ssl_context if self.ssl else None, self._wire_timeout)

    @property
    def tls_version(self) -> str:
        """The TLS version in use, "" for plain text."""
        return getattr(self._imap.sock, "version", lambda: "")() or ""

    def send_command(self, command: bytes) -> bytes:
        """Send one command line and return its tag; answers are read by `responses`."""
        tag = cast(bytes, self._imap._new_tag())
        self._imap.send(tag + b" " + command + b"\r\n")
        return tag

    def responses(self, tag: bytes) -> Generator[Response, None, Completion]:
        """
        Yield untagged responses until the command with `tag` is completed; return its completion.

        Raises:
            ConnectionLostError: The server said BYE or closed the connection.

            ProtocolError: A limit was met, or an answer came to a command nobody sent.
        """
        if tag in self._completed:
            return self._completed.pop(tag)
        imap: _LimitedIMAP4 = self._imap
        readline, read = imap.readline, imap.read
        read_line, read_bytes = imap.reader.readline, imap.reader.read
        while True:
            # Nearly every line begins an answer with one short literal, so these steps are what a message costs.
            line = read_line(MAX_LINE + 1)
            if line[-3:] == b"}\r\n" and line[:2] == b"* ":
                digits = line[line.rfind(b"{") + 1 : -3]
                if len(digits) < 7 and digits.isdigit():
                    size = int(digits)
                    data = read_bytes(size)
                    if len(data) < size:
                        raise ConnectionLostError("the connection ended in the middle of a message")
                    end = read_line(MAX_LINE + 1)
                    if end == b")\r\n":
                        yield [line[2:], data, end]
                        continue
                    if len(end) > MAX_LINE:
                        raise _endless_line()
                    yield _with_literals([line[2:], data, end], read, readline)
                    continue
            if len(line) > MAX_LINE:
                raise _endless_line()
            if line.startswith(b"* "):
                if line.endswith(b"}\r\n"):
                    yield _with_literals([line[2:]], read, readline)
                    continue
                if not line.endswith(b"\n"):
                    raise ConnectionLostError("the connection ended in the middle of an answer")
                if _BYE.match(line):
                    raise ConnectionLostError("the server said goodbye")
                yield [line[2:]]
            elif not line.endswith(b"\n"):
                raise ConnectionLostError("the server closed the connection")
            elif line.startswith(tag + b" "):
                return _completion(line)
            elif (other := line.partition(b" ")[0]) in self._ahead:
                # Commands that do not depend on each other may end in either order (RFC 9051, 5.5).
                self._completed[other] = _completion(line)
            elif not line.strip() or line.startswith(b"["):
                # Some gateways put an empty line behind a literal; Exchange writes response codes without "* OK".
                continue
            else:
                raise ProtocolError("the server's answers are out of step")

    def execute(self, command: bytes) -> tuple[list[Response], Completion]:
        """
        Send one command and return all its untagged responses; for answers of bounded size.

        Raises:
            ConnectionLostError, ProtocolError: As `responses`; or more came than MAX_ANSWERS.
        """
        return _drain(self.responses(self.send_command(command)))

    def execute_all(self, commands: Sequence[bytes]) -> list[tuple[list[Response], Completion]]:
        """Send commands as `execute_each` does; return what it yields."""
        return list(self.execute_each(commands))

    def execute_each(self, commands: Sequence[bytes]) -> Iterator[tuple[list[Response], Completion]]:
        """
        Send commands that do not depend on each other at once: one round trip; for answers of bounded size.

        Yields:
            For each command its completion, as soon as it is there, with the
            untagged responses that came before it and after that of the
            command before: they say themselves what they are about (RFC 9051,
            5.5 and 7). All of them have to be taken before anything else is
            sent.

        Raises:
            ConnectionLostError, ProtocolError: As `execute`.
        """
        tags = [cast(bytes, self._imap._new_tag()) for _ in commands]
        self._ahead = set(tags)
        self._completed.clear()
        self._imap.send(b"".join(tag + b" " + command + b"\r\n" for tag, command in zip(tags, commands, strict=True)))
        try:
            for tag in tags:
                answer = _drain(self.responses(tag))
                self._imap.begin()
                yield answer
        finally:
            self._ahead.clear()

    def start_compression(self, completion: Completion) -> None:
        """Take a server at its word that said OK to COMPRESS DEFLATE, the last command that was sent."""
        if completion.status == "OK":
            self._imap.compress()
            self.is_compressed = True

    def pipelined(
        self, commands: Iterable[bytes], is_enough: Callable[[], bool] | None = None
    ) -> Iterator[tuple[bytes, Iterator[Response], list[Completion]]]:
        """
        Send commands ahead of the answers, so that the server works while we parse.

        A server may work on several commands at once (Dovecot does, when its
        answers pile up): untagged responses belong to any of them.

        Args:
            commands: Taken one by one, just before they are sent.

            is_enough: Tells whether the commands under way, two or more,
                ask for enough; None = two are.

        Yields:
            (command, responses until it ends, a list that holds the completion
            as its only item once the responses are exhausted).
        """
        waiting: list[tuple[bytes, bytes]] = []
        self._ahead.clear()
        self._completed.clear()
        for command in commands:
            tag = self.send_command(command)
            self._ahead.add(tag)
            waiting.append((command, tag))
            if len(waiting) > 1 and (is_enough is None or is_enough()):
                yield self._answers(*waiting.pop(0))
        for command, tag in waiting:
            yield self._answers(command, tag)

    def _answers(self, command: bytes, tag: bytes) -> tuple[bytes, Iterator[Response], list[Completion]]:
        done: list[Completion] = []

        def responses() -> Iterator[Response]:
            done.append((yield from self.responses(tag)))
            self._ahead.discard(tag)
            self._imap.begin()

        return command, responses(), done

    @property
    def is_signed_in(self) -> bool:
        """The server needs no sign-in (PREAUTH), or it is done."""
        return str(self._imap.state) != "NONAUTH"

    def log_in(self, user: str, password: str) -> Completion:
        """
        Send LOGIN with both arguments quoted; imaplib quotes the user in some releases and not in others.

        Both must be ASCII without control characters (RFC 9051, 9: quoted).
        """
        command = " ".join(["LOGIN", quote(user.encode("ascii")).decode(), quote(password.encode("ascii")).decode()])
        answers, completion = self.execute(command.encode("ascii"))
        if completion.status == "OK":
            self._sign_in_done(answers, completion)
        return completion

    def _sign_in_done(self, answers: list[Response], completion: Completion) -> None:
        self._imap.state = "AUTH"
        # Capabilities change after sign-in. Many servers list the new ones with their OK: a round trip saved.
        listed = _CAPABILITIES.match(completion.text)
        said = [answer[0][11:].decode("ascii", "replace") for answer in answers if _is_capability(answer)]
        words = listed[1] if listed else said[-1] if said else ""
        self._cached_capabilities = tuple(word.encode() for word in words.upper().split()) or None

    def authenticate(self, mechanism: str, initial: bytes) -> tuple[list[Response], Completion]:
        """
        Sign in by SASL (RFC 9051, 6.2.2) with a mechanism whose client speaks first, and once.

        Returns:
            (responses, completion). A challenge behind our message explains a
            refusal (XOAUTH2); it is answered with an empty line, and stands
            decoded among the responses.
        """
        first = base64.b64encode(initial)
        # RFC 4959: with SASL-IR the message goes with the command and saves a round trip.
        is_sent = bool(self.has_capability("SASL-IR"))
        tag = self.send_command(b"AUTHENTICATE " + mechanism.encode("ascii") + (b" " + first if is_sent else b""))
        challenges: list[Response] = []
        imap: _LimitedIMAP4 = self._imap
        while imap.reader.peek(1)[:1] == b"+":
            challenge = imap.readline()[1:].strip()
            if is_sent and len(challenges) == _MAX_CHALLENGES:
                raise ProtocolError("the server goes on asking during sign-in", remedy=_WHICH_SERVER)
            if is_sent:
                challenges.append([_decoded(challenge)])
            imap.send((b"" if is_sent else first) + b"\r\n")
            is_sent = True
        answers, completion = _drain(self.responses(tag))
        if completion.status == "OK":
            self._sign_in_done(answers, completion)
        return [*challenges, *answers], completion

    def interrupt(self) -> None:
        """End what another thread waits for on this connection: there it is lost. The socket is closed by `drop`."""
        # Not SSLSocket.shutdown: it would take the TLS object from under the other thread's hands.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._imap.sock, socket.SHUT_RDWR)

    def drop(self) -> None:
        """Close the socket without a word; used when the stream can no longer be trusted."""
        try:
            self._imap.shutdown()
        except OSError:
            # Already gone; there is nothing left to close.
            return


def _completion(line: bytes) -> Completion:
    """Read a tagged response (RFC 9051, 7.1)."""
    completed = _TAGGED.match(line.partition(b" ")[2].rstrip(b"\r\n"))
    if not completed:
        raise ProtocolError("the server ended a command with neither OK, NO nor BAD")
    return Completion(completed[1].decode("ascii").upper(), (completed[2] or b"").decode("utf-8", "replace"))


def quote(text: bytes) -> bytes:
    """
    Return a quoted string (RFC 9051, 9: quoted); 8-bit mailbox names go out as they came in.

    Raises:
        ProtocolError: A line end or NUL in it: a name that a server listed would end our command and begin its own.
    """
    if _UNQUOTABLE.search(text):
        raise ProtocolError("a name holds a line end or NUL", remedy="Rename it on the server")
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _is_capability(answer: Response) -> bool:
    return answer[0][:11].upper() == b"CAPABILITY "


def server_name(answers: Iterable[Response]) -> str:
    """Return what a server says of itself in answer to ID (RFC 2971), or ""."""
    said = b"".join(part for answer in answers for part in answer if answer[0][:3].upper() == b"ID ")
    return " ".join(said[3:].decode("utf-8", "replace").split())[:500]


def _decoded(challenge: bytes) -> bytes:
    try:
        return base64.b64decode(challenge, validate=True)
    except binascii.Error:
        # Plain words where base64 belongs still tell a reason.
        return challenge


def _with_literals(parts: Response, read: Any, readline: Any) -> Response:
    """Read on while a part ends by announcing a literal; `parts` is what was read so far, a line last."""
    total = sum(map(len, parts[:-1]))
    while True:
        line = parts[-1]
        if not line.endswith(b"\n"):
            raise ConnectionLostError("the connection ended in the middle of an answer")
        literal = _LITERAL_AT_END.search(line) if line.endswith(b"}\r\n") else None
        if literal is None:
            return parts
        size = int(literal[1])
        total += size + len(line) + _KEPT_RESPONSE
        if len(parts) > 1 and total > MAX_LITERAL:
            raise ProtocolError("the server sent an answer without end", remedy=_WHICH_SERVER)
        data = read(size)
        if len(data) < size:
            raise ConnectionLostError("the connection ended in the middle of a message")
        parts += (data, readline())


def _drain(responses: Generator[Response, None, Completion]) -> tuple[list[Response], Completion]:
    collected: list[Response] = []
    kept = 0
    while True:
        try:
            response = next(responses)
        except StopIteration as stop:
            return collected, stop.value
        kept += _KEPT_RESPONSE + sum(map(len, response))
        if kept > MAX_ANSWERS:
            raise _endless_answer()
        collected.append(response)
