"""
Address keys: the form in which addresses are compared, counted and stored.

A key is `local@host`. The host never holds an @, so the *last* @ divides it,
whatever the local part holds: `"a@b"@c.example` has the key `a@b@c.example`,
`"a b"@c.example` the key `a b@c.example`. A local part keeps its quotes only
where the bare text would be read differently: empty, with blanks at an end,
or itself in quotes.
"""

import re
import unicodedata

import idna

from scanner.model import AddressKey

_PLAIN = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]+@[A-Za-z0-9._-]*[A-Za-z0-9_-]")
_QUOTED = re.compile(r'"((?:[^"\\]+|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# UTS 46, 4.1: characters that separate labels beside the full stop.
_LABEL_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_LABEL = 63
# RFC 5321, 4.5.3.1 allows 64 for a local part and 255 for a host.
_MAX_NORMALISED = 1_000


def address_key(addr_spec: str) -> AddressKey:
    """
    Return the key of an address (CONTRACTS: Addresses).

    The local part is unquoted and lower-cased, the host a lower-case A-label
    without a final dot, all NFC but what is longer than 1,000 characters.
    Characters that a database refuses (controls, lone surrogates) become
    U+FFFD. A host that IDNA 2008 refuses is still
    folded label by label, so that its two spellings meet. Idempotent.

    >>> address_key('"Ada.Lovelace"@BÜCHER.example')
    'ada.lovelace@xn--bcher-kva.example'
    """
    if _PLAIN.fullmatch(addr_spec):
        return AddressKey(addr_spec.lower())
    key = _fold(addr_spec)
    # Lower-casing can move a character out of NFC and back; a second round settles it.
    for _ in range(4):
        again = _fold(key)
        if again == key:
            break
        key = again
    return AddressKey(key)


def split_key(key: str) -> tuple[str, str]:
    """Return (local part, host) of a key or address; the last @ divides them."""
    local, _, host = key.rpartition("@")
    return local, host


def host_key(host: str) -> str:
    """
    Return a host as lower-case A-labels without a final dot.

    >>> host_key("Straße.DE.")
    'xn--strae-oqa.de'
    """
    if host.isascii():
        return _UNSTORABLE.sub("\ufffd", host).lower().rstrip(".")
    host = _nfc(host.translate(_LABEL_DOTS)).rstrip(".")
    return ".".join(_label_key(label) for label in host.split("."))


def unquote(local_part: str) -> str:
    """Return a local part without enclosing quotes and quoted pairs (RFC 5322, 3.2.4)."""
    match = _QUOTED.fullmatch(local_part)
    return _ESCAPE.sub(r"\1", match[1]) if match else local_part


def _nfc(text: str) -> str:
    # Sorting combining characters takes time that grows with the square of their number.
    return unicodedata.normalize("NFC", text) if len(text) <= _MAX_NORMALISED else text


def _fold(addr_spec: str) -> str:
    local, at, host = addr_spec.strip().rpartition("@")
    local = _nfc(_nfc(unquote(local)).lower())
    local = _UNSTORABLE.sub("\ufffd", local)
    if at and (not local or local != local.strip() or _QUOTED.fullmatch(local)):
        local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return local + at + _UNSTORABLE.sub("\ufffd", host_key(host.strip()))


def _label_key(label: str) -> str:
    if label.isascii():
        return label.lower()
    # idna takes time that grows faster than the label; nothing so long is a host name.
    if len(label) <= _MAX_LABEL:
        try:
            return idna.encode(label, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            pass
        # Emoji and the like: what registries that allow them publish.
        lowered = _nfc(label.lower())
        if not _UNSTORABLE.search(lowered) and "@" not in lowered and not any(map(str.isspace, lowered)):
            return "xn--" + lowered.encode("punycode").decode("ascii").lower()
    return _nfc(_nfc(label).lower())
