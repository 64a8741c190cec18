"""Message traces as several servers export them; invented people."""

from pathlib import Path

import pytest

from scanner.config.trace_csv import is_known, kind_of, read_trace
from scanner.errors import ScannerError, SettingsError, UsageError
from scanner.model import TraceRow

AT = 1_772_445_605
"""2026-03-02 10:00:05 UTC."""

POWERSHELL = """\
"PSComputerName","RunspaceId","Organization","MessageId","Received","SenderAddress","RecipientAddress","Subject",\
"Status","ToIP","FromIP","Size","MessageTraceId"
"outlook.example","1","corp.example","<m1@corp.example>","2026-03-02T10:00:05.1234567Z","Office@Corp.example",\
"ada@guests.example","Evening, of the group","Delivered","1.2.3.4","","100","x"
"outlook.example","1","corp.example","<m1@corp.example>","2026-03-02T10:00:05.1234567Z","Office@Corp.example",\
"bob@guests.example","Evening, of the group","Failed","1.2.3.4","","100","x"
"""
CENTER = """\
Received (UTC);SenderAddress;RecipientAddress;Subject;Status
2026-03-02 10:00:05;office@corp.example;ada@guests.example;Evening, of the group;Delivered
2026-03-02 10:00:05;office@corp.example;bob@guests.example;Evening, of the group;Failed
"""
SUMMARY = """\
origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id
2026-03-02T10:00:05.0000000Z,office@corp.example,"ada@guests.example##Receive, Send;bob@guests.example##Receive, Fail",\
"Evening, of the group",100,<m1@corp.example>,n
"""
EXTENDED = """\
date_time_utc,client_ip,event_id,message_id,recipient_address,recipient_status,message_subject,sender_address
2026-03-02T10:00:05Z,,SEND,<m1@corp.example>,ada@guests.example,250,"Evening, of the group",office@corp.example
2026-03-02T10:00:05Z,,FAIL,<m1@corp.example>,bob@guests.example,550,"Evening, of the group",office@corp.example
"""
POSTFIX = """\
time,queue_id,message_id,from,to,dsn,status,subject
2026-03-02T11:00:05+01:00,4F,m1@corp.example,<office@corp.example>,<ada@guests.example>,2.0.0,sent,\
"Evening, of the group"
2026-03-02T11:00:05+01:00,4F,m1@corp.example,<office@corp.example>,<bob@guests.example>,5.1.1,bounced,\
"Evening, of the group"
"""
GOOGLE = """\
Message ID,Start date,End date,Sender,Message size,Subject,Direction,Attachments,Recipient address,Event target,\
Event date,Event status,Event target IP address,Has encryption,Event SMTP reply code
m1@corp.example,2026/03/02 11:00:05 GMT+0100,2026/03/02 11:00:09 GMT+0100,office@corp.example,100,\
"Evening, of the group",Sent,0,ada@guests.example,SMTP_OUT,2026/03/02 11:00:08 GMT+0100,Delivered to SMTP server,,,250
m1@corp.example,2026/03/02 10:00:05 UTC,2026/03/02 10:00:09 UTC,office@corp.example,100,\
"Evening, of the group",Sent,0,bob@guests.example,SMTP_OUT,2026/03/02 10:00:08 UTC,BOUNCED,,,550
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a trace."""
    file = folder / "trace.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("text", [POWERSHELL, CENTER, SUMMARY, EXTENDED, POSTFIX, GOOGLE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_known_export_tells_the_same(tmp_path: Path, text: str, encoding: str) -> None:
    """One message to two people, one copy delivered and one failed, whoever wrote the file."""
    rows = list(read_trace(write(tmp_path, text, encoding)))

    found = [(row.at, row.sender, row.recipient, row.kind, row.subject) for row in rows if isinstance(row, TraceRow)]
    assert found == [
        (AT, "office@corp.example", "ada@guests.example", "delivered", "Evening, of the group"),
        (AT, "office@corp.example", "bob@guests.example", "bounced", "Evening, of the group"),
    ]


def test_the_type_line_of_windows_powershell_is_passed(tmp_path: Path) -> None:
    """Export-Csv of Windows PowerShell writes the type of the objects first, unless told not to."""
    rows = list(read_trace(write(tmp_path, "#TYPE Deserialized.Trace\r\n" + POWERSHELL.replace("\n", "\r\n"))))

    assert [row.line for row in rows if isinstance(row, TraceRow)] == [3, 4]


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-02T10:00:05", AT),
        ("2026-03-02 10:00:05.123", AT),
        ("2026-03-02T12:00:05+02:00", AT),
        ("02.03.2026 10:00:05", AT),
        ("1772445605", AT),
        ("13.03.2026 10:00", AT + 11 * 86_400 - 5),
    ],
)
def test_moments_without_a_zone_are_utc(tmp_path: Path, written: str, at: int) -> None:
    """As Exchange writes them; ISO 8601 with a zone, German dates and seconds since 1970 are read, too."""
    (row,) = read_trace(write(tmp_path, f"Date,From,To,Status\n{written},a@corp.example,b@guests.example,sent\n"))

    assert isinstance(row, TraceRow)
    assert row.at == at


def test_american_dates_are_read_where_the_file_shows_that_they_are(tmp_path: Path) -> None:
    """A second number above 12 is a day; the same holds for all rows."""
    lines = ["3/2/2026 10:00:05 AM", "3/14/2026 1:00:00 PM"]
    text = "Date,Sender,Recipient,Status\n" + "".join(
        f"{one},a@corp.example,b@guests.example,Delivered\n" for one in lines
    )

    rows = [row for row in read_trace(write(tmp_path, text)) if isinstance(row, TraceRow)]

    assert [row.at for row in rows] == [AT, AT + 12 * 86_400 + 3 * 3600 - 5]


