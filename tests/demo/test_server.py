"""The embedded server: what plain imapclient sees is what was put into it."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from scanner.demo.mail import Contact, Letter, compose
from scanner.demo.mailbox import ServedAccount, ServedMailbox, ServedMessage
from scanner.demo.server import DemoServer, serve
from scanner.errors import ScannerError

MOMENT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
FIELDS = "BODY.PEEK[HEADER.FIELDS (DATE TO SUBJECT MESSAGE-ID)]"


def served(serial: int, *flags: str) -> ServedMessage:
    letter = Letter(
        sender=Contact("Ada Quill", "ada@harbour.example"),
        sent_at=MOMENT + timedelta(hours=serial),
        subject=f"Letter {serial}",
        message_id=f"<{serial}@harbour.example>",
        to=(Contact("Zoë Birch", "zoe@example.org"),),
        body="Good morning.",
    )
    return ServedMessage(letter.sent_at + timedelta(seconds=3), flags, compose(letter))


ACCOUNT = ServedAccount(
    user="ada@harbour.example",
    password="tide-table",
    delimiter=".",
    mailboxes=(
        ServedMailbox("INBOX", (served(0),)),
        ServedMailbox("INBOX.Sent", tuple(served(serial, "\\Seen") for serial in range(40)), "\\Sent"),
        ServedMailbox("INBOX.Entwürfe", (served(50, "\\Draft"),), "\\Drafts"),
        ServedMailbox("INBOX.Old", (served(60),)),
    ),
)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with serve([ACCOUNT]) as running:
        yield running


@pytest.fixture
def client(server: DemoServer) -> Iterator[IMAPClient]:
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as client:
        client.normalise_times = False
        client.login(ACCOUNT.user, ACCOUNT.password)
        yield client


def test_list_shows_names_delimiter_and_special_uses(client: IMAPClient) -> None:
    """LIST gives every mailbox with its delimiter, and the attribute of RFC 6154 where one was given."""
    listed = {name: (flags, delimiter) for flags, delimiter, name in client.list_folders()}

    assert set(listed) == {"INBOX", "INBOX.Sent", "INBOX.Entwürfe", "INBOX.Old"}
    assert {delimiter for _, delimiter in listed.values()} == {b"."}
    assert b"\\Sent" in listed["INBOX.Sent"][0]
    assert b"\\Drafts" in listed["INBOX.Entwürfe"][0]
    assert b"\\Sent" not in listed["INBOX.Old"][0]


def test_uids_rise_with_holes(client: IMAPClient) -> None:
    """UIDs keep the order given, and some are missing, as after deletions."""
    client.select_folder("INBOX.Sent", readonly=True)

    uids = client.search("ALL")

    assert len(uids) == 40
    assert uids == sorted(uids)
    assert uids[-1] > 40


def test_fetch_gives_back_what_was_put_in(client: IMAPClient) -> None:
    """Header fields, INTERNALDATE, size and flags of a message are those it was served with."""
    client.select_folder("INBOX.Sent", readonly=True)
    message = ACCOUNT.mailboxes[1].messages[3]
    uid = client.search("ALL")[3]

    answer = client.fetch([uid], ["INTERNALDATE", "RFC822.SIZE", "FLAGS", FIELDS])[uid]

    assert answer[b"INTERNALDATE"] == message.internal_at
    assert answer[b"RFC822.SIZE"] == len(message.content)
    assert answer[b"FLAGS"] == (b"\\Seen",)
    block = next(value for name, value in answer.items() if name.startswith(b"BODY[HEADER.FIELDS"))
    assert b"Subject: Letter 3\r\n" in block
    assert b"Message-ID: <3@harbour.example>\r\n" in block
    assert b"To: =?utf-8?b?Wm/DqyBCaXJjaA==?= <zoe@example.org>\r\n" in block
    assert b"From:" not in block


def test_reading_with_peek_changes_nothing(client: IMAPClient) -> None:
    """EXAMINE and BODY.PEEK leave flags, the number of unseen messages and UIDNEXT as they were."""
    before = client.folder_status("INBOX.Old")
    client.select_folder("INBOX.Old", readonly=True)

    client.fetch(client.search("ALL"), ["FLAGS", FIELDS])

    assert client.folder_status("INBOX.Old") == before
    assert before[b"UNSEEN"] == 1


def test_epochs_are_the_same_in_every_run(client: IMAPClient) -> None:
    """UIDVALIDITY does not depend on the clock, so that a second demo reads the same epochs."""
    first = client.folder_status("INBOX.Sent", ["UIDVALIDITY"])

    with serve([ACCOUNT]) as again, IMAPClient(again.host, again.port, ssl=False, timeout=10) as other:
        other.login(ACCOUNT.user, ACCOUNT.password)
        second = other.folder_status("INBOX.Sent", ["UIDVALIDITY"])

    assert first == second


def test_wrong_password_is_refused(server: DemoServer) -> None:
    """The password is checked, so that a demo with wrong settings fails as a real server would."""
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as client, pytest.raises(LoginError):
        client.login(ACCOUNT.user, "spring-tide")


def test_port_is_free_after_the_block() -> None:
    """Nobody listens any more once the block has ended."""
    with serve([ACCOUNT]) as running:
        pass

    with pytest.raises(ConnectionRefusedError):
        IMAPClient(running.host, running.port, ssl=False, timeout=10)


def test_missing_pymap_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the demo ends in one line that names the command to run."""
    monkeypatch.setitem(sys.modules, "scanner.demo.backend", None)

    with pytest.raises(ScannerError, match=r"pip install 'blindcopy\[demo\]'"), serve([ACCOUNT]):
        pass
