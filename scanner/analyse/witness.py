"""
What stored mail tells about mail that is not stored: a matter of coverage, never an incident.

Replies name the mail they answer. A Message-ID that only our own systems can
have made, and that no mailbox holds, is mail of ours that was deleted, or that
was sent from where nothing was scanned. Nobody can say which; so it is told as
a witness, with the month and a few examples. Threads in which two colleagues
have a part are not heard: the mail cited may be the other's, who is not scanned.

What is told depends on the reply fields, Message-IDs and moments of all
stored mail, and is counted when it is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median_low

from scanner.analyse.message_id import is_below
from scanner.model import AccountMonths, MissingMail

_DAY = 86_400
_FIRST_WEEKS = 30 * _DAY
"""Right after a mailbox begins people answer what is older than all that is stored: that is no witness."""

_CUT = 3
"""Mails of ours cited in the first weeks from which the beginning looks cut."""

_BUSY = 5
"""Mails of an ordinary month from which a month without any says something."""

_SEEN = 3
"""Mails of ours that must have a host in their Message-ID before the host counts as ours."""

_EXAMPLES = 5


def own_hosts(
    counts: Mapping[tuple[str, str], int], foreign: Iterable[str], domains: frozenset[str]
) -> dict[str, frozenset[str]]:
    """
    Return account → hosts whose Message-IDs only mail that it sent has.

    A host that stands in Message-IDs of its sent mail, under an own domain;
    or any other, unless mail of others has it too or it belongs to a provider
    that makes the Message-IDs of many. A host without a dot names any machine.

    Args:
        counts: (account, host) → messages it sent that have the host.

        foreign: Hosts that stored mail of others has, and hosts of providers.

        domains: Own domains.
    """
    others = frozenset(foreign)
    found: dict[str, set[str]] = {}
    for (account, host), messages in counts.items():
        if messages >= _SEEN and "." in host and (is_below(host, domains) or host not in others):
            found.setdefault(account, set()).add(host)
    return {account: frozenset(hosts) for account, hosts in found.items()}


def month_of(moment: int) -> str:
    """Return the month of a moment in UTC: 2026-03."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m}"


@dataclass(slots=True)
class MissingCollector:
    """
    Counts cited mail that is not stored, by account and month of the first mail that cites it.

    Args:
        begins: From `beginnings`; mail of other accounts is no witness.
    """

    begins: Mapping[str, int]
    _first: dict[str, tuple[int, str]] = field(default_factory=dict)
    _early: dict[str, set[str]] = field(default_factory=dict)

    def add(self, message_id: str, account: str, sent_at: int) -> None:
        """Take up that mail of this moment, a copy of which lies in the account, cites mail that is not stored."""
        if sent_at <= self.begins.get(account, sent_at) + _FIRST_WEEKS:
            self._early.setdefault(account, set()).add(message_id)
            return
        self._first[message_id] = min(self._first.get(message_id, (sent_at, account)), (sent_at, account))

    def result(self) -> tuple[MissingMail, ...]:
        """Return the counts by (account, month); each Message-ID counts once."""
        early = frozenset().union(*self._early.values())
        rows: dict[tuple[str, str], list[str]] = {}
        for message_id, (sent_at, account) in self._first.items():
            # A thread that is older than the store goes on being cited.
            if message_id not in early:
                rows.setdefault((account, month_of(sent_at)), []).append(message_id)
        return tuple(
            MissingMail(account, month, len(names), tuple(sorted(names)[:_EXAMPLES]))
            for (account, month), names in sorted(rows.items())
        )

    def looks_cut(self, account: str) -> bool:
        """Tell whether the account's first mail answers so much older mail of ours that some seems to be gone."""
        return len(self._early.get(account, ())) >= _CUT


def beginnings(days: Mapping[str, Mapping[int, int]]) -> dict[str, int]:
    """
    Return account → the day (moment of its first second) on which its stored mail begins in earnest.

    The first day of mail in the first busy month: single mails with a wrong Date lie decades before.

    Args:
        days: As for `account_months`.
    """
    begins = {}
    for account, counts in days.items():
        busy = [month for month, messages in _by_month(counts).items() if messages >= _BUSY]
        first = min(busy, default="")
        begins[account] = min(day for day in counts if month_of(day * _DAY) >= first) * _DAY
    return begins


def account_months(
    days: Mapping[str, Mapping[int, int]], begins: Mapping[str, int], cut: frozenset[str]
) -> tuple[AccountMonths, ...]:
    """
    Return accounts with silent months or a beginning that looks cut, by account.

    Args:
        days: Account → day (seconds since 1970 UTC, divided by 86,400) → sent messages.

        begins: From `beginnings`.

        cut: Accounts that lost what was older.
    """
    found = []
    for account in sorted(days):
        months = _by_month(days[account])
        usual = median_low(sorted(months.values())) if months else 0
        # One mail with a wrong Date must not make decades of silence: only busy months stand at the ends.
        busy = [month for month, messages in months.items() if messages >= _BUSY]
        silent = tuple(month for month in _between(busy) if month not in months) if usual >= _BUSY else ()
        begins_at = begins.get(account) if account in cut else None
        if silent or begins_at is not None:
            found.append(AccountMonths(account, silent, usual, begins_at))
    return tuple(found)


def _by_month(days: Mapping[int, int]) -> dict[str, int]:
    months: dict[str, int] = {}
    for day, messages in days.items():
        month = month_of(day * _DAY)
        months[month] = months.get(month, 0) + messages
    return months


def _between(months: Sequence[str]) -> list[str]:
    """Return all months from the first to the last."""
    first, last = min(months), max(months)
    year, month = map(int, first.split("-"))
    found = []
    while (name := f"{year:04}-{month:02}") <= last:
        found.append(name)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
