"""Crawl one account: find its mailboxes, open them, and fetch what is wanted of them."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from scanner.crawl.answered import AnsweredBatch, Place
from scanner.crawl.enumeration import enumerate_mailbox, limits_of
from scanner.crawl.fetch import MailboxFetch
from scanner.crawl.header import FETCH_ITEMS
from scanner.crawl.mailbox import GMAIL, find_mailboxes
from scanner.crawl.own_mail import OwnMailCount, count_own_mail
from scanner.crawl.period import Period
from scanner.crawl.standing import read_standings
from scanner.crawl.steady import SteadyConnection
from scanner.crawl.structure_fetch import StructureFetch
from scanner.crawl.whole import fetch_whole
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from scanner.model import FoundMailbox, OpenedMailbox, StructureBatch
from scanner.uids import Ranges

_GMAIL_CAPS = frozenset({1_000, 2_000, 5_000, 10_000})
"""What Gmail can be set to show of a folder at most (Settings, Forwarding and POP/IMAP, Folder size limits)."""

_CAPPED = (
    "Gmail shows as many messages as its folder size limit allows, so there may be more; in Gmail: Settings, "
    "Forwarding and POP/IMAP, do not limit the number of messages"
)


class AccountCrawl(SteadyConnection):
    """One signed-in account; arguments as for `SteadyConnection`."""

    fetch_items = FETCH_ITEMS
    """What is asked for of each message."""

    uids_ascend = True
    """A message that comes later has a higher UID (RFC 9051, 2.3.1.1)."""

    @cached_property
    def _period(self) -> Period:
        return Period(self._account.sent_from, self._account.sent_until)

    @cached_property
    def _cut(self) -> dict[bytes, str]:
        """Wire name of a mailbox that was opened → why it seems to show a part of its mail only."""
        return {}

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """
        Sign in and list the account's mailboxes.

        Raises:
            AccountError: The subclass that names what failed.
        """
        found = self._steadily(lambda client: find_mailboxes(client, self._account))
        self._save_budget()
        return found

    def standings(self, mailboxes: Sequence[FoundMailbox]) -> dict[bytes, OpenedMailbox]:
        """
        Return what mailboxes are like without opening them, by wire name; one that has to be opened is missing.

        Raises:
            AccountError: The subclass that names what failed.
        """
        if not mailboxes:
            return {}
        try:
            return self._steadily(lambda client: read_standings(client, mailboxes))
        except ProtocolError:
            # What it is that the server cannot say shows when the mailboxes are opened.
            return {}

    def open(self, mailbox: FoundMailbox) -> tuple[OpenedMailbox, Ranges]:
        """
        Open a mailbox read-only; return what EXAMINE said and the UIDs within the mandate's period.

        Raises:
            ProtocolError: The server lists far more UIDs than messages, or none of them.

            AccountError: The subclass that names what failed.
        """

        def work(client: WireClient) -> tuple[OpenedMailbox, Ranges]:
            self._opened = None
            self._cut.pop(mailbox.wire_name, None)
            found = enumerate_mailbox(client, mailbox, self._period)
            if found.opened.exists in _GMAIL_CAPS and client.has_capability(GMAIL):
                self._cut[mailbox.wire_name] = _CAPPED
            elif found.cut:
                self._cut[mailbox.wire_name] = found.cut
            self._opened = mailbox.wire_name
            return found.opened, found.uids

        return self._steadily(work)

    def whole(self, mailbox: FoundMailbox, opened: OpenedMailbox, uid: int, limit: int) -> bytes | str:
        """
        Return one mail, byte for byte, or in words why there is none (`fetch_whole`).

        Raises:
            MailboxChangedError: UIDVALIDITY changed on the way.

            AccountError: The connection cannot be kept up.
        """
        return self._steadily(lambda _: fetch_whole(self._reopened(mailbox, opened), uid, limit))

    def count_own_mail(self, mailbox: FoundMailbox, searches: Sequence[str]) -> OwnMailCount:
        """
        Count mail of ours in a mailbox that is not read, within the mandate's period.

        Raises:
            AccountError: The connection cannot be kept up; a refused search is an answer.
        """
        limits = limits_of(mailbox, self._period)
        keys = [f"{one} {limits}".rstrip() for one in searches]
        self._opened = None
        return self._steadily(lambda client: count_own_mail(client, mailbox, keys))

    @property
    def lists_everything(self) -> bool:
        """No period limits what is listed."""
        return self._period.is_open

    def batches(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[AnsweredBatch]:
        """
        Yield batches until every wanted UID is accounted for.

        A broken connection is made again, with growing waits, and the work
        goes on after the last batch that was yielded. A message that breaks
        the connection each time becomes a gap.

        Raises:
            MailboxChangedError: UIDVALIDITY changed on the way.

            AccountError: The connection cannot be kept up.
        """
        fetch = MailboxFetch(
            self._account.name,
            mailbox,
            opened.uidvalidity,
            is_complete_list=not limits_of(mailbox, self._period),
            period=self._period,
            items=self.fetch_items,
        )
        yield from self._resumed(fetch, mailbox, opened, wanted)

    def structures(self, mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges) -> Iterator[StructureBatch]:
        """
        Yield the structure of messages (BODYSTRUCTURE), until every wanted UID is accounted for; as `batches`.

        Raises:
            AccountError: As `batches`.
        """
        place = Place(self._account.name, mailbox.name, opened.uidvalidity, mailbox.role == "drafts")
        yield from self._resumed(StructureFetch(place), mailbox, opened, wanted)

    def cut(self, mailbox: FoundMailbox) -> str:
        """Tell why a mailbox that was opened seems to show a part of its mail only; "" when it does not."""
        return self._cut.get(mailbox.wire_name, "")
