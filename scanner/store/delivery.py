"""How far received mail was looked through for proofs: epochs with cursors, messages looked for, what was not read."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, func, select, update

from scanner.model import (
    SENDER_FIELDS,
    AddressKey,
    FoundMailbox,
    Gap,
    InboxReading,
    OpenedMailbox,
    Sought,
)
from scanner.store.insert import chunks
from scanner.store.message_change import note_changes
from scanner.store.schema import (
    account,
    address,
    delivery_account,
    delivery_epoch,
    delivery_gap,
    delivery_pass,
    delivery_sought,
    incident,
    incident_message,
    mailbox,
    message,
    recipient,
)
from scanner.uids import Ranges, contains, format_ranges, parse_ranges

BOUNCE_UNREAD = "bounce_unread"
MESSAGE_UNSERVED = "message_unserved"


@dataclass(frozen=True, slots=True)
class ReceivedEpoch:
    """One UIDVALIDITY of a mailbox of received mail."""

    id: int
    examined: Ranges
    """UIDs that were looked at for every message that is looked for."""


def begin_pass(connection: Connection, *, now: int) -> int:
    """Note that received mail is looked through; return the number of this pass."""
    return _insert(connection, delivery_pass, started_at=now)


def end_pass(connection: Connection, pass_id: int, *, now: int) -> None:
    """Note that a pass has come to its end."""
    connection.execute(update(delivery_pass).where(delivery_pass.c.id == pass_id).values(ended_at=now))


def queued_messages(connection: Connection, run_id: int) -> tuple[Sought, ...]:
    """Return the messages of an analysis' queued incidents, by row number."""
    parts, incidents = incident_message.c, incident.c
    rows = connection.execute(
        select(message.c.id, message.c.message_id, message.c.sent_at)
        .select_from(
            incident_message.join(message).join(
                incident, (incidents.run_id == parts.run_id) & (incidents.key == parts.incident_key)
            )
        )
        .where((parts.run_id == run_id) & (incidents.rank > 0) & (parts.part == "exposing"))
        .order_by(message.c.id)
    ).all()
    return sought_messages(connection, [(row.id, row.message_id, row.sent_at) for row in rows])


def sought_messages(connection: Connection, rows: Collection[tuple[int, str, int]]) -> tuple[Sought, ...]:
    """Return messages of (row number, Message-ID, moment) with their recipients."""
    recipients: dict[int, set[AddressKey]] = {number: set() for number, _, _ in rows}
    senders: dict[int, set[AddressKey]] = {number: set() for number, _, _ in rows}
    for some in chunks([number for number, _, _ in rows]):
        for number, field, key in connection.execute(
            select(recipient.c.message_id, recipient.c.field, address.c.address_key)
            .select_from(recipient.join(address))
            .where(recipient.c.message_id.in_(some) & (recipient.c.field != "reply-to"))
        ):
            (senders if field in SENDER_FIELDS else recipients)[number].add(AddressKey(key))
    return tuple(
        Sought(number, message_id, sent_at, frozenset(recipients[number] - senders[number]), frozenset(senders[number]))
        for number, message_id, sent_at in rows
    )


def already_sought(connection: Connection, account_id: int) -> frozenset[int]:
    """Return the messages for which every examined UID of an account's received mail was looked at."""
    query = select(delivery_sought.c.message_id).where(delivery_sought.c.account_id == account_id)
    return frozenset(connection.execute(query).scalars())


def is_untouched(connection: Connection, account_id: int) -> bool:
    """Tell whether nothing of an account's received mail was ever examined."""
    epochs = delivery_epoch.join(mailbox)
    query = select(func.count()).select_from(epochs).where(mailbox.c.account_id == account_id)
    return not connection.execute(query.where(delivery_epoch.c.examined != "")).scalar_one()


