"""Verify the evidence: ask the servers for headers again, and compare them with what was kept."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine

from scanner.config import Settings
from scanner.errors import AccountError, PasswordMissingError, SettingsError
from scanner.model import Account, FoundMailbox, OpenedMailbox, Progress
from scanner.pipeline.reaching.accounts import choose_accounts
from scanner.pipeline.reaching.credential import Credentials
from scanner.pipeline.reaching.intake import Crawl, make_crawl
from scanner.store.engine import disposing, open_engine, store_errors
from scanner.store.evidence import (
    KeptCopy,
    KeptEpoch,
    all_copies,
    copies_of_queued,
    kept_copies,
    kept_epochs,
    kept_headers,
    sampled_copies,
    stored_accounts,
)
from scanner.uids import contains, intersect, ranges_of

Verdict = Literal["same", "rendered", "changed", "gone", "unread"]
"""
same: the header's bytes have the hash that was kept. rendered: other bytes
that say the same (sender, recipients, date, Message-ID). changed: they say
something else. gone: the server does not list it any more. unread: nobody
could look.
"""

SAMPLE = 1_000
"""Copies looked at beside those of queued incidents, unless another number is asked for."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A copy that is not as it was kept."""

    account: str
    mailbox: str
    uidvalidity: int
    uid: int
    verdict: Verdict
    detail: str
    kept_sha256: str
    found_sha256: str
    """"" where there is nothing to hash."""

    known: bool = False
    """Gone, and an earlier scan has found so already."""


@dataclass(frozen=True, slots=True)
class AccountEvidence:
    """What was found of one account."""

    number: int
    """Its place in the settings; 0 = they do not name it any more."""

    account: str
    counts: dict[Verdict, int]
    deviations: tuple[Deviation, ...]
    """By mailbox and UID."""

    error: AccountError | None


@dataclass(frozen=True, slots=True)
class EvidenceOutcome:
    """What was found of all accounts."""

    stored: int
    """Copies that the store keeps in mailboxes numbered as they were."""

    asked: int
    """Copies that were looked at."""

    seed: str
    """Repeats the sample; "" when everything was looked at."""

    accounts: tuple[AccountEvidence, ...]
    headers: int = 0
    """Headers that the store keeps."""

    spoiled_headers: tuple[str, ...] = ()
    """SHA-256 of those whose bytes do not have it any more: somebody changed the store."""

    def count(self, verdict: Verdict) -> int:
        """Return how many copies ended so."""
        return sum(one.counts.get(verdict, 0) for one in self.accounts)

    @property
    def is_whole(self) -> bool:
        """Every copy that was looked at is the same, or was known to be gone; and what is kept is what was kept."""
        return not self.spoiled_headers and not any(
            one.error or any(not each.known for each in one.deviations) for one in self.accounts
        )


def verify_evidence(
    settings: Settings,
    *,
    sample: int | None = SAMPLE,
    seed: str = "",
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
    progress: Progress,
    base_wait: float = 1.0,
) -> EvidenceOutcome:
    """
    Compare headers with their hashes, kept ones and those that are fetched again; nothing is written to the server.

    Nor to the store, but how much a server has sent where the settings limit that.

    Args:
        settings: Whose mail, which store.

        sample: Copies chosen at random, beside all those of queued incidents; None = every copy.

        seed: Repeats an earlier sample; "" = another one.

        accounts: Names; empty = all.

        password_prompt: Asks a person for a password, told whose.

        progress: Told about copies.

        base_wait: Seconds before a lost connection is made again; doubled each time.

    Raises:
        UsageError: An account is named that does not exist.

        StoreError: The store is missing or cannot be read.
    """
    chosen = choose_accounts(settings, accounts)
    seed = "" if sample is None else seed or secrets.token_hex(8)
    reading, counting = disposing(open_engine(settings.store_url, read_only=True)), open_engine(settings.store_url)
    with reading as engine, disposing(counting), store_errors(engine.url):
        with engine.connect() as connection:
            stored = sum(1 for _ in all_copies(connection))
            if sample is None:
                copies = set(all_copies(connection))
            else:
                copies = copies_of_queued(connection) | sampled_copies(connection, sample, seed)
            kept, spoiled = 0, []
            for sha256, is_whole in kept_headers(connection):
                kept += 1
                spoiled += [] if is_whole else [sha256]
        by_epoch: dict[int, list[int]] = defaultdict(list)
        for epoch_id, uid in sorted(copies):
            by_epoch[epoch_id].append(uid)
        credentials = Credentials(settings, prompt=password_prompt, tell=progress.say if password_prompt else None)
        outcomes = []
        for number, account in chosen:
            check = _AccountCheck(engine, number, account, by_epoch, progress)
            # What a server has sent today is counted where that is limited; else the store is only read, and a scan
            # goes on beside it.
            begin = (counting if account.bytes_per_day else engine).begin
            outcomes.append(check.run(credentials.of(account), begin, base_wait))
        if not accounts:
            outcomes += _former_accounts(engine, {account.name for _, account in chosen}, by_epoch, progress)
    asked = sum(sum(one.counts.values()) for one in outcomes)
    return EvidenceOutcome(stored, asked, seed, tuple(outcomes), kept, tuple(spoiled))


def _former_accounts(
    engine: Engine, named: Container[str], chosen: dict[int, list[int]], progress: Progress
) -> Iterator[AccountEvidence]:
    """Yield accounts whose copies are to be looked at, and that the settings do not name any more."""
    with engine.connect() as connection:
        names = stored_accounts(connection)
    for name in names:
        if name not in named:
            found = _AccountCheck(engine, 0, Account(name, "", 0, ""), chosen, progress).give_up()
            if found.counts:
                yield found


