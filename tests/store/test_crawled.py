"""What the crawl keeps about itself: epochs, expunged copies, runs and figures."""

from collections.abc import Collection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from scanner.model import Account, FoundMailbox, OpenedMailbox
from scanner.store import crawled
from scanner.store.schema import account, crawl_account, crawl_mailbox, crawl_run, epoch, mailbox, message_copy
from scanner.uids import ranges_of
from tests.shelf import Shelf, letter


def _expunged(shelf: Shelf, epoch_id: int) -> set[int]:
    with shelf.engine.connect() as connection:
        query = select(message_copy.c.uid).where(message_copy.c.epoch_id == epoch_id, message_copy.c.expunged)
        return set(connection.execute(query).scalars())


def _mark(shelf: Shelf, epoch_id: int, listed: Collection[int], *, complete: bool = True) -> int:
    with shelf.engine.begin() as connection:
        return crawled.mark_expunged(connection, epoch_id, ranges_of(listed), complete_list=complete)


# --- epochs ------------------------------------------------------------------


def test_a_new_uidvalidity_is_a_new_epoch(shelf: Shelf) -> None:
    """UIDs of the epoch before mean nothing now (RFC 9051, 2.3.1.1): nothing of the new one was examined."""
    first = shelf.place(uidvalidity=10)
    shelf.put(first, [letter(1), letter(2)])

    with shelf.engine.begin() as connection:
        state = crawled.open_epoch(connection, first.mailbox, OpenedMailbox(11, 3, 2, 9))
        current = connection.execute(select(epoch.c.uidvalidity).where(epoch.c.is_current)).scalars().all()

    assert (state.uidvalidity, state.examined, state.is_new) == (11, (), True)
    assert current == [11]
    assert state.id != first.epoch


def test_the_same_uidvalidity_goes_on_behind_its_cursor(shelf: Shelf) -> None:
    """What was examined is remembered, and what the server says now replaces what it said before."""
    place = shelf.place(uidvalidity=10)
    shelf.put(place, [letter(1), letter(2), letter(5)])

    with shelf.engine.begin() as connection:
        state = crawled.open_epoch(connection, place.mailbox, OpenedMailbox(10, 7, 3, 2**62))
        row = connection.execute(select(epoch)).one()

    assert (state.id, state.examined, state.is_new) == (place.epoch, ((1, 2), (5, 5)), False)
    assert (row.uidnext, row.highestmodseq) == (7, 2**62)


def test_another_rule_of_who_is_ours_asks_again_for_mail_of_others(shelf: Shelf) -> None:
    """A domain that is added to the settings may make ours what was read and not kept; the rest stays examined."""
    place = shelf.place(uidvalidity=10)
    shelf.put(place, [letter(1), letter(5)], others=((2, 4), (6, 6)))
    opened = OpenedMailbox(10, 7, 6, None)

    with shelf.engine.begin() as connection:
        first = crawled.judge_others_by(connection, crawled.open_epoch(connection, place.mailbox, opened), "a" * 64)
    shelf.put(place, [], others=((2, 4), (6, 6)))
    with shelf.engine.begin() as connection:
        same = crawled.judge_others_by(connection, crawled.open_epoch(connection, place.mailbox, opened), "a" * 64)
        other = crawled.judge_others_by(connection, same, "b" * 64)
        stored = crawled.open_epoch(connection, place.mailbox, opened)

    assert (first.examined, first.others) == (((1, 1), (5, 5)), ())
    assert (same.examined, same.others) == (((1, 6),), ((2, 4), (6, 6)))
    assert (other.examined, other.others) == (stored.examined, stored.others) == (((1, 1), (5, 5)), ())


def test_copies_of_former_epochs_are_retired(shelf: Shelf) -> None:
    """Once the new epoch was read to its end, the old UIDs name nothing; other mailboxes stay as they are."""
    old, beside = shelf.place(uidvalidity=10), shelf.place(mailbox="Archive", uidvalidity=10)
    for place in (old, beside):
        shelf.put(place, [letter(1), letter(2)])
    new = shelf.place(uidvalidity=11)
    shelf.put(new, [letter(1)])

    with shelf.engine.begin() as connection:
        crawled.retire_epochs(connection, old.mailbox)

    assert [_expunged(shelf, one.epoch) for one in (old, new, beside)] == [{1, 2}, set(), set()]


