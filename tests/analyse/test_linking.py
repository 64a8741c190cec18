"""Linking, version 1: which messages make one incident."""

from dataclasses import replace

import pytest

from scanner.model import Incident, Label, Pattern, StoredMessage
from tests.analyse.sources import DAY, HOUR, MINUTE, NOON, OFFICE, POLICY, mail, only, people, points, run

PRESS = "press@council.example"


def reason_text(incident: Incident, rule: str) -> str:
    """Return the words of one reason."""
    return next(reason.text for reason in incident.reasons if reason.rule == rule)


def sizes(messages: list[StoredMessage]) -> list[int]:
    """Return the number of messages of each incident, by time."""
    incidents = sorted(run(messages).incidents, key=lambda incident: incident.first_sent_at)
    return [len(incident.messages) for incident in incidents]


def test_batches_of_one_sender_within_a_day_are_one_incident() -> None:
    """(b) same sending unit and same stem, at most 24 h apart."""
    assert sizes([mail(to=people(5)), mail(to=people(5, start=5), at=NOON + DAY)]) == [2]
    assert sizes([mail(to=people(5)), mail(to=people(5, start=5), at=NOON + DAY + 1)]) == [1, 1]


def test_batches_of_two_senders_are_two_incidents() -> None:
    """(b) asks for one sending unit."""
    assert sizes([mail(to=people(5)), mail(to=people(5, start=5), at=NOON + 1, sender=PRESS)]) == [1, 1]


def test_label_unit_makes_two_senders_one() -> None:
    """Sending unit = … or those a [[label]] names together."""
    labels = (Label("clinic", Pattern("sender", "*@council.example"), unit="clinic"),)
    messages = [mail(to=people(5)), mail(to=people(5, start=5), at=NOON + 1, sender=PRESS)]

    incidents = run(messages, replace(POLICY, labels=labels)).incidents

    assert len(incidents) == 1


def test_resend_within_the_window_is_linked_by_thirty_percent() -> None:
    """(c) same stem, at least 30 % of the smaller list shared, at most 14 days."""
    later = NOON + 14 * DAY

    assert sizes([mail(to=people(10)), mail(to=people(20, start=7), at=later)]) == [2]
    assert sizes([mail(to=people(10)), mail(to=people(20, start=8), at=later)]) == [1, 1]
    assert sizes([mail(to=people(10)), mail(to=people(10), at=later + 1)]) == [1, 1]


def test_two_teams_with_one_list_are_related_not_one() -> None:
    """Two teams using one list are related."""
    first, second = run([mail(to=people(9)), mail(to=people(9), at=NOON + HOUR, sender=PRESS)]).incidents

    assert first.related == (second.key,)
    assert second.related == (first.key,)


def test_reply_to_all_of_a_colleague_belongs_to_the_incident() -> None:
    """A colleague who answers all shows the list again."""
    assert sizes([mail(to=people(9)), mail("Re: Winter gathering", to=people(9), at=NOON + HOUR, sender=PRESS)]) == [2]


def test_recall_to_half_of_the_list_is_linked_whatever_its_subject() -> None:
    """(d) recall, apology or "please delete" to at least half of the list, at most 14 days."""
    for share, expected in ((5, [2]), (4, [1, 1])):
        assert sizes([mail(to=people(10)), mail("Please delete this", to=people(share), at=NOON + DAY)]) == expected
    assert sizes([mail(to=people(10)), mail("Please delete this", to=people(5), at=NOON + 14 * DAY + 1)]) == [1, 1]


def test_apology_by_another_team_belongs_to_the_incident() -> None:
    """It is often the press office that apologises."""
    assert sizes([mail(to=people(10)), mail("Our apologies", to=people(10), at=NOON + DAY, sender=PRESS)]) == [2]


def test_recall_reaches_the_list_in_bcc_too() -> None:
    """(d) to at least half of the list: who is hidden gets the apology as well as who is shown."""
    leak = mail(to=people(8))
    some = mail("Sorry for the error", to=people(2), bcc=people(6, start=2), at=NOON + DAY)
    others = mail("Our apologies", to=people(2, start=90), bcc=people(8), at=NOON + DAY, sender=PRESS)
    few = mail("Sorry for the error", to=people(2), bcc=people(1, start=2), at=NOON + DAY)

    assert sizes([leak, some]) == sizes([leak, others]) == [2]
    assert sizes([leak, few]) == [1, 1]
    for apology in (some, others):
        incident = only([leak, apology])
        assert [entry.kind for entry in incident.messages] == ["original", "apology"]
        assert points(incident, "apology") > 0


