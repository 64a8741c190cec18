"""Read messages back: all that analysis and reports need of the crawl's rows."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, cast
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, select, text

from scanner.addresses import address_key
from scanner.model import (
    AddressField,
    AddressKey,
    Identity,
    MailboxRole,
    MessageOrigin,
    OutsiderTest,
    Policy,
    StoredCopy,
    StoredMessage,
    StoredRecipient,
)
from scanner.store.insert import chunks
from scanner.store.schema import FIELD_COLUMNS, account, address, epoch, mailbox, message, message_copy, recipient

_MAILTO = re.compile(r"mailto:([^>?,\s]+@[^>?,\s]+)", re.IGNORECASE)

# Outsiders of all fields (siblings in Bcc are evidence), and entries that could not be read as an address.
_CANDIDATES = """
    SELECT recipient.message_id
      FROM recipient
      LEFT JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
     WHERE recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')
     GROUP BY recipient.message_id
    HAVING COUNT(DISTINCT CASE WHEN address_class.outsider THEN recipient.address_id END)
         + SUM(CASE WHEN recipient.address_id IS NULL THEN 1 ELSE 0 END) >= 2
"""

_PROTECTED = """
    SELECT recipient.message_id
      FROM recipient
      JOIN message ON message.id = recipient.message_id
     WHERE recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')
       AND (message.from_id IN ({senders})
            OR EXISTS (SELECT 1 FROM message_copy JOIN epoch ON epoch.id = message_copy.epoch_id
                        WHERE message_copy.message_id = message.id AND epoch.mailbox_id IN ({mailboxes})))
     GROUP BY recipient.message_id
    HAVING COUNT(DISTINCT recipient.address_id) >= 2
