"""Related incidents say what they share."""

import pytest

from scanner.analyse import Relating
from scanner.model import Label, Pattern, StoredMessage
from tests.analyse.sources import DAY, NOON, POLICY, mail, people, run

LATER = NOON + 90 * DAY


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (mail("Choir", to=people(10), at=LATER, sender="choir@council.example"), ["list"]),
        (mail("Choir", to=people(20), at=LATER, sender="choir@council.example"), ["people"]),
        (mail("Winter gathering", to=people(9, start=50), at=LATER, sender="a@council.example"), ["stem"]),
        (mail("Bees", to=people(9, start=50), at=LATER), ["sender"]),
        (mail("Winter gathering", to=people(10), at=LATER), ["list", "stem", "sender"]),
    ],
)
def test_two_incidents_say_what_they_share(other: StoredMessage, why: list[str]) -> None:
    """The list before its people, then subject and sender; the same from either side."""
    one, two = run([mail(to=people(10)), other]).incidents

    assert list(Relating(one, POLICY).why(two)) == why
    assert list(Relating(two, POLICY).why(one)) == why


def test_related_incidents_always_have_a_reason() -> None:
    """Whatever relates two incidents in the analysis can be told afterwards."""
    label = Label("teams", Pattern("sender", "*@council.example"), unit="teams")
    policy = type(POLICY)(domains=POLICY.domains, labels=(label,))
    messages = [
        mail(subject, to=people(9, start=start), at=NOON + number * 60 * DAY, sender=sender)
        for number, (subject, start, sender) in enumerate(
            [
                ("Camp", 0, "a@council.example"),
                ("Choir", 3, "b@council.example"),
                ("Camp", 40, "c@council.example"),
                ("Bees", 80, "a@council.example"),
                ("Hello", 44, "d@council.example"),
            ]
        )
    ]
    incidents = {incident.key: incident for incident in run(messages, policy).incidents}

    pairs = [(one, incidents[key]) for one in incidents.values() for key in one.related]

    assert pairs
    assert all(list(Relating(one, policy).why(other)) for one, other in pairs)
