"""
The connection of one account: made when it is needed, counted, and made again when it breaks.

What is asked on it is asked anew after a break, or goes on where it stopped.
"""

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from scanner.crawl.budget import Budget
from scanner.crawl.fetch import BATCH_MESSAGES
from scanner.crawl.opening import examine
from scanner.crawl.resumable import B, ResumableFetch
from scanner.crawl.session import account_errors, connect
from scanner.crawl.wire import WireClient
from scanner.errors import (
    AccountError,
    ConnectionLostError,
    HostNotFoundError,
    HostRefusedError,
    ProtocolError,
    ServerBusyError,
    ServerTimeoutError,
)
from scanner.model import Account, FoundMailbox, OpenedMailbox, Progress
from scanner.uids import Ranges, subtract

_PASSING = (ConnectionLostError, ServerTimeoutError, ProtocolError, ServerBusyError)
"""Worth a new connection in the middle of a scan. A refused password never is."""

_RECONNECT = (ConnectionLostError, ServerTimeoutError, ProtocolError, HostRefusedError, HostNotFoundError)
"""Tried again at once when the connection was good before. A busy server is waited for as it asks."""

CONNECT_ATTEMPTS = 5
BREAKS_WITHOUT_PROGRESS = 8
MAX_WAIT = 300.0
"""Seconds; a server that asks for more is asked again by the next scan."""

POISON_LIMIT = 100
"""Messages of one mailbox that may break the connection before the mailbox is given up."""

POISON_RUN = 10
"""The same for messages in a row: then it is the server that breaks, not a message."""

_OPEN_BREAKS = 3

_MOST_ALERTS = 5

_T = TypeVar("_T")


class MailboxChangedError(AccountError):
    """The mailbox got a new UIDVALIDITY in the middle of the work; it has to be opened anew."""

    code = "uidvalidity"


