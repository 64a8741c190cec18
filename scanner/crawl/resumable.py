"""What can go on after a broken connection: a fetch that hands over batches and knows what it still has in hand."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from scanner.crawl.answered import AnsweredBatch
from scanner.crawl.wire import WireClient
from scanner.model import StructureBatch
from scanner.uids import Ranges

B = TypeVar("B", bound=AnsweredBatch | StructureBatch, covariant=True)


class ResumableFetch(Protocol[B]):
    """Asks for messages of one mailbox, on one connection after the other."""

    was_stopped: bool
    """Not all that was wanted was asked for."""

    def batches(
        self, client: WireClient, wanted: Ranges, size: int = ..., may_ask: Callable[[], bool] | None = None
    ) -> Iterator[B]:
        """Yield batches until every wanted UID was examined; AccountError."""

    def rescue(self) -> B | None:
        """Return what was answered before the connection broke, None if nothing."""

    def give_up_on(self, uid: int, why: str) -> B:
        """Return the batch that records a UID as a gap."""
