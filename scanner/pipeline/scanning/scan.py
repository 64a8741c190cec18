"""The scan: what is new on the servers goes into the store, and every UID is accounted for."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from scanner import __version__
from scanner.config import Settings
from scanner.crawl.header import PARSER_VERSION
from scanner.crawl.scope import OwnMail
from scanner.model import Account, ScanProgress
from scanner.pipeline.reaching.accounts import choose_accounts, read_accounts
from scanner.pipeline.reaching.credential import Credentials
from scanner.pipeline.scanning.account_scan import AccountOutcome, AccountScan
from scanner.pipeline.scanning.shared_store import SharedStore
from scanner.pipeline.scanning.structure_scan import WantedStructures
from scanner.pipeline.scanning.writing import BatchSink
from scanner.store import crawled
from scanner.store.engine import create_store, disposing, store_errors
from scanner.store.gaps import note_stopped_accounts
from scanner.store.lock import store_lock


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """How a scan ended."""

    run_id: int
    accounts: tuple[AccountOutcome, ...]
    new_messages: int
    new_gaps: int
    complete: bool
    """Every account was read to its end."""

    previous_at: int | None
    """When the scan before it began; None: there was none."""


def scan(
    settings: Settings,
    *,
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
    progress: ScanProgress,
    base_wait: float = 1.0,
) -> ScanOutcome:
    """
    Fetch what is new of all accounts, or of those named.

    Batches are committed as they come, each with the cursor that includes
    it: whatever ends the scan, the next one goes on behind the last batch.
    Several accounts are read at once, the newest mail of all before anybody's
    old mail; one account's error or wait never stops or delays the others.

    Args:
        settings: Whom to scan, into which store.

        accounts: Names; empty = all.

        password_prompt: Asks a person for a password, told whose.

        progress: Told about messages to fetch and fetched.

        base_wait: Seconds before a lost connection is made again; doubled each time.

    Raises:
        SettingsError: No account is configured.

        UsageError: An account is named that does not exist.

        StoreError: The store cannot be opened, is locked, or is full.
    """
    chosen = choose_accounts(settings, accounts)
    with (
        disposing(create_store(settings.store_url)) as engine,
        store_errors(engine.url),
        store_lock(engine),
        _rare_collections(),
    ):
        with engine.connect() as connection:
            previous_at = crawled.last_started_at(connection)
        run_id, account_ids = _start(engine, settings, chosen)
        state = "aborted"
        try:
            credentials = Credentials(settings, prompt=password_prompt, tell=progress.say if password_prompt else None)
            credentials.ask_first(chosen)
            policy = settings.to_policy()
            with closing(BatchSink(engine, policy, PARSER_VERSION)) as sink:
                store, ours, structures = SharedStore(engine, sink), OwnMail(policy), WantedStructures(policy)
                jobs = [
                    AccountScan(
                        store,
                        run_id,
                        number,
                        account,
                        account_ids[account.name],
                        credentials.of(account),
                        progress,
                        base_wait,
                        ours,
                        structures,
                        is_alone=len(chosen) == 1,
                    )
                    for number, account in chosen
                ]
                read_accounts(jobs, settings, progress, told=_told, stopped=store.close)
            outcomes = tuple(job.outcome for job in jobs if job.outcome is not None)
            complete = all(outcome.error is None for outcome in outcomes)
            state = "complete" if complete else "incomplete"
        finally:
            _end(engine, run_id, state)
    return ScanOutcome(
        run_id,
        outcomes,
        sum(one.new_messages for one in outcomes),
        sum(one.new_gaps for one in outcomes),
        complete,
        previous_at,
    )


def _told(job: AccountScan) -> str:
    """Return the counts of an account in one line; its number only, since names may be addresses."""
    outcome = job.outcome
    if outcome is None:
        return f"account {job.number}"
    stored = sum(row.stored for row in outcome.mailboxes)
    listed = sum(row.enumerated - row.others for row in outcome.mailboxes)
    ending = f", {outcome.error.what}" if outcome.error else ""
    return f"account {outcome.number}: {outcome.new_messages:,} new, {stored:,} of {listed:,} stored{ending}"


def _start(engine: Engine, settings: Settings, chosen: list[tuple[int, Account]]) -> tuple[int, dict[str, int]]:
    """Note that a scan begins and whom it is to read; return its number, and account name → number in the store."""
    with engine.begin() as connection:
        run_id = crawled.start_run(
            connection,
            now=int(time.time()),
            tool_version=__version__,
            parser_version=PARSER_VERSION,
            settings_sha256=settings.sha256,
            mandate=json.dumps(dict(settings.mandate_dict()), sort_keys=True),
        )
        account_ids = {account.name: crawled.save_account(connection, account) for _, account in chosen}
        for account_id in account_ids.values():
            crawled.note_account(connection, run_id, account_id, state="waiting")
    return run_id, account_ids


def _end(engine: Engine, run_id: int, state: str) -> None:
    try:
        with engine.begin() as connection:
            if state == "aborted":
                note_stopped_accounts(connection, run_id)
            crawled.end_run(connection, run_id, now=int(time.time()), state=state)
    except SQLAlchemyError:
        # A full disk refuses this row too; the next scan finds the run still open and marks it aborted.
        if state != "aborted":
            raise


@contextmanager
def _rare_collections() -> Iterator[None]:
    """
    Let the garbage collector run rarely while messages stream through.

    Batches hold tens of thousands of small objects and no cycles; walking
    them again and again took a sixth of the time.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
