"""Tokens of Google for one mailbox of a domain."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from scanner.crawl.sign_in.google import google_token
from scanner.errors import AccountError, ConnectionLostError, SettingsError
from tests.servers.token_server import TokenServer


@pytest.fixture
def key_file(tmp_path: Path, rsa_certificate: Path, tokens: TokenServer) -> Path:
    """Return a service account's key as Google hands it out, whose tokens come from here."""
    pem = rsa_certificate.read_text()
    content = {
        "type": "service_account",
        "project_id": "audit",
        "private_key_id": "1",
        "private_key": pem[: pem.index("-----BEGIN CERTIFICATE")],
        "client_email": "audit@audit.iam.example",
        "client_id": "1",
        "token_uri": f"{tokens.url}/google/token",
    }
    file = tmp_path / "key.json"
    file.write_text(json.dumps(content))
    return file


def test_a_service_account_acts_for_one_mailbox(key_file: Path, tokens: TokenServer) -> None:
    """RFC 7523, 2.1: issued by the service account, for the mailbox, with the one scope that IMAP takes."""
    token = google_token(str(key_file), "ada@corp.example")

    claims = json.loads(base64.urlsafe_b64decode(tokens.asked[0]["assertion"].split(".")[1] + "==="))
    assert token.text == "token-1"
    assert 3400 < token.expires_at - time.time() <= 3600
    assert claims["iss"] == "audit@audit.iam.example"
    assert claims["sub"] == "ada@corp.example"
    assert claims["scope"] == "https://mail.google.com/"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (
            {"error": "unauthorized_client", "error_description": "Client is unauthorized to retrieve access tokens"},
            "permission",
            "domain-wide delegation",
        ),
        (
            {"error": "invalid_grant", "error_description": "Invalid email or User ID: ada@corp.example"},
            "no_licence",
            "user",
        ),
        (
            {"error": "invalid_grant", "error_description": "Invalid JWT: must be short-lived"},
            "sign_in",
            "clock",
        ),
        ({"error": "something_new", "error_description": "for ada@corp.example"}, "sign_in", "something_new"),
    ],
)
def test_what_google_refuses_is_explained(
    key_file: Path, tokens: TokenServer, body: dict[str, Any], code: str, words: str
) -> None:
    """By its code; the text, which names the mailbox, is not repeated."""
    tokens.answers = [(400, body)]

    with pytest.raises(AccountError) as caught:
        google_token(str(key_file), "ada@corp.example")

    assert caught.value.code == code
    assert words in str(caught.value)
    assert "ada@corp.example" not in str(caught.value)
    assert len(tokens.asked) == 1


def test_no_endpoint_is_a_lost_connection(key_file: Path) -> None:
    """Worth another try."""
    content = json.loads(key_file.read_text()) | {"token_uri": "http://127.0.0.1:1/token"}
    key_file.write_text(json.dumps(content))

    with pytest.raises(ConnectionLostError, match="cannot be reached"):
        google_token(str(key_file), "ada@corp.example")


@pytest.mark.parametrize("content", ["", "{}", '{"type": "service_account", "private_key": "hush"}'])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: str) -> None:
    """And nothing of it is repeated."""
    file = tmp_path / "key.json"
    file.write_text(content)

    with pytest.raises(SettingsError, match="no key") as caught:
        google_token(str(file), "ada@corp.example")

    assert caught.value.where == str(file)
    assert "hush" not in str(caught.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(SettingsError, match="cannot be read"):
        google_token(str(tmp_path / "none.json"), "ada@corp.example")
