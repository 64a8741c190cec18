"""The scan of one account, in turns: the newest mail of all its mailboxes first, then ever larger parts of the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scanner.crawl.mailbox import missing_error
from scanner.crawl.scope import OwnMail
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import (
    AccountError,
    BudgetSpentError,
    ConnectionLostError,
    MailboxMissingError,
    NoSentMailboxError,
    PasswordMissingError,
    PermissionDeniedError,
    ProtocolError,
    ServerTimeoutError,
    SettingsError,
    SourceError,
)
from scanner.model import Account, CoverageRow, FoundMailbox, OpenedMailbox, Progress
from scanner.pipeline.reaching.intake import Crawl, make_crawl
from scanner.pipeline.scanning.elsewhere import Elsewhere
from scanner.pipeline.scanning.mailbox_scan import AccountWork, MailboxScan
from scanner.pipeline.scanning.shared_store import SharedStore
from scanner.pipeline.scanning.structure_scan import WantedStructures
from scanner.pipeline.scanning.unlisted import find_all, note_gone
from scanner.store import crawled
from scanner.store.coverage import coverage_rows
from scanner.store.gaps import resolve_gaps

FIRST_PART = 500
"""Messages of an account that its first turn reads: some minutes' to months' worth, in one FETCH."""

GROWTH = 4
"""How much larger each part is than the one before: a million messages are seven turns, so at most seven sign-ins."""

_LEAST = 25
"""Messages that the first turn reads of a mailbox, however many mailboxes there are."""

_REBUILDS = 3
"""How often a mailbox may change its UIDVALIDITY during one scan before it is left for the next one."""

_BROKEN_LIMIT = 3
"""Mailboxes of an account that may break the connection or make no sense; then it is the server that does."""

_ACCOUNT_KINDS = ("account_unreached", "account_unfinished", "no_sent_mailbox")


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """How the scan of one account ended."""

    number: int
    """Place in the settings, from 1; what logs and messages call the account."""

    name: str
    mailboxes: tuple[CoverageRow, ...]
    new_messages: int
    error: AccountError | None
    finished: int = 0
    """Mailboxes that were read to their end."""

    new_gaps: int = 0


@dataclass(slots=True)
class AccountScan:
    """
    One account within a run; `turn` is called until there is an `outcome`, by one thread at a time.

    Nothing is under way between two turns: the connection may be kept or
    dropped (`rest`).
    """

    store: SharedStore
    run_id: int
    number: int
    account: Account
    account_id: int
    """Its number in the store."""

    credential: Callable[[], str]
    progress: Progress
    base_wait: float
    ours: OwnMail
    """Tells mail of ours from mail of others."""

    structures: WantedStructures
    """Tells whose structure is wanted."""

    pause: Callable[[float], None] | None = None
    """Waits for so many seconds in place of the crawl."""

    is_alone: bool = False
    """No other account waits for its turn: the rest is read in one part."""

    outcome: AccountOutcome | None = None
    _crawl: Crawl | None = None
    _work: AccountWork = field(init=False)
    _boxes: list[MailboxScan] = field(default_factory=list)
    _elsewhere: Elsewhere | None = None
    _gone: tuple[tuple[FoundMailbox, int], ...] = ()
    _part: int = FIRST_PART
    _finished: int = 0
    _broken: int = 0
    _error: AccountError | None = None
    _kind: str = "account_unreached"

    @property
    def reached(self) -> int | None:
        """Date of the newest mail that may still be unread, UTC; None = not known yet."""
        return max((box.reached for box in self._boxes if box.reached is not None), default=None)

    @property
    def place(self) -> str:
        """The server, "" for a file."""
        return "" if self.account.source else self.account.host.lower()

    @property
    def is_done(self) -> bool:
        """The account was read to its end, or to an error that ended it."""
        return self.outcome is not None

    @property
    def is_connected(self) -> bool:
        """A connection is kept open."""
        return self._crawl is not None and self._crawl.is_connected

    def turn(self) -> None:
        """Go on with the account; an error of the account ends it, as a gap."""
        try:
            if self._crawl is None:
                self._begin()
            else:
                self._go_on()
        except (AccountError, SettingsError) as failed:
            for box in self._boxes:
                box.give_up()
            self._boxes, self._elsewhere = [], None
            self._note_failure(failed)
        if not self._boxes:
            if self._elsewhere is not None:
                self._elsewhere.count()
            self.rest()
            self._end()

    def rest(self) -> None:
        """Sign out until the next turn."""
        if self._crawl is not None:
            self._crawl.close()

    def stop(self) -> None:
        """End whatever the account waits for; called from another thread."""
        if self._crawl is not None:
            self._crawl.stop()

    def _begin(self) -> None:
        self._crawl = crawl = make_crawl(
            self.account,
            self.credential,
            where=f"account {self.number}",
            progress=self.progress,
            base_wait=self.base_wait,
            pause=self.pause,
            begin=self.store.begin,
            account_id=self.account_id,
        )
        self._work = AccountWork(
            self.store,
            self.run_id,
            self.account_id,
            self.account.name,
            crawl,
            self.progress,
            self.ours,
            self.structures,
        )
        self._note("opening")
        mailboxes = find_all(crawl, self.account, self.account_id, self.store.begin)
        found = mailboxes.found
        self._kind = "account_unfinished"
        numbers = self._save_mailboxes(found, crawl)
        self._gone = tuple((one, numbers[one.wire_name]) for one in mailboxes.gone)
        self._error = self._note_missing(found, numbers)
        boxes = [MailboxScan(self._work, one, numbers[one.wire_name]) for one in found if one.in_scope]
        searched = tuple(one for one in found if one.is_searched)
        self._boxes, now = self._changed(boxes, searched, crawl)
        self._elsewhere = Elsewhere(self._work, self.account, searched, numbers, now)
        is_whole = not crawl.uids_ascend or (self.is_alone and len(self._boxes) == 1)
        part = None if is_whole else max(_LEAST, FIRST_PART // max(1, len(self._boxes)))
        for box in tuple(self._boxes):
            self._guarded(box, lambda box=box: self._open_and_read(box, part))  # type: ignore[misc]
        # From here on it is known how much there is to read.
        self._note("running")

    def _changed(
        self, boxes: list[MailboxScan], searched: tuple[FoundMailbox, ...], crawl: Crawl
    ) -> tuple[list[MailboxScan], Mapping[bytes, OpenedMailbox]]:
        """
        Account for the mailboxes that are as they were, all of them for one round trip.

        Returns:
            The others; and what the server says of all that it was asked about, `searched` included.
        """
        known = {box.mailbox.wire_name: standing for box in boxes if (standing := box.recall())}
        asked = [box.mailbox for box in boxes if box.mailbox.wire_name in known]
        now = crawl.standings([*asked, *searched])
        changed = []
        for box in boxes:
            name = box.mailbox.wire_name
            if name in now and known[name].is_still(now[name]):
                box.pass_over(known[name])
                self._finished += 1
            else:
                changed.append(box)
        return changed, now

    def _go_on(self) -> None:
        """Read the next part of the mailbox that has got least far."""
        self._part *= GROWTH
        box = max(self._boxes, key=lambda box: (box.reached is not None, box.reached or 0))
        self._guarded(box, lambda: self._read(box, self._part))

    def _open_and_read(self, box: MailboxScan, part: int | None) -> None:
        box.open()
        self._read(box, part)

    def _read(self, box: MailboxScan, part: int | None) -> None:
        try:
            box.read(part)
        except MailboxChangedError:
            self._work.count_new()
            box.rebuilds += 1
            if box.rebuilds >= _REBUILDS:
                why = "the mailbox is rebuilt by the server again and again"
                self._give_up(box, MailboxChangedError(why, remedy="Run the scan again later"))
                return
            self._open_and_read(box, part)
            return
        if not box.left:
            box.finish()
            self._finished += 1
            self._boxes.remove(box)

    def _guarded(self, box: MailboxScan, step: Callable[[], None]) -> None:
        """Do a step; a mailbox that the server does not open costs itself only."""
        try:
            step()
        except (PermissionDeniedError, SourceError) as refused:
            self._work.count_new()
            self._give_up(box, refused)
        except (ProtocolError, ConnectionLostError, ServerTimeoutError) as broken:
            # Damaged mailboxes make some servers fail or talk nonsense each time: the others are read all the same.
            self._broken += 1
            if self._broken >= _BROKEN_LIMIT or self._crawl is None or not self._crawl.is_alive():
                raise
            self._work.count_new()
            self._give_up(box, broken)

    def _give_up(self, box: MailboxScan, why: AccountError) -> None:
        self._work.note_gap("mailbox_unreadable", why.what, box.mailbox.name, mailbox_id=box.mailbox_id)
        why.where = f"account {self.number}, mailbox {box.mailbox.name!r}"
        self._error = self._error or why
        box.give_up()
        self._boxes.remove(box)

    def _save_mailboxes(self, found: tuple[FoundMailbox, ...], crawl: Crawl) -> Mapping[bytes, int]:
        with self.store.begin() as connection:
            numbers = crawled.save_mailboxes(connection, self.account_id, found)
            crawled.note_account(
                connection,
                self.run_id,
                self.account_id,
                state="opening",
                server=crawl.server_id,
                tls=crawl.tls_version,
            )
        return numbers

    def _note_missing(
        self, found: tuple[FoundMailbox, ...], numbers: Mapping[bytes, int]
    ) -> MailboxMissingError | None:
        """Make a gap of every mailbox that the settings name and the account does not have; the others are read."""
        missing = {mailbox.wire_name: mailbox for mailbox in found if mailbox.is_missing}
        there = {mailbox.wire_name for mailbox in found} - {*missing}
        with self.store.begin() as connection:
            for wire_name, number in numbers.items():
                if wire_name not in missing:
                    # An unlisted mailbox of which nothing is known stays a gap.
                    kinds = ("mailbox_missing", *(("mailbox_unlisted",) if wire_name in there else ()))
                    resolve_gaps(connection, self.run_id, self.account_id, kinds=kinds, mailbox_id=number)
        for wire_name, mailbox in missing.items():
            detail = "correct mailboxes in the settings"
            self._work.note_gap("mailbox_missing", detail, mailbox.name, mailbox_id=numbers[wire_name])
        if not missing:
            return None
        error = missing_error(missing.values())
        error.where = f"account {self.number}"
        return error

    def _note_failure(self, failed: AccountError | SettingsError) -> None:
        """Make a gap of what ended the account's scan."""
        self._work.count_new()
        if isinstance(failed, SettingsError):
            failed = PasswordMissingError(failed.what, where=f"account {self.number}", remedy=failed.remedy)
        is_about_mailboxes = isinstance(failed, NoSentMailboxError | MailboxMissingError)
        kind = "account_unfinished" if isinstance(failed, BudgetSpentError) else self._kind
        self._work.note_gap("no_sent_mailbox" if is_about_mailboxes else kind, f"{failed.what} ({failed.code})")
        self._error = failed

    def _note(self, state: str) -> None:
        with self.store.begin() as connection:
            crawled.note_account(connection, self.run_id, self.account_id, state=state)

    def _end(self) -> None:
        work, error = self._work, self._error
        for mailbox, number in self._gone:
            note_gone(work, mailbox, number)
        with self.store.begin() as connection:
            if error is None:
                resolve_gaps(connection, self.run_id, self.account_id, kinds=_ACCOUNT_KINDS)
            state = "complete" if error is None else "failed"
            crawled.note_account(
                connection, self.run_id, self.account_id, state=state, error=error.code if error else ""
            )
            rows = tuple(
                row for row in coverage_rows(connection, self.account.name) if row.in_scope and not row.is_past
            )
        self.outcome = AccountOutcome(
            self.number, self.account.name, rows, work.new_messages, error, self._finished, work.new_gaps
        )
