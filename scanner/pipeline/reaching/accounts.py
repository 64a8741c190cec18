"""Which accounts a journey is about, and the reading of several at once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from scanner.config import Settings
from scanner.errors import SettingsError, UsageError
from scanner.model import Account, ScanProgress
from scanner.pipeline.reaching.schedule import Job, Schedule


class AccountJob(Job, Protocol):
    """One account to read, which may have to wait for its server."""

    pause: Callable[[float], None] | None
    """Waits for so many seconds in place of the crawl."""


_J = TypeVar("_J", bound=AccountJob)


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


def read_accounts(
    jobs: Sequence[_J],
    settings: Settings,
    progress: ScanProgress,
    *,
    told: Callable[[_J], str],
    stopped: Callable[[], None],
) -> None:
    """
    Read all accounts, as many at once as the settings allow.

    Args:
        jobs: The accounts.

        settings: Limit the threads, and the connections to each server.

        progress: Told about waits, and about accounts that are done.

        told: Says of an account that is done how it went.

        stopped: As for `Schedule`.
    """
    by_number = {job.number: job for job in jobs}
    schedule = Schedule(
        jobs,
        at_once=settings.scan.accounts_at_once,
        limit_of=settings.connections_to,
        progress=progress,
        ended=lambda job: progress.account_done(told(by_number[job.number])),
        stopped=stopped,
    )
    for job in jobs:
        job.pause = partial(schedule.pause, job.number)
    progress.accounts(len(jobs))
    schedule.run()
