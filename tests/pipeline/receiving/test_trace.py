"""A message trace is reconciled with the store both ways."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.errors import UsageError
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.receiving.trace import TraceOutcome, import_trace
from scanner.store import delivery
from scanner.store.trace import delivery_gaps, delivery_state
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import OFFICE, START, guests, letter

HOUR = timedelta(hours=1)
Copies = Iterable[tuple[str, datetime, str, str, str, str]]
"""(Message-ID, moment, sender, recipient, status, subject)"""


def rows(uid: int, people: Iterable[int], status: str = "Delivered", *, after: timedelta = timedelta()) -> Copies:
    """Return the trace's rows of the letter with this UID to these guests."""
    subject = "Evening of the group"
    for number in people:
        yield f"<m{uid}@corp.example>", START + after, OFFICE, f"guest{number}@guests.example", status, subject


def importing(desk: Desk, *copies: Copies, name: str = "trace.csv") -> TraceOutcome:
    """Write a trace and import it."""
    file = desk.folder / name
    lines = ["MessageId,Received,SenderAddress,RecipientAddress,Status,Subject"]
    lines += [
        f"{message_id},{at.isoformat()},{sender},{recipient},{status},{subject}"
        for some in copies
        for message_id, at, sender, recipient, status, subject in some
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_trace(desk.settings, file)


def frame(hours: int = 48) -> Copies:
    """Return copies of others' mail around the letters, so that the trace's period is theirs."""
    for at in (START - HOUR, START + timedelta(hours=hours)):
        yield "<in@quay.example>", at, "x@quay.example", OFFICE, "Delivered", "Hello"


def filled(desk: Desk) -> Desk:
    """Put three letters to six guests into the store, analysed."""
    letters = [letter(uid, guests(6), after=uid * HOUR, subject="Evening of the group") for uid in range(1, 4)]
    desk.shelf.put(desk.shelf.place(), letters)
    desk.shelf.end()
    desk.analyse()
    return desk


def test_copies_of_stored_messages_stand_on_the_ladder(desk: Desk) -> None:
    """All three mails are known; one guest got none of them, another only one."""
    filled(desk)
    copies = [
        *(row for uid in (1, 2, 3) for row in rows(uid, range(1, 5))),
        *(row for uid in (1, 2, 3) for row in rows(uid, [5], "Failed")),
        *rows(1, [6]),
        *(row for uid in (2, 3) for row in rows(uid, [6], "Failed")),
    ]

    outcome = importing(desk, copies, frame())
    desk.analyse()

    assert (outcome.matched, outcome.delivered, outcome.failed, outcome.of_others) == (18, 13, 5, 2)
    (incident,) = desk.json()["incidents"]
    ladder = incident["ladder"]
    assert (ladder["delivered"], ladder["bounced"], ladder["replied"]) == (5, 1, "unknown")
    assert ladder["people_lower"] == 5
    assert (ladder["exposed_addresses"], ladder["viewers"]) == (6, 6)


def test_a_renewed_analysis_knows_proofs_as_a_whole_one_does(desk: Desk) -> None:
    """What has come since touches the incidents of its messages, and gives what judging everything gives."""
    filled(desk)
    desk.shelf.put(desk.shelf.place(), [letter(50, guests(8, first=40), subject="Choir", after=timedelta(days=90))])
    desk.analyse()
    importing(desk, rows(1, [1, 2, 3]), rows(2, [4, 5], "Failed"), frame())

    analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
    renewed = desk.json()
    desk.analyse()

    assert [one["ladder"]["delivered"] for one in renewed["incidents"]].count(3) == 1
    assert desk.json() == renewed


def test_an_analysis_while_received_mail_is_read_leaves_nothing_out_later(desk: Desk) -> None:
    """Accounts of one reading end one after the other, under one number; the one after it brings a message more."""
    office, other = desk.shelf.place("office"), desk.shelf.place("other")
    desk.shelf.put(office, [letter(1, guests(6))])
    desk.shelf.put(other, [letter(2, guests(7, first=40), subject="Choir", after=timedelta(days=90))])
    third = desk.shelf.place("third")
    desk.shelf.put(third, [letter(3, guests(7, first=60), subject="Camp", after=timedelta(days=9))])
    desk.shelf.end()
    desk.analyse()
    with desk.shelf.engine.begin() as connection:
        reading = delivery.begin_pass(connection, now=1)
        delivery.note_sought(connection, office.account, [1, 2], reading)
    analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
    with desk.shelf.engine.begin() as connection:
        delivery.note_sought(connection, other.account, [1, 2], reading)
        delivery.note_sought(connection, third.account, [3], delivery.begin_pass(connection, now=2))

    analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
    renewed = desk.json()
    desk.analyse()

    assert renewed["totals"]["replied"] == 0
    assert desk.json() == renewed


def test_the_same_trace_again_says_nothing_new(desk: Desk) -> None:
    """Neither does one that overlaps it, but for the rest of it."""
    filled(desk)
    importing(desk, rows(1, range(1, 7)), frame())

    again = importing(desk, rows(1, range(1, 7)), frame())
    wider = importing(desk, rows(1, range(1, 7)), rows(2, range(1, 7)), frame(), name="wider.csv")

    assert (again.delivered, wider.delivered) == (0, 6)
    with desk.engine.connect() as connection:
        assert [one.name for one in delivery_state(connection, 5).traces] == ["trace.csv", "wider.csv"]


def test_words_that_nobody_knows_are_a_gap(desk: Desk) -> None:
    """Whether these copies arrived is not known; what names somebody, or goes on for ever, is cut."""
    filled(desk)
    said = {"Zugestellt": [1, 2], "to ada@x.example": [3], "x" * 90: [4]}
    copies = [list(rows(1, people, word)) for word, people in said.items()] + [list(frame())]

    outcome = importing(desk, *copies)
    again = importing(desk, *copies)

    assert outcome.unknown_words == {"Zugestellt": 2, "x" * 40: 1, "…@…": 1}
    assert (outcome.has_new_gaps, again.has_new_gaps) == (True, False)
    with desk.engine.connect() as connection:
        details = [gap.detail for gap in delivery_gaps(connection, 5) if gap.kind == "trace_word_unknown"]
    assert details == ["“Zugestellt”, copies: 2", f"“{'x' * 40}”, copies: 1", "“…@…”, copies: 1"]


def test_what_was_unexplained_before_is_no_new_gap(desk: Desk) -> None:
    """It is told again, and a script need not be called again."""
    filled(desk)

    first = importing(desk, rows(77, range(1, 13), after=5 * HOUR), frame())
    second = importing(desk, rows(1, range(1, 7)), frame(), name="other.csv")

    assert (first.has_new_gaps, second.has_new_gaps) == (True, False)
    assert second.unexplained == first.unexplained


def test_recipients_that_the_stored_copy_does_not_show_are_told_and_expose_nobody(desk: Desk) -> None:
    """A lost Bcc line: the viewers are "at least", the ladder's figures stay."""
    filled(desk)

    outcome = importing(desk, rows(1, range(1, 10)), frame())
    desk.analyse()

    assert outcome.unshown == 3
    (incident,) = desk.json()["incidents"]
    assert (incident["ladder"]["viewers"], incident["ladder"]["delivered"]) == (6, 6)
    assert incident["ladder"]["exposed_addresses"] == 6


def test_stored_messages_that_the_trace_does_not_know_are_told(desk: Desk) -> None:
    """Of its senders and time; of other senders it can say nothing."""
    filled(desk)
    desk.shelf.put(desk.shelf.place(), [letter(9, guests(1), sender="hr@corp.example", after=2 * HOUR)])

    outcome = importing(desk, rows(1, range(1, 7)), frame())

    assert (outcome.unknown, outcome.other_senders) == (2, 1)
    with desk.engine.connect() as connection:
        (trace,) = delivery_state(connection, 5).traces
    assert len(trace.unknown) == 2


def test_what_went_to_many_and_nothing_stored_explains_is_listed_until_a_scan_finds_it(desk: Desk) -> None:
    """Missing mail: it is told by sender, time and number, and no longer when the message is stored after all."""
    filled(desk)
    missing = list(rows(77, range(1, 13), after=5 * HOUR))

    outcome = importing(desk, rows(1, range(1, 7)), missing, frame())
    desk.shelf.put(desk.shelf.place(mailbox="Old"), [letter(77, guests(12), after=5 * HOUR)])
    with desk.engine.connect() as connection:
        later = delivery_state(connection, 5).unexplained

    (one,) = outcome.unexplained
    assert (one.sender, one.sent_at, one.outside, one.messages) == (
        OFFICE,
        int((START + 5 * HOUR).timestamp()),
        12,
        1,
    )
    assert later == ()


def test_many_single_mails_of_one_subject_are_one_mailing_and_a_few_are_none(desk: Desk) -> None:
    """A mail merge from a system that was not scanned: no message of it is stored, each went to one person."""
    filled(desk)
    merged = [row for number in range(20) for row in rows(100 + number, [number], after=timedelta(minutes=number))]
    few = [
        (f"<f{number}@corp.example>", START, OFFICE, f"guest{number}@guests.example", "Delivered", "Invoice")
        for number in range(3)
    ]
    inside = [
        ("<in@corp.example>", START, OFFICE, f"colleague{number}@corp.example", "Delivered", "Canteen")
        for number in range(40)
    ]

    outcome = importing(desk, merged, few, inside, frame())

    assert [(one.messages, one.outside) for one in outcome.unexplained] == [(20, 20)]


def test_what_a_sister_company_sends_is_theirs(desk: Desk) -> None:
    """As for scans: their sent mailboxes are not ours to miss mail in."""
    desk.change("")
    text = (
        (desk.folder / "blindcopy.toml")
        .read_text()
        .replace('domains = ["corp.example"]', 'domains = ["corp.example"]\nsister_domains = ["sister.example"]')
    )
    (desk.folder / "blindcopy.toml").write_text(text)
    desk.settings = load_settings(desk.folder / "blindcopy.toml")
    filled(desk)
    theirs = [
        ("<s@sister.example>", START, "x@sister.example", f"guest{number}@guests.example", "Delivered", "Fair")
        for number in range(20)
    ]

    outcome = importing(desk, theirs, frame())

    assert outcome.unexplained == ()
    assert outcome.of_others == 22


def test_without_message_ids_sender_subject_and_time_decide(desk: Desk) -> None:
    """The admin center's short export has none; ten minutes are near enough, an hour is not."""
    filled(desk)
    near = [("", at + HOUR + timedelta(minutes=3), *rest) for _, at, *rest in rows(1, range(1, 7))]
    far = [("", at + timedelta(hours=30), *rest) for _, at, *rest in rows(1, range(1, 7))]

    outcome = importing(desk, near, far, frame())  # type: ignore[arg-type] # tuples of the same parts

    assert (outcome.matched, outcome.delivered) == (6, 6)
    assert [(one.outside, one.messages) for one in outcome.unexplained] == [(6, 1)]


def test_a_trace_that_cannot_be_read_changes_nothing(desk: Desk) -> None:
    """One clear line, and the store as it was."""
    filled(desk)
    file = desk.folder / "trace.csv"
    file.write_text("Date,From,To,Status\nnever,nobody,noone,sent\n")

    with pytest.raises(UsageError, match="no row of it can be read"):
        import_trace(desk.settings, file)
    with desk.engine.connect() as connection:
        assert delivery_state(connection, 5).is_empty


def test_a_path_is_not_kept(desk: Desk) -> None:
    """Only the file's name stands in the store and in answers."""
    filled(desk)

    outcome = importing(desk, rows(1, range(1, 7)), frame())

    assert outcome.name == Path(outcome.name).name == "trace.csv"
