"""What servers say when they refuse."""

import pytest

from scanner.crawl.sign_in.refusal import known_refusal, may_have_expired, refusal_error, refusals
from scanner.errors import ServerBusyError


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("User is authenticated but not connected.", "permission"),
        ("[AUTHORIZATIONFAILED] Not for you", "permission"),
        ('AUTHENTICATE failed. [Error="NoADRecipient" AuthResultFromPopImapEnd=8 Proxy=x]', "imap_off"),
        ("[ALERT] Your account is not enabled for IMAP use. Please visit your settings page (Failure)", "imap_off"),
        ("[ALERT] IMAP access is disabled for your domain. Please contact your domain administrator", "imap_off"),
        ("IMAP is disabled for this account", "imap_off"),
        ("Mailbox 'c0593cae' doesn't have a valid license.", "no_licence"),
        ("UserHasNoMailbox", "no_licence"),
        ("AuthFailed:LogonDenied-BasicAuthBlocked-<UserType:OutlookCom> LogonFailed-BasicAuthBlocked", "sign_in"),
        ("[ALERT] Application-specific password required: https://support.example/185833 (Failure)", "sign_in"),
        ("[AUTHENTICATIONFAILED] LOGIN Invalid credentials or IMAP is disabled sc=x", "sign_in"),
        ("[AUTHENTICATIONFAILED] Authentication failed.", "sign_in"),
        ("LOGIN failed.", "sign_in"),
        ("", "sign_in"),
    ],
)
def test_refusals_are_told_apart(said: str, code: str) -> None:
    """The words as servers send them; the error quotes none of them."""
    error = refusal_error(said)

    assert error.code == code
    assert not said or said not in str(error)
    assert error.remedy


def test_blocked_passwords_name_the_way_out() -> None:
    """Exchange Online takes no passwords: the line says what to set instead."""
    assert 'auth = "microsoft"' in refusal_error("AuthFailed:LogonDenied-BasicAuthBlocked").remedy


@pytest.mark.parametrize(
    "said", ["[UNAVAILABLE] x", "Server Unavailable. 15", "Suggested Backoff Time: 4000 milliseconds"]
)
def test_later_is_no_refusal(said: str) -> None:
    """What may be tried again later is told apart from what never may."""
    assert isinstance(refusal_error(said), ServerBusyError)
    assert known_refusal(said) is None


@pytest.mark.parametrize(
    ("said", "expired"),
    [
        ("Session invalidated - AccessTokenExpired", True),
        ('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}', True),
        ('{"status":"401"}', True),
        ("AUTHENTICATE failed.", False),
        ("[AUTHENTICATIONFAILED] no", False),
        ('{"status":"500"}', False),
    ],
)
def test_only_words_of_age_renew_a_token(said: str, expired: bool) -> None:
    """A plain refusal never does."""
    assert may_have_expired(said) is expired


def test_every_entry_says_what_to_do() -> None:
    """And none of them takes "later" for a refusal."""
    for refusal in refusals():
        assert refusal.what
        assert refusal.remedy
        assert not refusal.says.search("[THROTTLED] Request is throttled. Server Unavailable. 15")
