"""
Messages as plain rows, ready for a writer that only numbers and inserts them.

Rows hold nothing but tuples, text, bytes and numbers, so that they can go to
another process as they are. A batch names each recipient's row once and then
by its place; the same few people stand in it again and again.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from scanner.model import SENDER_FIELDS, AddressField, AddressKey, Message, ParsedAddress
from scanner.store import schema

MESSAGE_COLUMNS = (
    "identity",
    "message_id",
    "date_field",
    "sent_at",
    "sent_offset",
    "origin",
    "subject",
    "parser_version",
    *schema.FIELD_COLUMNS.values(),
    "defects",
)
"""The last ones are NULL in most rows."""

COPY_COLUMNS = ("uid", "internal_at", "internal_offset", "size", "flags", "header_sha256", "expunged")

RECIPIENT_COLUMNS = (
    "field",
    "display_name",
    "display_name_raw",
    "written",
    "group_name",
    "defect",
)
_FIELD_NAMES = tuple(schema.FIELD_COLUMNS)
_VISIBLE = ("to", "cc")
_MEMORY_SIZE = 10_000

Row = tuple[Any, ...]
_Entry = tuple[AddressField, ParsedAddress]


class BatchRows(NamedTuple):
    """The rows of a batch of messages, each of which is one copy."""

    entries: Sequence[tuple[AddressKey | None, Row]]
    """The different recipients: (key, row in the order of RECIPIENT_COLUMNS)."""

    messages: Sequence[tuple[int | None, Row]]
    """(place of the From entry, row in the order of MESSAGE_COLUMNS; the last columns may be left out if NULL)."""

    copies: Sequence[Row]
    """In the order of COPY_COLUMNS."""

    recipients: str
    """For each message its entries' places, senders first, in header order: JSON, which SQLite reads by itself."""

    blocks: Mapping[int, bytes]
    """Place of the message → the deflated header block, if it is to be kept."""

    shown: Sequence[int]
    """Places of the messages that show two outsiders, Bcc included, and are no drafts: their structure is wanted."""

    spare_blocks: Mapping[int, bytes]
    """The same as `blocks`, if only the copies together may show two outsiders: they have different Bcc fields."""


class RowMaker:
    """
    Makes rows of messages.

    Args:
        is_outsider: Tells whether an address is an outsider under the policy;
            decides whose header blocks are kept.

        parser_version: Of the parser that made the messages.

        is_protected_sender: Tells whether all recipients of a sender's mail are outsiders; None = of no sender's.
    """

    def __init__(
        self,
        is_outsider: Callable[[AddressKey], bool],
        parser_version: int,
        is_protected_sender: Callable[[AddressKey], bool] | None = None,
    ) -> None:
        self._is_outsider = is_outsider
        self._parser_version = parser_version
        self._outsiders: dict[AddressKey, bool] = {}
        self._is_protected_sender = is_protected_sender

    def rows(self, messages: Sequence[Message], *, is_protected: bool = False) -> BatchRows:
        """
        Return the rows of messages, in their order.

        Args:
            messages: Of one mailbox.

            is_protected: All recipients of its mail are outsiders.
        """
        if len(self._outsiders) > _MEMORY_SIZE:
            self._outsiders.clear()
        entries: list[tuple[AddressKey | None, Row]] = []
        # The parser hands out one object for what it has seen before, and the messages keep it alive.
        places: dict[int, int] = {}
        place_of = places.get
        message_rows: list[tuple[int | None, Row]] = []
        recipients: list[list[int | None]] = []
        blocks: dict[int, bytes] = {}
        shown_places: list[int] = []
        spare_blocks: dict[int, bytes] = {}
        for message in messages:
            pairs = message.senders + message.recipients
            found = [*map(place_of, map(id, pairs))]
            if None in found:
                for position, pair in enumerate(pairs):
                    place = place_of(id(pair))
                    if place is None:
                        place = places[id(pair)] = len(entries)
                        entries.append((pair[1].key, _recipient_row(*pair)))
                    found[position] = place
            recipients.append(found)
            shown = message.recipients
            shows = len(shown) > 1 and (
                _names_two(shown)
                if is_protected or (self._is_protected_sender and self._has_protected_sender(message))
                else self._shows_two_outsiders(shown)
            )
            if shows and message.origin != "draft":
                shown_places.append(len(message_rows))
            if shows or message.defects:
                blocks[len(message_rows)] = zlib.compress(message.header_block, 1)
            # To and Cc come before Bcc.
            elif shown and shown[-1][0] not in _VISIBLE and "bcc" in [field for field, _ in shown]:
                spare_blocks[len(message_rows)] = zlib.compress(message.header_block, 1)
            is_usual = pairs and pairs[0][0] == "from" and pairs[0][1].key is not None
            from_place = found[0] if is_usual else _from_place(pairs, found)
            message_rows.append((from_place, self._message_row(message)))
        copies = [
            (
                message.uid,
                message.internal_at,
                message.internal_offset,
                message.size,
                " ".join(message.flags),
                message.header_sha256,
                False,
            )
            for message in messages
        ]
        places_of_all = json.dumps(recipients, separators=(",", ":"))
        return BatchRows(entries, message_rows, copies, places_of_all, blocks, shown_places, spare_blocks)

    def _message_row(self, message: Message) -> Row:
        field = message.fields.get
        usual = tuple(map(field, schema.USUAL_FIELDS))
        row = (
            bytes.fromhex(message.identity),
            message.message_id,
            message.date_field,
            message.sent_at,
            message.sent_offset,
            message.origin,
            message.subject,
            self._parser_version,
            *usual,
        )
        if len(message.fields) + usual.count(None) == len(usual) and not message.defects:
            # Each value costs, NULL too, and few messages have one of the others.
            return row
        return (*row, *map(field, _FIELD_NAMES[len(usual) :]), " ".join(message.defects) or None)

    def _has_protected_sender(self, message: Message) -> bool:
        test = self._is_protected_sender
        keys = (entry.key for field, entry in message.senders if field in SENDER_FIELDS)
        return test is not None and any(key is not None and test(key) for key in keys)

    def _shows_two_outsiders(self, recipients: tuple[_Entry, ...]) -> bool:
        first: AddressKey | None = None
        outsiders = self._outsiders
        for _, entry in recipients:
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


def _names_two(recipients: tuple[_Entry, ...]) -> bool:
    return len({entry.key for _, entry in recipients if entry.key is not None}) > 1


def _from_place(pairs: Sequence[_Entry], places: Sequence[int | None]) -> int | None:
    """Return the place of the first From entry that is an address."""
    for (field, entry), place in zip(pairs, places, strict=True):
        if field != "from":
            # Senders come first, and From first among them.
            return None
        if entry.key is not None:
            return place
    return None


def _recipient_row(field: str, entry: ParsedAddress) -> Row:
    raw = entry.display_name_raw
    return (
        field,
        entry.display_name.encode("utf-8", "replace") if entry.display_name else None,
        raw.encode("utf-8", "surrogateescape") if raw and raw != entry.display_name else None,
        None if entry.addr_spec == entry.key else entry.addr_spec,
        # PostgreSQL text refuses NUL; no group name means anything by it.
        entry.group and entry.group.replace("\0", "\ufffd"),
        entry.defect,
    )
