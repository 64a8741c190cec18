"""COMPRESS=DEFLATE (RFC 4978): both directions of a connection as raw deflate streams."""

import io
import zlib
from collections.abc import Callable
from typing import Any

from scanner.errors import ConnectionLostError, ProtocolError

_RAW_DEFLATE = -15
"""RFC 4978, 3: the format of RFC 1951 without zlib's header, window of 32 KiB."""

_PACKED = 64 * 1024
_EMPTY_LIMIT = 1024 * 1024
"""Compressed bytes that may come without any content, or a server could send empty blocks for ever."""


def deflater() -> Callable[[bytes], bytes]:
    """Return what compresses one command after the other; each is sent whole (RFC 4978, 3: a sync flush)."""
    stream = zlib.compressobj(wbits=_RAW_DEFLATE)
    return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)


class InflatingStream(io.RawIOBase):
    """
    What a compressed connection says, in pieces no larger than asked for: a bomb meets the reader's limits.

    Args:
        source: The connection as it was read so far; whatever it holds
            already in its buffer is the beginning of the compressed stream.

    Raises:
        ConnectionLostError: By any read: the stream is damaged. Nothing after
            that can be read, so it is worth a new connection.

        ProtocolError: By any read: much comes, and none of it has content.
    """

    def __init__(self, source: io.BufferedReader) -> None:
        super().__init__()
        self._source = source
        self._inflater = zlib.decompressobj(_RAW_DEFLATE)
        self._has_more = False

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read of the connection gives content; 0 at its end."""
        packed, empty = self._inflater.unconsumed_tail, 0
        while not self._inflater.eof:
            # A full piece may leave content behind inside zlib though all its input is used up.
            if not packed and not self._has_more:
                packed = self._source.read1(_PACKED)
                if not packed:
                    return 0
                empty += len(packed)
            try:
                plain = self._inflater.decompress(packed, len(buffer))
            except zlib.error as error:
                raise ConnectionLostError(
                    "the compressed connection is damaged", remedy='Run the scan again, or set compress = "never"'
                ) from error
            packed, self._has_more = self._inflater.unconsumed_tail, len(plain) == len(buffer)
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if empty > _EMPTY_LIMIT:
                raise ProtocolError("the server sends compressed data without content", remedy="Run the scan again")
        return 0

    def close(self) -> None:
        """Close the connection's reader as well."""
        try:
            self._source.close()
        finally:
            super().close()
