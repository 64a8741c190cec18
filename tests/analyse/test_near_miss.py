"""Mailings that relied on Bcc alone are counted by mailbox and label, each person once."""

from scanner.analyse.near_miss import count_near_misses, near_misses
from scanner.model import AddressedMail, Identity, NearMiss


def hidden(number: int, people: range, *, shown: int = 0) -> AddressedMail:
    """Return mail that showed so many of these people and hid the others."""
    return AddressedMail(number, Identity(f"{number:064x}"), 1000 + number, "o@corp.example", "", tuple(people), shown)


def test_what_hides_the_floor_and_shows_fewer_than_two_counts() -> None:
    """Two people shown are an incident, four hidden ones are few."""
    mails = [hidden(1, range(5)), hidden(2, range(6), shown=1), hidden(3, range(9), shown=2), hidden(4, range(4))]

    assert [mail.number for mail in near_misses(mails, 5)] == [1, 2]
    assert [mail.number for mail in near_misses([hidden(1, range(1)), hidden(2, range(2))], 1)] == [2]


def test_figures_stand_over_all_by_mailbox_and_by_label() -> None:
    """A copy in two mailboxes counts in both and once over all; people count once in a row."""
    mails = [hidden(1, range(10)), hidden(2, range(5, 25)), hidden(3, range(7), shown=1)]
    places = {1: [("office", "Sent"), ("clinic", "Sent")], 2: [("office", "Sent")], 3: [("office", "Sent")]}

    rows = count_near_misses(mails, places, {2: ["health"]})

    assert rows == (
        NearMiss("all", "", "", "", 3, 25, 20, 1003),
        NearMiss("mailbox", "clinic", "Sent", "", 1, 10, 10, 1001),
        NearMiss("mailbox", "office", "Sent", "", 3, 25, 20, 1003),
        NearMiss("label", "", "", "health", 1, 20, 20, 1002),
    )
    assert count_near_misses([], {}, {}) == ()
