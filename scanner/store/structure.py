"""
The structure of messages: whose is wanted, and what it is.

A message gets its row as soon as it is known to show two outsiders or more,
in the transaction that stores it: so no interruption between a header and
its structure loses anything. What is wanted and was not told stays wanted.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple

from sqlalchemy import Connection, bindparam, select, text, update

from scanner.model import AddressKey, MessagePart, StructureBatch, attachments
from scanner.store.gaps import MAX_STRIKES, record_gap
from scanner.store.insert import chunks, insert_rows
from scanner.store.message_change import note_changes
from scanner.store.schema import address, epoch, gap, message, message_copy, recipient, structure
from scanner.uids import Ranges, ranges_of

GAP_KIND = "structure_unread"

_RECIPIENT_FIELDS = ("to", "cc", "bcc", "resent-to", "resent-cc")
_NAMES_LIMIT = 32_000
"""Characters of all names together, in the column for people who ask in SQL."""

# Of messages of an epoch without a row: those with two recipients.
_SHARED = """
    SELECT message_copy.message_id
      FROM message_copy
      JOIN message ON message.id = message_copy.message_id
      LEFT JOIN structure ON structure.message_id = message_copy.message_id
     WHERE message_copy.epoch_id = :epoch AND NOT message_copy.expunged
       AND message.origin <> 'draft' AND structure.message_id IS NULL
       AND (SELECT COUNT(DISTINCT recipient.address_id) FROM recipient
             WHERE recipient.message_id = message_copy.message_id
               AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')) >= 2
"""
_FROM = """
       AND EXISTS (SELECT 1 FROM recipient AS writer
                    WHERE writer.message_id = message_copy.message_id
                      AND writer.field IN ('from', 'sender', 'resent-from') AND writer.address_id IN ({numbers}))
"""
_SENDERS = """
    SELECT DISTINCT address.id, address.address_key
      FROM message_copy
      JOIN recipient ON recipient.message_id = message_copy.message_id
      JOIN address ON address.id = recipient.address_id
     WHERE message_copy.epoch_id = :epoch AND recipient.field IN ('from', 'sender', 'resent-from')
"""


def want(connection: Connection, numbers: Iterable[int]) -> None:
    """Note that the structure of these messages is wanted, where nothing is noted yet."""
    columns, wanted = structure.c, sorted(set(numbers))
    there: set[int] = set()
    for some in chunks(wanted):
        there.update(connection.execute(select(columns.message_id).where(columns.message_id.in_(some))).scalars())
    insert_rows(connection, structure, ("message_id",), [(number,) for number in wanted if number not in there])


def want_by_rule(connection: Connection, epoch_id: int, rule: str, is_outsider: Callable[[AddressKey], bool]) -> None:
    """
    Note what is wanted of an epoch whose messages were stored under another rule, or before structures were read.

    Args:
        connection: Of a transaction; before the epoch's new messages are stored.

        epoch_id: A mailbox's current one.

        rule: Hash of who is an outsider. Under the same one, everything is noted already.

        is_outsider: That rule.
    """
    here = epoch.c.id == epoch_id
    if connection.execute(select(epoch.c.structure_rule).where(here)).scalar() == rule:
        return
    copies, known = message_copy.c, structure.c
    numbers = connection.execute(
        select(copies.message_id)
        .select_from(message_copy.join(message).outerjoin(structure, known.message_id == copies.message_id))
        .where((copies.epoch_id == epoch_id) & copies.expunged.is_(False))
        .where((message.c.origin != "draft") & known.message_id.is_(None))
    ).scalars()
    for some in chunks(sorted(set(numbers))):
        rows = connection.execute(
            select(recipient.c.message_id, address.c.address_key)
            .select_from(recipient.join(address))
            .where(recipient.c.message_id.in_(some) & recipient.c.field.in_(_RECIPIENT_FIELDS))
        )
        outsiders: dict[int, set[str]] = {}
        for number, key in rows:
            if is_outsider(AddressKey(key)):
                outsiders.setdefault(number, set()).add(key)
        want(connection, (number for number, keys in outsiders.items() if len(keys) >= 2))
    connection.execute(update(epoch).where(here).values(structure_rule=rule))


def want_shared(
    connection: Connection, epoch_id: int, is_protected_sender: Callable[[AddressKey], bool] | None
) -> None:
    """
    Note as wanted every message of an epoch with two recipients or more: all of them count as outsiders.

    Args:
        connection: Of a transaction.

        epoch_id: A mailbox's current one.

        is_protected_sender: Only mail of these senders; None = all mail of the mailbox.
    """
    query = _SHARED
    if is_protected_sender is not None:
        senders = connection.execute(text(_SENDERS), {"epoch": epoch_id})
        found = [number for number, key in senders if is_protected_sender(AddressKey(key))]
        if not found:
            return
        # Our own row numbers, so that any many of them fit; bound values are limited.
        query += _FROM.format(numbers=", ".join(map(str, sorted(found))))
    want(connection, connection.execute(text(query), {"epoch": epoch_id}).scalars())


def wanted_uids(connection: Connection, epoch_id: int) -> Ranges:
    """Return one UID of each message of an epoch whose structure is to be asked for; what failed too often is not."""
    copies = message_copy.c
    rows = connection.execute(
        select(copies.message_id, copies.uid)
        .select_from(structure.join(message_copy, copies.message_id == structure.c.message_id))
        .where(structure.c.parts.is_(None) & (copies.epoch_id == epoch_id) & copies.expunged.is_(False))
    ).all()
    if not rows:
        return ()
    hopeless = frozenset(
        connection.execute(
            select(gap.c.uid).where(
                (gap.c.epoch_id == epoch_id)
                & gap.c.resolved_run_id.is_(None)
                & (gap.c.kind == GAP_KIND)
                & (gap.c.strikes >= MAX_STRIKES)
            )
        ).scalars()
    )
    uids: dict[int, int] = {}
    for number, uid in rows:
        if uid not in hopeless:
            uids[number] = max(uid, uids.get(number, 0))
    return ranges_of(uids.values())


def save_structures(
    connection: Connection, run_id: int, account_id: int, mailbox_id: int, epoch_id: int, batch: StructureBatch
) -> int:
    """Keep what was told and record what was not; return how many gaps are new."""
    numbers: dict[int, int] = {}
    copies = message_copy.c
    for some in chunks([uid for uid, _ in batch.found]):
        rows = connection.execute(
            select(copies.uid, copies.message_id).where((copies.epoch_id == epoch_id) & copies.uid.in_(some))
        )
        numbers.update((uid, number) for uid, number in rows)
    values = [_row(numbers[uid], parts) for uid, parts in batch.found if uid in numbers]
    if values:
        connection.execute(_SAVE, values)
        note_changes(connection, {numbers[uid] for uid, _ in batch.found if uid in numbers})
    new = sum(record_gap(connection, run_id, account_id, mailbox_id, epoch_id, one) for one in batch.gaps)
    _close_gaps(connection, run_id)
    return new


_SAVE = (
    update(structure)
    .where(structure.c.message_id == bindparam("number"))
    .values(
        parts=bindparam("told"), attachment_names=bindparam("names"), attachment_count=bindparam("count_of_attachments")
    )
)


def _row(number: int, parts: tuple[MessagePart, ...]) -> dict[str, object]:
    files = attachments(parts) or ()
    names = "; ".join(part.file_name for part in files if part.file_name)
    return {
        "number": number,
        "told": encode_parts(parts),
        "names": names[:_NAMES_LIMIT] or None,
        "count_of_attachments": len(files),
    }


def _close_gaps(connection: Connection, run_id: int) -> None:
    """Close the gaps of messages whose structure is known by now, by another copy of theirs perhaps."""
    columns, copies = gap.c, message_copy.c
    known = connection.execute(
        select(columns.id)
        .select_from(
            gap.join(message_copy, (copies.epoch_id == columns.epoch_id) & (copies.uid == columns.uid)).join(
                structure, structure.c.message_id == copies.message_id
            )
        )
        .where((columns.kind == GAP_KIND) & columns.resolved_run_id.is_(None) & structure.c.parts.is_not(None))
    ).scalars()
    for some in chunks(sorted(known)):
        connection.execute(update(gap).where(columns.id.in_(some)).values(resolved_run_id=run_id))


def parts_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[MessagePart, ...]]:
    """Return message number → parts, of those that are known."""
    columns = structure.c
    rows = connection.execute(
        select(columns.message_id, columns.parts).where(columns.message_id.in_(numbers) & columns.parts.is_not(None))
    )
    return {number: decode_parts(told) for number, told in rows}


def encode_parts(parts: Iterable[MessagePart]) -> str:
    """Return the parts as compact JSON: a list of fields for each."""
    return json.dumps([astuple(part) for part in parts], ensure_ascii=False, separators=(",", ":"))


def decode_parts(text: str) -> tuple[MessagePart, ...]:
    """Return what `encode_parts` wrote."""
    return tuple(MessagePart(*fields) for fields in json.loads(text))
