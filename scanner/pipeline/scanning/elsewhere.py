"""Mail of ours in the mailboxes of an account that a scan does not read: counted where something has changed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.crawl.own_mail import OwnMailCount
from scanner.errors import AccountError, SettingsError
from scanner.model import Account, FoundMailbox, OpenedMailbox
from scanner.pipeline.scanning.mailbox_scan import AccountWork
from scanner.store import crawled


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The mailboxes of an account that are not read and may be searched."""

    work: AccountWork
    account: Account
    mailboxes: tuple[FoundMailbox, ...]
    numbers: Mapping[bytes, int]
    """Wire name → number in the store."""

    now: Mapping[bytes, OpenedMailbox]
    """What the mailboxes are like, as far as the server tells without opening them."""

    def count(self) -> None:
        """Count anew where a mailbox is not as it was; what cannot be counted is noted and fails nothing."""
        work = self.work
        searches = work.ours.searches()
        if not self.mailboxes or not searches:
            return
        with work.store.begin() as connection:
            known = crawled.own_mail_states(connection, work.account_id)
        found: list[tuple[int, OwnMailCount, str | None]] = []
        broken = ""
        for mailbox in self.mailboxes:
            name = mailbox.wire_name
            state = self._state(mailbox, searches)
            if state is not None and known.get(name) == state:
                continue
            if not broken:
                try:
                    found.append((self.numbers[name], work.crawl.count_own_mail(mailbox, searches), state))
                    continue
                # A new connection asks for the password again.
                except (AccountError, SettingsError) as error:
                    broken = error.what
            # Nobody knows what the other mailboxes would have answered: the next scan asks again.
            found.append((self.numbers[name], OwnMailCount(None, broken), None))
        if found:
            with work.store.begin() as connection:
                for number, counted, state in found:
                    crawled.save_own_mail(connection, number, counted.messages, counted.note, state)

    def _state(self, mailbox: FoundMailbox, searches: tuple[str, ...]) -> str | None:
        """Return what the count depends on, as one text; None when the server does not tell."""
        now = self.now.get(mailbox.wire_name)
        if now is None or now.uidnext is None:
            return None
        asked = repr((searches, mailbox.search, self.account.sent_from, self.account.sent_until))
        return f"{now.uidvalidity}:{now.uidnext}:{now.exists}:{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
