"""
Near misses: mailings that relied on Bcc alone, one slip from an incident.

Done right, each of them; but the same hand will send the next one. A mail
counts when it hid at least as many outsiders as the queue floor asks for and
showed fewer than two. What is told depends on sent mail with a Bcc field, on
where its copies lie, and on the labels of the policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scanner.model import AddressedMail, NearMiss


def near_misses(mails: Iterable[AddressedMail], floor: int) -> list[AddressedMail]:
    """Return the mails that hid at least `floor` outsiders, and two, and showed fewer than two, in their order."""
    return [mail for mail in mails if mail.shown < 2 and len(mail.people) - mail.shown >= max(2, floor)]


def count_near_misses(
    mails: Sequence[AddressedMail],
    places: Mapping[int, Iterable[tuple[str, str]]],
    labels: Mapping[int, Iterable[str]],
) -> tuple[NearMiss, ...]:
    """
    Return the figures: over all, then by (account, mailbox), then by label; nothing for no mail.

    A mail with copies in two mailboxes counts in both rows, and once over all.

    Args:
        mails: From `near_misses`.

        places: Row of the mail → (account, mailbox) of its copies.

        labels: Row of the mail → labels of the policy that it meets.
    """
    rows: dict[tuple[Literal["all", "mailbox", "label"], str, str, str], _Row] = {}
    for mail in mails:
        rows.setdefault(("all", "", "", ""), _Row()).add(mail)
        for account, mailbox in sorted(set(places.get(mail.number, ()))):
            rows.setdefault(("mailbox", account, mailbox, ""), _Row()).add(mail)
        for label in sorted(set(labels.get(mail.number, ()))):
            rows.setdefault(("label", "", "", label), _Row()).add(mail)
    order = ("all", "mailbox", "label")
    return tuple(
        NearMiss(*key, row.mailings, len(row.people), row.largest, row.last)
        for key, row in sorted(rows.items(), key=lambda item: (order.index(item[0][0]), item[0]))
    )


@dataclass(slots=True)
class _Row:
    mailings: int = 0
    people: set[int] = field(default_factory=set)
    largest: int = 0
    last: int = 0

    def add(self, mail: AddressedMail) -> None:
        hidden = mail.people[mail.shown :]
        self.last = max(self.last, mail.sent_at) if self.mailings else mail.sent_at
        self.mailings += 1
        self.people.update(hidden)
        self.largest = max(self.largest, len(hidden))
