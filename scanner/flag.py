"""
What must be heeded of a person before a letter goes out: the flags, and the words that mean them.

The words are data (reports/flags.toml). Where a person is there to ask, a
word that nothing here knows is refused; in a register that others keep it
stays as text, and whatever looks like a flag counts as one: a letter too many
harms more than one that somebody looks at first.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache

from scanner.language import ENGLISH, texts

DO_NOT_CONTACT = "do-not-contact"
NO_FLAGS = "none"
"""The word that takes all flags back."""

_RUN = re.compile(r"[^\W_]+")
_DIVIDER = re.compile(r"[|,;\n]")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

_LONG = 10
"""Letters of a word that a slip is looked for in: in shorter ones another word is as near."""

_NEARLY = 0.85
"""How alike two words must be that one of them is a slip (difflib's ratio): vulnerabel, do-not-contakt."""

_KEPT = 4096
"""Texts whose flags are kept: a register says the same of many."""


def flag_names() -> tuple[str, ...]:
    """Return the flags that are heeded, as they are kept, in the order in which they are shown."""
    return tuple(texts("flags", of=ENGLISH)["flag"])


def stated_flags(text: str) -> tuple[str, ...] | None:
    """
    Return the flags that a text of a person's states, each once, none for the word that takes them back.

    Case, blanks, marks and accents make no difference; several may stand
    one behind another. None: something in it is no flag, or says nothing.

    >>> stated_flags("Kind; nicht_anschreiben"), stated_flags("none"), stated_flags("tall")
    (('child', 'do-not-contact'), (), None)
    """
    found, rest = _taken_apart(text)
    flags = tuple(dict.fromkeys(found))
    if rest or not flags or (NO_FLAGS in flags and len(flags) > 1):
        return None
    return () if flags == (NO_FLAGS,) else flags


@lru_cache(_KEPT)
def heeded_flags(text: str) -> tuple[str, ...]:
    """
    Return what a foreign text says is to be heeded: flags, then in its own words each part that is more than flags.

    >>> heeded_flags("Kind|bitte keine Briefe schicken")
    ('child', 'do-not-contact', 'bitte keine Briefe schicken')
    """
    flags: dict[str, None] = {}
    others: dict[str, None] = {}
    for part in _DIVIDER.split(text):
        found, rest = _taken_apart(part)
        flags |= dict.fromkeys(flag for flag in found if flag != NO_FLAGS)
        if _is_refusal(part):
            flags[DO_NOT_CONTACT] = None
        flags |= dict.fromkeys(_nearly(rest))
        # What says more than flags, or something else, says it in its own words, too.
        if part.strip() and (rest or not found or (NO_FLAGS in found and len(found) > 1)):
            others[" ".join(part.split())] = None
    return (*flags, *others)


def is_flag(text: str) -> bool:
    """Tell whether a text is a flag as it is kept, and no words of somebody's."""
    return text in flag_names()


def _taken_apart(text: str) -> tuple[list[str], list[str]]:
    """Return the flags that a text states in its order, the longest run of words first, and the words beside them."""
    words = _runs(text)
    found: list[str] = []
    rest: list[str] = []
    place = 0
    while place < len(words):
        longest = min(len(words), place + _most_words())
        flag, end = next(
            ((_words()[joined], end) for end in range(longest, place, -1)
             if (joined := "".join(words[place:end])) in _words()),
            ("", place + 1),
        )  # fmt: skip
        if flag:
            found.append(flag)
        elif words[place] not in _joining():
            rest.append(words[place])
        place = end
    return found, rest


def _is_refusal(text: str) -> bool:
    """Tell whether a text denies a way of reaching somebody: no letters, bitte nicht anrufen."""
    words = _runs(text)
    refusal = texts("flags", of=ENGLISH)["refusal"]
    denies = any(word in refusal["denials"] for word in words) or any(
        stem in word for word in words for stem in refusal["bans"]
    )
    return denies and any(stem in word for word in words for stem in refusal["approaches"])


def _nearly(words: list[str]) -> list[str]:
    long = [word for word in _words() if len(word) >= _LONG]
    tried = [*words, "".join(words)]
    near = (get_close_matches(word, long, n=1, cutoff=_NEARLY) for word in tried if len(word) >= _LONG - 1)
    return [_words()[found[0]] for found in near if found]


def _runs(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    return [_plain(run) for run in _RUN.findall(unicodedata.normalize("NFC", text))]


def _plain(text: str) -> str:
    """Return a word as words are compared: one case, umlauts spelt out, no accents."""
    folded = text.casefold().translate(_SPELT_OUT)
    return "".join(one for one in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(one))


def _joined(text: str) -> str:
    return "".join(_runs(text))


@cache
def _words() -> Mapping[str, str]:
    """Return every word of any language, as they are compared, with its flag."""
    return {_joined(word): flag for word, flag in _spellings()}


def _spellings() -> Iterator[tuple[str, str]]:
    data = texts("flags", of=ENGLISH)
    for flag, spoken in (*data["flag"].items(), (NO_FLAGS, data[NO_FLAGS])):
        yield flag, flag
        yield from ((word, flag) for words in spoken.values() for word in words)


@cache
def _most_words() -> int:
    return max(len(_RUN.findall(word)) for word, _ in _spellings())


@cache
def _joining() -> frozenset[str]:
    return frozenset(texts("flags", of=ENGLISH)["joining"])
