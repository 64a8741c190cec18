"""Hundreds of accounts as a CSV: the columns are the keys of [[account]]."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scanner.config.entry import AccountTable
from scanner.errors import SettingsError

_LISTS = frozenset({"mailboxes"})
"""Columns with several values, divided by `|`: names of mailboxes hold commas and semicolons."""

Explain = Callable[[ValidationError], tuple[str, str]]
"""Gives what is wrong with a row and what to do, without repeating the row."""


def read_accounts(file: Path, taken: set[str], *, explain: Explain) -> list[dict[str, Any]]:
    """
    Return the rows as tables like those of [[account]]; empty cells are keys left out, empty rows nothing.

    UTF-8; divided by comma or semicolon, whichever the heading has.

    Args:
        file: The CSV, its first line the heading.

        taken: Names that accounts have already.

        explain: Words for what a row gets wrong.

    Raises:
        SettingsError: It cannot be read, or a row cannot be meant; names the line.
    """
    tables = []
    lines = dict.fromkeys(taken, 0)
    for line, row in _rows(file):
        table: dict[str, Any] = {
            key: [part.strip() for part in cell.split("|")] if key in _LISTS else cell for key, cell in row.items()
        }
        try:
            name = AccountTable(**table).name
        except ValidationError as error:
            # The validation error knows the row: not chained.
            what, remedy = explain(error)
            raise SettingsError(what, where=f"{file}, line {line}", remedy=remedy) from None
        if name in lines:
            before = f"line {lines[name]}" if lines[name] else "an [[account]] of the settings"
            raise SettingsError(
                f"the account has the same name as {before}", where=f"{file}, line {line}", remedy="Rename one of them"
            )
        lines[name] = line
        tables.append(table)
    return tables


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line of the row's beginning, its cells that are not empty by their column)."""
    text = _text(file)
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    heading: list[str] = []
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise SettingsError("this is not CSV", where=f"{file}, line {line}", remedy="Check its quotes") from None
        if cells is None:
            break
        row = [cell.strip() for cell in cells]
        if not heading:
            heading = _heading(file, line, row)
        elif any(row):
            if len(row) > len(heading) and any(row[len(heading) :]):
                raise SettingsError(
                    f"the row has {len(row)} cells, the heading {len(heading)}",
                    where=f"{file}, line {line}",
                    remedy="Put cells that hold the divider into quotes",
                )
            yield line, {key: cell for key, cell in zip(heading, row, strict=False) if cell}
        line = reader.line_num + 1
    if not heading:
        raise SettingsError("the file is empty", where=str(file), remedy="Its first line names the columns")


def _heading(file: Path, line: int, row: list[str]) -> list[str]:
    heading = [cell.lower() for cell in row]
    while heading and not heading[-1]:
        heading.pop()
    doubled = next((name for name in heading if heading.count(name) > 1), None)
    if doubled is not None or not heading:
        raise SettingsError(
            "the heading names a column twice, or leaves one without a name",
            where=f"{file}, line {line}",
            remedy="Name each column once, as the keys of [[account]]",
        )
    if "name" not in heading:
        raise SettingsError(
            "the heading has no column `name`",
            where=f"{file}, line {line}",
            remedy="The first line names the columns, as the keys of [[account]]",
        )
    return heading


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError("the file is not UTF-8", where=str(file), remedy="Save it as CSV UTF-8") from error
    except OSError as error:
        raise SettingsError(
            f"accounts_csv cannot be read ({error.strerror})", where=str(file), remedy="Check its name and permissions"
        ) from error
