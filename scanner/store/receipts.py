"""Proofs of who received what: written once, read with the messages, and asked for by what has come since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import Connection, func, select

from scanner.model import AddressKey, Receipt, ReceiptKind
from scanner.store.insert import chunks
from scanner.store.message_change import note_changes
from scanner.store.schema import account, delivery_epoch, delivery_sought, mailbox, receipt, trace_import

_COLUMNS = (
    "message_id",
    "address_key",
    "kind",
    "happened_at",
    "status",
    "epoch_id",
    "trace_id",
    "uid",
    "proof_sha256",
)


class Proof(NamedTuple):
    """A receipt as it is written: row numbers in place of names."""

    message_id: int
    key: AddressKey
    kind: ReceiptKind
    happened_at: int | None
    status: str
    epoch_id: int | None
    trace_id: int | None
    uid: int | None
    sha256: bytes


def save_proofs(connection: Connection, proofs: Iterable[Proof]) -> int:
    """
    Write proofs that are not there yet, and note their messages as changed; return how many were new.

    The same mail in two mailboxes or epochs, and the same row in two traces,
    prove a thing once; the place that was found first is kept.
    """
    wanted = {(one.message_id, one.key, one.kind, one.sha256): one for one in reversed(list(proofs))}
    columns = receipt.c
    for some in chunks(sorted({key[0] for key in wanted})):
        rows = connection.execute(
            select(columns.message_id, columns.address_key, columns.kind, columns.proof_sha256).where(
                columns.message_id.in_(some)
            )
        )
        for number, key, kind, proof in rows:
            wanted.pop((number, key, kind, bytes(proof)), None)
    new = list(wanted.values())[::-1]
    if new:
        connection.execute(receipt.insert(), [dict(zip(_COLUMNS, one, strict=True)) for one in new])
        note_changes(connection, {one.message_id for one in new})
    return len(new)


def receipts_of(connection: Connection, numbers: Sequence[int]) -> Mapping[int, tuple[Receipt, ...]]:
    """Return the receipts of messages, by row number; each by (key, kind, moment, proof)."""
    columns = receipt.c
    rows = connection.execute(
        select(
            receipt,
            account.c.name.label("account_name"),
            mailbox.c.name.label("mailbox_name"),
            delivery_epoch.c.uidvalidity,
            trace_import.c.name.label("trace_name"),
        )
        .select_from(
            receipt.outerjoin(delivery_epoch, delivery_epoch.c.id == columns.epoch_id)
            .outerjoin(mailbox, mailbox.c.id == delivery_epoch.c.mailbox_id)
            .outerjoin(account, account.c.id == mailbox.c.account_id)
            .outerjoin(trace_import, trace_import.c.id == columns.trace_id)
        )
        .where(columns.message_id.in_(numbers))
    )
    found: dict[int, list[Receipt]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(_receipt(row))
    order = {number: sorted(some, key=_order) for number, some in found.items()}
    return {number: tuple(some) for number, some in order.items()}


def _receipt(row: Any) -> Receipt:
    source: Literal["mail", "trace"] = "mail" if row.trace_id is None else "trace"
    return Receipt(
        key=AddressKey(row.address_key),
        kind=cast(ReceiptKind, row.kind),
        happened_at=row.happened_at,
        status=row.status,
        source=source,
        place=row.account_name if source == "mail" else row.trace_name,
        mailbox=row.mailbox_name or "",
        uidvalidity=row.uidvalidity,
        uid=row.uid,
        sha256=bytes(row.proof_sha256).hex(),
    )


def _order(one: Receipt) -> tuple[str, str, int, str]:
    return one.key, one.kind, one.happened_at or 0, one.sha256


def answers_read(connection: Connection, numbers: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """Return, by row number of a message, the accounts whose received mail was looked through for answers to it."""
    columns = delivery_sought.c
    rows = connection.execute(
        select(columns.message_id, account.c.name)
        .select_from(delivery_sought.join(account))
        .where(columns.message_id.in_(numbers) & columns.pass_id.is_not(None))
    )
    found: dict[int, set[str]] = {}
    for number, name in rows:
        found.setdefault(number, set()).add(name)
    return {number: frozenset(names) for number, names in found.items()}


def proof_state(connection: Connection) -> tuple[int, ...]:
    """Return figures that are others as soon as anything more is proven, or was looked for."""
    highest = connection.execute(select(func.max(receipt.c.id))).scalar()
    columns = delivery_sought.c
    figures = select(func.max(columns.pass_id), func.count(), func.sum(columns.message_id))
    reading, count, numbers = connection.execute(figures.where(columns.pass_id.is_not(None))).one()
    # PostgreSQL sums to a decimal.
    return highest or 0, reading or 0, int(count), int(numbers or 0)
