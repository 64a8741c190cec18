"""What is said right behind the sign-in: who asks, and whether the connection is compressed, in as few round trips."""

from typing import Any

import pytest

from scanner.crawl.session import connect, introduce, open_connection
from scanner.crawl.wire import WireClient
from scanner.errors import CompressionError
from tests.crawl.talk import account_at
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

OFFERED = b"ID COMPRESS=DEFLATE"


def _connected(server: ScriptedServer, **changes: Any) -> WireClient:
    return connect(account_at(server, **changes), lambda: "a secret", where="account 1")


def _from_afar(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> WireClient:
    """Connect with `compress = "auto"` as if the server were another machine."""
    client = open_connection(account_at(server))
    client.log_in("ada", "a secret")
    with monkeypatch.context() as patch:
        patch.setattr("scanner.crawl.session.is_loopback", lambda host: False)
        introduce(client, account_at(server))
    return client


def _names(server: ScriptedServer) -> list[bytes]:
    return [command.name for command in server.commands]


def _answering(text: bytes) -> Override:
    """Return what answers with this completion."""

    def answer(command: Command) -> Answer:
        return command.tag + b" " + text + b"\r\n"

    return answer


@pytest.mark.parametrize("before", [b"", b"* CAPABILITY IMAP4rev1 ID\r\n"], ids=["code", "untagged"])
def test_capabilities_that_come_with_the_sign_in_are_not_asked_for(before: bytes) -> None:
    """RFC 9051, 6.2.3 and 7.1: a server may list them with its OK; CAPABILITY is sent once, before it."""

    def log_in(command: Command) -> Answer:
        code = b"" if before else b"[CAPABILITY IMAP4rev1 ID] "
        return before + command.tag + b" OK " + code + b"welcome\r\n"

    with ScriptedServer({}, {b"LOGIN": log_in}) as server:
        client = _connected(server)

        assert client.has_capability("ID")
        assert not client.has_capability("SPECIAL-USE")
        assert _names(server) == [b"CAPABILITY", b"LOGIN", b"ID"]
        client.drop()


@pytest.mark.parametrize(
    ("compress", "asked"),
    [("auto", 0), ("never", 0), ("always", 1)],
)
def test_on_this_machine_compression_has_to_be_asked_for(compress: str, asked: int) -> None:
    """It would cost time and save none."""
    with ScriptedServer({}, {b"COMPRESS": _answering(b"NO [COMPRESSIONACTIVE] done")}, capability=OFFERED) as server:
        _connected(server, compress=compress).drop()

        assert server.count(b"COMPRESS") == asked


def test_a_longer_way_is_compressed_where_it_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` takes the offer, last of what is sent: nothing may follow it uncompressed (RFC 4978, 3)."""
    with ScriptedServer({}, {b"COMPRESS": _answering(b"OK begin")}, capability=OFFERED) as server:
        client = _from_afar(server, monkeypatch)

        assert client.is_compressed
        assert _names(server)[-2:] == [b"ID", b"COMPRESS"]
        client.drop()


@pytest.mark.parametrize("capability", [b"ID", OFFERED], ids=["not offered", "refused"])
def test_auto_goes_on_without(capability: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without compression is read all the same."""
    with ScriptedServer({}, {b"COMPRESS": _answering(b"NO not today")}, capability=capability) as server:
        client = _from_afar(server, monkeypatch)

        assert not client.is_compressed
        assert client.execute(b"NOOP")[1].status == "OK"
        client.drop()


@pytest.mark.parametrize("capability", [b"ID", OFFERED], ids=["not offered", "refused"])
def test_always_stops_where_it_cannot_be_had(capability: bytes) -> None:
    """One clear line that says what to set; a metered line must not fill up silently."""
    with (
        ScriptedServer({}, {b"COMPRESS": _answering(b"NO not today")}, capability=capability) as server,
        pytest.raises(CompressionError) as caught,
    ):
        _connected(server, compress="always")

    assert 'compress = "auto"' in str(caught.value)
    assert str(caught.value).startswith("account 1: the server ")
