"""A header block becomes a message: nothing raises, no recipient is lost, and the same mail has the same identity."""

import hashlib
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.fields import HEADER_FIELDS, split_fields
from scanner.crawl.header import FETCH_ITEMS, MESSAGE_DEFECTS, build_message, identity_of
from scanner.model import Message
from tests.crawl.bodies import bodies_of
from tests.crawl.talk import header

DAY = 86_400
INTERNAL = 1612346400
"""3 February 2021, 10:00 UTC, as the answers below have it."""


def built(block: bytes, **answer: Any) -> Message:
    """Return the message of a header block."""
    known = {
        "uid": 7,
        "internal_date": b"03-Feb-2021 11:00:00 +0100",
        "size": 1234,
        "flags": b"\\Seen",
        "header": block,
    }
    is_draft = answer.pop("is_draft", False)
    return build_message(FetchAnswer(**(known | answer)), block, is_draft=is_draft)


def recipients(message: Message) -> list[tuple[str, str]]:
    """Return (field, address as written) of every recipient, in order."""
    return [(name, entry.addr_spec) for name, entry in message.recipients]


# --- fields -------------------------------------------------------------------


def test_what_is_asked_for_changes_nothing_on_the_server() -> None:
    r"""BODY.PEEK sets no \Seen (RFC 9051, 6.4.5); the fields are those of the contract, without a body."""
    assert f"(UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])" == FETCH_ITEMS
    assert HEADER_FIELDS.split()[:7] == ["Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc"]
    assert len(HEADER_FIELDS.split()) == len(set(HEADER_FIELDS.split())) == 27


def test_a_whole_header_is_read() -> None:
    """Every part of a usual answer has its place."""
    block = (
        b"Date: Wed, 3 Feb 2021 10:00:00 +0000\r\n"
        b"From: Ada <ada@corp.example>\r\nSender: desk@corp.example\r\nReply-To: answers@corp.example\r\n"
        b"To: Ben <ben@people.example>, carl@people.example\r\nCc: Team: dora@people.example;\r\n"
        b"Bcc: eva@people.example\r\nResent-To: finn@people.example\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@corp.example>\r\n"
        b"In-Reply-To: <0@people.example>\r\nX-Mailer: Post 1.0\r\n\r\n"
    )

    message = built(block)

    assert recipients(message) == [
        ("to", "ben@people.example"),
        ("to", "carl@people.example"),
        ("cc", "dora@people.example"),
        ("bcc", "eva@people.example"),
        ("resent-to", "finn@people.example"),
    ]
    assert [(name, entry.addr_spec) for name, entry in message.senders] == [
        ("from", "ada@corp.example"),
        ("sender", "desk@corp.example"),
        ("reply-to", "answers@corp.example"),
    ]
    assert (message.subject, message.message_id) == ("Grüße", "<1@corp.example>")
    assert dict(message.fields) == {"in-reply-to": "<0@people.example>", "x-mailer": "Post 1.0"}
    assert (message.uid, message.size, message.flags) == (7, 1234, ("\\Seen",))
    assert (message.internal_at, message.internal_offset) == (INTERNAL, 60)
    assert (message.header_block, message.header_sha256) == (block, hashlib.sha256(block).digest())
    assert message.defects == ()


def test_repeated_fields_are_united() -> None:
    """CONTRACTS: Messages. Some clients write one Cc field per recipient."""
    message = built(
        b"Cc: a@people.example\r\nTo: b@people.example\r\nCC: c@people.example\r\ncc : d@people.example\r\n\r\n"
    )

    assert recipients(message) == [
        ("to", "b@people.example"),
        ("cc", "a@people.example"),
        ("cc", "c@people.example"),
        ("cc", "d@people.example"),
    ]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("fold", [b" ", b"\t", b"   \t"])
def test_lists_are_read_over_folds_and_any_line_ends(end: bytes, fold: bytes) -> None:
    """RFC 5322, 2.2.3; gateways write bare LF, and a few bare CR."""
    lines = [
        b"To: a@people.example,",
        fold + b"b@people.example,",
        fold,
        fold + b"c@people.example",
        b"Subject: x",
        b"",
        b"",
    ]

    message = built(end.join(lines))

    assert recipients(message) == [("to", f"{name}@people.example") for name in "abc"]
    assert message.subject == "x"


