"""
The language in which a report is written, and the texts of the folder reports/ in it.

`NAME.toml` holds the English texts and everything that is no text;
`NAME.LANGUAGE.toml` beside it holds the same keys again wherever that
language says it otherwise. A further language is a further set of files.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal, TypeAlias, get_args

Language: TypeAlias = Literal["en", "de"]

LANGUAGES: tuple[Language, ...] = get_args(Language)

ENGLISH: Language = "en"

_spoken: ContextVar[Language] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """
    Let all texts that are looked up within the block be in this language.

    A report is built by many small functions; were the language an argument
    of each, every one of them would be about language.
    """
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> Language:
    """Return the language of the block, English outside of any."""
    return _spoken.get()


def texts(name: str, *, of: Language | None = None) -> Mapping[str, Any]:
    """
    Return the data of reports/NAME.toml, in the language of the block unless another is named.

    Raises:
        FileNotFoundError: The folder has no such file.
    """
    return _texts(name, of or language())


@cache
def _texts(name: str, spoken: Language) -> Mapping[str, Any]:
    folder = files("scanner.reports")
    data = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    if spoken == ENGLISH:
        return data
    translated = folder / f"{name}.{spoken}.toml"
    return _laid_over(data, tomllib.loads(translated.read_text(encoding="utf-8"))) if translated.is_file() else data


def _laid_over(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with the other's values; tables are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in other.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = _laid_over(below, value) if both and below is not None else value
    return merged


def filled(template: str, values: Mapping[str, int | str], figure: Callable[[int], str] = str) -> str:
    """
    Return a text with its {braces} filled in; {number:one|many} is a number with its noun.

    >>> filled("{mails:mail|mails} to {people}", {"mails": 1, "people": 12})
    '1 mail to 12'
    """
    said = []
    for literal, name, one, many in _pieces(template):
        said.append(literal)
        if name is None:
            continue
        value = values[name]
        said.append(figure(value) if isinstance(value, int) else value)
        if one or many:
            said.append(f" {one if value == 1 else many}")
    return "".join(said)


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None, str, str], ...]:
    """Return (text, name behind it or None, noun for one, noun for many); the same few templates are filled often."""
    found = []
    for literal, name, nouns, _ in Formatter().parse(template):
        one, _, many = (nouns or "").partition("|")
        found.append((literal, name, one, many))
    return tuple(found)
