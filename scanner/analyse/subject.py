"""
What a subject says: its prefixes, its stem, and words that hint at what happened.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from scanner.analyse.commonplace import is_commonplace
from scanner.analyse.lexicon import fold, lexicon
from scanner.analyse.retraction import Words
from scanner.analyse.stem import SubjectSign, stem_of, strip_prefixes, strip_trailing_sign

# A client that cuts nothing can pile up prefixes; no person reads beyond these.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject, read."""

    stem: str
    """Words joined by single spaces, case-folded; may be empty."""

    commonplace: bool
    """The stem is empty or says nothing: it never links by itself."""

    signs: tuple[SubjectSign, ...]
    """Meanings of the prefixes, outermost first."""

    apologises: bool
    """Words of apology stand somewhere in it, or that a mail went wrong; not for a delay or an absence."""

    asks_to_delete: bool
    """It asks to delete, or not to open, another mail, or tells of a leak."""


@lru_cache(maxsize=1 << 12)
def read_subject(text: str) -> Subject:
    """Read one decoded and unfolded Subject field body."""
    folded = " ".join(fold(text[:_LONGEST]).split())
    rest, signs = strip_prefixes(folded)
    rest, trailing = strip_trailing_sign(rest)
    stem = stem_of(rest, is_invitation="invite" in signs)
    words = Words(folded)
    return Subject(
        stem=stem,
        commonplace=is_commonplace(stem) or words.apologise_daily,
        signs=(*signs, *trailing),
        apologises=words.apologise,
        asks_to_delete=words.ask_to_delete,
    )


def sensitive_words(text: str) -> dict[str, str]:
    """Return category → the first word of the lexicon (by alphabet) that stands in the subject, by category."""
    words = _WORD.findall(fold(text[:_LONGEST]))
    openings = _sensitive()
    known = openings.keys() & words
    if not known:
        return {}
    line = f" {' '.join(words)} "
    hits = [hit for word in known for hit in openings[word] if f" {hit[2]} " in line]
    found: dict[str, str] = {}
    for category, entry, _ in sorted(hits):
        found.setdefault(category, entry)
    return found


def sensitive_file_words(name: str) -> dict[str, str]:
    """
    Return category → a word of the lexicon in the name of a file, by category.

    Names run words together: `Patientenliste.xlsx`, `PatientList2.csv`. A word
    of the lexicon counts at the beginning of one there too, if it is long
    enough to mean something.
    """
    # A capital behind a small letter begins a word, a digit ends one.
    apart = _JOINT.sub(" ", name[:_NAME])
    found = sensitive_words(apart)
    stems = _stems()
    begins = {word[:length] for word in _WORD.findall(fold(apart)) for length in range(_STEM, len(word))}
    hits = [(category, stem) for stem in stems.keys() & begins for category in stems[stem]]
    for category, word in sorted(hits):
        found.setdefault(category, word)
    return found


@cache
def _stems() -> dict[str, tuple[str, ...]]:
    """Return long single words → the categories they stand for."""
    found: dict[str, tuple[str, ...]] = {}
    for category, entries in lexicon().sensitive.items():
        for entry in entries:
            if len(entry) >= _STEM and _WORD.fullmatch(entry):
                found[entry] = (*found.get(entry, ()), category)
    return found


_NAME = 255
_STEM = 6
"""Letters of a word that is recognised within a longer one."""

_JOINT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_WORD = re.compile(r"[^\W_]+")


@cache
def _sensitive() -> dict[str, list[tuple[str, str, str]]]:
    """Return (category, word or phrase, its words between blanks) by first word: most subjects hold none of these."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for category, entries in lexicon().sensitive.items():
        for entry in entries:
            # "Famille d'accueil" is three words of a subject.
            words = _WORD.findall(entry)
            found.setdefault(words[0], []).append((category, entry, " ".join(words)))
    return found
