"""
What Exchange wraps into an address of its own host: IMCEASMTP-ada+40client+2Eexample@corp.example.

It does so with addresses that its directory could not take as they were
(MS-OXCMAIL: IMCEA encapsulation). IMCEAEX- holds an X.500 name, somebody of
the own organisation.
"""

import re

from scanner.addresses.key import address_key, split_key
from scanner.model import AddressKey

_MAIL = ("imceasmtp-", "imceamailto-")
_OCTET = re.compile(r"\+([0-9a-f]{2})")


def is_wrapped(local_part: str) -> bool:
    """Tell whether a local part, as it stands in a key, is one of Exchange's wrappings."""
    return local_part.startswith("imcea") and "-" in local_part


def wrapped_address(key: AddressKey) -> AddressKey | None:
    """
    Return the key of the mail address that an address wraps, None when it wraps none.

    A Notes name, a fax number and what was no address at all are none.

    >>> wrapped_address(AddressKey("imceasmtp-ada+40client+2eexample@corp.example"))
    'ada@client.example'
    """
    local, _ = split_key(key)
    opening = next((one for one in _MAIL if local.startswith(one)), None)
    if opening is None:
        return None
    # A slash is written as _, whatever else is no letter, digit, hyphen or = as its octet.
    text = local.removeprefix(opening).replace("_", "/")
    octets = _OCTET.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1", "replace")
    address = octets.decode("utf-8", "replace").removeprefix("mailto:")
    inner, host = split_key(address)
    return address_key(address) if inner and host and not is_wrapped(inner) else None
