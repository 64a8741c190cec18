"""A gap is recorded once, counted each time it is met, and closed when the thing was read after all."""

import pytest
from sqlalchemy import select

from scanner.model import GAP_KINDS, Gap
from scanner.store import gaps
from scanner.store.gaps import MESSAGE_KINDS, accounts_with_gaps, open_gaps, open_message_gaps, record_gap, resolve_gaps
from scanner.store.schema import gap
from tests.shelf import Place, Shelf


def _unread(uid: int, kind: str = "message_unserved", detail: str = "not given") -> Gap:
    return Gap("office", kind, detail, "Sent", 1, uid, b"\xff\x00raw")


def _record(shelf: Shelf, place: Place, found: Gap, *, whole_account: bool = False) -> bool:
    mailbox, epoch = (None, None) if whole_account else (place.mailbox, place.epoch)
    with shelf.engine.begin() as connection:
        return record_gap(connection, shelf.run, place.account, mailbox, epoch, found)


def _open(shelf: Shelf) -> list[Gap]:
    with shelf.engine.connect() as connection:
        return list(open_gaps(connection))


def test_a_gap_is_recorded_once(shelf: Shelf) -> None:
    """Met again it is no new gap; the newest words about it are kept, and all of it is read back."""
    place = shelf.place()

    first = _record(shelf, place, _unread(3))
    again = _record(shelf, place, _unread(3, detail="still not given"))

    assert (first, again) == (True, False)
    assert _open(shelf) == [_unread(3, detail="still not given")]


def test_every_meeting_is_a_strike(shelf: Shelf) -> None:
    """A message that cannot be read is asked for a few times, then left."""
    place = shelf.place()

    for _ in range(3):
        _record(shelf, place, _unread(3))
    _record(shelf, place, _unread(4))
    with shelf.engine.connect() as connection:
        strikes = open_message_gaps(connection, place.epoch)

    assert strikes == {3: 3, 4: 1}


def test_gaps_differ_by_place_message_and_kind(shelf: Shelf) -> None:
    """Another UID, mailbox, account or kind is another gap; so is one without any of them."""
    places = [shelf.place(), shelf.place(mailbox="Archive"), shelf.place(account="other")]

    for place in places:
        for kind in MESSAGE_KINDS:
            assert _record(shelf, place, _unread(3, kind))
        assert _record(shelf, place, _unread(4))
    assert _record(shelf, places[0], Gap("office", "account_unfinished", "lost"), whole_account=True)
    assert not _record(shelf, places[0], Gap("office", "account_unfinished", "lost"), whole_account=True)

    assert len(_open(shelf)) == len(places) * (len(MESSAGE_KINDS) + 1) + 1


def test_what_is_read_after_all_is_closed(shelf: Shelf) -> None:
    """Only gaps of the named kinds, mailbox and messages; one that opens again is new."""
    here, there = shelf.place(), shelf.place(mailbox="Archive")
    for place in (here, there):
        for uid in (3, 4):
            _record(shelf, place, _unread(uid))
    _record(shelf, here, Gap("office", "mailbox_unreadable", "refused", "Sent", 1))

    with shelf.engine.begin() as connection:
        resolve_gaps(connection, shelf.run, here.account, kinds=MESSAGE_KINDS, epoch_id=here.epoch, uids=(3,))
        resolve_gaps(connection, shelf.run, here.account, kinds=("mailbox_unreadable",), mailbox_id=there.mailbox)

    assert [(one.mailbox, one.uid) for one in _open(shelf)] == [
        ("Archive", 3),
        ("Archive", 4),
        ("Sent", None),
        ("Sent", 4),
    ]
    assert _record(shelf, here, _unread(3))


def test_open_gaps_stand_in_one_order(shelf: Shelf) -> None:
    """By account, mailbox, epoch, message and kind, whatever order they were met in; accounts before mailboxes."""
    found = []
    for account in ("zoo", "Ärzte", "office"):
        for mailbox in ("Sent", "Archive"):
            place = shelf.place(account=account, mailbox=mailbox)
            for uid in (10, 9):
                _record(shelf, place, Gap(account, "message_unparsed", "odd", mailbox, 1, uid))
        _record(shelf, place, Gap(account, "account_unfinished", "lost"), whole_account=True)

    found = [(one.account, one.mailbox, one.uid) for one in _open(shelf)]

    assert found == sorted(found, key=lambda one: (one[0], one[1] or "", one[2] or 0))
    assert found[0] == ("office", None, None)
    assert len(found) == 15


def test_many_gaps_are_read_piece_by_piece(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is lost or doubled between two pieces, and their accounts can be asked for alone."""
    monkeypatch.setattr(gaps, "_PIECE", 7)
    place = shelf.place()
    shelf.put(place, [], gaps=tuple(_unread(uid) for uid in range(35, 0, -1)))

    with shelf.engine.connect() as connection:
        accounts = accounts_with_gaps(connection)

    assert [one.uid for one in _open(shelf)] == list(range(1, 36))
    assert accounts == {"office"}


def test_every_kind_fits_its_column(shelf: Shelf) -> None:
    """PostgreSQL refuses longer words, SQLite does not."""
    place = shelf.place()

    for kind in GAP_KINDS:
        assert _record(shelf, place, _unread(1, kind))

    assert len(_open(shelf)) == len(GAP_KINDS)


def test_gap_rows_name_the_run_that_closed_them(shelf: Shelf) -> None:
    """Nothing is deleted: the history of a gap can be told."""
    place = shelf.place()
    _record(shelf, place, _unread(3))

    with shelf.engine.begin() as connection:
        resolve_gaps(connection, shelf.run, place.account, kinds=MESSAGE_KINDS, epoch_id=place.epoch)
        row = connection.execute(select(gap.c.run_id, gap.c.resolved_run_id)).one()

    assert tuple(row) == (shelf.run, shelf.run)
