"""A mailbox that was read once and is no longer listed is told, asked after by name, and never taken for complete."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.proxy import Connection, Proxy


@contextmanager
def _client(server: MailServer, account: ServerAccount) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4(server.host, server.port) as client:
        client.login(account.user, account.password)
        yield client


@pytest.fixture
def scanned(place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy) -> Place:
    """Return a place in which two sent mailboxes were read, of five and of eight messages."""
    mail_server.deliver(mail_account, "Sent", many(5))
    mail_server.deliver(mail_account, "Sent Items", many(8, first=50))
    place.add(mail_account, port=mail_proxy.port, compress="never")
    place.scan()
    return place


def _hide(connection: Connection, data: bytes) -> bytes:
    """Drop what names the mailbox from LIST; whatever else is said stays."""
    lines = data.splitlines(keepends=True)
    return b"".join(line for line in lines if not (line.startswith(b"* LIST") and b"Sent Items" in line))


def _hide_wholly(connection: Connection, data: bytes) -> bytes:
    """Drop what LIST and STATUS say of the mailbox, as if rights were withdrawn."""
    lines = data.splitlines(keepends=True)
    return b"".join(line for line in lines if not (line.startswith((b"* LIST", b"* STATUS")) and b"Sent Items" in line))


def _status(place: Place) -> str:
    return " ".join(place.run("status").answer.split())


def test_a_deleted_mailbox_is_a_gap_and_fails_one_scan_only(
    scanned: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Its copies are not listed any more; the gap stays, and a nightly scan ends well all the same."""
    with _client(mail_server, mail_account) as client:
        client.delete('"Sent Items"')

    first, second = scanned.run("scan"), scanned.run("scan")
    told = _status(scanned)

    assert (first.code, second.code) == (1, 0)
    assert "5 of 5 listed copies stored from 1 sent mailbox" in first.answer
    assert "5 of 5 listed copies stored from 1 sent mailbox" in second.answer
    assert "account 1 Sent Items 8 in no other mailbox" in told
    assert "1 x the mailbox is no longer listed: renamed, deleted, or rights were withdrawn; 8 of the 8" in told
    assert "no longer in the mailboxes" not in told


def test_a_renamed_mailbox_is_recognised_by_its_mail(
    scanned: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Under the new name the same messages are there: no gap, and nothing is taken for deleted."""
    with _client(mail_server, mail_account) as client:
        client.rename('"Sent Items"', '"Sent/old"')

    ended = scanned.scan()
    told = _status(scanned)

    assert "13 of 13 listed copies stored from 2 sent mailboxes" in ended.answer
    assert "account 1 Sent Items all in other mailboxes" in told
    assert "Gaps: none" in told
    assert "no longer in the mailboxes" not in told


def test_a_mailbox_hidden_from_list_is_read_by_its_name(
    scanned: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """STATUS says that it is there: its new mail is read, and it counts."""
    mail_proxy.alter = _hide
    mail_server.deliver(mail_account, "Sent Items", many(3, first=80))

    ended = scanned.scan()

    assert "3 new messages; 16 of 16 listed copies stored from 2 sent mailboxes" in ended.answer
    assert "Gaps: none" in _status(scanned)


def test_the_gap_closes_when_the_mailbox_is_listed_again(
    scanned: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """What came while the rights were withdrawn is read then."""
    mail_proxy.alter = _hide_wholly
    mail_server.deliver(mail_account, "Sent Items", many(3, first=80))
    withdrawn = scanned.run("scan")
    mail_proxy.alter = None

    ended = scanned.scan()

    assert withdrawn.code == 1
    assert "5 of 5 listed copies" in withdrawn.answer
    assert "3 new messages; 16 of 16 listed copies stored from 2 sent mailboxes" in ended.answer
    assert "Gaps: none" in _status(scanned)


def test_an_exclusion_closes_the_gap(scanned: Place, mail_proxy: Proxy) -> None:
    """A person has decided that it is not to be read: nothing is asked of the server about it."""
    mail_proxy.alter = _hide_wholly
    scanned.run("scan")
    scanned.more = ["[[exclude]]", 'mailbox = "Sent Items"', 'reason = "deleted on purpose"']
    mail_proxy.forget()

    ended = scanned.scan()

    assert "5 of 5 listed copies" in ended.answer
    assert "Gaps: none" in _status(scanned)
    assert not [command for command in mail_proxy.commands if "Sent Items" in command]


def test_moved_mail_is_not_told_as_deleted(
    scanned: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """A message that another mailbox lists is on the server; one that is expunged everywhere is not."""
    with _client(mail_server, mail_account) as client:
        client.select('"Sent Items"')
        client.copy("1:2", "Sent")
    mail_server.expunge(mail_account, "Sent Items", [1, 2, 3])

    scanned.scan()

    assert "1 stored message is no longer in the mailboxes" in _status(scanned)
