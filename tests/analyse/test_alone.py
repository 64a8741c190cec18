"""Who had always been written to alone, and then to all: a reason, told of each mail by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse.alone import most_alone
from scanner.model import Reason, StoredMessage
from tests.analyse.sources import DAY, HOUR, NOON, colleagues, find, mail, only, people, points, run


def alone(to: list[str], *, at: int = NOON - 40 * DAY) -> list[StoredMessage]:
    """Return a mail to each of these people by itself."""
    return [mail(f"Your matter {number}", to=[person], at=at + number) for number, person in enumerate(to)]


def reason(messages: list[StoredMessage], subject: str = "Winter gathering") -> Reason | None:
    """Return the reason that the incident with this subject has for it."""
    reasons = find(messages, subject).reasons
    return next((each for each in reasons if each.rule == "alone_before"), None)


def test_a_list_of_people_written_to_one_by_one_stands_higher() -> None:
    """Whatever firms they are at; the figures are told."""
    to = colleagues(12, 3)

    without, found = only([mail(to=to)]), find([*alone(to[:11]), mail(to=to)], "Winter gathering")

    assert found.score == without.score + points(found, "alone_before") > without.score
    assert "11 of 12 had been written to one by one before" in {each.text for each in found.reasons}


@pytest.mark.parametrize(("count", "written", "is_told"), [(8, 8, True), (8, 7, False), (7, 7, False), (20, 18, True)])
def test_it_takes_eight_people_and_nine_tenths_of_them(count: int, written: int, is_told: bool) -> None:
    """Fewer may each have got a mail by chance."""
    to = people(count)

    assert (reason([*alone(to[:written]), mail(to=to)]) is not None) == is_told


@pytest.mark.parametrize(
    "before",
    [
        lambda to: alone(to, at=NOON + DAY),
        lambda to: [mail("Pair", to=to[place : place + 2], at=NOON - 40 * DAY) for place in range(9)],
        lambda to: [mail("Pair", to=[one], bcc=["y@quay.example"], at=NOON - 40 * DAY) for one in to],
        lambda to: [mail("Theirs", to=[one], at=NOON - 40 * DAY, origin="received") for one in to],
    ],
    ids=["later", "in pairs", "with a hidden one", "received"],
)
def test_other_mail_is_no_letter_to_one(before: object) -> None:
    """What came later, went to two, or was not ours says nothing."""
    to = people(10)

    assert reason([*before(to), mail(to=to)]) is None  # type: ignore[operator]


def test_people_whom_a_thread_of_theirs_had_shown_to_each_other_were_not_written_to_alone() -> None:
    """Golfers who wrote to all, and got a mail each; but what they write after a leak of ours proves nothing."""
    to = people(9)
    deep = {"references": "<root@mill.example> <second@quay.example>"}
    theirs = mail("Re: Tee times", to=to, at=NOON - 50 * DAY, fields=deep)
    leak = mail("Rooms", to=to, at=NOON - 60 * DAY)

    assert reason([*alone(to), theirs, mail(to=to)]) is None
    assert reason([*alone(to), leak, theirs, mail(to=to)]) is not None


def test_of_several_mails_the_one_that_shows_most_such_people_is_told() -> None:
    """Harmless mail to others in the same incident hides nothing."""
    to = people(9)
    other = mail(to=[*to[:2], *people(20, start=50)], at=NOON + HOUR)

    found = reason([*alone(to), mail(to=to), other])

    assert found is not None
    assert found.text == "9 of 9 had been written to one by one before, in one of the mails"


@given(
    size=st.integers(8, 20),
    shown=st.integers(2, 20),
    days=st.integers(0, 60),
    same=st.booleans(),
    letters=st.integers(0, 20),
)
def test_own_earlier_visible_mail_never_takes_it_away(
    size: int, shown: int, days: int, same: bool, letters: int
) -> None:
    """The organisation's own earlier visible mail to the same people must not lower the rank (DOMAIN: the trap)."""
    to = people(size)
    written = alone(to[:letters], at=NOON - 20 * DAY)
    earlier = mail("Leak" if same else "Earlier", to=to[:shown], at=NOON - days * DAY - HOUR)

    without, after = (
        max(run([*written, *before, mail("Leak", to=to)]).incidents, key=lambda incident: incident.last_sent_at)
        for before in ([], [earlier])
    )

    assert after.score >= without.score


def test_the_largest_share_counts_and_then_the_larger_list() -> None:
    """Nobody written to alone is (0, 0), whatever was shown."""
    assert most_alone([(0, 40)]) == (0, 0)
    assert most_alone([(9, 10), (8, 8), (16, 16), (0, 30)]) == (16, 16)
