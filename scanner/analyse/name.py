"""
How well an address names a person: identifiability tiers, and names that do not fit.

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
_NO_LETTERS = re.compile(r"[\W\d_]+")
_DIVIDERS = re.compile(r"[._-]+")
_CODE = re.compile(r"\d\D")
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


@lru_cache(maxsize=_KEPT)
def names_another(key: AddressKey, display_name: str) -> bool:
    """
    Tell whether the full name shown and the full name in the local part are those of two people.

    A child's name beside the parent's address looks like this. Part of a name
    in common (a surname) does not make them one person; a short form does.
    """
    shown = [_plain(word) for word in _name_words(display_name)]
    held = [_plain(token) for token in _local_tokens(key) if len(token) > 1]
    if len(shown) < 2 or _naming_of_local_part(key) != "full":
        return False
    return not all(any(_same_word(token, word) for word in shown) for token in held)


def surname_of(key: AddressKey, display_names: tuple[str, ...]) -> str:
    """Return the last name that is shown or stands in the local part, folded; "" if none is known."""
    for name in display_names:
        words = _name_words(name)
        if len(words) >= 2:
            return _plain(words[0] if "," in name else words[-1])
    if _naming_of_local_part(key) == "full":
        return _plain(_local_tokens(key)[-1])
    return ""


def _naming_of_display_name(name: str, key: AddressKey) -> _Naming:
    folded = fold(name).strip(" '\"")
    # Many clients show the address itself where there is no name.
    if not folded or "@" in folded or folded == key.rpartition("@")[0]:
        return "nameless"
    if _CJK_NAME.match(folded):
        return "full"
    words = _name_words(name)
    if not words or not _not_names().isdisjoint(words):
        return "nameless"
    whole = [word for word in words if len(word) > 1 and word not in lexicon()("names", "particles")]
    if not whole or re.search(r"\d", folded):
        return "nameless"
    return "full" if 2 <= len(whole) <= 6 else "partial"


@lru_cache(maxsize=_KEPT)
def _name_words(name: str) -> tuple[str, ...]:
    """Return the words of a display name without titles and what stands in brackets."""
    text = _IN_BRACKETS.sub(" ", fold(name))
    titles = lexicon()("names", "titles")
    return tuple(word for word in _LETTERS.findall(text) if word not in titles)


def _local_tokens(key: AddressKey) -> list[str]:
    """Return the tokens of letters of the local part, without tag and figures."""
    local = key.rpartition("@")[0].partition("+")[0]
    return [word for word in _NO_LETTERS.split(local) if word]


@cache
def _not_names() -> frozenset[str]:
    # "de" is an article in Dutch and part of a name in Spanish; names come first.
    return lexicon()("names", "not_names") - lexicon()("names", "particles")


@cache
def _first_names() -> tuple[frozenset[str], tuple[str, ...]]:
    given = frozenset(_plain(name) for name in lexicon()("names", "given"))
    return given, tuple(sorted(name for name in given if len(name) >= 5))


@lru_cache(maxsize=_KEPT)
def _naming_of_local_part(key: AddressKey) -> _Naming:
    local = key.rpartition("@")[0].partition("+")[0]
    tokens = _local_tokens(key)
    if not tokens or not _not_names().isdisjoint(tokens):
        return "nameless"
    parts = [part for part in _DIVIDERS.split(local) if part]
    # Figures at the end of a part are a birthday or a counter; inside letters they make a code.
    if any(map(_CODE.search, parts)):
        return "nameless"
    whole = [token for token in tokens if len(token) > 1]
    if len(parts) >= 2 and 2 <= len(whole) <= 4:
        return "full"
    if len(parts) >= 2 and len(whole) == 1 and len(tokens) > 1 and len(whole[0]) > 2:
        return "partial"
    given, long_names = _first_names()
    word = _plain(whole[0]) if len(whole) == 1 else ""
    if word in given or (word and word.startswith(long_names)):
        return "partial"
    return "nameless"


def _plain(word: str) -> str:
    """Return letters without accents: addresses rarely carry them, names do."""
    if word.isascii():
        return word
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))


def _same_word(one: str, other: str) -> bool:
    short = min(len(one), len(other), 3)
    return one[:short] == other[:short]
