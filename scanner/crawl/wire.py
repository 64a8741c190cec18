"""
Commands out, responses in, one at a time.

`IMAPClient.fetch` is never used: it holds three copies of a batch, and one
malformed message loses all of them.
"""

import base64
import re
import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from scanner.crawl.connection import Connection
from scanner.crawl.response import (
    MAX_LINE,
    WHICH_SERVER,
    Completion,
    Response,
    decoded,
    drain,
    endless_line,
    is_capability,
    quote,
    read_completion,
    with_literals,
)
from scanner.errors import ConnectionLostError, ProtocolError

_MAX_CHALLENGES = 3
_STATUS = re.compile(rb"\* (?:(BYE)|OK|NO|BAD|PREAUTH)[ \r\n](?: *\[ALERT\] ?([^\r\n]*))?", re.IGNORECASE)
_ALERT = re.compile(r"\[ALERT\] ?(.*)", re.IGNORECASE)
_MAX_ALERT = 500
"""Characters of an alert that are shown."""

_CAPABILITIES = re.compile(r"\[CAPABILITY ([^\]]*)\]", re.IGNORECASE)


class WireClient(Connection):
    """
    A connection that takes one response at a time.

    Args:
        host, port, ssl_context, timeout: As `Connection`.

        tell: Called with the text of each [ALERT] (RFC 9051, 7.1), on one
            line; a person has to see it, and no log.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ssl_context: ssl.SSLContext | None,
        timeout: float,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._tell = tell
        self.server_id = ""
        self.is_compressed = False
        self._ahead: set[bytes] = set()
        self._completed: dict[bytes, Completion] = {}
        super().__init__(host, port, ssl_context=ssl_context, timeout=timeout)
        if (status := _STATUS.match(self.line.welcome)) and status[2]:
            self._alert(status[2].decode("utf-8", "replace"))

    def send_command(self, command: bytes) -> bytes:
        """Send one command line and return its tag; answers are read by `responses`."""
        tag = self.line.new_tag()
        self.line.send(tag + b" " + command + b"\r\n")
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
        imap = self.line
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
                        raise endless_line()
                    yield with_literals([line[2:], data, end], read, readline)
                    continue
            if len(line) > MAX_LINE:
                raise endless_line()
            if line.startswith(b"* "):
                if line.endswith(b"}\r\n"):
                    yield with_literals([line[2:]], read, readline)
                    continue
                if not line.endswith(b"\n"):
                    raise ConnectionLostError("the connection ended in the middle of an answer")
                if status := _STATUS.match(line):
                    if status[2]:
                        self._alert(status[2].decode("utf-8", "replace"))
                    if status[1]:
                        raise ConnectionLostError("the server said goodbye")
                yield [line[2:]]
            elif not line.endswith(b"\n"):
                raise ConnectionLostError("the server closed the connection")
            elif line.startswith(tag + b" "):
                return self._read_completion(line)
            elif (other := line.partition(b" ")[0]) in self._ahead:
                # Commands that do not depend on each other may end in either order (RFC 9051, 5.5).
                self._completed[other] = self._read_completion(line)
            elif not line.strip() or line.startswith(b"["):
                # Some gateways put an empty line behind a literal; Exchange writes response codes without "* OK".
                continue
            else:
                raise ProtocolError("the server's answers are out of step")

    def _read_completion(self, line: bytes) -> Completion:
        completion = read_completion(line)
        if alert := _ALERT.match(completion.text):
            self._alert(alert[1])
        return completion

    def _alert(self, text: str) -> None:
        # RFC 9051, 7.1: the text must be presented to the user.
        if self._tell is not None and (shown := " ".join(text.split())[:_MAX_ALERT]):
            self._tell(shown)

    def execute(self, command: bytes) -> tuple[list[Response], Completion]:
        """
        Send one command and return all its untagged responses; for answers of bounded size.

        Raises:
            ConnectionLostError, ProtocolError: As `responses`; or more came than MAX_ANSWERS.
        """
        return drain(self.responses(self.send_command(command)))

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
        tags = [self.line.new_tag() for _ in commands]
        self._ahead = set(tags)
        self._completed.clear()
        self.line.send(b"".join(tag + b" " + command + b"\r\n" for tag, command in zip(tags, commands, strict=True)))
        try:
            for tag in tags:
                answer = drain(self.responses(tag))
                self.line.begin()
                yield answer
        finally:
            self._ahead.clear()

    def start_compression(self, completion: Completion) -> None:
        """Take a server at its word that said OK to COMPRESS DEFLATE, the last command that was sent."""
        if completion.status == "OK":
            self.line.compress()
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
            self.line.begin()

        return command, responses(), done

    @property
    def is_signed_in(self) -> bool:
        """The server needs no sign-in (PREAUTH), or it is done."""
        return str(self.line.state) != "NONAUTH"

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
        # Capabilities change after sign-in. Many servers list the new ones with their OK: a round trip saved.
        listed = _CAPABILITIES.match(completion.text)
        said = [answer[0][11:].decode("ascii", "replace") for answer in answers if is_capability(answer)]
        self.note_sign_in(listed[1] if listed else said[-1] if said else "")

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
        imap = self.line
        while imap.reader.peek(1)[:1] == b"+":
            challenge = imap.readline()[1:].strip()
            if is_sent and len(challenges) == _MAX_CHALLENGES:
                raise ProtocolError("the server goes on asking during sign-in", remedy=WHICH_SERVER)
            if is_sent:
                challenges.append([decoded(challenge)])
            imap.send((b"" if is_sent else first) + b"\r\n")
            is_sent = True
        answers, completion = drain(self.responses(tag))
        if completion.status == "OK":
            self._sign_in_done(answers, completion)
        return [*challenges, *answers], completion
