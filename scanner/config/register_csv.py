"""
The client register as a CSV: who the people behind the addresses are.

Nothing of its content reaches an error or a log: a fault is named by its line.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from scanner.addresses import address_key, person_key
from scanner.config.csv_file import read_rows
from scanner.config.value import is_address
from scanner.errors import SettingsError
from scanner.model import AddressKey, Client

COLUMNS = ("address", "id", "name", "postal_address", "flags", "safe_channel")

_FLAG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")

ClientRegister = Mapping[str, tuple[Client, ...]]
"""Merged address key (`person_key`) → its clients, in the order of the file."""


def read_register(file: Path) -> ClientRegister:
    """
    Return the clients of a register; columns as in COLUMNS, `address` and `flags` with several values by `|`.

    Rows with the same id are one client with several addresses, and must agree
    in the rest; one address may belong to several clients, such as a family.

    Raises:
        SettingsError: The file cannot be read, or a row cannot be meant; names the line, never what stands there.
    """
    found: dict[str, list[Client]] = {}
    by_id: dict[str, tuple[int, Client]] = {}
    columns = f"of these: {', '.join(COLUMNS)}"
    for line, row in read_rows(file, "clients_csv", required="address", columns=columns, from_excel=True):
        where = f"{file}, line {line}"
        _check_columns(row, where)
        client = Client(
            id=row.get("id", ""),
            name=row.get("name", ""),
            postal_address=row.get("postal_address", ""),
            flags=_flags(row.get("flags", ""), where),
            safe_channel=row.get("safe_channel", ""),
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


def _flags(cell: str, where: str) -> tuple[str, ...]:
    flags = ["-".join(re.split(r"[\s_-]+", part.strip().casefold())) for part in re.split(r"[|,;]", cell)]
    for flag in filter(None, flags):
        if not _FLAG.fullmatch(flag):
            raise SettingsError(
                "the cell `flags` holds more than words",
                where=where,
                remedy="Write words such as child, vulnerable, do-not-contact, several by |",
            )
    return tuple(dict.fromkeys(filter(None, flags)))
