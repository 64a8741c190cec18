"""A refusal that only means: later."""

import re

from scanner.crawl.response import Completion
from scanner.crawl.sign_in.refusal import busy_error

_BUSY = re.compile(r"Backoff Time|throttl|Server Unavailable", re.IGNORECASE)
_BUSY_CODES = frozenset({"THROTTLED", "UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA"})


def raise_if_busy(completion: Completion) -> None:
    """Raise ServerBusyError when a NO or BAD only means: later."""
    if completion.code in _BUSY_CODES or _BUSY.search(completion.text):
        raise busy_error(completion.text)
