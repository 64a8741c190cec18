"""The scan of one mailbox: opened, read newest first in as many parts as its turn allows, and accounted for."""

import time
from dataclasses import dataclass

from scanner.crawl.answered import AnsweredBatch
from scanner.crawl.scope import OwnMail
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import AccountError, BudgetSpentError
from scanner.model import Batch, FoundMailbox, Gap, OpenedMailbox, Progress
from scanner.pipeline.reaching.intake import Crawl
from scanner.pipeline.scanning.missing_header import read_missing_headers
from scanner.pipeline.scanning.shared_store import SharedStore
from scanner.pipeline.scanning.structure_scan import WantedStructures, read_structures
from scanner.store import crawled
from scanner.store.frame import Cursor
from scanner.store.gaps import MAX_STRIKES, open_message_gaps, record_gap, resolve_gaps
from scanner.store.standing import Standing, carry_over, last_standing, note_standing
from scanner.uids import Ranges, contains, count, intersect, join_ranges, newest_first, ranges_of, subtract


class AccountWork:
    """
    What the scans of an account's mailboxes share.

    Args:
        store: Shared by all accounts of the scan.

        run_id: The scan.

        account_id: The account's number in the store.

        account_name: Stands in gaps.

        crawl: Reads the account's mail.

        progress: Told about messages to fetch and fetched.

        ours: Tells mail of ours from mail of others.

        structures: Tells whose structure is wanted.
    """

    def __init__(
        self,
        store: SharedStore,
        run_id: int,
        account_id: int,
        account_name: str,
        crawl: Crawl,
        progress: Progress,
        ours: OwnMail,
        structures: WantedStructures,
    ) -> None:
        self.store = store
        self.run_id = run_id
        self.account_id = account_id
        self.account_name = account_name
        self.crawl = crawl
        self.progress = progress
        self.ours = ours
        self.structures = structures
        self.new_messages = 0
        self.new_gaps = 0

    def count_new(self) -> None:
        """Wait until the account's batches are committed, and count what they brought."""
        new, new_gaps = self.store.flush(self.account_id)
        self.new_messages += new
        self.new_gaps += new_gaps

    def note_gap(
        self,
        kind: str,
        detail: str,
        mailbox: str | None = None,
        *,
        mailbox_id: int | None = None,
        epoch: int | None = None,
    ) -> None:
        """Record a gap of the account, of a mailbox or of an epoch of it."""
        gap = Gap(self.account_name, kind, detail, mailbox)
        with self.store.begin() as connection:
            self.new_gaps += record_gap(connection, self.run_id, self.account_id, mailbox_id, epoch, gap)

    def close_gaps(self, *kinds: str, mailbox_id: int | None = None) -> None:
        """Close open gaps of these kinds: the account or the mailbox was read after all."""
        with self.store.begin() as connection:
            resolve_gaps(connection, self.run_id, self.account_id, kinds=kinds, mailbox_id=mailbox_id)


@dataclass(slots=True)
class _Accounting:
    """Figures of one mailbox while it is scanned."""

    listed: Ranges
    everything: bool
    expunged: int
    vanished: int = 0
    fetched: int = 0


