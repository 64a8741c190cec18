"""People: who is merged, and what is known of them over all incidents."""

from scanner.analyse import PeopleCollector, person_id
from scanner.model import AddressKey
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


def test_people_agree_with_the_exposed_addresses() -> None:
    """The person named beside an exposed address is a row of the people, and every row is one."""
    incidents = run([mail("Camp", to=people(9)), mail("Choir", to=people(9, start=5), at=NOON + 40 * DAY)]).incidents
    collector = PeopleCollector()

    for incident in incidents:
        collector.add(incident)

    named = {exposed.person_id for incident in incidents for exposed in incident.exposed}
    assert [person.person_id for person in collector.result()] == sorted(named)
