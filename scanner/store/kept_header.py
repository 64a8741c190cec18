"""
Header blocks that are kept as evidence: written once each, and found missing.

A header is kept when its message is stored, if the settings of that day say
so (`RowMaker`). Other settings, or a copy that lies in a protected mailbox,
may want it later: then it is asked for once more. `epoch.header_rule` names
the rule under which nothing is missing any more.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, select, update

from scanner.store.insert import chunks, insert_rows
from scanner.store.schema import epoch, header_block, message_copy, structure
from scanner.uids import Ranges, ranges_of

ASK_AGAIN = ""
"""Stands for no rule: something is missing, whatever the settings are."""


def keep_blocks(connection: Connection, blocks: Mapping[bytes, tuple[int, bytes]]) -> None:
    """
    Write blocks that are not kept yet.

    Args:
        connection: Of a transaction.

        blocks: SHA-256 of the header → (message, the deflated header).
    """
    if not blocks:
        return
    columns = header_block.c
    there: set[bytes] = set()
    for hashes in chunks(list(blocks)):
        found = connection.execute(select(columns.header_sha256).where(columns.header_sha256.in_(hashes)))
        there.update(bytes(row[0]) for row in found)
    rows = [
        (header_sha256, number, deflated)
        for header_sha256, (number, deflated) in blocks.items()
        if header_sha256 not in there
    ]
    insert_rows(connection, header_block, ("header_sha256", "message_id", "deflated"), rows)


def note_missing(connection: Connection, numbers: Iterable[int]) -> None:
    """Have the headers asked for that are to be kept and that copies of these messages lack, wherever they lie."""
    for some in chunks(sorted(set(numbers))):
        lacking = (
            select(message_copy.c.epoch_id)
            .select_from(_WANTED)
            .where(message_copy.c.message_id.in_(some) & _IS_MISSING)
        )
        connection.execute(update(epoch).where(epoch.c.id.in_(lacking)).values(header_rule=ASK_AGAIN))


def begin_keeping(connection: Connection, epoch_id: int, rule: str) -> None:
    """Note of an epoch that holds nothing yet that what comes is kept by this rule."""
    held = select(message_copy.c.uid).where(message_copy.c.epoch_id == epoch_id).exists()
    connection.execute(update(epoch).where((epoch.c.id == epoch_id) & ~held).values(header_rule=rule))


def missing_uids(connection: Connection, epoch_id: int, rule: str) -> Ranges:
    """
    Return the copies of an epoch whose headers are to be kept and are not; none when the epoch knows the rule.

    What is to be kept is what has a row in `structure`: mail that shows two
    outsiders or more, and protected mail with two recipients.
    """
    if connection.execute(select(epoch.c.header_rule).where(epoch.c.id == epoch_id)).scalar() == rule:
        return ()
    uids = connection.execute(
        select(message_copy.c.uid).select_from(_WANTED).where((message_copy.c.epoch_id == epoch_id) & _IS_MISSING)
    ).scalars()
    return ranges_of(uids)


def message_numbers(connection: Connection, epoch_id: int, uids: Collection[int]) -> dict[int, tuple[int, bytes]]:
    """Return UID → (message, SHA-256 of the header as it was read) of copies of an epoch."""
    found: dict[int, tuple[int, bytes]] = {}
    columns = message_copy.c
    for some in chunks(sorted(uids)):
        rows = connection.execute(
            select(columns.uid, columns.message_id, columns.header_sha256).where(
                (columns.epoch_id == epoch_id) & columns.uid.in_(some)
            )
        )
        found.update((uid, (number, bytes(sha256))) for uid, number, sha256 in rows)
    return found


def end_asking(connection: Connection, epoch_id: int, rule: str) -> None:
    """Note that all that is missing under a rule was asked for; what did not come will not be had."""
    connection.execute(update(epoch).where(epoch.c.id == epoch_id).values(header_rule=rule))


_WANTED = message_copy.join(structure, structure.c.message_id == message_copy.c.message_id).outerjoin(
    header_block, header_block.c.header_sha256 == message_copy.c.header_sha256
)
_IS_MISSING = header_block.c.header_sha256.is_(None) & message_copy.c.expunged.is_(False)
