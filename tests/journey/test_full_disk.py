"""A full disk ends a scan in one line; what was committed stays, and with space again the next scan completes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot


@contextmanager
def _disk_of(pages: int) -> Iterator[None]:
    """Let SQLite find the disk full beyond so many pages; the limit is the connection's, not the file's."""

    def limit(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_disk_loses_nothing(
    tmp_path: Path, place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """The scan ends with 2 and names the disk; then the same command gives the store of an undisturbed scan."""
    dovecot_server.deliver(account, "Sent", many(3_000))
    undisturbed = Place(tmp_path / "undisturbed")
    undisturbed.folder.mkdir()
    for each in (place, undisturbed):
        each.add(account, port=dovecot_server.port)
    undisturbed.scan()
    pages = undisturbed.store_file.stat().st_size // 4096

    with _disk_of(pages * 6 // 10):
        ended = place.run("scan")
    place.scan()

    assert ended.code == 2
    complaints = [line for line in ended.remarks.splitlines() if line.startswith("blindcopy:")]
    assert len(complaints) == 1
    assert "space" in complaints[0]
    assert place.digest() == undisturbed.digest()
