"""Who received the queued mail: the received mail of all accounts is looked through, several at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine

from scanner.config import Settings
from scanner.model import ScanProgress, Sought
from scanner.pipeline.analysing.newest import newest_analysis
from scanner.pipeline.reaching.accounts import choose_accounts, read_accounts
from scanner.pipeline.reaching.credential import Credentials
from scanner.pipeline.receiving.inbox_reading import AccountReading, InboxOutcome, OneWriter
from scanner.pipeline.receiving.received import make_inbox
from scanner.store import delivery
from scanner.store.engine import describe, disposing, open_engine, store_errors
from scanner.store.lock import store_lock


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """How the reading of all accounts ended."""

    sought: int
    """Queued messages that were looked for."""

    without_message_id: int
    """Queued messages of which no reply can be recognised."""

    accounts: tuple[InboxOutcome, ...]

    @property
    def proofs(self) -> int:
        """New proofs."""
        return sum(one.bounces + one.replies + one.unnamed + one.reports for one in self.accounts)


def read_delivery(
    settings: Settings,
    *,
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
    progress: ScanProgress,
    base_wait: float = 1.0,
) -> DeliveryOutcome:
    """
    Look through the received mail of all accounts, or of those named, for bounces of and replies to queued messages.

    What is found is committed with the cursor: whatever ends this, the next
    call goes on behind it. One account's error never stops the others.

    Args:
        settings: Whose mail, which store.

        accounts: Names; empty = all.

        password_prompt: Asks a person for a password, told whose.

        progress: Told about messages to read and read.

        base_wait: Seconds before a lost connection is made again; doubled each time.

    Raises:
        UsageError: An account is named that does not exist.

        StoreError: The store is missing or locked, or nothing has been analysed yet.
    """
    chosen = choose_accounts(settings, accounts)
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url), store_lock(engine):
        sought, nameless = _sought(engine)
        with engine.begin() as connection:
            pass_id = delivery.begin_pass(connection, now=int(time.time()))
        credentials = Credentials(settings, prompt=password_prompt, tell=progress.say if password_prompt else None)
        credentials.ask_first(chosen)
        store = OneWriter(engine)
        jobs = [
            AccountReading(
                store,
                pass_id,
                number,
                account,
                sought,
                progress,
                partial(
                    make_inbox,
                    account,
                    credentials.of(account),
                    store.begin,
                    where=f"account {number}",
                    progress=progress,
                    base_wait=base_wait,
                ),
            )
            for number, account in chosen
        ]
        read_accounts(jobs, settings, progress, told=_told, stopped=store.close)
        with engine.begin() as connection:
            delivery.end_pass(connection, pass_id, now=int(time.time()))
    return DeliveryOutcome(len(sought), nameless, tuple(job.outcome for job in jobs if job.outcome is not None))


def _told(job: AccountReading) -> str:
    return f"account {job.number}: looked through"


def _sought(engine: Engine) -> tuple[tuple[Sought, ...], int]:
    """Return the queued messages, and how many of them have no Message-ID."""
    with engine.connect() as connection:
        run = newest_analysis(connection, describe(engine.url))
        everything = delivery.queued_messages(connection, run.id)
    named = tuple(one for one in everything if one.message_id)
    return named, len(everything) - len(named)