def test_an_epoch_may_come_back(shelf: Shelf) -> None:
    """A server that was restored from a backup has its old UIDVALIDITY again, and its mail is there again."""
    old = shelf.place(uidvalidity=10)
    shelf.put(old, [letter(1), letter(2)])
    shelf.place(uidvalidity=11)
    with shelf.engine.begin() as connection:
        crawled.retire_epochs(connection, old.mailbox)

    again = shelf.place(uidvalidity=10)
    gone = _mark(shelf, again.epoch, {1, 2})
    with shelf.engine.connect() as connection:
        stored = crawled.stored_count(connection, again.epoch)

    assert again == old
    assert (gone, stored) == (0, 2)


# --- expunged copies ---------------------------------------------------------


def test_copies_that_are_no_longer_listed_are_marked(shelf: Shelf) -> None:
    """The figure counts all of the epoch, those of earlier scans included; nothing is deleted."""
    place = shelf.place()
    shelf.put(place, [letter(uid) for uid in range(1, 11)])

    figures = [_mark(shelf, place.epoch, listed) for listed in ({1, 2, 3, 5, 6, 7, 8, 9, 10}, {2, 3, 9, 10})]
    with shelf.engine.connect() as connection:
        stored = crawled.stored_count(connection, place.epoch)

    assert figures == [1, 6]
    assert _expunged(shelf, place.epoch) == {1, 4, 5, 6, 7, 8}
    assert stored == 4


def test_an_emptied_mailbox_keeps_its_mail_in_the_store(shelf: Shelf) -> None:
    """All copies are marked, none is lost."""
    place = shelf.place()
    shelf.put(place, [letter(1), letter(2)])

    assert _mark(shelf, place.epoch, set()) == 2


def test_a_copy_that_is_listed_again_is_there_again(shelf: Shelf) -> None:
    """A server that listed too little once must not make mail disappear for good."""
    place = shelf.place()
    shelf.put(place, [letter(uid) for uid in range(1, 6)])

    _mark(shelf, place.epoch, {1})
    figure = _mark(shelf, place.epoch, {1, 2, 4, 5, 6})

    assert figure == 1
    assert _expunged(shelf, place.epoch) == {3}


def test_a_period_says_nothing_of_mail_outside_it(shelf: Shelf) -> None:
    """With a mandate's period only part is listed: nothing is marked, what was marked stays."""
    place = shelf.place()
    shelf.put(place, [letter(uid) for uid in range(1, 6)])
    _mark(shelf, place.epoch, {1, 2, 3, 4})

    figure = _mark(shelf, place.epoch, {3, 4}, complete=False)

    assert figure == 1
    assert _expunged(shelf, place.epoch) == {5}


_UIDS = st.sets(st.integers(1, 12))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=_UIDS, lists=st.lists(_UIDS, max_size=3))
def test_exactly_the_copies_that_are_not_listed_are_marked(
    shelf: Shelf, stored: set[int], lists: list[set[int]]
) -> None:
    """`expunged_since` (stored earlier, no longer listed): whatever is stored and whatever is listed."""
    place = shelf.place()
    with shelf.engine.begin() as connection:
        connection.execute(delete(message_copy))
    shelf.put(place, [letter(uid) for uid in sorted(stored)])

    for listed in lists:
        figure = _mark(shelf, place.epoch, listed)

        assert _expunged(shelf, place.epoch) == stored - listed
        assert figure == len(stored - listed)


def test_stored_copies_are_counted_within_a_period(shelf: Shelf) -> None:
    """Only UIDs that the server listed for the period count, expunged ones never."""
    place = shelf.place()
    shelf.put(place, [letter(uid) for uid in range(1, 11)])
    _mark(shelf, place.epoch, set(range(1, 11)) - {4})

    with shelf.engine.connect() as connection:
        counts = [crawled.stored_count(connection, place.epoch, within) for within in (None, ((3, 6),), ())]

    assert counts == [9, 3, 0]


