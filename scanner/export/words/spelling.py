"""
The words of names and of sentences, and how a name may be spelt in either.

Spelling differs between a list and a sentence: Jürgen, Juergen, JURGEN,
letters taken apart by a Macintosh, soft hyphens of a word processor, an s of
the genitive.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scanner.language import ENGLISH, texts

WORD = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = frozenset("!?\n")

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "fr", "frl", "hr", "hrn", "dipl"})
"""A full stop behind one of these, or behind an initial, ends no sentence."""

UNUSUAL = 3
"""Letters from which on a word that is none of the language names somebody; shorter ones count as its words do."""

# Letters that no normalization takes apart, and what is written where they are missing.
_SPELLINGS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence."""

    spellings: frozenset[str]
    """The ways in which a name may stand in a list when it is written so."""

    is_capital: bool
    is_first: bool
    """It begins a sentence."""

    start: int
    """Where it stands, in characters."""


def plain(text: str) -> str:
    """Return a text with its letters in one piece, and without what is there and not seen, such as soft hyphens."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(one for one in composed if unicodedata.category(one) != "Cf")


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of a sentence or several, in their order."""
    before, end = "", 0
    for match in WORD.finditer(text):
        between = text[end : match.start()]
        is_title = len(before) == 1 or before.casefold() in _TITLES
        is_first = not before or not _SENTENCE_END.isdisjoint(between) or ("." in between and not is_title)
        yield Word(_spellings(match[0]), match[0][0].isupper(), is_first, match.start())
        before, end = match[0], match.end()


def _spellings(word: str) -> frozenset[str]:
    """Return the ways in which a name may stand in a list when it is written so in a sentence."""
    found = {spelt(word), word.casefold().translate(_UMLAUTS)}
    # Zoës brother, Musters Brief.
    found |= {one[:-1] for one in found if one.endswith("s") and len(one) > UNUSUAL}
    return frozenset(found)


def parts(text: str) -> Iterator[str]:
    """Yield the words of a name or a local part, in each spelling; of rcp3 rcp as well."""
    for pattern in (WORD, LETTERS):
        for word in pattern.findall(text):
            if word.isascii():
                yield word.lower()
            else:
                yield from {spelt(word), word.casefold().translate(_UMLAUTS)}


def spelt(word: str) -> str:
    """Return a word in lower case without marks."""
    if word.isascii():
        return word.lower()
    taken_apart = unicodedata.normalize("NFKD", word.casefold().translate(_SPELLINGS))
    return "".join(one for one in taken_apart if not unicodedata.combining(one))


@cache
def listed(name: str) -> frozenset[str]:
    """Return a list of reports/naming.toml in all spellings: it serves every language."""
    return frozenset(
        spelling for word in texts("naming", of=ENGLISH)[name].split() for spelling in (word, *parts(word))
    )
