"""What was examined of what the servers list: the headline beside every figure."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from scanner.model import NOTHING_READ, Account, CoverageRow, FoundMailbox, Gap
from scanner.store import crawled
from scanner.store.coverage import coverage_rows, is_provisional
from scanner.store.gaps import record_gap
from scanner.store.schema import message
from tests.policies import CORP, class_all
from tests.shelf import Shelf, guests, letter


def _rows(shelf: Shelf, account: str | None = None) -> list[CoverageRow]:
    with shelf.engine.connect() as connection:
        return list(coverage_rows(connection, account))


def test_figures_add_up(shelf: Shelf) -> None:
    """Enumerated = stored + vanished + errored; beside it drafts, mail from others and mail with a Bcc field."""
    place = shelf.place()
    sent = [letter(uid, guests(1), after=timedelta(days=uid)) for uid in range(1, 4)]
    hidden = letter(4, ["office@corp.example"], bcc=guests(3), after=timedelta(days=-5))
    draft = letter(5, guests(1), is_draft=True)
    received = letter(6, ["office@corp.example"], sender="visitor@guests.example")
    shelf.put(place, [*sent, hidden, draft, received], gaps=(Gap("office", "message_unserved", "no", "Sent", 1, 7),))
    shelf.account_for(place, enumerated=8, stored=6, vanished=1, errored=1)
    class_all(shelf.engine, CORP)

    (row,) = _rows(shelf)

    assert row.enumerated == row.stored + row.vanished + row.errored == 8
    assert (row.drafts, row.received, row.with_bcc, row.gaps) == (1, 1, 1, 1)
    assert (row.oldest, row.newest) == (hidden.sent_at, sent[-1].sent_at)
    assert (row.uidvalidity, row.role, row.in_scope, row.scanned_at) == (1, "sent", True, 1_800_000_100)


def test_accounts_that_were_never_reached_come_first(shelf: Shelf) -> None:
    """They stand there by name with their gaps, before any figure can look complete."""
    shelf.place(account="alpha")
    with shelf.engine.begin() as connection:
        number = crawled.save_account(connection, Account("zeta", "imap.corp.example", 993, "zeta"))
        unreached = Gap("zeta", "account_unreached", "nothing answers")
        record_gap(connection, shelf.run, number, None, None, unreached)

    rows = _rows(shelf)

    assert [(row.account, row.mailbox) for row in rows] == [("zeta", ""), ("alpha", "Sent")]
    assert (rows[0].gaps, rows[0].reason, rows[0].in_scope, rows[0].uidvalidity) == (1, "never reached", True, None)


def test_an_account_whose_mailboxes_could_not_be_opened_was_never_reached(shelf: Shelf) -> None:
    """Its mailboxes are listed with their gaps and without figures."""
    place = shelf.place(account="alpha")
    with shelf.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM epoch")
        unread = Gap("alpha", "mailbox_unreadable", "refused", "Sent")
        record_gap(connection, shelf.run, place.account, place.mailbox, None, unread)

    rows = _rows(shelf)

    assert [(row.mailbox, row.gaps, row.enumerated) for row in rows] == [("", 0, 0), ("Sent", 1, 0)]


def test_mailboxes_out_of_scope_stand_there_with_their_reason(shelf: Shelf) -> None:
    """What was not scanned, and why."""
    shelf.place()
    shelf.place(mailbox="Doctor", in_scope=False)

    rows = {row.mailbox: row for row in _rows(shelf)}

    assert (rows["Doctor"].in_scope, rows["Doctor"].reason) == (False, "a test says so")


def test_own_mail_stands_beside_mailboxes_that_are_not_read_only(shelf: Shelf) -> None:
    """Counted, or why not; once a mailbox is read, or must not be looked at, the figure is forgotten."""
    with shelf.engine.begin() as connection:
        number = crawled.save_account(connection, Account("office", "imap.corp.example", 993, "office"))
        names = ("INBOX", "Orders", "Doctor")
        found = [FoundMailbox(n.encode(), n, "other", "not a sent mailbox", False, is_searched=True) for n in names]
        boxes = crawled.save_mailboxes(connection, number, found)
        crawled.save_own_mail(connection, boxes[b"INBOX"], 12, "", "7:3:9:abc")
        crawled.save_own_mail(connection, boxes[b"Orders"], None, "refused", "7:1:1:abc")
        crawled.save_own_mail(connection, boxes[b"Doctor"], 5, "", None)
    before = {row.mailbox: (row.own_mail, row.own_mail_note) for row in _rows(shelf)}
    with shelf.engine.begin() as connection:
        known = crawled.own_mail_states(connection, number)
        read = replace(found[0], in_scope=True, is_searched=False)
        closed = FoundMailbox.excluded(b"Doctor", "Doctor", "other", "the doctor's")
        crawled.save_mailboxes(connection, number, [read, found[1], closed])
    after = {row.mailbox: (row.own_mail, row.own_mail_note) for row in _rows(shelf) if row.mailbox}

    del before[""]
    assert before == {"INBOX": (12, ""), "Orders": (None, "refused"), "Doctor": (5, "")}
    assert known == {b"INBOX": "7:3:9:abc", b"Orders": "7:1:1:abc"}
    assert after == {"INBOX": (None, ""), "Orders": (None, "refused"), "Doctor": (None, "")}


def test_a_mailbox_that_disappeared_is_named(shelf: Shelf) -> None:
    """Its mail is still in the store, and nothing of it counts as listed."""
    place = shelf.place()
    shelf.put(place, [letter(1, guests(1))])
    shelf.account_for(place, enumerated=1, stored=1)
    with shelf.engine.begin() as connection:
        crawled.save_mailboxes(connection, place.account, [])

    (row,) = _rows(shelf)

    assert (row.is_unlisted, row.is_past) == (True, True)
    assert (row.enumerated, row.stored, row.expunged_since, row.newest is None) == (0, 0, 1, False)


def test_a_former_epoch_stands_there_without_figures_of_now(shelf: Shelf) -> None:
    """CONTRACTS: Coverage, per epoch; of the former one nothing is listed, and what is gone for good is counted."""
    old = shelf.place(uidvalidity=1)
    shelf.put(old, [letter(1, guests(1)), letter(2, guests(1))])
    shelf.account_for(old, enumerated=2, stored=2)
    new = shelf.place(uidvalidity=2)
    shelf.put(new, [letter(1, guests(1))])
    shelf.account_for(new, enumerated=1, stored=1)

    with shelf.engine.begin() as connection:
        crawled.retire_epochs(connection, new.mailbox)

    former, row = _rows(shelf)

    assert (former.uidvalidity, former.enumerated, former.stored, former.expunged_since) == (1, 0, 0, 1)
    assert (former.is_former, row.is_former, row.was_asked) == (True, False, True)
    assert former.oldest == letter(1, guests(1)).sent_at
    assert (row.uidvalidity, row.enumerated, row.stored) == (2, 1, 1)


def test_the_dates_speak_of_all_that_is_stored(shelf: Shelf) -> None:
    """Expunged mail is judged like any other: the oldest mail is not younger than what the queue shows."""
    place = shelf.place()
    shelf.put(place, [letter(1, bcc=guests(2), after=timedelta(days=-9)), letter(2, guests(1))])
    with shelf.engine.begin() as connection:
        crawled.mark_expunged(connection, place.epoch, ((2, 2),), complete_list=True)
    shelf.account_for(place, enumerated=1, stored=1)

    (row,) = _rows(shelf)

    assert (row.with_bcc, row.stored) == (0, 1)
    assert (row.oldest, row.newest) == (letter(1, after=timedelta(days=-9)).sent_at, letter(2, guests(1)).sent_at)


def test_mail_without_a_date_is_at_neither_end(shelf: Shelf) -> None:
    """Files tell no INTERNALDATE, and some no Date; 0 is told only where all mail is so."""
    place, other = shelf.place(), shelf.place("office", "Archive")
    known = letter(1, guests(1))
    shelf.put(place, [known, letter(2, guests(2))._replace(sent_at=0)])
    shelf.put(other, [letter(3, guests(2))._replace(sent_at=0)])
    shelf.account_for(place, enumerated=2, stored=2)
    shelf.account_for(other, enumerated=1, stored=1)

    found = {row.mailbox: (row.oldest, row.newest) for row in _rows(shelf)}

    assert sorted(found.values()) == [(0, 0), (known.sent_at, known.sent_at)]


def test_a_typing_error_that_is_mended_is_gone(shelf: Shelf) -> None:
    """A mailbox that was never opened and is no longer listed says nothing."""
    place = shelf.place()
    with shelf.engine.begin() as connection:
        for found in ([FoundMailbox.missing("Snet")], []):
            crawled.save_mailboxes(connection, place.account, found)

    assert [row.mailbox for row in _rows(shelf)] == ["Sent"]


def test_a_running_scan_shows_what_it_has(shelf: Shelf) -> None:
    """Its batches count as they come, and never more than the server lists."""
    place = shelf.place()
    shelf.account_for(place, enumerated=5, stored=0, done=False)
    shelf.put(place, [letter(1, guests(1)), letter(2, guests(1))])

    (row,) = _rows(shelf)

    assert (row.enumerated, row.stored, row.scanned_at) == (5, 2, None)


def test_a_scan_of_a_period_never_shows_more_than_it_listed(shelf: Shelf) -> None:
    """Mail from before a mandate's period lies in the store already; it is no part of what is listed now."""
    place = shelf.place()
    shelf.put(place, [letter(uid, guests(1)) for uid in range(1, 8)])
    later = Shelf(shelf.engine)
    later.account_for(later.place(), enumerated=3, stored=1, done=False)

    (row,) = _rows(shelf)

    assert row.stored <= row.enumerated


