"""Which messages' structure is asked for, and how a mailbox's is read: after its headers, and what was left before."""

import hashlib

from scanner.addresses import ProtectedMail, make_outsider_check
from scanner.model import FoundMailbox, OpenedMailbox, Policy, Progress
from scanner.pipeline.reaching.intake import Crawl
from scanner.pipeline.scanning.shared_store import SharedStore
from scanner.policy import rule_versions
from scanner.store.frame import Cursor
from scanner.store.kept_header import begin_keeping
from scanner.store.structure import save_structures, want_by_rule, want_shared, wanted_uids
from scanner.uids import count

_VERSION = "1"
"""Of what is wanted and how it is read: another one asks again in every mailbox for what is not known."""


class WantedStructures:
    """
    Tells whose structure is wanted: messages with two outsiders or more, and protected mail with two recipients.

    Args:
        policy: Says who is an outsider.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._is_outsider = make_outsider_check(policy)
        self.protected = ProtectedMail(policy)
        addresses = [entry for entry in policy.protected if entry.pattern.by in ("domain", "address")]
        known = (_VERSION, rule_versions()["addresses"], sorted(policy.domains), sorted(policy.sister_domains))
        more = (sorted(policy.addresses), sorted(policy.list_addresses), [entry.pattern.glob for entry in addresses])
        self._rule = hashlib.sha256(repr((known, more)).encode()).hexdigest()
        self.header_rule = hashlib.sha256(repr((self._rule, self.protected.globs)).encode()).hexdigest()
        """Names what decides whose headers are kept."""

    def note_former(self, store: SharedStore, epoch_id: int) -> None:
        """Note what is wanted of a mailbox's stored messages, if that was decided by another rule or never."""
        with store.begin() as connection:
            want_by_rule(connection, epoch_id, self._rule, self._is_outsider)
            begin_keeping(connection, epoch_id, self.header_rule)

    def note_protected(self, store: SharedStore, epoch_id: int, account: str, mailbox: str) -> None:
        """Note mail that is protected by where it lies or by who sent it, which no address tells."""
        if self.protected.lies_at(account, mailbox):
            with store.begin() as connection:
                want_shared(connection, epoch_id, None)
        elif self.protected.names_senders:
            with store.begin() as connection:
                want_shared(connection, epoch_id, self.protected.is_sent_by)


def read_structures(
    store: SharedStore, crawl: Crawl, mailbox: FoundMailbox, opened: OpenedMailbox, cursor: Cursor, progress: Progress
) -> int:
    """
    Ask for what is wanted of a mailbox, nothing where nothing is; return how many gaps are new.

    Args:
        store: All headers are committed.

        crawl: Of the account.

        mailbox: Which one.

        opened: What it was like when it was opened.

        cursor: Its numbers in the store.

        progress: Told how many are asked for, and done.

    Raises:
        AccountError: The account cannot be read on; what is not known stays wanted.
    """
    with store.begin() as connection:
        wanted = wanted_uids(connection, cursor.epoch_id)
    if not wanted:
        return 0
    left, new = count(wanted), 0
    progress.expect(left)
    try:
        for batch in crawl.structures(mailbox, opened, wanted):
            with store.begin() as connection:
                new += save_structures(
                    connection, cursor.run_id, cursor.account_id, cursor.mailbox_id, cursor.epoch_id, batch
                )
            done = count(batch.examined)
            left -= done
            progress.advance(done)
    finally:
        progress.expect(-left)
    return new
