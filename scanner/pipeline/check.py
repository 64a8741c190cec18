"""The check: try each account step by step, store nothing, say which step failed."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scanner.config import Settings
from scanner.crawl.fetch import examine
from scanner.crawl.mailbox import find_mailboxes
from scanner.crawl.session import CLIENT_ID, account_errors, open_connection
from scanner.crawl.sign_in.mechanism import sign_in
from scanner.crawl.wire import WireClient
from scanner.errors import AccountError, ScannerError
from scanner.model import Account
from scanner.pipeline.credential import Credentials
from scanner.pipeline.scan import choose_accounts

STEPS = ("host name", "connection", "encryption", "sign-in", "mailboxes", "sent mail")


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a check; `ok` None = not tried, because an earlier one failed."""

    name: str
    ok: bool | None
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """How far one account's check came."""

    name: str
    steps: tuple[CheckStep, ...]
    sent_mailboxes: tuple[tuple[str, str, int], ...]
    """(name, why it counts as sent, messages it holds now)"""


def check(
    settings: Settings,
    *,
    accounts: tuple[str, ...] = (),
    password_prompt: Callable[[str], str] | None = None,
) -> Iterator[AccountCheck]:
    """
    Yield the outcome of each account, all or those named, as it is known.

    Raises:
        SettingsError: No account is configured.

        UsageError: An account is named that does not exist.
    """
    credentials = Credentials(settings, prompt=password_prompt)
    for number, account in choose_accounts(settings, accounts):
        yield _Check(number, account, credentials.of(account)).run()


class _Check:
    def __init__(self, number: int, account: Account, password: Callable[[], str]) -> None:
        self._account = account
        self._where = f"account {number}"
        self._password = password
        self._client: WireClient | None = None
        self._sent: list[tuple[str, str, int]] = []

    def run(self) -> AccountCheck:
        done: list[CheckStep] = []
        actions = (self._find_host, self._reach, self._encrypt, self._sign_in, self._list, self._count)
        failed = False
        for name, action in zip(STEPS, actions, strict=True):
            if failed:
                done.append(CheckStep(name, None, "not tried", ""))
                continue
            try:
                with account_errors(self._where):
                    done.append(CheckStep(name, True, action(), ""))
            except ScannerError as error:
                failed = True
                done.append(CheckStep(name, False, error.what, error.remedy))
        self._close()
        return AccountCheck(self._account.name, tuple(done), tuple(self._sent))

    def _find_host(self) -> str:
        found = socket.getaddrinfo(self._account.host, self._account.port, type=socket.SOCK_STREAM)
        return f"{self._account.host} is known ({len(found)} address{'es' if len(found) > 1 else ''})"

    def _reach(self) -> str:
        with socket.create_connection((self._account.host, self._account.port), self._account.timeout):
            return f"port {self._account.port} answers"

    def _encrypt(self) -> str:
        self._client = open_connection(self._account)
        version = self._client.tls_version
        return f"{version}, certificate verified" if version else "none: plain text on loopback"

    def _sign_in(self) -> str:
        sign_in(self._opened, self._account, self._password)
        if self._opened.has_capability("ID"):
            self._opened.server_id = self._opened.identify(CLIENT_ID)
        return f"as {self._account.as_user}" if self._account.as_user else "password accepted"

    def _list(self) -> str:
        found = find_mailboxes(self._opened, self._account)
        self._in_scope = [mailbox for mailbox in found if mailbox.in_scope]
        return f"{len(found)} listed, {len(self._in_scope)} of them hold sent mail"

    def _count(self) -> str:
        for mailbox in self._in_scope:
            self._sent.append((mailbox.name, mailbox.reason, examine(self._opened, mailbox).exists))
        return f"{sum(messages for _, _, messages in self._sent):,} messages to read"

    @property
    def _opened(self) -> WireClient:
        if self._client is None:
            raise RuntimeError("the steps run in order")
        return self._client

    def _close(self) -> None:
        if self._client is not None:
            try:
                with account_errors(self._where):
                    self._client.execute(b"LOGOUT")
            except AccountError:
                # BYE is the server's last word (RFC 9051, 6.1.3).
                pass
            self._client.drop()
