"""A batch on its way to the store: rows, gaps and the cursor that is committed with them; plain values only."""

from collections.abc import Container, Sequence
from typing import NamedTuple

from scanner.model import Batch, Gap
from scanner.store.row import BatchRows, RowMaker
from scanner.uids import Ranges, uids_of


class Cursor(NamedTuple):
    """How far a mailbox is read when a batch of it is committed."""

    run_id: int
    """The scan."""

    account_id: int
    mailbox_id: int
    epoch_id: int
    """Where the UIDs mean something."""

    examined: Ranges
    """All UIDs examined, this batch included."""

    others: Ranges = ()
    """Of these the mail of others, read and not kept; none = as before."""

    is_protected: bool = False
    """All mail of the mailbox is protected: every recipient of it is an outsider."""


class Frame(NamedTuple):
    """One batch, ready to be inserted."""

    cursor: Cursor
    rows: BatchRows
    gaps: Sequence[Gap]
    former_gaps: Sequence[int]
    """UIDs of these messages that are open gaps: they are closed."""


def make_frame(maker: RowMaker, cursor: Cursor, batch: Batch, former_gaps: Container[int] = ()) -> Frame:
    """
    Return the frame of a batch.

    Args:
        maker: Makes the rows.

        cursor: Where the mailbox stands after this batch.

        batch: What was asked for and came.

        former_gaps: UIDs that are open gaps; those the batch holds are closed.
    """
    rows = maker.rows(batch.messages, is_protected=cursor.is_protected)
    return Frame(cursor, rows, batch.gaps, _read_after_all(batch, former_gaps))


def _read_after_all(batch: Batch, former_gaps: Container[int]) -> list[int]:
    """Return the UIDs of the batch that were gaps; mail of others leaves no message, and closes its gap as well."""
    if not former_gaps:
        return []
    others = uids_of(batch.others)
    return [uid for uid in (*(message.uid for message in batch.messages), *others) if uid in former_gaps]
