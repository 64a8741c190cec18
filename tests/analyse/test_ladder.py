"""The ladder: figures of public cases, and properties of every ladder."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse import PeopleCollector, TotalsCollector, detail_incident
from scanner.analyse.name import TIERS
from scanner.model import AddressKey, Ladder, Pattern, Protected, Tier
from tests.analyse.sources import DAY, MINUTE, NOON, OFFICE, POLICY, classify, mail, only, people, run

COLLEAGUES = people(3, "council.example")
EVERYBODY = [
    *people(8), *people(4, "mill.example"), *COLLEAGUES, "info@mill.example", "Ada Berg <ada.berg@gmx.de>",
    "ada.berg+camp@gmx.de", "friends@lists.quay.example", "Board", "Ada <x00001q@gmail.com>",
]  # fmt: skip
ADDRESSES = st.lists(st.sampled_from(EVERYBODY), max_size=10)


def rungs(ladder: Ladder) -> tuple[int, int, int, int, int]:
    """Return messages, events, addresses, people, viewers."""
    return (
        ladder.messages,
        ladder.exposure_events,
        ladder.exposed_addresses,
        ladder.exposed_people,
        ladder.viewers,
    )


def test_three_mails_to_growing_lists() -> None:
    """13 + 55 + 245 exposures of 265 different people, as in the relocation case of 2021."""
    days = (0, 6, 13)
    lists = (people(13, start=7), people(55), people(245, start=20))
    messages = [mail("Your case", to=to, at=NOON + day * DAY) for day, to in zip(days, lists, strict=True)]

    assert rungs(only(messages).ladder) == (3, 313, 265, 265, 265)


def test_recall_shows_the_list_again() -> None:
    """264 distinct of 270 entries, and the recall shows them again: 528 events; tiers add up to 264."""
    full = [f"Ada Berg <x{number:04d}a@gmail.com>" for number in range(115)]
    partial = [f"Ada <x{number:04d}b@gmail.com>" for number in range(51)]
    entries = [*full, *partial, *people(98)]
    entries += [entry.upper() for entry in entries[:6]]

    ladder = only([mail(cc=entries), mail("Recall: Winter gathering", cc=entries, at=NOON + MINUTE)]).ladder

    assert rungs(ladder) == (2, 528, 264, 264, 264)
    assert (ladder.identifiable_full, ladder.identifiable_partial, ladder.nameless) == (115, 51, 98)


def test_insiders_are_viewers_and_not_exposed() -> None:
    """251 visible = 248 outside + 3 inside."""
    ladder = only([mail(to=[*people(248), *COLLEAGUES])]).ladder

    assert rungs(ladder) == (1, 248, 248, 248, 251)
    assert ladder.internal_visible == 3


def test_two_batches_of_a_large_list() -> None:
    """912 + 869 in two mails minutes apart."""
    messages = [mail(to=people(912)), mail(to=people(869, start=912), at=NOON + 5 * MINUTE)]

    assert rungs(only(messages).ladder) == (2, 1781, 1781, 1781, 1781)


def test_bcc_siblings_stand_on_no_rung() -> None:
    """Three batches of 200 visible among batches that were properly Bcc: 600 exposed."""
    messages = [mail(to=people(200, start=200 * part), at=NOON + part * MINUTE) for part in range(3)]
    sibling = mail(to=[OFFICE], bcc=people(200, start=600), at=NOON + 9 * MINUTE)

    incident = only([*messages, sibling])

    assert rungs(incident.ladder) == (3, 600, 600, 600, 600)
    assert incident.ladder.bcc_viewers == 0
    assert incident.bcc_siblings == (sibling.identity,)


def test_bcc_viewers_stand_only_in_bcc() -> None:
    """Whoever stands in To of one message and Bcc of another could be read."""
    messages = [
        mail(to=people(5), bcc=["spy@quay.example", "x00009q@gmail.com"]),
        mail(to=[*people(5), "x00009q@gmail.com"], at=NOON + DAY),
    ]

    ladder = only(messages).ladder

    assert ladder.bcc_viewers == 1
    assert ladder.viewers == 7


def test_people_are_fewer_than_addresses_after_merging() -> None:
    """Plus-tags, dots at gmail and googlemail are one person; the bounds say both numbers."""
    to = ["ada.berg@gmail.com", "adaberg@googlemail.com", "adaberg+camp@gmail.com", "b@gmx.de", "info@mill.example"]

    ladder = only([mail(to=to)]).ladder

    assert (ladder.exposed_addresses, ladder.exposed_people) == (5, 3)
    assert (ladder.people_lower, ladder.people_upper, ladder.at_least) == (2, 5, False)
    assert (ladder.identifiable_full, ladder.nameless, ladder.role) == (1, 1, 1)


def test_list_and_unreadable_entry_make_the_upper_bound_open() -> None:
    """ "At least" as soon as a list is involved or an entry could not be read."""
    with_list = only([mail(to=[*people(5), "friends@lists.quay.example"])]).ladder
    with_text = only([mail(to=[*people(5), "Board"])]).ladder

    assert (with_list.at_least, with_list.list) == (True, 1)
    assert (with_text.at_least, with_text.unresolved) == (True, 1)


def test_protected_insiders_are_not_counted_as_colleagues() -> None:
    """Pupils are exposed; the teacher in Cc is the one colleague who could see them."""
    ladder = only([mail(to=people(9, "pupils.council.example"), cc=["teacher@council.example"])]).ladder

    assert (ladder.exposed_addresses, ladder.internal_visible, ladder.viewers) == (9, 1, 10)


def test_person_takes_the_best_tier_of_the_incident() -> None:
    """A name shown in one of two messages names the person in the incident."""
    messages = [mail(to=people(5)), mail(to=["Ada Berg <x00000q@gmail.com>", *people(4, start=1)], at=NOON + MINUTE)]

    incident = only(messages)

    assert incident.ladder.identifiable_full == 1
    assert incident.exposed[0].display_names == ("Ada Berg",)
    assert len(incident.exposed[0].messages) == 2


def test_delivery_is_unknown_without_evidence() -> None:
    """Nothing in a store of sent mail proves delivery or an answer."""
    ladder = only([mail(to=people(5))]).ladder

    assert ladder.delivered is None
    assert ladder.replied is None


@given(st.lists(st.tuples(ADDRESSES, ADDRESSES, ADDRESSES), min_size=1, max_size=5))
def test_tiers_sum_to_people_on_every_ladder(lists: list[tuple[list[str], list[str], list[str]]]) -> None:
    """Tiers; their sum is exposed_people (CONTRACTS: the ladder)."""
    messages = [mail(to=to, cc=cc, bcc=bcc, at=NOON + place) for place, (to, cc, bcc) in enumerate(lists)]
    totals = TotalsCollector(classify)

    incidents = run(messages).incidents
    for incident in incidents:
        totals.add(incident)

    for ladder in (totals.result(), *(incident.ladder for incident in incidents)):
        tiers = (ladder.identifiable_full, ladder.identifiable_partial, ladder.nameless, ladder.role, ladder.list)
        assert sum(tiers) == ladder.exposed_people <= ladder.exposed_addresses <= ladder.exposure_events
        assert ladder.exposed_addresses <= ladder.viewers
        assert ladder.people_lower <= ladder.people_upper


@given(st.lists(st.tuples(ADDRESSES, ADDRESSES, ADDRESSES), min_size=1, max_size=5))
def test_detail_of_stored_messages_is_the_detail_of_the_analysis(
    lists: list[tuple[list[str], list[str], list[str]]],
) -> None:
    """A report rebuilds what analysis found from the incident's messages alone."""
    messages = [mail(to=to, cc=cc, bcc=bcc, at=NOON + place) for place, (to, cc, bcc) in enumerate(lists)]

    for incident in run(messages).incidents:
        detail = detail_incident(incident.messages, POLICY, classify)

        assert (detail.exposed, detail.viewers, detail.ladder) == (incident.exposed, incident.viewers, incident.ladder)


