"""What only the Dovecot fixture offers: UIDs of our choice, and hosts with bad certificates."""

import imaplib
import ssl
from datetime import UTC, datetime

import pytest

from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot

WHEN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
RAW = b"From: ada@corp.example\r\nTo: ben@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n"


def _sign_in(server: Dovecot, account: ServerAccount) -> imaplib.IMAP4:
    client = imaplib.IMAP4(server.host, server.port, timeout=30)
    client.login(account.user, account.password)
    return client


def test_delivered_mail_is_served_as_it_was_given(dovecot_server: Dovecot, account: ServerAccount) -> None:
    """UID, INTERNALDATE, flags and bytes come back as they were delivered."""
    uids = dovecot_server.deliver(account, "Sent", [(WHEN, ("\\Seen",), RAW)], first_uid=3_000_000_000)

    with _sign_in(dovecot_server, account) as client:
        client.select("Sent", readonly=True)
        answer = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1][0]

    assert uids == [3_000_000_000]
    assert b'UID 3000000000 FLAGS (\\Seen) INTERNALDATE "04-Mar-2021 05:06:07 +0000"' in answer[0]
    assert answer[1] == RAW


def test_each_address_shows_its_own_certificate(dovecot_server: Dovecot) -> None:
    """One host has a good certificate, one an expired one, one that of another name."""
    context = ssl.create_default_context(cafile=dovecot_server.ca_file)

    imaplib.IMAP4_SSL(dovecot_server.host, dovecot_server.tls_port, ssl_context=context).logout()
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        imaplib.IMAP4_SSL(dovecot_server.expired_host, dovecot_server.tls_port, ssl_context=context)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        imaplib.IMAP4_SSL(dovecot_server.wrong_name_host, dovecot_server.tls_port, ssl_context=context)
