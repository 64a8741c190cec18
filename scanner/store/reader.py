"""Read messages back, whole: all that analysis and reports need of the crawl's rows."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from sqlalchemy import Connection, select

from scanner.addresses import address_key
from scanner.model import (
    AddressField,
    AddressKey,
    Identity,
    MailboxRole,
    MessageOrigin,
    StoredCopy,
    StoredMessage,
    StoredRecipient,
)
from scanner.store.insert import chunks
from scanner.store.octets import identity_from, octets_of
from scanner.store.receipts import answers_read, receipts_of
from scanner.store.schema import (
    FIELD_COLUMNS,
    account,
    address,
    epoch,
    mailbox,
    message,
    message_copy,
    recipient,
)
from scanner.store.structure import parts_of

_MAILTO = re.compile(r"mailto:([^>?,\s]+@[^>?,\s]+)", re.IGNORECASE)


def list_posts(connection: Connection) -> list[AddressKey]:
    """Return the keys of addresses that List-Post fields name (RFC 2369, 3.4), sorted."""
    found = connection.execute(select(message.c.list_post).where(message.c.list_post.is_not(None)).distinct()).scalars()
    return sorted({key for field in found if field for key in list_post_keys(field)})


def list_post_keys(field: str) -> Iterator[AddressKey]:
    """Yield the keys of the addresses that one List-Post field names."""
    return (address_key(unquote(link)) for link in _MAILTO.findall(field))


def messages_by_identity(connection: Connection, identities: Sequence[Identity]) -> list[StoredMessage]:
    """Return the messages with these identities, by (sent_at, identity); unknown ones are left out."""
    numbers: set[int] = set()
    for some in chunks([octets_of(identity) for identity in identities]):
        numbers.update(connection.execute(select(message.c.id).where(message.c.identity.in_(some))).scalars())
    return list(messages_in_order(connection, numbers, only_sent=False))


def messages_by_number(connection: Connection, numbers: Collection[int]) -> dict[int, StoredMessage]:
    """Return messages by their numbers; unknown ones are left out."""
    found: dict[int, StoredMessage] = {}
    for some in chunks(sorted(numbers)):
        found.update(_load(connection, some))
    return found


def message_ids_of(connection: Connection, numbers: Collection[int]) -> set[str]:
    """Return the Message-IDs of messages by their numbers, those without one left out."""
    found: set[str] = set()
    for some in chunks(sorted(numbers)):
        query = select(message.c.message_id).where(message.c.id.in_(some) & (message.c.message_id != ""))
        found.update(connection.execute(query).scalars())
    return found


def messages_in_order(connection: Connection, numbers: set[int], *, only_sent: bool) -> Iterator[StoredMessage]:
    """Yield messages by (sent_at, identity); `only_sent` leaves out drafts and mail of others."""
    order: list[tuple[int, bytes, int]] = []
    for some in chunks(sorted(numbers)):
        query = select(message.c.sent_at, message.c.identity, message.c.id).where(message.c.id.in_(some))
        if only_sent:
            query = query.where(message.c.origin == "sent")
        order += [(row.sent_at, bytes(row.identity), row.id) for row in connection.execute(query)]
    order.sort()
    for some in chunks([number for _, _, number in order]):
        loaded = _load(connection, some)
        yield from (loaded[number] for number in some)


# The same people stand in many messages: one object each is less to make, to hold and to compare.
@lru_cache(maxsize=1 << 15)
def _recipient(
    field: AddressField, key: AddressKey | None, written: str, name: bytes, group: str | None, defect: str | None
) -> StoredRecipient:
    return StoredRecipient(field, key, written, name.decode("utf-8", "replace"), group, defect)


_MESSAGE_COLUMNS = [
    message.c[name]
    for name in (
        *("id", "identity", "message_id", "date_field", "sent_at", "sent_offset", "origin", "subject"),
        *FIELD_COLUMNS.values(),
    )
]


def _load(connection: Connection, numbers: Sequence[int]) -> dict[int, StoredMessage]:
    recipients: dict[int, list[StoredRecipient]] = {number: [] for number in numbers}
    columns = recipient.c
    for number, field, key, written, display_name, group, defect in connection.execute(
        select(
            columns.message_id,
            columns.field,
            address.c.address_key,
            columns.written,
            columns.display_name,
            columns.group_name,
            columns.defect,
        )
        .select_from(recipient.outerjoin(address))
        .where(columns.message_id.in_(numbers))
        .order_by(columns.message_id, columns.position)
    ).all():
        name = bytes(display_name) if display_name else b""
        recipients[number].append(_recipient(field, key, key if written is None else written, name, group, defect))
    copies = _copies(connection, numbers)
    receipts, read = receipts_of(connection, numbers), answers_read(connection, numbers)
    parts = parts_of(connection, numbers)
    found = {}
    for number, identity, message_id, date_field, sent_at, sent_offset, origin, subject, *values in connection.execute(
        select(*_MESSAGE_COLUMNS).where(message.c.id.in_(numbers))
    ).all():
        found[number] = StoredMessage(
            identity=identity_from(identity),
            message_id=message_id,
            date_field=date_field,
            sent_at=sent_at,
            sent_offset=sent_offset,
            origin=cast(MessageOrigin, origin),
            subject=subject,
            recipients=tuple(recipients[number]),
            copies=tuple(copies.get(number, ())),
            fields={name: value for name, value in zip(FIELD_COLUMNS, values, strict=True) if value},
            receipts=receipts.get(number, ()),
            answers_read=any(copy.account in read.get(number, ()) for copy in copies.get(number, ())),
            parts=parts.get(number),
        )
    return found


def _copies(connection: Connection, numbers: Sequence[int]) -> dict[int, list[StoredCopy]]:
    columns = message_copy.c
    rows = connection.execute(
        select(
            columns.message_id,
            columns.uid,
            columns.internal_at,
            columns.header_sha256,
            columns.flags,
            columns.expunged,
            account.c.name,
            mailbox.c.name,
            mailbox.c.role,
            epoch.c.uidvalidity,
        )
        .select_from(message_copy.join(epoch).join(mailbox).join(account))
        .where(columns.message_id.in_(numbers))
    ).all()
    found: dict[int, list[StoredCopy]] = {}
    for number, uid, internal_at, sha256, flags, expunged, owner, name, role, uidvalidity in rows:
        found.setdefault(number, []).append(
            StoredCopy(
                account=owner,
                mailbox=name,
                role=cast(MailboxRole, role),
                uidvalidity=uidvalidity,
                uid=uid,
                internal_at=internal_at,
                header_sha256=bytes(sha256).hex(),
                deleted=role == "trash" or "\\deleted" in flags.lower().split(),
                expunged=bool(expunged),
            )
        )
    for copies in found.values():
        if len(copies) > 1:
            copies.sort(key=lambda copy: (copy.account, copy.mailbox, copy.uidvalidity, copy.uid))
    return found
