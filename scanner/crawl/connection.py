"""
The connection: a socket, imaplib and imapclient around it, and limits on what a server may send.

All private names of imapclient and imaplib that Blindcopy touches stand in
this file; `tests/crawl/test_connection.py` holds them to what we expect of
them.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Any, cast

from imapclient import IMAPClient, SocketTimeout

from scanner.crawl.compress import InflatingStream, deflater
from scanner.crawl.patience import PatientStream
from scanner.crawl.response import (
    KEPT_RESPONSE,
    MAX_LINE,
    MAX_LITERAL,
    WHICH_SERVER,
    endless_answer,
    endless_line,
)
from scanner.errors import ProtocolError

_MAX_SAID = 1024 * 1024
"""The same for what imaplib itself reads and keeps: greeting, capabilities, STARTTLS."""

_READ_BUFFER = 256 * 1024
_FIRST_WORD = re.compile(rb"\A(?:\* |[A-Z]{4}\d+ )[A-Za-z]+")


class GreetingTimeoutError(TimeoutError):
    """The connection is there, but the server has not greeted in time (RFC 9051, 7.1.5)."""


class LimitedIMAP4(imaplib.IMAP4):
    """imaplib's connection with our socket, a larger read buffer and limits on what a server may send."""

    def __init__(self, host: str, port: int, ssl_context: ssl.SSLContext | None, timeout: float) -> None:
        self._ssl_context = ssl_context
        self._connect_timeout = timeout
        self._reader: BufferedReader | None = None
        self._reader_of: object = None
        self._streams: list[PatientStream] = []
        self._said = 0
        self._received = 0
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
        self._said += len(line) + KEPT_RESPONSE
        if self._said > _MAX_SAID:
            raise endless_answer()
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
            self._received = self.received
            self._streams.clear()
            self._reader = self._patient(self.sock.makefile("rb", 0))
            self._reader_of = self.sock
        return self._reader

    def _patient(self, source: RawIOBase) -> BufferedReader:
        self._streams.append(PatientStream(source, self._connect_timeout))
        return BufferedReader(self._streams[-1], _READ_BUFFER)

    @property
    def received(self) -> int:
        """Bytes from the server: compressed ones where the connection is, without what TLS adds."""
        # The first stream is the connection itself; one above it sees what was inflated.
        return self._received + (self._streams[0].total if self._streams else 0)

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
            raise endless_line()
        return line

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise ProtocolError(
                f"the server announced {size:,} bytes at once, more than any header has",
                remedy=WHICH_SERVER,
            )
        self._said += size
        return self.reader.read(size)

    def new_tag(self) -> bytes:
        """Return a tag that no command had before (RFC 9051, 2.2.1)."""
        return cast(bytes, self._new_tag())


class Connection(IMAPClient):  # type: ignore[misc]  # imapclient ships no annotations of this class
    """
    An IMAPClient whose connection is ours.

    Args:
        host: Name or address of the server.

        port: Its port.

        ssl_context: TLS from the first byte; None = plain text, for STARTTLS or loopback.

        timeout: Seconds for connecting and for every answer.
    """

    def __init__(self, host: str, port: int, *, ssl_context: ssl.SSLContext | None, timeout: float) -> None:
        self._wire_timeout = timeout
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

    def _create_IMAP4(self) -> LimitedIMAP4:  # noqa: N802  # imapclient's name
        return LimitedIMAP4(self.host, self.port, self.ssl_context if self.ssl else None, self._wire_timeout)

    @property
    def line(self) -> LimitedIMAP4:
        """What bytes are sent to and read from."""
        return cast(LimitedIMAP4, self._imap)

    @property
    def tls_version(self) -> str:
        """The TLS version in use, "" for plain text."""
        return getattr(self._imap.sock, "version", lambda: "")() or ""

    def note_sign_in(self, capabilities: str) -> None:
        """
        Go on as signed in.

        Args:
            capabilities: As the server listed them with its OK; "" = they are
                asked for when they are needed.
        """
        self._imap.state = "AUTH"
        self._cached_capabilities = tuple(word.encode() for word in capabilities.upper().split()) or None

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
