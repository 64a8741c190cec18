"""Tokens: kept while they are good, obtained anew when they are not."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MARGIN = 120.0
"""Seconds before its end from which on a token is no longer handed out: the sign-in itself takes time."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token (RFC 6749, 1.4) and the moment, in seconds since 1970 UTC, at which it ends."""

    text: str = field(repr=False)
    expires_at: float


class TokenCredential:
    """
    Gives a token that is good now; used by every connection of one account, or of many.

    A crawl outlives its token: each new connection asks again, and gets a new
    one when the old has ended. Calls may come from several threads.

    Args:
        obtain: Fetches a new token; raises AccountError or SettingsError.

        clock: Seconds since 1970 UTC.
    """

    def __init__(self, obtain: Callable[[], Token], *, clock: Callable[[], float] = time.time) -> None:
        self._obtain = obtain
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._is_new = False

    def __call__(self) -> str:
        """Return the token to sign in with."""
        with self._lock:
            if self._token is None or self._token.expires_at - MARGIN <= self._clock():
                self._token, self._is_new = self._obtain(), True
            else:
                self._is_new = False
            return self._token.text

    def instead_of(self, refused: str) -> str | None:
        """
        Return another token in place of one that a server holds for too old.

        Returns:
            None when the refused one had only just been obtained: asking for
            more of the same would be trying a refused credential again.
        """
        with self._lock:
            if self._token is not None and self._token.text != refused:
                return self._token.text
            if self._is_new:
                return None
            self._token, self._is_new = self._obtain(), True
            return self._token.text if self._token.text != refused else None
