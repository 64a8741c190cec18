"""What the crawl keeps about itself: runs, accounts, mailboxes, epochs and the accounting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Table, func, select, update

from scanner.model import Account, FoundMailbox, OpenedMailbox
from scanner.store import schema
from scanner.store.insert import chunks
from scanner.uids import Ranges, contains, count, format_ranges, parse_ranges, subtract


@dataclass(frozen=True, slots=True)
class EpochState:
    """One UIDVALIDITY of a mailbox and how far it was examined."""

    id: int
    uidvalidity: int
    examined: Ranges
    is_new: bool
    others: Ranges = ()
    """Of these the mail of others, which was read and not kept."""


def start_run(
    connection: Connection, *, now: int, tool_version: str, parser_version: int, settings_sha256: str, mandate: str
) -> int:
    """Note that a scan begins; runs that were killed are marked aborted. Return its number."""
    runs = schema.crawl_run
    connection.execute(update(runs).where(runs.c.state == "running").values(state="aborted"))
    return _insert(
        connection,
        runs,
        started_at=now,
        state="running",
        tool_version=tool_version,
        parser_version=parser_version,
        settings_sha256=settings_sha256,
        mandate=mandate,
    )


def last_started_at(connection: Connection) -> int | None:
    """Return when the newest scan began; None: there was none."""
    runs = schema.crawl_run.c
    started_at: int | None = connection.execute(select(runs.started_at).order_by(runs.id.desc()).limit(1)).scalar()
    return started_at


def end_run(connection: Connection, run_id: int, *, now: int, state: str) -> None:
    """Note how a scan ended: complete | incomplete | aborted."""
    runs = schema.crawl_run
    connection.execute(update(runs).where(runs.c.id == run_id).values(ended_at=now, state=state))


def save_account(connection: Connection, account: Account) -> int:
    """Insert or refresh an account; return its number."""
    table = schema.account
    found = connection.execute(select(table.c.id).where(table.c.name == account.name)).scalar()
    values = {"host": account.host or account.source, "login": account.as_user or account.user}
    if found is None:
        return _insert(connection, table, name=account.name, **values)
    connection.execute(update(table).where(table.c.id == found).values(**values))
    return int(found)


def note_account(
    connection: Connection,
    run_id: int,
    account_id: int,
    *,
    state: str,
    server: str = "",
    tls: str = "",
    error: str = "",
) -> None:
    """Note how far a scan came with an account: running | complete | failed."""
    table = schema.crawl_account
    here = (table.c.run_id == run_id) & (table.c.account_id == account_id)
    values = {"state": state, "error": error or None}
    if server or tls:
        values |= {"server": server or None, "tls": tls or None}
    if not connection.execute(update(table).where(here).values(**values)).rowcount:
        connection.execute(table.insert().values(run_id=run_id, account_id=account_id, **values))


def count_traffic(connection: Connection, account_id: int, day: int, received: int) -> int:
    """
    Add bytes to what an account has received on a day, and return that day's sum; other days are forgotten.

    Args:
        day: UTC, from 1970-01-01.

        received: 0 = only ask.
    """
    table = schema.account
    row = connection.execute(select(table.c.traffic_day, table.c.traffic_bytes).where(table.c.id == account_id)).one()
    total = received + (row.traffic_bytes if row.traffic_day == day else 0)
    if received:
        values = {"traffic_day": day, "traffic_bytes": total}
        connection.execute(update(table).where(table.c.id == account_id).values(values))
    return total


def save_mailboxes(connection: Connection, account_id: int, found: Iterable[FoundMailbox]) -> dict[bytes, int]:
    """
    Insert or refresh the mailboxes of an account; return wire name → number.

    Own mail that was counted in a mailbox is forgotten when the mailbox is read, or must not be looked at any more.
    """
    table = schema.mailbox
    connection.execute(update(table).where(table.c.account_id == account_id).values(listed=False))
    known = {
        bytes(name): number
        for name, number in connection.execute(
            select(table.c.wire_name, table.c.id).where(table.c.account_id == account_id)
        )
    }
    for one in found:
        values = {"name": one.name, "role": one.role, "reason": one.reason, "in_scope": one.in_scope, "listed": True}
        if not one.is_searched:
            values |= {"own_mail": None, "own_mail_state": None, "own_mail_note": None}
        if one.wire_name in known:
            connection.execute(update(table).where(table.c.id == known[one.wire_name]).values(**values))
        else:
            known[one.wire_name] = _insert(connection, table, account_id=account_id, wire_name=one.wire_name, **values)
    return known


def open_epoch(connection: Connection, mailbox_id: int, opened: OpenedMailbox) -> EpochState:
    """
    Return the epoch of this UIDVALIDITY, a new one if it was never seen; it becomes the current one.

    From now on it counts as not read to its end (`standing`), until it is.
    """
    table = schema.epoch
    row = connection.execute(
        select(table.c.id, table.c.examined, table.c.others).where(
            (table.c.mailbox_id == mailbox_id) & (table.c.uidvalidity == opened.uidvalidity)
        )
    ).one_or_none()
    connection.execute(
        update(table)
        .where((table.c.mailbox_id == mailbox_id) & (table.c.uidvalidity != opened.uidvalidity))
        .values(is_current=False)
    )
    seen = {"uidnext": opened.uidnext, "highestmodseq": opened.highestmodseq, "is_current": True, "standing": None}
    if row is None:
        number = _insert(connection, table, mailbox_id=mailbox_id, uidvalidity=opened.uidvalidity, examined="", **seen)
        return EpochState(number, opened.uidvalidity, (), True)
    connection.execute(update(table).where(table.c.id == row.id).values(**seen))
    return EpochState(row.id, opened.uidvalidity, parse_ranges(row.examined), False, parse_ranges(row.others or ""))


def judge_others_by(connection: Connection, epoch: EpochState, rule: str) -> EpochState:
    """
    Return an epoch in which the mail of others was told apart by this rule.

    What another rule took for mail of others may be ours by this one: it
    leaves the cursor, and the scan asks for it again.

    Args:
        connection: Of a transaction that commits before anything is fetched.

        epoch: As `open_epoch` returned it.

        rule: Hash of who is ours; "" = everything in the mailbox is kept.
    """
    table = schema.epoch
    here = table.c.id == epoch.id
    former = connection.execute(select(table.c.others_rule).where(here)).scalar() or ""
    if former == rule:
        return epoch
    examined = subtract(epoch.examined, epoch.others)
    values = {"others": None, "others_rule": rule or None, "examined": format_ranges(examined)}
    connection.execute(update(table).where(here).values(**values))
    return replace(epoch, examined=examined, others=())


def own_mail_states(connection: Connection, account_id: int) -> dict[bytes, str]:
    """Return wire name → what the mailbox was like when its own mail was counted, or found not to be countable."""
    table = schema.mailbox
    rows = connection.execute(
        select(table.c.wire_name, table.c.own_mail_state).where(
            (table.c.account_id == account_id) & table.c.own_mail_state.is_not(None)
        )
    )
    return {bytes(name): state for name, state in rows}


def save_own_mail(connection: Connection, mailbox_id: int, messages: int | None, note: str, state: str | None) -> None:
    """
    Keep how much mail of ours lies in a mailbox that is not read.

    Args:
        messages: None = not counted.

        note: Why not, "" when it was counted.

        state: What the mailbox was like; None = count it again at the next scan in any case.
    """
    table = schema.mailbox
    values = {"own_mail": messages, "own_mail_note": note or None, "own_mail_state": state}
    connection.execute(update(table).where(table.c.id == mailbox_id).values(**values))


def last_opened(connection: Connection, account_id: int, wire_name: bytes) -> OpenedMailbox | None:
    """Return what a mailbox was like when it was opened last, `exists` left out; None if it never was."""
    boxes, epochs = schema.mailbox.c, schema.epoch.c
    row = connection.execute(
        select(epochs.uidvalidity, epochs.uidnext, epochs.highestmodseq)
        .select_from(schema.epoch.join(schema.mailbox))
        .where((boxes.account_id == account_id) & (boxes.wire_name == wire_name) & epochs.is_current.is_(True))
    ).one_or_none()
    return OpenedMailbox(row.uidvalidity, row.uidnext, 0, row.highestmodseq) if row else None


def set_examined(connection: Connection, epoch_id: int, examined: Ranges) -> None:
    """Set the cursor of an epoch."""
    connection.execute(
        update(schema.epoch).where(schema.epoch.c.id == epoch_id).values(examined=format_ranges(examined))
    )


def mark_expunged(connection: Connection, epoch_id: int, listed: Ranges, *, complete_list: bool) -> int:
    """
    Mark stored copies that the server no longer lists; return how many of the epoch are so marked.

    A copy that is listed again after all is unmarked: a server that was
    restored, or that listed too little once, must not make mail disappear.
    With a mandate's period only part of the mailbox is listed, and nothing
    can be said of the rest: `complete_list` is then False and nothing is marked.
    """
    table = schema.message_copy
    here = table.c.epoch_id == epoch_id
    marked = connection.execute(select(table.c.uid).where(here & table.c.expunged.is_(True))).scalars().all()
    back = [uid for uid in marked if contains(listed, uid)]
    _set_expunged(connection, epoch_id, back, expunged=False)
    gone: list[int] = []
    if complete_list:
        stored = connection.execute(select(func.count()).where(here & table.c.expunged.is_(False))).scalar_one()
        lowest = connection.execute(select(func.min(table.c.uid)).where(here & table.c.expunged.is_(False))).scalar()
        # A mailbox that only grew needs no walk through all its copies.
        if stored and not _holds_all(connection, epoch_id, listed, stored, lowest):
            rows = connection.execute(select(table.c.uid).where(here & table.c.expunged.is_(False))).scalars()
            gone = [uid for uid in rows if not contains(listed, uid)]
            _set_expunged(connection, epoch_id, gone, expunged=True)
    return len(marked) - len(back) + len(gone)


def _set_expunged(connection: Connection, epoch_id: int, uids: Sequence[int], *, expunged: bool) -> None:
    table = schema.message_copy
    for some in chunks(uids):
        connection.execute(
            update(table).where((table.c.epoch_id == epoch_id) & table.c.uid.in_(some)).values(expunged=expunged)
        )


def _holds_all(connection: Connection, epoch_id: int, listed: Ranges, stored: int, lowest: int | None) -> bool:
    if not listed or lowest is None or lowest < listed[0][0]:
        return False
    table = schema.message_copy
    highest = connection.execute(select(func.max(table.c.uid)).where(table.c.epoch_id == epoch_id)).scalar_one()
    within = subtract(listed, ((highest + 1, 1 << 63),))
    # As many stored as listed in the same span: then none of the stored can be missing from the list,
    # unless another listed one was never stored; that one is a gap or still to be fetched, and we walk.
    return contains(listed, highest) and count(within) == stored and len(within) == 1


def retire_epochs(connection: Connection, mailbox_id: int) -> None:
    """Mark the copies of former epochs as expunged: their UIDs name nothing any more (RFC 9051, 2.3.1.1)."""
    epochs = select(schema.epoch.c.id).where(
        (schema.epoch.c.mailbox_id == mailbox_id) & schema.epoch.c.is_current.is_(False)
    )
    table = schema.message_copy
    connection.execute(
        update(table).where(table.c.epoch_id.in_(epochs) & table.c.expunged.is_(False)).values(expunged=True)
    )


def stored_count(connection: Connection, epoch_id: int, within: Ranges | None = None) -> int:
    """Return how many copies of an epoch are stored and still listed; `within` limits the count to these UIDs."""
    table = schema.message_copy
    here = (table.c.epoch_id == epoch_id) & table.c.expunged.is_(False)
    if within is not None:
        uids = connection.execute(select(table.c.uid).where(here).execution_options(yield_per=5_000)).scalars()
        return sum(contains(within, uid) for uid in uids)
    return int(connection.execute(select(func.count()).where(here)).scalar_one())


def ask_again(connection: Connection, epoch_id: int, listed: Ranges, *, gaps: Ranges) -> Ranges:
    """
    Take out of the cursor what is listed and neither stored nor a known gap; return those UIDs.

    A server that once listed too little leaves UIDs behind that count as
    examined and were never read; the next scan asks for them.
    """
    copies, table = schema.message_copy, schema.epoch
    query = select(copies.c.uid).where((copies.c.epoch_id == epoch_id) & copies.c.expunged.is_(False))
    uids = connection.execute(query.order_by(copies.c.uid).execution_options(yield_per=5_000)).scalars()
    stored: list[tuple[int, int]] = []
    for uid in uids:
        if stored and stored[-1][1] == uid - 1:
            stored[-1] = (stored[-1][0], uid)
        else:
            stored.append((uid, uid))
    missing = subtract(subtract(listed, tuple(stored)), gaps)
    if missing:
        text = connection.execute(select(table.c.examined).where(table.c.id == epoch_id)).scalar_one()
        set_examined(connection, epoch_id, subtract(parse_ranges(text), missing))
    return missing


def save_accounting(
    connection: Connection,
    run_id: int,
    epoch_id: int,
    *,
    enumerated: int,
    stored: int,
    vanished: int,
    errored: int,
    expunged_since: int,
    fetched: int,
    ended_at: int | None,
    others: int = 0,
) -> None:
    """Insert or refresh the figures of one mailbox in one run; `ended_at` None = not finished."""
    table = schema.crawl_mailbox
    here = (table.c.run_id == run_id) & (table.c.epoch_id == epoch_id)
    values = {
        "enumerated": enumerated,
        "stored": stored,
        "others": others,
        "vanished": vanished,
        "errored": errored,
        "expunged_since": expunged_since,
        "fetched": fetched,
        "ended_at": ended_at,
    }
    if not connection.execute(update(table).where(here).values(**values)).rowcount:
        connection.execute(table.insert().values(run_id=run_id, epoch_id=epoch_id, **values))


def _insert(connection: Connection, table: Table, **values: object) -> int:
    key = connection.execute(table.insert().values(**values)).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key")
    return int(key[0])
