"""
Addresses to people: which spellings reach one mailbox, for a reason that the address itself gives.

The same name at two addresses is never a reason (CONTRACTS: Exposure).
"""

import hashlib

from scanner.addresses.exchange import is_wrapped
from scanner.addresses.key import split_key
from scanner.model import AddressKey

_GMAIL = "gmail.com"
_GOOGLEMAIL = "googlemail.com"


def person_key(key: AddressKey) -> tuple[str, tuple[str, ...]]:
    """
    Return the key that all addresses of one mailbox share, and why it differs from this one.

    A plus-tag is dropped where something stands in front of it (RFC 5233), but
    not in what Exchange has wrapped: there a plus begins an octet.
    At Gmail, dots in the local part and the name googlemail.com mean nothing.

    Returns:
        The merged key, itself a key, and the reasons in words: no address text; empty when nothing changed.

    >>> person_key(AddressKey("a.lovelace+news@googlemail.com"))
    ('alovelace@gmail.com', ('plus-tag', 'dots at gmail', 'googlemail.com is gmail.com'))
    """
    local, host = split_key(key)
    reasons = []
    bare, plus, _ = local.partition("+")
    if '"' in local:  # What stands in quotes is the mailbox's name as it is.
        return key, ()
    # A bare "+tag" is a mailbox of its own.
    if plus and bare.strip(".") and not is_wrapped(local):
        local = bare
        reasons.append("plus-tag")
    if host in (_GMAIL, _GOOGLEMAIL):
        without_dots = local.replace(".", "")
        if without_dots and without_dots != local:
            local = without_dots
            reasons.append("dots at gmail")
        if host == _GOOGLEMAIL:
            host = _GMAIL
            reasons.append("googlemail.com is gmail.com")
    return f"{local}@{host}", tuple(reasons)


def mailbox_hosts(key: AddressKey) -> tuple[str, ...]:
    """Return the hosts at which an address's mailbox can be written to, its own first."""
    host = split_key(key)[1]
    return (host, *({_GMAIL, _GOOGLEMAIL} - {host})) if host in (_GMAIL, _GOOGLEMAIL) else (host,)


def client_mark(key: AddressKey) -> str:
    """
    Return what stands for a person of the client register in a policy: 16 hex digits, the same for merged addresses.

    A policy is kept with every result; the register's addresses stay in its file.
    """
    return hashlib.sha256(person_key(key)[0].encode()).hexdigest()[:16]
