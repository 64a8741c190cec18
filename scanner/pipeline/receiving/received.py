"""Where received mail comes from: a server, or a file or folder. Both are looked through alike."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from scanner.crawl.answered import AnsweredBatch
from scanner.crawl.bounce import Report
from scanner.crawl.budget import Budget
from scanner.crawl.delivery import InboxCrawl
from scanner.crawl.source.received import SourceInbox
from scanner.model import Account, FoundMailbox, OpenedMailbox, Progress
from scanner.store import crawled, delivery
from scanner.uids import Ranges


class Inbox(Protocol):
    """What looking for bounces and replies asks of an account; every call may raise AccountError."""

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """List the mailboxes that hold received mail."""

    def open_since(self, mailbox: FoundMailbox, moment: int) -> tuple[OpenedMailbox, Ranges]:
        """Open a mailbox read-only and list the UIDs received from a moment on."""

    def batches(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[AnsweredBatch]:
        """Yield headers until every wanted UID is accounted for."""

    def reports(
        self, mailbox: FoundMailbox, opened: OpenedMailbox, uids: Sequence[int]
    ) -> Iterator[tuple[int, Report | None]]:
        """Yield (uid, what the delivery report says), None for one that cannot be read."""

    def stop(self) -> None:
        """End what is waited for; called from another thread."""

    def close(self, *, quietly: bool = False) -> None:
        """Let go of the connection or the files; never raises."""


def make_inbox(
    account: Account,
    credential: Callable[[], str],
    begin: Callable[[], AbstractContextManager[Connection]],
    *,
    where: str,
    progress: Progress,
    base_wait: float,
    pause: Callable[[float], None] | None = None,
) -> Inbox:
    """
    Return what reads an account's received mail.

    Args:
        account: Whose.

        credential: Gives the password or token; never called for a file.

        begin: Opens the store. It counts what a server has sent today, and knows what files were like last time.

        where: What to call the account in messages.

        progress: Told about waits.

        base_wait: Seconds before the first new connection to a server.

        pause: Waits in place of the crawl; None = it waits itself.
    """
    with begin() as connection:
        account_id = crawled.save_account(connection, account)

    def former(wire_name: bytes) -> OpenedMailbox | None:
        with begin() as connection:
            return delivery.former_opening(connection, account_id, wire_name)

    if account.source:
        return SourceInbox(account, where=where, progress=progress, former=former)

    def keep(day: int, received: int) -> int:
        with begin() as connection:
            return crawled.count_traffic(connection, account_id, day, received)

    budget = Budget(account.bytes_per_day, keep) if account.bytes_per_day else None
    return InboxCrawl(
        account, credential, where=where, progress=progress, base_wait=base_wait, pause=pause, budget=budget
    )
