"""
Keyed pseudonyms: stable for whoever has the key, meaningless to everybody else.

An unkeyed hash of an address is no protection, because addresses can be
guessed and hashed in turn; hence HMAC (RFC 2104) with a random key.
"""

import hmac
import os
import secrets
import tempfile
import warnings
from pathlib import Path

from scanner.errors import PseudonymKeyError

_KEY_BYTES = 32

_HEX_DIGITS = 12
"""48 bits: among a million texts of one kind, two the same in one of 500 stores."""


class Pseudonymiser:
    """
    Turns texts into pseudonyms: same kind, same text, same key → same pseudonym.

    Args:
        key: Random bytes; whoever has them can tie pseudonyms to names again.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def pseudonym(self, kind: str, text: str) -> str:
        """
        Return the pseudonym of a text, such as `address-3f9c2b71d04e`.

        Kinds are kept apart: a name and a subject of the same words get
        different pseudonyms. An empty text names nobody and stays empty.
        """
        if not text:
            return ""
        # PEP 383: a lone surrogate is a byte that could not be decoded, and must not stop the rest.
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return f"{kind}-{hmac.digest(self._key, message, 'sha256').hex()[:_HEX_DIGITS]}"


def load_key(path: Path | None) -> bytes:
    """
    Return the key of a file as `make_or_read_key` does, or a new one each time with a warning.

    Without a file, or where none can be made or read, pseudonyms differ from
    run to run.
    """
    if path is None:
        warnings.warn("no key file: pseudonyms differ from run to run", stacklevel=3)
        return secrets.token_bytes(_KEY_BYTES)
    try:
        return make_or_read_key(path)
    except PseudonymKeyError as error:
        warnings.warn(f"{path}: {error.what}; pseudonyms differ from run to run", stacklevel=3)
        return secrets.token_bytes(_KEY_BYTES)


def make_or_read_key(path: Path) -> bytes:
    """
    Return the key of a file, which is made with mode 0600 if it is not there.

    Raises:
        PseudonymKeyError: It can neither be made nor read, or holds no key.
    """
    remedy = "Put the key file back, or move it away to begin with new pseudonyms"
    try:
        _make_key(path)
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "it holds no key"
        raise PseudonymKeyError(cause, where=str(path), remedy=remedy) from error
    if len(key) < _KEY_BYTES:
        raise PseudonymKeyError("the key is too short", where=str(path), remedy=remedy)
    return key


def _make_key(path: Path) -> None:
    if path.exists():
        return
    # Whole before it has its name: of two notebooks that start together, one makes the key and both read all of it.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
        try:
            os.link(name, path)
        except FileExistsError:
            return
        except OSError:
            # A file system without hard links.
            if not path.exists():
                Path(name).rename(path)
    finally:
        Path(name).unlink(missing_ok=True)
