"""What a server sends, as text: responses and completions, what they may hold at most, and how strings are quoted."""

import base64
import binascii
import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

from scanner.errors import ConnectionLostError, ProtocolError

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one line. A SEARCH answer names some three million messages in that; an endless line meets it."""

MAX_LITERAL = 64 * 1024 * 1024
"""Bytes of the literals of one response: a header with a million recipients. A hostile server's 1 GiB meets it."""

MAX_ANSWERS = 40 * 1024 * 1024
"""Bytes of memory for the responses to one command that are kept together, such as the list of mailboxes."""

KEPT_RESPONSE = 150
"""Bytes that a kept response costs beside its text, or a flood of empty ones would pass every limit."""

_UNQUOTABLE = re.compile(rb"[\r\n\0]")
_LITERAL_AT_END = re.compile(rb"\{(\d{1,20})\+?\}\r?\n\Z")
_TAGGED = re.compile(rb"(OK|NO|BAD)(?: (.*))?\Z", re.IGNORECASE | re.DOTALL)

Response = list[bytes]
"""One untagged response without its "* ": a line, then literal, line, literal, line …"""


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


WHICH_SERVER = "Check which server answers at this port"


def endless_line() -> ProtocolError:
    return ProtocolError("the server sent a line without end", remedy=WHICH_SERVER)


def endless_answer() -> ProtocolError:
    return ProtocolError("the server's answer has no end", remedy=WHICH_SERVER)


def read_completion(line: bytes) -> Completion:
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


def is_capability(answer: Response) -> bool:
    return answer[0][:11].upper() == b"CAPABILITY "


def server_name(answers: Iterable[Response]) -> str:
    """Return what a server says of itself in answer to ID (RFC 2971), or ""."""
    said = b"".join(part for answer in answers for part in answer if answer[0][:3].upper() == b"ID ")
    return " ".join(said[3:].decode("utf-8", "replace").split())[:500]


def decoded(challenge: bytes) -> bytes:
    try:
        return base64.b64decode(challenge, validate=True)
    except binascii.Error:
        # Plain words where base64 belongs still tell a reason.
        return challenge


def with_literals(parts: Response, read: Any, readline: Any) -> Response:
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
        total += size + len(line) + KEPT_RESPONSE
        if len(parts) > 1 and total > MAX_LITERAL:
            raise ProtocolError("the server sent an answer without end", remedy=WHICH_SERVER)
        data = read(size)
        if len(data) < size:
            raise ConnectionLostError("the connection ended in the middle of a message")
        parts += (data, readline())


def drain(responses: Generator[Response, None, Completion]) -> tuple[list[Response], Completion]:
    collected: list[Response] = []
    kept = 0
    while True:
        try:
            response = next(responses)
        except StopIteration as stop:
            return collected, stop.value
        kept += KEPT_RESPONSE + sum(map(len, response))
        if kept > MAX_ANSWERS:
            raise endless_answer()
        collected.append(response)
