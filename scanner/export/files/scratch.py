"""Temporary files without a name, and one that nobody can read afterwards: its key is never written anywhere."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_PIECE = 1 << 20
_DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux opens a file without a name by its descriptor."""


class Nameless:
    """
    An empty temporary file for a writer that opens it by its path.

    It has no name, so that not even a command that is killed leaves it behind.
    Where the system opens no file without a name it has one, mode 0600.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        if _DESCRIPTORS.is_dir():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `close` ends it
            self.path = str(_DESCRIPTORS / str(self._file.fileno()))
        else:
            descriptor, self.path = tempfile.mkstemp(prefix="blindcopy-")
            os.close(descriptor)

    @property
    def closed(self) -> bool:
        """What was in it is lost."""
        return self._file.closed if self._file is not None else not Path(self.path).exists()

    def close(self) -> None:
        """Let go of the file; what was in it is lost."""
        if self._file is not None:
            self._file.close()
            return
        with suppress(OSError):
            Path(self.path).unlink()


class Scratch:
    """
    Holds bytes that are written once, then read once.

    On the disk they are ciphertext (AES-256, CTR mode) in a file without a
    name. The key lives as long as the object: what a crash or an undelete
    brings back is noise. Integrity is not protected, for nothing is believed
    that comes from elsewhere.
    """

    def __init__(self) -> None:
        self._cipher = Cipher(AES(secrets.token_bytes(32)), CTR(secrets.token_bytes(16)))
        self._seal = self._cipher.encryptor()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the object; `close` ends it
        self.size = 0

    def write(self, data: bytes) -> int:
        """Add bytes; return how many."""
        self._file.write(self._seal.update(data))
        self.size += len(data)
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        """Yield what was written, from the beginning."""
        unseal = self._cipher.decryptor()
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield unseal.update(piece)

    @property
    def closed(self) -> bool:
        """What was in it is lost."""
        return self._file.closed

    def close(self) -> None:
        """Let go of the file; what was in it is lost."""
        self._file.close()