def test_dates_that_can_be_read_in_two_ways_are_asked_about(tmp_path: Path) -> None:
    """Nothing is guessed; the option says it."""
    file = write(
        tmp_path, "Date,Sender,Recipient,Status\n3/2/2026 10:00:05,a@corp.example,b@guests.example,Delivered\n"
    )

    with pytest.raises(UsageError, match="two ways, such as 3/2/2026"):
        list(read_trace(file))
    (read,) = read_trace(file, "month-first")
    assert isinstance(read, TraceRow)
    assert read.at == AT


def test_the_same_day_in_either_order_is_no_question(tmp_path: Path) -> None:
    """5/5 is the fifth of May; only another date of the file can be unclear, and is the example."""
    rows = [f"{day}/2026 09:00:00,a@corp.example,b@guests.example,Delivered\n" for day in ("5/5", "5/5", "11/5")]
    head = "Date,Sender,Recipient,Status\n"

    same = list(read_trace(write(tmp_path, head + "".join(rows[:2]))))

    assert [row.at for row in same if isinstance(row, TraceRow)] == [1_777_971_600] * 2
    with pytest.raises(UsageError, match="two ways, such as 11/5/2026"):
        list(read_trace(write(tmp_path, head + "".join(rows))))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026/3/2 10:00:05 UTC", AT),
        ("2026/03/02 10:00:05", AT),
        ("2026/03/02 05:00:05 GMT-05:00", AT),
        ("2026/13/02 10:00:05 UTC", None),
        ("2026/03/02 10:00:05 PST", None),
    ],
)
def test_googles_moments_are_read_with_their_zone(tmp_path: Path, written: str, at: int | None) -> None:
    """A zone whose name says nothing certain makes the row one that cannot be read."""
    (row,) = read_trace(write(tmp_path, f"Date,From,To,Status\n{written},a@corp.example,b@guests.example,sent\n"))

    assert (row.at if isinstance(row, TraceRow) else None) == at


def test_rows_that_cannot_be_read_are_named_by_their_line(tmp_path: Path) -> None:
    """A broken date, no recipient, a recipient that is no address: each is counted, the others are read."""
    text = """Date,From,To,Status
yesterday,a@corp.example,b@guests.example,sent
2026-03-02T10:00:05,a@corp.example,,sent
2026-03-02T10:00:05,a@corp.example,somebody,sent
2026-03-02T10:00:05,<>,b@guests.example,sent
"""

    assert [row if isinstance(row, int) else row.sender for row in read_trace(write(tmp_path, text))] == [2, 3, 4, ""]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("When,Who,Whom\n1,2,3\n", "when, who, whom"),
        ("Date,Sender,Recipient\n1,2,3\n", "Needed are a date, a sender, a recipient and a status"),
        ("2026-03-02,a@corp.example,b@guests.example,sent\n", "does not name the columns"),
        ("", "no known message trace: none"),
    ],
)
def test_an_unknown_heading_is_told_with_what_was_found_and_what_is_needed(
    tmp_path: Path, text: str, what: str
) -> None:
    """And an address in it, where the heading is missing, is in no error."""
    with pytest.raises(UsageError) as raised:
        list(read_trace(write(tmp_path, text)))

    assert what in str(raised.value)
    assert "a@corp.example" not in str(raised.value)


def test_a_file_that_is_no_csv_is_one_line(tmp_path: Path) -> None:
    """A missing file, a workbook, a quote that does not end."""
    with pytest.raises(SettingsError):
        list(read_trace(tmp_path / "none.csv"))
    for text in ("PK\x03\x04\0\0", 'Date,From,To,Status\n"2026'):
        with pytest.raises(ScannerError):
            list(read_trace(write(tmp_path, text)))


def test_a_cell_may_name_ten_thousand_recipients(tmp_path: Path) -> None:
    """The enhanced summary has one row a message, whatever its list."""
    status = ";".join(f"guest{number}@guests.example##Receive, Deliver" for number in range(10_000))
    text = f'origin_timestamp_utc,sender_address,recipient_status\n2026-03-02T10:00:05Z,a@corp.example,"{status}"\n'

    assert (
        sum(isinstance(row, TraceRow) and row.kind == "delivered" for row in read_trace(write(tmp_path, text)))
        == 10_000
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Delivered", "delivered"),
        ("Expanded", "delivered"),
        ("Receive, Send", "delivered"),
        ("Receive, Deliver", "delivered"),
        ("Receive, Defer, Fail", "bounced"),
        ("2.0.0", "delivered"),
        ("5.1.1", "bounced"),
        ("4.4.1", "delayed"),
        ("deferred", "delayed"),
        ("Pending", "delayed"),
        ("GettingStatus", "delayed"),
        ("Quarantined", None),
        ("FilteredAsSpam", None),
        ("Receive", None),
        ("Resolve/Quarantined", None),
        ("Delivered to Gmail inbox", "delivered"),
        ("DELIVERED", "delivered"),
        ("Bounced", "bounced"),
        ("Delivered to a Google internal server", None),
        ("Accepted for archiving", None),
        ("VIEWED", None),
        ("", None),
    ],
)
def test_words_say_delivered_failed_or_nothing(word: str, kind: str | None) -> None:
    """What is held back or filtered has neither arrived for sure nor failed."""
    assert kind_of(word) == kind


def test_a_word_that_no_trace_uses_is_known_as_such() -> None:
    """A word that says nothing is another matter."""
    said = {
        "Quarantined": True,
        "Receive, Odd": True,
        "5.1.1": True,
        "Zugestellt": False,
        "Accepted for archiving": True,
        "6.1.1": False,
        "": False,
    }

    assert {word: is_known(word) for word in said} == said
