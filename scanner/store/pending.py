"""
What has come to a store since its newest analysis, found without a walk through what was there before.

New messages have higher numbers than those before them. Whatever a scan learns
of a message that is stored already comes with a further copy of it, and the
writer notes it (`note_changes`); so does whoever else changes rows of messages,
proves something of them or looks for proofs.
What rules over many messages at once (the names and roles of mailboxes, which
addresses are lists) stands in the mark itself: after a change of it, a whole
analysis is due.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from scanner.store.message_change import noted_changes
from scanner.store.people import newest_statement
from scanner.store.reader import list_posts
from scanner.store.receipts import proof_state
from scanner.store.schema import account, epoch, mailbox, message, message_change


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the life of a store, as far as analyses go."""

    newest: int
    """Highest number of a message."""

    boxes: Mapping[str, str]
    """Mailbox and epoch, by number → all of it that decides on messages, hashed."""

    proofs: tuple[int, ...]
    """`proof_state`."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Messages to judge, by number."""

    numbers: frozenset[int]
    """New, or changed since."""

    noted: int
    """Highest number of a note among them: `forget_changes` takes it."""


def store_mark(connection: Connection) -> Mark:
    """Return the present moment."""
    newest = connection.execute(select(func.max(message.c.id))).scalar()
    boxes = connection.execute(
        select(mailbox.c.id, account.c.name, mailbox.c.name, mailbox.c.role, mailbox.c.reason).select_from(
            mailbox.join(account)
        )
    )
    held = {f"mailbox {row[0]}": _short(list(row)) for row in boxes}
    rules = connection.execute(select(epoch.c.id, epoch.c.others_rule.is_(None)))
    held.update((f"epoch {number}", _short([bool(is_open)])) for number, is_open in rules)
    # What was stated about people holds for all mail, and lists are told by any mail that names them.
    held["statements"] = str(newest_statement(connection))
    held["lists"] = _short(list_posts(connection))
    return Mark(newest or 0, held, tuple(proof_state(connection)))


def mark_object(mark: Mark) -> dict[str, Any]:
    """Return a mark as what JSON can hold."""
    return {"newest": mark.newest, "boxes": dict(mark.boxes), "proofs": list(mark.proofs)}


def read_mark(content: Any) -> Mark | None:
    """Return the mark that `mark_object` made; None for anything else."""
    if not isinstance(content, dict):
        return None
    return Mark(content["newest"], content["boxes"], tuple(content["proofs"]))


def pending(connection: Connection, since: Mark, now: Mark) -> Pending | None:
    """Return what has come between two moments; None when something has changed that rules over many messages."""
    # New mailboxes hold new copies only.
    if any(now.boxes.get(name) != held for name, held in since.boxes.items()) or now.newest < since.newest:
        return None
    noted = noted_changes(connection)
    changed = select(message_change.c.message_id).where(message_change.c.id <= noted)
    fresh = select(message.c.id).where((message.c.id > since.newest) & (message.c.id <= now.newest))
    return Pending(frozenset(connection.execute(changed.union(fresh)).scalars()), noted)


def _short(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
