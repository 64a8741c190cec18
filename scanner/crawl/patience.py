"""How long and how much one command may be answered: what drips or never ends is given up like silence."""

import io
import time
from typing import Any, Protocol

from scanner.errors import ProtocolError

TIMES = 5.0
"""Time-outs that may be spent waiting for the answers to one command, beside what its bytes earn."""

SECONDS_PER_BYTE = 0.001
"""Every byte earns a millisecond more: slow lines are no hostile ones."""

MAX_RECEIVED = 256 * 1024 * 1024
"""Bytes behind one command: the headers of two thousand messages with some thousand recipients each."""


class Source(Protocol):
    """What bytes come from; a raw stream."""

    def readinto(self, buffer: Any) -> int | None:
        """Fill the buffer with what is there, after waiting for the first byte."""

    def close(self) -> None:
        """Close it."""


class PatientStream(io.RawIOBase):
    """
    A connection's bytes, with a bound on waiting and on amount from one command to the next.

    A time-out of each read is not enough: a server that sends a byte a second
    keeps within it for years.

    Args:
        source: The connection; its own time-out ends a single read.

        timeout: Seconds of that time-out.

    Raises:
        TimeoutError: By any read: the answers drip.

        ProtocolError: By any read: they have no end.
    """

    def __init__(self, source: Source, timeout: float) -> None:
        super().__init__()
        self._source = source
        self._most = timeout * TIMES
        self._waited = 0.0
        self._received = 0
        self.total = 0
        """Bytes that were read at all."""

    def begin(self) -> None:
        """Count anew: a command is sent, or the one before it has ended."""
        self._waited, self._received = 0.0, 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Pass on one read."""
        began = time.monotonic()
        size = self._source.readinto(buffer)
        self._waited += time.monotonic() - began
        self._received += size or 0
        self.total += size or 0
        if self._waited > self._most + self._received * SECONDS_PER_BYTE:
            raise TimeoutError("the answer drips")
        if self._received > MAX_RECEIVED:
            raise ProtocolError("the server's answer has no end", remedy="Check which server answers at this port")
        return size

    def close(self) -> None:
        """Close the connection's stream as well."""
        try:
            self._source.close()
        finally:
            super().close()
