"""What each account signs in with: a password, or tokens that accounts of one application share."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NoReturn

from scanner.config import Settings
from scanner.crawl.sign_in.google import google_token
from scanner.crawl.sign_in.microsoft import DeviceSignIn, MicrosoftApp, app_token
from scanner.crawl.sign_in.token import TokenCredential
from scanner.errors import AccountError, ScannerError, SettingsError
from scanner.model import Account


class Credentials:
    """
    The credentials of one run.

    Args:
        settings: Say where each password, secret or key is.

        prompt: Asks a person for a password, told whose; None = there is nobody.

        tell: Shows a person what to do to sign in; None = there is nobody.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        prompt: Callable[[str], str] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._prompt = prompt
        self._tell = tell
        self._apps: dict[tuple[MicrosoftApp, object], TokenCredential] = {}
        self._first: dict[str, Callable[[], str]] = {}
        """Account name → what gives the password that was asked for first."""

    def of(self, account: Account) -> Callable[[], str]:
        """
        Return what gives the account's password or token, anew for each connection.

        The call raises SettingsError when nothing is configured and nobody can
        be asked, and AccountError when no token is given.
        """
        if account.name in self._first:
            return self._first[account.name]
        if account.auth == "microsoft":
            return self._microsoft(account)
        if account.auth == "google":
            key_file = self._settings.key_file(account.name)
            return TokenCredential(lambda: google_token(key_file, account.user))
        return self._settings.password_for(account.name) or self._asked(account)

    def needs_person(self, account: Account) -> bool:
        """Tell whether somebody has to type something for this account."""
        if account.source:
            return False
        if account.auth == "microsoft":
            app = self._settings.microsoft_app(account.name)
            return app.by_device or (not app.certificate and self._settings.password_for(account.name) is None)
        return account.auth != "google" and self._settings.password_for(account.name) is None

    def ask_first(self, chosen: Iterable[tuple[int, Account]]) -> None:
        """
        Ask a person, if there is one, for everything that has to be typed, before any account is read.

        Who typed none gets the error again when the account's turn comes, and
        the others are read.
        """
        if self._prompt is None:
            return
        for _, account in chosen:
            if self.needs_person(account):
                credential = self.of(account)
                try:
                    credential()
                except (AccountError, SettingsError) as error:
                    credential = partial(_raise, error)
                self._first[account.name] = credential

    def _microsoft(self, account: Account) -> TokenCredential:
        app = self._settings.microsoft_app(account.name)
        # One token of an application opens every mailbox it may read: 500 accounts ask once an hour, not 500 times.
        key = (app, None if app.by_device else self._settings.secret_place(account.name))
        if key not in self._apps:
            self._apps[key] = self._device(app, account) if app.by_device else self._own(app, account)
        return self._apps[key]

    def _own(self, app: MicrosoftApp, account: Account) -> TokenCredential:
        secret = self._settings.password_for(account.name)
        if secret is None and not app.certificate:
            secret = self._asked(account)
        return TokenCredential(lambda: app_token(app, secret))

    def _device(self, app: MicrosoftApp, account: Account) -> TokenCredential:
        if self._tell is None:

            def nobody() -> NoReturn:
                raise SettingsError(
                    "a person has to sign in, and nobody is at a terminal",
                    where=f"[[account]] {account.name}",
                    remedy='Run it at a terminal, or use a client secret or certificate in place of flow = "device"',
                )

            return TokenCredential(nobody)
        return TokenCredential(DeviceSignIn(app, self._tell))

    def _asked(self, account: Account) -> Callable[[], str]:
        """Return what asks a person once and keeps the answer for new connections."""
        answers: list[str] = []

        def ask() -> str:
            if not answers:
                if self._prompt is None:
                    raise SettingsError(
                        "no password is configured and nobody can be asked",
                        where=f"[[account]] {account.name}",
                        remedy="Set password_env or password_command",
                    )
                try:
                    answers.append(self._prompt(_whose(account)))
                except SettingsError as error:
                    error.where = error.where or f"[[account]] {account.name}"
                    raise
            return answers[0]

        return ask


def _whose(account: Account) -> str:
    """Return whose password is meant, for the terminal only: it may hold an address."""
    if account.auth == "microsoft":
        return f"{account.name} (the application's secret)"
    return f"{account.name} ({account.user} at {account.host})"


def _raise(error: ScannerError) -> NoReturn:
    raise error
