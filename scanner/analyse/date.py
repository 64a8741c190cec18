"""Dates and times of day in a subject, in digits and with the names of months: no part of the stem."""

import re
from functools import cache

from scanner.analyse.lexicon import alternatives, lexicon

ORDINAL = "st|nd|rd|th|er|ère|re|nde|ème|eme|e|º|ª|°|:a|:e"
"""Pattern of what follows a number that says which."""

_YEAR = r"(?:19|20)\d\d"
_HOUR = r"\d{1,2}(?:[:.]\d\d)?"

LETTERS = re.compile(r"[^\W\d_]+")
"""A word, also one that a number is written up against."""

_DIGITS = (
    re.compile(rf"\b{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b|\b\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?(?:{_YEAR}|\d\d)?(?!\d)"),
    re.compile(
        rf"\b{_YEAR}\s?[-/–]\s?\d\d?\b|\b\d{{1,2}}\s?[-/.]\s?{_YEAR}\b|\b20[1-3]\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?\b"
    ),
    re.compile(
        rf"\b(?:q[1-4]|h[12])\s*[/-]?\s*{_YEAR}\b|\b{_YEAR}\s*[/-]?\s*(?:q[1-4]|{_YEAR})\b|\b\d{{4}}[年년]|\b{_YEAR}\b"
    ),
    re.compile(
        rf"\b(?:{_HOUR}\s?[-–]\s?)?{_HOUR}(?:am|pm|a\.m\.|p\.m\.|\s(?:pm|uhr))(?!\w)"
        r"|\b\d{1,2}[:.h]\d\d(?::\d\d)?(?:\s*(?:am|pm|uhr))?\b"
        r"|\d{1,2}月(?:\d{1,2}日|号|號)?|\d{1,2}월(?:\s?\d{1,2}일|호)?"
    ),
)


def strip_dates(text: str) -> str:
    """Return a folded text without dates, and without the days of the week beside one."""
    # Most subjects name no month, and the patterns know hundreds.
    named = not _month_names().isdisjoint(LETTERS.findall(text))
    had_date = False
    for pattern in (*(_months() if named else ()), *_DIGITS):
        text, count = pattern.subn(" ", text)
        had_date = had_date or count > 0
    if had_date:
        # "Tuesday class" is another class than "Friday class"; beside a date the weekday is part of the date.
        weekdays = lexicon()("stem", "weekdays")
        text = " ".join(word for word in text.split() if word.strip(" ,.()-") not in weekdays)
    return text


@cache
def _month_names() -> frozenset[str]:
    return lexicon()("stem", "month_abbreviations") | lexicon()("stem", "months")


@cache
def _months() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates with the name of a month; an abbreviation may be another word without a number."""
    whole = alternatives(lexicon()("stem", "months"))
    short = alternatives(_month_names())
    day = rf"(?:[0-3]?\d)(?:{ORDINAL})?\.?"
    joint = rf"(?:\s+(?:{alternatives(lexicon()('stem', 'of'))}))?"
    return (
        re.compile(rf"\b{day}{joint}\s*(?:{short})\b\.?(?:{joint},?\s*{_YEAR}\b)?"),
        re.compile(rf"\b(?:{short})\.?\s+{day}(?!\d)(?:,?\s*{_YEAR}\b)?"),
        re.compile(rf"\b(?:{short})\.?{joint},?\s*{_YEAR}\b|\b(?:{whole})\b"),
    )
