"""What token endpoints answer when they give no token (RFC 6749, 5.2), turned into errors that say what to do."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources

import requests

from scanner.errors import (
    AccountClosedError,
    AccountError,
    ConnectionLostError,
    NoLicenceError,
    ServerBusyError,
    ServerTimeoutError,
    SignInError,
)

TIMEOUT = 30.0
"""Seconds until a token endpoint is given up."""

_CLASSES: dict[str, type[AccountError]] = {
    "refused": SignInError,
    "closed": AccountClosedError,
    "licence": NoLicenceError,
    "busy": ServerBusyError,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """One entry of endpoints.toml."""

    says: re.Pattern[str]
    issuer: str
    means: str
    what: str
    remedy: str


@cache
def _answers() -> tuple[_Answer, ...]:
    text = resources.files("scanner.crawl.sign_in").joinpath("endpoints.toml").read_text(encoding="utf-8")
    return tuple(
        _Answer(
            re.compile(entry["says"], re.IGNORECASE),
            entry.get("issuer", ""),
            entry["means"],
            entry["what"],
            entry["remedy"],
        )
        for entry in tomllib.loads(text)["answer"]
    )


def token_refusal(issuer: str, said: str) -> AccountError:
    """
    Return the error for an answer without a token; what was said is not quoted, but for its code.

    Args:
        issuer: Who was asked, for people.

        said: Error code and description as they came.
    """
    for answer in _answers():
        if answer.issuer in ("", issuer) and answer.says.search(said):
            return _CLASSES[answer.means](f"{issuer}: {answer.what}", remedy=answer.remedy)
    code = re.search(r"AADSTS\d{4,9}", said) or re.search(r"\b[a-z]+(?:_[a-z]+)+\b", said)
    named = f" ({code[0]})" if code else ""
    return SignInError(
        f"{issuer} gives no token{named}; tried once, not again", remedy="Check the account's keys in the settings"
    )


@contextmanager
def endpoint_errors(issuer: str) -> Iterator[None]:
    """
    Turn errors of the way to a token endpoint into ours; their text may hold the request, so it is not chained.

    Raises:
        ServerTimeoutError, ConnectionLostError: The endpoint did not answer.
    """
    try:
        yield
    except requests.Timeout:
        raise ServerTimeoutError(
            f"{issuer} did not answer in time, so there is no token", remedy="Run the scan again later"
        ) from None
    except requests.RequestException:
        raise ConnectionLostError(
            f"{issuer} cannot be reached, so there is no token",
            remedy="Check the network and the proxy (HTTPS_PROXY) between here and there",
        ) from None