class _AccountCheck:
    """One account whose copies are looked at."""

    def __init__(
        self, engine: Engine, number: int, account: Account, chosen: dict[int, list[int]], progress: Progress
    ) -> None:
        self._engine = engine
        self._number = number
        self._account = account
        self._chosen = chosen
        self._progress = progress
        self._counts: dict[Verdict, int] = defaultdict(int)
        self._deviations: list[Deviation] = []
        self._left: dict[int, KeptCopy] = {}

    def run(
        self,
        credential: Callable[[], str],
        begin: Callable[[], AbstractContextManager[Connection]],
        base_wait: float,
    ) -> AccountEvidence:
        """Look at all chosen copies of the account; an error of the account ends it and is told."""
        with self._engine.connect() as connection:
            kept = [one for one in kept_epochs(connection, self._account.name) if one.epoch_id in self._chosen]
        self._progress.expect(sum(len(self._chosen[one.epoch_id]) for one in kept))
        error: AccountError | None = None
        if kept:
            crawl = make_crawl(
                self._account,
                credential,
                where=f"account {self._number}",
                progress=self._progress,
                base_wait=base_wait,
                pause=None,
                begin=begin,
                account_id=kept[0].account_id,
            )
            try:
                error = self._look(crawl, kept)
            finally:
                crawl.close()
        deviations = sorted(self._deviations, key=lambda each: (each.mailbox, each.uidvalidity, each.uid))
        return AccountEvidence(self._number, self._account.name, dict(self._counts), tuple(deviations), error)

    def give_up(self) -> AccountEvidence:
        """Say of all chosen copies of an account that is no more that nobody could look."""
        with self._engine.connect() as connection:
            kept = [one for one in kept_epochs(connection, self._account.name) if one.epoch_id in self._chosen]
        self._progress.expect(sum(len(self._chosen[one.epoch_id]) for one in kept))
        for one in kept:
            self._begin(one)
            self._settle(one, "unread", "the settings do not name its account any more")
        return AccountEvidence(self._number, self._account.name, dict(self._counts), tuple(self._deviations), None)

    def _look(self, crawl: Crawl, kept: list[KeptEpoch]) -> AccountError | None:
        left = list(kept)
        try:
            found = {mailbox.wire_name: mailbox for mailbox in crawl.find_mailboxes()}
            while left:
                self._look_into(crawl, left[0], found.get(left[0].wire_name))
                left.pop(0)
        except (AccountError, SettingsError) as failed:
            error = (
                failed if isinstance(failed, AccountError) else PasswordMissingError(failed.what, remedy=failed.remedy)
            )
            error.where = error.where or f"account {self._number}"
            for one in left:
                if not self._left:
                    self._begin(one)
                self._settle(one, "unread", error.what)
            return error
        return None

    def _look_into(self, crawl: Crawl, kept: KeptEpoch, mailbox: FoundMailbox | None) -> None:
        self._begin(kept)
        if mailbox is None:
            self._settle(kept, "gone", "the mailbox is no longer listed")
            return
        if mailbox.is_excluded:
            self._settle(kept, "unread", f"the mailbox must not be read any more ({mailbox.reason})")
            return
        opened, listed = crawl.open(mailbox)
        if opened.uidvalidity != kept.uidvalidity:
            self._settle(kept, "unread", "the mailbox has been numbered anew since; scan first")
            return
        self._compare(crawl, kept, mailbox, opened, intersect(ranges_of(list(self._left)), listed))
        why = "the server does not list it any more"
        if crawl.lists_everything:
            self._settle(kept, "gone", why)
        else:
            # What lies outside the mandate's period is not listed, and must not be asked for.
            self._settle(kept, "unread", f"{why}, or it lies outside the mandate's period")

    def _compare(
        self,
        crawl: Crawl,
        kept: KeptEpoch,
        mailbox: FoundMailbox,
        opened: OpenedMailbox,
        wanted: tuple[tuple[int, int], ...],
    ) -> None:
        for batch in crawl.batches(mailbox, opened, wanted):
            for message in batch.messages:
                copy = self._left.pop(message.uid, None)
                if copy is None:
                    continue
                now = message.header_sha256.hex()
                if now == copy.header_sha256:
                    self._counts["same"] += 1
                elif message.identity == copy.identity:
                    self._note(kept, copy, "rendered", "other bytes that say the same", now)
                else:
                    self._note(kept, copy, "changed", "it says something else than it did", now)
                self._progress.advance(1)
            for gap in batch.gaps:
                if gap.uid is not None and gap.uid in self._left and contains(wanted, gap.uid):
                    self._note(kept, self._left.pop(gap.uid), "unread", gap.detail)
                    self._progress.advance(1)

    def _begin(self, kept: KeptEpoch) -> None:
        with self._engine.connect() as connection:
            self._left = kept_copies(connection, kept.epoch_id, self._chosen[kept.epoch_id])

    def _settle(self, kept: KeptEpoch, verdict: Verdict, detail: str) -> None:
        """Say of all that is left how it ended."""
        self._progress.advance(len(self._left))
        for copy in self._left.values():
            self._note(kept, copy, verdict, detail)
        self._left = {}

    def _note(self, kept: KeptEpoch, copy: KeptCopy, verdict: Verdict, detail: str, found: str = "") -> None:
        self._counts[verdict] += 1
        known = verdict == "gone" and copy.expunged
        self._deviations.append(
            Deviation(
                kept.account,
                kept.mailbox,
                kept.uidvalidity,
                copy.uid,
                verdict,
                detail,
                copy.header_sha256,
                found,
                known,
            )
        )
