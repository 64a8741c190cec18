"""Whose structure is wanted is known as soon as the message is stored; what was told is read back as it was."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scanner.model import Gap, MessagePart, StructureBatch
from scanner.store.gaps import MAX_STRIKES, open_gaps, open_message_gaps
from scanner.store.reader import messages_by_identity
from scanner.store.schema import structure
from scanner.store.structure import decode_parts, encode_parts, save_structures, want_by_rule, wanted_uids
from tests.shelf import Place, Shelf, guests, is_outsider, letter

FILE = MessagePart("2", "application/pdf", "", "attachment", "Löhne; April.pdf", 4711)
PARTS = (MessagePart("1", "text/plain", size=7), FILE)


def _wanted(shelf: Shelf, place: Place) -> object:
    with shelf.engine.connect() as connection:
        return wanted_uids(connection, place.epoch)


def _save(shelf: Shelf, place: Place, *uids: int, untold: tuple[int, ...] = ()) -> int:
    gaps = tuple(Gap("office", "structure_unread", "not told", "Sent", 1, uid) for uid in untold)
    batch = StructureBatch((), tuple((uid, PARTS) for uid in uids), gaps)
    with shelf.engine.begin() as connection:
        return save_structures(connection, shelf.run, place.account, place.mailbox, place.epoch, batch)


def test_mail_with_two_outsiders_wants_its_structure(shelf: Shelf) -> None:
    """Bcc counts; drafts, one outsider, and colleagues do not."""
    place = shelf.place()

    shelf.put(
        place,
        [
            letter(1, guests(2)),
            letter(2, guests(1), bcc=guests(1, first=9)),
            letter(3, guests(1)),
            letter(4, ["boss@corp.example", "hr@corp.example"]),
            letter(5, guests(9), is_draft=True),
            letter(6, ["Ada <ada@guests.example>", "ADA@guests.example"]),
        ],
    )

    assert _wanted(shelf, place) == ((1, 2),)


def test_what_was_told_is_no_longer_wanted_and_read_back(shelf: Shelf) -> None:
    """The message has its parts wherever it is read; without them they are not known."""
    place, one, other = shelf.place(), letter(1, guests(2)), letter(2, guests(3))
    shelf.put(place, [one, other])

    new = _save(shelf, place, 1, 99)

    with shelf.engine.connect() as connection:
        told = {
            message.identity: message.parts
            for message in messages_by_identity(connection, [one.identity, other.identity])
        }
        columns = connection.execute(
            select(structure.c.attachment_names, structure.c.attachment_count).order_by(structure.c.message_id)
        ).all()
    assert (new, told, _wanted(shelf, place)) == (0, {one.identity: PARTS, other.identity: None}, ((2, 2),))
    assert [tuple(row) for row in columns] == [("Löhne; April.pdf", 1), (None, None)]


def test_one_copy_of_a_message_tells_for_all(shelf: Shelf) -> None:
    """Two mailboxes hold it, and one is asked; a gap of the other is closed."""
    sent, other = shelf.place(), shelf.place(mailbox="Archive")
    shelf.put(sent, [letter(1, guests(2))])
    shelf.put(other, [letter(1, guests(2))])
    _save(shelf, other, untold=(1,))

    _save(shelf, sent, 1)

    assert (_wanted(shelf, sent), _wanted(shelf, other)) == ((), ())
    with shelf.engine.connect() as connection:
        assert list(open_gaps(connection)) == []


def test_what_is_never_told_is_asked_for_a_few_times(shelf: Shelf) -> None:
    """It stays a gap, which costs its message nothing: no gap of the message, none in the sum of the mailbox."""
    place = shelf.place()
    shelf.put(place, [letter(1, guests(2))])

    tries = 0
    while _wanted(shelf, place):
        _save(shelf, place, untold=(1,))
        tries += 1

    assert tries == MAX_STRIKES
    with shelf.engine.connect() as connection:
        assert [(gap.kind, gap.uid) for gap in open_gaps(connection)] == [("structure_unread", 1)]
        assert open_message_gaps(connection, place.epoch) == {}


def test_copies_that_show_two_outsiders_together_want_their_structure(shelf: Shelf) -> None:
    """The Bcc lists of two copies are united, and only then is there more than one outsider."""
    place = shelf.place()
    shelf.put(place, [letter(1, ["office@corp.example"], bcc=guests(1))])
    before = _wanted(shelf, place)

    second = letter(1, ["office@corp.example"], bcc=guests(1, first=9))
    shelf.put(shelf.place(mailbox="Archive"), [second])

    assert (before, _wanted(shelf, place)) == ((), ((1, 1),))


def test_another_rule_is_applied_to_what_is_stored_once(shelf: Shelf) -> None:
    """Older stores have no rule at all; under the same rule nothing is walked through again."""
    place = shelf.place()
    shelf.put(place, [letter(1, ["boss@corp.example", "hr@corp.example"]), letter(2, guests(2))])
    with shelf.engine.begin() as connection:
        connection.execute(structure.delete())
        want_by_rule(connection, place.epoch, "old", is_outsider)
    first = _wanted(shelf, place)

    with shelf.engine.begin() as connection:
        want_by_rule(connection, place.epoch, "old", lambda _key: True)
    second = _wanted(shelf, place)
    with shelf.engine.begin() as connection:
        want_by_rule(connection, place.epoch, "new", lambda _key: True)

    assert (first, second, _wanted(shelf, place)) == (((2, 2),), ((2, 2),), ((1, 2),))


@given(
    st.lists(
        st.builds(
            MessagePart,
            section=st.text(max_size=5),
            content_type=st.text(max_size=5),
            file_name=st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
            size=st.none() | st.integers(0, 1 << 62),
        )
    )
)
def test_parts_are_written_and_read_back(parts: list[MessagePart]) -> None:
    """decode ∘ encode is identity."""
    assert decode_parts(encode_parts(parts)) == tuple(parts)
