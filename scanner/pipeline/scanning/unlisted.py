"""Mailboxes that were read once and that LIST does not show: asked after by name, read on or told as gone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from sqlalchemy import Connection

from scanner.errors import NoSentMailboxError
from scanner.model import NAMED_IN_SETTINGS, Account, FoundMailbox
from scanner.pipeline.reaching.intake import Crawl
from scanner.pipeline.scanning.mailbox_scan import AccountWork
from scanner.store.unlisted import mailboxes_once_read, messages_nowhere_else

_HIDDEN = "; it is not listed, and given by its name"
_WAY_OUT = "if that was meant, exclude it in the settings and say why"


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes of an account."""

    found: tuple[FoundMailbox, ...]
    """Listed, or hidden and there all the same."""

    gone: tuple[FoundMailbox, ...]
    """Read by an earlier scan, still in scope by the settings, and no longer there."""


def find_all(
    crawl: Crawl, account: Account, account_id: int, begin: Callable[[], AbstractContextManager[Connection]]
) -> Mailboxes:
    """
    List the mailboxes of an account, those included that an earlier scan has read and that are listed no more.

    One round trip more, and only where there is such a one: a list may have
    been shortened, while STATUS of a name says whether the mailbox is there.

    Raises:
        NoSentMailboxError: None is listed, and none that was read once is there.

        AccountError: As `Crawl.find_mailboxes`.
    """
    refused: NoSentMailboxError | None = None
    try:
        found = crawl.find_mailboxes()
    except NoSentMailboxError as error:
        found, refused = (), error
    with begin() as connection:
        known = mailboxes_once_read(connection, account_id)
    listed = {one.wire_name for one in found if not one.is_missing}
    lost = [one for one in known if one.wire_name not in listed and _is_in_scope(one, account)]
    excluded = {one.wire_name: why for one in lost if (why := _exclusion(one, account)) is not None}
    asked = [one for one in lost if one.wire_name not in excluded]
    there = crawl.standings(asked) if asked else {}
    if refused is not None and not there:
        raise refused
    more = [
        FoundMailbox.excluded(one.wire_name, one.name, one.role, excluded[one.wire_name])
        for one in lost
        if one.wire_name in excluded
    ]
    more += [replace(one, reason=one.reason.removesuffix(_HIDDEN) + _HIDDEN) for one in asked if one.wire_name in there]
    names = {one.wire_name for one in more}
    named = {one.wire_name for one in found if one.is_missing}
    return Mailboxes(
        (*(one for one in found if one.wire_name not in names), *more),
        # What the settings name is told as missing already.
        tuple(one for one in asked if one.wire_name not in names | named),
    )


def _is_in_scope(mailbox: FoundMailbox, account: Account) -> bool:
    if account.scope == "ours":
        return True
    is_named = mailbox.reason.startswith(NAMED_IN_SETTINGS)
    return mailbox.role == "sent" and (not is_named or mailbox.name in account.mailboxes)


def _exclusion(mailbox: FoundMailbox, account: Account) -> str | None:
    return next((why for glob, why in account.excluded if fnmatchcase(mailbox.name, glob)), None)


def note_gone(work: AccountWork, mailbox: FoundMailbox, mailbox_id: int) -> None:
    """
    Make a gap of a mailbox that is gone, or close it when all of its mail is found in other mailboxes.

    To be called when the account's other mailboxes were read: a renamed one
    has its mail under the new name then.
    """
    with work.store.begin() as connection:
        held, nowhere = messages_nowhere_else(connection, mailbox_id)
    if not nowhere:
        work.close_gaps("mailbox_unlisted", mailbox_id=mailbox_id)
        return
    detail = (
        f"renamed, deleted, or rights were withdrawn; {nowhere:,} of the {held:,} messages it held are in no other "
        f"mailbox; {_WAY_OUT}"
    )
    work.note_gap("mailbox_unlisted", detail, mailbox.name, mailbox_id=mailbox_id)
