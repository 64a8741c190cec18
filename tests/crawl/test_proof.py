"""A received mail proves something of a message only where it names it, and only about its recipients."""

import pytest

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.bounce import Copy, Report
from scanner.crawl.proof import Matcher, Received, read_received
from scanner.model import AddressKey, Sought
from tests import bounces

OURS = "<m1@corp.example>"
ADA, BEN, PLUS = map(AddressKey, ("ada@people.example", "ben@people.example", "cyd+club@gmail.com"))
SOUGHT = Sought(1, OURS, 0, frozenset({ADA, BEN, PLUS}), frozenset({AddressKey("ada@corp.example")}))
AT = 1_578_304_800


def received(mail: bytes, uid: int = 5) -> Received:
    """Return the header of a mail as it is fetched."""
    header = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return read_received(FetchAnswer(uid, b"06-Jan-2020 10:00:00 +0000", len(mail), b"", header))


def matcher() -> Matcher:
    """Return what looks for one message."""
    return Matcher([SOUGHT])


def test_an_answer_of_a_recipient_is_a_reply() -> None:
    """By In-Reply-To, with the moment at which it came."""
    (found,) = matcher().replies(received(bounces.reply(OURS, "Ada <ada@people.example>")))

    assert found == (1, ADA, "replied", AT, "")


def test_without_in_reply_to_the_last_reference_counts() -> None:
    """RFC 5322, 3.6.4: References ends with the parent."""
    direct = bounces.reply("", "ada@people.example", references=f"<root@x.example> {OURS}")
    deeper = bounces.reply("", "ada@people.example", references=f"{OURS} <answer@people.example>")

    assert [one.key for one in matcher().replies(received(direct))] == [ADA]
    assert matcher().replies(received(deeper)) == []


def test_an_answer_to_an_answer_is_none_to_ours() -> None:
    """Ben answers Ada's reply to all: that ours reached him is not proven by it."""
    mail = bounces.reply("<re1@people.example>", "ben@people.example", references=f"{OURS} <re1@people.example>")

    assert matcher().replies(received(mail)) == []


@pytest.mark.parametrize("sender", ["ada@corp.example", "nobody", "ada@people.example, ben@people.example"])
def test_no_answer_is_made_of_ourselves_nobody_or_two_at_once(sender: str) -> None:
    """Who goes on in his own thread answers nobody; who wrote has to be told."""
    assert matcher().replies(received(bounces.reply(OURS, sender))) == []


def test_of_somebody_else_it_is_kept_that_he_answered_and_not_who() -> None:
    """A lost Bcc line, or a forwarded mail: the viewers are more than the copy names."""
    (found,) = matcher().replies(received(bounces.reply(OURS, "dora@people.example")))

    assert (found.message, found.key, found.kind) == (1, "", "replied")


def test_the_person_answers_from_the_address_without_the_tag() -> None:
    """cyd+club@gmail.com was written to; the reply comes from c.y.d@gmail.com."""
    (found,) = matcher().replies(received(bounces.reply(OURS, "c.y.d@gmail.com")))

    assert found.key == PLUS


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (out of office)",
        "Precedence: auto_reply",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "X-Autorespond: vacation",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
    ],
)
def test_a_program_that_answers_proves_delivery_and_no_reply(field: str) -> None:
    """Out of office (RFC 3834), what was written before it, and read receipts (RFC 8098)."""
    (found,) = matcher().replies(received(bounces.reply(OURS, "ada@people.example", field)))

    assert found.kind == "auto_reply"


def test_auto_submitted_no_is_a_person() -> None:
    """RFC 3834, 5: "no" says that a person sent it."""
    (found,) = matcher().replies(received(bounces.reply(OURS, "ada@people.example", "Auto-Submitted: no")))

    assert found.kind == "replied"


def test_a_report_is_about_the_message_that_came_back() -> None:
    """The recipient's status is kept; actions that prove nothing are not."""
    copies = (
        Copy(ADA, None, "failed", "5.1.1"),
        Copy(BEN, None, "relayed", "2.0.0"),
        Copy(AddressKey("new@quay.example"), PLUS, "expanded", "2.0.0"),
        Copy(AddressKey("else@quay.example"), None, "failed", "5.0.0"),
    )
    mail = received(bounces.postfix(OURS, ADA))

    found = matcher().returned(mail, Report(OURS, copies))

    assert found == [(1, ADA, "bounced", AT, "5.1.1"), (1, PLUS, "delivered", AT, "2.0.0")]


def test_a_report_about_another_message_proves_nothing_and_one_that_names_none_is_told() -> None:
    """None is "cannot be read"; an empty list is "read, and not about ours"."""
    mail = received(bounces.postfix(OURS, ADA))
    copies = (Copy(ADA, None, "failed", "5.1.1"),)

    assert matcher().returned(mail, Report("<other@corp.example>", copies)) == []
    assert matcher().returned(mail, Report("", copies)) is None
    assert matcher().concerns_copies(copies)
    assert not matcher().concerns_copies((Copy(AddressKey("x@quay.example"), None, "failed", ""),))


def test_two_messages_of_one_message_id_are_told_apart_by_their_recipients() -> None:
    """One Message-ID with two recipient sets is two messages (CONTRACTS: Messages)."""
    both = Matcher([SOUGHT, Sought(2, OURS, 0, frozenset({AddressKey("eve@people.example")}))])

    assert [one.message for one in both.replies(received(bounces.reply(OURS, "eve@people.example")))] == [2]
    assert [one.message for one in both.replies(received(bounces.reply(OURS, "ada@people.example")))] == [1]


def test_x_failed_recipients_counts_where_the_bounce_names_the_mail() -> None:
    """Plain text with a References field is enough; without one nobody knows which mail it was."""
    named, nameless = bounces.old_exim(ADA, message_id=OURS), bounces.old_exim(ADA)

    assert matcher().failed(received(named)) == [(1, ADA, "bounced", AT, "")]
    assert matcher().failed(received(nameless)) == []
    assert received(nameless).looks_like_bounce
    assert not matcher().is_about_another(received(nameless))
    assert matcher().is_about_another(received(bounces.old_exim("x@quay.example")))


@pytest.mark.parametrize(
    ("mail", "is_bounce"),
    [
        (bounces.qmail("x@quay.example"), True),
        (bounces.reply("", "postmaster@people.example"), False),
        (bounces.reply("", "postmaster@people.example", "Auto-Submitted: auto-generated"), True),
        (bounces.reply("", "ada@people.example", "Auto-Submitted: auto-replied"), False),
    ],
)
def test_what_seems_to_be_a_bounce_is_known_by_its_sender(mail: bytes, is_bounce: bool) -> None:
    """MAILER-DAEMON always; postmaster where a program wrote it, for people write as postmaster, too."""
    assert received(mail).looks_like_bounce is is_bounce


def test_a_message_id_without_brackets_is_found() -> None:
    """Some programs leave the brackets of In-Reply-To away."""
    (found,) = matcher().replies(received(bounces.reply("m1@corp.example", "ada@people.example")))

    assert found.key == ADA
