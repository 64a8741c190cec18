"""Members of a list address, read from a file: a CSV with a column `address`, and their names where it has any."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path

from scanner.addresses import address_key, parse_address_list
from scanner.config.csv_file import read_rows
from scanner.config.value import is_address
from scanner.errors import SettingsError
from scanner.model import AddressKey

MemberNames = Mapping[AddressKey, tuple[str, ...]]
"""Member of a list → what files call that member, each name once, sorted; who has no name is left out."""

_NO_LETTER = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Members:
    """Whom a file names as members of one list."""

    addresses: frozenset[AddressKey]
    names: MemberNames
    changed: str
    """The day the file was last changed (UTC, ISO 8601)."""


def read_members(file: Path) -> Members:
    """
    Return the members.

    A cell `address` holds the bare address, or `Ada Sol <ada@example.org>`.
    Names stand there or in the columns of list.toml; others are left alone:
    exports of list servers have many.

    Raises:
        SettingsError: The file cannot be read, holds nobody, or a cell is no address; names the line, never the cell.
    """
    found: dict[AddressKey, set[str]] = {}
    for key, names in _members(file):
        found.setdefault(key, set()).update(names)
    if not found:
        raise SettingsError("the file names no members", where=str(file), remedy="Add rows, or remove the [[list]]")
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    named = {key: tuple(sorted(names)) for key, names in found.items() if names}
    return Members(frozenset(found), named, changed.date().isoformat())


def _members(file: Path) -> Iterator[tuple[AddressKey, set[str]]]:
    columns = "one of them `address`"
    rows = read_rows(file, "members of a [[list]]", required="address", columns=columns, from_excel=True)
    for line, row in rows:
        address, shown = _split(row.get("address", ""))
        if not is_address(address):
            raise SettingsError(
                "the cell `address` is no mail address such as ada@example.org",
                where=f"{file}, line {line}",
                remedy="Write the bare address, or Ada Sol <ada@example.org>",
            )
        yield address_key(address), {name for name in (shown, *_names(row)) if name}


def _split(cell: str) -> tuple[str, str]:
    """Return (address, name) of a cell; the address is "" where the cell does not name just one."""
    if is_address(cell):
        return cell, ""
    entries = parse_address_list(cell)
    if len(entries) != 1 or entries[0].key is None:
        return "", ""
    return entries[0].addr_spec, entries[0].display_name


def _names(row: Mapping[str, str]) -> Iterator[str]:
    parts: dict[str, list[str]] = {"whole": [], "given": [], "family": []}
    for heading, cell in row.items():
        kind = _columns().get(_NO_LETTER.sub("", heading))
        if kind:
            parts[kind].append(" ".join(cell.split()))
    yield from parts["whole"]
    yield " ".join(parts["given"] + parts["family"])


@cache
def _columns() -> Mapping[str, str]:
    """Return letters of a heading → whole | given | family."""
    data = tomllib.loads((resources.files("scanner.config") / "list.toml").read_text("utf-8"))
    return {heading: kind for kind, headings in data.items() for heading in headings}
