"""Who of the exposed was written to afterwards: alone, among hidden others, or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from scanner.analyse.follow_up import NOBODY, Seeker, describe_follow_up, follow_ups
from scanner.model import AddressedMail, AddressKey, FollowUp, Identity, IncidentKey, ReferredIncident, SentMail
from tests.analyse.sources import DAY, HOUR, NOON, mail, only, people

EXPOSED = people(8)
BEGINS, GOES_ON = "Ac" + "A" * 28, "Ac" + "A" * 34
"""Thread-Index of a mail that begins a conversation, and of the first answer to one."""

INCIDENT = only([mail("Evening group", to=EXPOSED, message_id="<leak@council.example>")])
NUMBERS = {AddressKey(key): number for number, key in enumerate(EXPOSED)}
SOUGHT = ReferredIncident(
    key=INCIDENT.key,
    first_sent_at=NOON,
    until=NOON + 14 * DAY,
    stems=frozenset({"evening group"}),
    message_ids=frozenset({"<leak@council.example>"}),
    messages=frozenset({1}),
    exposed=frozenset(NUMBERS.values()),
)


def follow_up(*mails: tuple[SentMail, Sequence[int], int]) -> FollowUp:
    """Return what is told after these mails: (mail, numbers of the outsiders, how many of them it showed)."""
    found = Seeker([SOUGHT]).referred(sent for sent, _, _ in mails)
    addressed = {
        sent.number: AddressedMail(
            sent.number, Identity(f"{sent.number:064x}"), sent.sent_at, "", sent.subject, tuple(whom), shown
        )
        for sent, whom, shown in mails
    }
    return describe_follow_up(INCIDENT, SOUGHT.until, follow_ups(found, addressed).get(INCIDENT.key, NOBODY), NUMBERS)


def written(
    number: int,
    subject: str,
    *,
    at: int = DAY,
    answers: str | None = None,
    references: str | None = None,
    thread_index: str | None = None,
) -> SentMail:
    """Return sent mail so long after the incident."""
    return SentMail(number, NOON + at, subject, answers, references, thread_index)


@pytest.mark.parametrize(
    ("sent", "how"),
    [
        (written(2, "About yesterday", answers="<leak@council.example>"), "answer"),
        (written(2, "Re: your letter", references="<a@x.example> <leak@council.example>"), "answer"),
        (written(2, "Our apologies"), "apology"),
        # Exchange says that it begins a conversation: somebody wrote "Re:" by hand.
        (written(2, "Re: sorry for the open list", thread_index=BEGINS), "apology"),
        (written(2, "R: scusate per l'elenco visibile"), "apology"),
        (written(2, "Evening Group"), "subject"),
        (written(2, "R: Rappel : Evening group"), "subject"),
        (written(2, "Re: Evening group"), "subject"),
    ],
)
def test_a_mail_to_one_person_that_refers_is_a_follow_up(sent: SentMail, how: str) -> None:
    """By its thread, by an apology, or by its subject; whoever got it is named with the mail."""
    told = follow_up((sent, [3], 1))

    assert [(entry.key, entry.how, entry.identity) for entry in told.individual] == [(EXPOSED[3], how, f"{2:064x}")]
    assert (told.hidden, told.none) == ((), 7)


@pytest.mark.parametrize(
    ("sent", "whom", "shown"),
    [
        (written(2, "Your invoice"), [3], 1),
        (written(2, "Rappel : Your invoice"), [3], 1),
        (written(2, "Re: sorry for the open list"), [3], 1),
        (written(2, "R: sorry for the open list", thread_index=GOES_ON), [3], 1),
        (written(2, "Our apologies", at=15 * DAY), [3], 1),
        (written(2, "Our apologies", at=-HOUR), [3], 1),
        (written(1, "Evening group"), [3], 1),
        (written(2, "Our apologies"), [77], 1),
        (written(2, "Evening group"), [0, 1, 2, 3], 4),
    ],
    ids=[
        "other matter",
        "a reminder",
        "an answer",
        "an answer by Exchange",
        "too late",
        "before",
        "the incident itself",
        "somebody else",
        "open with the subject only",
    ],
)
def test_other_mail_is_no_follow_up(sent: SentMail, whom: Sequence[int], shown: int) -> None:
    """Nor is mail of the same series that shows many."""
    told = follow_up((sent, whom, shown))

    assert (told.none, told.open_mails) == (8, 0)


@pytest.mark.parametrize(
    ("whom", "shown", "reached"),
    [
        ([0, 1], 2, (0, 0, 2, 6)),
        ([0, 1, 2, 3], 4, (0, 0, 4, 4)),
        ([0, 1, 2, 3, 4, 5, 6, 7], 2, (0, 6, 2, 0)),
        ([0, 1, 2], 2, (1, 0, 2, 5)),
    ],
    ids=["to few", "to many", "the others in Bcc", "one in Bcc"],
)
def test_an_apology_that_shows_some_again_is_open(
    whom: Sequence[int], shown: int, reached: tuple[int, int, int, int]
) -> None:
    """However few it went to; whoever stood in its Bcc was reached without being shown."""
    told = follow_up((written(2, "Our apologies"), whom, shown))

    assert (len(told.individual), len(told.hidden), len(told.open), told.none) == reached
    assert (told.open_mails, told.shown_again) == (1, shown)


def test_one_exposed_beside_others_is_no_open_apology_to_few() -> None:
    """The regulator in Cc learns one address: two of the list were not shown to each other."""
    told = follow_up((written(2, "Our apologies"), [3, 77], 2))

    assert [entry.key for entry in told.individual] == [EXPOSED[3]]
    assert (told.open_mails, told.shown_again) == (0, 0)


def test_an_individual_mail_goes_before_an_open_one_and_hides_it_not() -> None:
    """Who was written to alone as well is told so, and still stands among those shown again."""
    told = follow_up((written(2, "Our apologies"), [0, 1], 2), (written(3, "Sorry", at=2 * DAY), [1], 1))

    assert [entry.key for entry in told.individual] == [EXPOSED[1]]
    assert [entry.key for entry in told.open] == [EXPOSED[0]]
    assert (told.open_mails, told.shown_again) == (1, 2)


def test_an_apology_in_bcc_reached_them_without_showing_them() -> None:
    """It is told apart, and an individual mail goes before it."""
    told = follow_up((written(2, "Apology: Evening group"), range(8), 0), (written(3, "Sorry", at=2 * DAY), [5], 1))

    assert [entry.key for entry in told.individual] == [EXPOSED[5]]
    assert len(told.hidden) == 7
    assert told.none == 0


def test_the_first_mail_is_named() -> None:
    """Of two to one person the earlier."""
    told = follow_up((written(3, "Sorry again", at=2 * DAY), [5], 1), (written(2, "Sorry", at=DAY), [5], 1))

    assert told.individual[0].sent_at == NOON + DAY


def test_an_apology_of_the_incident_itself_tells_whom_it_reached() -> None:
    """Two openly, the others in Bcc: nobody is without a follow-up; it stands in `open_apologies`, not twice."""
    part = replace(SOUGHT, messages=frozenset({1, 2}), apologies=frozenset({2}))
    sent = written(2, "Apologies: Evening group")
    addressed = AddressedMail(2, Identity(f"{2:064x}"), sent.sent_at, "", sent.subject, tuple(range(8)), 2)

    after = follow_ups(Seeker([part]).referred([sent]), {2: addressed})[INCIDENT.key]

    told = describe_follow_up(INCIDENT, SOUGHT.until, after, NUMBERS)
    assert (len(told.individual), len(told.hidden), len(told.open), told.none) == (0, 6, 2, 0)
    assert (told.open_mails, told.shown_again) == (0, 2)


def test_an_open_apology_is_counted() -> None:
    """It belongs to the incident and showed the list again."""
    twice = only([mail("Ferry", to=EXPOSED), mail("Apology: Ferry", to=EXPOSED, at=NOON + HOUR)])

    assert describe_follow_up(twice, NOON, NOBODY, NUMBERS).open_apologies == 1
    assert describe_follow_up(INCIDENT, NOON, NOBODY, NUMBERS).open_apologies == 0


def test_of_two_incidents_each_has_its_own() -> None:
    """An apology names no incident: it counts for every one that is open then and exposed the person."""
    other = ReferredIncident(
        IncidentKey("b" * 12), NOON + 2 * DAY, NOON + 9 * DAY, frozenset(), frozenset(), frozenset(), frozenset({3})
    )

    found = list(Seeker([SOUGHT, other]).referred([written(4, "Sorry", at=DAY), written(5, "Sorry", at=3 * DAY)]))

    assert [(number, one.key) for number, one, _ in found] == [(4, SOUGHT.key), (5, SOUGHT.key), (5, other.key)]
