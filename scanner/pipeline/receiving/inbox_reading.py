"""
The received mail of one account, looked through for bounces of and replies to messages.

From the oldest message on; afterwards only what is new. For messages that
were not looked for before, the mail since the oldest of them is read once
more, for nothing is kept of mail that proved nothing.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from scanner.crawl.proof import Found, Matcher, Received, read_received
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import AccountError, PasswordMissingError, PermissionDeniedError, SettingsError, SourceError
from scanner.model import Account, FoundMailbox, OpenedMailbox, Progress, Sought
from scanner.pipeline.reaching.schedule import ScanStoppedError
from scanner.pipeline.receiving.received import Inbox
from scanner.store import crawled, delivery
from scanner.store.receipts import Proof, save_proofs
from scanner.uids import Ranges, count, intersect, join_ranges, newest_first, subtract

_SLACK = 86_400
"""Seconds by which clocks of servers may differ: a bounce that seems to be older than its message is read."""

_PIECE = 2_000
"""Messages whose headers are read before the bounces among them are: a connection does one thing at a time."""

_REBUILDS = 3
_UNREADABLE = "it is no delivery report that can be read (RFC 3464)"
_NAMELESS = "it does not tell which mail came back"


class OneWriter:
    """Lets the threads of a pass write one at a time: SQLite has one writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._is_closed = False

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """
        Give a transaction.

        Raises:
            ScanStoppedError: The pass was stopped.
        """
        with self._turn:
            if self._is_closed:
                raise ScanStoppedError
            with self._engine.begin() as connection:
                yield connection

    def close(self) -> None:
        """Let nobody write any more; waits for whoever is writing."""
        with self._turn:
            self._is_closed = True


@dataclass(frozen=True, slots=True)
class InboxOutcome:
    """How the reading of one account's received mail ended."""

    number: int
    """Place in the settings, from 1."""

    account: str
    mailboxes: int
    """That were read to their end."""

    read: int
    """Messages whose headers were read this time."""

    bounces: int
    replies: int
    """New this time; automatic replies included."""

    unnamed: int
    """New answers of somebody whom the stored copy does not name."""

    reports: int
    """Reports of delivery or delay, new this time."""

    unread_bounces: int
    """New bounces that could not be read."""

    unserved: int
    """Messages that the server lists and did not give, this time."""

    error: AccountError | None


