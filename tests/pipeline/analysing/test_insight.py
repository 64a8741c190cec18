"""What a report tells from rows that are there already, through the whole store."""

import json
from collections.abc import Callable
from datetime import timedelta

from scanner.model import Incident, Report
from scanner.pipeline.checking.suggest import suggest
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.checking.test_suggest import SILENT
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter

DAY = timedelta(days=1)
OFFICE = "office@corp.example"
LIST = [guest for number in (7, 3, 11, 1, 9, 5, 2, 14, 8, 12, 4, 13, 6, 10) for guest in guests(1, first=number)]


def incident(report: Report, subject: str) -> Incident:
    """Return the incident of this subject."""
    return next(one for one in report.incidents() if one.subject == subject)


def test_a_list_is_known_again_in_bcc_and_in_other_accounts(desk: Desk) -> None:
    """Split over To and Cc, in Bcc, from a colleague's account: the order tells."""
    desk.shelf.put(
        desk.shelf.place(),
        [
            letter(1, [OFFICE], bcc=LIST, subject="January letter"),
            letter(2, LIST[:6], cc=LIST[6:], subject="Evening group", after=40 * DAY),
        ],
    )
    desk.shelf.put(
        desk.shelf.place("clinic"),
        [letter(3, [OFFICE], bcc=LIST[:5] + LIST[6:], subject="Survey", sender="c@corp.example", after=80 * DAY)],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        trace = incident(report, "Evening group").list_trace

    assert trace is not None
    assert (trace.times, trace.times_open, trace.is_alphabetical) == (3, 1, False)
    assert [mailing.addresses for mailing in trace.mailings] == [14, 14, 13]


def test_mail_that_was_stored_after_the_analysis_is_not_told(desk: Desk) -> None:
    """A report speaks for its analysis, whatever a scan has stored since."""
    place = desk.shelf.place()
    desk.shelf.put(place, [letter(1, LIST, subject="Evening group")])
    desk.analyse()
    desk.shelf.put(place, [letter(2, [OFFICE], bcc=LIST, subject="Later", after=DAY)])
    desk.shelf.put(place, [letter(3, LIST[:1], subject="Our apologies", after=DAY)])

    with open_report(desk.settings) as report:
        found = incident(report, "Evening group")
        near = list(report.near_misses())

    assert found.list_trace is not None
    assert found.list_trace.times == 1
    assert found.follow_up is not None
    assert found.follow_up.none == 14
    assert near == []


def test_follow_ups_are_told_by_address(desk: Desk) -> None:
    """One person was written to alone, two in Bcc, nobody else; the recall showed the list again."""
    leak = letter(1, LIST, subject="Evening group")
    desk.shelf.put(
        desk.shelf.place(),
        [
            leak,
            letter(2, LIST, subject="Recall: Evening group", after=DAY / 24),
            letter(3, LIST[:1], subject="About last night", after=DAY, extra=b"In-Reply-To: <m1@corp.example>\r\n"),
            letter(4, [OFFICE], bcc=[*LIST[1:3], *guests(4, first=90)], subject="Apology: Evening group", after=DAY),
            letter(5, LIST[4:5], subject="Your invoice", after=DAY),
        ],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        told = incident(report, "Evening group").follow_up

    assert told is not None
    assert [(entry.key, entry.how) for entry in told.individual] == [("guest7@guests.example", "answer")]
    assert [entry.key for entry in told.hidden] == ["guest11@guests.example", "guest3@guests.example"]
    assert (told.none, told.open_apologies) == (11, 1)


def test_the_follow_up_hears_what_linking_hears(desk: Desk) -> None:
    """Exchange's Thread-Index tells a "Re:" that somebody wrote by hand from an answer, for both alike."""
    begins = b"Thread-Index: Ac" + b"A" * 28 + b"\r\n"
    desk.shelf.put(
        desk.shelf.place(),
        [
            letter(1, LIST, subject="Evening group"),
            letter(2, LIST, subject="Re: sorry for the open list", after=DAY, extra=begins),
            letter(3, LIST[:1], subject="Re: we are sorry", after=2 * DAY, extra=begins),
            letter(4, LIST[1:2], subject="Re: we are sorry", after=2 * DAY),
        ],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        found = incident(report, "Evening group")

    assert [part.kind for part in found.messages] == ["original", "apology"]
    assert found.follow_up is not None
    assert [(entry.key, entry.how) for entry in found.follow_up.individual] == [("guest7@guests.example", "apology")]


def test_near_misses_stand_by_mailbox_and_label(desk: Desk) -> None:
    """Only what hid its list; the label is that of the policy."""
    desk.change('[[label]]\nname = "health"\nsubject = "*clinic*"\n')
    desk.shelf.put(
        desk.shelf.place(),
        [
            letter(1, [OFFICE], bcc=LIST, subject="News of the clinic"),
            letter(2, [OFFICE], bcc=LIST[:6], subject="Other news", after=DAY),
            letter(3, LIST[:2], bcc=LIST[2:], subject="Two in To", after=2 * DAY),
        ],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        rows = [(row.by, row.mailbox or row.label, row.mailings, row.addresses) for row in report.near_misses()]

    assert rows == [("all", "", 2, 14), ("mailbox", "Sent", 2, 14), ("label", "health", 1, 14)]


def test_everybody_counts_in_mail_of_a_protected_mailbox(desk: Desk) -> None:
    """There insiders are whom the mail may harm, and the account's own address is the sender."""
    desk.change('[[protected]]\nname = "staff"\nmailbox = "Sent"\n')
    staff = [f"Staff {number} <s{number}@corp.example>" for number in range(9)]
    desk.shelf.put(desk.shelf.place(), [letter(1, ["other@corp.example"], bcc=[*staff, OFFICE], subject="Sick list")])
    desk.analyse()

    with open_report(desk.settings) as report:
        assert [row.addresses for row in report.near_misses()][:1] == [9]


def test_missing_mail_is_told_where_only_the_account_has_a_part(desk: Desk) -> None:
    """A reply to an outsider cites mail of the account that is gone; one among colleagues may cite a colleague's."""
    gone = b"In-Reply-To: <gone@corp.example>\r\n"
    sent = [letter(uid, guests(1), subject=f"Letter {uid}", after=uid * DAY) for uid in range(1, 70)]
    desk.shelf.put(
        desk.shelf.place(),
        [
            *sent,
            letter(80, guests(1), subject="Re: Plans", after=60 * DAY, extra=gone),
            letter(81, [*guests(1), "x@corp.example"], after=61 * DAY, extra=gone.replace(b"gone", b"colleague")),
            letter(82, guests(1), after=61 * DAY, extra=b"References: <m3@corp.example> <a@guests.example>\r\n"),
        ],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        found = list(report.missing_mail())

    assert [(row.account, row.month, row.messages, row.examples) for row in found] == [
        ("office", "2025-05", 1, ("<gone@corp.example>",))
    ]


def test_own_senders_without_an_account_are_named(desk: Desk) -> None:
    """From and Sender count; the account's own address, outsiders and drafts do not."""
    desk.shelf.put(
        desk.shelf.place(),
        [
            letter(1, guests(1)),
            letter(2, guests(1), sender="info@corp.example", after=DAY),
            letter(3, guests(1), sender="info@corp.example", after=2 * DAY),
            letter(4, guests(1), extra=b"Sender: desk@corp.example\r\n", after=DAY),
            letter(5, guests(1), sender="draft@corp.example", is_draft=True),
            letter(6, guests(1), sender="me@guests.example"),
        ],
    )
    desk.analyse()

    with open_report(desk.settings) as report:
        found = [(one.address, one.messages) for one in report.senders_not_scanned()]

    assert found == [("info@corp.example", 2), ("desk@corp.example", 1)]


def test_the_order_of_storing_changes_nothing(new_desk: Callable[[], Desk]) -> None:
    """Same mail, same words, whatever row it stands in."""
    mails = [
        letter(1, [OFFICE], bcc=LIST, subject="January"),
        letter(2, LIST, subject="February", after=30 * DAY),
        letter(3, [*LIST[:7], *guests(2, first=50), *LIST[7:]], subject="March", after=60 * DAY),
        letter(4, LIST[:1], subject="February", after=31 * DAY),
    ]
    told = []
    for order in (mails, mails[::-1]):
        desk = new_desk()
        desk.shelf.put(desk.shelf.place(), order)
        desk.analyse()
        told.append(desk.json())

    assert json.dumps(told[0], sort_keys=True) == json.dumps(told[1], sort_keys=True)


def test_suggestions_name_own_senders_without_an_account(desk: Desk) -> None:
    """Beside the domains: whose mailbox is missing among the accounts; nothing before the first analysis."""
    mails = [letter(uid, guests(1), sender="info@corp.example", after=uid * DAY) for uid in (1, 2)]
    desk.shelf.put(desk.shelf.place(), mails)
    before = suggest(desk.settings, prompt=None, progress=SILENT)
    desk.analyse()

    found = suggest(desk.settings, prompt=None, progress=SILENT)

    assert before.not_scanned == ()
    assert [(one.address, one.messages) for one in found.not_scanned] == [("info@corp.example", 2)]
