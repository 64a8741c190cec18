"""Reasons in phrases: figures beside the words, so that a report can say them in another language."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from scanner.language import ENGLISH, filled, texts
from scanner.model import Reason

# json.dumps makes a new one for every call that asks for more than its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)

Phrase: TypeAlias = tuple[str, Mapping[str, int | str]]
"""Name of a text of reports/reasons.toml, and what fills it in."""


_INNER = str.maketrans("“”", "‘’")


def quoted(text: str) -> str:
    """
    Return words of mail or settings in “quotes”, of which the text itself then holds none.

    A report with pseudonyms hides what stands between them.
    """
    return f"“{text.translate(_INNER)}”"


def phrase(name: str, **values: int | str) -> Phrase:
    """Return one phrase; values that hold words of mail or settings stand in “quotes”."""
    return name, values


def reason(rule: str, points: int, *phrases: Phrase) -> Reason:
    """Return a reason whose text is these phrases, one behind the other."""
    templates = texts("reasons", of=ENGLISH)
    text = "".join(filled(templates[name], values) for name, values in phrases)
    return Reason(rule, points, text, _ENCODER.encode(phrases))
