"""Where messages begin in the many kinds of mbox files."""

import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.source import mbox as mbox_module
from scanner.crawl.source.mbox import is_mbox_start, read_mbox
from tests.crawl.source.mail import FROM_LINE, letter, mbox, stream


def subjects(content: bytes, *, is_seekable: bool = True) -> list[str]:
    """Return the subjects of all messages of an mbox, in their order."""
    found = []
    for entry in read_mbox(stream(content), is_seekable=is_seekable):
        lines = entry.header.block.decode("latin-1").splitlines()
        found += [line.partition(": ")[2] for line in lines if line.startswith("Subject:")] or [""]
    return found


@pytest.mark.parametrize(
    "from_line",
    [
        FROM_LINE,
        "From 1234567890123456789@xxx Mon Mar 03 09:00:05 +0000 2025\n",  # Google
        "From - Mon Mar 03 09:00:05 2025\n",  # Thunderbird
        "From \n",  # Thunderbird since 115
        "From -\n",
        "From ???@??? Mon Mar 03 09:00:05 2025\n",  # Eudora
        'From "office@corp.example" Mon Mar  3 09:00:05 2025\n',  # readpst
        "From office@corp.example Mon, 3 Mar 2025 09:00:05 +0100\n",
        "From MAILER-DAEMON Mon Mar  3 09:00:05 2025 +0100\n",
        "From office@corp.example 2025-03-03T09:00:05Z\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_lines_of_all_writers_begin_a_message(from_line: str, end: str) -> None:
    """Google, Thunderbird, Eudora, Apple, mutt and converters write different lines."""
    content = mbox([letter(1), letter(2), letter(3)], from_line).replace(b"\n", end.encode())

    assert subjects(content) == ["Evening 1", "Evening 2", "Evening 3"]


@pytest.mark.parametrize(
    "body",
    [
        "From here on it went wrong.\nSo they say.\n",
        "From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\n",
        ">From office@corp.example Mon Mar  3 09:00:05 2025\nSubject: quoted as mboxrd does\n",
        "From Anna, Mon Mar 3 2025 at 9:00\nhttps://example.org/\n",
        "From May 2024 until 10:30 on 3 March 2025\nwe waited.\n",
        "From \nhere.\n",
        "From ada@example.org\nNote: we met.\n",
    ],
)
def test_what_people_write_begins_no_message(body: str) -> None:
    """A line of a text that begins with From is no separator, quoted or not."""
    content = mbox([letter(1) + "\n" + body + "\n" + body, letter(2)])

    assert subjects(content) == ["Evening 1", "Evening 2"]


def test_a_missing_blank_line_hides_no_message() -> None:
    """Some writers leave out the blank line before the next message; a date and a known field are then enough."""
    content = (FROM_LINE + letter(1) + FROM_LINE + letter(2)).encode()

    assert subjects(content) == ["Evening 1", "Evening 2"]


def test_a_message_without_body_and_blank_line_hides_no_message() -> None:
    """The header then ends where the next message begins."""
    bare = letter(1).partition("\n\n")[0] + "\n"

    assert subjects((FROM_LINE + bare + FROM_LINE + letter(2)).encode()) == ["Evening 1", "Evening 2"]


def test_content_length_guards_a_forwarded_mbox() -> None:
    """mboxcl2 does not quote: a whole message within the body is told from the next one by its length."""
    body = "As it was:\n\n" + FROM_LINE + letter(7) + "\n"
    header = letter(1, extra=f"Content-Length: {len(body)}\n").partition("\n\n")[0]
    content = (FROM_LINE + header + "\n\n" + body + "\n" + FROM_LINE + letter(2)).encode()

    assert subjects(content) == ["Evening 1", "Evening 2"]


@pytest.mark.parametrize("told", ["0", "5", "999999", "-3", "9" * 40, "x"])
def test_a_wrong_content_length_hides_nothing(told: str) -> None:
    """Where no message ends at the place told, the length is not believed."""
    content = mbox([letter(1, extra=f"Content-Length: {told}\n"), letter(2), letter(3)])

    assert subjects(content) == ["Evening 1", "Evening 2", "Evening 3"]


def test_sizes_and_places_add_up_to_the_file() -> None:
    """Each message ends where the next one's From line begins."""
    content = mbox([letter(number) for number in range(1, 6)])

    entries = list(read_mbox(stream(content), is_seekable=True))

    assert [entry.offset for entry in entries] == [
        sum(len(one.from_line) + one.size for one in entries[:place]) for place in range(5)
    ]
    assert sum(len(one.from_line) + one.size for one in entries) == len(content)


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=60), max_size=6),
    st.booleans(),
)
def test_bodies_with_quoted_from_lines_never_hide_or_add_messages(bodies: list[str], is_seekable: bool) -> None:
    """RFC 4155, appendix A: writers quote lines of the body that begin with "From "."""
    quoted = [body.replace("\nFrom ", "\n>From ") for body in bodies]
    content = mbox(letter(number) + f"\n>{body}\n" for number, body in enumerate(quoted))

    assert subjects(content, is_seekable=is_seekable) == [f"Evening {number}" for number in range(len(bodies))]


def test_what_is_no_mbox_is_told() -> None:
    """Blank lines and a byte order mark before the first message are forgiven, other files are not."""
    assert is_mbox_start(b"\xef\xbb\xbf\r\n\nFrom x")
    assert not is_mbox_start(b"From: x")
    assert not is_mbox_start(b"PK\x03\x04From ")


def test_lines_without_end_cost_no_memory() -> None:
    """A body in one line of many megabytes is passed in pieces, and none of them begins a message."""
    content = mbox([letter(1) + "\n" + "From x " * 1_000_000 + "\n", letter(2)])

    assert subjects(content) == ["Evening 1", "Evening 2"]


_PIECES = st.sampled_from(
    [
        "\n",
        "\r\n",
        "From ",
        FROM_LINE,
        "From \r\n",
        "From - Mon Mar 03 09:00:05 2025\r\n",
        "Subject: x\n",
        "To: ada@example.org\r\n",
        "Content-Length: 20\n",
        "text\n",
        "text",
        letter(1),
    ]
)


@given(st.lists(_PIECES, max_size=25), st.integers(1, 40), st.booleans())
def test_where_a_read_ends_makes_no_difference(pieces: list[str], size: int, is_seekable: bool) -> None:
    """Whatever the file holds, it is cut into the same messages by reads of any size, and nothing of it is left out."""
    content = ("From \n" + "".join(pieces)).encode()

    whole = list(read_mbox(stream(content), is_seekable=is_seekable))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mbox_module, "_CHUNK", size)
        piecewise = list(read_mbox(stream(content), is_seekable=is_seekable))

    assert piecewise == whole
    assert sum(len(entry.from_line) + entry.size for entry in whole) == len(content)


def test_files_of_the_standard_library_are_read_as_it_reads_them(tmp_path: Path) -> None:
    """Its writer quotes, leaves out and adds as most programs do."""
    box = mailbox.mbox(tmp_path / "sent")
    for number in range(20):
        message = mailbox.mboxMessage(letter(number) + "\nFrom here on.\n\nFrom ada@example.org Mon\nTo: x\n")
        message.set_flags("RO")
        box.add(message)
    box.flush()

    assert subjects((tmp_path / "sent").read_bytes()) == [str(message["subject"]) for message in box]
