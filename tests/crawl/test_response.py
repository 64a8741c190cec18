"""What goes out cannot carry a command, and what came in is shortened for the evidence."""

import pytest

from scanner.crawl.response import quote, server_name
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError
from tests.servers.scripted import Answer, Command, ScriptedServer


def test_quoting_escapes_what_ends_a_string() -> None:
    """RFC 9051, 9: quoted. 8-bit names go out as they came in."""
    assert quote(b'a "b" \\ \xfc') == b'"a \\"b\\" \\\\ \xfc"'


@pytest.mark.parametrize("name", [b"Sent\r\nA9 DELETE INBOX", b"Sent\n", b"Sent\r", b"Se\0nt"])
def test_a_name_cannot_carry_a_command(name: bytes) -> None:
    """A literal in LIST may hold line ends: sent back in a quoted string they would begin a command of the server's."""
    with pytest.raises(ProtocolError):
        quote(name)


def test_the_servers_name_is_one_short_line() -> None:
    """RFC 2971: what the server says of itself is kept for the evidence, whatever it holds."""

    def answer(command: Command) -> Answer:
        return b'* ID ("name" "Dove\xffcot"\r\n' + b"* ID " + b"x" * 900 + b"\r\n" + command.tag + b" OK done\r\n"

    with ScriptedServer({}, {b"ID": answer}) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        answers, _ = client.execute(b"ID NIL")
        client.drop()
    said = server_name(answers)

    assert said.startswith('("name" "Dove\ufffdcot"')
    assert len(said) == 500