# --- accounts, mailboxes, runs -----------------------------------------------


def test_a_mailbox_that_is_not_listed_is_marked_so(shelf: Shelf) -> None:
    """It keeps its number and its mail; listed again, it is the same mailbox with the newest role."""
    shelf.place()
    number = shelf.place(mailbox="Archive")
    with shelf.engine.begin() as connection:
        crawled.save_mailboxes(connection, number.account, [FoundMailbox(b"Sent", "Sent", "sent", "r", True)])
        gone = connection.execute(select(mailbox.c.name).where(~mailbox.c.listed)).scalars().all()
        found = FoundMailbox(b"Archive", "Archive", "archive", "setting", False)
        again = crawled.save_mailboxes(connection, number.account, [found])
        row = connection.execute(select(mailbox).where(mailbox.c.id == number.mailbox)).one()

    assert gone == ["Archive"]
    assert again[b"Archive"] == number.mailbox
    assert (row.role, row.reason, row.in_scope, row.listed) == ("archive", "setting", False, True)


def test_an_account_is_known_by_its_name(shelf: Shelf) -> None:
    """A new host or login refreshes the row; who is read on whose behalf is what is kept."""
    with shelf.engine.begin() as connection:
        first = crawled.save_account(connection, Account("office", "old.corp.example", 993, "admin"))
        again = crawled.save_account(
            connection, Account("office", "new.corp.example", 993, "admin", as_user="office@corp.example")
        )
        row = connection.execute(select(account)).one()

    assert first == again
    assert (row.host, row.login) == ("new.corp.example", "office@corp.example")


def test_a_killed_run_is_found_and_marked(shelf: Shelf) -> None:
    """The next run finds it still running; runs that ended keep their state."""
    ended = Shelf(shelf.engine)
    ended.end("incomplete")
    killed = Shelf(shelf.engine)

    now = Shelf(shelf.engine)
    with shelf.engine.connect() as connection:
        states = {row.id: row.state for row in connection.execute(select(crawl_run))}

    assert (states[ended.run], states[killed.run], states[now.run]) == ("incomplete", "aborted", "running")


def test_figures_of_a_mailbox_are_one_row_a_run(shelf: Shelf) -> None:
    """They are written at the start, refreshed at the end, and those of earlier runs stay."""
    place = shelf.place()

    shelf.account_for(place, enumerated=5, stored=0, done=False)
    shelf.account_for(place, enumerated=5, stored=4, vanished=1)
    later = Shelf(shelf.engine)
    later.account_for(later.place(), enumerated=9, stored=9)
    with shelf.engine.connect() as connection:
        rows = connection.execute(select(crawl_mailbox).order_by(crawl_mailbox.c.run_id)).all()

    assert [(row.enumerated, row.stored, row.vanished, row.ended_at is None) for row in rows] == [
        (5, 4, 1, False),
        (9, 9, 0, False),
    ]


def test_what_a_server_said_of_itself_is_kept(shelf: Shelf) -> None:
    """Server and TLS are noted when they are known, and the end of the account does not wipe them."""
    place = shelf.place()

    with shelf.engine.begin() as connection:
        crawled.note_account(connection, shelf.run, place.account, state="running")
        crawled.note_account(connection, shelf.run, place.account, state="running", server="Dovecot", tls="TLSv1.3")
        crawled.note_account(connection, shelf.run, place.account, state="failed", error="connection_lost")
        row = connection.execute(select(crawl_account)).one()

    assert (row.state, row.server, row.tls, row.error) == ("failed", "Dovecot", "TLSv1.3", "connection_lost")


def test_what_an_account_received_is_counted_by_day(shelf: Shelf) -> None:
    """Bytes of one day add up over scans, also beyond 2^31; another day begins anew."""
    account_id = shelf.place().account
    with shelf.engine.begin() as connection:
        sums = [
            crawled.count_traffic(connection, account_id, day, received)
            for day, received in ((7, 0), (7, 3_000_000_000), (7, 5), (7, 0), (8, 0), (8, 1))
        ]

    assert sums == [0, 3_000_000_000, 3_000_000_005, 3_000_000_005, 0, 1]
