"""Tokens of Google Workspace for one mailbox, through google-auth: a service account with domain-wide delegation."""

import time
from datetime import UTC
from typing import Any

from scanner.crawl.sign_in.token import Token
from scanner.errors import SettingsError

SCOPE = "https://mail.google.com/"
"""The only scope that Gmail's IMAP takes; it includes writing, which Blindcopy does not do."""

_ISSUER = "Google"


def google_token(key_file: str, mailbox: str) -> Token:
    """
    Fetch a token with which the service account reads a mailbox of its domain (RFC 7523, 2.1).

    Args:
        key_file: The service account's key as Google hands it out, JSON; its
            `token_uri` says where to ask.

        mailbox: Address of the mailbox: whom the service account acts for.

    Raises:
        AccountError: The subclass that names what was refused.

        SettingsError: The key cannot be read, or google-auth is not installed.
    """
    try:
        from google.auth import exceptions
        from google.auth.transport.requests import Request
        from google.oauth2 import service_account
    except ImportError as error:
        raise SettingsError(
            'auth = "google" needs a library that is not installed', remedy="pip install 'blindcopy[oauth]'"
        ) from error
    from scanner.crawl.sign_in.endpoint import endpoint_errors, token_refusal
    from scanner.errors import ConnectionLostError

    try:
        credentials: Any = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            key_file, scopes=[SCOPE], subject=mailbox
        )
    except OSError as error:
        raise SettingsError(
            "the service account's key cannot be read", where=key_file, remedy="Check key_file and its permissions"
        ) from error
    except (ValueError, exceptions.GoogleAuthError):
        # The error may quote the key: not chained.
        raise SettingsError(
            "this is no key of a service account", where=key_file, remedy="Download the key as JSON once more"
        ) from None
    asked_at = time.time()
    with endpoint_errors(_ISSUER):
        try:
            credentials.refresh(Request())
        except exceptions.TransportError:
            raise ConnectionLostError(
                "Google cannot be reached, so there is no token",
                remedy="Check the network and the proxy (HTTPS_PROXY) between here and there",
            ) from None
        except exceptions.RefreshError as error:
            # The error carries the request's answer, which may name the mailbox: not chained.
            raise token_refusal(_ISSUER, " ".join(map(str, error.args))) from None
    expiry = credentials.expiry
    # google-auth keeps UTC without a zone.
    ends_at = expiry.replace(tzinfo=UTC).timestamp() if expiry else asked_at + 3600
    return Token(str(credentials.token), ends_at)