def note_sought(connection: Connection, account_id: int, numbers: Iterable[int], pass_id: int | None) -> None:
    """
    Note that messages are looked for from the first UID of an account on; with a pass, that this came to its end.

    Those of which that is new are noted as changed: that nobody answered is
    known of them now. Accounts of one pass end at different moments, and an
    analysis may lie between.
    """
    known = already_sought(connection, account_id)
    wanted = sorted(set(numbers))
    new = [number for number in wanted if number not in known]
    if new:
        rows = [{"account_id": account_id, "message_id": number, "pass_id": None} for number in new]
        connection.execute(delivery_sought.insert(), rows)
    if pass_id is not None:
        table = delivery_sought.c
        for some in chunks(wanted):
            unended = (table.account_id == account_id) & table.message_id.in_(some) & table.pass_id.is_(None)
            ended = connection.execute(select(table.message_id).where(unended)).scalars().all()
            connection.execute(update(delivery_sought).where(unended).values(pass_id=pass_id))
            note_changes(connection, ended)


def forget_sought(connection: Connection, account_id: int, kept: Collection[int]) -> None:
    """
    Note that only these messages are looked for in an account from now on.

    Before the cursor moves: what it passes from then on was looked at for no
    other message, so one that is looked for again needs all of it once more.
    """
    gone = sorted(already_sought(connection, account_id).difference(kept))
    table = delivery_sought.c
    for some in chunks(gone):
        connection.execute(delete(delivery_sought).where((table.account_id == account_id) & table.message_id.in_(some)))
    # An analysis that knows them as looked for has to look at them again.
    note_changes(connection, gone)


def note_reading(connection: Connection, account_id: int, *, ended_at: int | None, error: str) -> None:
    """Note when an account's received mail was looked through to its end, or why it was not this time."""
    here = delivery_account.c.account_id == account_id
    values: dict[str, object] = {"error": error or None}
    if ended_at is not None:
        values["ended_at"] = ended_at
    if not connection.execute(update(delivery_account).where(here).values(**values)).rowcount:
        connection.execute(delivery_account.insert().values(account_id=account_id, **values))


def mailbox_number(connection: Connection, account_id: int, found: FoundMailbox) -> int:
    """Return the number of a mailbox; one that no scan has listed yet is noted as not read."""
    here = (mailbox.c.account_id == account_id) & (mailbox.c.wire_name == found.wire_name)
    number = connection.execute(select(mailbox.c.id).where(here)).scalar()
    if number is not None:
        return int(number)
    values = {"name": found.name, "role": found.role, "reason": found.reason, "in_scope": False, "listed": True}
    return _insert(connection, mailbox, account_id=account_id, wire_name=found.wire_name, **values)


def former_opening(connection: Connection, account_id: int, wire_name: bytes) -> OpenedMailbox | None:
    """Return what a mailbox was like when it was looked through last, `exists` left out; None if it never was."""
    table = delivery_epoch.c
    row = connection.execute(
        select(table.uidvalidity, table.uidnext, table.highestmodseq)
        .select_from(delivery_epoch.join(mailbox))
        .where((mailbox.c.account_id == account_id) & (mailbox.c.wire_name == wire_name) & table.is_current.is_(True))
    ).one_or_none()
    return OpenedMailbox(row.uidvalidity, row.uidnext, 0, row.highestmodseq) if row else None


def open_received(connection: Connection, mailbox_id: int, opened: OpenedMailbox) -> ReceivedEpoch:
    """Return the epoch of this UIDVALIDITY, a new one if it was never seen; what others left unread is forgotten."""
    table = delivery_epoch
    same = (table.c.mailbox_id == mailbox_id) & (table.c.uidvalidity == opened.uidvalidity)
    former = select(table.c.id).where((table.c.mailbox_id == mailbox_id) & (table.c.uidvalidity != opened.uidvalidity))
    connection.execute(update(table).where(table.c.id.in_(former)).values(is_current=False))
    # Their UIDs name nothing any more (RFC 9051, 2.3.1.1); what is still there is met again under a new one.
    connection.execute(delete(delivery_gap).where(delivery_gap.c.epoch_id.in_(former)))
    state = {"uidnext": opened.uidnext, "highestmodseq": opened.highestmodseq, "is_current": True}
    row = connection.execute(select(table.c.id, table.c.examined).where(same)).one_or_none()
    if row is None:
        values = {"mailbox_id": mailbox_id, "uidvalidity": opened.uidvalidity, "examined": "", "messages": 0, **state}
        return ReceivedEpoch(_insert(connection, table, **values), ())
    connection.execute(update(table).where(table.c.id == row.id).values(**state))
    return ReceivedEpoch(row.id, parse_ranges(row.examined))


