"""Imported message traces: how they agree with the store, and the mailings that no stored message explains."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from scanner.chain import canonical_json
from scanner.model import AddressKey, BulkSend, DeliveryState, Gap, Identity, TraceImport
from scanner.store.delivery import inbox_readings, unread_mail
from scanner.store.insert import chunks
from scanner.store.octets import identity_from
from scanner.store.schema import address, message, receipt, trace_import, trace_send, trace_unknown

NEAR = 600
"""Seconds by which a trace and a Date field may differ for the same mail."""

UNIT = 86_400
"""Seconds at most between messages of one sender and subject that count as one mailing."""


class Send(NamedTuple):
    """One message of a trace that belongs to a mailing to many."""

    message_id: str
    """With brackets; "" where the trace does not tell."""

    sender: AddressKey
    subject: str
    sent_at: int
    recipients: int
    outside: int


class StoredHead(NamedTuple):
    """What of a stored message a trace is compared with."""

    number: int
    message_id: str
    sender: AddressKey
    sent_at: int
    subject: str


class TraceFigures(NamedTuple):
    """How a trace agrees with the store; as in `TraceImport`."""

    first_at: int
    last_at: int
    rows: int
    matched: int
    unreadable: int
    unshown: int
    unknown_words: Mapping[str, int]
    """Word → copies."""


class Begun(NamedTuple):
    """An import that has been noted."""

    number: int
    is_repeated: bool
    """The same file was imported before."""


def folded(subject: str) -> str:
    """Return a subject as traces and stores are compared by: the first 200 characters, blanks and case apart."""
    # Exchange keeps 256 characters of it.
    return " ".join(subject.casefold().split())[:200]


def same_ids(connection: Connection, message_ids: Iterable[str]) -> dict[str, list[int]]:
    """Return Message-ID (with brackets) → row numbers of the messages, drafts apart, that carry it; ascending."""
    found: dict[str, list[int]] = {}
    wanted = sorted(message_ids)
    for some in chunks([form for one in wanted for form in (one, one.strip("<>"))]):
        rows = connection.execute(
            select(message.c.id, message.c.message_id)
            .where(message.c.message_id.in_(some) & (message.c.origin != "draft"))
            .order_by(message.c.id)
        )
        for number, message_id in rows:
            found.setdefault(f"<{message_id.strip('<>')}>", []).append(number)
    return found


def heads_between(connection: Connection, first: int, last: int) -> Iterator[StoredHead]:
    """Yield the sent messages of a time, both ends included, by (sent_at, identity)."""
    rows = connection.execute(
        select(message.c.id, message.c.message_id, address.c.address_key, message.c.sent_at, message.c.subject)
        .select_from(message.join(address, address.c.id == message.c.from_id))
        .where((message.c.sent_at >= first) & (message.c.sent_at <= last) & (message.c.origin == "sent"))
        .order_by(message.c.sent_at, message.c.identity)
    )
    for row in rows:
        yield StoredHead(row.id, row.message_id, AddressKey(row.address_key), row.sent_at, row.subject)


def begin_trace(connection: Connection, name: str, sha256: str, figures: TraceFigures, *, now: int) -> Begun:
    """Note an import; the same file imported again takes the place of the former import."""
    table = trace_import
    values = {
        "name": name,
        "imported_at": now,
        "first_at": figures.first_at,
        "last_at": figures.last_at,
        "row_count": figures.rows,
        "matched": figures.matched,
        "unreadable": figures.unreadable,
        "unshown": figures.unshown,
        "unknown_words": canonical_json(dict(figures.unknown_words)),
    }
    number = connection.execute(select(table.c.id).where(table.c.sha256 == sha256)).scalar()
    if number is not None:
        connection.execute(update(table).where(table.c.id == number).values(**values))
        connection.execute(delete(trace_send).where(trace_send.c.trace_id == number))
        connection.execute(delete(trace_unknown).where(trace_unknown.c.trace_id == number))
        return Begun(int(number), is_repeated=True)
    key = connection.execute(table.insert().values(sha256=sha256, **values)).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key")
    return Begun(int(key[0]), is_repeated=False)


def save_reconciliation(connection: Connection, trace_id: int, sends: Sequence[Send], unknown: Sequence[int]) -> None:
    """Write the messages of mailings to many, and the stored messages that the trace does not know."""
    if sends:
        connection.execute(trace_send.insert(), [{"trace_id": trace_id, **one._asdict()} for one in sends])
    if unknown:
        rows = [{"trace_id": trace_id, "message_id": number} for number in sorted(set(unknown))]
        connection.execute(trace_unknown.insert(), rows)


def delivery_state(connection: Connection, floor: int) -> DeliveryState:
    """
    Return all that is known of who received what, beside the receipts themselves.

    Args:
        connection: To the store.

        floor: Outsiders that a mailing has to have to be told.
    """
    return DeliveryState(
        inboxes=inbox_readings(connection),
        traces=tuple(_imports(connection)),
        unexplained=tuple(unexplained_sends(connection, floor)),
        receipts=connection.execute(select(func.count()).select_from(receipt)).scalar_one(),
    )


def delivery_gaps(connection: Connection, floor: int) -> Iterator[Gap]:
    """
    Yield what of received mail and traces could not be read, and the mailings that no stored message explains.

    Accounts first, then by (account, mailbox, uidvalidity, uid), then words of traces by (trace, word), then by time.
    """
    for inbox in inbox_readings(connection):
        if inbox.error:
            yield Gap(inbox.account, "received_unread", inbox.error)
    yield from unread_mail(connection)
    words = select(trace_import.c.name, trace_import.c.unknown_words).order_by(trace_import.c.id)
    for name, unknown in connection.execute(words.where(trace_import.c.unknown_words.is_not(None))):
        for word, copies in json.loads(unknown).items():
            yield Gap(f"message trace {name}", "trace_word_unknown", f"“{word}”, copies: {copies:,}")
    for one in unexplained_sends(connection, floor):
        at = datetime.fromtimestamp(one.sent_at, UTC)
        # Sender and subject stand beside the gaps: a gap names nobody.
        messages = f", {one.messages:,} messages together" if one.messages > 1 else ""
        detail = f"{at:%Y-%m-%d %H:%M} UTC, to {one.outside:,} outsiders{messages}"
        yield Gap(f"message trace {one.trace}", "bulk_unexplained", detail)


def _imports(connection: Connection) -> Iterator[TraceImport]:
    unknown: dict[int, list[Identity]] = {}
    rows = connection.execute(
        select(trace_unknown.c.trace_id, message.c.identity)
        .select_from(trace_unknown.join(message))
        .order_by(message.c.sent_at, message.c.identity)
    )
    for number, identity in rows:
        unknown.setdefault(number, []).append(identity_from(identity))
    for row in connection.execute(select(trace_import).order_by(trace_import.c.id)):
        yield TraceImport(
            name=row.name,
            imported_at=row.imported_at,
            first_at=row.first_at,
            last_at=row.last_at,
            rows=row.row_count,
            matched=row.matched,
            unreadable=row.unreadable,
            unshown=row.unshown,
            unknown=tuple(unknown.get(row.id, ())),
        )


def unexplained_sends(connection: Connection, floor: int) -> list[BulkSend]:
    """
    Return the mailings of all traces that no stored message explains, by (sent_at, sender, message_id).

    Asked anew each time: a scan may have found the message since. A message
    with a Message-ID is explained by a stored one that carries it, another by
    one of the same sender and subject at the same time. What went to `floor`
    outsiders in one message stands for itself; smaller ones of one sender and
    subject, each at most a day behind the one before, stand together.
    """
    rows = connection.execute(
        select(trace_send, trace_import.c.name)
        .select_from(trace_send.join(trace_import))
        .order_by(trace_send.c.sent_at, trace_send.c.id)
    ).all()
    known = same_ids(connection, {row.message_id for row in rows if row.message_id})
    nameless = _Nearby(connection, [row.sent_at for row in rows if not row.message_id])
    units: dict[tuple[str, str], list[list[Mapping[str, object]]]] = {}
    found: list[BulkSend] = []
    seen: set[tuple[str, str, str, int]] = set()
    for row in rows:
        # The same message stands in traces that overlap.
        mark = (row.message_id, row.sender, folded(row.subject), 0 if row.message_id else row.sent_at)
        if mark in seen:
            continue
        seen.add(mark)
        if row.message_id in known or (not row.message_id and nameless.has(row.sender, row.subject, row.sent_at)):
            continue
        if row.outside >= floor:
            found.append(_bulk([dict(row._mapping)]))
            continue
        chain = units.setdefault((row.sender, folded(row.subject)), [])
        if not chain or row.sent_at - _at(chain[-1][-1]) > UNIT:
            chain.append([])
        chain[-1].append(dict(row._mapping))
    found += (bulk for chain in units.values() for some in chain if (bulk := _bulk(some)).outside >= floor)
    return sorted(found, key=lambda one: (one.sent_at, one.sender, one.message_id))


def _at(row: Mapping[str, object]) -> int:
    at = row["sent_at"]
    return at if isinstance(at, int) else 0


def _bulk(rows: Sequence[Mapping[str, object]]) -> BulkSend:
    first = rows[0]
    return BulkSend(
        sender=AddressKey(str(first["sender"])),
        sent_at=_at(first),
        messages=len(rows),
        outside=sum(one for row in rows if isinstance(one := row["outside"], int)),
        subject=str(first["subject"]),
        message_id=str(first["message_id"]),
        trace=str(first["name"]),
    )


class _Nearby:
    """Stored messages by sender and subject, for copies of which a trace gives no Message-ID."""

    def __init__(self, connection: Connection, moments: Sequence[int]) -> None:
        self._known: dict[tuple[str, str], list[int]] = {}
        if moments:
            for head in heads_between(connection, min(moments) - NEAR, max(moments) + NEAR):
                self._known.setdefault((head.sender, folded(head.subject)), []).append(head.sent_at)

    def has(self, sender: str, subject: str, at: int) -> bool:
        return any(abs(at - one) <= NEAR for one in self._known.get((sender, folded(subject)), ()))
