"""
How well an address names a person: identifiability tiers.

The evidence is the display name as it was shown and the local part; nothing
is looked up. A nameless address is still personal data and is counted.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Literal

from scanner.analyse.lexicon import fold, lexicon
from scanner.model import AddressClass, AddressKey, Tier

TIERS: tuple[Tier, ...] = ("full", "partial", "nameless", "role", "list")
"""Best first: a person takes the best tier seen."""

_Naming = Literal["full", "partial", "nameless"]
_KEPT = 1 << 15
"""Names and local parts remembered: the same people stand in many messages."""

_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LETTER_RUNS = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[^._-]+")
_CODE = re.compile(r"\d[^\d._-]")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_CJK_NAME = re.compile(r"[\u3400-\u9fff\uac00-\ud7a3]{2,5}(?:\s?[\u3400-\u9fff\uac00-\ud7a3]{1,4})?\Z")


def tier_of(key: AddressKey, display_names: tuple[str, ...], address: AddressClass) -> Tier:
    """Return the best tier that the address itself and the names shown beside it give."""
    if address.kind == "list":
        return "list"
    if address.role:
        return "role"
    best: _Naming = _naming_of_local_part(key)
    for name in display_names:
        # Nothing is better than a full name.
        if best == "full":
            break
        naming = _naming_of_display_name(name, key)
        best = naming if TIERS.index(naming) < TIERS.index(best) else best
    return best


def best_tier(tiers: set[Tier]) -> Tier:
    """Return the best of at least one tier."""
    return next(tier for tier in TIERS if tier in tiers)


def surname_of(key: AddressKey, display_names: tuple[str, ...]) -> str:
    """Return the last name that is shown or stands in the local part, folded; "" if none is known."""
    for name in display_names:
        words = name_words(name)
        if len(words) >= 2:
            return plain(words[0] if "," in name else words[-1])
    if _naming_of_local_part(key) == "full":
        return plain(local_tokens(key)[-1])
    return ""


def is_full_name(display_name: str, key: AddressKey) -> bool:
    """Tell whether what is shown beside an address is the full name of a person."""
    return _naming_of_display_name(display_name, key) == "full"


def local_name(key: AddressKey) -> tuple[str, ...]:
    """Return the words of the full name that the local part is, plain; empty if it is none."""
    if _naming_of_local_part(key) != "full":
        return ()
    return tuple(plain(token) for token in local_tokens(key) if len(token) > 1)


def _naming_of_display_name(name: str, key: AddressKey) -> _Naming:
    folded = fold(name).strip(" '\"")
    # Many clients show the address itself where there is no name.
    if not folded or "@" in folded or folded == key.rpartition("@")[0]:
        return "nameless"
    if _CJK_NAME.match(folded):
        return "full"
    words = name_words(name)
    if not words or not _not_names().isdisjoint(words):
        return "nameless"
    whole = [word for word in words if len(word) > 1 and word not in lexicon()("names", "particles")]
    if not whole or re.search(r"\d", folded):
        return "nameless"
    return "full" if 2 <= len(whole) <= 6 else "partial"


@lru_cache(maxsize=_KEPT)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a display name without titles and what stands in brackets."""
    text = fold(name)
    if "(" in text or "[" in text:
        text = _IN_BRACKETS.sub(" ", text)
    titles = lexicon()("names", "titles")
    return tuple(word for word in _LETTERS.findall(text) if word not in titles)


def local_tokens(key: AddressKey) -> list[str]:
    """Return the tokens of letters of the local part, without tag and figures."""
    local = key.rpartition("@")[0].partition("+")[0]
    return _LETTER_RUNS.findall(local)


@cache
def _not_names() -> frozenset[str]:
    # "de" is an article in Dutch and part of a name in Spanish; names come first.
    return lexicon()("names", "not_names") - lexicon()("names", "particles")


@cache
def given_names() -> frozenset[str]:
    """Return the given names that the lexicon knows, plain."""
    return frozenset(plain(name) for name in lexicon()("names", "given"))


@cache
def _long_names() -> tuple[str, ...]:
    return tuple(sorted(name for name in given_names() if len(name) >= 5))


@lru_cache(maxsize=_KEPT)
def _naming_of_local_part(key: AddressKey) -> _Naming:
    local = key.rpartition("@")[0].partition("+")[0]
    tokens = local_tokens(key)
    if not tokens or not _not_names().isdisjoint(tokens):
        return "nameless"
    # Figures at the end of a part are a birthday or a counter; inside letters they make a code.
    if _CODE.search(local):
        return "nameless"
    parts = _PARTS.findall(local)
    whole = [token for token in tokens if len(token) > 1]
    if len(parts) >= 2 and 2 <= len(whole) <= 4:
        return "full"
    if len(parts) >= 2 and len(whole) == 1 and len(tokens) > 1 and len(whole[0]) > 2:
        return "partial"
    word = plain(whole[0]) if len(whole) == 1 else ""
    if word in given_names() or (word and word.startswith(_long_names())):
        return "partial"
    return "nameless"


def plain(word: str) -> str:
    """Return letters without accents: addresses rarely carry them, names do."""
    if word.isascii():
        return word
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
