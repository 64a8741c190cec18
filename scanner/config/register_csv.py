"""
The client register as a CSV: who the people behind the addresses are.

Nothing of its content reaches an error or a log: a fault is named by its line.
"""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from scanner.addresses import address_key, person_key
from scanner.config.csv_file import read_rows
from scanner.config.value import is_address
from scanner.errors import SettingsError
from scanner.flag import flag_names, heeded_flags, is_flag
from scanner.model import AddressKey, Client

COLUMNS = ("address", "id", "name", "postal_address", "flags", "safe_channel")

ClientRegister = Mapping[str, tuple[Client, ...]]
"""Merged address key (`person_key`) → its clients, in the order of the file."""


def read_register(file: Path) -> ClientRegister:
    """
    Return the clients of a register; columns as in COLUMNS, `address` and `flags` with several values by `|`.

    A postal address has a line feed between its lines. What in `flags` is no
    flag is kept as it stands there (`register_remarks` tells of it).

    Rows with the same id are one client with several addresses, and must agree
    in the rest; one address may belong to several clients, such as a family.

    Raises:
        SettingsError: The file cannot be read, or a row cannot be meant; names the line, never what stands there.
    """
    found: dict[str, list[Client]] = {}
    by_id: dict[str, tuple[int, Client]] = {}
    for line, row in _rows(file):
        where = f"{file}, line {line}"
        _check_columns(row, where)
        client = Client(
            id=row.get("id", ""),
            name=_joined_lines(row.get("name", ""), " "),
            postal_address=_joined_lines(row.get("postal_address", ""), "\n"),
            flags=heeded_flags(row.get("flags", "")),
            safe_channel=_joined_lines(row.get("safe_channel", ""), "; "),
        )
        if client.id:
            first, same = by_id.setdefault(client.id, (line, client))
            if same != client:
                others = [f"`{name}`" for name in COLUMNS[2:] if getattr(same, name) != getattr(client, name)]
                raise SettingsError(
                    f"the row has the id of line {first} and another cell {', '.join(others)}",
                    where=where,
                    remedy="Give one client the same cells in all its rows, or another id",
                )
        for key in _keys(row.get("address", ""), where):
            entries = found.setdefault(person_key(key)[0], [])
            if client not in entries:
                entries.append(client)
    return {key: tuple(clients) for key, clients in found.items()}


def _check_columns(row: Mapping[str, str], where: str) -> None:
    for name in row:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.6)
            raise SettingsError(
                "the heading names a column that is unknown",
                where=where,
                remedy=f"Perhaps `{near[0]}` is meant" if near else f"Known columns: {', '.join(COLUMNS)}",
            )


def _keys(cell: str, where: str) -> list[AddressKey]:
    written = [part.strip() for part in cell.split("|") if part.strip()]
    if not written:
        raise SettingsError("the row has no address", where=where, remedy="Add it, or remove the row")
    for one in written:
        if not is_address(one):
            raise SettingsError(
                "the cell `address` is no mail address such as ada@example.org",
                where=where,
                remedy="Write the bare address, several by |",
            )
    return [address_key(one) for one in written]


def _joined_lines(cell: str, joint: str) -> str:
    """Return the lines of a cell that are not empty, joined: a line break there is how an address is written."""
    return joint.join(line for part in cell.splitlines() if (line := part.strip()))


def register_remarks(file: Path) -> Iterator[str]:
    """
    Yield one line about flags of a register that nothing here knows; they are kept as text, and letters tell of them.

    Raises:
        SettingsError: As `read_register`.
    """
    lines = [line for line, row in _rows(file) if not all(map(is_flag, heeded_flags(row.get("flags", ""))))]
    if lines:
        more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        known = ", ".join(flag_names())
        yield (
            f"{file}, line {lines[0]}{more}: the cell `flags` holds words that are no known flag. They are kept as they"
            f" are, and the list for letters asks to look first; known are {known}, in English and German"
        )


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    columns = f"of these: {', '.join(COLUMNS)}"
    return read_rows(file, "clients_csv", required="address", columns=columns, from_excel=True)
