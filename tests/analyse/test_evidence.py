"""What other mail says about an incident: who was exposed before, and by which lists."""

import pytest

from scanner.analyse.evidence import ExposureHistory
from scanner.model import AddressKey
from tests.analyse.sources import HOUR, NOON, OFFICE, mail, only, people

LIST = [AddressKey(f"guest.{number}@example.org") for number in range(5)]


def history(*entries: tuple[AddressKey, int, int], sizes: tuple[int, ...]) -> ExposureHistory:
    """Return the history of (address, moment, number of the incident)."""
    moments: dict[AddressKey, list[tuple[int, int]]] = {}
    for key, moment, number in entries:
        moments.setdefault(key, []).append((moment, number))
    return ExposureHistory(moments, sizes)


@pytest.mark.parametrize(("shown", "expected"), [(5, (5, True)), (4, (4, True)), (3, (3, False)), (0, (0, False))])
def test_a_list_comes_again_when_one_incident_showed_four_fifths_of_it(shown: int, expected: tuple[int, bool]) -> None:
    """Whoever another incident exposed before counts, and the list only when enough of it is the same."""
    earlier = history(*((key, 100, 0) for key in LIST[:shown]), *((key, 200, 1) for key in LIST), sizes=(shown, 5))

    found = earlier.before(LIST, 200, 1)

    assert found == expected


def test_a_much_longer_list_is_not_the_same() -> None:
    """All five stood among twenty: they were exposed before, by another list."""
    earlier = history(*((key, 100, 0) for key in LIST), sizes=(20, 5))

    assert earlier.before(LIST, 200, 1) == (5, False)


def test_neither_the_incident_itself_nor_what_came_later_exposed_anybody_before() -> None:
    """Own entries do not count, and at the same moment nothing is before."""
    earlier = history(
        *((key, 200, 0) for key in LIST),
        *((key, 200, 1) for key in LIST),
        *((key, 300, 2) for key in LIST),
        sizes=(5, 5, 5),
    )

    assert earlier.before(LIST, 200, 0) == (0, False)


def test_four_fifths_from_two_incidents_are_no_list() -> None:
    """Each of them showed half of it only."""
    halves = [(key, 100 + place % 2, place % 2) for place, key in enumerate(LIST)]

    assert history(*halves, sizes=(3, 2, 5)).before(LIST, 200, 2) == (5, False)


def test_a_list_that_nobody_can_read_is_no_other_mail_than_itself() -> None:
    """It shows one outsider and hides another, so that it counts as hidden mail beside other lists alone."""
    unread = mail(to=[*people(1), "group a", "group b", "group c", "group d"], bcc=people(1, start=1))
    hidden = mail(to=[OFFICE], bcc=people(4), at=NOON + HOUR)

    incident = only([unread, hidden])

    assert incident.queued == "unreadable list"
    assert incident.bcc_siblings == (hidden.identity,)
