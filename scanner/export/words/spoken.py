"""Fixed values of columns as a reader sees them: the words stand beside the columns, in each language."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from scanner.columns import Column

Speak: TypeAlias = Callable[[str], str]
"""Turns a value into what a reader sees."""

_KEPT = 4096
"""Values whose words are kept: a column has few, unless they hold names."""

_SEPARATOR = "; "

# A file before what is told of it, an error's code behind it: both stay as they are.
_CODED = re.compile(r"(?P<said>.*) \((?P<code>[a-z_]+)\)", re.DOTALL)


def speaker(column: Column) -> Speak | None:
    """Return what turns the values of a column into words; None where they are shown as they are."""
    words = column.words
    if all(value == word for value, word in words.items()):
        return None
    patterns = [(_pattern(value), word) for value, word in words.items() if "{" in value]

    @lru_cache(_KEPT)
    def speak(value: str) -> str:
        return _whole(value, words, patterns) or _SEPARATOR.join(
            # Several reasons may stand in one value.
            _whole(part, words, patterns) or part
            for part in value.split(_SEPARATOR)
        )

    return speak


def _pattern(value: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", value)
    return re.compile(
        "".join(f"(?P<{part}>.*)" if place % 2 else re.escape(part) for place, part in enumerate(parts)), re.DOTALL
    )


def _whole(value: str, words: Mapping[str, str], patterns: list[tuple[re.Pattern[str], str]]) -> str | None:
    """Return what is said of a value, with the place before it and the code behind it; None where it has no words."""
    found = _said(value, words, patterns)
    if found is None and (coded := _CODED.fullmatch(value)):
        found = _said(coded["said"], words, patterns)
        return found and f"{found} ({coded['code']})"
    if found is None and ": " in value:
        place, _, rest = value.partition(": ")
        found = _said(rest, words, patterns)
        return found and f"{place}: {found}"
    return found


def _said(value: str, words: Mapping[str, str], patterns: list[tuple[re.Pattern[str], str]]) -> str | None:
    found = words.get(value)
    if found is not None:
        return found
    for pattern, word in patterns:
        if match := pattern.fullmatch(value):
            return word.format(**match.groupdict())
    return None
