"""Mailboxes that were read once and that their server does not list any more."""

from sqlalchemy import Connection, func, select

from scanner.model import FoundMailbox
from scanner.store.schema import epoch, mailbox, message_copy


def mailboxes_once_read(connection: Connection, account_id: int) -> tuple[FoundMailbox, ...]:
    """Return the mailboxes of an account that were in scope when they were listed last, and were opened once."""
    boxes = mailbox.c
    opened = select(epoch.c.id).where(epoch.c.mailbox_id == boxes.id).exists()
    rows = connection.execute(
        select(boxes.wire_name, boxes.name, boxes.role, boxes.reason)
        .where((boxes.account_id == account_id) & boxes.in_scope.is_(True) & opened)
        .order_by(boxes.id)
    )
    return tuple(
        FoundMailbox(bytes(wire_name), name, role, reason, True, only_ours=role != "sent")
        for wire_name, name, role, reason in rows
    )


def messages_nowhere_else(connection: Connection, mailbox_id: int) -> tuple[int, int]:
    """
    Return how many messages a mailbox held when it was read last, and of how many of them no listed mailbox has a copy.

    Copies in other accounts count: it is the same message.
    """
    other = message_copy.alias("other")
    of_mailbox = epoch.alias("other_epoch")
    elsewhere = (
        select(other.c.uid)
        .select_from(
            other.join(of_mailbox, of_mailbox.c.id == other.c.epoch_id).join(
                mailbox, mailbox.c.id == of_mailbox.c.mailbox_id
            )
        )
        .where(
            (other.c.message_id == message_copy.c.message_id)
            & other.c.expunged.is_(False)
            & mailbox.c.listed.is_(True)
            & (mailbox.c.id != mailbox_id)
        )
        .exists()
    )
    held = (
        select(func.count(message_copy.c.message_id.distinct()))
        .select_from(message_copy.join(epoch))
        .where((epoch.c.mailbox_id == mailbox_id) & epoch.c.is_current.is_(True) & message_copy.c.expunged.is_(False))
    )
    return connection.execute(held).scalar_one(), connection.execute(held.where(~elsewhere)).scalar_one()


def messages_gone(connection: Connection) -> int:
    """Return how many stored messages no mailbox lists any more: of what was moved, another copy is there."""
    other = message_copy.alias("other")
    still_there = (
        select(other.c.uid)
        .where((other.c.message_id == message_copy.c.message_id) & other.c.expunged.is_(False))
        .exists()
    )
    return connection.execute(
        select(func.count(message_copy.c.message_id.distinct())).where(message_copy.c.expunged.is_(True), ~still_there)
    ).scalar_one()
