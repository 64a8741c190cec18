"""What cannot be scanned: one clear line, the right ending, and the other accounts go on."""

import re
import socket
from collections.abc import Callable

import pytest

from tests.journey.mail import many
from tests.journey.place import Ended, Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy


def _complaint(ended: Ended) -> str:
    """Return the one line that names the account's trouble."""
    lines = [line for line in ended.remarks.splitlines() if line.startswith("blindcopy: account 1")]
    assert len(lines) == 1, ended.remarks
    return lines[0]


def test_a_wrong_password_is_tried_once(
    place: Place, dovecot_server: Dovecot, account: ServerAccount, proxy: Proxy
) -> None:
    """Repeated failures lock accounts; the password itself is never shown."""
    dovecot_server.deliver(account, "Sent", many(1))
    place.add(account, port=proxy.port, password="not the right one")

    ended = place.run("scan")

    assert ended.code == 2
    assert len([command for command in proxy.commands if command in {"LOGIN", "AUTHENTICATE"}]) == 1
    assert "password" in _complaint(ended)
    assert "not the right one" not in ended.remarks + ended.answer


def test_an_unknown_host_is_named(place: Place, account: ServerAccount) -> None:
    """The name does not resolve (RFC 6761, 6.4: .invalid never does)."""
    place.add(account, host="imap.corp.invalid", port=993, security="tls")

    ended = place.run("scan")

    assert ended.code == 2
    assert "host" in _complaint(ended)


def test_a_closed_port_is_named(place: Place, account: ServerAccount) -> None:
    """Nothing listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    place.add(account, port=port)

    ended = place.run("scan")

    assert ended.code == 2
    assert "port" in _complaint(ended)


@pytest.mark.parametrize(
    ("host", "trusts_authority", "words"),
    [
        pytest.param("host", False, r"certificate.*(self.signed|issuer|unable)", id="unknown-authority"),
        pytest.param("expired_host", True, r"certificate.*expired", id="expired"),
        pytest.param("wrong_name_host", True, r"certificate.*(mismatch|not valid for)", id="wrong-name"),
    ],
)
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_proves_nothing_is_refused(
    host: str,
    trusts_authority: bool,
    words: str,
    security: str,
    place: Place,
    dovecot_server: Dovecot,
    account: ServerAccount,
) -> None:
    """No password leaves for a server whose certificate is of an unknown authority, expired or another name's."""
    place.add(
        account,
        host=getattr(dovecot_server, host),
        port=dovecot_server.tls_port if security == "tls" else dovecot_server.port,
        security=security,
        ca_file=dovecot_server.ca_file if trusts_authority else "",
    )
    signed_in_before = dovecot_server.log().count(f"user=<{account.user}>")

    ended = place.run("scan")

    assert ended.code == 2
    assert re.search(words, _complaint(ended), re.IGNORECASE)
    assert dovecot_server.log().count(f"user=<{account.user}>") == signed_in_before


def test_plain_text_beyond_loopback_is_refused(place: Place, account: ServerAccount) -> None:
    """The settings themselves are refused: the password would travel readable."""
    place.add(account, host="imap.corp.example", port=143)

    ended = place.run("scan")

    assert ended.code == 2
    assert "loopback" in ended.remarks
    assert len(ended.remarks.strip().splitlines()) == 1


def test_an_account_without_sent_mailbox_is_named(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """INBOX alone is no sent mailbox; the line says what to set."""
    dovecot_server.deliver(account, "INBOX", many(1))
    place.add(account, port=dovecot_server.port)

    ended = place.run("scan")

    assert ended.code == 2
    assert "mailboxes" in _complaint(ended)


def test_the_setting_wins_over_names(place: Place, dovecot_server: Dovecot, account: ServerAccount) -> None:
    """A mailbox that the settings name is scanned, whatever it is called."""
    dovecot_server.deliver(account, "Out tray", many(4))
    place.add(account, port=dovecot_server.port, mailboxes=["Out tray"])

    place.scan()

    assert [(row["mailbox"], row["stored"]) for row in place.report()["coverage"] if row["stored"]] == [("Out tray", 4)]


def test_one_bad_account_does_not_stop_the_others(
    place: Place, dovecot_server: Dovecot, new_account: Callable[[], ServerAccount]
) -> None:
    """The scan ends with 1, the good account is complete and the bad one stands in the coverage as never reached."""
    bad, good = new_account(), new_account()
    dovecot_server.deliver(good, "Sent", many(5))
    place.add(bad, port=dovecot_server.port, password="wrong")
    place.add(good, port=dovecot_server.port)

    ended = place.run("scan")
    coverage = place.report()["coverage"]

    assert ended.code == 1
    assert [row["stored"] for row in coverage if row["account"] == "account 2" and row["mailbox"] == "Sent"] == [5]
    # Accounts never reached are named first.
    assert (coverage[0]["account"], coverage[0]["stored"]) == ("account 1", 0)
