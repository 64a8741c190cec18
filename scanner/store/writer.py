"""
Write batches of messages: rows, header blocks, gaps and cursor in one transaction.

One writer at a time (`store_lock`), so it numbers rows itself and finds out
only what it cannot know: which identities and addresses are there already.
"""

import zlib
from collections.abc import Callable, Container, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from scanner.model import AddressKey, Batch, Message, ParsedAddress
from scanner.store import schema
from scanner.store.gaps import MESSAGE_KINDS, record_gap, resolve_gaps
from scanner.store.insert import chunks, insert_rows
from scanner.uids import Ranges, format_ranges

_MESSAGE_COLUMNS = (
    "id",
    "identity",
    "message_id",
    "date_field",
    "sent_at",
    "sent_offset",
    "origin",
    "subject",
    "from_id",
    "parser_version",
    *schema.FIELD_COLUMNS.values(),
    "defects",
)
_RARE_MESSAGE_COLUMNS = len(schema.FIELD_COLUMNS) - len(schema.USUAL_FIELDS) + 1
_COPY_COLUMNS = (
    "epoch_id",
    "uid",
    "message_id",
    "internal_at",
    "internal_offset",
    "size",
    "flags",
    "header_sha256",
    "expunged",
)
_RECIPIENT_COLUMNS = (
    "message_id",
    "position",
    "field",
    "address_id",
    "display_name",
    "display_name_raw",
    "written",
    "group_name",
    "defect",
)
_RARE_RECIPIENT_COLUMNS = 4
_FIELD_NAMES = tuple(schema.FIELD_COLUMNS)
_NO_FIELDS = (None,) * len(_FIELD_NAMES)

_CACHE_LIMIT = 200_000
"""Address numbers kept in memory; about 40 MB. Beyond it the database is asked."""

_RECIPIENT_FIELDS = frozenset({"to", "cc", "bcc", "resent-to", "resent-cc"})


