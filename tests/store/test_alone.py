"""Who was written to alone, and since when, on both databases."""

from datetime import timedelta

import pytest

from scanner.addresses import make_classifier
from scanner.analyse.alone import first_alone
from scanner.model import AddressKey, Policy
from scanner.store.alone import outsiders_of
from scanner.store.reader import messages_by_number
from scanner.store.source import StoreSource
from tests.policies import CORP, class_all
from tests.shelf import START, Shelf, guests, letter

GUEST, OTHER = AddressKey("guest1@guests.example"), AddressKey("guest2@guests.example")
BOSS = "Bea Boss <boss@corp.example>"


def _first(shelf: Shelf, *keys: AddressKey, policy: Policy = CORP) -> dict[AddressKey, int]:
    source = StoreSource(shelf.engine, class_all(shelf.engine, policy))
    return dict(source.first_alone(keys, make_classifier(policy)))


@pytest.mark.parametrize(
    ("to", "cc", "bcc", "extra", "is_alone"),
    [
        (guests(1), [], [], b"", True),
        ([BOSS], guests(1), [], b"", True),
        ([BOSS], [], guests(1), b"", True),
        ([], [], [], b"Resent-To: guest1@guests.example\r\n", True),
        (guests(1), guests(1), guests(1), b"", True),
        (guests(1), [], [], b"Reply-To: a@guests.example, b@guests.example\r\n", True),
        (guests(2), [], [], b"", False),
        (guests(1), [], guests(1, first=2), b"", False),
        (guests(1), ["a bare name"], [], b"", False),
        (guests(1), ["b@MISSING_DOMAIN"], [], b"", False),
        (guests(1), ["/o=corp/ou=office/cn=recipients/cn=boss"], [], b"", True),
        (guests(1, first=2), [], [], b"", False),
        ([BOSS], [], [], b"", False),
    ],
)
def test_alone_is_whoever_is_the_only_outsider(
    to: list[str], cc: list[str], bcc: list[str], extra: bytes, is_alone: bool, shelf: Shelf
) -> None:
    """To, Cc and Bcc together; what cannot be read may be somebody outside, and colleagues do not count."""
    shelf.put(shelf.place(), [letter(1, to, cc=cc, bcc=bcc, extra=extra)])

    found = _first(shelf, GUEST)

    assert found == ({GUEST: int(START.timestamp())} if is_alone else {})
    with shelf.engine.connect() as connection:
        messages = messages_by_number(connection, [1]).values()
    assert first_alone(messages, [GUEST], make_classifier(CORP)) == found


def test_the_earliest_of_our_own_mail_counts(shelf: Shelf) -> None:
    """Drafts and what others wrote are not ours; of several the earliest stands, and only for whom it was asked."""
    days = [timedelta(days=day) for day in range(5)]
    received = letter(2, [BOSS, *guests(1)], sender="visitor@guests.example", after=days[1])
    sent = [letter(number, guests(1), after=days[number]) for number in (4, 3)]
    other = letter(5, guests(1, first=2))

    shelf.put(shelf.place(), [letter(1, guests(1), is_draft=True), received, *sent, other])

    assert _first(shelf, GUEST) == {GUEST: int((START + days[3]).timestamp())}
    assert _first(shelf, GUEST, OTHER).keys() == {GUEST, OTHER}
    assert _first(shelf) == {}


def test_whoever_is_inside_or_unknown_was_never_written_to_alone(shelf: Shelf) -> None:
    """The question is asked of outsiders; a class that changes with the policy changes the answer."""
    shelf.put(shelf.place(), [letter(1, guests(1))])

    friend = Policy(organisation="Corp", domains=CORP.domains | {"guests.example"})

    assert _first(shelf, GUEST, policy=friend) == {}
    assert _first(shelf, AddressKey("nobody@guests.example")) == {}


def test_outsiders_of_messages_stand_with_their_moments(shelf: Shelf) -> None:
    """Colleagues, senders and entries that are no address are left out, and so is other mail."""
    shelf.put(
        shelf.place(), [letter(1, [*guests(1), BOSS, "a bare name"], bcc=guests(1, first=2)), letter(2, guests(1))]
    )
    policy = class_all(shelf.engine, CORP)

    with shelf.engine.connect() as connection:
        found = sorted(outsiders_of(connection, policy, [1]))

    moment = int(START.timestamp())
    assert found == [(1, GUEST, moment), (1, OTHER, moment)]
