"""How much an account may receive on one day: Gmail locks accounts that read too much."""

import time
from collections.abc import Callable

from scanner.errors import BudgetSpentError

KEEP_EVERY = 4 * 1024 * 1024
"""Bytes that may come before they are written down: a scan that is killed forgets no more."""


def utc_day() -> int:
    """Return the number of today's UTC day since 1970-01-01."""
    return int(time.time()) // 86_400


class Budget:
    """
    The bytes of one account and UTC day, over all scans of that day.

    Args:
        limit: Bytes a day.

        keep: Takes a day and the bytes received since the last call, writes
            them down, and returns those of that day so far.
    """

    def __init__(self, limit: int, keep: Callable[[int, int], int]) -> None:
        self._limit = limit
        self._keep = keep
        self._day = -1
        self._kept = 0
        self._new = 0

    def add(self, received: int) -> None:
        """Count bytes that were received."""
        self._new += received

    def save(self) -> None:
        """Write down what has come since it was written down last."""
        if self._new and self._day >= 0:
            new, self._new = self._new, 0
            self._kept = self._keep(self._day, new)

    @property
    def is_spent(self) -> bool:
        """Nothing more may be asked for today; what is under way still comes."""
        today = utc_day()
        if today != self._day:
            self.save()
            self._day, self._kept = today, self._keep(today, 0)
        if self._new >= KEEP_EVERY:
            self.save()
        return self._kept + self._new >= self._limit

    def check(self) -> None:
        """
        Make sure that something may be asked for.

        Raises:
            BudgetSpentError: The day's bytes are used.
        """
        if self.is_spent:
            self.save()
            raise BudgetSpentError(
                f"the day's budget of {self._limit / 1_000_000:,.6g} MB is used; the scan goes on tomorrow",
                remedy="Run the scan again after midnight UTC, or raise bytes_per_day of the server",
            )
