"""
Notes of stored messages of which something else is known than at the newest analysis.

New messages need none: their numbers are higher than all before them.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, select

from scanner.store.insert import insert_rows
from scanner.store.schema import message_change


def note_changes(connection: Connection, numbers: Collection[int]) -> None:
    """Note stored messages of which something else is known than before, or may be."""
    insert_rows(connection, message_change, ("message_id",), [(number,) for number in sorted(numbers)])


def forget_changes(connection: Connection, noted: int) -> None:
    """Forget the notes up to this one: they have been judged."""
    connection.execute(delete(message_change).where(message_change.c.id <= noted))


def noted_changes(connection: Connection) -> int:
    """Return the highest number of a note, 0 when there is none."""
    return connection.execute(select(func.max(message_change.c.id))).scalar() or 0
