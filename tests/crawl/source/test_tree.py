"""The parts of a message in a file are those that a server tells: numbers, types, names and octets."""

import io
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from scanner.crawl.mime import DEEPEST, MOST_PARTS, StructureError
from scanner.crawl.source.mbox import message_lines
from scanner.crawl.source.tree import read_tree
from scanner.model import MessagePart
from scanner.pipeline.looking.mail_on_file import read_mail


def tree(text: str) -> tuple[MessagePart, ...]:
    """Return the parts of a message given as text."""
    return read_tree(io.BytesIO(text.encode("utf-8", "surrogateescape")).readline)


def mixed(*parts: str, boundary: str = "b") -> str:
    """Return a multipart of these parts, headers included."""
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\n\npreamble\n{body}--{boundary}--\nepilogue\n'


PDF = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\nabcd"
INNER = "Content-Type: message/rfc822\n\nSubject: Inner\n\nHello\n"


def test_a_message_without_a_type_is_one_text() -> None:
    """RFC 2045, 5.2; octets count CRLF, whatever the file has."""
    assert tree("Subject: x\n\none\ntwo\n") == (MessagePart("1", "text/plain", size=10),)
    assert tree("Subject: x\r\n\r\none\r\ntwo\r\n") == (MessagePart("1", "text/plain", size=10),)


def test_parts_end_before_the_line_end_of_their_boundary() -> None:
    """RFC 2046, 5.1.1; preamble and epilogue belong to no part."""
    parts = tree(mixed("\nfirst\nsecond", PDF))

    assert parts == (
        MessagePart("1", "text/plain", size=13),
        MessagePart("2", "application/pdf", disposition="attachment", file_name="a.pdf", size=4),
    )


def test_attached_messages_are_parts_and_have_parts() -> None:
    """Numbered as FETCH numbers them; a digest's parts are messages without saying so (RFC 2046, 5.1.5)."""
    digest = mixed("\nSubject: One\n\nHello", boundary="d").replace("multipart/mixed", "multipart/digest")
    parts = tree(mixed(INNER, "Content-Type: message/rfc822\n\n" + mixed(PDF, boundary="c"), digest))

    assert [(part.section, part.content_type) for part in parts] == [
        ("1", "message/rfc822"),
        ("1.1", "text/plain"),
        ("2", "message/rfc822"),
        ("2.1", "application/pdf"),
        ("3.1", "message/rfc822"),
        ("3.1.1", "text/plain"),
    ]


def test_the_boundary_of_an_outer_multipart_ends_all_within() -> None:
    """RFC 2046, 5.1.2: also where the inner one was never closed; one that is like the beginning of another is not."""
    inner = "Content-Type: multipart/mixed; boundary=bc\n\n--bc\n\nlost end\n--bcd\n"

    assert [(part.section, part.size) for part in tree(mixed(inner, PDF))] == [("1.1", 17), ("2", 4)]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ("attachment; filename=My file.pdf; size=7", "My file.pdf"),
        ("attachment;\n filename*0*=utf-8''L%C3%B6;\n filename*1=\"hne.pdf\"", "Löhne.pdf"),
        ('attachment; filename="=?utf-8?q?L=C3=B6hne?=\n =?utf-8?q?=2Epdf?="', "Löhne.pdf"),
        ('attachment; size=7; FileName = "a \\"b\\".pdf"', 'a "b".pdf'),
        ('attachment; filename="never closed.pdf', "never closed.pdf"),
        ("attachment", "a.pdf"),
    ],
)
def test_file_names_are_read_as_from_a_server(field: str, name: str) -> None:
    """Folded, continued, encoded, and unquoted as it should not be."""
    (part,) = tree(mixed(PDF.replace("Content-Disposition: attachment", f"Content-Disposition: {field}")))

    assert (part.disposition, part.file_name) == ("attachment", name)


def test_a_message_that_ends_anywhere_has_the_parts_so_far() -> None:
    """Cut files are evidence too; cut behind a boundary, they seem to begin one part more."""
    whole = mixed("\nfirst", PDF)

    sections = [[part.section for part in tree(whole[:end])] for end in range(len(whole))]

    assert sections[-1] == ["1", "2"]
    assert all(one == ["1", "2", "3"][: len(one)] for one in sections)


def test_mail_made_to_be_slow_meets_limits() -> None:
    """Boundaries in each other, thousands of parts and lines without end take the time of their length."""
    began = time.process_time()
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(20_000))

    parts = tree(deep + "\ntext")
    with pytest.raises(StructureError, match=f"more than {MOST_PARTS:,} parts"):
        tree(mixed(*["\nx"] * (MOST_PARTS + 1)))
    (long,) = tree("Subject: x\n\n" + "--" * 10_000_000)

    assert len(parts[0].section.split(".")) == DEEPEST
    assert long.size == 20_000_000
    # A generous limit that only endless work would miss.
    assert time.process_time() - began < 60


def test_the_blank_line_behind_a_message_in_an_mbox_is_none_of_it() -> None:
    """RFC 4155, appendix A: it ends the message; blank lines within stay."""
    content = b"one\n\ntwo\n\n"
    file = io.BytesIO(content + b"From x\n")
    readline = message_lines(file.readline, len(content))

    assert list(iter(lambda: readline(100), b"")) == [b"one\n", b"\n", b"two\n"]


def test_one_known_mail_has_its_parts(tmp_path: Path) -> None:
    """`blindcopy look` tells attachments as a scan does."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "office@corp.example", "ada@guests.example"
    mail.set_content("Hello")
    mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="Löhne.pdf")
    (tmp_path / "mail.eml").write_bytes(mail.as_bytes())

    parts = read_mail(tmp_path / "mail.eml").message.parts

    assert parts is not None
    assert [(part.section, part.file_name) for part in parts] == [("1", ""), ("2", "Löhne.pdf")]
