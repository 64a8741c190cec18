"""An administrator of a Cyrus reads as another person, as its proxy users may."""

from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers.cyrus import Cyrus


def test_an_administrator_of_cyrus_scans_a_persons_mailbox(place: Place, cyrus_server: Cyrus) -> None:
    """PLAIN carries both names (RFC 4616): the person's mail is stored, and the check warns of more rights."""
    person = cyrus_server.add_account("grace")
    cyrus_server.deliver(person, "Sent", many(4))
    place.add(cyrus_server.administrator, port=cyrus_server.port, auth="plain", as_user=person.user)

    check = place.run("check")
    ended = place.scan()

    assert check.code == 0, check.answer
    assert "warning" in check.answer
    assert "4 new messages" in ended.answer


def test_a_person_who_may_not_read_for_others_is_refused_by_cyrus(place: Place, cyrus_server: Cyrus) -> None:
    """The server's no ends the scan with one line, and no other mailbox is opened instead."""
    cyrus_server.add_account("edith")
    curious = cyrus_server.add_account("mallory")
    place.add(curious, port=cyrus_server.port, auth="plain", as_user="edith")

    ended = place.run("scan")

    assert ended.code == 2
    assert "account 1" in ended.remarks
    assert "0 new messages and 1 new gap" in ended.answer