def test_a_header_without_its_closing_line_is_whole() -> None:
    """The last field counts, whether or not a blank line follows."""
    assert recipients(built(b"Subject: x\r\nTo: a@people.example")) == [("to", "a@people.example")]
    assert recipients(built(b"Subject: x\r\nTo: a@people.example\r\n\r\n\r\n")) == [("to", "a@people.example")]


@pytest.mark.parametrize(
    "line",
    [
        b"ben@people.example, carl@people.example",
        b"<ben@people.example>: Ben",
        b'"Ben: the first"<ben@people.example>',
        b"\xff\xfe: ben@people.example",
        b": ben@people.example",
    ],
)
def test_a_line_with_an_address_that_belongs_to_no_field_is_a_defect(line: bytes) -> None:
    """A list that lost its folding: an address may be lost there, so it is said, and the other fields are kept."""
    message = built(b"To: ada@people.example,\r\n" + line + b"\r\nCc: dora@people.example\r\n\r\n")

    assert "stray_line" in message.defects
    assert ("to", "ada@people.example") in recipients(message)
    assert ("cc", "dora@people.example") in recipients(message)


def test_a_line_without_an_address_is_no_defect() -> None:
    """mbox separators, blank first lines."""
    block = (
        b"               \r\n>From somewhere\r\nX-Odd: x@y\r\nTo: a@people.example\r\nDate: 3 Feb 2021 10:00 GMT\r\n"
    )

    message = built(block)

    assert message.defects == ()
    assert recipients(message) == [("to", "a@people.example")]


def test_names_of_fields_have_no_case() -> None:
    """RFC 5322, 1.2.2 and 2.2."""
    fields = split_fields(b"MESSAGE-ID: <1>\r\nmessage-Id\t: <2>\r\n\r\n")

    assert [body.strip() for body in bodies_of(fields, "message-id")] == ["<1>", "<2>"]
    assert not fields.is_stray


def test_raw_8bit_and_nul_are_readable_text() -> None:
    """UTF-8 as it is, other bytes guessed; NUL, which PostgreSQL refuses, is shown as unknown."""
    message = built("Subject: Grüße\r\nThread-Topic: ".encode() + b"caf\xe9\0\r\nMessage-ID: <\xff\0>\r\n\r\n")

    assert message.subject == "Grüße"
    assert message.fields["thread-topic"] == "café\ufffd"
    assert message.message_id == "<\\xff\\x00>"


def test_x_mailer_says_more_than_user_agent() -> None:
    """Either one names the program, in whatever order; X-Mailer where both stand."""
    both = [b"User-Agent: a\r\n", b"X-Mailer: b\r\n"]

    assert built(both[0] + both[1]).fields == built(both[1] + both[0]).fields == {"x-mailer": "b"}
    assert built(both[0]).fields == {"x-mailer": "a"}


def test_fields_without_addresses_are_kept_to_a_limit() -> None:
    """A References field can grow without end; a long Message-ID is cut for the index, its identity is not."""
    long = b"x" * 100_000

    names = (b"References", b"Subject", b"List-Post", b"Message-ID", b"Date")

    message = built(b"\r\n".join(name + b": " + long for name in names))

    assert len(message.fields["references"]) == 16_384
    assert len(message.message_id) == len(message.date_field) == 998
    assert len(message.fields["list-post"]) == 600
    assert message.identity != built(b"Message-ID: " + long[:-1] + b"\r\nDate: " + long).identity


@pytest.mark.parametrize(
    ("length", "kept", "defects"), [(45_000, 45_000, ()), (65_536, 65_536, ()), (65_537, 65_536, ("subject_cut",))]
)
def test_a_long_subject_is_whole_or_says_that_it_is_not(length: int, kept: int, defects: tuple[str, ...]) -> None:
    """What a person is shown is never cut without a mark."""
    message = built(b"Date: Wed, 3 Feb 2021 10:00:00 +0000\r\nSubject: " + b"x" * length)

    assert message.subject == "x" * kept
    assert message.defects == defects


