"""
The dictionary of columns, read from reports/columns.toml.

Exports, frames and the terminal take the names, headings and meanings of
what they print from here, so that one word means one thing in all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from scanner.language import Language, language, texts

ColumnType = Literal["text", "texts", "lines", "integer", "count", "flag", "time", "entry", "number"]
"""What a column holds; reports/columns.toml explains each word."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what it means, in words for a reader who is not technical."""

    name: str
    """Machine name: unique within a table, the name of the DataFrame column."""

    header: str
    type: ColumnType
    unit: str
    """What a number counts; "" where there is nothing to count."""

    meaning: str
    source: str
    """The header field, IMAP attribute or rule that the value comes from."""

    width: int
    """Of a sheet's column, in characters."""

    wrap: bool
    """Whether long text is broken into lines instead of running out of sight."""

    choices: tuple[str, ...] = ()
    """What a person may enter; empty = anything."""

    personal: str = ""
    """What a pseudonym stands for where names are not wanted; "" = nobody is named by it."""

    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """
    Fixed value → how a reader sees it, in the language of the block; what is not named is shown as it is.

    {braces} in a value stand for any text, and in its words for the same. Programs get the values themselves.
    """


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet or a frame: its columns in order."""

    name: str
    title: str
    about: str
    keep: int
    """How many columns stay in view when one scrolls sideways."""

    columns: tuple[Column, ...]
    compact: bool = False
    """One line a row: for tables that may grow to a million rows."""


def ladder() -> tuple[Column, ...]:
    """Return the rungs of the number ladder in order; `name` is the field of `model.Ladder`."""
    return _dictionary(language()).ladder


def sheet(name: str) -> Table:
    """Return one sheet of the workbook. Raises KeyError for a name that columns.toml does not have."""
    return _dictionary(language()).sheets[name]


def sheets() -> Mapping[str, Table]:
    """Return all sheets of the workbook in their order, Read me aside."""
    return _dictionary(language()).sheets


def letter(name: str, *, of: Language | None = None) -> Table:
    """Return a list that letters are made from. Raises KeyError for a name that columns.toml does not have."""
    return _dictionary(of or language()).letters[name]


def frame(name: str) -> Table:
    """Return one frame of `scanner.open_store`. Raises KeyError for a name that columns.toml does not have."""
    return _dictionary(language()).frames[name]


def frames() -> Mapping[str, Table]:
    """Return all frames of `scanner.open_store` in their order."""
    return _dictionary(language()).frames


@dataclass(frozen=True, slots=True)
class _Dictionary:
    ladder: tuple[Column, ...]
    sheets: Mapping[str, Table]
    frames: Mapping[str, Table]
    letters: Mapping[str, Table]


@cache
def _dictionary(spoken: Language) -> _Dictionary:
    data = texts("columns", of=spoken)
    rungs = tuple(_column(name, entry) for name, entry in data["ladder"].items())
    columns = {name: _column(name, entry) for name, entry in data["columns"].items()}
    return _Dictionary(
        ladder=rungs,
        sheets=_tables(data["sheets"], columns, rungs),
        frames=_tables(data.get("frames", {}), columns, rungs),
        letters=_tables(data.get("letters", {}), columns, rungs),
    )


def _column(name: str, entry: Mapping[str, Any]) -> Column:
    if entry["type"] not in get_args(ColumnType):
        raise ValueError(f"reports/columns.toml: {name} has the unknown type {entry['type']!r}")
    return Column(
        name=name,
        header=entry["header"],
        type=entry["type"],
        unit=entry.get("unit", ""),
        meaning=entry["meaning"],
        source=entry["source"],
        width=entry.get("width", 11),
        wrap=entry.get("wrap", False),
        choices=tuple(entry.get("choices", ())),
        personal=entry.get("personal", ""),
        words=MappingProxyType(entry.get("words", {})),
    )


def _tables(
    entries: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Column], rungs: tuple[Column, ...]
) -> Mapping[str, Table]:
    tables = {}
    # A table may have single rungs of the ladder, too.
    columns = {**{rung.name: rung for rung in rungs}, **columns}
    for name, entry in entries.items():
        chosen: list[Column] = []
        for column in entry["columns"]:
            chosen.extend(rungs if column == "ladder" else [columns[column]])
        tables[name] = Table(
            name, entry["title"], entry["about"], entry.get("keep", 0), tuple(chosen), entry.get("compact", False)
        )
    return MappingProxyType(tables)
