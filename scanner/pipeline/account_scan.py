"""The scan of one account: its mailboxes, one after the other, and the sum of each."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from scanner.crawl.account import MailboxChangedError
from scanner.crawl.mailbox import missing_error
from scanner.errors import (
    AccountError,
    MailboxMissingError,
    NoSentMailboxError,
    PasswordMissingError,
    PermissionDeniedError,
    SettingsError,
    SourceError,
)
from scanner.model import Account, CoverageRow, FoundMailbox, Gap, Progress
from scanner.pipeline.intake import make_crawl
from scanner.pipeline.writing import BatchSink
from scanner.store import crawled
from scanner.store.coverage import coverage_rows
from scanner.store.gaps import MAX_STRIKES, open_message_gaps, record_gap, resolve_gaps
from scanner.uids import Ranges, contains, count, join_ranges, ranges_of, subtract

_REBUILDS = 3
"""How often a mailbox may change its UIDVALIDITY during one scan before it is left for the next one."""

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


class AccountScan:
    """The scan of one account within a run."""

    def __init__(
        self,
        engine: Engine,
        run_id: int,
        number: int,
        account: Account,
        password: Callable[[], str],
        sink: BatchSink,
        progress: Progress,
        base_wait: float,
    ) -> None:
        self._engine = engine
        self._run_id = run_id
        self._number = number
        self._account = account
        self._sink = sink
        self._progress = progress
        self._new_messages = 0
        self._finished = 0
        self._new_gaps = 0
        with engine.begin() as connection:
            self._account_id = crawled.save_account(connection, account)
            crawled.note_account(connection, run_id, self._account_id, state="running")
        self._crawl = make_crawl(
            account,
            password,
            where=f"account {number}",
            progress=progress,
            base_wait=base_wait,
            engine=engine,
            account_id=self._account_id,
        )

    def run(self) -> AccountOutcome:
        """Read the account's mailboxes and account for them; an error of the account ends here, as a gap."""
        error: AccountError | None = None
        kind = "account_unreached"
        try:
            found = self._crawl.find_mailboxes()
            kind = "account_unfinished"
            numbers = self._save_mailboxes(found)
            error = self._note_missing(found, numbers)
            for mailbox in found:
                if mailbox.in_scope:
                    refused = self._scan_or_note(mailbox, numbers[mailbox.wire_name])
                    error = error or refused
        except (AccountError, SettingsError) as failed:
            error = self._note_failure(failed, kind)
        finally:
            self._crawl.close()
        return self._end(error)

    def _save_mailboxes(self, found: tuple[FoundMailbox, ...]) -> Mapping[bytes, int]:
        with self._engine.begin() as connection:
            numbers = crawled.save_mailboxes(connection, self._account_id, found)
            crawled.note_account(
                connection,
                self._run_id,
                self._account_id,
                state="running",
                server=self._crawl.server_id,
                tls=self._crawl.tls_version,
            )
        return numbers

    def _note_failure(self, failed: AccountError | SettingsError, kind: str) -> AccountError:
        """Make a gap of what ended the account's scan."""
        self._count_new()
        if isinstance(failed, SettingsError):
            failed = PasswordMissingError(failed.what, where=f"account {self._number}", remedy=failed.remedy)
        kind = "no_sent_mailbox" if isinstance(failed, NoSentMailboxError | MailboxMissingError) else kind
        self._note_gap(Gap(self._account.name, kind, f"{failed.what} ({failed.code})"))
        return failed

    def _end(self, error: AccountError | None) -> AccountOutcome:
        with self._engine.begin() as connection:
            if error is None:
                resolve_gaps(connection, self._run_id, self._account_id, kinds=_ACCOUNT_KINDS)
            state = "complete" if error is None else "failed"
            crawled.note_account(
                connection, self._run_id, self._account_id, state=state, error=error.code if error else ""
            )
            rows = tuple(
                row for row in coverage_rows(connection, self._account.name) if row.in_scope and not row.is_former
            )
        return AccountOutcome(
            self._number, self._account.name, rows, self._new_messages, error, self._finished, self._new_gaps
        )

    def _note_missing(
        self, found: tuple[FoundMailbox, ...], numbers: Mapping[bytes, int]
    ) -> MailboxMissingError | None:
        """Make a gap of every mailbox that the settings name and the account does not have; the others are read."""
        missing = {mailbox.wire_name: mailbox for mailbox in found if mailbox.is_missing}
        with self._engine.begin() as connection:
            for wire_name, number in numbers.items():
                if wire_name not in missing:
                    resolve_gaps(
                        connection, self._run_id, self._account_id, kinds=("mailbox_missing",), mailbox_id=number
                    )
        for wire_name, mailbox in missing.items():
            gap = Gap(self._account.name, "mailbox_missing", "correct mailboxes in the settings", mailbox.name)
            self._note_gap(gap, numbers[wire_name])
        return missing_error(missing.values()) if missing else None

    def _scan_or_note(self, mailbox: FoundMailbox, mailbox_id: int) -> AccountError | None:
        """Scan one mailbox; one that the server does not open costs itself only."""
        try:
            for _ in range(_REBUILDS):
                try:
                    self._scan_mailbox(mailbox, mailbox_id)
                except MailboxChangedError:
                    self._count_new()
                    continue
                with self._engine.begin() as connection:
                    resolve_gaps(
                        connection,
                        self._run_id,
                        self._account_id,
                        kinds=("mailbox_unreadable",),
                        mailbox_id=mailbox_id,
                    )
                self._note_cut(mailbox, mailbox_id)
                self._finished += 1
                return None
            why = "the mailbox is rebuilt by the server again and again"
            failed: AccountError = MailboxChangedError(why, remedy="Run the scan again later")
        except (PermissionDeniedError, SourceError) as refused:
            self._count_new()
            failed = refused
        self._note_gap(Gap(self._account.name, "mailbox_unreadable", failed.what, mailbox.name), mailbox_id)
        return failed

    def _note_cut(self, mailbox: FoundMailbox, mailbox_id: int) -> None:
        """Make a gap of a file that ends in its middle; what followed may have been mail."""
        why = self._crawl.cut(mailbox)
        if why:
            self._note_gap(Gap(self._account.name, "mailbox_truncated", why, mailbox.name), mailbox_id)
            return
        with self._engine.begin() as connection:
            resolve_gaps(
                connection, self._run_id, self._account_id, kinds=("mailbox_truncated",), mailbox_id=mailbox_id
            )

    def _scan_mailbox(self, mailbox: FoundMailbox, mailbox_id: int) -> None:
        opened, listed = self._crawl.open(mailbox)
        everything = self._crawl.lists_everything
        with self._engine.begin() as connection:
            epoch = crawled.open_epoch(connection, mailbox_id, opened)
            strikes = open_message_gaps(connection, epoch.id)
            expunged = crawled.mark_expunged(connection, epoch.id, listed, complete_list=everything)
        again = ranges_of(uid for uid, times in strikes.items() if times < MAX_STRIKES and contains(listed, uid))
        examined = epoch.examined
        wanted = join_ranges((*subtract(listed, examined), *again))
        self._progress.expect(count(wanted))
        accounting = _Accounting(listed, everything, expunged)
        self._account_for(epoch.id, accounting, mailbox, mailbox_id, done=False)
        self._sink.expect(count(wanted))
        for batch in self._crawl.batches(mailbox, opened, wanted):
            examined = join_ranges((*examined, *batch.examined))
            self._sink.submit(
                run_id=self._run_id,
                account_id=self._account_id,
                mailbox_id=mailbox_id,
                epoch_id=epoch.id,
                batch=batch,
                examined=examined,
                former_gaps=strikes,
            )
            accounting.vanished += batch.vanished
            accounting.fetched += len(batch.messages)
            self._progress.advance(len(batch.messages) + len(batch.gaps) + batch.vanished)
        self._count_new()
        with self._engine.begin() as connection:
            crawled.set_examined(
                connection, epoch.id, _settled(examined, listed, everything and self._crawl.uids_ascend)
            )
            # Also when the epoch is not new: a scan that was killed here has left its copies as they were.
            crawled.retire_epochs(connection, mailbox_id)
        self._account_for(epoch.id, accounting, mailbox, mailbox_id, done=True)

    def _count_new(self) -> None:
        """Wait until all batches are committed, and count what they brought."""
        new, new_gaps = self._sink.flush()
        self._new_messages += new
        self._new_gaps += new_gaps

    def _account_for(
        self, epoch_id: int, accounting: "_Accounting", mailbox: FoundMailbox, mailbox_id: int, *, done: bool
    ) -> None:
        """Write the mailbox's figures; at the end, a sum that does not add up is a gap of its own."""
        listed = accounting.listed
        with self._engine.begin() as connection:
            stored = crawled.stored_count(connection, epoch_id, None if accounting.everything else listed)
            unread = open_message_gaps(connection, epoch_id)
            errored = sum(contains(listed, uid) for uid in unread)
            crawled.save_accounting(
                connection,
                self._run_id,
                epoch_id,
                enumerated=count(listed),
                stored=stored,
                vanished=accounting.vanished,
                errored=errored,
                expunged_since=accounting.expunged,
                fetched=accounting.fetched,
                ended_at=int(time.time()) if done else None,
            )
            adds_up = count(listed) == stored + accounting.vanished + errored
            if done and adds_up:
                resolve_gaps(
                    connection, self._run_id, self._account_id, kinds=("mailbox_miscounted",), epoch_id=epoch_id
                )
            elif done:
                crawled.ask_again(connection, epoch_id, listed, gaps=ranges_of(unread))
        if done and not adds_up:
            why = f"listed {count(listed)}, stored {stored}, vanished {accounting.vanished}, errored {errored}"
            self._note_gap(Gap(self._account.name, "mailbox_miscounted", why, mailbox.name), mailbox_id, epoch_id)

    def _note_gap(self, gap: Gap, mailbox_id: int | None = None, epoch_id: int | None = None) -> None:
        with self._engine.begin() as connection:
            self._new_gaps += record_gap(connection, self._run_id, self._account_id, mailbox_id, epoch_id, gap)


@dataclass(slots=True)
class _Accounting:
    """Figures of one mailbox while it is scanned."""

    listed: Ranges
    everything: bool
    expunged: int
    vanished: int = 0
    fetched: int = 0


def _settled(examined: Ranges, listed: Ranges, everything: bool) -> Ranges:
    """
    Return the cursor in its final form, the same however often the scan was interrupted.

    When all UIDs of a whole mailbox were examined, what lies between them
    does not exist and never will: UIDs only grow (RFC 9051, 2.3.1.1).
    """
    if everything and listed and not subtract(listed, examined):
        return join_ranges((*examined, (1, listed[-1][1])))
    return examined