def test_an_empty_header_is_a_message() -> None:
    """Nothing but the server's date is known."""
    message = built(b"")

    assert (message.sent_at, message.sent_offset, message.defects) == (INTERNAL, 60, ("date_missing",))
    assert message.recipients == message.senders == ()


# --- dates --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "internal", "sent_at", "defect"),
    [
        ("Wed, 3 Feb 2021 09:00:00 +0000", True, (INTERNAL - 3600, 0), None),
        ("Thu, 4 Feb 2021 10:00:00 +0000", True, (INTERNAL + DAY, 0), None),
        ("Thu, 4 Feb 2021 10:00:01 +0000", True, (INTERNAL, 60), "date_in_future"),
        ("Thu, 4 Feb 2021 11:00:00 +0100", True, (INTERNAL + DAY, 60), None),
        ("Thu, 4 Feb 2021 10:00:00 -0000", True, (INTERNAL + DAY, None), None),
        ("Fri, 1 Jan 1999 10:00:00 +0000", True, (915184800, 0), None),
        ("some day", True, (INTERNAL, 60), "date_unreadable"),
        ("", True, (INTERNAL, 60), "date_missing"),
        ("Thu, 4 Feb 2050 10:00:00 +0000", False, (2527581600, 0), None),
        ("some day", False, (0, None), "date_unreadable"),
    ],
)
def test_sent_at_is_date_unless_it_lies_a_day_ahead(
    date: str, internal: bool, sent_at: tuple[int, int | None], defect: str | None
) -> None:
    """CONTRACTS: "Date if it can be read and lies no more than one day after INTERNALDATE, else INTERNALDATE"."""
    more = {} if internal else {"internal_date": None}

    message = built(f"Date: {date}\r\n\r\n".encode(), **more)

    assert (message.sent_at, message.sent_offset) == sent_at
    assert message.defects == ((defect,) if defect else ())
    assert set(message.defects) <= set(MESSAGE_DEFECTS)
    assert message.date_field == date


# --- origin -------------------------------------------------------------------


def test_a_draft_is_told_by_its_flag_or_its_mailbox() -> None:
    """RFC 9051, 2.3.2: flags have no case."""
    block = header(1)

    assert built(block).origin == "sent"
    assert built(block, is_draft=True).origin == "draft"
    assert built(block, flags=b"\\Seen \\Draft").origin == "draft"
    assert built(block, flags=b"\\draft").origin == "draft"
    assert built(block, flags=b"$Draft").origin == "sent"
    assert built(block, flags=None).flags == ()


# --- identity -----------------------------------------------------------------


def _identity(**fields: str) -> str:
    return built(header(1, **fields)).identity


def test_the_identity_is_the_one_of_the_contract() -> None:
    """SHA-256 over Message-ID, raw Date, From key and the sorted To and Cc keys."""
    lines = [
        "<1@corp.example>",
        "Wed, 3 Feb 2021 10:01:00 +0000",
        "ada@corp.example",
        "a@people.example",
        "b@people.example",
    ]

    message = built(header(1, To="B <b@People.example>", Cc="A@people.example"))

    assert message.identity == hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert identity_of("", "", None, []) == hashlib.sha256(b"\n\n").hexdigest()


def test_mail_without_message_id_is_told_apart_by_its_subject_and_the_servers_date() -> None:
    """Two mailings a year apart are two exposures, though a mailer wrote neither Message-ID nor Date."""
    bare = b"From: ada@corp.example\r\nTo: a@people.example, b@people.example\r\n"
    dated = bare + b"Date: Wed, 3 Feb 2021 10:00:00 +0000\r\n"
    later = {"internal_date": b"03-Feb-2022 11:00:00 +0100"}

    assert built(bare + b"Subject: Spring\r\n\r\n").identity != built(bare + b"Subject: Debts\r\n\r\n").identity
    assert (
        built(bare + b"Subject: Spring\r\n\r\n").identity != built(bare + b"Subject: Spring\r\n\r\n", **later).identity
    )
    assert built(dated + b"Subject: Spring\r\n\r\n").identity != built(dated + b"Subject: Debts\r\n\r\n").identity
    # Its own date is the same in every copy; the server's need not be.
    assert (
        built(dated + b"Subject: Spring\r\n\r\n").identity
        == built(dated + b"Subject: Spring\r\n\r\n", **later).identity
    )


