"""The proofs that rest on a real server are worth something only if its fixture sees what they look for."""

import imaplib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.servers import MailServer, ServerAccount

WHEN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
RAW = b"From: ada@corp.example\r\nTo: ben@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n"


def _sign_in(server: MailServer, account: ServerAccount) -> imaplib.IMAP4:
    client = imaplib.IMAP4(server.host, server.port, timeout=30)
    client.login(account.user, account.password)
    return client


def test_delivered_mail_is_served_as_it_was_given(mail_server: MailServer, mail_account: ServerAccount) -> None:
    """UIDs, INTERNALDATE and bytes come back as they were delivered, in a mailbox that is new."""
    uids = mail_server.deliver(mail_account, "Sent/2021", [(WHEN, ("\\Seen",), RAW)] * 2)

    with _sign_in(mail_server, mail_account) as client:
        client.select("Sent/2021", readonly=True)
        answers = [each for each in client.uid("FETCH", "1:*", "(INTERNALDATE BODY.PEEK[])")[1] if len(each) == 2]

    assert uids == [1, 2]
    assert [raw for _, raw in answers] == [RAW] * 2
    assert all(b"4-Mar-2021 05:06:07 +0000" in head for head, _ in answers)


def test_a_snapshot_changes_nothing(mail_server: MailServer, mail_account: ServerAccount) -> None:
    """Two snapshots in a row are equal, mail that nobody has seen included."""
    mail_server.deliver(mail_account, "Sent", [(WHEN, ("\\Seen",), RAW), (WHEN, ("\\Recent",), RAW)])

    first, second = mail_server.snapshot(mail_account), mail_server.snapshot(mail_account)

    assert first == second
    assert len(first["Sent"].files) == 2


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda client: client.select("Sent"), id="select"),
        pytest.param(lambda client: (client.select("Sent"), client.uid("FETCH", "1", "(BODY[])")), id="unpeeked-fetch"),
        pytest.param(lambda client: client.append("Sent", "", None, RAW), id="append"),
        pytest.param(lambda client: client.create("More"), id="create"),
    ],
)
def test_a_snapshot_sees_every_kind_of_touch(
    touch: Callable[[imaplib.IMAP4], object], mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """SELECT takes \\Recent away, FETCH without PEEK sets \\Seen, APPEND and CREATE add: each shows."""
    mail_server.deliver(mail_account, "Sent", [(WHEN, ("\\Recent",), RAW)])
    before = mail_server.snapshot(mail_account)

    with _sign_in(mail_server, mail_account) as client:
        touch(client)

    assert mail_server.snapshot(mail_account) != before


def test_a_new_uidvalidity_is_served(mail_server: MailServer, mail_account: ServerAccount) -> None:
    """After renumbering, messages are the same, numbers start at 1 and UIDVALIDITY is the new one."""
    mail_server.deliver(mail_account, "Sent", [(WHEN, (), RAW)] * 3)
    mail_server.expunge(mail_account, "Sent", [1])
    before = mail_server.snapshot(mail_account)["Sent"].uidvalidity

    uidvalidity = mail_server.renumber(mail_account, "Sent", 1_900_000_000)

    state = mail_server.snapshot(mail_account)["Sent"]
    assert state.uidvalidity == uidvalidity != before
    assert [uid for uid, _ in state.flags] == [1, 2]