"""


class StoreSource:
    """
    A `scanner.model.MessageSource` over the store.

    Args:
        engine: An opened store.

        policy_id: Under which all addresses were classed.
    """

    def __init__(self, engine: Engine, policy_id: int) -> None:
        self._engine = engine
        self._policy_id = policy_id

    def address_keys(self) -> Iterator[AddressKey]:
        """Yield every distinct key, in the order of keys."""
        with self._engine.connect() as connection:
            keys = connection.execute(select(address.c.address_key)).scalars()
            yield from sorted(AddressKey(key) for key in keys)

    def list_posts(self) -> Iterator[AddressKey]:
        """Yield the keys of addresses that List-Post fields name (RFC 2369, 3.4), sorted."""
        with self._engine.connect() as connection:
            yield from list_posts(connection)

    def candidates(self, outsiders: OutsiderTest, policy: Policy) -> Iterator[StoredMessage]:
        """Yield messages with two outsiders or more, Bcc included, by (sent_at, identity); see MessageSource."""
        del outsiders  # The classes stand in the store, decided by the same test.
        with self._engine.connect() as connection:
            numbers = set(connection.execute(text(_CANDIDATES), {"policy": self._policy_id}).scalars())
            numbers.update(_protected_messages(connection, policy))
            yield from _in_order(connection, numbers, only_sent=True)

    def by_message_id(self, message_ids: frozenset[str]) -> Iterator[StoredMessage]:
        """Yield the stored messages that carry one of these Message-IDs, by (sent_at, identity)."""
        with self._engine.connect() as connection:
            numbers: set[int] = set()
            for some in chunks(sorted(message_ids)):
                numbers.update(connection.execute(select(message.c.id).where(message.c.message_id.in_(some))).scalars())
            yield from _in_order(connection, numbers, only_sent=False)


def list_posts(connection: Connection) -> list[AddressKey]:
    """Return the keys of addresses that List-Post fields name (RFC 2369, 3.4), sorted."""
    found = connection.execute(select(message.c.list_post).where(message.c.list_post.is_not(None)).distinct()).scalars()
    return sorted({address_key(unquote(link)) for field in found if field for link in _MAILTO.findall(field)})


def messages_by_identity(connection: Connection, identities: Sequence[Identity]) -> list[StoredMessage]:
    """Return the messages with these identities, by (sent_at, identity); unknown ones are left out."""
    numbers: set[int] = set()
    for some in chunks([bytes.fromhex(identity) for identity in identities]):
        numbers.update(connection.execute(select(message.c.id).where(message.c.identity.in_(some))).scalars())
    return list(_in_order(connection, numbers, only_sent=False))


def _protected_messages(connection: Connection, policy: Policy) -> set[int]:
    """Return messages of protected mailboxes, accounts and senders: all their recipients count."""
    patterns = [entry.pattern for entry in policy.protected]
    senders = [pattern.glob for pattern in patterns if pattern.by == "sender"]
    boxes = [pattern for pattern in patterns if pattern.by in ("mailbox", "account")]
    if not senders and not boxes:
        return set()
    sender_ids = [
        number
        for number, key in connection.execute(
            select(address.c.id, address.c.address_key).where(address.c.id.in_(select(message.c.from_id).distinct()))
        )
        if any(fnmatchcase(key, glob) for glob in senders)
    ]
    mailbox_ids = [
        number
        for number, name, owner in connection.execute(
            select(mailbox.c.id, mailbox.c.name, account.c.name).select_from(mailbox.join(account))
        )
        if any(fnmatchcase(name if pattern.by == "mailbox" else owner, pattern.glob) for pattern in boxes)
    ]
    query = _PROTECTED.format(
        senders=", ".join(map(str, sender_ids)) or "NULL", mailboxes=", ".join(map(str, mailbox_ids)) or "NULL"
    )
    return set(connection.execute(text(query)).scalars())


def _in_order(connection: Connection, numbers: set[int], *, only_sent: bool) -> Iterator[StoredMessage]:
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


def _load(connection: Connection, numbers: Sequence[int]) -> dict[int, StoredMessage]:
    recipients: dict[int, list[StoredRecipient]] = {number: [] for number in numbers}
    columns = recipient.c
    for row in connection.execute(
        select(recipient, address.c.address_key)
        .select_from(recipient.outerjoin(address))
        .where(columns.message_id.in_(numbers))
        .order_by(columns.message_id, columns.position)
    ):
        recipients[row.message_id].append(_recipient(row))
    copies = _copies(connection, numbers)
    found = {}
    for row in connection.execute(select(message).where(message.c.id.in_(numbers))):
        values = row._mapping
        found[row.id] = StoredMessage(
            identity=Identity(bytes(row.identity).hex()),
            message_id=row.message_id,
            date_field=row.date_field,
            sent_at=row.sent_at,
            sent_offset=row.sent_offset,
            origin=cast(MessageOrigin, row.origin),
            subject=row.subject,
            recipients=tuple(recipients[row.id]),
            copies=tuple(copies.get(row.id, ())),
            fields={name: values[column] for name, column in FIELD_COLUMNS.items() if values[column]},
        )
    return found


def _recipient(row: Any) -> StoredRecipient:
    return StoredRecipient(
        field=cast(AddressField, row.field),
        key=AddressKey(row.address_key) if row.address_key is not None else None,
        written=row.written if row.written is not None else row.address_key,
        display_name=bytes(row.display_name or b"").decode("utf-8", "replace"),
        group=row.group_name,
        defect=row.defect,
    )


def _copies(connection: Connection, numbers: Sequence[int]) -> dict[int, list[StoredCopy]]:
    columns = message_copy.c
    rows = connection.execute(
        select(
            message_copy,
            account.c.name.label("account_name"),
            mailbox.c.name.label("mailbox_name"),
            mailbox.c.role,
            epoch.c.uidvalidity,
        )
        .select_from(message_copy.join(epoch).join(mailbox).join(account))
        .where(columns.message_id.in_(numbers))
    )
    found: dict[int, list[StoredCopy]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(
            StoredCopy(
                account=row.account_name,
                mailbox=row.mailbox_name,
                role=cast(MailboxRole, row.role),
                uidvalidity=row.uidvalidity,
                uid=row.uid,
                internal_at=row.internal_at,
                header_sha256=bytes(row.header_sha256).hex(),
                deleted=row.role == "trash" or "\\deleted" in row.flags.lower().split(),
                expunged=bool(row.expunged),
            )
        )
    for copies in found.values():
        copies.sort(key=lambda copy: (copy.account, copy.mailbox, copy.uidvalidity, copy.uid))
    return found
