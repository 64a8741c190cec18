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
from scanner.errors import (
    SettingsError,
    UsageError,
)
from scanner.model import Account, Progress
from scanner.pipeline.account_scan import AccountOutcome, AccountScan
from scanner.pipeline.credential import Credentials
from scanner.pipeline.writing import BatchSink
from scanner.store import crawled
from scanner.store.engine import create_store, disposing, store_errors, store_lock


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """How a scan ended."""

    run_id: int
    accounts: tuple[AccountOutcome, ...]
    new_messages: int
    new_gaps: int
    complete: bool
    """Every account was read to its end."""


def scan(
    settings: Settings,
    *,
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
    progress: Progress,
    base_wait: float = 1.0,
) -> ScanOutcome:
    """
    Fetch what is new of all accounts, or of those named.

    Batches are committed as they come, each with the cursor that includes
    it: whatever ends the scan, the next one goes on behind the last batch.
    One account's error never stops the others.

    Args:
        settings: Whom to scan, into which store.

        accounts: Names; empty = all.

        password_prompt: Asks a person for the password of a named account.

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
        run_id = _start(engine, settings)
        outcomes: tuple[AccountOutcome, ...] = ()
        state = "aborted"
        try:
            credentials = Credentials(settings, prompt=password_prompt, tell=progress.say if password_prompt else None)
            with closing(BatchSink(engine, settings.to_policy(), PARSER_VERSION)) as sink:
                outcomes = tuple(
                    AccountScan(
                        engine, run_id, number, account, credentials.of(account), sink, progress, base_wait
                    ).run()
                    for number, account in chosen
                )
            complete = all(outcome.error is None for outcome in outcomes)
            state = "complete" if complete else "incomplete"
        finally:
            _end(engine, run_id, state)
    new_messages, new_gaps = (sum(one.new_messages for one in outcomes), sum(one.new_gaps for one in outcomes))
    return ScanOutcome(run_id, outcomes, new_messages, new_gaps, complete)


def choose_accounts(settings: Settings, names: tuple[str, ...]) -> list[tuple[int, Account]]:
    """
    Return (number, account) of the accounts named, of all when none is.

    Raises:
        SettingsError: No account is configured.

        UsageError: A name is unknown.
    """
    every = list(enumerate(settings.accounts(), 1))
    if not every:
        raise SettingsError("no account is configured", where="blindcopy.toml", remedy="Add an [[account]] table")
    unknown = sorted(set(names) - {account.name for _, account in every})
    if unknown:
        raise UsageError(f"no account is called {unknown[0]!r}", remedy="Use a name from the [[account]] tables")
    return [(number, account) for number, account in every if not names or account.name in names]


def _start(engine: Engine, settings: Settings) -> int:
    with engine.begin() as connection:
        return crawled.start_run(
            connection,
            now=int(time.time()),
            tool_version=__version__,
            parser_version=PARSER_VERSION,
            settings_sha256=settings.sha256,
            mandate=json.dumps(dict(settings.mandate_dict()), sort_keys=True),
        )


def _end(engine: Engine, run_id: int, state: str) -> None:
    try:
        with engine.begin() as connection:
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
