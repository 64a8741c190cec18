"""What is not known: what no header tells, and what was not read where it matters for this incident."""

from collections import Counter
from collections.abc import Iterator

from scanner.export.note.block import Block, Part, Point, Subject, counted, texts
from scanner.export.words.wording import figure, gap_meaning


def unfinished_scan(subject: Subject) -> Iterator[Block]:
    """Say that figures can grow while a scan runs."""
    if subject.head is not None and subject.head.provisional:
        yield Point(texts("unknown")["provisional"])


def gaps(subject: Subject) -> Iterator[Block]:
    """Name, by account, what was listed and not read."""
    words = texts("unknown")
    found: dict[str, Counter[str]] = {}
    for gap in subject.gaps:
        found.setdefault(gap.account, Counter())[gap.kind] += 1
    for account, kinds in sorted(found.items()):
        things = (
            words["gap_kind"].format(number=figure(number), meaning=gap_meaning(kind))
            for kind, number in sorted(kinds.items())
        )
        yield Point(words["gap"].format(account=account, things=texts("lines")["clause"].join(things)))


def coverage(subject: Subject) -> Iterator[Block]:
    """Name mailboxes of these accounts that were not read to their end, or not at all."""
    words = texts("unknown")
    for row in subject.coverage:
        wanted = row.enumerated - row.others
        if row.in_scope and row.was_asked and not row.is_past and row.stored < wanted:
            yield Point(
                words["short"].format(
                    account=row.account, mailbox=row.mailbox, stored=figure(row.stored), enumerated=figure(wanted)
                )
            )
        elif not row.in_scope and row.own_mail:
            number = counted("message", row.own_mail)
            yield Point(words["unread"].format(account=row.account, mailbox=row.mailbox, messages=number))
    if subject.unreached:
        yield Point(words["unreached"].format(accounts=counted("account", subject.unreached)))


def looking(_: Subject) -> Iterator[Block]:
    """Say that nobody knows who looked."""
    yield Point(texts("unknown")["looked"])


def delivery(subject: Subject) -> Iterator[Block]:
    """Say what no evidence tells about arrival and answers."""
    words, figures = texts("unknown"), subject.incident.ladder
    if figures.delivered is None:
        yield Point(words["delivered" if figures.bounced is None else "others_delivered"])
    if figures.replied is None:
        yield Point(words["replied"])


def unread_recipients(subject: Subject) -> Iterator[Block]:
    """Name lists whose members are unknown, and entries that were no addresses."""
    words, figures = texts("unknown"), subject.incident.ladder
    if figures.list:
        yield Point(words["lists"].format(lists=counted("list", figures.list)))
    if figures.unresolved:
        yield Point(words["unresolved"].format(entries=counted("entry", figures.unresolved)))


def hidden_recipients(subject: Subject) -> Iterator[Block]:
    """Say whether the mailboxes that hold it keep Bcc lines at all."""
    words = texts("unknown")
    places = {
        (copy.account, copy.mailbox, copy.uidvalidity)
        for part in subject.incident.messages
        for copy in part.message.copies
    }
    never = [
        row
        for row in subject.coverage
        if (row.account, row.mailbox, row.uidvalidity) in places and row.stored and not row.with_bcc
    ]
    for row in never:
        mailbox = f"{row.account} / {row.mailbox}"
        yield Point(words["bcc_never"].format(messages=counted("message", row.stored), mailbox=mailbox))
    if not never:
        yield Point(words["bcc"])


def contents(_: Subject) -> Iterator[Block]:
    """Say that texts and attachments were not read."""
    yield Point(texts("unknown")["contents"])


PARTS: tuple[Part, ...] = (
    unfinished_scan,
    gaps,
    coverage,
    looking,
    delivery,
    unread_recipients,
    hidden_recipients,
    contents,
)
