"""Sent mailboxes are found below every prefix and namespace, on real servers."""

from collections.abc import Iterator

import pytest

from tests.conftest import missing
from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import ServerAccount, ServerMissingError
from tests.servers.cyrus import Cyrus
from tests.servers.namespaces import PrefixedCyrus, PrefixedDovecot

PEOPLE = [f"p{number}@people.example" for number in range(7)]


@pytest.fixture
def prefixed_dovecot() -> Iterator[PrefixedDovecot]:
    """Yield a Dovecot with namespaces."""
    try:
        server = PrefixedDovecot()
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


@pytest.fixture
def prefixed_cyrus() -> Iterator[PrefixedCyrus]:
    """Yield a Cyrus with everything below INBOX."""
    try:
        server = PrefixedCyrus()
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


def read(place: Place) -> dict[str, tuple[int, str]]:
    """Scan; return mailbox → (stored, why it is in scope)."""
    place.scan()
    rows = place.report()["coverage"]
    return {row["mailbox"]: (row["stored"], row["reason"]) for row in rows if row["in_scope"]}


@pytest.mark.dovecot
def test_dovecot_with_a_prefix_other_users_and_shared_mailboxes(
    place: Place, prefixed_dovecot: PrefixedDovecot
) -> None:
    """The own ones below INBOX., what a colleague shares below user., a team's below Public.; nothing else."""
    ada, ben = (prefixed_dovecot.add_account(name) for name in ("ada", "ben"))
    everybody = ServerAccount("everybody", "")
    prefixed_dovecot.deliver(ada, "Sent", many(4))
    prefixed_dovecot.deliver(ada, "Sent/2019", many(1, first=5))
    prefixed_dovecot.deliver(ben, "Sent", many(3, first=10))
    prefixed_dovecot.deliver(ben, "Sent Items", many(2, first=20))
    prefixed_dovecot.share(ben, "Sent", ada)
    prefixed_dovecot.deliver(everybody, "press/Gesendet", many(2, first=30))
    prefixed_dovecot.deliver(everybody, "board/Gesendet", many(2, first=40))
    prefixed_dovecot.allow(everybody, "press/Gesendet", ada)
    place.add(ada, port=prefixed_dovecot.port)

    assert read(place) == {
        "INBOX.Sent": (4, "marked \\Sent by the server"),
        "INBOX.Sent.2019": (1, "below a sent mailbox"),
        "user.ben.Sent": (3, "its name means sent mail; among another user's mailboxes"),
        "Public.press.Gesendet": (2, "its name means sent mail; in a shared namespace"),
    }


@pytest.mark.cyrus
def test_cyrus_with_everything_below_inbox(place: Place, prefixed_cyrus: PrefixedCyrus) -> None:
    """altnamespace and unixhierarchysep off: INBOX.Sent, and a colleague's as user.ben.Sent."""
    ada, ben = (prefixed_cyrus.add_account(name) for name in ("ada", "ben"))
    prefixed_cyrus.deliver(ada, "INBOX.Sent", many(2))
    prefixed_cyrus.deliver(ada, "INBOX.Gesendet", many(1, first=3))
    prefixed_cyrus.deliver(ben, "INBOX.Sent", many(2, first=10))
    prefixed_cyrus.share(ben, "INBOX.Sent", ada)
    place.add(ada, port=prefixed_cyrus.port)

    assert read(place) == {
        "INBOX.Sent": (2, "its name means sent mail"),
        "INBOX.Gesendet": (1, "its name means sent mail"),
        "user.ben.Sent": (2, "its name means sent mail; among another user's mailboxes"),
    }


def test_cyrus_with_altnamespace_and_other_users(place: Place, cyrus_server: Cyrus) -> None:
    """Other Users/name/Sent; a copy that lies in both is one message with two copies."""
    ada, ben = (cyrus_server.add_account(name) for name in ("nsada", "nsben"))
    for account in (ada, ben):
        cyrus_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    with cyrus_server._client(ben) as client:
        client.setacl('"Sent"', ada.user, "lr")
    place.add(ada, port=cyrus_server.port)

    found = read(place)
    incident = place.report("again.json")["incidents"][0]

    assert {name: stored for name, (stored, _) in found.items()} == {"Sent": 1, "Other Users/nsben/Sent": 1}
    assert found["Other Users/nsben/Sent"][1].endswith("among another user's mailboxes")
    assert incident["ladder"]["messages"] == 1
    assert {copy["mailbox"] for copy in incident["messages"]} == {"Sent", "Other Users/nsben/Sent"}
