"""Mail attached to the mail in a file is found, whatever it is wrapped in; what stays closed is told."""

import base64
import io
import quopri

import pytest

from scanner.crawl.source import attached
from scanner.crawl.source.attached import AttachedMail, attached_mail
from tests.crawl.source.compound import Embedded, sent_msg

KNOWN = b"From: office@corp.example\r\nTo: ada@example.org, ben@example.net\r\nSubject: Evening\r\n\r\nText\r\n"
ROWS = tuple({0x0C15: 1, 0x3001: name, 0x3003: f"{name}@example.org"} for name in ("ada", "ben", "cleo"))
NOTE = {0x001A: "IPM.Note", 0x0037: "Evening"}


def mail(*parts: bytes) -> bytes:
    """Return a mail of these parts, each with its fields and a blank line."""
    head = b'From: zoe@example.org\r\nTo: dpo@corp.example\r\nContent-Type: multipart/mixed; boundary="q"\r\n\r\n'
    return head + b"".join(b"--q\r\n" + part + b"\r\n" for part in parts) + b"--q--\r\n"


def part(content: bytes, kind: str = "message/rfc822", *more: str) -> bytes:
    """Return a part of a type with these further fields."""
    return "".join(f"{field}\r\n" for field in (f"Content-Type: {kind}", *more)).encode() + b"\r\n" + content


def encoded(content: bytes, kind: str = "message/rfc822") -> bytes:
    """Return a part in base64."""
    return part(base64.encodebytes(content), kind, "Content-Transfer-Encoding: base64")


def found(data: bytes) -> list[AttachedMail]:
    """Return the mail attached to that in a file of these bytes."""
    return list(attached_mail(io.BytesIO(data), len(data)))


def headers(data: bytes) -> list[tuple[str, bytes]]:
    """Return (number, header fields that are kept) of attached mail; all of it must have been read."""
    mails = found(data)
    assert all(one.answer is not None for one in mails)
    return [(one.number, (one.answer.header or b"").strip()) for one in mails if one.answer]


HEADER = KNOWN.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "wrapped",
    [
        part(KNOWN),
        part(KNOWN, "message/global"),
        encoded(KNOWN),
        encoded(KNOWN, 'application/octet-stream; name="Evening.EML"'),
        part(quopri.encodestring(KNOWN), "message/rfc822", "Content-Transfer-Encoding: quoted-printable"),
        part(HEADER + b"\r\n", "text/rfc822-headers"),
        part(b"--d\r\n\r\n" + KNOWN + b"--d--", 'multipart/digest; boundary="d"'),
        part(KNOWN.replace(b"\r\n", b"\n")),
    ],
    ids=["rfc822", "global", "base64", "named", "quoted", "bounce", "digest", "bare newlines"],
)
def test_an_attached_mail_is_found_as_it_was(wrapped: bytes) -> None:
    """RFC 2046, 5.2.1, and what programs make of it: the same header in each wrapping."""
    ((number, header),) = headers(mail(part(b"Look", "text/plain"), wrapped))

    assert number == "1"
    assert header.replace(b"\r\n", b"\n") == HEADER.replace(b"\r\n", b"\n")


def test_several_and_those_within_them_are_numbered() -> None:
    """The mail within the second one is its first."""
    inner = KNOWN.replace(b"Evening", b"Morning")

    numbers = [number for number, _ in headers(mail(part(KNOWN), encoded(mail(part(inner))), part(inner)))]

    assert numbers == ["1", "2", "2.1", "3"]


@pytest.mark.parametrize(
    "start", [b"", b"\xef\xbb\xbf", b"\n\n", b"From zoe@example.org Mon Mar  3 09:00:00 2025\n", b"1234\n"]
)
def test_what_stands_before_the_header_moves_nothing(start: bytes) -> None:
    """A byte order mark, blank lines, a line of an mbox, Apple's count."""
    ((_, header),) = headers(start + mail(part(KNOWN)))

    assert header == HEADER


def test_the_parts_of_attached_mail_are_told() -> None:
    """An attached mail is judged with its own attachments."""
    inner = mail(part(b"%PDF", 'application/pdf; name="list.pdf"'))

    (one,) = found(mail(part(inner)))

    assert [part.file_name for part in one.parts or ()] == ["list.pdf"]


def test_outlook_keeps_mail_within_mail_as_folders() -> None:
    """MS-OXMSG, 2.2.2.1: the storage 3701000D; a row of the table is a recipient, as in the file itself."""
    deeper = Embedded(NOTE | {0x0037: "Deeper"}, ROWS[:2])
    data = sent_msg(attachments=[b"a list", Embedded(NOTE, ROWS, [deeper]), {0x3707: "Old.eml", 0x3701: KNOWN}])

    told = dict(headers(data))

    assert list(told) == ["1", "1.1", "2"]
    assert told["1"].count(b"@example.org>") == 3
    assert b"Subject: Deeper" in told["1.1"]
    assert told["2"] == HEADER


def test_outlooks_file_attached_to_a_mail_is_opened() -> None:
    """Webmail attaches what was saved; its own attachments are looked through, too."""
    data = mail(encoded(sent_msg(attachments=[Embedded(NOTE, ROWS)]), 'application/vnd.ms-outlook; name="x.msg"'))

    assert [number for number, _ in headers(data)] == ["1", "1.1"]


@pytest.mark.parametrize(
    ("wrapped", "number", "words"),
    [
        (part(b"x=1", "message/rfc822", "Content-Transfer-Encoding: base64"), "1", "base64 is damaged"),
        (part(b"", "message/rfc822"), "1", "the file is empty"),
        (encoded(sent_msg()[:900], 'application/octet-stream; name="x.msg"'), "1", "damaged"),
        (encoded(b"x\x9f>\x22", 'application/ms-tnef; name="winmail.dat"'), "", "winmail.dat is not opened"),
        (encoded(b"0\x80", "application/pkcs7-mime"), "", "signed or encrypted content (S/MIME) is not opened"),
        (encoded(b"x\x9f>\x22", 'application/octet-stream; name="WinMail.dat"'), "", "winmail.dat is not opened"),
        (encoded(b"From ", 'text/plain; name="old.mbox"'), "", "a mail folder is not opened"),
        (encoded(b"To: a", 'message/partial; id="1"; number=1'), "", "a part of a mail is not opened"),
    ],
    ids=["base64", "empty", "outlook", "tnef", "smime", "by name", "mbox", "partial"],
)
def test_what_cannot_be_read_is_told(wrapped: bytes, number: str, words: str) -> None:
    """It may be the very mail somebody complains about."""
    (one,) = found(mail(wrapped))

    assert (one.number, one.answer) == (number, None)
    assert words in one.problem


def test_depth_and_number_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile files end, and say that something was left."""
    monkeypatch.setattr(attached, "_MOST", 3)
    nested = KNOWN
    for _ in range(12):
        nested = mail(encoded(nested))
    many = found(mail(*[part(KNOWN)] * 4))

    monkeypatch.setattr(attached, "_MOST", 500)
    deep = found(nested)

    assert [one.number for one in many] == ["1", "2", "3", ""]
    assert "more than 3 mails" in many[-1].problem
    assert "more than 10 deep" in deep[-1].problem
    assert len(deep) == 12


def test_a_large_file_says_that_it_was_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have to be held in memory."""
    monkeypatch.setattr(attached, "ATTACHED_LIMIT", 50)

    (one,) = found(mail(part(KNOWN)))

    assert "what is attached is not looked at" in one.problem