def test_an_apology_that_shows_one_and_hides_the_others_is_heard() -> None:
    """Whoever stands alone in To got it as well as those in Bcc."""
    leak = mail(to=people(4))
    quiet = mail("Sorry for the error", to=people(1), bcc=people(1, start=1), at=NOON + DAY)

    assert points(only([leak, quiet]), "apology") > 0


def test_an_apology_in_parts_is_one() -> None:
    """(d) to at least half of the list: what goes out in parts, open or in Bcc, reaches it together."""
    leak = mail(to=people(8))
    quiet = [
        mail("Sorry for the error", to=[OFFICE], bcc=people(2, start=2 * part), at=NOON + DAY + part * MINUTE)
        for part in range(4)
    ]
    shown = [
        mail("Sorry for the error", to=people(2, start=2 * part), at=NOON + DAY + part * MINUTE) for part in range(4)
    ]

    assert "4 apologies" in reason_text(only([leak, *quiet]), "apology")
    assert points(only([leak, quiet[0]]), "apology") == 0
    assert [entry.kind for entry in only([leak, *shown]).messages] == ["original", *["apology"] * 4]
    assert sizes([leak, shown[0]]) == [1, 1]


def test_apologies_for_several_things_are_not_parts_of_one() -> None:
    """Each to a couple of its own: what one of them reaches, the others do not take back."""
    couples = [people(2, start=2 * couple) for couple in range(3)]
    quotes = [mail(f"Quote for {name}", to=to) for name, to in zip(("Ada", "Bea", "Cid"), couples, strict=True)]
    sorry = [mail("Sorry for the wait", to=[OFFICE], bcc=to, at=NOON + DAY) for to in couples]

    assert sizes([*quotes, *sorry]) == [1, 1, 1]


def test_batches_in_roman_numbers_are_one_incident() -> None:
    """(b) same subject stem: "(I)", "(II)", "(III)" count the parts."""
    parts = [
        mail(f"Winter gathering ({number})", to=people(6, start=6 * place), at=NOON + place * HOUR)
        for place, number in enumerate(("I", "II", "III"))
    ]

    assert [entry.kind for entry in only(parts).messages] == ["batch", "batch", "batch"]


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Resend: Winter gathering", "resend"),
        ("Nochmals: Winter gathering", "resend"),
        ("Winter gathering (resent)", "resend"),
        ("Reminder: Winter gathering", "resend"),
        ("** CORRECTION ** Winter gathering", "correction"),
    ],
)
def test_a_resend_that_says_so_belongs_to_what_went_before(subject: str, kind: str) -> None:
    """(c) re-send or correction: same stem, at least 30 % of the smaller list shared, at most 14 days."""
    incident = only([mail(to=people(8)), mail(subject, to=people(8), at=NOON + 3 * DAY)])

    assert [entry.kind for entry in incident.messages] == ["original", kind]


def test_commonplace_stem_needs_shared_people() -> None:
    """An empty or commonplace stem never links by itself."""
    assert sizes([mail("Hello", to=people(5)), mail("Hello", to=people(5, start=5), at=NOON + MINUTE)]) == [1, 1]
    assert sizes([mail("Hello", to=people(5)), mail("Hello", to=people(5, start=3), at=NOON + MINUTE)]) == [2]


def test_incident_spans_at_most_31_days() -> None:
    """window_days counts from the message before; an incident spans at most 31 days."""
    weekly = [mail(to=people(9), at=NOON + week * 7 * DAY) for week in range(8)]

    assert sizes(weekly) == [5, 3]


def test_reversed_order_gives_the_same_incidents() -> None:
    """No result depends on row order."""
    messages = [mail(to=people(9, start=start), at=NOON + start * DAY) for start in range(0, 30, 3)]

    assert run(messages).incidents == run(messages[::-1]).incidents


def test_same_message_in_two_mailboxes_is_one() -> None:
    """(a) one identity: its copies are evidence, not further messages."""
    message = mail(to=people(5))
    copies = (*message.copies, replace(message.copies[0], account="archive", uid=9))

    incident = only([replace(message, copies=copies)])

    assert incident.ladder.messages == 1


def test_long_campaign_in_one_subject_is_linked_without_comparing_all_pairs() -> None:
    """Thousands of messages of one stem share a few people; each is held against the latest ones only."""
    messages = [mail(to=people(6, start=index % 50), at=NOON + index * MINUTE) for index in range(3000)]

    incident = only(messages)

    assert len(incident.messages) == 3000
    assert incident.ladder.exposure_events == 18_000
