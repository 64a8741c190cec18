"""Tokens of Entra, from an endpoint that answers as Entra does."""

import base64
import json
import time
from pathlib import Path

import pytest

from scanner.crawl.sign_in.microsoft import DeviceSignIn, MicrosoftApp, app_token
from scanner.errors import AccountError, ConnectionLostError, SettingsError
from tests.conftest import missing
from tests.servers import ServerMissingError
from tests.servers.certificate import Authority
from tests.servers.token_server import TokenServer

APP = MicrosoftApp("corp.onmicrosoft.com", "client-id")


def test_an_application_gets_a_token_with_its_secret(tokens: TokenServer) -> None:
    """RFC 6749, 4.4: grant_type client_credentials, for all that was consented to."""
    token = app_token(APP, lambda: "hush-hush")

    asked = tokens.asked[0]
    assert token.text == "token-1"
    assert 3500 < token.expires_at - time.time() <= 3600
    assert asked["grant_type"] == "client_credentials"
    assert asked["client_id"] == "client-id"
    assert asked["client_secret"] == "hush-hush"
    assert asked["scope"] == "https://outlook.office365.com/.default"


def test_every_call_asks_anew(tokens: TokenServer) -> None:
    """What is kept is kept in one place: no token of msal's own survives."""
    assert app_token(APP, lambda: "s").text != app_token(APP, lambda: "s").text
    assert len(tokens.asked) == 2


def test_a_certificate_that_cannot_sign_is_said(tokens: TokenServer, tmp_path: Path) -> None:
    """Half of it missing, or a key that Entra does not take: nothing is sent."""
    try:
        made = Authority(tmp_path).issue("app", names=("DNS:app.corp.example",))
    except ServerMissingError as error:
        missing(str(error))
    both = tmp_path / "both.pem"
    both.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())

    with pytest.raises(SettingsError, match="both"):
        app_token(MicrosoftApp("t", "client-id", certificate=str(made.key)), None)
    with pytest.raises(SettingsError, match="cannot sign"):
        # An elliptic curve: Entra takes RSA only.
        app_token(MicrosoftApp("t", "client-id", certificate=str(both)), None)
    assert tokens.asked == []


def test_an_rsa_certificate_signs(tokens: TokenServer, rsa_certificate: Path) -> None:
    """RFC 7523, 2.2: the assertion names the client as its issuer and the token endpoint as its audience."""
    token = app_token(MicrosoftApp("t", "client-id", certificate=str(rsa_certificate)), None)

    claims = json.loads(base64.urlsafe_b64decode(tokens.asked[0]["client_assertion"].split(".")[1] + "==="))
    assert token.text == "token-1"
    assert claims["iss"] == claims["sub"] == "client-id"
    assert claims["aud"].endswith("/t/oauth2/v2.0/token")
    assert "client_secret" not in tokens.asked[0]


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ("AADSTS7000215: Invalid client secret provided.", "sign_in", "secret is wrong"),
        ("AADSTS7000222: The provided client secret keys are expired.", "sign_in", "secret has ended"),
        ("AADSTS700016: Application with identifier 'client-id' was not found", "sign_in", "no such application"),
        ("AADSTS65001: has not consented to use the application", "permission", "consent"),
        ("AADSTS53003: Access has been blocked by Conditional Access policies.", "permission", "conditional access"),
        ("AADSTS50034: The user account ada@corp.example does not exist", "no_licence", "no such user"),
        ("AADSTS90033: A transient error has occurred.", "busy", "later"),
        ("AADSTS9999999: Something nobody has seen for ada@corp.example", "sign_in", "AADSTS9999999"),
    ],
)
def test_what_entra_refuses_is_explained(tokens: TokenServer, said: str, code: str, words: str) -> None:
    """By its code; the text, which may name people, is not repeated, and the secret neither."""
    tokens.answers = [(400, {"error": "invalid_client", "error_description": said})]

    with pytest.raises(AccountError) as caught:
        app_token(APP, lambda: "hush-hush")

    assert caught.value.code == code
    assert words in str(caught.value)
    assert "ada@corp.example" not in str(caught.value)
    assert "hush-hush" not in str(caught.value)
    assert len(tokens.asked) == 1


def test_an_endpoint_that_cannot_be_reached_is_a_lost_connection(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Worth another try; it says nothing of the password."""
    monkeypatch.setattr(tokens, "url", "http://127.0.0.1:1")

    with pytest.raises(ConnectionLostError, match="cannot be reached"):
        app_token(APP, lambda: "hush-hush")


def test_a_person_signs_in_with_a_code(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page and the code are shown; the answer is waited for."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    told: list[str] = []
    tokens.pending = 1

    token = DeviceSignIn(MicrosoftApp("t", "client-id", by_device=True), told.append)()

    assert token.text == "token-1"
    assert len(told) == 1
    assert "ABCD1234" in told[0]
    assert "https://microsoft.com/devicelogin" in told[0]
    assert "https://outlook.office365.com/IMAP.AccessAsUser.All" in tokens.scope


def test_a_person_is_asked_once_a_run(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refresh token of the first sign-in gives the next one."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    told: list[str] = []
    sign_in = DeviceSignIn(MicrosoftApp("t", "client-id", by_device=True), told.append)

    first, second = sign_in(), sign_in()

    assert (first.text, second.text) == ("token-1", "token-2")
    assert len(told) == 1
    assert tokens.asked[1]["grant_type"] == "refresh_token"


def test_a_code_that_nobody_typed_is_said(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with what to do."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    tokens.answers = [(400, {"error": "expired_token", "error_description": "AADSTS70019"})]

    with pytest.raises(AccountError, match="nobody completed"):
        DeviceSignIn(MicrosoftApp("t", "client-id", by_device=True), lambda _: None)()
