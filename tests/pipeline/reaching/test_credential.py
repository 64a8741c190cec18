"""What accounts sign in with: one application asks once for all its mailboxes."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.config.loading import parse_settings
from scanner.crawl.sign_in.microsoft import MicrosoftApp
from scanner.crawl.sign_in.token import Token, TokenCredential
from scanner.errors import SettingsError
from scanner.pipeline.reaching import credential as module
from scanner.pipeline.reaching.credential import Credentials

HEAD = '[organisation]\ndomains = ["corp.example"]\n'
APP = 'auth = "microsoft"\ntenant = "corp.onmicrosoft.com"\nclient_id = "11-22"\n'


def credentials_of(tables: str, **who: Callable[..., object]) -> tuple[list[Callable[[], str]], list[bool]]:
    """Return the credential of each account, and whether a person is needed for it."""
    settings = parse_settings(HEAD + tables, Path("/etc/blindcopy/blindcopy.toml"))
    credentials = Credentials(settings, **who)  # type: ignore[arg-type]
    accounts = settings.accounts()
    return [credentials.of(account) for account in accounts], [credentials.needs_person(each) for each in accounts]


def table(number: int, more: str) -> str:
    """Return an [[account]]."""
    return f'[[account]]\nname = "a{number}"\nuser = "u{number}@corp.example"\n{more}'


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[MicrosoftApp, str]]:
    """Return what was asked of the endpoint: (application, its secret)."""
    calls: list[tuple[MicrosoftApp, str]] = []
    numbers = itertools.count(1)

    def app_token(app: MicrosoftApp, secret: Callable[[], str] | None) -> Token:
        calls.append((app, secret() if secret else ""))
        return Token(f"t{next(numbers)}", 10.0**10)

    monkeypatch.setattr(module, "app_token", app_token)
    return calls


def test_mailboxes_of_one_application_share_its_token(
    asked: list[tuple[MicrosoftApp, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred accounts ask once an hour; another application, or another secret, asks for itself."""
    monkeypatch.setenv("ONE", "s1")
    monkeypatch.setenv("TWO", "s2")
    one, two = APP + 'password_env = "ONE"\n', APP + 'password_env = "TWO"\n'
    other = one.replace("11-22", "33")

    found, needs = credentials_of(table(1, one) + table(2, one) + table(3, two) + table(4, other))

    assert [each() for each in found] == ["t1", "t1", "t2", "t3"]
    assert [(app.client_id, secret) for app, secret in asked] == [("11-22", "s1"), ("11-22", "s2"), ("33", "s1")]
    assert needs == [False] * 4


def test_a_certificate_lies_beside_the_settings(asked: list[tuple[MicrosoftApp, str]]) -> None:
    """And needs no secret; clouds of their own get tokens for themselves."""
    more = (
        APP + 'certificate = "app.pem"\nhost = "outlook.office365.us"\nauthority = "https://login.microsoftonline.us"\n'
    )

    found, _ = credentials_of(table(1, more))
    found[0]()

    app, secret = asked[0]
    assert (app.certificate, secret) == ("/etc/blindcopy/app.pem", "")
    assert (app.resource, app.authority) == ("https://outlook.office365.us", "https://login.microsoftonline.us")


def test_a_secret_is_asked_for_once(asked: list[tuple[MicrosoftApp, str]]) -> None:
    """By whoever sits at the terminal; without anybody the way out is named."""
    people: list[str] = []

    def prompt(name: str) -> str:
        people.append(name)
        return "typed"

    found, needs = credentials_of(table(1, APP) + table(2, APP), prompt=prompt)
    assert [each() for each in found] == ["t1", "t1"]
    assert needs == [True, True]
    assert people == ["a1 (the application's secret)"]

    found, _ = credentials_of(table(1, APP))
    with pytest.raises(SettingsError, match="nobody can be asked"):
        found[0]()


def test_a_code_needs_a_person() -> None:
    """A cron job says so in place of waiting for a quarter of an hour."""
    found, needs = credentials_of(table(1, APP + 'flow = "device"\n'))

    assert needs == [True]
    with pytest.raises(SettingsError, match="nobody is at a terminal"):
        found[0]()


def test_google_acts_for_each_mailbox_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tokens open one mailbox each."""
    calls: list[tuple[str, str]] = []

    def google_token(key_file: str, mailbox: str) -> Token:
        calls.append((key_file, mailbox))
        return Token(mailbox, 10.0**10)

    monkeypatch.setattr(module, "google_token", google_token)
    more = 'auth = "google"\nkey_file = "key.json"\n'

    found, needs = credentials_of(table(1, more) + table(2, more))

    assert [each() for each in found] == ["u1@corp.example", "u2@corp.example"]
    assert calls == [("/etc/blindcopy/key.json", f"u{n}@corp.example") for n in (1, 2)]
    assert needs == [False, False]
    assert all(isinstance(each, TokenCredential) for each in found)
