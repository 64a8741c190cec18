"""
Address fields at the crawler's pace: plain lists by one expression, recurring entries from memory.

Nearly all fields of real mail are plain: names and addresses in ASCII with
commas between. One expression cuts those into entries and vouches that each
of them means the same read alone as in its list; whatever else occurs sends
the whole field to the full parser. Sent mail goes to the same people again
and again, so the finished entries are kept.
"""

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from scanner.addresses.name import finish_name
from scanner.addresses.parser import parse_fully
from scanner.model import AddressKey, ParsedAddress

# An address whose host has a dot and no empty label: no placeholder and no Notes name looks so.
_ADDRESS = (
    r"(?!['=])[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]++(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]++)*+"
    r"@[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)++"
)
_FOLD = r"(?:[ \t]|\r\n[ \t])*+"
# Printable ASCII but quotes and backslashes; RFC 5322, 3.2.4.
_QUOTED = r'"[ !#-\[\]-~]*+"'
# RFC 2047 words are read whole, so an "=" occurs only in those that hold no special character.
_WORD = (
    r"(?:[A-Za-z0-9!#$%&'*+\-/?^_`{|}~.]++"
    r"|=\?[A-Za-z0-9_.:+*-]{1,60}+\?[bBqQ]\?[A-Za-z0-9!#$%&'*+\-/=^_`{|}~.]*+\?=)"
)
# Words with single blanks (RFC 5322, 3.2.5 and 4.1); no single quote in front.
_PHRASE = rf"(?!'){_WORD}(?:(?:[ ]|\r\n[ \t]){_WORD})*+"
_ENTRY = rf"(?:(?:{_QUOTED}|{_PHRASE})?{_FOLD}<{_ADDRESS}>|{_ADDRESS})"
# The last alternative takes all that is left, so that a field which is not plain is given up at once.
_ENTRIES = re.compile(rf"{_FOLD}(?:({_ENTRY}){_FOLD}(?:[,;]|\Z)|[\s\S]+)")
_PARTS = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<phrase>[^<"]*[^<" ]))? ?<(?P<spec>[^<>]+)>')

_GENERATION = 1 << 12
"""Entries: who is written to again is so soon, and eight times as many save one reading in forty."""

_LONGEST = 300
"""Characters of an entry that is worth remembering; so the memory is bounded, whatever comes."""

T = TypeVar("T")


class EntryCache(Generic[T]):
    """
    Finished entries by the text they were read from, at most two generations of them.

    Entries used lately survive; the oldest generation is dropped as a whole,
    which keeps the look-up at one dictionary access.

    Args:
        make: Makes of an entry what is kept.

        size: Entries in a generation.
    """

    def __init__(self, make: Callable[[ParsedAddress], T], size: int = _GENERATION) -> None:
        self._make = make
        self._size = size
        self.young: dict[str, T] = {}
        self._old: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def keeps(self, entries: int) -> bool:
        """Tell whether a field of so many entries leaves room for those of others: a mass mailing would take it all."""
        return 2 * entries <= self._size

    def read(self, text: str) -> T:
        """Return what is made of the entry that a plain text means."""
        return self._old.get(text) or self._make(read_plain_entry(text))

    def fill(self, text: str) -> T:
        """Return the same, and remember it."""
        entry = self.read(text)
        if len(text) <= _LONGEST:
            if len(self.young) >= self._size:
                self._old, self.young = self.young, {}
            self.young[text] = entry
        return entry


_cache: EntryCache[ParsedAddress] = EntryCache(lambda entry: entry)


def parse_address_list(field_body: bytes | str) -> list[ParsedAddress]:
    """
    Read the body of an address field into its entries, in order (RFC 5322, 3.4).

    Groups are expanded, an empty group yields nothing. Entries that are no
    mail address come back with key None; one odd entry never costs another.
    What stands only in a display name is no recipient. Takes time in
    proportion to the length of the field and never raises.

    Args:
        field_body: What follows "To:", folded or not; text may hold raw bytes as surrogate escapes.

    >>> [entry.key for entry in parse_address_list('"Smith, Anna" <Anna@Client.example>, bob@other.example')]
    ['anna@client.example', 'bob@other.example']
    """
    plain = read_plain_list(field_body, _cache)
    return parse_fully(field_body) if plain is None else plain


def read_plain_list(field_body: bytes | str, cache: EntryCache[T]) -> list[T] | None:
    """Read a plain list as `parse_address_list` does, each entry as the cache keeps it; None when it is not plain."""
    if not field_body.isascii():
        return None
    texts = split_plain(field_body if isinstance(field_body, str) else field_body.decode("ascii"))
    if texts is None:
        return None
    young = cache.young
    find = cache.fill if cache.keeps(len(texts)) else cache.read
    return [young.get(text) or find(text) for text in texts]


def split_plain(text: str) -> list[str] | None:
    """Cut a plain list into the texts of its entries; None when it is not plain."""
    texts: list[str] = _ENTRIES.findall(text)
    return None if "" in texts else texts


def read_plain_entry(text: str) -> ParsedAddress:
    """Read one entry of a plain list; the full parser would give the same."""
    if "\r" in text or "\t" in text or "  " in text:
        return parse_fully(text)[0]
    match = _PARTS.fullmatch(text)
    if match is None:
        spec, name, raw = text, "", ""
    else:
        quoted, phrase, spec = match.groups()
        if quoted and ">" in quoted:  # Perhaps with further entries of the list inside.
            return parse_fully(text)[0]
        name, raw = (phrase or "") if quoted is None else quoted, ""
        if "=?" in name or name[:1] in ("'", " ") or name[-1:] == " ":
            name, raw, _ = finish_name(name, None)
            raw = "" if raw == name else raw
    lowered = spec.lower()
    # One object for both where they are equal: half the memory of the cache.
    key = AddressKey(spec if lowered == spec else lowered)
    return ParsedAddress(spec, name, raw, None, None, key)
