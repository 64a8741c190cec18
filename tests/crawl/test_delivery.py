"""Received mail of an account: which mailboxes, and the parts of bounces, from servers that work and others."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scanner.crawl.delivery import PART_LIMIT, InboxCrawl, received_mailboxes
from scanner.errors import ConnectionLostError
from scanner.model import FoundMailbox, MailboxRole
from tests.crawl.talk import Listener, account_at, headers
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

INBOX = FoundMailbox(b"INBOX", "INBOX", "inbox", "the inbox", False)
STATUS = b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; lost@people.example\r\nAction: failed\r\n\r\n"
RETURNED = b"Message-ID: <m1@corp.example>\r\n\r\n"
WHOLE, HEADER = b'"MESSAGE" "RFC822"', b'"TEXT" "RFC822-HEADERS"'
_NOT = b" NIL NIL NIL NIL"
_PARTS = ((b"[2]<0>", STATUS), (b"[3.HEADER.FIELDS (MESSAGE-ID)]", RETURNED), (b"[3]<0>", RETURNED))


def structure(size: int = len(STATUS), kind: bytes = WHOLE) -> bytes:
    """Return BODYSTRUCTURE of a report whose mail comes back as a whole, or as a header."""
    whole = (
        b'(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1) 9'
        if b'RFC822"' in kind
        else b"4"
    )
    return (
        b'(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 30 2%b)("MESSAGE" "DELIVERY-STATUS" NIL NIL NIL "7BIT" %d%b)'
        b'(%b NIL NIL NIL "7BIT" 90 %b%b) "REPORT" ("REPORT-TYPE" "delivery-status") NIL NIL NIL)'
        % (_NOT, size, _NOT, kind, whole, _NOT)
    )


def serve(command: Command, *, size: int = len(STATUS), poison: int = 0, kind: bytes = WHOLE) -> Answer:
    """Answer a fetch of structures or parts as a server that works; asking for `poison` ends the connection."""
    uids, _, items = command.arguments.partition(b" ")
    lines = []
    for uid in (uid for part in uids.split(b",") for uid in _span(part)):
        if uid == poison and b"BODYSTRUCTURE" not in items:
            return None
        if b"BODYSTRUCTURE" in items:
            lines.append(b"* 1 FETCH (UID %d BODYSTRUCTURE %b)\r\n" % (uid, structure(size, kind)))
            continue
        parts = b""
        for section, data in (
            (b"[2]<0>", STATUS),
            (b"[3.HEADER.FIELDS (MESSAGE-ID)]", RETURNED),
            (b"[3]<0>", RETURNED),
        ):
            if b"BODY.PEEK" + section[: section.index(b"]") + 1] in items:
                parts += b" BODY%b {%d}\r\n%b" % (section, len(data), data)
        lines.append(b"* 1 FETCH (UID %d%b)\r\n" % (uid, parts))
    return b"".join(lines) + command.tag + b" OK done\r\n"


def _span(part: bytes) -> range:
    first, _, last = part.partition(b":")
    return range(int(first), int(last or first) + 1)


@contextmanager
def inbox(fetch: Override) -> Iterator[tuple[InboxCrawl, ScriptedServer]]:
    """Yield the crawl of a scripted account that answers FETCH in this way."""

    def answer(command: Command) -> Answer:
        # The dates with which the mailbox is opened.
        return command.tag + b" OK done\r\n" if b"INTERNALDATE" in command.arguments else fetch(command)

    with ScriptedServer(headers(*range(1, 61)), {b"UID FETCH": answer}) as server:
        crawl = InboxCrawl(account_at(server), lambda: "x", where="account 1", progress=Listener(), base_wait=0.001)
        try:
            yield crawl, server
        finally:
            crawl.close()


def read(crawl: InboxCrawl, *uids: int) -> dict[int, str | None]:
    """Return the Message-ID that each report tells, None where it cannot be read."""
    opened, _ = crawl.open_since(INBOX, 0)
    return {uid: report and report.message_id for uid, report in crawl.reports(INBOX, opened, uids)}


@pytest.mark.parametrize("kind", [WHOLE, HEADER])
def test_of_a_bounce_two_parts_are_fetched_for_many_at_once(kind: bytes) -> None:
    """The delivery status, and of what came back its Message-ID; fifty bounces take two commands."""
    with inbox(lambda command: serve(command, kind=kind)) as (crawl, server):
        found = read(crawl, *range(1, 51))

        fetches = [one.arguments for one in server.commands if one.name == b"UID FETCH" and b"BODY" in one.arguments]
    assert found == dict.fromkeys(range(1, 51), "<m1@corp.example>")
    assert len(fetches) == 2
    returned = b"BODY.PEEK[3.HEADER.FIELDS (MESSAGE-ID)]" if kind == WHOLE else b"BODY.PEEK[3]<0.%d>" % PART_LIMIT
    assert fetches[1] == b"1:50 (UID BODY.PEEK[2]<0.%d> %b)" % (PART_LIMIT, returned)


def test_one_bounce_that_breaks_the_server_costs_itself_only() -> None:
    """Asked for alone, it ends the connection each time; the others are read."""
    with inbox(lambda command: serve(command, poison=3)) as (crawl, _):
        found = read(crawl, 2, 3, 4)

    assert found == {2: "<m1@corp.example>", 3: None, 4: "<m1@corp.example>"}


def test_a_server_that_refuses_or_talks_nonsense_leaves_bounces_unread() -> None:
    """NO, an answer that is no structure, a status that is larger than anybody reads: told, never guessed."""

    def nonsense(command: Command) -> Answer:
        return b"* 1 FETCH (UID 2 BODYSTRUCTURE (((((\r\n" + command.tag + b" OK done\r\n"

    for fetch in (lambda c: c.tag + b" NO refused\r\n", nonsense, lambda c: serve(c, size=PART_LIMIT + 1)):
        with inbox(fetch) as (crawl, _):
            assert read(crawl, 2) == {2: None}


def test_a_server_that_is_gone_is_an_error() -> None:
    """What could not be asked is not taken for unreadable."""
    with inbox(lambda command: None) as (crawl, server):
        opened, _ = crawl.open_since(INBOX, 0)
        server._overrides[b"LOGIN"] = lambda command: None

        with pytest.raises(ConnectionLostError):
            list(crawl.reports(INBOX, opened, [2]))


def boxes(*named: tuple[str, MailboxRole], excluded: str = "") -> tuple[FoundMailbox, ...]:
    """Return mailboxes of these roles."""
    return tuple(
        FoundMailbox(name.encode(), name, role, "a test says so", False, is_excluded=name == excluded)
        for name, role in named
    )


ALL: tuple[tuple[str, MailboxRole], ...] = (
    ("INBOX", "inbox"),
    ("Sent", "sent"),
    ("Drafts", "drafts"),
    ("Trash", "trash"),
    ("Junk", "junk"),
    ("Projects", "other"),
    ("All Mail", "all"),
)


def names(mailboxes: tuple[FoundMailbox, ...], *, is_gmail: bool = False) -> list[str]:
    """Return which mailboxes are looked through."""
    return [one.name for one in received_mailboxes(mailboxes, is_gmail=is_gmail)]


def test_all_but_sent_mail_and_drafts_are_looked_through() -> None:
    """Bounces lie in Junk and are thrown away; what shows all mail shows the same again, but at Gmail."""
    assert names(boxes(*ALL)) == ["INBOX", "Trash", "Junk", "Projects"]
    assert names(boxes(*ALL), is_gmail=True) == ["Trash", "Junk", "All Mail"]
    assert names(boxes(("All Mail", "all"), ("Sent", "sent"))) == ["All Mail"]


def test_what_is_excluded_is_never_looked_through() -> None:
    """Neither is it what stands for the others: with All Mail excluded, Gmail's labels are read."""
    assert names(boxes(*ALL, excluded="INBOX")) == ["Trash", "Junk", "Projects"]
    assert names(boxes(*ALL, excluded="All Mail"), is_gmail=True) == ["INBOX", "Trash", "Junk", "Projects"]


def test_an_account_without_sent_mailbox_is_looked_through() -> None:
    """A mailbox for bounces has nothing else."""
    listing = b'* LIST (\\HasNoChildren) "/" INBOX\r\n'
    with ScriptedServer({}, {b"LIST": lambda command: listing + command.tag + b" OK done\r\n"}) as server:
        crawl = InboxCrawl(account_at(server), lambda: "x", where="account 1", progress=Listener())

        assert [one.name for one in crawl.find_mailboxes()] == ["INBOX"]
        crawl.close()
