"""
The person behind an address, by rule; what persons have stated beside stands in `stated`.

Addresses are one person's only for a reason that the address itself gives
(`scanner.addresses.person`). The same full name at two addresses is never
enough: two people may share a name.
"""

import hashlib
from functools import lru_cache

from scanner.addresses.person import person_key
from scanner.model import AddressKey

_DIGITS = 16


def merged_key(key: AddressKey) -> str:
    """Return the form that all addresses of one person reduce to."""
    return person_key(key)[0]


def merge_reasons(key: AddressKey) -> tuple[str, ...]:
    """Return why an address was reduced to `merged_key`, in words; empty if it stands for itself."""
    return tuple(person_key(key)[1])


@lru_cache(maxsize=1 << 17)
def person_id(key: AddressKey) -> str:
    """
    Return the name of the person behind an address: 16 hex digits of the SHA-256 of `merged_key`.

    The reduced form is the smallest key of the person that can exist, so the
    name is the same in every incident and does not change when a further
    address of the person is found.
    """
    return name_of_person(merged_key(key))


def name_of_person(smallest_key: str) -> str:
    """Return the name of the person whose smallest key this is."""
    return hashlib.sha256(smallest_key.encode()).hexdigest()[:_DIGITS]
