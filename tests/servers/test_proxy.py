"""The proxy must not miss a command, or the proof that rests on it proves nothing."""

import imaplib

import pytest

from scanner.crawl.wire import WireClient
from tests.servers.proxy import Connection, Proxy
from tests.servers.scripted import ScriptedServer

HEADERS = dict.fromkeys(range(1, 20), b"From: ada@corp.example\r\nTo: ben@example.org\r\n\r\n")


def test_commands_are_noted_without_secrets_and_literals() -> None:
    """LOGIN shows no password, a literal is no command, and what follows it is."""
    with ScriptedServer(HEADERS) as server, Proxy(server.port) as proxy:
        client = imaplib.IMAP4(proxy.host, proxy.port, timeout=10)
        client.login("ada", "a secret")
        client.select("Sent", readonly=True)
        client.uid("FETCH", "1:3", "(FLAGS)")
        client.logout()

    assert proxy.commands == ["CAPABILITY", "LOGIN", "EXAMINE Sent", "UID FETCH 1:3 (FLAGS)", "LOGOUT"]
    assert proxy.bytes_down > 3 * len(HEADERS[1])


@pytest.mark.parametrize("latency", [0.0, 0.05])
def test_commands_are_grouped_by_round_trip(latency: float) -> None:
    """What is sent before anything is heard stands together, in order, however long the line is."""
    with ScriptedServer(HEADERS) as server, Proxy(server.port, latency=latency) as proxy:
        client = WireClient(proxy.host, proxy.port, ssl_context=None, timeout=10)
        client.execute_all([b"NOOP", b"NAMESPACE", b"NOOP"])
        (_, (answers, completion)) = client.execute_all([b"EXAMINE Sent", b"UID SEARCH ALL"])
        client.drop()

    assert proxy.connections[0].flights == [
        ["CAPABILITY"],
        ["NOOP", "NAMESPACE", "NOOP"],
        ["EXAMINE Sent", "UID SEARCH ALL"],
    ]
    assert completion.status == "OK"
    assert answers == [[b"SEARCH " + b" ".join(b"%d" % uid for uid in HEADERS) + b"\r\n"]]


def test_a_cut_breaks_the_connection_without_goodbye() -> None:
    """The client sees the end of the stream where the rule says so."""

    def after_sign_in(connection: Connection) -> bool:
        return "LOGIN" in connection.commands

    with ScriptedServer(HEADERS) as server, Proxy(server.port) as proxy:
        proxy.cut_when = after_sign_in
        client = imaplib.IMAP4(proxy.host, proxy.port, timeout=10)

        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            client.login("ada", "a secret")

    assert proxy.connections[0].cut
