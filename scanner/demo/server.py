"""
The demo's IMAP server: mail on loopback, for as long as a block of code runs.

It exists so that the demo and the tests use exactly the code that a real
server meets. It speaks plain text, listens on 127.0.0.1 only, on a port the
system picks, and holds nothing but what it is given.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scanner.demo.mailbox import ServedAccount
from scanner.errors import ScannerError

HOST = "127.0.0.1"

# Seconds; starting takes some hundredths, so that a longer wait means a defect and not a slow machine.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class DemoServer:
    """Where the server listens and who can sign in, by plain LOGIN or AUTHENTICATE PLAIN without TLS."""

    host: str
    port: int
    accounts: tuple[ServedAccount, ...]


@contextmanager
def serve(accounts: Collection[ServedAccount]) -> Iterator[DemoServer]:
    """
    Serve the accounts over IMAP until the block ends; then open connections are closed.

    Raises:
        ScannerError: pymap is not installed, or no port of the loopback interface can be had.
    """
    thread = _ServerThread(tuple(accounts))
    thread.start()
    try:
        yield DemoServer(HOST, thread.port(), thread.accounts)
    finally:
        thread.stop()


class _ServerThread(threading.Thread):
    """An event loop of its own with the server in it."""

    def __init__(self, accounts: tuple[ServedAccount, ...]) -> None:
        super().__init__(name="demo-imap-server", daemon=True)
        self.accounts = accounts
        self._listen = _import_listen()
        self._ready = threading.Event()
        self._port = 0
        self._error: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done = asyncio.Event()

    def run(self) -> None:
        try:
            # asyncio.run cancels the connections that are still open; pymap answers that with BYE.
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    def port(self) -> int:
        """Wait until the server listens and return its port."""
        if not self._ready.wait(_PATIENCE) or not self._port:
            remedy = "Allow connections to 127.0.0.1."
            raise ScannerError("the demo's mail server cannot listen", where=HOST, remedy=remedy) from self._error
        return self._port

    def stop(self) -> None:
        """End the server and wait until its thread has ended."""
        if self._loop is not None and self.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
        self.join(_PATIENCE)

    async def _serve(self) -> None:
        try:
            server = await self._listen(self.accounts)
        except OSError as exc:
            self._error = exc
            return
        self._port = server.sockets[0].getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._done.wait()
        # Not wait_closed(): since Python 3.12 it waits for clients that may never leave.
        server.close()


def _import_listen() -> Callable[[Collection[ServedAccount]], Coroutine[None, None, asyncio.Server]]:
    try:
        from scanner.demo.backend import listen
    except ImportError as exc:
        raise ScannerError(
            "the demo's mail server is not installed", where="pymap", remedy="Run: pip install 'blindcopy[demo]'"
        ) from exc
    return listen
