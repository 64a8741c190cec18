"""A compressed connection brings the same store with fewer bytes, encrypted or not, and survives being broken."""

from typing import Any

import pytest

from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.proxy import Connection, Proxy

MESSAGES = 200
ASKING = "COMPRESS DEFLATE"
FLUSHED = b"\x00\x00\xff\xff"


def _scanned(place: Place, account: ServerAccount, store: str, **keys: Any) -> str:
    """Scan the account into a store of its own; return its digest."""
    place.accounts.clear()
    place.store = store
    place.add(account, name="ada", **keys)
    place.scan()
    return place.digest()


@pytest.fixture
def filled(mail_server: MailServer, mail_account: ServerAccount) -> ServerAccount:
    """Return an account with sent mail."""
    mail_server.deliver(mail_account, "Sent", many(MESSAGES))
    return mail_account


def test_a_compressed_scan_stores_the_same(
    place: Place, mail_server: MailServer, filled: ServerAccount, mail_proxy: Proxy
) -> None:
    """Equal digests; at most 0.4 of the bytes in both directions together."""
    plain = _scanned(place, filled, "plain.db", port=mail_proxy.port, compress="never")
    bytes_plain = mail_proxy.bytes_down + mail_proxy.bytes_up
    mail_proxy.forget()

    packed = _scanned(place, filled, "packed.db", port=mail_proxy.port, compress="always")

    assert ASKING in mail_proxy.commands
    assert packed == plain
    assert mail_proxy.bytes_down + mail_proxy.bytes_up < 0.4 * bytes_plain


def test_auto_leaves_loopback_as_it_is(place: Place, filled: ServerAccount, mail_proxy: Proxy) -> None:
    """On one machine compression costs time and saves none."""
    _scanned(place, filled, "auto.db", port=mail_proxy.port)

    assert ASKING not in mail_proxy.commands


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_encrypted_connection_is_compressed_as_well(
    security: str, place: Place, mail_server: MailServer, filled: ServerAccount
) -> None:
    """RFC 4978, 4: deflate first, then encrypt."""
    plain = _scanned(place, filled, "plain.db", port=mail_server.port)
    port = mail_server.tls_port if security == "tls" else mail_server.port
    keys = {"port": port, "security": security, "ca_file": mail_server.ca_file, "host": "localhost"}

    packed = _scanned(place, filled, "packed.db", compress="always", **keys)

    assert packed == plain


class _Place:
    """A place in the first connection: so many compressed bytes behind the first UID FETCH."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._begin: int | None = None

    def is_reached(self, connection: Connection) -> bool:
        if self._begin is None and any(command.startswith("UID FETCH") for command in connection.commands):
            self._begin = connection.bytes_down
        is_behind = self._begin is not None and connection.bytes_down >= self._begin + self._size
        return connection.number == 1 and is_behind


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make several commands of the few messages."""
    for module in ("steady", "fetch"):
        monkeypatch.setattr(f"scanner.crawl.{module}.BATCH_MESSAGES", 20)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("size", [0, 2_000, 5_000])
def test_a_cut_stream_is_made_again_and_compressed(
    size: int, place: Place, mail_server: MailServer, filled: ServerAccount, mail_proxy: Proxy
) -> None:
    """The store is the undisturbed one, by a second connection that is compressed as well."""
    plain = _scanned(place, filled, "plain.db", port=mail_server.port)
    mail_proxy.cut_when = _Place(size).is_reached

    packed = _scanned(place, filled, "packed.db", port=mail_proxy.port, compress="always")

    assert packed == plain
    assert [connection.commands.count(ASKING) for connection in mail_proxy.connections] == [1, 1]


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("size", [0, 2_000, 5_000])
def test_garbage_in_the_stream_is_a_lost_connection(
    size: int, place: Place, mail_server: MailServer, filled: ServerAccount, mail_proxy: Proxy
) -> None:
    """What cannot be inflated ends the connection; the store is the undisturbed one by a second one."""
    plain = _scanned(place, filled, "plain.db", port=mail_server.port)
    where = _Place(size)

    def alter(connection: Connection, data: bytes) -> bytes:
        # Behind a flush a block begins, and none is of type 3 (RFC 1951, 3.2.3); within one, garbage may have a sense.
        return data + b"\xff" * 9 if where.is_reached(connection) and data.endswith(FLUSHED) else data

    mail_proxy.alter = alter

    packed = _scanned(place, filled, "packed.db", port=mail_proxy.port, compress="always")

    assert packed == plain
    assert [connection.commands.count(ASKING) for connection in mail_proxy.connections] == [1, 1]
