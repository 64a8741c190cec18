"""Addresses are classed once per policy, and mail from others is told from our own."""

from collections.abc import Iterable

import pytest
from sqlalchemy import func, select, update

from scanner.addresses import make_classifier
from scanner.model import NAMED_IN_SETTINGS, AddressClass, AddressKey, Policy
from scanner.store import classes
from scanner.store.classes import classify_addresses, mark_received, save_policy
from scanner.store.schema import address, address_class, epoch, mailbox, message, policy
from tests.policies import CORP, class_all
from tests.shelf import Shelf, guests, letter


def _origins(shelf: Shelf) -> list[str]:
    with shelf.engine.connect() as connection:
        return list(connection.execute(select(message.c.origin).order_by(message.c.id)).scalars())


def test_a_policy_is_kept_once(shelf: Shelf) -> None:
    """The same hash is the same policy; another one is another row."""
    with shelf.engine.begin() as connection:
        numbers = [save_policy(connection, sha * 64, "{}") for sha in "aab"]
        kept = connection.execute(select(func.count()).select_from(policy)).scalar_one()

    assert numbers[0] == numbers[1] != numbers[2]
    assert kept == 2


@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_every_address_is_classed_once(shelf: Shelf, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces of any size; a second time only what is new is asked for."""
    monkeypatch.setattr(classes, "_PIECE", piece)
    asked: list[str] = []
    test = make_classifier(CORP)

    def classify(key: AddressKey) -> AddressClass:
        asked.append(key)
        return test(key)

    with shelf.engine.begin() as connection:
        number = save_policy(connection, "a" * 64, "{}")
    shelf.put(shelf.place(), [letter(1, guests(20))])
    with shelf.engine.begin() as connection:
        first = classify_addresses(connection, number, classify)
    shelf.put(shelf.place(), [letter(2, guests(3, first=19))])
    with shelf.engine.begin() as connection:
        second = classify_addresses(connection, number, classify)
        third = classify_addresses(connection, number, classify)

    assert (first, second, third) == (21, 1, 0)
    assert len(asked) == len(set(asked)) == 22


def test_all_of_a_class_is_kept(shelf: Shelf) -> None:
    """Each part of the answer stands in its own column."""
    rule = "protected students"
    answer = AddressClass("inside", True, "corp.example", rule, private=True, role=False, sister=True)
    shelf.put(shelf.place(), [letter(1, guests(1))])

    with shelf.engine.begin() as connection:
        number = save_policy(connection, "a" * 64, "{}")
        classify_addresses(connection, number, lambda key: answer)
        row = connection.execute(select(address_class).join(address).where(address.c.id == 2)).one()

    assert (row.kind, row.organisation, row.rule) == ("inside", "corp.example", rule)
    assert (row.outsider, row.private, row.role, row.sister) == (True, True, False, True)


@pytest.mark.parametrize(
    ("sender", "to", "origin"),
    [
        ("visitor@guests.example", ["office@corp.example"], "received"),
        ("visitor@guests.example", ["ada@guests.example", "office@corp.example"], "received"),
        ("visitor@guests.example", ["ada@guests.example", "bob@guests.example"], "sent"),
        ("office@corp.example", ["boss@corp.example"], "sent"),
        ("office@corp.example", ["ada@guests.example"], "sent"),
        ("not an address", ["office@corp.example"], "sent"),
    ],
)
def test_mail_from_others_was_received(sender: str, to: list[str], origin: str, shelf: Shelf) -> None:
    """From outside to inside; a private From address alone does not make it somebody else's mail."""
    shelf.put(shelf.place(), [letter(1, to, sender=sender)])

    class_all(shelf.engine, CORP)

    assert _origins(shelf) == [origin]


@pytest.mark.parametrize(
    ("to", "account", "origin"),
    [
        (["office@corp.example", *guests(2)], "office", "sent"),
        (["office@corp.example", *guests(1)], "office", "received"),
        (["boss@corp.example", *guests(9)], "office", "received"),
        (["office@corp.example", "boss@corp.example", *guests(9)], "office", "received"),
        (["boss@corp.example", *guests(2)], "a login that is no address", "sent"),
    ],
)
def test_mail_to_oneself_and_outsiders_is_own_mail_under_an_alias(
    to: list[str], account: str, origin: str, shelf: Shelf
) -> None:
    """Written from an address nobody told us of: only the account itself and two outsiders are shown."""
    shelf.put(shelf.place(account), [letter(1, to, sender="Club <ourclub@gmail.com>")])

    class_all(shelf.engine, CORP)

    assert _origins(shelf) == [origin]


def test_a_mailbox_that_somebody_named_may_hold_mail_from_others(shelf: Shelf) -> None:
    """All Mail named as a sent mailbox holds what others wrote to the account and to each other."""
    place = shelf.place()
    shelf.put(place, [letter(1, ["office@corp.example", *guests(9)], sender="visitor@guests.example")])
    with shelf.engine.begin() as connection:
        connection.execute(update(mailbox).values(reason=NAMED_IN_SETTINGS))

    class_all(shelf.engine, CORP)

    assert _origins(shelf) == ["received"]


def test_how_many_messages_changed_is_told(shelf: Shelf) -> None:
    """Once; a second time nothing changes."""
    shelf.put(shelf.place(), [letter(1, ["office@corp.example"], sender="visitor@guests.example")])
    number = class_all(shelf.engine, CORP)
    with shelf.engine.begin() as connection:
        connection.execute(update(message).values(origin="sent"))
        changed = [mark_received(connection, number) for _ in range(2)]

    assert changed == [1, 0]


def _with(domains: Iterable[str]) -> Policy:
    return Policy(organisation="Corp", domains=frozenset(domains))


def test_a_new_policy_decides_anew_what_was_received(shelf: Shelf) -> None:
    """A domain that is found to be our own makes its mail ours, and back again; drafts stay drafts."""
    ours = letter(1, ["office@corp.example", "boss@corp.example", *guests(3)], sender="branch@subsidiary.example")
    draft = letter(2, ["office@corp.example"], sender="branch@subsidiary.example", is_draft=True)
    shelf.put(shelf.place(), [ours, draft])

    seen = []
    for domains in (["corp.example"], ["corp.example", "subsidiary.example"], ["corp.example"]):
        class_all(shelf.engine, _with(domains))
        seen.append(_origins(shelf))

    assert seen == [["received", "draft"], ["sent", "draft"], ["received", "draft"]]


def _read_for_ours(shelf: Shelf) -> None:
    """Let the mailbox be one that was read for mail of ours only."""
    with shelf.engine.begin() as connection:
        connection.execute(update(epoch).values(others_rule="a" * 64))


@pytest.mark.parametrize("in_sent", [False, True])
def test_mail_read_as_ours_is_judged_by_the_present_settings(in_sent: bool, shelf: Shelf) -> None:
    """A domain that was taken out makes its mail that of others, unless it lies in a sent mailbox, too."""
    mails = [letter(1, guests(6), sender="Una <una@former.example>"), letter(2, guests(6))]
    shelf.put(shelf.place(mailbox="INBOX", role="inbox"), mails)
    _read_for_ours(shelf)
    if in_sent:
        shelf.put(shelf.place(), mails)

    origins = []
    for domains in (["corp.example", "former.example"], ["corp.example"]):
        class_all(shelf.engine, _with(domains))
        origins.append(_origins(shelf))

    assert origins == [["sent", "sent"], ["sent" if in_sent else "received", "sent"]]


def test_a_sender_of_ours_makes_it_ours(shelf: Shelf) -> None:
    """As the scan judges: From may be somebody else's."""
    mail = letter(1, guests(6), sender="Una <una@former.example>", extra=b"Sender: office@corp.example\r\n")
    shelf.put(shelf.place(mailbox="INBOX", role="inbox"), [mail])
    _read_for_ours(shelf)

    class_all(shelf.engine, _with(["corp.example"]))

    assert _origins(shelf) == ["sent"]


@pytest.mark.parametrize(
    ("extra", "origin"),
    [
        ("Sender: office@corp.example", "sent"),
        ("Resent-From: office@corp.example\r\nResent-To: eve@guests.example, kim@guests.example", "sent"),
        ("Sender: eve@guests.example", "received"),
        ("Reply-To: office@corp.example", "received"),
        ("Sender: board-bounces@corp.example\r\nList-Id: <board.corp.example>", "received"),
    ],
)
def test_what_somebody_inside_sent_for_another_or_redirected_is_ours(extra: str, origin: str, shelf: Shelf) -> None:
    """From is an outsider's and an insider is addressed: Sender and Resent-From say who sent it, but not a list's."""
    to = ["boss@corp.example", *guests(6)]
    mail = letter(1, to, sender="Una <una@partner.example>", extra=extra.encode() + b"\r\n")
    shelf.put(shelf.place(mailbox="Sent"), [mail])

    class_all(shelf.engine, CORP)

    assert _origins(shelf) == [origin]
