"""Which mailboxes the settings exclude, and which exclusions exclude nothing: a typing error there opens a mailbox."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from scanner.config import Settings
from scanner.model import Account

if TYPE_CHECKING:
    from scanner.pipeline.checking.account_check import AccountCheck


@dataclass(frozen=True, slots=True)
class ExcludedMailbox:
    """A mailbox that is never opened."""

    name: str
    reason: str
    """As the settings give it."""


def excluded_mailboxes(account: Account, names: Iterable[str]) -> tuple[ExcludedMailbox, ...]:
    """Return the mailboxes among `names` that the settings exclude, in their order."""
    found = ((name, next((why for glob, why in account.excluded if fnmatchcase(name, glob)), None)) for name in names)
    return tuple(ExcludedMailbox(name, why) for name, why in found if why is not None)


def unmatched_patterns(account: Account, names: Iterable[str]) -> tuple[str, ...] | None:
    """Return the patterns that match none of an account's mailboxes; None where these are not known."""
    known = tuple(names)
    if not known:
        return None
    return tuple(
        dict.fromkeys(glob for glob, _ in account.excluded if not any(fnmatchcase(name, glob) for name in known))
    )


def unused_exclusions(settings: Settings, answers: Iterable["AccountCheck"]) -> Iterator[str]:
    """
    Yield a sentence for each [[exclude]] that excludes nothing in any account it applies to.

    Nothing is said while one of these accounts was not tried, or failed
    before its mailboxes were listed: the mailbox may be there.
    """
    unmatched = {answer.name: answer.unmatched_exclusions for answer in answers}
    for number, entry in enumerate(settings.exclude, 1):
        names = [table.name for table in settings.account if fnmatchcase(table.name, entry.account)]
        if not names:
            yield f"[[exclude]] {number} excludes nothing: no account is called {entry.account!r}"
        elif all(entry.mailbox in (unmatched.get(name) or ()) for name in names):
            yield f"[[exclude]] {number} excludes nothing: no mailbox is called {entry.mailbox!r}"