class MailboxScan:
    """
    One mailbox within a scan.

    Args:
        work: Of its account.

        mailbox: As it was found.

        mailbox_id: Its number in the store.
    """

    def __init__(self, work: AccountWork, mailbox: FoundMailbox, mailbox_id: int) -> None:
        self._work = work
        self.mailbox = mailbox
        self.mailbox_id = mailbox_id
        self.rebuilds = 0
        """How often it changed its UIDVALIDITY meanwhile."""

        self.reached: int | None = None
        """Date of the oldest message read so far, UTC; None before the first."""

        self.left: Ranges = ()
        """What is still to be asked for."""

        self._awaited = 0

    def recall(self) -> Standing | None:
        """Return what the mailbox was like when it was last read to its end; None where it has to be opened."""
        with self._work.store.begin() as connection:
            return last_standing(connection, self._work.run_id, self.mailbox_id, now=int(time.time()))

    def pass_over(self, standing: Standing) -> None:
        """Account for the mailbox without opening it: it is as it was, and so are its figures."""
        with self._work.store.begin() as connection:
            carry_over(connection, self._work.run_id, standing, now=int(time.time()))

    def open(self) -> None:
        """
        Open the mailbox, list its UIDs and find what is new.

        Raises:
            AccountError: It cannot be opened.
        """
        work = self._work
        self._opened, listed = work.crawl.open(self.mailbox)
        everything = work.crawl.lists_everything and not self.mailbox.search
        with work.store.begin() as connection:
            epoch = crawled.open_epoch(connection, self.mailbox_id, self._opened)
            epoch = crawled.judge_others_by(connection, epoch, work.ours.rule if self.mailbox.only_ours else "")
            self._strikes = open_message_gaps(connection, epoch.id)
            expunged = crawled.mark_expunged(connection, epoch.id, listed, complete_list=everything)
        self._epoch_id = epoch.id
        work.structures.note_former(work.store, epoch.id)
        again = ranges_of(uid for uid, times in self._strikes.items() if times < MAX_STRIKES and contains(listed, uid))
        self._examined, self._others = epoch.examined, epoch.others
        self.left = join_ranges((*subtract(listed, self._examined), *again))
        self._accounting = _Accounting(listed, everything, expunged)
        self._await(count(self.left))
        self._account_for(done=False)
        work.store.expect(count(self.left))

    @property
    def opened(self) -> OpenedMailbox:
        """What EXAMINE said when it was opened last."""
        return self._opened

    def read(self, messages: int | None) -> None:
        """
        Read the newest messages of those that are left.

        Args:
            messages: How many at most; None = all.

        Raises:
            MailboxChangedError: It got a new UIDVALIDITY; it has to be opened anew.

            AccountError: It, or the whole account, cannot be read on.
        """
        if messages is None or not self.left:
            part, self.left = self.left, ()
        else:
            # No limit of length: the crawl cuts its commands itself.
            part = next(newest_first(self.left, messages, max_text=1 << 30))
            self.left = subtract(self.left, part)
        for batch in self._work.crawl.batches(self.mailbox, self._opened, part):
            self._submit(batch)

    def _submit(self, batch: Batch | AnsweredBatch) -> None:
        work = self._work
        self._examined = join_ranges((*self._examined, *batch.examined))
        kept = work.ours.keep(batch) if self.mailbox.only_ours else batch
        self._others = join_ranges((*self._others, *kept.others))
        cursor = self._cursor()
        work.store.submit(cursor, kept, self._strikes)
        self._accounting.vanished += batch.vanished
        self._accounting.fetched += batch.fetched
        # The lowest UID is the one that was received first; what comes next is older as a rule.
        self.reached = batch.reached or self.reached
        done = batch.count
        self._awaited -= done
        work.progress.advance(done)

    def _cursor(self) -> Cursor:
        work = self._work
        numbers = (work.run_id, work.account_id, self.mailbox_id, self._epoch_id)
        is_protected = work.structures.protected.lies_at(work.account_name, self.mailbox.name)
        return Cursor(*numbers, self._examined, self._others, is_protected)

    def give_up(self) -> None:
        """Say that nothing more comes of what was expected."""
        self._await(0)

    def _await(self, messages: int) -> None:
        self._work.progress.expect(messages - self._awaited)
        self._awaited = messages

    def finish(self) -> None:
        """
        Account for the mailbox when nothing is left; a sum that does not add up is a gap of its own.

        Raises:
            MailboxChangedError: As `read`.

            BudgetSpentError: Before the structure of its messages, or headers that were missing, were read; the next
                scan goes on.
        """
        work, accounting = self._work, self._accounting
        work.count_new()
        self._read_structures()
        self._read_missing_headers()
        with work.store.begin() as connection:
            crawled.set_examined(
                connection,
                self._epoch_id,
                _settled(self._examined, accounting.listed, accounting.everything and work.crawl.uids_ascend),
            )
            # Also when the epoch is not new: a scan that was killed here has left its copies as they were.
            crawled.retire_epochs(connection, self.mailbox_id)
        self._account_for(done=True)
        work.close_gaps("mailbox_unreadable", mailbox_id=self.mailbox_id)
        self._note_cut()

    def _read_structures(self) -> None:
        work = self._work
        work.structures.note_protected(work.store, self._epoch_id, work.account_name, self.mailbox.name)
        cursor = self._cursor()
        try:
            work.new_gaps += read_structures(work.store, work.crawl, self.mailbox, self._opened, cursor, work.progress)
        except (MailboxChangedError, BudgetSpentError):
            raise
        except AccountError as error:
            # All its headers are here; what is attached to some of its mail is not worth the mailbox.
            detail = f"{error.what} ({error.code})"
            work.note_gap("structures_unfinished", detail, self.mailbox.name, mailbox_id=self.mailbox_id)
        else:
            work.close_gaps("structures_unfinished", mailbox_id=self.mailbox_id)

    def _read_missing_headers(self) -> None:
        work, listed = self._work, self._accounting.listed
        place = (self.mailbox, self._opened, self._epoch_id)
        try:
            read_missing_headers(work.store, work.crawl, *place, work.structures.header_rule, listed, work.progress)
        except (MailboxChangedError, BudgetSpentError):
            raise
        except AccountError:
            # All its mail is here. What is missing of the evidence is told where it is handed out.
            return

    def _note_cut(self) -> None:
        """Make a gap of a file that ends in its middle; what followed may have been mail."""
        if why := self._work.crawl.cut(self.mailbox):
            self._work.note_gap("mailbox_truncated", why, self.mailbox.name, mailbox_id=self.mailbox_id)
        else:
            self._work.close_gaps("mailbox_truncated", mailbox_id=self.mailbox_id)

    def _account_for(self, *, done: bool) -> None:
        """Write the mailbox's figures; at the end they have to add up."""
        work, accounting, epoch_id = self._work, self._accounting, self._epoch_id
        listed = accounting.listed
        with work.store.begin() as connection:
            stored = crawled.stored_count(connection, epoch_id, None if accounting.everything else listed)
            unread = open_message_gaps(connection, epoch_id)
            errored = sum(contains(listed, uid) for uid in unread)
            others = intersect(self._others, listed)
            crawled.save_accounting(
                connection,
                work.run_id,
                epoch_id,
                enumerated=count(listed),
                stored=stored,
                others=count(others),
                vanished=accounting.vanished,
                errored=errored,
                expunged_since=accounting.expunged,
                fetched=accounting.fetched,
                ended_at=int(time.time()) if done else None,
            )
            adds_up = count(listed) == stored + count(others) + accounting.vanished + errored
            if done and adds_up:
                resolve_gaps(connection, work.run_id, work.account_id, kinds=("mailbox_miscounted",), epoch_id=epoch_id)
                if self._is_settled():
                    note_standing(connection, work.run_id, epoch_id, self._opened, now=int(time.time()))
            elif done:
                crawled.ask_again(connection, epoch_id, listed, gaps=join_ranges((*ranges_of(unread), *others)))
        if done and not adds_up:
            why = (
                f"listed {count(listed)}, stored {stored}, of others {count(others)}, "
                f"vanished {accounting.vanished}, errored {errored}"
            )
            work.note_gap("mailbox_miscounted", why, self.mailbox.name, mailbox_id=self.mailbox_id, epoch=epoch_id)

    def _is_settled(self) -> bool:
        """Tell whether the next scan may pass the mailbox over while it stays as it is."""
        accounting, exists = self._accounting, self._opened.exists
        if accounting.vanished:
            # Gone from the next list, and from its sum.
            return False
        if accounting.everything:
            # A list that got shorter on its way has to be asked for again.
            return count(accounting.listed) == exists
        # Of a part nobody says how long it should be; that nothing of it arrived is the one thing to be seen.
        return bool(accounting.listed) or not exists


def _settled(examined: Ranges, listed: Ranges, everything: bool) -> Ranges:
    """
    Return the cursor in its final form, the same however often the scan was interrupted.

    When all UIDs of a whole mailbox were examined, what lies between them
    does not exist and never will: UIDs only grow (RFC 9051, 2.3.1.1).
    """
    if everything and listed and not subtract(listed, examined):
        return join_ranges((*examined, (1, listed[-1][1])))
    return examined
