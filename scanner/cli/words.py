"""Numbers in sentences."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.cli.terminal import cut
from scanner.model import CoverageRow, NearMiss, OwnMailElsewhere, Witness

if TYPE_CHECKING:
    from scanner.config import Settings
    from scanner.pipeline.deciding.covered import Covered

_NAMED = 5
"""Incidents that a sentence names; their subjects are known."""

_SUBJECT = 60
"""Terminal cells of a subject within a sentence; whole it stands in `show`."""


def count(number: int, one: str, many: str = "") -> str:
    """
    Return a number with its noun.

    >>> count(1, "message"), count(2000, "message"), count(2, "mailbox", "mailboxes")
    ('1 message', '2,000 messages', '2 mailboxes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def covered_text(covered: "Sequence[Covered]", how: str) -> str:
    """
    Return what a decision about a sender or a list moves beside its own incident, the largest named; "" for nothing.

    Args:
        covered: The largest first.

        how: Between them and the decision: "changed with it".
    """
    if not covered:
        return ""
    people = sum(one.people for one in covered)
    named = []
    for one in covered[:_NAMED]:
        subject = cut(one.subject or "(no subject)", _SUBJECT)
        named.append(f"{one.key} “{subject}” ({count(one.people, 'person', 'people')}, {one.status})")
    more = f"; and {len(covered) - _NAMED:,} more" if len(covered) > _NAMED else ""
    with_people = f"with {count(people, 'person', 'people')} exposed, added up"
    which = f"The largest: {'; '.join(named)}{more}."
    return f"{count(len(covered), 'other incident')} of the queue {how}, {with_people}. {which}"


def mandate_period(settings: "Settings") -> Iterator[str]:
    """Yield a sentence on the mandate's period, where one limits what is read."""
    first, last = settings.mandate.from_day, settings.mandate.until
    days = " ".join((*((f"from {first}",) if first else ()), *((f"until {last}",) if last else ())))
    if days:
        yield f"The mandate's period limits these figures: mail {days} is read, other mail is not listed."


def set_aside(rows: Iterable[CoverageRow]) -> Iterator[str]:
    """
    Yield sentences on mail of sent mailboxes that is never judged: from others, and drafts.

    Nothing is set aside silently: an own alias that nobody told us of makes
    own mail look like mail from others.
    """
    asked = [row for row in rows if row.was_asked]
    if received := sum(row.received for row in asked if row.role != "sent"):
        yield (
            f"Set aside as mail from others: {count(received, 'message')} read for mail of ours, from senders that "
            "your settings do not name now."
        )
    if received := sum(row.received for row in asked if row.role == "sent"):
        yield (
            f"Set aside as mail from others: {count(received, 'message')} of the sent mailboxes, from an address "
            "outside to somebody inside. If one of these senders is an alias of yours, add it to addresses under "
            "[organisation] and run `blindcopy analyse`."
        )
    if drafts := sum(row.drafts for row in asked):
        yield f"Set aside as drafts: {count(drafts, 'message')}."


def own_mail_elsewhere(rows: Iterable[CoverageRow]) -> Iterator[str]:
    """Yield sentences on mail of ours that lies where nothing is read, and on where it could not be counted."""
    found = OwnMailElsewhere.of(rows)
    if found.messages:
        yield (
            f"Own mail outside the sent mailboxes: {count(found.messages, 'message')} in "
            f'{count(found.mailboxes, "mailbox", "mailboxes")} (not read). To read it, set scope = "ours" for the '
            "account."
        )
    if found.uncounted:
        yield f"Own mail could not be counted in {found.uncounted:,} of the mailboxes that are not read."


def near_misses(rows: Iterable[NearMiss]) -> Iterator[str]:
    """Yield a sentence on the mailings that relied on Bcc alone, where there are some."""
    for row in rows:
        if row.by == "all":
            yield (
                f"One slip from an incident: {count(row.mailings, 'mailing')} relied on Bcc alone "
                f"({count(row.addresses, 'address', 'addresses')}, up to {row.largest:,} at once). By mailbox and "
                "label: sheet Near misses of the report."
            )


def witnessed(witness: Witness) -> Iterator[str]:
    """Yield sentences on mail that stored mail speaks of and that is not stored, and on own senders not scanned."""
    cited: dict[str, list[str]] = {}
    for entry in witness.missing:
        row = cited.setdefault(entry.account, ["0", *entry.examples[:1]])
        row[0] = str(int(row[0]) + entry.messages)
    for account, (number, *examples) in cited.items():
        yield (
            f"Missing: stored mail of {account} cites {count(int(number), 'message')} of yours that no scanned mailbox "
            f"holds, deleted or sent from elsewhere; one is {examples[0]}."
        )
    for months in witness.months:
        if months.silent:
            shown = ", ".join(months.silent[:6]) + (" …" if len(months.silent) > 6 else "")
            yield (
                f"Silent: {months.account} sent nothing in {count(len(months.silent), 'month')} between others "
                f"({shown}); a usual month has {count(months.usual, 'message')}."
            )
        if months.begins_at is not None:
            yield f"Cut: the first mail of {months.account} answers older mail of yours, which is not stored."
    if witness.senders:
        worst = ", ".join(f"{one.address} ({one.messages:,})" for one in witness.senders[:5])
        rest = " …" if len(witness.senders) > 5 else ""
        yield (
            f"Not scanned: {count(len(witness.senders), 'address', 'addresses')} of yours wrote stored mail and "
            f"belong to no scanned account: {worst}{rest}."
        )
