"""One number for the content of a store: equal stores have equal digests."""

import hashlib
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from scanner.store.gaps import open_gaps
from scanner.store.schema import account, address, epoch, mailbox, message, message_copy, recipient


def store_digest(connection: Connection) -> str:
    """
    Return SHA-256, hex, over identities, recipients, copies, cursors and open gaps.

    Row numbers, runs and times are left out, so a scan that was killed and
    run again gives the digest of an undisturbed one.
    """
    digest = hashlib.sha256()
    for line in _lines(connection):
        digest.update(line.encode("utf-8", "surrogateescape"))
        digest.update(b"\n")
    return digest.hexdigest()


def _lines(connection: Connection) -> Iterator[str]:
    for identity, rows in groupby(_recipients(connection), key=lambda row: bytes(row.identity)):
        # Sorted: united Bcc lists may come in either order.
        yield _line("message", identity.hex(), *sorted(_recipient(row) for row in rows))
    # Numbers of epochs follow the order in which accounts were scanned; names do not.
    epochs = sorted(
        (row.name, bytes(row.wire_name).hex(), row.uidvalidity, row.id, row.examined, bool(row.is_current))
        for row in connection.execute(
            select(account.c.name, mailbox.c.wire_name, epoch).select_from(epoch.join(mailbox).join(account))
        )
    )
    for name, wire_name, uidvalidity, number, examined, is_current in epochs:
        yield _line("cursor", name, wire_name, uidvalidity, examined, is_current)
        for row in connection.execute(
            select(message_copy.c.uid, message.c.identity, message_copy.c.expunged, message_copy.c.header_sha256)
            .select_from(message_copy.join(message))
            .where(message_copy.c.epoch_id == number)
            .order_by(message_copy.c.uid)
            .execution_options(yield_per=5_000)
        ):
            yield _line("copy", row.uid, bytes(row.identity).hex(), bool(row.expunged), bytes(row.header_sha256).hex())
    for gap in open_gaps(connection):
        yield _line("gap", gap.account, gap.mailbox, gap.uidvalidity, gap.uid, gap.kind)


def _recipients(connection: Connection) -> Iterator[Any]:
    columns = recipient.c
    return iter(
        connection.execute(
            select(message.c.identity, columns.field, address.c.address_key, columns.written, columns.display_name)
            .select_from(message.outerjoin(recipient).outerjoin(address, address.c.id == columns.address_id))
            .order_by(message.c.identity)
            .execution_options(yield_per=5_000)
        )
    )


def _recipient(row: Any) -> str:
    return _line(row.field, row.address_key, row.written, bytes(row.display_name or b"").hex())


def _line(*parts: object) -> str:
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    return "|".join(f"{len(text)}:{text}" for text in map(str, parts))
