"""
The stem of a subject, and what its prefixes say.

The stem is what two messages of one mailing have in common: the subject
without reply, forward, recall and correction prefixes, list tags, part and
batch numbers, dates, punctuation and case (CONTRACTS: Incidents). Prefixes
that say that a mail goes out again, or reminds of one, are none of it either.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from scanner.analyse.lexicon import lexicon

SubjectSign = Literal[
    "recall",
    "correction",
    "apology",
    "resend",
    "reply_or_forward",
    "perhaps_forward",
    "forward",
    "perhaps_reply",
    "reply",
    "perhaps_recall",
    "invite",
    "reminder",
]
"""What a prefix says. One word may say different things in two languages: the first of these stands."""

_LISTS: tuple[SubjectSign, ...] = tuple(name for name in get_args(SubjectSign) if name != "reply_or_forward")

_WORD_PREFIXES: tuple[SubjectSign, ...] = ("recall", "perhaps_recall", "correction", "apology", "resend", "reminder")
"""What people write themselves, also before a dash, in brackets, or at the end."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Patterns:
    colon: re.Pattern[str]
    dash: re.Pattern[str]
    behind: re.Pattern[str]
    signs: dict[str, SubjectSign]
    part: re.Pattern[str]
    dates: tuple[re.Pattern[str], ...]


def _alternatives(words: Iterable[str]) -> str:
    # Longest first: an alternation takes the first that fits. An empty list must match nothing.
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) or "(?!)"


@cache
def _signs() -> dict[str, SubjectSign]:
    """
    Return what each prefix means.

    Of several meanings the one that excuses least stands: "VS" answers in
    Finnish and forwards in Danish.
    """
    words = lexicon()
    answers = words("prefix", "reply") | words("prefix", "perhaps_reply")
    forwards = words("prefix", "forward") | words("prefix", "perhaps_forward")
    signs: dict[str, SubjectSign] = dict.fromkeys(sorted(answers & forwards), "reply_or_forward")
    for name in _LISTS:
        for word in sorted(words("prefix", name)):
            signs.setdefault(word, name)
    return signs


_MARKS = r"[-–—|!*=~+<>«»•·]"
"""What people put around a word to make it seen; an underscore joins words."""

_ROMAN = r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})"


@cache
def _patterns() -> _Patterns:
    words, signs = lexicon(), _signs()
    loud = _alternatives(word for word, sign in signs.items() if sign in _WORD_PREFIXES)
    # RFC 5256, 2.1: "(fwd)" stands at the end; a single letter there counts parts. "Rappel" there reminds.
    trailing = _alternatives(
        word
        for word, sign in signs.items()
        if (sign in _WORD_PREFIXES and sign != "perhaps_recall") or (sign == "forward" and len(word) > 2)
    )
    of = _alternatives(words("stem", "of"))
    # Notes and old Outlooks count replies: Re[2]:, Re(3):, RE^2:, Re2:.
    counter = r"\.?(?:\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]\d{1,3}|\d{1,2}))?"
    part = _alternatives(words("stem", "part"))
    number = _alternatives(words("stem", "number"))
    return _Patterns(
        colon=re.compile(rf"({_alternatives(signs)}){counter}\s?:\s*"),
        dash=re.compile(rf"({loud})\s?{_MARKS}+\s*"),
        behind=re.compile(
            rf"\s*[(\[【]\s*{_MARKS}*\s*({trailing})\s*[:.]?{_MARKS}*\s*[)\]】]\s*$"
            rf"|\s{_MARKS}+\s*({trailing})\s*[:.]?{_MARKS}*\s*$"
        ),
        signs=signs,
        part=re.compile(
            rf"\b(?:{part})\s*(?:n[ro°º]?\.?\s*|#\s*)?(?:\d{{1,4}}|[ivx]{{1,4}}|[a-z])\b(?:\s*(?:/|{of})\s*\d{{1,4}}\b)?"
            rf"|\b\d{{1,4}}\s*(?:/|\b(?:{of})\b)\s*\d{{1,4}}\b(?!\s*[/.-]\s*\d)"
            rf"|\b(?:{number}|n[o°º])\.?\s*\d{{1,4}}\b|#\s*\d{{1,4}}\b"
            rf"|[(\[]\s*{_ROMAN}\s*(?:/\s*{_ROMAN}\s*)?[)\]]|\b{_ROMAN}\s*/\s*{_ROMAN}\b"
            r"|(?<![^\s(\[])[a-z]\s?[-–—]\s?[a-z](?![^\s)\]])"
        ),
        dates=_dates(),
    )


