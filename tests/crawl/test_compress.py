"""A compressed connection carries the same bytes, keeps every limit, and its damage costs the connection only."""

import io
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl import compress, wire
from scanner.crawl.compress import InflatingStream, deflater
from scanner.crawl.wire import WireClient
from scanner.errors import ConnectionLostError, ProtocolError
from tests.crawl.talk import TAG, Pieces, hear
from tests.servers.scripted import ScriptedServer


def _deflated(data: bytes) -> bytes:
    return deflater()(data)


def _stream(*pieces: bytes) -> InflatingStream:
    return InflatingStream(io.BufferedReader(Pieces(pieces)))


@given(
    st.lists(st.binary(max_size=2_000), max_size=8),
    st.lists(st.integers(min_value=0, max_value=4_000), max_size=10),
    st.integers(min_value=1, max_value=50),
)
def test_what_was_sent_is_what_is_read(said: list[bytes], cuts: list[int], size: int) -> None:
    """RFC 4978, 3: both ends MUST see the same octets, wherever the network cuts and however much is read at once."""
    deflate = deflater()
    packed = b"".join(map(deflate, said))
    ends = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    stream = _stream(*(packed[begin:end] for begin, end in pairwise(ends)))

    read = b"".join(iter(lambda: stream.read(size), b""))

    assert read == b"".join(said)


def test_what_was_buffered_before_belongs_to_the_stream() -> None:
    """A server may begin to compress right behind its OK, in the same packet."""
    packed = _deflated(b"* OK hello\r\n")
    source = io.BufferedReader(Pieces([b"A1 OK begin\r\n" + packed[:3], packed[3:]]))
    source.readline()

    stream = io.BufferedReader(InflatingStream(source))

    assert stream.readline() == b"* OK hello\r\n"


def test_an_answer_is_read_as_soon_as_it_is_there() -> None:
    """A read must not wait for more than the server has said, or every command would time out."""

    class Silent(Pieces):
        def readinto(self, buffer: bytearray) -> int:
            count = super().readinto(buffer)
            if not count:
                raise TimeoutError
            return count

    stream = io.BufferedReader(InflatingStream(io.BufferedReader(Silent([_deflated(b"* 3 EXISTS\r\nA1 OK\r\n")]))))

    assert [stream.readline(), stream.readline()] == [b"* 3 EXISTS\r\n", b"A1 OK\r\n"]


def _hearing(packed: bytes) -> tuple[ScriptedServer, WireClient]:
    server = ScriptedServer({})
    server.__enter__()
    client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
    hear(client, packed)
    client._imap.compress()
    return server, client


def _answers(packed: bytes) -> list[list[bytes]]:
    server, client = _hearing(packed)
    try:
        return list(client.responses(TAG))
    finally:
        client.drop()
        server.__exit__(None, None, None)


def test_answers_with_literals_come_through() -> None:
    """Lines, literals and the completion are what they are without compression."""
    said = b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n* 2 EXISTS\r\n" + TAG + b" OK done\r\n"

    answers = _answers(_deflated(said))

    assert answers == [[b"1 FETCH (UID 7 BODY[] {5}\r\n", b"hello", b")\r\n"], [b"2 EXISTS\r\n"]]


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(_deflated(b"* 1 EXISTS\r\n" * 50)[:-9], id="cut"),
        pytest.param(_deflated(b"* 1 EXISTS\r\n") + b"\xff" * 40, id="garbage"),
        pytest.param(b"* 1 EXISTS\r\nA1 OK not compressed at all\r\n", id="plain"),
        pytest.param(zlib.compress(b"* 1 EXISTS\r\n", wbits=-15), id="ended"),
    ],
)
def test_a_damaged_stream_is_a_lost_connection(packed: bytes) -> None:
    """Nothing after the damage can be read: what came before it counts, and a new connection is worth a try."""
    with pytest.raises(ConnectionLostError):
        _answers(packed)


def test_a_bomb_meets_the_limit_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousandth of the bytes on the wire buys no more memory than the same line in plain."""
    monkeypatch.setattr(wire, "MAX_LINE", 100_000)

    with pytest.raises(ProtocolError, match="without end"):
        _answers(_deflated(b"* " + b"x" * 10_000_000))


def test_a_bomb_is_inflated_in_pieces() -> None:
    """A read gives no more than it was asked for, whatever the compressed bytes stand for."""
    stream = _stream(_deflated(bytes(10_000_000)))

    sizes = {len(stream.read(1_000)) for _ in range(10_000)}

    assert sizes == {1_000}
    assert stream.read(1_000) == b""


def test_a_stream_without_content_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 1951, 3.2.4: stored blocks may be empty; a server that sends nothing else has to be left."""
    monkeypatch.setattr(compress, "_EMPTY_LIMIT", 50_000)
    empty = b"\x00\x00\x00\xff\xff"

    with pytest.raises(ProtocolError, match="without content"):
        _answers(_deflated(b"* 1 EXISTS\r\n") + empty * 100_000)