def test_totals_count_everybody_once() -> None:
    """Addresses, people and viewers of two incidents are counted once, events are added, the best tier wins."""
    incidents = run(
        [
            mail("Camp", to=["Ada Berg <x00000q@gmail.com>", *people(4, start=1)], bcc=["x00009q@gmail.com"]),
            mail("Choir", to=people(10), at=NOON + 40 * DAY, sender="choir@council.example"),
        ]
    ).incidents
    totals = TotalsCollector(classify)

    for incident in random.Random(7).sample(incidents, len(incidents)):
        totals.add(incident)

    ladder = totals.result()
    assert rungs(ladder) == (2, 15, 10, 10, 10)
    assert (ladder.identifiable_full, ladder.nameless, ladder.bcc_viewers) == (1, 9, 0)


def test_totals_of_nothing_are_zero() -> None:
    """No queued incident: every figure is 0, none is missing."""
    assert rungs(TotalsCollector(classify).result()) == (0, 0, 0, 0, 0)


def test_tier_order_is_best_first() -> None:
    """A person takes the best tier: full before partial, nameless, role and list."""
    order: tuple[Tier, ...] = ("full", "partial", "nameless", "role", "list")

    assert order == TIERS


def test_every_address_says_which_rule_put_it_inside_or_outside() -> None:
    """Exposed addresses, viewers and people alike; also where only the mail makes an insider an outsider."""
    guest, pupil, colleague = "ada@gmail.com", "kim@pupils.council.example", "boss@council.example"
    everybody = [guest, pupil, colleague, "all@lists.quay.example"]
    protected = replace(POLICY, protected=(Protected("clinic", Pattern("mailbox", "Sent")),))

    incident, in_clinic = only([mail(to=everybody)]), only([mail(to=everybody)], protected)
    collector = PeopleCollector()
    collector.add(in_clinic)

    told = {entry.key: (entry.address_class, entry.rule) for entry in incident.viewers}
    assert told == {
        guest: ("outside", "consumer domain"),
        pupil: ("inside", "protected pupils"),
        colleague: ("inside", "domain council.example"),
        "all@lists.quay.example": ("list", "list address"),
    }
    assert {entry.key: (entry.address_class, entry.rule) for entry in incident.exposed} == {
        key: told[AddressKey(key)] for key in (guest, pupil, "all@lists.quay.example")
    }
    by_mail = {entry.key: (entry.inside, entry.address_class, entry.rule) for entry in in_clinic.viewers}
    assert by_mail[AddressKey(colleague)] == (False, "inside", "protected clinic")
    assert by_mail[AddressKey(guest)] == (False, "outside", "consumer domain")
    assert {(person.address_classes, person.rules) for person in collector.result()} == {
        (("inside",), ("protected clinic",)),
        (("inside",), ("protected pupils",)),
        (("list",), ("list address",)),
        (("outside",), ("consumer domain",)),
    }
