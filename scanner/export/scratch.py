"""A temporary file that nobody can read afterwards: its key is never written anywhere."""

import secrets
import tempfile
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_PIECE = 1 << 20


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
