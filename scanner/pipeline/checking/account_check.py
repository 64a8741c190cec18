"""How far the check of one account came: its steps in order, until one fails."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from scanner.errors import ScannerError
from scanner.pipeline.checking.exclusion import ExcludedMailbox


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a check; `ok` None = not tried, because an earlier one failed."""

    name: str
    ok: bool | None
    detail: str
    remedy: str
    code: str = ""
    """The cause of a failure, as in gap rows: `imap_off`, `permission`, `no_licence` …"""


@dataclass(frozen=True, slots=True)
class CheckedMailbox:
    """A mailbox that a scan would read."""

    name: str
    reason: str
    """Why it is read."""

    messages: int
    """How many of it a scan would list, within the mandate's period."""


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """How far one account's check came."""

    number: int
    """Place in the settings, from 1."""

    name: str
    steps: tuple[CheckStep, ...]
    sent_mailboxes: tuple[CheckedMailbox, ...]
    mailboxes: tuple[str, ...] = ()
    """Every name that the server lists; filled in when none of them is taken for a sent mailbox."""

    warnings: tuple[str, ...] = ()
    excluded: tuple[ExcludedMailbox, ...] = ()
    unmatched_exclusions: tuple[str, ...] | None = None
    """Patterns of the settings that match no mailbox of this account; None = its mailboxes are not known."""

    @property
    def failed(self) -> CheckStep | None:
        """The step that failed, None when the account can be scanned."""
        return next((step for step in self.steps if step.ok is False), None)

    @property
    def done(self) -> int:
        """How many steps went well."""
        return sum(step.ok is True for step in self.steps)

    @property
    def next_action(self) -> str:
        """What to do next about this account."""
        return self.failed.remedy if self.failed else "ready for `blindcopy scan`"


def take_steps(
    names: Sequence[str],
    actions: Sequence[Callable[[], str]],
    errors: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> tuple[CheckStep, ...]:
    """
    Take steps until one fails; never raises for what an account does.

    Args:
        names: Of all steps, in order.

        actions: Each tells what it found, or raises a ScannerError.

        errors: Makes what turns errors of others into ours, around each of them.
    """
    done: list[CheckStep] = []
    failed = False
    for name, action in zip(names, actions, strict=True):
        if failed:
            done.append(CheckStep(name, None, "not tried", ""))
            continue
        try:
            with errors():
                done.append(CheckStep(name, True, action(), ""))
        except ScannerError as error:
            failed = True
            done.append(CheckStep(name, False, error.what, error.remedy, getattr(error, "code", "settings")))
    return tuple(done)


def tell_sent(in_scope: int) -> str:
    """Return in words how many of the mailboxes hold sent mail."""
    return f"{in_scope} of them hold{'s' if in_scope == 1 else ''} sent mail"


def tell_messages(mailboxes: Iterable[CheckedMailbox], within: str = "") -> str:
    """Return in words how many messages of all mailboxes are to be read; `within` says of which period."""
    messages = sum(mailbox.messages for mailbox in mailboxes)
    return f"{messages:,} message{'' if messages == 1 else 's'}{within} to read"
