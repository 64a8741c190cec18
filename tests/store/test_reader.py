"""What analysis is given: exactly the messages of the contract, whole, and in one order."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from scanner.addresses import make_classifier
from scanner.model import Identity, Message, Pattern, Policy, StoredMessage
from scanner.store.reader import list_posts, messages_by_identity
from scanner.store.source import StoreSource
from tests.policies import CORP, class_all, protecting
from tests.shelf import Shelf, guests, letter

COLLEAGUES = ["Bea Boss <boss@corp.example>", "hr@corp.example", "it@corp.example"]


def _candidates(shelf: Shelf, policy: Policy = CORP) -> list[StoredMessage]:
    source = StoreSource(shelf.engine, class_all(shelf.engine, policy))
    return list(source.candidates(make_classifier(policy), policy))


@pytest.mark.parametrize(
    ("to", "cc", "bcc", "extra", "is_candidate"),
    [
        (guests(2), [], [], b"", True),
        (guests(1), guests(1, first=2), [], b"", True),
        (guests(1), [], guests(1, first=2), b"", True),
        ([], [], guests(2), b"", True),
        (guests(1), [], [], b"Resent-To: b@guests.example\r\n", True),
        ([], [], [], b"Resent-To: a@guests.example\r\nResent-Cc: b@guests.example\r\n", True),
        (guests(1), ["a bare name"], [], b"", True),
        (["one bare name", "another"], [], [], b"", True),
        (["a@MISSING_DOMAIN", "b@MISSING_DOMAIN"], [], [], b"", True),
        (guests(1), COLLEAGUES, [], b"", False),
        (guests(1), guests(1), guests(1), b"", False),
        (COLLEAGUES, [], [], b"", False),
        (["one bare name"], [], [], b"", False),
        (guests(1), [], [], b"Reply-To: a@guests.example, b@guests.example\r\n", False),
        ([], [], [], b"", False),
    ],
)
def test_candidates_are_those_of_the_contract(
    to: list[str], cc: list[str], bcc: list[str], extra: bytes, is_candidate: bool, shelf: Shelf
) -> None:
    """At least two outsiders, Bcc included, or at least two outsiders and unresolved together."""
    sent = letter(1, to, cc=cc, bcc=bcc, extra=extra)

    shelf.put(shelf.place(), [sent])

    assert [one.identity for one in _candidates(shelf)] == ([sent.identity] if is_candidate else [])


def test_drafts_and_mail_from_others_are_no_candidates(shelf: Shelf) -> None:
    """They are stored and counted; only what was sent can be a finding."""
    draft = letter(1, guests(3), is_draft=True)
    received = letter(2, [*guests(3), "office@corp.example", "boss@corp.example"], sender="visitor@guests.example")
    sent = letter(3, guests(3))

    shelf.put(shelf.place(), [draft, received, sent])

    assert [one.identity for one in _candidates(shelf)] == [sent.identity]


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern("mailbox", "Sent"),
        Pattern("mailbox", "sen?"),
        Pattern("mailbox", "clinic/*"),
        Pattern("account", "CLINIC"),
        Pattern("sender", "OFFICE@*"),
        Pattern("sender", "nurse@corp.example"),
    ],
)
def test_mail_of_a_protected_source_is_a_candidate_from_two_recipients_on(pattern: Pattern, shelf: Shelf) -> None:
    """Mailbox, account or sender (Sender field included), in any case: there all recipients are data subjects."""
    field = b"Sender: nurse@corp.example\r\n"
    two, one = letter(1, COLLEAGUES[:2], extra=field), letter(2, COLLEAGUES[:1], extra=field)
    elsewhere = letter(3, COLLEAGUES, sender="canteen@corp.example")

    shelf.put(shelf.place(account="clinic"), [two, one])
    shelf.put(shelf.place(account="canteen", mailbox="Out"), [elsewhere])

    assert [found.identity for found in _candidates(shelf, protecting(pattern))] == [two.identity]


@pytest.mark.parametrize("pattern", [Pattern("address", "hr@corp.example"), Pattern("domain", "corp.example")])
def test_protected_addresses_are_outsiders(pattern: Pattern, shelf: Shelf) -> None:
    """Students, patients, staff: inside, and yet whom exposure can harm."""
    sent = [letter(1, [*COLLEAGUES[1:2], *guests(1)]), letter(2, ["hr@corp.example"])]

    shelf.put(shelf.place(), sent)

    assert [one.identity for one in _candidates(shelf, protecting(pattern))] == [sent[0].identity]


def _mixed() -> list[Message]:
    moments = [5, 3, 3, 9, 1, 3]
    return [letter(uid, guests(3, first=uid), after=timedelta(hours=hour)) for uid, hour in enumerate(moments, 1)]


def test_candidates_come_by_moment_and_identity(shelf: Shelf) -> None:
    """No order of rows has a part in any result."""
    shelf.put(shelf.place(), _mixed())

    found = [(one.sent_at, one.identity) for one in _candidates(shelf)]

    assert found == sorted(found)
    assert len(found) == 6


def test_candidates_are_more_than_one_piece(shelf: Shelf) -> None:
    """Messages are loaded piece by piece; none is lost or doubled between two."""
    sent = [letter(uid, guests(2, first=uid), after=timedelta(minutes=-uid)) for uid in range(1, 1_204)]

    shelf.put(shelf.place(), sent)

    assert [one.identity for one in _candidates(shelf)] == [one.identity for one in reversed(sent)]


def test_every_copy_stands_with_its_message(shelf: Shelf) -> None:
    """By account, mailbox, epoch and UID; deleted ones and those that are gone are marked."""
    sent = letter(4, guests(2))
    flagged = letter(9, guests(2), message_id="<m4@corp.example>", flags=b"\\Seen \\DELETED")

    shelf.put(shelf.place(account="b"), [sent])
    shelf.put(shelf.place(account="a", mailbox="Sent"), [flagged])
    shelf.put(shelf.place(account="a", mailbox="Bin", role="trash"), [sent])
    (found,) = _candidates(shelf)

    assert [(c.account, c.mailbox, c.role, c.uid, c.deleted) for c in found.copies] == [
        ("a", "Bin", "trash", 4, True),
        ("a", "Sent", "sent", 9, True),
        ("b", "Sent", "sent", 4, False),
    ]


def test_messages_are_found_by_message_id(shelf: Shelf) -> None:
    """Drafts and received mail included: they may be the beginning of a thread."""
    sent = _mixed()
    draft = letter(40, guests(1), message_id="<m3@corp.example>", is_draft=True)
    shelf.put(shelf.place(), [*sent, draft])
    source = StoreSource(shelf.engine, class_all(shelf.engine, CORP))

    found = list(source.by_message_id(frozenset({"<m3@corp.example>", "<m1@corp.example>", "<none@x.example>"})))

    assert {one.identity for one in found} == {sent[0].identity, sent[2].identity, draft.identity}
    assert [one.sent_at for one in found] == sorted(one.sent_at for one in found)
    assert list(source.by_message_id(frozenset())) == []


def test_messages_are_found_by_identity(shelf: Shelf) -> None:
    """Each once, in order; unknown identities are left out."""
    sent = _mixed()
    shelf.put(shelf.place(), sent)
    wanted: Sequence[Identity] = [sent[0].identity, sent[4].identity, sent[0].identity, Identity("00" * 32)]

    with shelf.engine.connect() as connection:
        found = messages_by_identity(connection, wanted)

    assert [one.identity for one in found] == [sent[4].identity, sent[0].identity]


def test_every_key_is_given_once_in_order(shelf: Shelf) -> None:
    """By the characters of the key, whatever the database collates."""
    shelf.put(
        shelf.place(), [letter(40, ["Zoo@guests.example", "\u00e4@guests.example", "a-b@guests.example"]), *_mixed()]
    )

    keys = list(StoreSource(shelf.engine, 1).address_keys())

    assert keys == sorted(set(keys))
    assert "zoo@guests.example" in keys


def test_list_addresses_are_read_from_list_post(shelf: Shelf) -> None:
    """RFC 2369, 3.4: `List-Post: <mailto:list@host.com>`, `NO`, and several links with comments."""
    fields = [
        b"<mailto:moderator@lists.example?subject=post%20me> (Postings are Moderated)",
        b"<mailto:a%2Bb@lists.example>, <https://lists.example/post>",
        b"NO (posting not allowed on this list)",
        b"<mailto:Moderator@LISTS.example>",
    ]

    shelf.put(
        shelf.place(), [letter(uid, guests(1), extra=b"List-Post: %s\r\n" % one) for uid, one in enumerate(fields)]
    )
    with shelf.engine.connect() as connection:
        found = list_posts(connection)

    assert found == ["a+b@lists.example", "moderator@lists.example"]
    assert list(StoreSource(shelf.engine, 1).list_posts()) == found


def test_protection_of_nobody_changes_nothing(shelf: Shelf) -> None:
    """A pattern that nothing meets adds no candidate."""
    shelf.put(shelf.place(), [letter(1, COLLEAGUES)])

    found = _candidates(shelf, protecting(Pattern("sender", "nobody@*"), Pattern("account", "none")))

    assert found == []