class MessageWriter:
    """
    Writes the batches of one scan.

    Args:
        engine: An opened store, locked by this process.

        is_outsider: Tells whether an address is an outsider under the policy;
            decides whose header blocks are kept.

        parser_version: Of the parser that made the messages.
    """

    def __init__(self, engine: Engine, is_outsider: Callable[[AddressKey], bool], parser_version: int) -> None:
        self._engine = engine
        self._is_outsider = is_outsider
        self._parser_version = parser_version
        with engine.connect() as connection:
            self._next_message = _next_id(connection, schema.message.c.id)
            self._next_address = _next_id(connection, schema.address.c.id)
        self._addresses: dict[AddressKey, int] = {}
        self._outsiders: dict[AddressKey, bool] = {}
        # A store that was empty holds just what is in the cache: nothing to ask for.
        self._knows_all_addresses = self._next_address == 1
        self._has_messages = self._next_message > 1

    def write(
        self,
        *,
        run_id: int,
        account_id: int,
        mailbox_id: int,
        epoch_id: int,
        batch: Batch,
        examined: Ranges,
        former_gaps: Container[int] = (),
    ) -> tuple[int, int]:
        """
        Commit one batch with the cursor that includes it.

        Args:
            run_id: The scan.

            account_id: Whose mailbox it is.

            mailbox_id: Of the epoch.

            epoch_id: Where the UIDs mean something.

            batch: What was asked for and came.

            examined: The cursor after this batch.

            former_gaps: UIDs that are open gaps; those the batch holds are closed.

        Returns:
            (messages that are new to the store, gaps that are new)

        Raises:
            StoreError: Through `store_errors` of the caller; nothing of the batch is then written.
        """
        try:
            with self._engine.begin() as connection:
                new = self._write_messages(connection, epoch_id, batch.messages)
                new_gaps = sum(
                    record_gap(connection, run_id, account_id, mailbox_id, epoch_id, gap) for gap in batch.gaps
                )
                read = tuple(message.uid for message in batch.messages if message.uid in former_gaps)
                if read:
                    resolve_gaps(connection, run_id, account_id, kinds=MESSAGE_KINDS, epoch_id=epoch_id, uids=read)
                connection.execute(_SET_EXAMINED, {"epoch": epoch_id, "ranges": format_ranges(examined)})
        except BaseException:
            # The addresses that were numbered here are not in the store.
            self._forget_addresses()
            raise
        return new, new_gaps

    def _write_messages(self, connection: Connection, epoch_id: int, messages: Sequence[Message]) -> int:
        if not messages:
            return 0
        self._number_addresses(connection, messages)
        known = self._known_identities(connection, messages)
        addresses = self._addresses
        message_rows: list[tuple[Any, ...]] = []
        copy_rows: list[tuple[Any, ...]] = []
        recipient_rows: list[tuple[Any, ...]] = []
        blocks: dict[bytes, tuple[int, bytes]] = {}
        repeated: list[tuple[int, Message]] = []
        for message in messages:
            identity = bytes.fromhex(message.identity)
            number = known.get(identity)
            if number is None:
                number = known[identity] = self._next_message
                self._next_message += 1
                message_rows.append(self._message_row(number, identity, message))
                _add_recipients(recipient_rows, number, message, addresses)
            else:
                repeated.append((number, message))
            if message.defects or self._shows_two_outsiders(message):
                blocks[message.header_sha256] = (number, message.header_block)
            copy_rows.append(
                (
                    epoch_id,
                    message.uid,
                    number,
                    message.internal_at,
                    message.internal_offset,
                    message.size,
                    " ".join(message.flags),
                    message.header_sha256,
                    False,
                )
            )
        insert_rows(connection, schema.message, _MESSAGE_COLUMNS, message_rows, rare=_RARE_MESSAGE_COLUMNS)
        insert_rows(connection, schema.recipient, _RECIPIENT_COLUMNS, recipient_rows, rare=_RARE_RECIPIENT_COLUMNS)
        insert_rows(connection, schema.message_copy, _COPY_COLUMNS, copy_rows)
        for number, message in repeated:
            # The evidence at hand, where copies show two outsiders only together.
            if _unite_bcc(connection, number, message, addresses) and self._reached_two_outsiders(connection, number):
                blocks[message.header_sha256] = (number, message.header_block)
        _agree(connection, repeated)
        _keep_blocks(connection, blocks)
        self._has_messages = True
        return len(message_rows)

    def _message_row(self, number: int, identity: bytes, message: Message) -> tuple[Any, ...]:
        fields = message.fields
        others = tuple(map(fields.get, _FIELD_NAMES)) if fields else _NO_FIELDS
        from_key = next((entry.key for field, entry in message.senders if field == "from" and entry.key), None)
        return (
            number,
            identity,
            message.message_id,
            message.date_field,
            message.sent_at,
            message.sent_offset,
            message.origin,
            message.subject,
            self._addresses[from_key] if from_key else None,
            self._parser_version,
            *others,
            " ".join(message.defects) or None,
        )

    def _shows_two_outsiders(self, message: Message) -> bool:
        if len(message.recipients) < 2:
            return False
        first: AddressKey | None = None
        outsiders = self._outsiders
        for _, entry in message.recipients:
            key = entry.key
            if key is None or key == first:
                continue
            outside = outsiders.get(key)
            if outside is None:
                outside = outsiders[key] = self._is_outsider(key)
            if outside:
                if first is not None:
                    return True
                first = key
        return False

    def _reached_two_outsiders(self, connection: Connection, number: int) -> bool:
        columns = schema.recipient.c
        keys = connection.execute(
            select(schema.address.c.address_key)
            .select_from(schema.recipient.join(schema.address, schema.address.c.id == columns.address_id))
            .where((columns.message_id == number) & columns.field.in_(sorted(_RECIPIENT_FIELDS)))
            .distinct()
        ).scalars()
        return sum(1 for key in keys if self._is_outsider(AddressKey(key))) >= 2

    def _number_addresses(self, connection: Connection, messages: Sequence[Message]) -> None:
        if len(self._addresses) > _CACHE_LIMIT:
            self._forget_addresses()
        addresses = self._addresses
        # A dict keeps the order of first appearance: the same mail gives the same row numbers.
        unknown: dict[AddressKey, None] = {}
        for message in messages:
            for _, entry in message.senders:
                if entry.key is not None and entry.key not in addresses:
                    unknown[entry.key] = None
            for _, entry in message.recipients:
                if entry.key is not None and entry.key not in addresses:
                    unknown[entry.key] = None
        if unknown and not self._knows_all_addresses:
            columns = schema.address.c
            for keys in chunks(list(unknown)):
                found = connection.execute(select(columns.address_key, columns.id).where(columns.address_key.in_(keys)))
                for key, number in found:
                    addresses[key] = number
                    del unknown[key]
        rows = []
        for key in unknown:
            addresses[key] = self._next_address
            rows.append((self._next_address, key))
            self._next_address += 1
        insert_rows(connection, schema.address, ("id", "address_key"), rows)

    def _forget_addresses(self) -> None:
        self._addresses.clear()
        self._outsiders.clear()
        self._knows_all_addresses = False

    def _known_identities(self, connection: Connection, messages: Sequence[Message]) -> dict[bytes, int]:
        known: dict[bytes, int] = {}
        if self._has_messages:
            columns = schema.message.c
            identities = [bytes.fromhex(message.identity) for message in messages]
            for some in chunks(identities):
                found = connection.execute(select(columns.identity, columns.id).where(columns.identity.in_(some)))
                known.update((bytes(identity), number) for identity, number in found)
        return known


