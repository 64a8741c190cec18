"""Outlook's .msg files: recipients from the table, headers as transported, damage as a clear word."""

import io
import struct
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.mime import StructureError
from scanner.crawl.source.outlook import OutlookError, read_outlook_file, read_outlook_parts
from scanner.model import Message, MessagePart
from tests.crawl.source.compound import compound_file, msg_file, sent_msg


def message_of(content: bytes) -> Message:
    """Return the message that a .msg file becomes."""
    block, _, flags = read_outlook_file(io.BytesIO(content))
    return build_message(FetchAnswer(1, None, len(content), flags, block), block, is_draft=False)


def shown(message: Message, name: str) -> list[tuple[str, str]]:
    """Return (address, display name) of the recipients in one field."""
    return [(entry.addr_spec, entry.display_name) for field, entry in message.recipients if field == name]


def test_sent_mail_without_header_keeps_all_its_recipients() -> None:
    """Exchange keeps no Internet header of what was sent from there: To, Cc and Bcc come from the table."""
    content = sent_msg([("Ada Lovelace", "ada@example.org"), ("", "ben@example.net")], bcc=[("Eva", "eva@example.org")])

    message = message_of(content)

    assert shown(message, "to") == [("ada@example.org", "Ada Lovelace"), ("ben@example.net", "")]
    assert shown(message, "bcc") == [("eva@example.org", "Eva")]
    assert [entry.key for _, entry in message.senders] == ["office@corp.example"]
    assert (message.subject, message.message_id) == ("Evening", "<m1@corp.example>")
    assert (message.sent_at, message.flags) == (1_740_992_400, ("\\Seen",))


def test_a_header_as_transported_comes_first() -> None:
    """What the Internet saw stays as it was; the table adds only the fields that the header lacks."""
    headers = (
        "Microsoft Mail Internet Headers Version 2.0\r\n"
        "Received: from a by b\r\nDate: Mon, 3 Mar 2025 10:00:00 +0100\r\nFrom: office@corp.example\r\n"
        "To: Ada <ada@example.org>,\r\n\tBen <ben@example.net>\r\nMessage-ID: <m1@corp.example>\r\n\r\n"
    )

    message = message_of(sent_msg(bcc=[("Eva", "eva@example.org")], headers=headers))

    assert message.date_field == "Mon, 3 Mar 2025 10:00:00 +0100"
    assert shown(message, "to") == [("ada@example.org", "Ada"), ("ben@example.net", "Ben")]
    assert shown(message, "bcc") == [("eva@example.org", "Eva")]


def test_a_colleague_known_to_the_directory_only_stays_a_recipient() -> None:
    """Old files hold X.500 names in place of addresses."""
    row = {0x0C15: 2, 0x3001: "Colleague", 0x3002: "EX", 0x3003: "/O=CORP/OU=X/CN=RECIPIENTS/CN=COLLEAGUE"}

    message = message_of(msg_file({0x001A: "IPM.Note"}, [row, {0x0C15: 1}]))

    assert [(field, entry.display_name or entry.addr_spec) for field, entry in message.recipients] == [
        ("to", "recipient without a name"),
        ("cc", "Colleague"),
    ]


def test_line_ends_in_a_property_make_no_field() -> None:
    """A subject or name cannot smuggle a recipient in."""
    content = sent_msg([('Ada"\r\nCc: x', "ada@example.org")], more={0x0037: "Evening\r\nBcc: eva@example.org"})

    message = message_of(content)

    assert [(field, entry.addr_spec) for field, entry in message.recipients] == [("to", "ada@example.org")]
    assert message.subject == "Evening Bcc: eva@example.org"


def test_attachments_are_not_read() -> None:
    """Headers only: a file with a large attachment gives the same message."""
    with_attachment = msg_file(
        {0x001A: "IPM.Note", 0x0037: "Evening"}, [{0x0C15: 1, 0x39FE: "ada@example.org"}], [b"x" * 100_000]
    )

    message = message_of(with_attachment)

    assert (message.subject, len(message.recipients)) == ("Evening", 1)
    assert len(message.header_block) < 200


def test_attachments_have_names_and_sizes() -> None:
    """The long name, else the short one, else what is shown; the size is that of the file itself."""
    files: list[Mapping[int, object]] = [
        {0x3707: "Löhne April.xlsx", 0x3704: "LHNEAP~1.XLS", 0x370E: "application/vnd.ms-excel", 0x3701: b"x" * 5_000},
        {0x3704: "A.TXT", 0x3701: b""},
        {0x3001: "Picture"},
    ]

    parts = read_outlook_parts(io.BytesIO(msg_file({0x001A: "IPM.Note"}, [], files)))

    assert parts == (
        MessagePart("1", "application/vnd.ms-excel", "", "attachment", "Löhne April.xlsx", 5_000),
        MessagePart("2", "application/octet-stream", "", "attachment", "A.TXT", 0),
        MessagePart("3", "application/octet-stream", "", "attachment", "Picture", None),
    )


def test_attachments_of_a_damaged_file_are_not_known() -> None:
    """One clear sentence, which becomes a gap."""
    with pytest.raises(StructureError, match="damaged"):
        read_outlook_parts(io.BytesIO(sent_msg()[:700]))


def test_meetings_and_drafts_are_marked() -> None:
    """An invitation discloses as well; what was never sent is a draft."""
    meeting = message_of(sent_msg(more={0x001A: "IPM.Schedule.Meeting.Request", 0x0E07: 8}))

    assert meeting.fields["content-class"] == "urn:content-classes:calendarmessage"
    assert meeting.origin == "draft"


def test_the_delivery_time_is_the_internal_date() -> None:
    """Outlook's time of delivery, else that of sending."""
    _, moment, _ = read_outlook_file(io.BytesIO(sent_msg()))

    assert moment == int(datetime(2025, 3, 3, 9, 0, 4, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(sent_msg()[:700], id="cut in the header"),
        pytest.param(sent_msg()[:2000], id="cut"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), id="empty"),
        pytest.param(compound_file({"WordDocument": b"x" * 100}), id="Word"),
        pytest.param(compound_file({"__properties_version1.0": bytes(32)}), id="no properties"),
    ],
)
def test_damage_is_told(content: bytes) -> None:
    """A file that cannot be read gives one error with a reason, never another one."""
    with pytest.raises(OutlookError):
        read_outlook_file(io.BytesIO(content))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=40))
def test_damaged_bytes_give_a_message_or_one_error(place: int, junk: bytes) -> None:
    """Whatever stands in the file, reading ends with a message or with OutlookError."""
    content = bytearray(sent_msg(bcc=[("Eva", "eva@example.org")]))
    place %= len(content)
    content[place : place + len(junk)] = junk

    try:
        block, _, _ = read_outlook_file(io.BytesIO(bytes(content)))
    except OutlookError:
        return
    assert block.endswith(b"\r\n")


def test_a_table_of_recipients_that_lost_rows_is_damage() -> None:
    """The file says how many there were: fewer are not passed off as all."""
    rows = [{0x0C15: 1, 0x39FE: "ada@example.org"}]
    content = msg_file({0x001A: "IPM.Note"}, rows)
    told = content.replace(struct.pack("<8xIIII8x", 1, 0, 1, 0), struct.pack("<8xIIII8x", 2, 0, 2, 0))

    with pytest.raises(OutlookError, match="tells of 2 recipients and holds 1"):
        read_outlook_file(io.BytesIO(told))
