"""What a person wrote, where something has to be written."""

import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers and blanks that are letters or symbols for Unicode."""


def said(text: str) -> str:
    """
    Return a text without the space around it; "" where nothing in it can be seen.

    A mark without a width is no reason: the log, which is never corrected,
    would show an empty place for good.

    >>> said(" consented "), said("\\u200b")
    ('consented', '')
    """
    # Letters, numbers, punctuation and symbols (Unicode Standard, 4.5); the rest shows nothing by itself.
    is_seen = any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in text)
    return text.strip() if is_seen else ""
