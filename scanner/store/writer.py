"""
Write batches of messages: rows, header blocks, gaps and cursor in one transaction.

One writer at a time (`store_lock`), so it numbers rows itself and finds out
only what it cannot know: which identities and addresses are there already.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from scanner.model import AddressKey
from scanner.store import schema
from scanner.store.frame import Frame
from scanner.store.gaps import MESSAGE_KINDS, record_gap, resolve_gaps
from scanner.store.insert import chunks, insert_messages, insert_recipients, insert_rows, known_numbers
from scanner.store.kept_header import keep_blocks, note_missing
from scanner.store.message_change import note_changes
from scanner.store.row import (
    COPY_COLUMNS,
    MESSAGE_COLUMNS,
    RECIPIENT_COLUMNS,
    BatchRows,
    Row,
)
from scanner.store.structure import want
from scanner.uids import format_ranges

_MESSAGE_COLUMNS = ("id", "from_id", *MESSAGE_COLUMNS)
_COPY_COLUMNS = ("epoch_id", "message_id", *COPY_COLUMNS)
_RECIPIENT_COLUMNS = ("message_id", "position", "address_id", *RECIPIENT_COLUMNS)

_CACHE_LIMIT = 25_000
"""Address numbers kept in memory; about 5 MB. Beyond it the database is asked."""

_RECIPIENT_FIELDS = frozenset({"to", "cc", "bcc", "resent-to", "resent-cc"})
_FIELD = RECIPIENT_COLUMNS.index("field")
_WRITTEN = RECIPIENT_COLUMNS.index("written")
_SENT_AT = MESSAGE_COLUMNS.index("sent_at")
_SENT_OFFSET = MESSAGE_COLUMNS.index("sent_offset")
_ORIGIN = MESSAGE_COLUMNS.index("origin")
_DECIDED = tuple(
    place for place, name in enumerate(MESSAGE_COLUMNS) if name == "subject" or name in schema.FIELD_COLUMNS.values()
)
"""Places of the texts that copies of one message may tell differently."""

_HEADER_SHA256 = COPY_COLUMNS.index("header_sha256")


class RowWriter:
    """
    Numbers and inserts rows.

    Args:
        engine: An opened store, locked by this scan.

        is_outsider: As for `RowMaker`.
    """

    def __init__(self, engine: Engine, is_outsider: Callable[[AddressKey], bool]) -> None:
        self._engine = engine
        self._is_outsider = is_outsider
        with engine.connect() as connection:
            self._next_message = _next_id(connection, schema.message.c.id)
            self._next_address = _next_id(connection, schema.address.c.id)
        self._addresses: dict[AddressKey | None, int | None] = {None: None}
        # A store that was empty holds just what is in the cache: nothing to ask for.
        self._knows_all_addresses = self._next_address == 1
        self._has_messages = self._next_message > 1

    def write(self, frame: Frame) -> tuple[int, int]:
        """
        Commit one batch with the cursor that includes it.

        Returns:
            (messages that are new to the store, gaps that are new)

        Raises:
            StoreError: Through `store_errors` of the caller; nothing of the batch is then written.
        """
        cursor, rows, gaps, former = frame
        run_id, account_id, mailbox_id, epoch_id, examined, others, _ = cursor
        try:
            with self._engine.begin() as connection:
                new = self._write_messages(connection, epoch_id, rows)
                new_gaps = sum(record_gap(connection, run_id, account_id, mailbox_id, epoch_id, gap) for gap in gaps)
                if former:
                    resolve_gaps(
                        connection, run_id, account_id, kinds=MESSAGE_KINDS, epoch_id=epoch_id, uids=tuple(former)
                    )
                connection.execute(_SET_EXAMINED, {"epoch": epoch_id, "ranges": format_ranges(examined)})
                if others:
                    connection.execute(_SET_OTHERS, {"epoch": epoch_id, "ranges": format_ranges(others)})
        except BaseException:
            # The addresses that were numbered here are not in the store.
            self._forget_addresses()
            raise
        return new, new_gaps

    def _write_messages(self, connection: Connection, epoch_id: int, rows: BatchRows) -> int:
        if not rows.messages:
            return 0
        self._number_addresses(connection, rows)
        entries: list[Row] = [(self._addresses[key], *row) for key, row in rows.entries]
        first = self._next_message
        self._next_message += len(rows.messages)
        message_rows = [
            (number, None if from_place is None else entries[from_place][0], *row)
            for number, (from_place, row) in enumerate(rows.messages, first)
        ]
        numbers = insert_messages(connection, _MESSAGE_COLUMNS, message_rows, is_first=not self._has_messages)
        repeated = [place for place, number in enumerate(numbers) if number != first + place]
        places = _without(rows.recipients, repeated)
        insert_recipients(connection, _RECIPIENT_COLUMNS, first, entries, places)
        copy_rows = [(epoch_id, number, *copy) for number, copy in zip(numbers, rows.copies, strict=True)]
        insert_rows(connection, schema.message_copy, _COPY_COLUMNS, copy_rows)
        blocks = {rows.copies[place][_HEADER_SHA256]: (numbers[place], block) for place, block in rows.blocks.items()}
        wanted = [numbers[place] for place in rows.shown]
        if repeated:
            recipients = json.loads(rows.recipients)
            for place in repeated:
                # The evidence at hand, where copies show two outsiders only together.
                united = self._unite_bcc(connection, numbers[place], [entries[each] for each in recipients[place]])
                spare = rows.spare_blocks.get(place)
                if united and spare is not None and self._reached_two_outsiders(connection, numbers[place]):
                    blocks[rows.copies[place][_HEADER_SHA256]] = (numbers[place], spare)
                    wanted.append(numbers[place])
            note_changes(connection, {numbers[place] for place in repeated})
            _agree(connection, [(numbers[place], rows.messages[place][1]) for place in repeated])
        keep_blocks(connection, blocks)
        want(connection, wanted)
        if repeated:
            # What lies in a protected mailbox is evidence, and so is its copy elsewhere: whichever was read first.
            note_missing(connection, (numbers[place] for place in repeated))
        self._has_messages = True
        return len(message_rows) - len(repeated)

    def _reached_two_outsiders(self, connection: Connection, number: int) -> bool:
        columns = schema.recipient.c
        keys = connection.execute(
            select(schema.address.c.address_key)
            .select_from(schema.recipient.join(schema.address, schema.address.c.id == columns.address_id))
            .where((columns.message_id == number) & columns.field.in_(sorted(_RECIPIENT_FIELDS)))
            .distinct()
        ).scalars()
        return sum(1 for key in keys if self._is_outsider(AddressKey(key))) >= 2

    def _number_addresses(self, connection: Connection, rows: BatchRows) -> None:
        if len(self._addresses) > _CACHE_LIMIT:
            self._forget_addresses()
        addresses = self._addresses
        # A dict keeps the order of first appearance: the same mail gives the same row numbers.
        unknown: dict[AddressKey, None] = {}
        for key, _ in rows.entries:
            if key not in addresses and key is not None:
                unknown[key] = None
        if unknown and not self._knows_all_addresses:
            for key, number in known_numbers(connection, schema.address.c.address_key, list(unknown)):
                addresses[key] = number
                del unknown[key]
        rows_to_add = []
        for key in unknown:
            addresses[key] = self._next_address
            rows_to_add.append((self._next_address, key))
            self._next_address += 1
        insert_rows(connection, schema.address, ("id", "address_key"), rows_to_add)

    def _forget_addresses(self) -> None:
        self._addresses = {None: None}
        self._knows_all_addresses = False

    def _unite_bcc(self, connection: Connection, number: int, entries: Sequence[Row]) -> bool:
        """Add the Bcc addresses that only this copy shows (CONTRACTS: Messages); tell whether there were any."""
        hidden = [entry for entry in entries if entry[1 + _FIELD] == "bcc"]
        if not hidden:
            return False
        columns = schema.recipient.c
        stored = connection.execute(
            select(columns.position, columns.field, columns.address_id, columns.written).where(
                columns.message_id == number
            )
        ).all()
        position = max((row.position for row in stored), default=-1) + 1
        there = {(row.address_id, None if row.address_id else row.written) for row in stored if row.field == "bcc"}
        added: list[Row] = []
        for address_id, *row in hidden:
            mark = (address_id, None if address_id else row[_WRITTEN])
            if mark not in there:
                there.add(mark)
                added.append((number, position, address_id, *row))
                position += 1
        insert_rows(connection, schema.recipient, _RECIPIENT_COLUMNS, added)
        return bool(added)


_SET_OTHERS = update(schema.epoch).where(schema.epoch.c.id == bindparam("epoch")).values(others=bindparam("ranges"))
_SET_EXAMINED = update(schema.epoch).where(schema.epoch.c.id == bindparam("epoch")).values(examined=bindparam("ranges"))


def _without(recipients: str, repeated: Sequence[int]) -> str:
    """Empty the recipients of messages that the store has already."""
    if not repeated:
        return recipients
    known = set(repeated)
    return json.dumps([[] if place in known else each for place, each in enumerate(json.loads(recipients))])


def _next_id(connection: Connection, column: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1


def _agree(connection: Connection, repeated: Sequence[tuple[int, Row]]) -> None:
    """
    Let the copies of a message decide together, in whatever order they come.

    One copy that was sent makes the message sent, though a draft of it lies
    elsewhere; and without a readable Date the earliest copy dates it. Where
    copies differ in what is no part of the identity, the shortest text stands,
    for what gateways do to a subject makes it longer.
    """
    columns = schema.message.c
    texts = [columns[MESSAGE_COLUMNS[place]] for place in _DECIDED]
    said: dict[int, list[Row]] = {}
    for number, row in repeated:
        said.setdefault(number, []).append(row)
    for some in chunks(list(said)):
        stored = connection.execute(
            select(columns.id, columns.sent_at, columns.origin, *texts).where(columns.id.in_(some))
        )
        for row in stored.all():
            earliest = min(said[row.id], key=lambda message: message[_SENT_AT])
            values: dict[str, Any] = {}
            if earliest[_SENT_AT] < row.sent_at:
                values = {"sent_at": earliest[_SENT_AT], "sent_offset": earliest[_SENT_OFFSET]}
            if row.origin == "draft" and any(message[_ORIGIN] == "sent" for message in said[row.id]):
                values["origin"] = "sent"
            for column, place in zip(texts, _DECIDED, strict=True):
                known = row._mapping[column]
                told = [known, *(message[place] for message in said[row.id] if place < len(message))]
                shortest = min(filter(None, told), key=lambda text: (len(text), text), default=known)
                if shortest != known:
                    values[column.name] = shortest
            if values:
                connection.execute(update(schema.message).where(columns.id == row.id).values(**values))
