"""Messages made into rows and written at once, by one process."""

from collections.abc import Callable, Container

from sqlalchemy import Engine

from scanner.model import AddressKey, Batch
from scanner.store.frame import Cursor, make_frame
from scanner.store.row import RowMaker
from scanner.store.writer import RowWriter


class MessageWriter:
    """
    Makes rows of messages and writes them, in one process.

    Args:
        engine: An opened store, locked by this process.

        is_outsider: As for `RowMaker`.

        parser_version: As for `RowMaker`.

        is_protected_sender: As for `RowMaker`.
    """

    def __init__(
        self,
        engine: Engine,
        is_outsider: Callable[[AddressKey], bool],
        parser_version: int,
        is_protected_sender: Callable[[AddressKey], bool] | None = None,
    ) -> None:
        self._maker = RowMaker(is_outsider, parser_version, is_protected_sender)
        self._writer = RowWriter(engine, is_outsider)

    def write(self, cursor: Cursor, batch: Batch, former_gaps: Container[int] = ()) -> tuple[int, int]:
        """
        Commit one batch with the cursor that includes it; arguments as of `make_frame`.

        Returns:
            (messages that are new to the store, gaps that are new)

        Raises:
            StoreError: Through `store_errors` of the caller; nothing of the batch is then written.
        """
        return self._writer.write(make_frame(self._maker, cursor, batch, former_gaps))