@dataclass(slots=True)
class AccountReading:
    """One account within a pass: a job of the schedule with a single turn."""

    store: OneWriter
    pass_id: int
    number: int
    account: Account
    sought: Sequence[Sought]
    progress: Progress
    make_inbox: Callable[..., Inbox]
    """Called once, with `pause`."""

    pause: Callable[[float], None] | None = None
    """Waits for so many seconds in place of the crawl."""

    outcome: InboxOutcome | None = None
    mailboxes: int = 0
    read: int = 0
    bounces: int = 0
    replies: int = 0
    unnamed: int = 0
    others: int = 0
    unread_bounces: int = 0
    unserved: int = 0
    _error: AccountError | None = None
    _account_id: int = 0
    _matcher: Matcher = field(init=False)
    _inbox: Inbox | None = None

    @property
    def reached(self) -> int | None:
        """Return None: no account's mail is newer than another's."""
        return None

    @property
    def place(self) -> str:
        """The server, "" for a file."""
        return "" if self.account.source else self.account.host.lower()

    @property
    def is_done(self) -> bool:
        """The turn has ended."""
        return self.outcome is not None

    @property
    def is_connected(self) -> bool:
        """Between turns there is no connection."""
        return False

    def rest(self) -> None:
        """Do nothing: there is no connection to give up."""

    def stop(self) -> None:
        """End whatever the account waits for; called from another thread."""
        if self._inbox is not None:
            self._inbox.stop()

    def turn(self) -> None:
        """Read all mailboxes; an error of the account ends it and is told."""
        with self.store.begin() as connection:
            self._account_id = crawled.save_account(connection, self.account)
        if self.sought:
            self._inbox = inbox = self.make_inbox(pause=self.pause)
            try:
                self._read_account(inbox)
            except (AccountError, SettingsError) as failed:
                self._error = (
                    PasswordMissingError(failed.what, where=f"account {self.number}", remedy=failed.remedy)
                    if isinstance(failed, SettingsError)
                    else failed
                )
                self._error.where = self._error.where or f"account {self.number}"
            finally:
                inbox.close()
            self._note_end()
        self.outcome = InboxOutcome(
            self.number,
            self.account.name,
            self.mailboxes,
            self.read,
            self.bounces,
            self.replies,
            self.unnamed,
            self.others,
            self.unread_bounces,
            self.unserved,
            self._error,
        )

    def _note_end(self) -> None:
        with self.store.begin() as connection:
            if self._error is None:
                numbers = [one.number for one in self.sought]
                delivery.note_sought(connection, self._account_id, numbers, self.pass_id)
            delivery.note_reading(
                connection,
                self._account_id,
                ended_at=int(time.time()) if self._error is None else None,
                error=f"{self._error.what} ({self._error.code})" if self._error else "",
            )

    def _read_account(self, inbox: Inbox) -> None:
        numbers = frozenset(one.number for one in self.sought)
        with self.store.begin() as connection:
            delivery.forget_sought(connection, self._account_id, numbers)
            if delivery.is_untouched(connection, self._account_id):
                # From the first UID on, so that a reading that is stopped goes on at its cursor.
                delivery.note_sought(connection, self._account_id, numbers, None)
            known = delivery.already_sought(connection, self._account_id)
        self._matcher = Matcher(self.sought)
        oldest = min(one.sent_at for one in self.sought) - _SLACK
        again = min((one.sent_at for one in self.sought if one.number not in known), default=None)
        for mailbox in inbox.find_mailboxes():
            try:
                self._read_steadily(inbox, mailbox, oldest, None if again is None else again - _SLACK)
                self.mailboxes += 1
            except (PermissionDeniedError, SourceError) as refused:
                # One mailbox that is not given costs itself only, and is told.
                refused.where = f"account {self.number}, mailbox {mailbox.name!r}"
                self._error = self._error or refused

    def _read_steadily(self, inbox: Inbox, mailbox: FoundMailbox, oldest: int, again: int | None) -> None:
        for turn in range(_REBUILDS):
            try:
                self._read_mailbox(inbox, mailbox, oldest, again)
                return
            except MailboxChangedError:
                if turn == _REBUILDS - 1:
                    raise

    def _read_mailbox(self, inbox: Inbox, mailbox: FoundMailbox, oldest: int, again: int | None) -> None:
        """
        Read what is new; and, for messages that were not looked for before, everything since the oldest of them.

        Args:
            oldest: Mail received before is not read.

            again: Mail received since is read once more; None = no message is new.
        """
        with self.store.begin() as connection:
            mailbox_id = delivery.mailbox_number(connection, self._account_id, mailbox)
        more: Ranges = ()
        if again is not None and again > oldest:
            _, more = inbox.open_since(mailbox, again)
        opened, listed = inbox.open_since(mailbox, oldest)
        with self.store.begin() as connection:
            epoch = delivery.open_received(connection, mailbox_id, opened)
        if again is not None:
            more = intersect(more if again > oldest else listed, epoch.examined)
        new = subtract(listed, epoch.examined)
        self.progress.expect(count(new) + count(more))
        self._read_uids(inbox, mailbox, opened, epoch, new, epoch.examined)
        self._read_uids(inbox, mailbox, opened, epoch, more, None)

    def _read_uids(
        self,
        inbox: Inbox,
        mailbox: FoundMailbox,
        opened: OpenedMailbox,
        epoch: delivery.ReceivedEpoch,
        wanted: Ranges,
        examined: Ranges | None,
    ) -> None:
        """Read UIDs; `examined` is the cursor that they are added to, None when they stand in it already."""
        if not wanted:
            return
        # No limit of length: the crawl cuts its commands itself.
        for piece in newest_first(wanted, _PIECE, max_text=1 << 30):
            batches = list(inbox.batches(mailbox, opened, piece))
            unread = {
                gap.uid: (delivery.MESSAGE_UNSERVED, gap.detail)
                for batch in batches
                for gap in batch.early_gaps
                if gap.uid is not None
            }
            self.unserved += len(unread)
            mails = [read_received(answer) for batch in batches for answer in batch.answers]
            proofs, bad = self._judge(inbox, mailbox, opened, mails)
            self.unread_bounces += len(bad)
            with self.store.begin() as connection:
                self._save(connection, epoch.id, proofs)
                delivery.note_unread(connection, epoch.id, piece, unread | bad)
                if examined is not None:
                    examined = join_ranges((*examined, *(pair for batch in batches for pair in batch.examined)))
                    delivery.save_progress(connection, epoch.id, examined, len(mails))
            self.read += len(mails)
            self.progress.advance(count(piece))

    def _save(self, connection: Connection, epoch_id: int, found: Sequence[tuple[Received, Found]]) -> None:
        rows = [
            Proof(one.message, one.key, one.kind, one.happened_at, one.status, epoch_id, None, mail.uid, mail.sha256)
            for mail, one in found
        ]
        answers = [row for row in rows if row.kind in ("replied", "auto_reply")]
        self.replies += save_proofs(connection, [row for row in answers if row.key])
        self.unnamed += save_proofs(connection, [row for row in answers if not row.key])
        self.bounces += save_proofs(connection, [row for row in rows if row.kind == "bounced"])
        self.others += save_proofs(connection, [row for row in rows if row.kind in ("delivered", "delayed")])

    def _judge(
        self, inbox: Inbox, mailbox: FoundMailbox, opened: OpenedMailbox, mails: Iterable[Received]
    ) -> tuple[list[tuple[Received, Found]], dict[int, tuple[str, str]]]:
        """Return (mail, what it proves), and UID → (kind, why) of bounces that cannot be read."""
        matcher = self._matcher
        proofs: list[tuple[Received, Found]] = []
        unread: dict[int, tuple[str, str]] = {}
        reports: dict[int, Received] = {}
        for mail in mails:
            if mail.is_report:
                if not matcher.is_about_another(mail):
                    reports[mail.uid] = mail
            elif found := matcher.failed(mail):
                proofs += ((mail, one) for one in found)
            elif mail.looks_like_bounce:
                # Some name the mail that came back in In-Reply-To, as a person's reply does.
                if not matcher.is_about_another(mail):
                    unread[mail.uid] = delivery.BOUNCE_UNREAD, _UNREADABLE
            else:
                proofs += ((mail, one) for one in matcher.replies(mail))
        for uid, report in inbox.reports(mailbox, opened, sorted(reports)) if reports else ():
            mail = reports[uid]
            returned = matcher.returned(mail, report) if report is not None else matcher.failed(mail) or None
            if returned is not None:
                proofs += ((mail, one) for one in returned)
            elif report is None:
                unread[uid] = delivery.BOUNCE_UNREAD, _UNREADABLE
            elif matcher.concerns_copies(report.copies) or not report.copies:
                unread[uid] = delivery.BOUNCE_UNREAD, _NAMELESS
        return proofs, unread
