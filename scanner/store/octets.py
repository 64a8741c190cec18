"""Identities of messages as the store keeps them: 32 octets, where everybody else has 64 hex digits."""

from scanner.model import Identity


def identity_from(octets: bytes) -> Identity:
    """Return the identity that the store keeps as these octets; psycopg and sqlite3 give them in different types."""
    return Identity(bytes(octets).hex())


def octets_of(identity: Identity) -> bytes:
    """Return an identity as the store keeps it."""
    return bytes.fromhex(identity)
