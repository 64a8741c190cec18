"""Where an account's mail comes from: a server, or a file or folder of evidence. Both are crawled alike."""

from collections.abc import Callable, Iterator
from typing import Protocol

from sqlalchemy import Engine

from scanner.crawl.account import AccountCrawl
from scanner.crawl.source.crawl import SourceCrawl
from scanner.model import Account, Batch, FoundMailbox, OpenedMailbox, Progress
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

    def open(self, mailbox: FoundMailbox) -> tuple[OpenedMailbox, Ranges]:
        """Open a mailbox read-only and list its UIDs; AccountError."""

    def batches(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[Batch]:
        """Yield batches until every wanted UID is accounted for; AccountError."""

    def cut(self, mailbox: FoundMailbox) -> str:
        """Tell why the mailbox, once read, seems to end too early; "" when it does not."""

    def close(self, *, quietly: bool = False) -> None:
        """End; never raises."""


def make_crawl(
    account: Account,
    credential: Callable[[], str],
    *,
    where: str,
    progress: Progress,
    base_wait: float,
    engine: Engine,
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

        engine: The store: files keep no UIDs, so it tells what they were like when they were scanned last.

        account_id: The account's number in the store.
    """
    if not account.source:
        return AccountCrawl(account, credential, where=where, progress=progress, base_wait=base_wait)

    def former(wire_name: bytes) -> OpenedMailbox | None:
        with engine.connect() as connection:
            return crawled.last_opened(connection, account_id, wire_name)

    return SourceCrawl(account, where=where, progress=progress, former=former)
