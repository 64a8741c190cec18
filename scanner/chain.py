"""
The hash chain of everything that persons state and that is handed out.

Each row of an append-only table carries the SHA-256 of its payload and a chain
hash: the SHA-256 of the chain hash before it together with all columns of the
row that are never erased, the payload's hash among them. A payload may be erased;
its hash stays, so that the chain still proves that no row was changed, put in
between or taken out. Anybody can recompute it with a JSON library: keys
sorted, no spaces, everything outside ASCII escaped.
"""

import hashlib
import json
from collections.abc import Mapping

BEGINNING = "0" * 64
"""What the first row has for the chain hash before it."""


def canonical_json(value: object) -> str:
    """
    Return the one spelling of a value as JSON that is hashed.

    >>> canonical_json({"b": "é", "a": 1})
    '{"a":1,"b":"\\\\u00e9"}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def payload_sha256(payload: str) -> str:
    """Return the hash of a payload as it is stored, 64 hex digits."""
    return hashlib.sha256(payload.encode("ascii")).hexdigest()


def is_as_hashed(payload: str | None, sha256: str) -> bool:
    """Tell whether a payload is what its row's hash says, or was erased; whatever somebody put in its place."""
    return payload is None or (payload.isascii() and payload_sha256(payload) == sha256)


def chain_sha256(previous: str, head: Mapping[str, object]) -> str:
    """
    Return the chain hash of a row, 64 hex digits.

    Args:
        previous: The chain hash of the row before, `BEGINNING` for the first.

        head: The columns that are never erased, by name, `payload_sha256` included.
    """
    return hashlib.sha256(canonical_json({**head, "previous": previous}).encode("ascii")).hexdigest()
