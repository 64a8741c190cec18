"""How much of the mail a scan that has not finished has seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """Messages that are stored, of those that the accounts hold: the coverage at that moment."""

    messages: int
    """Stored."""

    expected: int
    """Listed when the mailboxes were opened last, without mail of others that is not kept."""

    accounts_unknown: int = 0
    """Accounts whose size is not known yet: the share is then the most that it can be."""

    @property
    def percent(self) -> str:
        """
        The share in per cent with one decimal, rounded down; "" when nothing is known.

        Never 100: something is left while a scan has not finished.
        """
        if not self.expected:
            return ""
        tenths = min(self.messages * 1000 // self.expected, 999)
        return f"{tenths // 10}.{tenths % 10}"