_SET_EXAMINED = update(schema.epoch).where(schema.epoch.c.id == bindparam("epoch")).values(examined=bindparam("ranges"))


def _next_id(connection: Connection, column: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1


def _add_recipients(
    rows: list[tuple[Any, ...]], number: int, message: Message, addresses: dict[AddressKey, int]
) -> None:
    position = 0
    for field, entry in message.senders:
        rows.append(_recipient_row(number, position, field, entry, addresses))
        position += 1
    for field, entry in message.recipients:
        rows.append(_recipient_row(number, position, field, entry, addresses))
        position += 1


def _recipient_row(
    number: int, position: int, field: str, entry: ParsedAddress, addresses: dict[AddressKey, int]
) -> tuple[Any, ...]:
    key = entry.key
    raw = entry.display_name_raw
    return (
        number,
        position,
        field,
        None if key is None else addresses[key],
        entry.display_name.encode("utf-8", "replace") if entry.display_name else None,
        raw.encode("utf-8", "surrogateescape") if raw and raw != entry.display_name else None,
        None if entry.addr_spec == key else entry.addr_spec,
        # PostgreSQL text refuses NUL; no group name means anything by it.
        entry.group and entry.group.replace("\0", "\ufffd"),
        entry.defect,
    )


def _unite_bcc(connection: Connection, number: int, message: Message, addresses: dict[AddressKey, int]) -> bool:
    """Add the Bcc addresses that only this copy shows (CONTRACTS: Messages, identity); tell whether there were any."""
    entries = [(field, entry) for field, entry in message.recipients if field == "bcc"]
    if not entries:
        return False
    columns = schema.recipient.c
    rows = connection.execute(
        select(columns.position, columns.field, columns.address_id, columns.written).where(columns.message_id == number)
    ).all()
    position = max((row.position for row in rows), default=-1) + 1
    there = {(row.address_id, None if row.address_id else row.written) for row in rows if row.field == "bcc"}
    added = []
    for field, entry in entries:
        row = _recipient_row(number, position, field, entry, addresses)
        mark = (row[3], None if row[3] else row[6])
        if mark not in there:
            there.add(mark)
            added.append(row)
            position += 1
    insert_rows(connection, schema.recipient, _RECIPIENT_COLUMNS, added)
    return bool(added)


def _agree(connection: Connection, repeated: Sequence[tuple[int, Message]]) -> None:
    """
    Let the copies of a message decide together, in whatever order they come.

    One copy that was sent makes the message sent, though a draft of it lies
    elsewhere; and without a readable Date the earliest copy dates it.
    """
    columns = schema.message.c
    said: dict[int, list[Message]] = {}
    for number, message in repeated:
        said.setdefault(number, []).append(message)
    for some in chunks(list(said)):
        rows = connection.execute(select(columns.id, columns.sent_at, columns.origin).where(columns.id.in_(some))).all()
        for row in rows:
            earliest = min(said[row.id], key=lambda message: message.sent_at)
            values: dict[str, Any] = {}
            if earliest.sent_at < row.sent_at:
                values = {"sent_at": earliest.sent_at, "sent_offset": earliest.sent_offset}
            if row.origin == "draft" and any(message.origin == "sent" for message in said[row.id]):
                values["origin"] = "sent"
            if values:
                connection.execute(update(schema.message).where(columns.id == row.id).values(**values))


def _keep_blocks(connection: Connection, blocks: dict[bytes, tuple[int, bytes]]) -> None:
    if not blocks:
        return
    columns = schema.header_block.c
    there: set[bytes] = set()
    for hashes in chunks(list(blocks)):
        found = connection.execute(select(columns.header_sha256).where(columns.header_sha256.in_(hashes)))
        there.update(bytes(row[0]) for row in found)
    rows = [
        (header_sha256, number, zlib.compress(block, 1))
        for header_sha256, (number, block) in blocks.items()
        if header_sha256 not in there
    ]
    insert_rows(connection, schema.header_block, ("header_sha256", "message_id", "deflated"), rows)
