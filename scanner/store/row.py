"""
Messages as plain rows, ready for a writer that only numbers and inserts them.

Rows hold nothing but tuples, text, bytes and numbers, so that they can go to
another process as they are. Addresses stand in them as keys, messages by
their place in the batch; the writer puts numbers in their place.
"""

import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from scanner.model import AddressKey, Message, ParsedAddress
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
RARE_MESSAGE_COLUMNS = len(schema.FIELD_COLUMNS) - len(schema.USUAL_FIELDS) + 1
"""How many of the last columns are NULL in most rows."""

COPY_COLUMNS = ("uid", "internal_at", "internal_offset", "size", "flags", "header_sha256", "expunged")

RECIPIENT_COLUMNS = (
    "field",
    "display_name",
    "display_name_raw",
    "written",
    "group_name",
    "defect",
)
RARE_RECIPIENT_COLUMNS = 4

_FIELD_NAMES = tuple(schema.FIELD_COLUMNS)
_NO_FIELDS = (None,) * len(_FIELD_NAMES)
_MEMORY_SIZE = 100_000

Row = tuple[Any, ...]


class MessageRows(NamedTuple):
    """The rows of one copy of a message."""

    message: Row
    """In the order of MESSAGE_COLUMNS."""

    from_key: AddressKey | None
    copy: Row
    """In the order of COPY_COLUMNS."""

    recipients: tuple[tuple[AddressKey | None, Row], ...]
    """(key, row in the order of RECIPIENT_COLUMNS), senders first, in header order."""

    block: bytes | None
    """The deflated header block, if it is to be kept."""

    spare_block: bytes | None
    """The same, if only the copies together may show two outsiders: they have different Bcc fields."""


class RowMaker:
    """
    Makes rows of messages.

    Args:
        is_outsider: Tells whether an address is an outsider under the policy;
            decides whose header blocks are kept.

        parser_version: Of the parser that made the messages.
    """

    def __init__(self, is_outsider: Callable[[AddressKey], bool], parser_version: int) -> None:
        self._is_outsider = is_outsider
        self._parser_version = parser_version
        self._outsiders: dict[AddressKey, bool] = {}
        self._recipients: dict[tuple[str, int], tuple[tuple[AddressKey | None, Row], ParsedAddress]] = {}

    def rows(self, messages: Iterable[Message]) -> list[MessageRows]:
        """Return the rows of messages, in their order."""
        if len(self._outsiders) > _MEMORY_SIZE:
            self._outsiders.clear()
        return [self._rows(message) for message in messages]

    def _rows(self, message: Message) -> MessageRows:
        block = spare = None
        from_key = None
        known = self._recipients
        recipients = []
        for field, entry in message.senders:
            if from_key is None and field == "from":
                from_key = entry.key
            recipients.append(known.get((field, id(entry))) or self._recipient(field, entry))
        has_bcc = False
        for field, entry in message.recipients:
            if field == "bcc":
                has_bcc = True
            recipients.append(known.get((field, id(entry))) or self._recipient(field, entry))
        if message.defects or self._shows_two_outsiders(message):
            block = zlib.compress(message.header_block, 1)
        elif has_bcc:
            spare = zlib.compress(message.header_block, 1)
        return MessageRows(
            self._message_row(message),
            from_key,
            (
                message.uid,
                message.internal_at,
                message.internal_offset,
                message.size,
                " ".join(message.flags),
                message.header_sha256,
                False,
            ),
            tuple([pair for pair, _ in recipients]),
            block,
            spare,
        )

    def _recipient(self, field: str, entry: ParsedAddress) -> tuple[tuple[AddressKey | None, Row], ParsedAddress]:
        """Make the row of an entry and remember it: the parser hands out one object for what it has seen before."""
        if len(self._recipients) > _MEMORY_SIZE:
            self._recipients.clear()
        # The entry is kept beside its row, so that its id stays its own.
        made = ((entry.key, _recipient_row(field, entry)), entry)
        self._recipients[field, id(entry)] = made
        return made

    def _message_row(self, message: Message) -> Row:
        fields = message.fields
        others = tuple(map(fields.get, _FIELD_NAMES)) if fields else _NO_FIELDS
        return (
            bytes.fromhex(message.identity),
            message.message_id,
            message.date_field,
            message.sent_at,
            message.sent_offset,
            message.origin,
            message.subject,
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
