"""One number for the content of a store: equal stores have equal digests."""

import hashlib
from collections.abc import Iterator

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
    yield from _messages(connection)
    # Numbers of epochs follow the order in which accounts were scanned; names do not.
    epochs = sorted(
        (row.name, bytes(row.wire_name).hex(), row.uidvalidity, row.id, row.examined, bool(row.is_current), row.others)
        for row in connection.execute(
            select(account.c.name, mailbox.c.wire_name, epoch).select_from(epoch.join(mailbox).join(account))
        )
    )
    for name, wire_name, uidvalidity, number, examined, is_current, others in epochs:
        yield _line("cursor", name, wire_name, uidvalidity, examined, is_current)
        if others:
            yield _line("others", others)
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


def _messages(connection: Connection) -> Iterator[str]:
    columns = recipient.c
    rows = connection.execute(
        select(message.c.identity, columns.field, address.c.address_key, columns.written, columns.display_name)
        .select_from(message.outerjoin(recipient).outerjoin(address, address.c.id == columns.address_id))
        .order_by(message.c.identity)
        .execution_options(yield_per=5_000)
    )
    current: bytes | None = None
    entries: list[str] = []
    for identity, field, key, written, name in rows:
        if identity != current:
            if current is not None:
                # Sorted: united Bcc lists may come in either order.
                yield _line("message", current.hex(), *sorted(entries))
            current, entries = identity, []
        # Spelled out, because this runs for every recipient of a store; only the last part may hold a bar of its own.
        entries.append(f"{field}|{name.hex() if name else ''}|{0 if key is None else len(key)}:{key}|{written}")
    if current is not None:
        yield _line("message", current.hex(), *sorted(entries))


def _line(*parts: object) -> str:
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    return "|".join(f"{len(text)}:{text}" for text in map(str, parts))
