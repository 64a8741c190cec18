"""A scan finds every sent message, changes nothing, says only what it may, and never asks twice."""

import logging

import pytest

from tests.journey.allowed import is_allowed, not_allowed
from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy


@pytest.mark.parametrize(
    ("command", "reads"),
    [
        ("UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (TO)])", True),
        ("UID FETCH 1 (BODY[HEADER])", False),
        ("UID FETCH 1 (RFC822.HEADER)", False),
        ("UID FETCH 1 (RFC822)", False),
        ("SELECT Sent", False),
        ("UID STORE 1 +FLAGS (\\Seen)", False),
        ("CLOSE", False),
    ],
)
def test_the_list_of_commands_tells_reading_from_touching(command: str, reads: bool) -> None:
    """The pattern that the proof below rests on refuses what sets flags."""
    assert is_allowed(command) is reads


def test_every_sent_mailbox_is_scanned(place: Place, mail_server: MailServer, mail_account: ServerAccount) -> None:
    """The one marked \\Sent, one with a known name, one below it, one with umlauts; INBOX and others stay unread."""
    scanned = {"Sent": 30, "Sent Items": 7, "Sent/2019": 5, "Gesendete Objekte": 3, "Envoyés": 2}
    first = 1
    for mailbox, count in (scanned | {"INBOX": 9, "Projects": 4}).items():
        mail_server.deliver(mail_account, mailbox, many(count, first=first))
        first += count
    place.add(mail_account, port=mail_server.port)

    place.scan()
    coverage = {row["mailbox"]: row for row in place.report()["coverage"] if row["enumerated"]}

    assert {name: (row["enumerated"], row["stored"]) for name, row in coverage.items()} == {
        name: (count, count) for name, count in scanned.items()
    }


def test_a_copy_in_two_mailboxes_is_one_message(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """The incident counts one message, and names where both copies lie."""
    people = [f"p{number}@people.example" for number in range(6)]
    for mailbox in ("Sent", "Sent Items"):
        mail_server.deliver(mail_account, mailbox, [letter(1, people)])
    place.add(mail_account, port=mail_server.port)

    place.scan()
    incident = place.report()["incidents"][0]

    assert incident["ladder"]["messages"] == 1
    assert incident["ladder"]["exposure_events"] == 6
    assert {copy["mailbox"] for copy in incident["messages"]} == {"Sent", "Sent Items"}


@pytest.mark.parametrize("scope", ["sent", "ours"])
def test_a_scan_changes_nothing_and_says_only_what_it_may(
    scope: str, place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """No flag, \\Recent, UIDNEXT, UIDVALIDITY or byte of mail is changed; each command is one of the list."""
    mail_server.deliver(mail_account, "Sent", many(60))
    unseen = [letter(900, ["p1@people.example"], flags=("\\Recent",)), letter(901, ["p2@people.example"], flags=())]
    mail_server.deliver(mail_account, "Sent", unseen)
    mail_server.deliver(mail_account, "INBOX", [letter(902, ["ada@corp.example"], flags=("\\Recent",))])
    before = mail_server.snapshot(mail_account)
    place.add(mail_account, port=mail_proxy.port, scope=scope)

    place.run("check")
    check, mail_proxy.connections = mail_proxy.connections, []
    place.scan()
    place.scan()

    assert mail_server.snapshot(mail_account) == before
    assert not_allowed(mail_proxy.commands) == set()
    # A check also asks what the sign-in may do, where the server can tell: Cyrus, and Dovecot with its acl plugin.
    asked = {command for connection in check for command in connection.commands}
    assert not_allowed(asked) <= {'MYRIGHTS "Sent"', 'MYRIGHTS "INBOX"'}
    assert any(command.startswith("UID FETCH") for command in mail_proxy.commands)


def test_no_address_subject_or_secret_is_logged(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, caplog: pytest.LogCaptureFixture
) -> None:
    """All libraries at their most talkative: imapclient's log would hold every header, and the password."""
    mail_server.deliver(mail_account, "Sent", [letter(1, ["guest@people.example"] * 2, subject="Evening of the group")])
    place.add(mail_account, port=mail_server.port)

    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "imapclient"):
        logging.getLogger("imapclient").debug("the log works")
        place.scan()
        place.report()

    assert "the log works" in caplog.text
    for word in ("guest@", "ada@corp", "Evening", mail_account.password, mail_account.user):
        assert word not in caplog.text


def test_a_second_scan_fetches_nothing(
    place: Place, mail_account: ServerAccount, mail_server: MailServer, mail_proxy: Proxy
) -> None:
    """Nothing is new, so no FETCH leaves the client and the store stays as it is."""
    mail_server.deliver(mail_account, "Sent", many(300))
    place.add(mail_account, port=mail_proxy.port)
    place.scan()
    before, spent = place.digest(), mail_proxy.bytes_down
    mail_proxy.forget()

    place.scan()

    assert [command for command in mail_proxy.commands if "FETCH" in command] == []
    assert mail_proxy.bytes_down < spent / 10
    assert place.digest() == before


def test_only_new_mail_is_fetched(
    place: Place, mail_account: ServerAccount, mail_server: MailServer, mail_proxy: Proxy
) -> None:
    """After a first scan, a nightly one asks for the UIDs that came since, also in a mailbox that is new."""
    mail_server.deliver(mail_account, "Sent", many(50))
    place.add(mail_account, port=mail_proxy.port)
    place.scan()
    mail_server.deliver(mail_account, "Sent", many(2, first=51))
    mail_server.deliver(mail_account, "Sent Items", many(1, first=53))
    mail_proxy.forget()

    place.scan()

    fetched = [command.split()[2] for command in mail_proxy.commands if "HEADER.FIELDS" in command]
    assert sorted(fetched) == ["1", "51:52"]
    assert sum(row["stored"] for row in place.report()["coverage"]) == 53


@pytest.mark.parametrize("first_uid", [1, 3_000_000_000])
def test_uids_up_to_32_bits_are_read(
    first_uid: int, place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """UIDs are unsigned 32-bit numbers (RFC 3501, 2.3.1.1); those above 2^31 are kept as they are."""
    dovecot_server.deliver(account, "Sent", many(5), first_uid=first_uid)
    dovecot_server.deliver(account, "Sent", [letter(9, [f"p{number}@people.example" for number in range(5)])])
    place.add(account, port=dovecot_server.port)

    place.scan()
    copies = [copy for incident in place.report()["incidents"] for copy in incident["messages"]]

    assert first_uid + 5 in {copy["uid"] for copy in copies}


def test_starttls_and_tls_are_verified_against_the_given_authority(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """With ca_file a server of one's own is trusted, by either way to encrypt; the same mail is found."""
    mail_server.deliver(mail_account, "Sent", many(3))
    ca_file = mail_server.ca_file
    place.add(mail_account, port=mail_server.tls_port, security="tls", ca_file=ca_file)
    place.add(mail_account, port=mail_server.port, security="starttls", ca_file=ca_file)

    place.scan()

    assert [row["stored"] for row in place.report()["coverage"] if row["mailbox"] == "Sent"] == [3, 3]
