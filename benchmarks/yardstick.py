"""What a crawl is compared with: the wire, the disk, and the loops that everybody writes first."""

import hashlib
import socket
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imap_tools import MailBoxUnencrypted
from imapclient import IMAPClient

from benchmarks.mailbox import shapes
from benchmarks.measure import Clock, Part
from scanner.crawl.header import FETCH_ITEMS
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot

LOOP_CHUNK = 500
WRITER_BATCH = 2_000
_RECEIVE = 1 << 20


def drain(server: Dovecot, account: ServerAccount, mailbox: str, timeout: float = 60) -> Callable[[], Part]:
    """Return a run that receives the answer to one FETCH of the crawl's fields and throws it away; timeout: seconds."""

    def run() -> Part:
        with socket.create_connection((server.host, server.port), timeout) as connection:
            connection.recv(_RECEIVE)
            for command in (f'LOGIN {account.user} "{account.password}"', f'EXAMINE "{mailbox}"'):
                _drain_answer(connection, command)
            clock = Clock()
            _drain_answer(connection, f"UID FETCH 1:* {FETCH_ITEMS}")
            return clock.part()

    return run


def _drain_answer(connection: socket.socket, command: str) -> None:
    connection.sendall(f"t {command}\r\n".encode())
    tail = b"\r\n"
    # The completion with a list of capabilities is the longest last line there is.
    while not (tail.endswith(b"\r\n") and b"\r\nt " in tail):
        received = connection.recv(_RECEIVE)
        if not received:
            raise ConnectionError("the server closed the connection")
        tail = (tail + received)[-4096:]
    if b"\r\nt OK" not in tail:
        raise ConnectionError(f"{command.split()[0]} was refused")


def envelope_loop(server: Dovecot, account: ServerAccount, mailbox: str) -> Callable[[], Part]:
    """Return a run of the obvious code: every ENVELOPE by IMAPClient, in chunks, nothing kept."""

    def run() -> Part:
        with IMAPClient(server.host, server.port, ssl=False) as client:
            # IMAPClient sets 5 and then formats all data for a log that nobody reads; the loop shall not lose by that.
            client._imap.debug = 0
            client.login(account.user, account.password)
            client.select_folder(mailbox, readonly=True)
            clock = Clock()
            uids = client.search()
            for first in range(0, len(uids), LOOP_CHUNK):
                client.fetch(uids[first : first + LOOP_CHUNK], ["ENVELOPE"])
            return clock.part()

    return run


def imap_tools_loop(server: Dovecot, account: ServerAccount, mailbox: str, *, is_read: bool) -> Callable[[], Part]:
    """
    Return a run by imap_tools: headers only, in bulks as its documentation has it, nothing kept.

    Args:
        server, account, mailbox: Where the mail is.

        is_read: Ask each message for what an ENVELOPE tells too; imap_tools parses a field when it is asked for.
    """

    def run() -> Part:
        with MailBoxUnencrypted(server.host, server.port).login(account.user, account.password, None) as box:
            box.folder.set(mailbox, readonly=True)
            clock = Clock()
            for message in box.fetch(headers_only=True, mark_seen=False, bulk=LOOP_CHUNK):
                if is_read:
                    for name in ("date", "subject", "from_values", "to_values", "cc_values", "bcc_values"):
                        getattr(message, name)
            return clock.part()

    return run


_TABLES = """
CREATE TABLE message (
  id INTEGER PRIMARY KEY, uid INTEGER, identity BLOB, message_id TEXT, date_field TEXT, sent_at INTEGER,
  subject TEXT, from_id INTEGER, size INTEGER, internal_at INTEGER, flags TEXT, header_sha256 BLOB
);
CREATE TABLE recipient (
  message_id INTEGER, position INTEGER, field TEXT, address_id INTEGER, display_name BLOB,
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
"""


def bare_writer(count: int) -> Callable[[], Part]:
    """Return a run that commits the rows of `count` messages by sqlite3 alone; the addresses have ids already."""

    def run() -> Part:
        batches = _rows(count)
        with tempfile.TemporaryDirectory() as folder:
            connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)
            clock = Clock()
            for messages, recipients in batches:
                connection.execute("BEGIN")
                connection.executemany(f"INSERT INTO message VALUES ({','.join('?' * 12)})", messages)
                connection.executemany("INSERT INTO recipient VALUES (?,?,?,?,?)", recipients)
                connection.execute("COMMIT")
            part = clock.part()
            connection.close()
        return part

    return run


_Row = tuple[Any, ...]


def _rows(count: int) -> list[tuple[list[_Row], list[_Row]]]:
    """Return the rows of all messages in batches: (message rows, recipient rows, the sender's included)."""
    ids: dict[str, int] = {}
    batches: list[tuple[list[_Row], list[_Row]]] = []
    for shape in shapes(count):
        if (shape.number - 1) % WRITER_BATCH == 0:
            batches.append(([], []))
        messages, recipients = batches[-1]
        digest = hashlib.sha256(shape.message_id.encode()).digest()
        sent_at = int(shape.sent.timestamp())
        for position, each in enumerate((shape.sender, *shape.recipients)):
            address_id = ids.setdefault(each.address, len(ids) + 1)
            recipients.append((shape.number, position, each.field, address_id, each.name.encode()))
        messages.append(
            (
                *(shape.number, shape.number, digest, shape.message_id, shape.sent.isoformat(), sent_at),
                *(shape.subject, recipients[-1 - len(shape.recipients)][3], 500, sent_at, "\\Seen", digest),
            )
        )
    return batches
