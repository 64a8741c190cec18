"""The libraries below us keep to what we expect of them, and what a server sends them meets our limits."""

import ast
import imaplib
import inspect
import re
import socket
import threading
from pathlib import Path

import imapclient.imapclient
import pytest
from imapclient import IMAPClient

from scanner.crawl import connection
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from tests.servers.scripted import Answer, Command, ScriptedServer

_OF_IMAPLIB = {"_new_tag", "_create_socket", "_get_line"}
_OF_IMAPCLIENT = {"_imap", "_create_IMAP4", "_cached_capabilities"}


def _connected(server: ScriptedServer) -> WireClient:
    return WireClient(server.host, server.port, ssl_context=None, timeout=5)


def test_every_private_name_of_the_libraries_is_held_to_this_contract() -> None:
    """Private names that the libraries know too stand in one module, and in the lists above."""
    private = {path.name: names for path in _modules() if (names := _private_names(path) & _of_the_libraries())}

    assert private == {"connection.py": _OF_IMAPLIB | _OF_IMAPCLIENT}
    assert all(hasattr(imaplib.IMAP4, name) for name in _OF_IMAPLIB)
    assert hasattr(IMAPClient, "_create_IMAP4")


def _modules() -> list[Path]:
    return sorted(Path(inspect.getfile(connection)).parent.rglob("*.py"))


def _private_names(path: Path) -> set[str]:
    """Return private names that a module uses or defines as attributes."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {
        node.name
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef) and each.bases
        for node in each.body
        if isinstance(node, ast.FunctionDef)
    }
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def _of_the_libraries() -> set[str]:
    return set(re.findall(r"\w+", inspect.getsource(imaplib) + inspect.getsource(imapclient.imapclient)))


def test_imapclient_makes_its_connection_through_ours() -> None:
    """IMAPClient calls _create_IMAP4 and keeps the result as _imap; its copying of all data into a log is off."""
    with ScriptedServer({}) as server:
        client = _connected(server)

        assert isinstance(client._imap, connection.LimitedIMAP4)
        assert client._imap.debug == 0
        client.drop()


def test_imaplib_reads_through_our_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greeting and CAPABILITY are read by imaplib itself; its readline and read are the limited ones."""
    monkeypatch.setattr(connection, "MAX_LINE", 100)

    with ScriptedServer({}, greeting=b"* OK " + b"x" * 200 + b"\r\n") as server, pytest.raises(ProtocolError):
        _connected(server)
    with ScriptedServer({}, greeting=b"* OK {99999999999}\r\n") as server, pytest.raises(ProtocolError):
        _connected(server)


def test_what_imaplib_reads_has_no_case() -> None:
    """RFC 9051, 9: "all alphabetic characters are case-insensitive"; imaplib itself knows capitals only."""
    override = {
        b"CAPABILITY": lambda command: b"* capability imap4rev1 special-use\r\n" + command.tag + b" ok done\r\n"
    }

    with ScriptedServer({}, override, greeting=b"* ok ready\r\n") as server:
        client = _connected(server)

        assert client.has_capability("SPECIAL-USE")
        assert not client.is_signed_in
        client.drop()


def test_tags_are_bytes_and_never_the_same() -> None:
    """_new_tag gives bytes without blanks that imaplib recognises as its own."""
    with ScriptedServer({}) as server:
        client = _connected(server)
        tags = [client._imap._new_tag() for _ in range(5)]
        client.drop()

    assert all(isinstance(tag, bytes) and tag.isalnum() for tag in tags)
    assert len(set(tags)) == 5


@pytest.mark.parametrize("piece", [b"* X nothing\r\n", b"* X {5}\r\nhello\r\n", b"* X" + b" {0}\r\n" * 100 + b"\r\n"])
def test_a_flood_that_imaplib_would_keep_meets_a_limit(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads greeting, capabilities and STARTTLS itself, and keeps all that it does not understand."""
    monkeypatch.setattr(connection, "_MAX_SAID", 100_000)

    def flood(command: Command) -> Answer:
        return piece * 2_000 + (server.answer(command) or b"")

    with ScriptedServer({}, {b"CAPABILITY": flood}) as server, pytest.raises(ProtocolError, match="no end"):
        _connected(server)


def test_what_came_before_does_not_count_against_the_next_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Capabilities are asked for again after sign-in, and after large answers that others have read."""
    monkeypatch.setattr(connection, "_MAX_SAID", 10_000)
    large = b"* X {9000}\r\n" + b"x" * 9000 + b"\r\n"

    with ScriptedServer({}, {b"NOOP": lambda command: large * 3 + command.tag + b" OK\r\n"}) as server:
        client = _connected(server)
        for _ in range(5):
            client.execute(b"NOOP")
            client.log_in("ada", "a secret")
            assert client.has_capability("UNSELECT")
        client.drop()


def test_signing_in_makes_the_capabilities_be_asked_for_again() -> None:
    """RFC 9051, 6.2.3: a server may offer other capabilities after sign-in; the cached ones are dropped."""

    def capability(command: Command) -> Answer:
        more = b" ESEARCH" if server.count(b"LOGIN") else b""
        return b"* CAPABILITY IMAP4rev1 id" + more + b"\r\n" + command.tag + b" OK done\r\n"

    with ScriptedServer({}, {b"CAPABILITY": capability}) as server:
        client = _connected(server)
        before = client.has_capability("ESEARCH"), client.has_capability("ID"), client.is_signed_in

        client.log_in("ada", "a secret")

        assert before == (False, True, False)
        assert client.has_capability("ESEARCH")
        assert client.is_signed_in
        client.drop()


def test_dropping_a_connection_closes_it_at_once() -> None:
    """The server sees the end although somebody still holds the client: servers count connections per user."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        answered = threading.Thread(target=_be_a_server, args=(listener, ended := []), daemon=True)
        answered.start()
        held = WireClient("127.0.0.1", listener.getsockname()[1], ssl_context=None, timeout=5)

        held.drop()
        answered.join(5)

    assert ended == [b""]
    assert held.socket().fileno() == -1


def _be_a_server(listener: socket.socket, ended: list[bytes]) -> None:
    served, _ = listener.accept()
    with served, served.makefile("rb") as lines:
        served.settimeout(5)
        served.sendall(b"* OK ready\r\n")
        tag = lines.readline().split()[0]
        served.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
        ended.append(lines.readline())
