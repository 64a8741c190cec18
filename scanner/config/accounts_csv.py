"""Hundreds of accounts as a CSV: the columns are the keys of [[account]]."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scanner.config.account_entry import AccountTable
from scanner.config.csv_file import read_rows
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
    for line, row in read_rows(file, "accounts_csv", required="name", columns="as the keys of [[account]]"):
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
