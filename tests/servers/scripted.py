"""
A small IMAP server that says what a test tells it to, over real TCP.

It knows just enough to let a client sign in, find `Sent` and ask for
messages; a test overrides single answers to be wrong, hostile or silent.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the client."""

    tag: bytes
    name: bytes
    """Upper case; `UID FETCH` and `UID SEARCH` as two words."""

    arguments: bytes
    """The rest of the line."""


Answer = bytes | None
"""Whole answer with `{tag}` already filled in; None = hang up at once."""

Override = Callable[[Command], Answer]


def uids_of(sequence_set: bytes, known: Mapping[int, bytes]) -> list[int]:
    """Return those of the known UIDs that a sequence set names (RFC 3501, 9: seq-range may run either way)."""
    top = max(known, default=0)
    chosen: set[int] = set()
    for part in sequence_set.split(b","):
        first, _, last = part.partition(b":")
        ends = sorted(top if end == b"*" else int(end) for end in (first, last or first))
        chosen |= {uid for uid in known if ends[0] <= uid <= ends[1]}
    return sorted(chosen)


class ScriptedServer:
    """
    Serves one account with one sent mailbox; use as a context manager.

    Args:
        headers: uid → header block with its closing blank line.

        overrides: Command name → function that answers instead of the default.

        greeting: First line of every connection.

        capability: What CAPABILITY lists beside IMAP4rev1.

    Attributes:
        commands: Every command received, over all connections.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        headers: Mapping[int, bytes],
        overrides: Mapping[bytes, Override] | None = None,
        *,
        greeting: bytes = b"* OK ready\r\n",
        capability: bytes = b"UIDPLUS UNSELECT SPECIAL-USE",
    ) -> None:
        self.headers = dict(headers)
        self.commands: list[Command] = []
        self._overrides = dict(overrides or {})
        self._greeting = greeting
        self._capability = capability
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
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._acceptor.join(5)

    def count(self, name: bytes) -> int:
        """Return how often a command came in."""
        return sum(command.name == name for command in self.commands)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            client.sendall(self._greeting)
            for line in lines:
                tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
                words = rest.split(b" ", 2 if rest[:4].upper() == b"UID " else 1)
                name = b" ".join(words[:2] if words[0].upper() == b"UID" else words[:1]).upper()
                command = Command(tag, name, rest[len(name) :].strip())
                self.commands.append(command)
                answer = self._overrides.get(name, self.answer)(command)
                if answer is None:
                    break
                client.sendall(answer)
                if name == b"LOGOUT":
                    break

    # --- default answers ------------------------------------------------------

    def answer(self, command: Command) -> Answer:
        """Return the answer of a server that works."""
        name, done = command.name, command.tag + b" OK done\r\n"
        uidnext = max(self.headers, default=0) + 1
        if name == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1 " + self._capability + b"\r\n" + done
        if name == b"NAMESPACE":
            return b'* NAMESPACE (("" "/")) NIL NIL\r\n' + done
        if name in {b"LIST", b"XLIST"}:
            return b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n* LIST (\\HasNoChildren) "/" INBOX\r\n' + done
        if name == b"STATUS":
            return b"* STATUS Sent (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\n" % (len(self.headers), uidnext) + done
        if name in {b"EXAMINE", b"SELECT"}:
            return (
                (
                    b"* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* 0 RECENT\r\n"
                    b"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (len(self.headers), uidnext)
                )
                + command.tag
                + b" OK [READ-ONLY] done\r\n"
            )
        if name == b"UID SEARCH":
            return self.search(command)
        if name == b"UID FETCH" and b"BODYSTRUCTURE" in command.arguments:
            return b"".join(self.structured(uid) for uid in self.asked(command)) + done
        if name == b"UID FETCH":
            return b"".join(self.fetched(uid) for uid in self.asked(command)) + done
        if name == b"LOGOUT":
            return b"* BYE\r\n" + done
        if name in {b"LOGIN", b"NOOP", b"UNSELECT", b"CLOSE", b"ID", b"ENABLE"}:
            return done
        return command.tag + b" BAD unknown command\r\n"

    def asked(self, command: Command) -> list[int]:
        """Return the UIDs that a UID FETCH asks for."""
        return uids_of(command.arguments.split(b" ", 1)[0], self.headers)

    def search(self, command: Command) -> bytes:
        """Answer UID SEARCH by its sequence sets; every other criterion matches all."""
        chosen = set(self.headers)
        for criterion in re.findall(rb"(?<![^ ])(\d[\d:,*]*)(?= |\Z)", command.arguments):
            chosen &= set(uids_of(criterion, self.headers))
        listed = b"".join(b" %d" % uid for uid in sorted(chosen))
        return b"* SEARCH" + listed + b"\r\n" + command.tag + b" OK done\r\n"

    def fetched(self, uid: int) -> bytes:
        """Return the FETCH response of one message."""
        header = self.headers[uid]
        number = sorted(self.headers).index(uid) + 1
        return (
            (
                b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "03-Feb-2021 10:00:00 +0000" RFC822.SIZE %d '
                b"BODY[HEADER.FIELDS (DATE FROM TO)] {%d}\r\n" % (number, uid, len(header) + 100, len(header))
            )
            + header
            + b")\r\n"
        )

    def structured(self, uid: int) -> bytes:
        """Return what tells the structure of one message: a short text."""
        number = sorted(self.headers).index(uid) + 1
        text = b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 100 4)'
        return b"* %d FETCH (UID %d BODYSTRUCTURE %s)\r\n" % (number, uid, text)
