"""Tokens of Microsoft Entra for Exchange Online, through msal: an application's own, or a person's by device code."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.crawl.sign_in.token import Token
from scanner.errors import ServerBusyError, SettingsError

AUTHORITY = "https://login.microsoftonline.com"
"""Entra's own; sovereign clouds have others."""

RESOURCE = "https://outlook.office365.com"
_DEVICE_RIGHT = "IMAP.AccessAsUser.All"
_ISSUER = "Microsoft Entra"


@dataclass(frozen=True, slots=True)
class MicrosoftApp:
    """An application registered with Entra, as the settings name it. Equal ones share their tokens."""

    tenant: str
    client_id: str
    authority: str = AUTHORITY
    resource: str = RESOURCE
    """What the token is for: Exchange Online of the tenant's cloud."""

    certificate: str = ""
    """PEM file with private key and certificate; "" = the application has a secret."""

    by_device: bool = False
    """A person signs in with a code on another screen, and the token is hers."""


def app_token(app: MicrosoftApp, secret: Callable[[], str] | None, *, http_client: Any = None) -> Token:
    """
    Fetch a token for the application itself (RFC 6749, 4.4: client credentials).

    Args:
        app: Without `by_device`.

        secret: Gives the client secret, or the pass phrase of the certificate's key; None = it has none.

        http_client: What sends requests; None = one of msal's own.

    Raises:
        AccountError: The subclass that names what was refused.

        SettingsError: The certificate cannot be read, or msal is not installed.
    """
    msal = _msal()
    credential = _certificate(app.certificate, secret) if app.certificate else secret() if secret else ""

    def ask() -> Any:
        client = msal.ConfidentialClientApplication(
            app.client_id, client_credential=credential, **_connection(app, http_client)
        )
        return client.acquire_token_for_client([f"{app.resource}/.default"])

    return _asked(ask)


class DeviceSignIn:
    """
    Tokens of a person who signs in once per run; nothing of it is kept on disk.

    Args:
        app: With `by_device`.

        tell: Shows the person where to type which code.
    """

    def __init__(self, app: MicrosoftApp, tell: Callable[[str], None], *, http_client: Any = None) -> None:
        self._app = app
        self._tell = tell
        self._http_client = http_client
        self._client: Any = None

    def __call__(self) -> Token:
        """
        Return a token: by the refresh token of before, else by asking the person.

        Raises:
            AccountError: The subclass that names what was refused.

            SettingsError: msal is not installed.
        """
        msal = _msal()
        scopes = [f"{self._app.resource}/{_DEVICE_RIGHT}"]

        def ask() -> Any:
            if self._client is None:
                self._client = msal.PublicClientApplication(
                    self._app.client_id, **_connection(self._app, self._http_client)
                )
            for person in self._client.get_accounts():
                renewed = self._client.acquire_token_silent_with_error(scopes, person, force_refresh=True)
                if renewed and "access_token" in renewed:
                    return renewed
            flow = self._client.initiate_device_flow(scopes)
            if "user_code" not in flow:
                return flow
            self._tell(f"Sign in: open {flow['verification_uri']} and type the code {flow['user_code']}")
            return self._client.acquire_token_by_device_flow(flow)

        return _asked(ask)


def _msal() -> Any:
    try:
        import msal
    except ImportError as error:
        raise SettingsError(
            'auth = "microsoft" needs a library that is not installed', remedy="pip install 'blindcopy[oauth]'"
        ) from error
    return msal


def _connection(app: MicrosoftApp, http_client: Any) -> dict[str, Any]:
    from scanner.crawl.sign_in.endpoint import TIMEOUT

    # Without instance discovery: the settings name the authority, and nobody else need be asked about it.
    common = {"authority": f"{app.authority.rstrip('/')}/{app.tenant}", "instance_discovery": False}
    return common | ({"timeout": TIMEOUT} if http_client is None else {"http_client": http_client})


def _asked(ask: Callable[[], Any]) -> Token:
    """Return the token of an answer; raise what an answer without one means."""
    from jwt.exceptions import PyJWTError
    from msal.exceptions import MsalError

    from scanner.crawl.sign_in.endpoint import endpoint_errors, token_refusal

    asked_at = time.time()
    with endpoint_errors(_ISSUER):
        try:
            answer = ask()
        except PyJWTError:
            # The error may show the key: not chained.
            raise SettingsError(
                "the certificate's key cannot sign", remedy="Make one with an RSA key: Entra takes no other"
            ) from None
        except (json.JSONDecodeError, MsalError):
            # A proxy's page, or an outage.
            raise ServerBusyError(f"{_ISSUER} gave no sensible answer", remedy="Run the scan again later") from None
        except ValueError as error:
            # msal raises it for a tenant that its discovery does not know, and for a certificate it cannot read.
            text = str(error)
            raise token_refusal(_ISSUER, f"AADSTS90002 {text}" if "authority" in text.lower() else text) from None
    if "access_token" not in answer:
        raise token_refusal(_ISSUER, f"{answer.get('error', '')} {answer.get('error_description', '')}")
    return Token(str(answer["access_token"]), asked_at + float(answer.get("expires_in", 3600)))


def _certificate(file: str, passphrase: Callable[[], str] | None) -> dict[str, str]:
    try:
        text = Path(file).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "the certificate cannot be read", where=file, remedy="Name a PEM file with private key and certificate"
        ) from error
    if "PRIVATE KEY-----" not in text or "BEGIN CERTIFICATE-----" not in text:
        raise SettingsError(
            "the file does not hold both a private key and its certificate",
            where=file,
            remedy="Put both into one PEM file: cat key.pem certificate.pem",
        )
    found = {"private_key": text, "public_certificate": text}
    if passphrase is not None:
        found["passphrase"] = passphrase()
    return found
