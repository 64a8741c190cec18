"""Delivery reports of several mail programs are read; what is none says nothing."""

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.bounce import Copy, Report, decode_part, is_report, read_report, read_report_mail, without_xtext
from scanner.model import AddressKey
from tests import bounces

LOST = AddressKey("lost@people.example")


@pytest.mark.parametrize("program", [bounces.postfix, bounces.exchange, bounces.gmail, bounces.exim])
def test_every_shape_tells_mail_recipient_and_status(program: object) -> None:
    """Postfix and Gmail give the mail back, Exchange and Exim its header."""
    assert callable(program)

    report = read_report_mail(message_from_bytes(program("<m1@corp.example>", LOST)))

    assert report is not None
    assert report.message_id == "<m1@corp.example>"
    (copy,) = report.copies
    assert (copy.keys, copy.action, copy.status[:2]) == ((LOST,), "failed", "5.")


@pytest.mark.parametrize("mail", [bounces.qmail(LOST), bounces.old_exim(LOST), bounces.reply("<m1@c.example>", LOST)])
def test_text_for_people_is_no_report(mail: bytes) -> None:
    """What is written in words is not guessed at."""
    assert read_report_mail(message_from_bytes(mail)) is None


@pytest.mark.parametrize("action", ["failed", "delayed", "delivered", "relayed", "expanded"])
def test_every_action_of_the_standard_is_known(action: str) -> None:
    """RFC 3464, 2.3.3: five actions; case means nothing."""
    (copy,) = read_report(f"Final-Recipient: rfc822; {LOST}\r\nAction: {action.title()}\r\n".encode(), b"").copies

    assert copy.action == action


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("rfc822; lost@people.example", LOST),
        ("RFC822;<Lost@People.Example>", LOST),
        ("rfc822;\r\n lost@people.example", LOST),
        ("lost@people.example", LOST),
        ("utf-8; lost@people.example", LOST),
        ("x400; /G=lost/", None),
        ("unknown; somebody", None),
    ],
)
def test_a_recipient_is_an_address_of_the_internet(field: str, key: AddressKey | None) -> None:
    """RFC 3464, 2.3.1: other address types are no mail addresses; brackets and folds occur."""
    report = read_report(
        f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: {field}\r\nAction: failed\r\n".encode(), b""
    )

    assert [copy.final for copy in report.copies] == ([key] if key else [])


def test_each_recipient_has_a_block() -> None:
    """One report about three recipients: two failed, one waits; line ends of one kind or the other."""
    blocks = [f"Final-Recipient: rfc822; p{n}@people.example\nAction: {a}\nStatus: {s}\n" for n, a, s in
              ((1, "failed", "5.1.1"), (2, "delayed", "4.4.1"), (3, "failed", "nonsense"))]  # fmt: skip

    for end in ("\n", "\r\n"):
        text = "\n".join(["Reporting-MTA: dns; mx.example\n", *blocks]).replace("\n", end)
        report = read_report(text.encode(), b"")

        found = [(copy.final, copy.action, copy.status) for copy in report.copies]
        assert found == [
            ("p1@people.example", "failed", "5.1.1"),
            ("p2@people.example", "delayed", "4.4.1"),
            ("p3@people.example", "failed", ""),
        ]


def test_the_address_as_sent_comes_before_the_one_it_was_forwarded_to() -> None:
    """Whoever forwards his mail stands in our list under the original address."""
    copy = Copy(AddressKey("new@quay.example"), LOST, "failed", "")

    assert copy.keys == (LOST, "new@quay.example")


def test_an_encoded_original_recipient_can_be_read() -> None:
    """RFC 3461, 4: a plus is +2B in xtext; some servers leave it so."""
    assert without_xtext(AddressKey("lost+2bclub@people.example")) == "lost+club@people.example"


@pytest.mark.parametrize(
    ("content_type", "told"),
    [
        ('multipart/report; report-type=delivery-status; boundary="x"', True),
        ('Multipart/Report; Report-Type="Delivery-Status"; boundary=x', True),
        ("multipart/report; boundary=x", True),
        ("multipart/report; report-type=disposition-notification; boundary=x", False),
        ("multipart/report; report-type=feedback-report", False),
        ("multipart/mixed; report-type=delivery-status", False),
        ("", False),
    ],
)
def test_a_read_receipt_is_no_bounce(content_type: str, told: bool) -> None:
    """multipart/report is also used for read receipts and complaints (RFC 8098, RFC 5965)."""
    assert is_report(content_type) is told


def test_encoded_parts_are_decoded_and_broken_ones_left() -> None:
    """RFC 3464 asks for 7bit; gateways encode all the same."""
    assert decode_part(b"QWN0aW9u", "base64") == b"Action"
    assert decode_part(b"Act=69on", "quoted-printable") == b"Action"
    assert decode_part(b"Q", "base64") == b"Q"
    assert decode_part(b"Action", "7bit") == b"Action"


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_whatever_comes_is_read_or_says_nothing(status: bytes, returned: bytes) -> None:
    """A report is made by strangers: nothing in it ends the reading."""
    assert isinstance(read_report(status, returned), Report)
