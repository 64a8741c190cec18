"""What was done since is counted by address and person, over any number of incidents."""

from dataclasses import replace

from scanner.export.tables.follow_up import DeletionCount, PeopleTold
from scanner.model import Contact, Deletion, Incident
from tests.export import sample
from tests.export.sample import DAY, SPRING, key

ONE, TWO = key("one@a.example"), key("two@b.example")


def incident(number: int, *deletions: Deletion) -> Incident:
    """Return an incident of whose viewers something was noted."""
    made = sample.incident(number, [sample.message(number, [ONE, TWO])])
    return replace(made, standing=replace(made.standing, deletions=deletions))


def test_a_viewer_of_two_incidents_is_one_and_has_confirmed_when_both_are() -> None:
    """Who deleted one of two lists still holds the other."""
    count = DeletionCount()
    count.add(incident(1, Deletion(ONE, SPRING, SPRING + DAY, 1), Deletion(TWO, SPRING, SPRING + DAY, 2)))
    count.add(incident(2, Deletion(ONE, SPRING - DAY, None, 3), Deletion(TWO, None, None, 4)))

    assert (count.requested, count.confirmed, count.first_requested_at) == (2, 1, SPRING - DAY)


def test_nothing_noted_is_nothing_counted() -> None:
    """What was taken back is not there."""
    count = DeletionCount()
    count.add(incident(1, Deletion(ONE, None, None, 2)))

    assert (count.requested, count.confirmed, count.first_requested_at) == (0, 0, None)


def test_people_are_told_from_the_first_to_the_last() -> None:
    """Whoever was only flagged was not told."""
    people = list(sample.report([incident(1)]).all_people)
    told = [
        replace(people[0], contact=Contact(SPRING + DAY, "letter", (), "", 1)),
        replace(people[1], contact=Contact(SPRING, "call", (), "", 2)),
        replace(people[0], contact=Contact(None, "", ("child",), "", 3)),
    ]

    assert PeopleTold.of(told) == PeopleTold(2, SPRING, SPRING + DAY)
    assert PeopleTold.of(people) is None
