"""The store itself: make it, describe it, sum it up in one digest."""

from dataclasses import astuple, dataclass, field

from sqlalchemy import Connection, and_, func, select

from scanner.config import Settings
from scanner.model import CoverageRow, DeliveryState, Gap, Seen, Witness
from scanner.pipeline.analysing.insight import Insight
from scanner.pipeline.deciding.duty import Duties, duties
from scanner.store import engine as store_engine
from scanner.store.coverage import coverage_rows, is_provisional
from scanner.store.digest import store_digest as digest_of
from scanner.store.gaps import open_gaps
from scanner.store.lock import store_lock
from scanner.store.results import latest_analysis
from scanner.store.schema import account, crawl_account, crawl_run
from scanner.store.seen import seen_so_far
from scanner.store.state import holds_what_was_judged
from scanner.store.trace import delivery_gaps, delivery_state
from scanner.store.unlisted import messages_gone

_RUNS = 5
"""Scans that the status shows."""


def upgrade_store(settings: Settings) -> tuple[str, str]:
    """
    Bring a store that an older Blindcopy made to this version; nothing that was stored or decided is lost.

    Returns:
        (revision before, revision now)

    Raises:
        StoreMissingError: There is no store.

        StoreBusyError: A scan runs.

        StoreVersionError: It was made by a newer Blindcopy.
    """
    from scanner.store.upgrade import upgrade

    opened = store_engine.disposing(store_engine.open_older(settings.store_url))
    with opened as engine, store_engine.store_errors(engine.url), store_lock(engine):
        before = store_engine.revision(engine)
        upgrade(engine)
        return before, store_engine.revision(engine)


@dataclass(frozen=True, slots=True)
class ScanRun:
    """One scan; moments are seconds since 1970-01-01 UTC."""

    id: int
    started_at: int
    ended_at: int | None
    state: str
    """running | complete | incomplete | aborted"""


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """One analysis; moments are seconds since 1970-01-01 UTC."""

    as_of: int
    ended_at: int
    is_whole: bool
    """Everything was analysed; otherwise new mail, and what that touches."""

    is_behind: bool
    """The store holds more than was analysed."""


@dataclass(frozen=True, slots=True)
class FailedAccount:
    """An account that the newest scan of it did not read to its end."""

    account: str
    run: int
    error: str
    """The cause, one word: `sign_in`, `host_unknown`, `mailbox_missing` …; "" = the scan was stopped."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What the store holds and how it came there."""

    store: str
    runs: tuple[ScanRun, ...]
    """The newest first."""

    provisional: bool
    coverage: tuple[CoverageRow, ...]
    gaps: tuple[Gap, ...]
    failed: tuple[FailedAccount, ...] = ()
    """By name."""

    gone: int = 0
    """Stored messages that no mailbox lists any more."""

    seen: Seen | None = None
    """How much the newest scan has seen; None when it has come to its end."""

    witness: Witness | None = None
    """What stored mail says about mail that is not stored; None before the first analysis."""

    analysis: AnalysisRun | None = None
    """The newest one."""

    delivery: DeliveryState = field(default_factory=DeliveryState)
    """How far anybody has looked who received what; mailings that are missing here."""

    duties: Duties | None = None
    """What is still to be decided; None while there is no analysis under these settings."""


def create_store(settings: Settings) -> str:
    """
    Make the store where there is none; return its place.

    Raises:
        StoreError: It cannot be made, or is something else.
    """
    with store_engine.disposing(store_engine.create_store(settings.store_url)) as engine:
        return store_engine.describe(engine.url)


def store_digest(settings: Settings) -> str:
    """
    Return one hash over all that was crawled: equal stores, equal digests.

    Raises:
        StoreError: The store is missing or cannot be read.
    """
    opened = store_engine.disposing(store_engine.open_engine(settings.store_url, read_only=True))
    with opened as engine, store_engine.store_errors(engine.url), store_engine.snapshot(engine) as connection:
        return digest_of(connection)


def store_status(settings: Settings) -> StoreStatus:
    """
    Return coverage, gaps and the last runs.

    Raises:
        StoreError: The store is missing or cannot be read.
    """
    opened = store_engine.disposing(store_engine.open_engine(settings.store_url, read_only=True))
    with opened as engine, store_engine.store_errors(engine.url), store_engine.snapshot(engine) as connection:
        runs = connection.execute(select(crawl_run).order_by(crawl_run.c.id.desc()).limit(_RUNS))
        floor = settings.policy.queue_floor
        return StoreStatus(
            store=store_engine.describe(engine.url),
            runs=tuple(ScanRun(row.id, row.started_at, row.ended_at, row.state) for row in runs),
            provisional=is_provisional(connection),
            coverage=tuple(coverage_rows(connection)),
            gaps=(*open_gaps(connection), *delivery_gaps(connection, floor)),
            failed=_failed_accounts(connection),
            gone=messages_gone(connection),
            seen=seen_so_far(connection),
            analysis=_newest_analysis(connection),
            witness=_witness(connection, settings),
            delivery=delivery_state(connection, floor),
            duties=duties(settings),
        )


def _witness(connection: Connection, settings: Settings) -> Witness | None:
    run = latest_analysis(connection)
    # Which addresses are inside was decided by the last analysis; what the settings say since, the next one will.
    return Insight(connection, run, settings.to_policy()).witness if run is not None else None


def _newest_analysis(connection: Connection) -> AnalysisRun | None:
    run = latest_analysis(connection)
    return (
        AnalysisRun(run.as_of, run.ended_at, run.is_whole, not holds_what_was_judged(connection, run)) if run else None
    )


def _failed_accounts(connection: Connection) -> tuple[FailedAccount, ...]:
    newest = select(crawl_account.c.account_id, func.max(crawl_account.c.run_id).label("run_id")).group_by(
        crawl_account.c.account_id
    )
    last = newest.subquery()
    rows = connection.execute(
        select(account.c.name, crawl_account.c.run_id, crawl_account.c.error)
        .select_from(crawl_account.join(account))
        .join(last, and_(last.c.account_id == crawl_account.c.account_id, last.c.run_id == crawl_account.c.run_id))
        .where(crawl_account.c.state == "failed")
    )
    return tuple(sorted((FailedAccount(name, run, error or "") for name, run, error in rows), key=astuple))
