"""
Real and scripted mail servers for the tests: what every one of them offers.

A server is one file with a class of this shape, and one fixture. None of them
needs pytest: the benchmarks start the same servers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Mail = tuple[datetime, tuple[str, ...], bytes]
"""(INTERNALDATE, flags, RFC 5322 message). The flag \\Recent leaves the message as nobody has seen it yet."""


class ServerMissingError(Exception):
    """The program that a fixture needs is not installed, or is one we cannot drive."""


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """One login of a test server; the password is of use on loopback only."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class MailboxState:
    """All that a read-only client must leave as it was."""

    uidvalidity: int
    uidnext: int
    recent: int
    flags: tuple[tuple[int, tuple[str, ...]], ...]
    """(uid, sorted flags), by uid."""

    files: tuple[tuple[str, str], ...]
    """(file name, SHA-256 of its bytes), sorted: names carry the flags that are on disk."""


class MailServer(Protocol):
    """What the tests need from an IMAP server."""

    host: str
    port: int
    """Plain text; STARTTLS is offered here too."""

    tls_port: int
    ca_file: str
    """The authority that signed the certificate of `host`, PEM."""

    def add_account(self, name: str) -> ServerAccount:
        """Create an empty account; the name may be used once per server."""

    def deliver(self, account: ServerAccount, mailbox: str, mails: Iterable[Mail]) -> list[int]:
        """Put mails into a mailbox, which is made when it is new; return their UIDs."""

    def expunge(self, account: ServerAccount, mailbox: str, uids: Iterable[int]) -> None:
        """Take messages away as another client would."""

    def renumber(self, account: ServerAccount, mailbox: str, uidvalidity: int) -> int:
        """Give the mailbox a new UIDVALIDITY, if possible this one, and its messages new UIDs (RFC 3501, 2.3.1.1)."""

    def snapshot(self, account: ServerAccount) -> dict[str, MailboxState]:
        """Return the state of every mailbox, taken in a way that changes nothing."""
