"""What is cited and not stored, and months without mail: said with care, for nobody knows why."""

from scanner.analyse.witness import MissingCollector, account_months, beginnings, own_hosts
from scanner.model import AccountMonths, MissingMail

DAY = 86_400
JUNE = 19_875
"""2024-06-01, in days."""


def month(first: int, messages: int) -> dict[int, int]:
    """Return one message on each of the first days of a month."""
    return {first + place: 1 for place in range(messages)}


def test_hosts_that_others_have_too_are_not_ours() -> None:
    """Own domains are; a provider's and a machine's bare name are not; a few mails prove nothing."""
    counts = {
        ("office", "mx.corp.example"): 3,
        ("office", "mailer.host.example"): 40,
        ("office", "mail.gmail.com"): 40,
        ("office", "localhost"): 40,
        ("office", "rare.example"): 2,
        ("clinic", "corp.example"): 9,
    }

    found = own_hosts(counts, ["mail.gmail.com"], frozenset({"corp.example"}))

    assert found == {
        "office": frozenset({"mx.corp.example", "mailer.host.example"}),
        "clinic": frozenset({"corp.example"}),
    }


def test_each_missing_mail_counts_once_in_its_first_month() -> None:
    """A thread cites it again and again; the account and month are those of the earliest."""
    collector = MissingCollector({"office": JUNE * DAY, "clinic": JUNE * DAY})
    for name, account, day in (("<a@x>", "office", 100), ("<a@x>", "clinic", 90), ("<b@x>", "office", 101)):
        collector.add(name, account, (JUNE + day) * DAY)

    assert collector.result() == (
        MissingMail("clinic", "2024-08", 1, ("<a@x>",)),
        MissingMail("office", "2024-09", 1, ("<b@x>",)),
    )


def test_mail_of_the_first_weeks_answers_what_is_older_than_the_store() -> None:
    """It is no witness, nor is what cites the same mail later; three such say that the beginning was cut."""
    collector = MissingCollector({"office": JUNE * DAY})
    for name in ("<a@x>", "<b@x>", "<c@x>"):
        collector.add(name, "office", (JUNE + 20) * DAY)
        collector.add(name, "office", (JUNE + 90) * DAY)

    assert collector.result() == ()
    assert collector.looks_cut("office")
    assert not collector.looks_cut("clinic")


def test_silent_months_lie_between_busy_ones() -> None:
    """A single mail of 1970 makes no decades of silence, and a quiet mailbox none at all."""
    days = {
        "office": {0: 1, **month(JUNE, 9), **month(JUNE + 92, 8)},
        "quiet": {**month(JUNE, 2), **month(JUNE + 92, 2)},
    }

    assert account_months(days, beginnings(days), frozenset()) == (
        AccountMonths("office", ("2024-07", "2024-08"), 8, None),
    )


def test_a_cut_beginning_names_its_day() -> None:
    """The first day of the first busy month, not that of a mail with a wrong Date."""
    days = {"office": {0: 1, **month(JUNE + 3, 9)}}

    assert account_months(days, beginnings(days), frozenset({"office"})) == (
        AccountMonths("office", (), 1, (JUNE + 3) * DAY),
    )
