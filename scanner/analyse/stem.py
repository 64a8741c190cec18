"""
The stem of a subject, and what its prefixes say.

The stem is what two messages of one mailing have in common: the subject
without reply, forward, recall and correction prefixes, list tags, part and
batch numbers, dates, punctuation and case (CONTRACTS: Incidents). Prefixes
that say that a mail goes out again, reminds of one, or ask for attention, are
none of it either.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from scanner.analyse.commonplace import is_commonplace
from scanner.analyse.date import LETTERS, ORDINAL, strip_dates
from scanner.analyse.lexicon import alternatives, lexicon

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
    """With a word for a part."""

    count: re.Pattern[str]
    ranges: re.Pattern[str]
    parts: frozenset[str]
    """Words for a part."""


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
    loud = alternatives(word for word, sign in signs.items() if sign in _WORD_PREFIXES)
    # RFC 5256, 2.1: "(fwd)" stands at the end; a single letter there counts parts. "Rappel" there reminds.
    trailing = alternatives(
        word
        for word, sign in signs.items()
        if (sign in _WORD_PREFIXES and sign != "perhaps_recall") or (sign == "forward" and len(word) > 2)
    )
    of = alternatives(words("stem", "of"))
    # Notes and old Outlooks count replies: Re[2]:, Re(3):, RE^2:, Re2:.
    counter = r"\.?(?:\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]\d{1,3}|\d{1,2}))?"
    part = alternatives(words("stem", "part"))
    number = alternatives(words("stem", "number"))
    ordinal = alternatives(words("stem", "ordinal"))
    attention = alternatives(words("stem", "attention"))
    return _Patterns(
        colon=re.compile(rf"(?:({alternatives(signs)}){counter}|{attention})\s?:\s*"),
        dash=re.compile(rf"(?:({loud})|{attention})\s?{_MARKS}+\s*"),
        behind=re.compile(
            rf"\s*[(\[【]\s*{_MARKS}*\s*({trailing})\s*[:.]?{_MARKS}*\s*[)\]】]\s*$"
            rf"|\s{_MARKS}+\s*({trailing})\s*[:.]?{_MARKS}*\s*$"
        ),
        signs=signs,
        part=re.compile(
            rf"\b(?:{ordinal}|\d{{1,2}}(?:\.|{ORDINAL}))\s*(?:{part})\b|\b(?:{part})\s+(?:{ordinal})\b"
            rf"|\b(?:{part})\s*(?:n[ro°º]?\.?\s*|#\s*)?\d{{1,4}}\b(?:\s*(?:/|{of})\s*\d{{1,4}}\b)?"
            rf"|\b(?:{part})\s+(?:n[ro°º]?\.?\s*)?(?:[ivx]{{1,4}}|[a-z])\b(?:\s*(?:/|{of})\s*\d{{1,4}}\b)?"
        ),
        count=re.compile(
            r"第\s?[\d一二三四五六七八九十]{1,3}\s?(?:回|部分|部|号|號|弾|批|期|次|组|組)|제\s?\d{1,3}\s?(?:회|부|차|호)"
            rf"|\b\d{{1,4}}\s*(?:/|\b(?:{of})\b)\s*\d{{1,4}}\b(?!\s*[/.-]\s*\d)"
            rf"|\b(?:{number}|n[o°º])\.?\s*\d{{1,4}}\b|#\s*\d{{1,4}}\b"
            rf"|[(\[]\s*{_ROMAN}\s*(?:/\s*{_ROMAN}\s*)?[)\]]|\b{_ROMAN}\s*/\s*{_ROMAN}\b"
            r"|(?<![^\s(\[])[a-z]\s?[-–—]\s?[a-z](?![^\s)\]])"
        ),
        ranges=_ranges(),
        parts=words("stem", "part"),
    )


def _ranges() -> re.Pattern[str]:
    """Return which numbers or letters a part is for: "1-50", "(A to M)", "Aa-Kz"; at the end or in brackets."""
    to = rf"(?:\s?[-–—]\s?|\s(?:{alternatives(lexicon()('stem', 'to'))})\s)"
    span = rf"(?:\d{{1,5}}{to}\d{{1,5}}|[^\W\d_]{to}[^\W\d_]|[^\W\d_]{{2}}[-–—][^\W\d_]{{2}})"
    return re.compile(rf"[(\[（]\s*(?:{span}|\d{{1,2}})\s*[)\]）]|(?<=[\s,:]){span}\s*$")


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
            if found[1]:
                signs.append(patterns.signs[found[1]])
            text = text[found.end() :].lstrip()
            continue
        whole = patterns.colon.match(text, 1) if text[0] == "[" and text[-1] == "]" else None
        if whole and patterns.signs.get(whole[1]) == "forward":
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


_NUMBERED = re.compile(r"\d|第|[(\[（/]|(?<!\w)\w(?!\w)|(?<!\w)[ivx]+(?!\w)|\w\w[-–—]\w\w\s*$")
"""What may count parts: digits, brackets, single letters, Roman numbers, a range at the end."""

# Google: "Invitation: Camp @ Mon 3 Mar 2025 10am - 11am (GMT) (ada@example.org)"; each change names another time.
_APPOINTMENT = re.compile(r"\s@\s\D{0,20}\d.*$")


def stem_of(text: str, *, is_invitation: bool = False) -> str:
    """Return the words of a folded subject without prefixes, joined by single spaces: no numbers of parts, no dates."""
    patterns = _patterns()
    if is_invitation:
        text = _APPOINTMENT.sub("", text)
    # Most subjects count nothing, and the patterns know hundreds of words.
    text = strip_dates(text)
    if not patterns.parts.isdisjoint(LETTERS.findall(text)):
        text = patterns.part.sub(" ", text)
    if _NUMBERED.search(text):
        text = patterns.ranges.sub(" ", patterns.count.sub(" ", text).rstrip())
    words = _WORD.findall(text)
    # "Winter appeal 2", "Winter appeal II": a short number at the end counts the parts, but of "Room 2" names it.
    if len(words) > 1 and words[-2] not in lexicon()("stem", "numbered") and _counts_parts(words):
        words.pop()
    return " ".join(words)


def _counts_parts(words: list[str]) -> bool:
    """
    Tell whether the last of several words is a short number that counts the parts of what the others name.

    An everyday word names nothing, so that "Mail 1" and "Mail 2" stay apart; a letter behind one word may be a letter.
    """
    last = words[-1]
    if len(words) == 2 and is_commonplace(words[0]):
        return False
    return (last.isdecimal() and len(last) <= 2) or (len(words) > 2 and bool(re.fullmatch(_ROMAN, last)))