def save_progress(connection: Connection, epoch_id: int, examined: Ranges, read: int) -> None:
    """Set the cursor of an epoch, and add to the number of messages whose headers were read."""
    table = delivery_epoch
    connection.execute(
        update(table)
        .where(table.c.id == epoch_id)
        .values(examined=format_ranges(examined), messages=table.c.messages + read)
    )


def note_unread(connection: Connection, epoch_id: int, asked: Ranges, found: Mapping[int, tuple[str, str]]) -> None:
    """Note what of the UIDs asked for could not be read: UID → (kind, why); what was noted of them before is over."""
    table = delivery_gap
    noted = connection.execute(select(table.c.uid).where(table.c.epoch_id == epoch_id)).scalars()
    for some in chunks(sorted(uid for uid in noted if contains(asked, uid))):
        connection.execute(delete(table).where((table.c.epoch_id == epoch_id) & table.c.uid.in_(some)))
    for some in chunks(sorted(found)):
        rows = [{"epoch_id": epoch_id, "uid": uid, "kind": found[uid][0], "detail": found[uid][1]} for uid in some]
        connection.execute(table.insert(), rows)


def inbox_readings(connection: Connection) -> tuple[InboxReading, ...]:
    """Return how far the received mail of each account was looked through, by account."""
    counts: dict[tuple[int, str], int] = {}
    rows = connection.execute(
        select(mailbox.c.account_id, delivery_gap.c.kind, func.count())
        .select_from(delivery_gap.join(delivery_epoch).join(mailbox))
        .group_by(mailbox.c.account_id, delivery_gap.c.kind)
    )
    for number, kind, found in rows:
        counts[number, kind] = found
    sums = connection.execute(
        select(mailbox.c.account_id, func.sum(delivery_epoch.c.messages))
        .select_from(delivery_epoch.join(mailbox))
        .group_by(mailbox.c.account_id)
    )
    # PostgreSQL sums to a decimal.
    read = {number: int(messages) for number, messages in sums}
    accounts = connection.execute(
        select(account.c.id, account.c.name, delivery_account.c.ended_at, delivery_account.c.error).select_from(
            delivery_account.join(account)
        )
    )
    found_all = [
        InboxReading(
            account=row.name,
            ended_at=row.ended_at,
            read=read.get(row.id, 0),
            unread_bounces=counts.get((row.id, BOUNCE_UNREAD), 0),
            unserved=counts.get((row.id, MESSAGE_UNSERVED), 0),
            error=row.error or "",
        )
        for row in accounts
    ]
    # Sorted here: databases collate differently.
    return tuple(sorted(found_all, key=lambda one: one.account))


def unread_mail(connection: Connection) -> Iterator[Gap]:
    """Yield what of received mail could not be read, by (account, mailbox, uidvalidity, uid)."""
    rows = connection.execute(
        select(
            account.c.name,
            mailbox.c.name.label("mailbox_name"),
            delivery_epoch.c.uidvalidity,
            delivery_gap.c.uid,
            delivery_gap.c.kind,
            delivery_gap.c.detail,
        ).select_from(delivery_gap.join(delivery_epoch).join(mailbox).join(account))
    ).all()
    for row in sorted(rows, key=lambda row: tuple(row)[:4]):
        yield Gap(row.name, row.kind, row.detail, row.mailbox_name, row.uidvalidity, row.uid)


def _insert(connection: Connection, table: Table, **values: object) -> int:
    key = connection.execute(table.insert().values(**values)).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key")
    return int(key[0])
