"""Where an account's mail comes from: a server, or a file or folder of evidence. Both are crawled alike."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from scanner.crawl.account import AccountCrawl
from scanner.crawl.answered import AnsweredBatch
from scanner.crawl.budget import Budget
from scanner.crawl.own_mail import OwnMailCount
from scanner.crawl.source.crawl import SourceCrawl
from scanner.model import Account, Batch, FoundMailbox, OpenedMailbox, Progress, StructureBatch
from scanner.store import crawled
from scanner.uids import Ranges


class Crawl(Protocol):
    """What a scan asks of an account."""

    @property
    def server_id(self) -> str:
        """What the server or source says of itself, or ""."""

    @property
    def tls_version(self) -> str:
        """TLS version of the connection, "" for none."""

    @property
    def lists_everything(self) -> bool:
        """No period limits what is listed."""

    @property
    def uids_ascend(self) -> bool:
        """A message that comes later has a higher UID."""

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """List the mailboxes; AccountError."""

    def standings(self, mailboxes: Sequence[FoundMailbox]) -> dict[bytes, OpenedMailbox]:
        """Return what mailboxes are like without opening them; one that has to be opened is missing. AccountError."""

    def is_alive(self) -> bool:
        """Tell whether the account answers, apart from a mailbox of it."""

    def open(self, mailbox: FoundMailbox) -> tuple[OpenedMailbox, Ranges]:
        """Open a mailbox read-only and list its UIDs; AccountError."""

    def batches(
        self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges
    ) -> Iterator[Batch] | Iterator[AnsweredBatch]:
        """Yield batches until every wanted UID is accounted for; AccountError."""

    def structures(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[StructureBatch]:
        """Yield the structure of messages until every wanted UID is accounted for; AccountError."""

    def whole(self, mailbox: FoundMailbox, opened: OpenedMailbox, uid: int, limit: int) -> bytes | str:
        """Return one mail, byte for byte, or in words why there is none; AccountError."""

    def count_own_mail(self, mailbox: FoundMailbox, searches: Sequence[str]) -> OwnMailCount:
        """Count mail of ours in a mailbox that is not read; AccountError."""

    def cut(self, mailbox: FoundMailbox) -> str:
        """Tell why the mailbox, once read, seems to end too early; "" when it does not."""

    @property
    def is_connected(self) -> bool:
        """A connection is kept open for the next call."""

    def stop(self) -> None:
        """End what is waited for; called from another thread."""

    def close(self, *, quietly: bool = False) -> None:
        """End, or let go of the connection until the next call; never raises."""


def make_crawl(
    account: Account,
    credential: Callable[[], str],
    *,
    where: str,
    progress: Progress,
    base_wait: float,
    pause: Callable[[float], None] | None,
    begin: Callable[[], AbstractContextManager[Connection]],
    account_id: int,
) -> Crawl:
    """
    Return what reads an account's mail.

    Args:
        account: Whom to crawl; with a `source`, no server is asked and `credential` never called.

        credential: Gives the password or token.

        where: What to call the account in messages.

        progress: Told about waits and long work.

        base_wait: Seconds before the first new connection to a server.

        pause: Waits in place of the crawl; None = it waits itself.

        begin: Opens the store. It tells what files, which keep no UIDs, were like when they were scanned last, and how
            much a server has sent today.

        account_id: The account's number in the store.
    """

    def keep(day: int, received: int) -> int:
        with begin() as connection:
            return crawled.count_traffic(connection, account_id, day, received)

    if not account.source:
        return AccountCrawl(
            account,
            credential,
            where=where,
            progress=progress,
            base_wait=base_wait,
            pause=pause,
            budget=Budget(account.bytes_per_day, keep) if account.bytes_per_day else None,
        )

    def former(wire_name: bytes) -> OpenedMailbox | None:
        with begin() as connection:
            return crawled.last_opened(connection, account_id, wire_name)

    return SourceCrawl(account, where=where, progress=progress, former=former)
