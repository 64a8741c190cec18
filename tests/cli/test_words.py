"""Numbers in sentences: what lies where nothing is read is said, and what to do about it."""

from dataclasses import replace

from scanner.cli.words import covered_text, own_mail_elsewhere, set_aside
from scanner.model import IncidentKey
from scanner.pipeline.deciding.covered import Covered
from tests.cli.test_scan import ROW

OUTSIDE = replace(ROW, mailbox="INBOX", in_scope=False, reason="the inbox", uidvalidity=None)


def test_own_mail_that_is_not_read_is_told_with_the_way_to_read_it() -> None:
    """The sum over all mailboxes that hold some; what is read, or holds none, is not among them."""
    rows = [
        replace(ROW, own_mail=50),
        replace(OUTSIDE, own_mail=1_200),
        replace(OUTSIDE, mailbox="Projects", own_mail=34),
        replace(OUTSIDE, mailbox="Newsletters", own_mail=0),
        replace(OUTSIDE, mailbox="Orders"),
    ]

    assert list(own_mail_elsewhere(rows)) == [
        "Own mail outside the sent mailboxes: 1,234 messages in 2 mailboxes (not read). To read it, set "
        'scope = "ours" for the account.'
    ]


def test_own_mail_that_could_not_be_counted_is_told() -> None:
    """A search that a server refuses is no nought."""
    rows = [replace(OUTSIDE, own_mail_note="the server does not answer the search")]

    assert list(own_mail_elsewhere(rows)) == ["Own mail could not be counted in 1 of the mailboxes that are not read."]


def test_nothing_elsewhere_needs_no_word() -> None:
    """Nor does a store that was never asked."""
    assert list(own_mail_elsewhere([ROW, OUTSIDE, replace(OUTSIDE, own_mail=0)])) == []


def test_mail_that_is_no_longer_ours_is_told_apart_from_replies_among_sent_mail() -> None:
    """The advice on aliases is for sent mailboxes only."""
    inbox = replace(ROW, mailbox="INBOX", role="inbox", received=33)

    (former,) = set_aside([inbox])

    assert "33 messages read for mail of ours" in former
    assert len(list(set_aside([inbox, replace(ROW, received=1)]))) == 2


def test_what_goes_with_a_decision_is_counted_and_the_largest_named() -> None:
    """A dismissal of a sender may move an incident of 500 people that nobody looked at."""
    moved = [
        Covered(IncidentKey(f"{number:012x}"), "dismissed", 500 - number, f"Subject {number}" if number < 5 else "")
        for number in range(7)
    ]

    text = covered_text(moved, "changed with it")

    assert text.startswith("7 other incidents of the queue changed with it, with 3,479 people exposed, added up.")
    assert "000000000000 “Subject 0” (500 people, dismissed); 000000000001 “Subject 1”" in text
    assert text.endswith("; and 2 more.")
    assert covered_text((), "changed with it") == ""


def test_a_long_subject_does_not_drown_the_sentence() -> None:
    """Nor does anything in it act on the terminal."""
    text = covered_text([Covered(IncidentKey("0" * 12), "dismissed", 6, "\x1b[2J" + "S" * 30_000)], "changed with it")

    assert len(text) < 300
    assert "…” (6 people, dismissed)." in text
    assert "\x1b" not in text
