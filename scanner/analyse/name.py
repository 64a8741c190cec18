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

_SHORTEST = 3
"""Shorter words stand in many local parts by chance."""

# What NFKD leaves whole, as addresses spell it.
_ASCII_LETTERS = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "å": "a", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# The other spelling of the same letters, by country: Müller is mueller or muller, Sørensen soerensen or sorensen.
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ñ": "nh", "ğ": "gh", "ș": "sh"})

_DIGIT = re.compile(r"\d")
_STOPS = re.compile(r"[,;|/]")
_DIVIDER = re.compile(r" (?:[-–—|/·:]+ )+")
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
        naming = _naming_of_display_name(name, key, is_private=address.private)
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
            return plain((name_words(name.partition(",")[0]) or words)[-1])
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


def _naming_of_display_name(name: str, key: AddressKey, *, is_private: bool = False) -> _Naming:
    folded = fold(name).strip(" '\"")
    # Many clients show the address itself where there is no name.
    if not folded or "@" in folded or folded == key.rpartition("@")[0]:
        return "nameless"
    text = _without_tags(folded)
    if _CJK_NAME.match(text):
        return "full"
    words = _person_in(name_words(name), key, is_private=is_private)
    whole = [word for place, word in enumerate(words) if len(word) > 1 and not _is_particle(place, words)]
    if not whole or _DIGIT.search(text):
        return "nameless"
    # A number behind less than a name: "Anna 12", "Yoga class 3".
    if _DIGIT.search(folded) and len(set(whole).difference(lexicon()("names", "marks"))) < 2:
        return "nameless"
    return "full" if 2 <= len(whole) <= 6 else "partial"


def _is_particle(place: int, words: tuple[str, ...]) -> bool:
    """Tell whether a word is no more than a particle: Das and Le are names at the end, Le in front of two more."""
    if words[place] not in lexicon()("names", "particles") or 0 < place == len(words) - 1:
        return False
    return place > 0 or len(words) < 3 or words[0] not in lexicon()("names", "surnames")


def _person_in(words: tuple[str, ...], key: AddressKey, *, is_private: bool) -> tuple[str, ...]:
    """
    Return the words in front of the first that no person's name holds; none if they may name a firm.

    "Anna Berg HIV group" is a person whom somebody has filed, "Blue Ocean
    Group" is none: a private mailbox tells, or an address that holds the name.
    """
    end = next((place for place, word in enumerate(words) if word in _not_names()), len(words))
    if end == len(words):
        return words
    tokens = local_tokens(key)
    held = _not_names().isdisjoint(tokens) and any(stands_in(word, key) for word in words[:end])
    return words[:end] if end >= 2 and (is_private or held) else ()


def stands_in(word: str, key: AddressKey) -> bool:
    """Tell whether a token of the local part is the word, or begins or ends with it: berg, aberg, berganna."""
    forms = tuple(form for form in spellings(word) if len(form) >= _SHORTEST)
    return any(token.startswith(forms) or token.endswith(forms) for token in local_tokens(key))


@lru_cache(maxsize=_KEPT)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a display name, folded, without titles and the tags of an address book."""
    text = _without_tags(fold(name))
    if not text.isascii():
        # Vowel signs are no letters to a regular expression, and would break words of half the world's scripts.
        text = "".join(letter for letter in text if not unicodedata.category(letter).startswith("M"))
    titles, marks = lexicon()("names", "titles"), lexicon()("names", "marks")
    words = [word for word in _LETTERS.findall(text) if word not in titles]
    # Two words are left alone: Julia Child is no child.
    while len(words) > 2 and words[-1] in marks:
        words.pop()
    while len(words) > 2 and words[0] in marks:
        del words[0]
    return tuple(words)


@lru_cache(maxsize=_KEPT)
def _without_tags(text: str) -> str:
    """Return a folded name without brackets, numbered words around it, and what a dash or bar divides off."""
    if "(" in text or "[" in text:
        text = _IN_BRACKETS.sub(" ", text)
    # "3b", "2024/25", "7 b" behind a name; "class 3b" before it.
    words = _STOPS.sub(r" \g<0> ", text).split()
    if _DIGIT.search(text):
        _drop_numbered(words)
    head, *tails = _DIVIDER.split(" ".join(words))
    # A firm and its office are divided so, too.
    if tails and len(_LETTERS.findall(head)) >= 2 and _not_names().isdisjoint(_LETTERS.findall(" ".join(tails))):
        return head
    return " ".join(words)


def _drop_numbered(words: list[str]) -> None:
    end = len(words)
    while end > 1:
        if _DIGIT.search(words[end - 1]) or (not words[end - 1].isalpha() and len(words[end - 1]) == 1):
            end -= 1
        elif end > 2 and len(words[end - 1]) == 1 and _DIGIT.search(words[end - 2]):
            end -= 2
        else:
            break
    del words[end:]
    if len(words) > 2 and words[0] in lexicon()("names", "marks") and _DIGIT.search(words[1]):
        del words[:2]


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


@lru_cache(maxsize=_KEPT)
def spellings(word: str) -> tuple[str, ...]:
    """Return how an address may spell a word: without accents, and with the digraphs that stand for them."""
    return tuple(
        dict.fromkeys(
            (plain(word.translate(_ASCII_LETTERS)), plain(word.translate(_DIGRAPHS).translate(_ASCII_LETTERS)))
        )
    )