def test_the_newest_finished_figures_count(shelf: Shelf) -> None:
    """Rows of earlier runs are history."""
    shelf.account_for(shelf.place(), enumerated=5, stored=5)
    later = Shelf(shelf.engine)
    later.account_for(later.place(), enumerated=7, stored=7)

    assert [row.enumerated for row in _rows(shelf)] == [7]


def test_one_account_can_be_asked_for(shelf: Shelf) -> None:
    """Names sort by their characters, whatever the database collates."""
    for account in ("b", "B", "a"):
        for mailbox in ("sent", "Sent"):
            shelf.place(account=account, mailbox=mailbox)

    assert [(row.account, row.mailbox) for row in _rows(shelf)] == [
        (account, mailbox) for account in ("B", "a", "b") for mailbox in ("Sent", "sent")
    ]
    assert {row.account for row in _rows(shelf, "b")} == {"b"}


def test_a_scan_that_has_not_ended_makes_figures_provisional(shelf: Shelf) -> None:
    """Running or killed: they can only grow. Complete, or incomplete because an account failed: they stand."""
    seen = []
    for state in ("running", "aborted", "complete", "incomplete"):
        Shelf(shelf.engine).end(state)
        with shelf.engine.connect() as connection:
            seen.append(is_provisional(connection))

    assert seen == [True, True, False, False]


def test_received_mail_of_another_policy_is_counted_anew(shelf: Shelf) -> None:
    """The origin is read when it is asked for."""
    place = shelf.place()
    shelf.put(place, [letter(1, guests(1))])
    with shelf.engine.begin() as connection:
        connection.execute(update(message).values(origin="received"))

    assert [row.received for row in _rows(shelf)] == [1]


def test_an_account_without_sent_mailbox_was_reached(shelf: Shelf) -> None:
    """It showed its mailboxes, and none of them holds sent mail: no place or password is wrong."""
    with shelf.engine.begin() as connection:
        number = crawled.save_account(connection, Account("bare", "imap.corp.example", 993, "bare"))
        record_gap(connection, shelf.run, number, None, None, Gap("bare", "no_sent_mailbox", "no sent mailbox found"))

    (row,) = _rows(shelf)

    assert (row.mailbox, row.reason) == ("", NOTHING_READ)
