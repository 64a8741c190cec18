"""
What a subject says: its prefixes, its stem, and words that hint at what happened.

The stem is what two messages of one mailing have in common: the subject
without reply, forward, recall and correction prefixes, list tags, part and
batch numbers, dates, punctuation and case (CONTRACTS: Incidents).
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from scanner.analyse.lexicon import fold, lexicon

SubjectSign = Literal["reply", "forward", "recall", "perhaps_recall", "correction", "apology", "invite"]

# A client that cuts nothing can pile up prefixes; no person reads beyond these.
_LONGEST = 2000
_WORD_PREFIXES = ("recall", "perhaps_recall", "correction", "apology")
_PREFIXES = ("reply", "forward", "invite", *_WORD_PREFIXES)


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
    """Words of apology stand somewhere in it."""

    asks_to_delete: bool
    """It asks to delete, or not to open, another mail."""


@lru_cache(maxsize=1 << 12)
def read_subject(text: str) -> Subject:
    """Read one decoded and unfolded Subject field body."""
    folded = " ".join(fold(text[:_LONGEST]).split())
    rest, signs = _strip_prefixes(folded)
    rest, trailing = _strip_trailing_sign(rest)
    stem = " ".join(_WORD.findall(_strip_numbers(rest)))
    words = f" {' '.join(_WORD.findall(folded))} "
    return Subject(
        stem=stem,
        commonplace=(len(stem) < 3 and stem.isascii()) or stem in lexicon()("stem", "commonplace"),
        signs=(*signs, *trailing),
        apologises=any(phrase in words for phrase in _phrases("apology")),
        asks_to_delete=any(phrase in words for phrase in _phrases("delete")),
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


@cache
def _phrases(name: str) -> tuple[str, ...]:
    """Return the phrases of a list as they stand between the words of a subject, by alphabet."""
    return tuple(sorted(map(_within, lexicon()("phrase", name))))


def _within(phrase: str) -> str:
    """Return a phrase as it stands between words; writing without blanks, or with endings joined on, has no between."""
    words = " ".join(_WORD.findall(phrase))
    return words if _UNSPACED.search(words) else f" {words} "


_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Kana, Chinese characters and Hangul."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    colon: re.Pattern[str]
    dash: re.Pattern[str]
    signs: dict[str, SubjectSign]
    of: str
    part: re.Pattern[str]
    dates: tuple[re.Pattern[str], ...]


def _alternatives(words: frozenset[str]) -> str:
    # Longest first: an alternation takes the first that fits. An empty list must match nothing.
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) or "(?!)"


def _signs() -> dict[str, SubjectSign]:
    """Return what each prefix means."""
    words = lexicon()
    # One word may mean different things in two languages ("VS" replies in Finnish and forwards in Danish):
    # the first of these meanings stands.
    names: tuple[SubjectSign, ...] = (
        "recall",
        "correction",
        "apology",
        "reply",
        "forward",
        "perhaps_recall",
        "invite",
    )
    signs: dict[str, SubjectSign] = {}
    for name in names:
        for word in sorted(words("prefix", name)):
            signs.setdefault(word, name)
    return signs


@cache
def _patterns() -> _Patterns:
    words = lexicon()
    everything = frozenset().union(*(words("prefix", name) for name in _PREFIXES))
    loud = frozenset().union(*(words("prefix", name) for name in _WORD_PREFIXES))
    of = _alternatives(words("stem", "of"))
    # Notes and old Outlooks count replies: Re[2]:, Re(3):, RE^2:, Re2:.
    counter = r"\.?(?:\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]\d{1,3}|\d{1,2}))?"
    part = _alternatives(words("stem", "part"))
    number = _alternatives(words("stem", "number"))
    months = _alternatives(words("stem", "months"))
    short = _alternatives(words("stem", "month_abbreviations") | words("stem", "months"))
    year = r"(?:19|20)\d\d"
    day = r"(?:[0-3]?\d)(?:st|nd|rd|th|er|º|ª|°)?\.?"
    joint = rf"(?:\s+(?:{of}))?"
    return _Patterns(
        colon=re.compile(rf"({_alternatives(everything)}){counter}\s?:\s*"),
        dash=re.compile(rf"({_alternatives(loud)})\s?[-–—|!]+\s*"),
        signs=_signs(),
        of=of,
        part=re.compile(
            rf"\b(?:{part})\s*(?:n[ro°º]?\.?\s*|#\s*)?(?:\d{{1,4}}|[ivx]{{1,4}}|[a-z])\b(?:\s*(?:/|{of})\s*\d{{1,4}}\b)?"
            rf"|\b\d{{1,4}}\s*(?:/|\b(?:{of})\b)\s*\d{{1,4}}\b(?!\s*[/.-]\s*\d)"
            rf"|\b(?:{number}|n[o°º])\.?\s*\d{{1,4}}\b|#\s*\d{{1,4}}\b"
            r"|(?<![^\s(\[])[a-z]\s?[-–—]\s?[a-z](?![^\s)\]])"
        ),
        dates=(
            re.compile(
                rf"\b{year}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b|\b\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?(?:{year}|\d\d)?(?!\d)"
            ),
            re.compile(rf"\b{day}{joint}\s*(?:{short})\b\.?(?:{joint},?\s*{year}\b)?"),
            re.compile(rf"\b(?:{short})\.?\s+{day}(?!\d)(?:,?\s*{year}\b)?"),
            re.compile(rf"\b(?:{short})\.?{joint},?\s*{year}\b|\b(?:{months})\b"),
            re.compile(rf"\b(?:q[1-4]|h[12])\s*[/-]?\s*{year}\b|\b{year}\s*[/-]?\s*(?:q[1-4]|{year})\b|\b{year}\b"),
            re.compile(r"\b\d{1,2}[:.h]\d\d(?::\d\d)?(?:\s*(?:am|pm|uhr))?\b|\b\d{4}年|\d{1,2}月\d{0,2}日?"),
        ),
    )


def _strip_prefixes(text: str) -> tuple[str, list[SubjectSign]]:
    patterns = _patterns()
    signs: list[SubjectSign] = []
    text = text.strip()
    while text:
        found = patterns.colon.match(text) or patterns.dash.match(text)
        if found:
            signs.append(patterns.signs[found[1]])
            text = text[found.end() :].lstrip()
            continue
        # "[list] Re: …", "[EXTERNAL] …", "[CORRECTION] …"; a number in brackets is no tag.
        tag = re.match(r"\[([^\[\]]{1,60})\]\s*", text) or re.match(r"【([^【】]{1,60})】\s*", text)
        if tag:
            sign = patterns.signs.get(tag[1].strip(" :"))
            if sign:
                signs.append(sign)
            text = text[tag.end() :]
            continue
        stripped = text.lstrip(" \t!*-–—:;,.>|")
        if stripped == text:
            break
        text = stripped
    return text, signs


def _strip_trailing_sign(text: str) -> tuple[str, list[SubjectSign]]:
    """Take off "… (fwd)", "… (corrected)", "… - CORRECTION"."""
    found = re.search(r"\s*(?:[(\[]([^()\[\]]{1,40})[)\]]|\s[-–—]\s*([^-–—()]{1,40}))\s*$", text)
    if found and found.start() > 0:
        sign = _patterns().signs.get((found[1] or found[2]).strip(" !:"))
        if sign and (sign not in ("reply", "invite", "perhaps_recall")):
            return text[: found.start()], [sign]
    return text, []


def _strip_numbers(text: str) -> str:
    patterns = _patterns()
    had_date = False
    for pattern in patterns.dates:
        text, count = pattern.subn(" ", text)
        had_date = had_date or count > 0
    if had_date:
        # "Tuesday class" is another class than "Friday class"; beside a date the weekday is part of the date.
        weekdays = lexicon()("stem", "weekdays")
        text = " ".join(word for word in text.split() if word.strip(" ,.()-") not in weekdays)
    text = patterns.part.sub(" ", text)
    words = _WORD.findall(text)
    # "Winter appeal 2": a short number at the end counts the parts, where words say what of.
    if len(words) > 2 and words[-1].isdecimal() and len(words[-1]) <= 2:
        words.pop()
    return " ".join(words)
