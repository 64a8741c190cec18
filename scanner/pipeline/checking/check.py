"""The check: try every account, a few at once, and tell each outcome in the order of the settings."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator

from scanner.config import Settings
from scanner.errors import ScannerError
from scanner.model import Account
from scanner.pipeline.checking.account_check import AccountCheck, CheckStep
from scanner.pipeline.checking.exclusion import unused_exclusions
from scanner.pipeline.checking.source_trial import SourceTrial
from scanner.pipeline.checking.trial import STEPS, ImapTrial
from scanner.pipeline.reaching.accounts import choose_accounts
from scanner.pipeline.reaching.credential import Credentials

__all__ = [
    "AT_ONCE",
    "PER_SERVER",
    "STEPS",
    "AccountCheck",
    "CheckStep",
    "check",
    "count_accounts",
    "unused_exclusions",
]

AT_ONCE = 16
"""Accounts tried at the same time. Most of it is waiting."""

PER_SERVER = 6
"""Of these at one server: Dovecot and Exchange count connections of one address."""

_Try = Callable[[int, Account], AccountCheck]


def check(
    settings: Settings,
    *,
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Iterator[AccountCheck]:
    """
    Yield the outcome of each account, all or those named, in the order of the settings.

    Args:
        settings: Where the accounts stand.

        accounts: Names; none = all.

        password_prompt: Asks a person for a password, told whose; all are asked for before this returns.

        tell: Shows a person what to do to sign in.

    Raises:
        SettingsError: No account is configured.

        UsageError: An account is named that does not exist.
    """
    chosen = choose_accounts(settings, accounts)
    credentials = Credentials(settings, prompt=password_prompt, tell=tell)

    # Before the first account is tried: a question in the middle of a progress bar cannot be read.
    credentials.ask_first(chosen)

    def try_one(number: int, account: Account) -> AccountCheck:
        if account.source:
            return SourceTrial(number, account).run()
        return ImapTrial(number, account, credentials.of(account)).run()

    # Whoever is asked for passwords is asked for one at a time.
    if len(chosen) == 1 or any(credentials.needs_person(account) for _, account in chosen):
        return (try_one(number, account) for number, account in chosen)
    return _together(chosen, try_one)


def count_accounts(settings: Settings, accounts: tuple[str, ...] = ()) -> int:
    """
    Return how many accounts a check of these names would try.

    Raises:
        SettingsError, UsageError: As `check`.
    """
    return len(choose_accounts(settings, accounts))


def _together(chosen: list[tuple[int, Account]], try_one: _Try) -> Iterator[AccountCheck]:
    """Try accounts in threads; what ends early waits for its turn to be told."""
    slots: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(PER_SERVER))
    for _, account in chosen:
        slots[account.host.lower()]
    places = [_Place() for _ in chosen]
    waiting = iter(list(zip(places, chosen, strict=True)))
    taking = threading.Lock()
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            with taking:
                item = next(waiting, None)
            if item is None:
                return
            place, (number, account) = item
            with slots[account.host.lower()]:
                # Its slot may have become free only because nobody listens any more.
                if is_over.is_set():
                    return
                place.fill(lambda number=number, account=account: try_one(number, account))  # type: ignore[misc]

    # Daemons: Ctrl-C ends the command at once, whatever a server lets them wait for.
    for _ in range(min(AT_ONCE, len(chosen))):
        threading.Thread(target=work, name="check", daemon=True).start()
    try:
        for place in places:
            yield place.take()
    finally:
        is_over.set()


class _Place:
    """Where one outcome is put by the thread that has it, and taken by who tells it."""

    def __init__(self) -> None:
        self._is_filled = threading.Event()
        self._outcome: AccountCheck | None = None
        self._error: BaseException | None = None

    def fill(self, work: Callable[[], AccountCheck]) -> None:
        try:
            self._outcome = work()
        except BaseException as error:  # noqa: BLE001  # raised again by take(), in the thread that asks
            self._error = error
        finally:
            self._is_filled.set()

    def take(self) -> AccountCheck:
        # In short waits: a wait without end would not hear Ctrl-C on every system.
        while not self._is_filled.wait(0.5):
            pass
        if self._error is not None:
            raise self._error
        if self._outcome is None:
            raise ScannerError("the check of an account has no outcome")
        return self._outcome
