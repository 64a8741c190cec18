"""How far received mail was looked through is kept by account, mailbox and UIDVALIDITY."""

from datetime import timedelta

from sqlalchemy import Connection

from scanner.model import AddressKey, FoundMailbox, OpenedMailbox
from scanner.store import delivery
from scanner.store.results import latest_analysis
from scanner.store.trace import Send, TraceFigures, begin_trace, delivery_gaps, delivery_state, save_reconciliation
from tests.shelf import OFFICE, START, Place, Shelf, guests, letter

INBOX = FoundMailbox(b"INBOX", "INBOX", "inbox", "the inbox", False)
AT = int(START.timestamp())


def opened(connection: Connection, place: Place, uidvalidity: int = 9) -> delivery.ReceivedEpoch:
    """Open the office's inbox."""
    number = delivery.mailbox_number(connection, place.account, INBOX)
    return delivery.open_received(connection, number, OpenedMailbox(uidvalidity, 40, 3, None))


def test_the_cursor_goes_on_and_a_new_uidvalidity_begins_anew(shelf: Shelf) -> None:
    """UIDs of a former epoch name nothing (RFC 9051, 2.3.1.1), and neither do its unread bounces."""
    place = shelf.place()

    with shelf.engine.begin() as connection:
        first = opened(connection, place)
        delivery.save_progress(connection, first.id, ((1, 30),), 30)
        delivery.note_unread(connection, first.id, ((1, 30),), {7: (delivery.BOUNCE_UNREAD, "text only")})
        again = opened(connection, place)
        former = delivery.former_opening(connection, place.account, b"INBOX")
        unread = [(gap.mailbox, gap.uid, gap.kind) for gap in delivery.unread_mail(connection)]
        rebuilt = opened(connection, place, uidvalidity=10)

        assert (first.examined, again.examined, rebuilt.examined) == ((), ((1, 30),), ())
        assert former == OpenedMailbox(9, 40, 0, None)
        assert unread == [("INBOX", 7, "bounce_unread")]
        assert list(delivery.unread_mail(connection)) == []


def test_what_is_read_the_second_time_is_no_gap_any_more(shelf: Shelf) -> None:
    """Of the UIDs that were asked for again only those stay that could not be read again."""
    place = shelf.place()

    with shelf.engine.begin() as connection:
        epoch = opened(connection, place)
        gap = (delivery.MESSAGE_UNSERVED, "not given")
        delivery.note_unread(connection, epoch.id, ((1, 30),), {7: gap, 8: gap, 20: gap})
        delivery.note_unread(connection, epoch.id, ((5, 6), (8, 12)), {9: gap})
        unread = [one.uid for one in delivery.unread_mail(connection)]

    assert unread == [7, 9, 20]


def test_messages_are_looked_for_from_the_first_uid_or_to_the_end(shelf: Shelf) -> None:
    """What was noted before anything was read is covered by the cursor; the end of a pass says that all was read."""
    place = shelf.place()
    shelf.put(place, [letter(uid, guests(3), after=timedelta(hours=uid)) for uid in (1, 2)])

    with shelf.engine.begin() as connection:
        untouched = delivery.is_untouched(connection, place.account)
        delivery.note_sought(connection, place.account, [1], None)
        number = delivery.begin_pass(connection, now=5)
        delivery.note_sought(connection, place.account, [1, 2], number)
        delivery.end_pass(connection, number, now=6)
        epoch = opened(connection, place)
        delivery.save_progress(connection, epoch.id, ((1, 3),), 3)
        delivery.note_reading(connection, place.account, ended_at=6, error="")
        delivery.note_reading(connection, place.account, ended_at=None, error="timeout")

        assert untouched
        assert not delivery.is_untouched(connection, place.account)
        assert delivery.already_sought(connection, place.account) == {1, 2}
        (reading,) = delivery.inbox_readings(connection)
        assert (reading.account, reading.ended_at, reading.read, reading.error) == ("office", 6, 3, "timeout")


def test_nothing_is_queued_without_an_analysis(shelf: Shelf) -> None:
    """And the recipients of a message are those of To, Cc and Bcc without its senders."""
    place = shelf.place()
    shelf.put(place, [letter(1, [*guests(2), OFFICE], bcc=guests(1, first=9))])

    with shelf.engine.begin() as connection:
        (sought,) = delivery.sought_messages(connection, [(1, "<m1@corp.example>", AT)])

        assert latest_analysis(connection) is None
        assert delivery.queued_messages(connection, 1) == ()
        assert sought.recipients == {f"guest{number}@guests.example" for number in (1, 2, 9)}


def test_mailings_without_a_stored_message_are_missing_until_one_is_stored(shelf: Shelf) -> None:
    """Large ones stand alone, small ones of one day together; overlapping traces tell of each once."""
    sender = AddressKey(OFFICE)
    large = Send("<large@corp.example>", sender, "Fair", AT, 12, 12)
    small = [Send(f"<s{number}@corp.example>", sender, "Offer", AT + number * 3_600, 1, 1) for number in range(6)]
    late = Send("<late@corp.example>", sender, "Offer", AT + 90 * 3_600, 1, 1)
    figures = TraceFigures(AT, AT + 90 * 3_600, 19, 0, 0, 0, {"Zugestellt": 1_200})

    with shelf.engine.begin() as connection:
        for name in ("one.csv", "two.csv"):
            number, _ = begin_trace(connection, name, name * 8, figures, now=7)
            save_reconciliation(connection, number, [large, *small, late], [])
        missing = delivery_state(connection, 5).unexplained
        gaps = [(gap.kind, gap.detail) for gap in delivery_gaps(connection, 5)]
    shelf.put(shelf.place(), [letter(1, guests(12), message_id="<large@corp.example>")])
    with shelf.engine.connect() as connection:
        later = delivery_state(connection, 5).unexplained

    assert [(one.subject, one.messages, one.outside) for one in missing] == [("Fair", 1, 12), ("Offer", 6, 6)]
    assert [one.subject for one in later] == ["Offer"]
    assert gaps[:2] == [("trace_word_unknown", "“Zugestellt”, copies: 1,200")] * 2
    assert [kind for kind, _ in gaps[2:]] == ["bulk_unexplained"] * 2
    assert gaps[3][1].endswith("to 6 outsiders, 6 messages together")
