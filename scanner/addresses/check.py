"""
The count check: does every @ of an address field belong to an entry that was read?

Written apart from the parser and simpler, so that a mistake there shows here.
"""

import re
from collections.abc import Iterable, Sequence

from scanner.addresses.text import as_text, guess_8bit
from scanner.model import ParsedAddress

# A quote that is never closed takes the rest in one step and is then no quote.
_QUOTED = re.compile(r'"(?:[^"\\]+|\\.)*+("|\Z)', re.DOTALL)
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_INNERMOST_COMMENT = re.compile(r"\((?:[^()\\]+|\\.)*+\)", re.DOTALL)
_AT = re.compile("[@\uff20\ufe6b]")
_SCHEME = re.compile(r"(?<![\w.+@-])(?:mailto|smtp):", re.IGNORECASE)
_SPACED_DOT = re.compile(r"(?<=\S)(?:[^\S\r\n]|\r\n[ \t])+\.(?:[^\S\r\n]|\r\n[ \t])*")
_SPECIAL = re.compile(r"[\s<>,;:()\[\]\"\\\uff0c\uff1b\u3001\u060c\u061b\uff1c\uff1e]+")
_TRAILING_MARKS = "!*=/|}`^~+\u2026"
_EDGES = " .'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u200b\ufeff"
_ROUTE = re.compile(r"<\s*@[^<>:]*:")
_MAX_DEPTH = 20


def find_silent_misses(field_body: bytes | str, parsed: Sequence[ParsedAddress]) -> str | None:
    """
    Return the defect `missed_address` when an @ of the field is in no entry, else None.

    An @ counts when it stands outside quotes, comments and encoded words with
    text on both sides. It is accounted for by an address, by the text of an
    unresolved entry, or by a display name that shows it (whose entry then
    says so, unless the name repeats its own address).

    Args:
        field_body: The field as it was given to `parse_address_list`.

        parsed: What that returned.
    """
    at_count = field_body.count("@") if isinstance(field_body, str) else field_body.count(b"@")
    is_clean = all(entry.key is not None and entry.defect is None for entry in parsed)
    if is_clean and at_count == len(parsed) and field_body.isascii():
        return None
    shown = (text for entry in parsed for text in (entry.addr_spec, entry.display_name_raw, entry.display_name))
    known = set(_words_of(_ENCODED_WORD.sub(" ", text) if "=?" in text else text for text in shown))
    # A repaired local part is spelt differently; the defect on its entry tells of it. Of addresses that stood
    # together without a blank the last host tells that they were read.
    hosts = {_host_of(entry.addr_spec) for entry in parsed}
    repaired = {_host_of(entry.addr_spec) for entry in parsed if entry.defect}
    # Of a host that was decoded, what stood behind the encoded word.
    repaired |= {"." + entry.addr_spec.rpartition(".")[2] for entry in parsed if entry.defect == "encoded_address"}
    text = _without_quotes_and_comments(guess_8bit(as_text(field_body)))
    # Blanks round a dot belong to an address (RFC 5322, 4.4), or divide it from what follows.
    for reading in (_SPACED_DOT.sub(".", text), text):
        if all(
            word in known or _host_of(word) in (hosts if word.count("@") > 1 else repaired)
            for word in _words_of([reading])
        ):
            return None
    return "missed_address"


def _without_quotes_and_comments(text: str) -> str:
    text = _ROUTE.sub("<", _QUOTED.sub(lambda quoted: ";" if quoted[1] else quoted[0], _ENCODED_WORD.sub(" ", text)))
    # Nested comments are taken from the inside; deeper ones are no comments of people.
    for _ in range(_MAX_DEPTH):
        text, count = _INNERMOST_COMMENT.subn("", text)
        if not count:
            break
    return _SCHEME.sub(" ", text)


def _host_of(word: str) -> str:
    return word.rpartition("@")[2].lower()


def _words_of(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        if not _AT.search(text):
            continue
        # The bracket of a domain literal is part of the host.
        parts = (part.strip().removeprefix("[") for part in _AT.split(guess_8bit(as_text(text))))
        for word in _SPECIAL.split("@".join(parts)):
            if "@" in word[1:-1]:
                bare = "".join(filter(str.isprintable, word.partition("?")[0].partition("&")[0]))
                yield bare.rstrip(_EDGES + _TRAILING_MARKS).lstrip(_EDGES).lower()
