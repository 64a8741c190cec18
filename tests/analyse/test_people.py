"""People: who is merged, and what is known of them over all incidents."""

from collections.abc import Sequence
from typing import Any

from scanner.analyse import NOTHING_STATED, PeopleCollector, StatedPeople, person_id
from scanner.model import AddressKey, PeopleStatement, StoredMessage
from tests.analyse.sources import DAY, NOON, mail, people, run


def test_spellings_of_one_mailbox_are_one_person() -> None:
    """Plus-tags, dots at gmail, googlemail = gmail."""
    spellings = ["ada.berg@gmail.com", "adaberg@googlemail.com", "adaberg+camp@gmail.com"]

    assert len({person_id(AddressKey(key)) for key in spellings}) == 1


def test_same_name_at_two_addresses_is_two_people() -> None:
    """Never by name alone."""
    assert person_id(AddressKey("ada.berg@gmail.com")) != person_id(AddressKey("ada.berg@gmx.de"))


def test_person_gathers_addresses_names_and_incidents() -> None:
    """One row a person: every address, every name as shown, the reasons of the merge, first and last exposure."""
    incidents = run(
        [
            mail("Camp", to=["Ada <ada.berg@gmail.com>", *people(4)]),
            mail("Choir", to=["Ada Berg <adaberg+choir@gmail.com>", *people(4, start=9)], at=NOON + 40 * DAY),
        ]
    ).incidents
    collector = PeopleCollector()

    for incident in incidents:
        collector.add(incident)

    ada = next(person for person in collector.result() if len(person.addresses) > 1)
    assert ada.addresses == ("ada.berg@gmail.com", "adaberg+choir@gmail.com")
    assert ada.display_names == ("Ada", "Ada Berg")
    assert ada.tier == "full"
    assert ada.merge_reasons == ("dots at gmail", "plus-tag")
    assert ada.incidents == tuple(sorted(incident.key for incident in incidents))
    assert (ada.first_sent_at, ada.last_sent_at) == (NOON, NOON + 40 * DAY)


def test_mail_without_a_date_does_not_say_when_somebody_was_shown_first() -> None:
    """Only where there is no other; in whichever order the incidents come."""
    incidents = run(
        [mail("Camp", to=people(6), at=0), mail("Choir", to=people(5)), mail("Fair", to=people(5), at=NOON + 40 * DAY)]
    ).incidents

    for order in (incidents, incidents[::-1]):
        collector = PeopleCollector()
        for incident in order:
            collector.add(incident)
        spans = [(one.first_sent_at, one.last_sent_at) for one in collector.result()]
        assert sorted(spans) == [(0, 0), *[(NOON, NOON + 40 * DAY)] * 5]


def test_people_agree_with_the_exposed_addresses() -> None:
    """The person named beside an exposed address is a row of the people, and every row is one."""
    incidents = run([mail("Camp", to=people(9)), mail("Choir", to=people(9, start=5), at=NOON + 40 * DAY)]).incidents
    collector = PeopleCollector()

    for incident in incidents:
        collector.add(incident)

    named = {exposed.person_id for incident in incidents for exposed in incident.exposed}
    assert [person.person_id for person in collector.result()] == sorted(named)


def collect(messages: Sequence[StoredMessage], stated: StatedPeople = NOTHING_STATED) -> PeopleCollector:
    """Return the people of the incidents that the messages make."""
    collector = PeopleCollector(stated)
    for incident in run(messages, stated=stated).incidents:
        collector.add(incident)
    return collector


def said(kind: Any, *addresses: str, tier: Any = None) -> StatedPeople:
    """Return what Bea stated."""
    keys = tuple(sorted(map(AddressKey, addresses)))
    return StatedPeople([PeopleStatement(1, kind, keys, tier, None, "asked her", "Bea", "root", NOON)])


def test_the_ladder_follows_what_is_stated() -> None:
    """One person less, and a tier that somebody corrected; addresses are counted as before."""
    message = mail("Camp", to=["Ada Berg <ada.berg@gmail.com>", "Ada Berg <ab@gmx.de>", *people(4)])

    before = run([message]).incidents[0]
    merged = run([message], stated=said("merge", "ada.berg@gmail.com", "ab@gmx.de")).incidents[0]
    tiered = run([message], stated=said("tier", "ab@gmx.de", tier="role")).incidents[0]

    assert (before.ladder.exposed_people, before.ladder.identifiable_full) == (6, 2)
    assert (merged.ladder.exposed_people, merged.ladder.identifiable_full) == (5, 1)
    assert merged.ladder.exposed_addresses == merged.ladder.people_upper == 6
    assert merged.ladder.people_lower == 5
    assert (tiered.ladder.role, tiered.ladder.identifiable_full, tiered.ladder.people_lower) == (1, 1, 5)
    assert [one.tier_source for one in tiered.exposed if one.key == "ab@gmx.de"] == ["Bea"]