def test_copies_of_one_message_share_its_identity() -> None:
    """Order, display names, folding, repetition, To or Cc, Bcc, subject, flags and UID do not tell copies apart."""
    one = _identity(To="a@people.example, b@people.example", Cc="c@people.example")

    assert _identity(To="c@people.example, b@people.example", Cc="a@people.example") == one
    assert (
        _identity(To='"A" <a@people.example>,\r\n b@people.example, b@people.example', Cc="C <c@people.example>") == one
    )
    assert _identity(To="a@people.example, b@people.example, c@people.example", Bcc="d@people.example") == one
    assert _identity(To="a@people.example, b@people.example", Cc="c@people.example", Subject="Other") == one
    assert _identity(To="A@PEOPLE.example, b@people.example", Cc="c@people.example") == one


@pytest.mark.parametrize(
    "change",
    [
        {"Message-ID": "<2@corp.example>"},
        {"Date": "Wed, 3 Feb 2021 10:02:00 +0000"},
        {"From": "other@corp.example"},
        {"To": "other@people.example"},
        {"Cc": "other@people.example"},
    ],
)
def test_another_message_has_another_identity(change: dict[str, str]) -> None:
    """One Message-ID with two recipient sets is two messages (CONTRACTS: Messages)."""
    assert _identity(**change) != _identity()


# --- any bytes ----------------------------------------------------------------

_PIECES = st.sampled_from(
    [name.encode() + b": " for name in HEADER_FIELDS.split()]
    + [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b",",
        b";",
        b":",
        b"<",
        b">",
        b"@",
        b'"',
        b"\\",
        b"(",
        b")",
        b"\0",
        b"\xff",
        b"\xc3\xa4",
    ]
    + [b"=?utf-8?q?=C3=A4?=", b"=?utf-16?b?2AA=?=", b"=?utf-7?q?+2AA-?=", b"=?x?q?", b"ada", b"a@people.example", b"[]"]
)
BLOCKS = st.lists(_PIECES | st.binary(max_size=4), max_size=30).map(b"".join)


@given(BLOCKS, st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=10))
def test_no_bytes_make_it_fail_and_every_text_can_be_stored(
    block: bytes, internal_date: bytes | None, flags: bytes | None
) -> None:
    """
    Text fields hold no lone surrogate and no NUL: SQLite refuses the one, PostgreSQL the other.

    Names are stored as bytes, and keep a NUL that was shown.
    """
    message = built(block, internal_date=internal_date, flags=flags)

    entries = [entry for _, entry in (*message.senders, *message.recipients)]
    texts = [message.subject, message.message_id, message.date_field, message.identity, *message.fields.values()]
    texts += [entry.addr_spec for entry in entries] + [entry.key or "" for entry in entries]
    names = [entry.display_name for entry in entries] + [entry.group or "" for entry in entries]
    assert not any("\0" in text for text in texts)
    for text in texts + names:
        assert text.encode("utf-8").decode("utf-8") == text
    assert len(message.identity) == 64


@given(BLOCKS)
def test_an_address_that_stands_in_to_is_found_or_a_defect_is_noted(block: bytes) -> None:
    """Whatever stands before it, a field that begins on a line of its own is read."""
    message = built(block + b"\r\nTo: zoe@people.example\r\n\r\n")

    assert ("to", "zoe@people.example") in recipients(message)


def _steps(block: bytes) -> int:
    """Count the calls that building a message makes."""
    made = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal made
        made += 1

    sys.setprofile(count)
    try:
        built(block)
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize(
    "piece",
    [
        b"To: a%d@people.example\r\n",
        b"stray %d @\r\n",
        b"To: x%d\r\n ,\r\n",
        b"Subject: =?utf-8?q?x%d?=\r\n =?utf-8?q?y?=\r\n",
        b"To: ((((%d\r\n",
        b'To: "%d\r\n',
        b"\r\n \r\n%d",
    ],
)
def test_the_steps_grow_no_faster_than_the_header(piece: bytes) -> None:
    """Twice the lines are at most a little more than twice the calls."""
    small = _steps(b"".join(piece % number for number in range(400)))

    assert _steps(b"".join(piece % number for number in range(800))) <= 2.2 * small + 200
