"""One account whose mail lies in a file or folder, tried step by step: nothing is stored, nothing is changed."""

from collections.abc import Callable
from pathlib import Path

from scanner.crawl.mailbox import missing_error
from scanner.crawl.source.crawl import SourceCrawl
from scanner.crawl.source.evidence import source_errors
from scanner.crawl.source.scope import OTHER_FILES, other_files
from scanner.model import Account, FoundMailbox
from scanner.pipeline.checking.account_check import AccountCheck, CheckedMailbox, take_steps, tell_messages, tell_sent
from scanner.pipeline.checking.exclusion import excluded_mailboxes, unmatched_patterns
from scanner.uids import count

SOURCE_STEPS = ("file", "kind", "sent mailboxes", "counts")


class _Silence:
    """Progress of work that nobody waits long for."""

    def expect(self, total: int) -> None:
        """Add nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""


class SourceTrial:
    """
    Tries one account that has a `source`; used once.

    Args:
        number: Place in the settings, from 1.

        account: Whom to try.
    """

    def __init__(self, number: int, account: Account) -> None:
        self._number = number
        self._account = account
        self._where = f"account {number}"
        self._crawl = SourceCrawl(account, where=self._where, progress=_Silence(), former=lambda _: None)
        self._sent: list[CheckedMailbox] = []
        self._found: tuple[FoundMailbox, ...] = ()

    def run(self) -> AccountCheck:
        """Take the steps in order until one fails; never raises for what the file is."""
        actions: tuple[Callable[[], str], ...] = (self._find, self._recognise, self._find_sent, self._count)
        steps = take_steps(SOURCE_STEPS, actions)
        names = self._crawl.names
        warnings = tuple(
            f"{one.name!r} is not read: {one.reason}"
            for one in self._found
            if one.wire_name not in self._crawl.known and one.wire_name != OTHER_FILES and not one.is_missing
        )
        self._crawl.close()
        return AccountCheck(
            self._number,
            self._account.name,
            steps,
            tuple(self._sent),
            () if self._sent else names,
            warnings,
            excluded_mailboxes(self._account, names),
            unmatched_patterns(self._account, names),
        )

    def _find(self) -> str:
        path = Path(self._account.source)
        with source_errors(self._where):
            size = path.stat().st_size
        return "the folder is there" if path.is_dir() else f"the file is there ({size:,} bytes)"

    def _recognise(self) -> str:
        self._crawl.look()
        mailboxes = len(self._crawl.names)
        ignored = f"; {other_files(self._crawl.ignored)}" if self._crawl.ignored else ""
        return f"{self._crawl.server_id} with {mailboxes:,} mailbox{'' if mailboxes == 1 else 'es'}{ignored}"

    def _find_sent(self) -> str:
        self._found = self._crawl.find_mailboxes()
        if missing := [mailbox for mailbox in self._found if mailbox.is_missing]:
            raise missing_error(missing)
        return tell_sent(sum(mailbox.in_scope for mailbox in self._found))

    def _count(self) -> str:
        for mailbox in self._found:
            if mailbox.in_scope:
                _, listed = self._crawl.open(mailbox)
                reason = f"{mailbox.reason}; dates: {self._crawl.dates_of(mailbox)}"
                self._sent.append(CheckedMailbox(mailbox.name, reason, count(listed)))
        return tell_messages(self._sent)
