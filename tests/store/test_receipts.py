"""Proofs of who received what: written once, read with their messages, seen by what asks for news."""

from datetime import timedelta

from sqlalchemy import Connection, select

from scanner.model import AddressKey, Identity, ReceiptKind
from scanner.store.delivery import forget_sought, note_sought
from scanner.store.message_change import forget_changes, noted_changes
from scanner.store.pending import store_mark
from scanner.store.reader import messages_by_identity
from scanner.store.receipts import Proof, save_proofs
from scanner.store.schema import delivery_epoch, delivery_pass, delivery_sought, message, message_change
from tests.shelf import Place, Shelf, guests, letter

FIRST, SECOND = letter(1, guests(3)), letter(2, guests(3), after=timedelta(days=1))


def prove(
    connection: Connection, place: Place, number: int, *, kind: ReceiptKind = "bounced", uid: int = 7, proof: int = 1
) -> int:
    """Write one proof about guest1 and return how many were new."""
    epoch = connection.execute(select(delivery_epoch.c.id)).scalar()
    if epoch is None:
        values = {"mailbox_id": place.mailbox, "uidvalidity": 9, "examined": "", "messages": 0, "is_current": True}
        connection.execute(delivery_epoch.insert().values(id=1, **values))
    key = AddressKey("guest1@guests.example")
    return save_proofs(connection, [Proof(number, key, kind, 5, "5.1.1", 1, None, uid, bytes([proof]) * 32)])


def numbers(connection: Connection) -> list[int]:
    """Return the row numbers of FIRST and SECOND."""
    rows = {bytes(row.identity).hex(): row.id for row in connection.execute(select(message.c.id, message.c.identity))}
    return [rows[FIRST.identity], rows[SECOND.identity]]


def test_a_message_comes_with_its_receipts(shelf: Shelf) -> None:
    """Where the proof lies is told by account, mailbox, UIDVALIDITY and UID; other messages have none."""
    place = shelf.place("office", "Sent")
    shelf.put(place, [FIRST, SECOND])

    with shelf.engine.begin() as connection:
        prove(connection, place, numbers(connection)[0])
        first, second = messages_by_identity(connection, [Identity(FIRST.identity), Identity(SECOND.identity)])

    (receipt,) = first.receipts
    assert (receipt.key, receipt.kind, receipt.status, receipt.happened_at) == (
        "guest1@guests.example",
        "bounced",
        "5.1.1",
        5,
    )
    assert (receipt.source, receipt.place, receipt.mailbox, receipt.uidvalidity, receipt.uid) == (
        "mail",
        "office",
        "Sent",
        9,
        7,
    )
    assert receipt.sha256 == "01" * 32
    assert second.receipts == ()
    assert not first.answers_read


def test_the_same_mail_found_again_proves_nothing_more(shelf: Shelf) -> None:
    """A copy of the bounce in another mailbox has the same header and counts once; another bounce counts."""
    place = shelf.place()
    shelf.put(place, [FIRST, SECOND])

    with shelf.engine.begin() as connection:
        number = numbers(connection)[0]
        found = [
            prove(connection, place, number, uid=7),
            prove(connection, place, number, uid=8),
            prove(connection, place, number, proof=2),
            prove(connection, place, number, kind="replied"),
        ]

    assert found == [1, 0, 1, 1]


def changed(connection: Connection) -> list[int]:
    """Return the row numbers of the messages that are noted as changed, and forget the notes."""
    noted = sorted(connection.execute(select(message_change.c.message_id)).scalars())
    forget_changes(connection, noted_changes(connection))
    return noted


def test_what_is_proven_or_looked_for_is_noted_with_its_message_only(shelf: Shelf) -> None:
    """Accounts of one reading end one after the other: after an analysis in between, the later ones are news, too."""
    office, other = shelf.place("office"), shelf.place("other")
    shelf.put(office, [FIRST, SECOND])

    with shelf.engine.begin() as connection:
        first, second = numbers(connection)
        changed(connection)
        prove(connection, office, second)
        proven = changed(connection)
        prove(connection, office, second)
        connection.execute(delivery_pass.insert().values(id=3, started_at=1))
        note_sought(connection, office.account, [first], None)
        begun = changed(connection)
        note_sought(connection, office.account, [first], 3)
        ended = changed(connection)
        note_sought(connection, other.account, [first, second], 3)
        later = changed(connection)
        note_sought(connection, other.account, [first, second], 3)
        again = changed(connection)
        forget_sought(connection, other.account, [second])
        forgotten = changed(connection)

    assert (proven, begun, ended, later, again, forgotten) == ([second], [], [first], [first, second], [], [first])


def test_a_new_proof_is_a_new_state_of_the_store(shelf: Shelf) -> None:
    """An analysis made before does not speak for it."""
    place = shelf.place()
    shelf.put(place, [FIRST, SECOND])

    with shelf.engine.begin() as connection:
        before = store_mark(connection)
        prove(connection, place, numbers(connection)[0])
        after = store_mark(connection)
        prove(connection, place, numbers(connection)[0])

        assert before != after == store_mark(connection)


def test_answers_were_read_when_an_account_with_a_copy_was_looked_through(shelf: Shelf) -> None:
    """Somebody else's inbox says nothing about bounces, which go to the sender."""
    office, other = shelf.place("office"), shelf.place("other")
    shelf.put(office, [FIRST, SECOND])

    with shelf.engine.begin() as connection:
        first, second = numbers(connection)
        connection.execute(delivery_pass.insert().values(id=1, started_at=1))
        for account, number in ((office.account, first), (other.account, second)):
            values = {"account_id": account, "message_id": number, "pass_id": 1}
            connection.execute(delivery_sought.insert().values(**values))
        messages = messages_by_identity(connection, [Identity(FIRST.identity), Identity(SECOND.identity)])

    assert [one.answers_read for one in messages] == [True, False]