def _dates() -> tuple[re.Pattern[str], ...]:
    words = lexicon()
    of = _alternatives(words("stem", "of"))
    months = _alternatives(words("stem", "months"))
    short = _alternatives(words("stem", "month_abbreviations") | words("stem", "months"))
    year = r"(?:19|20)\d\d"
    day = r"(?:[0-3]?\d)(?:st|nd|rd|th|er|º|ª|°)?\.?"
    joint = rf"(?:\s+(?:{of}))?"
    return (
        re.compile(
            rf"\b{year}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b|\b\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?(?:{year}|\d\d)?(?!\d)"
        ),
        re.compile(rf"\b{day}{joint}\s*(?:{short})\b\.?(?:{joint},?\s*{year}\b)?"),
        re.compile(rf"\b(?:{short})\.?\s+{day}(?!\d)(?:,?\s*{year}\b)?"),
        re.compile(rf"\b(?:{short})\.?{joint},?\s*{year}\b|\b(?:{months})\b"),
        re.compile(rf"\b(?:q[1-4]|h[12])\s*[/-]?\s*{year}\b|\b{year}\s*[/-]?\s*(?:q[1-4]|{year})\b|\b{year}\b"),
        re.compile(r"\b\d{1,2}[:.h]\d\d(?::\d\d)?(?:\s*(?:am|pm|uhr))?\b|\b\d{4}年|\d{1,2}月\d{0,2}日?"),
    )


# A number in front counts something; brackets may hold a tag.
_LEADING = re.compile(r"(?:[^\w\[【(#]|#(?!\s?\d))+")
_TAG = re.compile(r"\[([^\[\]]{1,60})\]\s*|【([^【】]{1,60})】\s*|\(([^()]{1,40})\)\s*")


def strip_prefixes(text: str) -> tuple[str, list[SubjectSign]]:
    """Return a folded subject without prefixes and tags, and what the prefixes say, outermost first."""
    patterns = _patterns()
    signs: list[SubjectSign] = []
    text = text.strip()
    while text:
        found = patterns.colon.match(text) or patterns.dash.match(text)
        if found:
            signs.append(patterns.signs[found[1]])
            text = text[found.end() :].lstrip()
            continue
        whole = patterns.colon.match(text, 1) if text[0] == "[" and text[-1] == "]" else None
        if whole and patterns.signs[whole[1]] == "forward":
            # RFC 5256, 2.1: "[Fwd: …]", of Netscape and old Thunderbirds, stands around the whole subject.
            text = text[1:-1]
            continue
        tag = _TAG.match(text)
        if tag:
            # "[list] Re: …", "[EXTERNAL] …", "[CORRECTION] …", "(CORRECTION) …"; no program writes "[I]" or "[R]".
            sign = patterns.signs.get((tag[1] or tag[2] or tag[3]).strip(" :.!*-"))
            if sign in _WORD_PREFIXES:
                signs.append(sign)
            elif tag[3]:
                break
            text = text[tag.end() :]
            continue
        stripped = _LEADING.sub("", text, count=1) if _LEADING.match(text) else text
        if stripped == text:
            break
        text = stripped
    return text, signs


def strip_trailing_sign(text: str) -> tuple[str, list[SubjectSign]]:
    """Take off "… (fwd)", "… (corrected)", "… - CORRECTION", "… ** resent **"."""
    patterns = _patterns()
    found = patterns.behind.search(text)
    if found and found.start() > 0:
        return text[: found.start()], [patterns.signs[found[1] or found[2]]]
    return text, []


def stem_of(text: str) -> str:
    """Return the words of a folded subject without prefixes, joined by single spaces: no numbers of parts, no dates."""
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
    # "Winter appeal 2", "Winter appeal II": a short number at the end counts the parts, where words say what of.
    if len(words) > 2 and (_is_short_number(words[-1]) or re.fullmatch(_ROMAN, words[-1])):
        words.pop()
    return " ".join(words)


def _is_short_number(word: str) -> bool:
    return word.isdecimal() and len(word) <= 2
