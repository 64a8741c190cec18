"""
Received mail of one account, for bounces and replies: headers, and of bounces two parts.

Read-only as ever: EXAMINE, and FETCH with PEEK. Headers are fetched as a scan
fetches them, with its batches, its limits and its way to come back after a
broken connection; only the fields are others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from scanner.crawl.account import AccountCrawl
from scanner.crawl.answer import read_items
from scanner.crawl.bounce import Report, Section, decode_part, read_report, report_sections
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.mailbox import GMAIL, judge_mailboxes
from scanner.crawl.period import Period
from scanner.crawl.proof import RECEIVED_ITEMS
from scanner.crawl.wire import WireClient
from scanner.errors import ConnectionLostError, ProtocolError, ServerTimeoutError
from scanner.model import FoundMailbox, OpenedMailbox
from scanner.uids import Ranges, format_ranges, ranges_of

PART_LIMIT = 4 * 1024 * 1024
"""Bytes of one part of a bounce at most: the header of a list of fifty thousand, a status for each of ten thousand."""

_AT_ONCE = 50
"""Bounces whose parts are asked for in one command."""

_BYTES_AT_ONCE = 8 * 1024 * 1024
_BROKEN = (ConnectionLostError, ServerTimeoutError, ProtocolError)
# What imapclient gives for a BODYSTRUCTURE that is none is met with these.
_STRUCTURE_ERRORS = (TypeError, ValueError, IndexError, AttributeError)


class InboxCrawl(AccountCrawl):
    """One signed-in account whose received mail is looked through; arguments as for `AccountCrawl`."""

    fetch_items = RECEIVED_ITEMS

    def find_mailboxes(self) -> tuple[FoundMailbox, ...]:
        """
        Sign in and list the mailboxes that hold received mail; those that the settings exclude are not among them.

        Raises:
            AccountError: The subclass that names what failed.
        """

        def work(client: WireClient) -> tuple[FoundMailbox, ...]:
            return received_mailboxes(
                judge_mailboxes(client, self._account), is_gmail=bool(client.has_capability(GMAIL))
            )

        return self._steadily(work)

    def open_since(self, mailbox: FoundMailbox, moment: int) -> tuple[OpenedMailbox, Ranges]:
        """
        Open a mailbox read-only; return what EXAMINE said and the UIDs received from a moment on.

        The mandate's period holds as well. Raises as `AccountCrawl.open`.
        """
        first, last = self._account.sent_from, self._account.sent_until
        self._period = Period(moment if first is None else max(first, moment), last)
        return self.open(mailbox)

    def reports(
        self, mailbox: FoundMailbox, opened: OpenedMailbox, uids: Sequence[int]
    ) -> Iterator[tuple[int, Report | None]]:
        """
        Yield (uid, what the delivery report says) of bounces, None for one that cannot be read; each UID once.

        Raises:
            MailboxChangedError: UIDVALIDITY changed on the way.

            AccountError: The connection cannot be kept up.
        """
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            try:
                found = self._reports(mailbox, opened, some)
            except _BROKEN:
                if not self.is_alive():
                    raise
                # One of them breaks the server: the others are read one by one.
                found = {}
                for uid in some:
                    try:
                        found |= self._reports(mailbox, opened, [uid])
                    except _BROKEN:
                        if not self.is_alive():
                            raise
            for uid in some:
                yield uid, found.get(uid)

    def _reports(self, mailbox: FoundMailbox, opened: OpenedMailbox, uids: Sequence[int]) -> dict[int, Report]:
        def work(client: WireClient) -> dict[int, Report]:
            client = self._reopened(mailbox, opened)
            structures = _fetch(client, uids, "BODYSTRUCTURE")
            found: dict[int, Report] = {}
            for sections, some in _alike(structures):
                items = " ".join(map(_item, sections))
                for uid, parts in _fetch(client, some, items).items():
                    if (report := _report(parts, sections)) is not None:
                        found[uid] = report
            return found

        return self._steadily(work)


def received_mailboxes(mailboxes: Sequence[FoundMailbox], *, is_gmail: bool) -> tuple[FoundMailbox, ...]:
    """
    Return the mailboxes of received mail: all but sent mail, drafts, and what is excluded.

    What shows all mail shows the same messages again. At Gmail it is the
    other way round: labels repeat what All Mail, Trash and Spam hold.
    """
    readable = [one for one in mailboxes if not one.is_excluded and not set(one.wire_name) & set(b"\r\n\0")]
    if is_gmail and any(one.role == "all" for one in readable):
        return tuple(one for one in readable if one.role in ("all", "trash", "junk"))
    found = tuple(one for one in readable if one.role not in ("sent", "drafts", "all"))
    return found or tuple(one for one in readable if one.role == "all")


def _item(section: Section) -> str:
    if section.kind == "message":
        # Of the message itself nothing but its Message-ID.
        return f"BODY.PEEK[{section.number}.HEADER.FIELDS (MESSAGE-ID)]"
    return f"BODY.PEEK[{section.number}]<0.{PART_LIMIT}>"


def _alike(structures: dict[int, dict[bytes, Any]]) -> list[tuple[tuple[Section, ...], list[int]]]:
    """Return (what to fetch, of which UIDs): bounces of one server have the same parts, one command asks for many."""
    groups: list[tuple[tuple[Section, ...], list[int]]] = []
    latest: dict[tuple[Section, ...], tuple[list[int], int]] = {}
    for uid, items in sorted(structures.items()):
        try:
            sections = report_sections(items.get(b"BODYSTRUCTURE"))
        except _STRUCTURE_ERRORS:
            continue
        # What is cut off is no proof.
        if not sections or any(section.size > PART_LIMIT for section in sections):
            continue
        size = sum(section.size for section in sections)
        wanted = tuple(replace(section, size=0) for section in sections)
        uids, held = latest.get(wanted, ([], 0))
        if not uids or held + size > _BYTES_AT_ONCE:
            uids, held = [], 0
            groups.append((wanted, uids))
        uids.append(uid)
        latest[wanted] = uids, held + size
    return groups


def _fetch(client: WireClient, uids: Sequence[int], items: str) -> dict[int, dict[bytes, Any]]:
    """Fetch items of some messages; those that are refused or cannot be understood are missing."""
    command = f"UID FETCH {format_ranges(ranges_of(uids))} (UID {items})"
    answers, completion = client.execute(command.encode("ascii"))
    if completion.status != "OK":
        raise_if_busy(completion)
    wanted = frozenset(uids)
    found: dict[int, dict[bytes, Any]] = {}
    for answer in answers:
        read = read_items(answer)
        uid = read.get(b"UID") if read else None
        if read and isinstance(uid, int) and uid in wanted:
            found.setdefault(uid, {}).update(read)
    return found


def _report(parts: dict[bytes, Any], sections: Sequence[Section]) -> Report | None:
    status: bytes | None = None
    returned = b""
    for section in sections:
        # RFC 9051, 7.5.2: the answer names the section, and for a piece of it the origin: BODY[2]<0>.
        begins = f"BODY[{section.number}{'.HEADER' if section.kind == 'message' else ']'}".encode("ascii")
        value = next((value for name, value in parts.items() if name.upper().startswith(begins)), None)
        if isinstance(value, bytes):
            text = decode_part(value, section.encoding)
            status, returned = (text, returned) if section.kind == "status" else (status, text)
    return read_report(status, returned) if status is not None else None