class SteadyConnection:
    """
    Does work on one signed-in account's connection, whatever becomes of it.

    Args:
        account: Whose.

        password: Called when a connection is made; its answer is tried once each time.

        where: What to call the account in messages: `account 3`.

        progress: Told about waits.

        base_wait: Seconds before the first new connection; doubled each time.

        pause: Waits for so many seconds, or raises; None = waits here. There is no connection meanwhile.

        budget: What may be received today; None = as much as there is.
    """

    def __init__(
        self,
        account: Account,
        password: Callable[[], str],
        *,
        where: str,
        progress: Progress,
        base_wait: float = 1.0,
        pause: Callable[[float], None] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._account = account
        self._password = password
        self._where = where
        self._progress = progress
        self._base_wait = base_wait
        self._budget = budget
        self._counted = 0
        self._client: WireClient | None = None
        self._was_signed_in = False
        self._opened: bytes | None = None
        """Wire name of the mailbox that is open on the connection."""

        self._alerts: set[str] = set()
        self._wake = threading.Event()
        self._pause = pause or self._sleep_here

    @property
    def server_id(self) -> str:
        """What the server said of itself (RFC 2971), or ""."""
        return self._client.server_id if self._client else ""

    @property
    def tls_version(self) -> str:
        """TLS version of the connection, "" for plain text."""
        return self._client.tls_version if self._client else ""

    @property
    def is_connected(self) -> bool:
        """There is a connection; nothing is under way on it between two calls."""
        return self._client is not None

    def is_alive(self) -> bool:
        """Tell whether the server answers, on a new connection if there is none: then it is a mailbox that breaks."""
        try:
            return self._steadily(lambda client: client.execute(b"NOOP")[1].status == "OK")
        except AccountError:
            return False

    def stop(self) -> None:
        """End what is waited for, with an error in the thread that waits; called from another one."""
        self._wake.set()
        client = self._client
        if client is not None:
            client.interrupt()

    def close(self, *, quietly: bool = False) -> None:
        """Sign out, or just drop the connection; never raises."""
        self._count()
        client, self._client, self._counted = self._client, None, 0
        self._opened = None
        if client is None:
            return
        if not quietly:
            try:
                with account_errors(self._where):
                    client.execute(b"LOGOUT")
            except AccountError:
                # BYE is the server's last word (RFC 9051, 6.1.3); any other trouble no longer matters.
                pass
        client.drop()

    def _steadily(self, work: Callable[[WireClient], _T]) -> _T:
        """Do something that can be done anew from its beginning, on a new connection when one breaks."""
        breaks = 0
        while True:
            try:
                with account_errors(self._where):
                    try:
                        return work(self._connected())
                    finally:
                        self._count()
            except _PASSING as error:
                # Whatever was said last may still be on its way: this connection is of no more use.
                self.close(quietly=True)
                breaks += 1
                # Before the first sign-in it is host, port or password that a person has to look at.
                is_worth_it = self._was_signed_in or (isinstance(error, ServerBusyError) and error.seconds > 0)
                if isinstance(error, ProtocolError) or not is_worth_it or breaks > _OPEN_BREAKS:
                    raise
                self._wait(error, breaks)

    def _resumed(
        self, fetch: ResumableFetch[B], mailbox: FoundMailbox, opened: OpenedMailbox, wanted: Ranges
    ) -> Iterator[B]:
        """Go on with a fetch after every broken connection, until every wanted UID was examined."""
        size, breaks, poisoned, in_a_row = BATCH_MESSAGES, 0, 0, 0
        while wanted:
            try:
                with account_errors(self._where):
                    client = self._reopened(mailbox, opened)
                    for batch in fetch.batches(client, wanted, size, self._may_ask if self._budget else None):
                        wanted, breaks, in_a_row = subtract(wanted, batch.examined), 0, 0
                        yield batch
                    if self._budget and fetch.was_stopped:
                        self._budget.check()
                        fetch.was_stopped = False
                        continue
                    self._save_budget()
                return
            except _PASSING as error:
                self.close(quietly=True)
                if rescued := fetch.rescue():
                    wanted, breaks, in_a_row = subtract(wanted, rescued.examined), 0, 0
                    yield rescued
                breaks += 1
                if isinstance(error, ServerBusyError):
                    if breaks > BREAKS_WITHOUT_PROGRESS:
                        raise
                elif size == 1 and breaks >= 2 and wanted:
                    poisoned, in_a_row = poisoned + 1, in_a_row + 1
                    if poisoned > POISON_LIMIT or in_a_row > POISON_RUN:
                        raise
                    batch = fetch.give_up_on(
                        wanted[-1][1], f"asking for this message ended the connection ({error.code})"
                    )
                    wanted, breaks, size = subtract(wanted, batch.examined), 0, BATCH_MESSAGES
                    yield batch
                elif breaks > BREAKS_WITHOUT_PROGRESS:
                    raise
                else:
                    # Once in smaller pieces, then one by one: every break costs a wait that is twice the last.
                    size = size // 8 if size == BATCH_MESSAGES else 1
                self._wait(error, breaks)

    def _connected(self) -> WireClient:
        if self._budget:
            self._budget.check()
        if self._client is None:
            self._client = connect(self._account, self._password, where=self._where, tell=self._tell)
            self._was_signed_in = True
        return self._client

    def _reopened(self, mailbox: FoundMailbox, opened: OpenedMailbox) -> WireClient:
        if self._client is not None and self._opened == mailbox.wire_name:
            return self._client
        for attempt in Retrying(
            retry=retry_if_exception_type(_RECONNECT),
            stop=stop_after_attempt(CONNECT_ATTEMPTS),
            wait=wait_exponential(multiplier=self._base_wait, max=60) + wait_random(0, self._base_wait),
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                client = self._connected()
                try:
                    now = self._examine(client, mailbox)
                except BaseException:
                    self.close(quietly=True)
                    raise
        if now.uidvalidity != opened.uidvalidity:
            raise MailboxChangedError("the mailbox was rebuilt during the scan", remedy="Run the scan again")
        return client

    def _examine(self, client: WireClient, mailbox: FoundMailbox) -> OpenedMailbox:
        self._opened = None
        opened = examine(client, mailbox)
        self._opened = mailbox.wire_name
        return opened

    def _wait(self, error: AccountError, breaks: int) -> None:
        if self._wake.is_set():
            raise error
        seconds = error.seconds if isinstance(error, ServerBusyError) else 0.0
        if seconds > MAX_WAIT:
            raise error
        seconds = seconds or min(60.0, self._base_wait * 2 ** (breaks - 1))
        self._progress.say(f"{self._where}: {error.what}; waiting {seconds:.0f} s")
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        self._pause(seconds)
        if self._wake.is_set():
            raise ConnectionLostError("the scan was stopped", remedy="Run the scan again; it goes on where it stopped")

    def _sleep_here(self, seconds: float) -> None:
        # An event, not time.sleep: stop() and a signal handler of the caller's end the wait at once.
        self._wake.wait(seconds)

    def _tell(self, alert: str) -> None:
        """Show an alert of the server's, each once, and no more of them than a person reads."""
        if alert not in self._alerts and len(self._alerts) < _MOST_ALERTS:
            self._alerts.add(alert)
            self._progress.say(f"{self._where}: the server says: {alert}")

    def _count(self) -> None:
        """Count what has come since it was counted last."""
        if self._budget and self._client:
            received = self._client.line.received
            self._budget.add(received - self._counted)
            self._counted = received

    def _save_budget(self) -> None:
        self._count()
        if self._budget:
            self._budget.save()

    def _may_ask(self) -> bool:
        self._count()
        return self._budget is None or not self._budget.is_spent
