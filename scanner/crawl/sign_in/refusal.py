"""What a server's refusal means: the words of refusals.toml, turned into errors that say what to do."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from scanner.errors import (
    AccountClosedError,
    AccountError,
    ImapOffError,
    NoLicenceError,
    ServerBusyError,
    SignInError,
)

# What says "later". A text that might mean a refused password must not stand here: it would be tried again.
_BUSY = re.compile(
    r"\[(?:THROTTLED|UNAVAILABLE|INUSE|LIMIT|OVERQUOTA)\]|Backoff Time|throttl|Server Unavailable"
    r"|too many (?:\w+ )?(?:connections|sessions)|number of connections",
    re.IGNORECASE,
)
# Exchange ends a session whose token ran out with BYE; Google and Dovecot answer an old token with a status of HTTP.
_EXPIRED = re.compile(r'AccessTokenExpired|invalid_token|token (?:has |is )?expired|"status": ?"40[01]"', re.IGNORECASE)

_CLASSES: dict[str, type[AccountError]] = {
    "refused": SignInError,
    "password": SignInError,
    "closed": AccountClosedError,
    "imap_off": ImapOffError,
    "licence": NoLicenceError,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of refusals.toml."""

    says: re.Pattern[str]
    means: str
    what: str
    remedy: str


@cache
def refusals() -> tuple[Refusal, ...]:
    """Return what servers are known to say, in the order in which it is looked for."""
    text = resources.files("scanner.crawl.sign_in").joinpath("refusals.toml").read_text(encoding="utf-8")
    return tuple(
        Refusal(re.compile(entry["says"], re.IGNORECASE), entry["means"], entry["what"], entry["remedy"])
        for entry in tomllib.loads(text)["refusal"]
    )


def known_refusal(said: str) -> AccountError | None:
    """Return the error for words that are known to mean a refusal, None for others; nothing said is quoted."""
    for refusal in refusals():
        if refusal.says.search(said):
            return _CLASSES[refusal.means](refusal.what, remedy=refusal.remedy)
    return None


def refusal_error(said: str) -> AccountError:
    """
    Return the error for a sign-in that was answered with NO or BAD.

    Args:
        said: All that the server said to it.
    """
    known = known_refusal(said)
    if known is not None:
        return known
    if _BUSY.search(said) and "AUTHENTICATIONFAILED" not in said.upper():
        return busy_error(said)
    return SignInError(
        "the server refused user name or password; tried once, not again",
        remedy="Correct user and password, then run `blindcopy check`",
    )


def may_have_expired(said: str) -> bool:
    """Tell whether a refused token may simply be too old, by the server's words."""
    return _EXPIRED.search(said) is not None


def busy_error(said: str) -> ServerBusyError:
    """Return the error for an answer that means "later", with the seconds that Exchange asks for."""
    wait = re.search(r"Backoff Time: (\d{1,9}) milliseconds", said, re.IGNORECASE)
    error = ServerBusyError("the server asks to come back later", remedy="Run the scan again later")
    error.seconds = int(wait[1]) / 1000 if wait else 0.0
    return error
