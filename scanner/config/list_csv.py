"""Members of a list address, read from a file: a CSV with a column `address`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from scanner.addresses import address_key
from scanner.config.csv_file import read_rows
from scanner.config.value import is_address
from scanner.errors import SettingsError
from scanner.model import AddressKey


def read_members(file: Path) -> tuple[frozenset[AddressKey], str]:
    """
    Return the members, and the day the file was last changed (UTC, ISO 8601).

    Other columns than `address` are left alone: exports of list servers have many.

    Raises:
        SettingsError: The file cannot be read, holds nobody, or a cell is no address; names the line, never the cell.
    """
    members = frozenset(_members(file))
    if not members:
        raise SettingsError("the file names no members", where=str(file), remedy="Add rows, or remove the [[list]]")
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return members, changed.date().isoformat()


def _members(file: Path) -> Iterator[AddressKey]:
    columns = "one of them `address`"
    rows = read_rows(file, "members of a [[list]]", required="address", columns=columns, from_excel=True)
    for line, row in rows:
        written = row.get("address", "")
        if not is_address(written):
            raise SettingsError(
                "the cell `address` is no mail address such as ada@example.org",
                where=f"{file}, line {line}",
                remedy="Write the bare address",
            )
        yield address_key(written)
