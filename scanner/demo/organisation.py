"""
The mail of the invented organisation, complete: three accounts, three years, about 3,000 sent messages.

Everything is drawn from seeded generators and dated by a fixed calendar:
the octets are the same in every run and on every machine, so that figures,
keys and reports of the demo can be compared. Nothing is ever sent; see
`scanner.demo.people` for whose addresses these are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from scanner.demo.desk import Desk, Filed, open_desks
from scanner.demo.incident import plant_incidents
from scanner.demo.lookalike import plant_lookalikes
from scanner.demo.mail import Contact
from scanner.demo.mailbox import ServedAccount, ServedMailbox
from scanner.demo.odd import later_mail, odd_mail
from scanner.demo.ordinary import Correspondence
from scanner.demo.plant import Plant, Town

_EVERYDAY = {"office": 1240, "counselling": 920, "kiel": 730}


@dataclass(frozen=True, slots=True)
class Organisation:
    """The whole of the demo's mail, and what its settings must say."""

    desks: tuple[Desk, ...]
    accounts: tuple[ServedAccount, ...]
    """In the order of the desks."""

    plants: tuple[Plant, ...]
    trustees: tuple[Contact, ...]
    """People who agreed to see each other's addresses: the approved group."""


@cache
def invent() -> Organisation:
    """Return the organisation; it is written once per process, which takes less than a second."""
    desks = open_desks()
    town = Town(*desks)
    planted = [*plant_incidents(town), *plant_lookalikes(town)]
    filed = [one for story in planted for one in story.filed]
    filed.extend(odd_mail(town))
    for desk in desks:
        filed.extend(Correspondence(desk, town).letters(_EVERYDAY[desk.name]))
    filed.extend(later_mail(town, filed))
    accounts = tuple(_account(desk, [one for one in filed if one.account == desk.name]) for desk in desks)
    return Organisation(desks, accounts, tuple(story.plant for story in planted), town.trustees)


def planted() -> tuple[Plant, ...]:
    """Return what stands in the mail on purpose: incidents first, then harmless look-alikes."""
    return invent().plants


def _account(desk: Desk, filed: Sequence[Filed]) -> ServedAccount:
    uses = {"INBOX": "", desk.sent: "" if desk.german else "\\Sent", **desk.special}
    if desk.second_sent:
        uses[desk.second_sent] = ""
    mailboxes = tuple(_mailbox(name, use, filed) for name, use in uses.items())
    return ServedAccount(desk.address, desk.password, mailboxes, desk.delimiter)


def _mailbox(name: str, special_use: str, filed: Iterable[Filed]) -> ServedMailbox:
    # Servers number mail as it arrives; the Message-ID settles the rare equal moments.
    inside = sorted(
        (one for one in filed if one.mailbox == name), key=lambda one: (one.message.internal_at, one.message_id)
    )
    return ServedMailbox(name, tuple(one.message for one in inside), special_use)
