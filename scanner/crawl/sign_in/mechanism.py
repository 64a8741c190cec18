"""How an account signs in: LOGIN, PLAIN (RFC 4616) or XOAUTH2."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from scanner.crawl.response import Completion, Response
from scanner.crawl.sign_in.refusal import known_refusal, may_have_expired, refusal_error
from scanner.crawl.sign_in.token import TokenCredential
from scanner.crawl.wire import WireClient
from scanner.errors import AccountClosedError, AccountError, ServerBusyError, SignInError
from scanner.model import Account

TOKEN_AUTHS = frozenset({"microsoft", "google"})

_MICROSOFT_RIGHTS = frozenset({"IMAP.AccessAsApp", "IMAP.AccessAsUser.All"})
_CLOSED_TO_TOKEN = {
    "microsoft": (
        "the token is good, but Exchange does not let it into this mailbox",
        "Administrator: New-ServicePrincipal and Add-MailboxPermission as in `blindcopy check --plan`; "
        "look that user is the mailbox's address and IMAP is on for it",
    ),
    "google": (
        "the token is good, but Gmail does not let it into this mailbox",
        "Look that user is the mailbox's address and that IMAP is on: Admin console, Apps, Gmail, End user access",
    ),
}


def sign_in(client: WireClient, account: Account, credential: Callable[[], str]) -> None:
    """
    Sign in; to be called within `account_errors`. A password is tried once.

    Args:
        client: Connected, and encrypted unless it is on loopback.

        account: `auth` says how, `as_user` whose mail is read.

        credential: Gives the password, or the token (a `TokenCredential`);
            a token that the server holds for too old is renewed once.

    Raises:
        SignInError: User, password or token refused, or the account is closed; never tried again.

        ServerBusyError: Worth another try later.
    """
    if client.is_signed_in:
        return
    if account.auth in TOKEN_AUTHS:
        _with_token(client, account, credential)
        return
    password = credential()
    as_other = bool(account.as_user) or account.auth == "plain"
    if client.has_capability("LOGINDISABLED") and not as_other:
        raise SignInError("the server refuses passwords on this connection", remedy='Set security = "tls"')
    # LOGIN carries ASCII only; PLAIN is UTF-8 (RFC 4616).
    if as_other or not _is_plain_ascii(account.user) or not _is_plain_ascii(password):
        answers, completion = client.authenticate("PLAIN", _plain(account.as_user, account.user, password))
    else:
        answers, completion = [], client.log_in(account.user, password)
    if completion.status != "OK":
        raise refusal_error(_said(answers, completion))


def _is_plain_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _plain(as_user: str, user: str, password: str) -> bytes:
    parts = (as_user, user, password)
    if any("\0" in part for part in parts):
        # RFC 4616, 2: NUL divides the parts and can stand in none of them.
        raise SignInError("user or password holds a NUL character", remedy="Correct the settings")
    return "\0".join(parts).encode()


def _with_token(client: WireClient, account: Account, credential: Callable[[], str]) -> None:
    token = credential()
    answers, completion = _xoauth2(client, account, token)
    if completion.status == "OK":
        return
    said = _said(answers, completion)
    if may_have_expired(said) and isinstance(credential, TokenCredential):
        newer = credential.instead_of(token)
        if newer is not None:
            token = newer
            answers, completion = _xoauth2(client, account, token)
            if completion.status == "OK":
                return
            said = _said(answers, completion)
    raise _token_error(account, token, said)


def _xoauth2(client: WireClient, account: Account, token: str) -> tuple[list[Response], Completion]:
    # Google's and Microsoft's form; RFC 7628 made OAUTHBEARER of it, which Exchange does not offer.
    return client.authenticate("XOAUTH2", f"user={account.user}\x01auth=Bearer {token}\x01\x01".encode())


def _token_error(account: Account, token: str, said: str) -> AccountError:
    known = known_refusal(said)
    if known is not None:
        return known
    refused = refusal_error(said)
    if isinstance(refused, ServerBusyError):
        return refused
    if account.auth == "microsoft" and (rights := token_rights(token)) is not None and not rights & _MICROSOFT_RIGHTS:
        return AccountClosedError(
            "the token carries no right to use IMAP",
            remedy="Administrator: give the application IMAP.AccessAsApp and consent to it (`blindcopy check --plan`)",
        )
    what, remedy = _CLOSED_TO_TOKEN[account.auth]
    return AccountClosedError(f"{what}; tried once, not again", remedy=remedy)


def token_rights(token: str) -> frozenset[str] | None:
    """Return the rights that a Microsoft token names (claims `roles` and `scp`), None when it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(claims, dict):
        return None
    roles, scopes = claims.get("roles", []), claims.get("scp", "")
    return frozenset(map(str, roles if isinstance(roles, list) else [])) | frozenset(str(scopes).split())


def _said(answers: list[Response], completion: Completion) -> str:
    """Return all that the server said, challenges that explain a refusal included."""
    lines = [b"".join(answer).decode("utf-8", "replace") for answer in answers]
    return "\n".join([*lines, completion.text])