def test_a_person_says_who_decided_on_its_tier() -> None:
    """Its best tier counts: automatic as soon as no person was needed for it."""
    message = mail("Camp", to=["Ada Berg <x17@gmail.com>", "y18@gmx.de", *people(4)])
    stated = StatedPeople(
        [
            PeopleStatement(
                1, "tier", (AddressKey("x17@gmail.com"),), "nameless", None, "no name", "Bea", "root", NOON
            ),
            PeopleStatement(2, "tier", (AddressKey("y18@gmx.de"),), "full", None, "known", "Cleo", "root", NOON),
        ]
    )

    found = {one.addresses: (one.tier, one.tier_source) for one in collect([message], stated).result()}

    assert found["x17@gmail.com",] == ("nameless", "Bea")
    assert found["y18@gmx.de",] == ("full", "Cleo")
    assert found["x00000q@gmail.com",] == ("nameless", "automatic")


def test_the_same_full_name_at_two_addresses_is_suggested() -> None:
    """In any order, with titles, or in the local part; never merged by itself."""
    message = mail(
        "Camp",
        to=["Ada Berg <x17@gmail.com>", "Berg, Dr. Ada <y18@gmx.de>", "ada.berg@mailbox.example", *people(4)],
    )

    collected = collect([message])

    (suggestion,) = collected.suggestions()
    assert suggestion.addresses == ("ada.berg@mailbox.example", "x17@gmail.com", "y18@gmx.de")
    assert (suggestion.rule, suggestion.confidence) == ("same name", "possible")
    assert suggestion.names == ("Ada Berg", "Berg, Dr. Ada")
    assert len(set(suggestion.person_ids)) == 3
    assert all(len(person.addresses) == 1 for person in collected.result())


def test_a_tag_behind_the_name_does_not_hide_that_it_is_the_same() -> None:
    """The address book files one person under two courses; the tag alone makes nobody the same."""
    tagged = ["Ada Berg (Reha) <x17@gmail.com>", "Ada Berg - Yoga <y18@gmx.de>", "Berg, Ada 3b <z19@gmail.com>"]
    others = ["Tim Abel - Reha <x20@gmail.com>", "Pia Faber - Reha <x21@gmail.com>"]

    (suggestion,) = collect([mail("Camp", to=[*tagged, *others])]).suggestions()

    assert suggestion.addresses == ("x17@gmail.com", "y18@gmx.de", "z19@gmail.com")


def test_what_says_little_is_not_suggested() -> None:
    """A first name, a role address, a name that does not fit its address, spellings of one mailbox."""
    message = mail(
        "Camp",
        to=[
            "Ada <x17@gmail.com>",
            "Ada <y18@gmx.de>",
            "Eva Rot <info@quay.example>",
            "Eva Rot <z19@gmx.de>",
            "Lena Berg <thomas.berg@gmail.com>",
            "Lena Berg <w20@gmx.de>",
            "Mia Fuchs <mia.fuchs@gmail.com>",
            "Mia Fuchs <miafuchs@googlemail.com>",
        ],
    )

    assert list(collect([message]).suggestions()) == []


def test_a_name_that_everybody_has_is_nobodys() -> None:
    """A mail merge that went wrong calls everybody the same."""
    few = [f"Dear Friend <{key}>" for key in people(20)]
    many = [f"Dear Friend <{key}>" for key in people(21)]

    assert len(list(collect([mail("Camp", to=few)]).suggestions())) == 1
    assert list(collect([mail("Camp", to=many)]).suggestions()) == []


def test_a_suggestion_that_was_answered_is_not_made_again() -> None:
    """Merged people are one; people who were told apart stay apart."""
    message = mail("Camp", to=["Ada Berg <x17@gmail.com>", "Ada Berg <y18@gmx.de>", *people(4)])

    assert list(collect([message], said("merge", "x17@gmail.com", "y18@gmx.de")).suggestions()) == []
    assert list(collect([message], said("split", "x17@gmail.com", "y18@gmx.de")).suggestions()) == []


def test_names_of_others_are_kept_as_shown_and_pointed_out() -> None:
    """All names shown at an address stand there as they were, per message; those of somebody else are named."""
    messages = [
        mail("Camp", to=["  Lena  Berg <thomas.berg@gmail.com>", *people(4)]),
        mail("Choir", to=["Thomas BERG <thomas.berg@gmail.com>", *people(4)], at=NOON + 40 * DAY),
    ]

    thomas = next(one for one in collect(messages).result() if one.addresses == ("thomas.berg@gmail.com",))

    assert set(thomas.display_names) == {messages[0].recipients[1].display_name, "Thomas BERG"}
    assert thomas.unfit_names == (messages[0].recipients[1].display_name,)
