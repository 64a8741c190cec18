"""With scope ours every message of ours is found, wherever it lies; with scope sent it is counted."""

import os
import signal
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import Mail, MailServer, ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Connection, Proxy

PEOPLE = [f"p{number}@people.example" for number in range(7)]
START = datetime(2021, 3, 1, 8, 0, tzinfo=UTC)


def mail(number: int, sender: str, *, more: str = "", flags: tuple[str, ...] = ("\\Seen",), year: int = 2021) -> Mail:
    """Return a mail whose From field has this body; `more` is further header lines."""
    sent = (START + timedelta(hours=number)).replace(year=year)
    block = (
        f"Date: {format_datetime(sent)}\r\nFrom: {sender}\r\n{more}To: {', '.join(PEOPLE)}\r\n"
        f"Subject: Mail {number}\r\nMessage-ID: <m{number}@corp.example>\r\n\r\nHello.\r\n"
    )
    return sent, flags, block.encode()


OURS = [
    mail(1, "Ada <ada@corp.example>"),
    mail(2, "carla@mail.corp.example"),
    mail(3, "=?utf-8?q?Ada_=C3=84?=\r\n <ada@corp.example>"),
    mail(4, "Ada Example\r\n <ada\r\n @corp.example>"),
    mail(5, "ben@people.example", more="Sender: office@corp.example\r\n"),
    mail(6, "ourclub@provider.example"),
    mail(7, '"Example, Ada" (at home) <ada @ corp . example>'),
]
THEIRS = [
    mail(number, sender)
    for number, sender in enumerate(
        [
            "ben@people.example",
            "someone@provider.example",
            '"ada@corp.example" <x@people.example>',
            "a@notcorp.example",
        ],
        11,
    )
]


def rows(report: Any) -> dict[str, tuple[int, int, int]]:
    """Return mailbox → (enumerated, stored, others) of what is in scope."""
    found = (row for row in report["coverage"] if row["in_scope"])
    return {row["mailbox"]: (row["enumerated"], row["stored"], row["others"]) for row in found}


@pytest.fixture
def ours(place: Place, mail_server: MailServer, mail_account: ServerAccount) -> Place:
    """Return a place with an account whose scope is ours, and an address of ours at a provider."""
    place.add(mail_account, port=mail_server.port, scope="ours")
    place.organisation = ['addresses = ["ourclub@provider.example"]']
    return place


def test_mail_of_ours_is_found_in_every_mailbox(
    ours: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """By From or Sender, encoded, folded and spaced; what others wrote is counted apart, and coverage is whole."""
    mail_server.deliver(mail_account, "Sent", [mail(20, "ada@corp.example"), mail(21, "ada@private.example")])
    mail_server.deliver(mail_account, "INBOX", [*OURS, *THEIRS])
    mail_server.deliver(mail_account, "Projects/North", [THEIRS[0], OURS[0]])

    ours.scan()
    report = ours.report()

    assert rows(report)["INBOX"] == (len(OURS) + len(THEIRS), len(OURS), len(THEIRS))
    assert rows(report)["Projects/North"] == (2, 1, 1)
    assert rows(report)["Sent"] == (2, 2, 0)
    subjects = {incident["subject"] for incident in report["incidents"]}
    assert {f"Mail {number}" for number in range(1, 8)} <= subjects
    assert not {f"Mail {number}" for number in range(11, 15)} & subjects
    whole = report["totals"]["coverage"]
    assert whole["stored"] == whole["enumerated"] == len(OURS) + 3
    assert all(row["gaps"] == 0 for row in report["coverage"])


def test_deleted_copies_and_drafts_are_marked(
    ours: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """A copy in Trash or flagged as deleted says so; a draft is stored and is no finding."""
    mail_server.deliver(mail_account, "Sent", [mail(1, "ada@corp.example")])
    mail_server.deliver(mail_account, "Trash", [mail(1, "ada@corp.example")])
    mail_server.deliver(mail_account, "INBOX", [mail(2, "ada@corp.example", flags=("\\Seen", "\\Deleted"))])
    mail_server.deliver(mail_account, "Drafts", [mail(3, "ada@corp.example"), THEIRS[0]])

    ours.scan()
    report = ours.report()

    copies = [copy for incident in report["incidents"] for copy in incident["messages"]]
    assert {(copy["mailbox"], copy["deleted"]) for copy in copies} == {
        ("Sent", False),
        ("Trash", True),
        ("INBOX", True),
    }
    assert [row["drafts"] for row in report["coverage"] if row["mailbox"] == "Drafts"] == [1]
    assert rows(report)["Drafts"] == (2, 1, 1)
    assert not any(incident["subject"] == "Mail 3" for incident in report["incidents"])


def test_a_message_that_was_moved_is_a_copy_of_the_same(
    ours: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Between two scans a message goes from the inbox to a folder: one incident, its key kept, its new place named."""
    mail_server.deliver(mail_account, "INBOX", [OURS[0], THEIRS[0]])
    ours.scan()
    before = ours.report("before.json")
    mail_server.expunge(mail_account, "INBOX", [1])
    mail_server.deliver(mail_account, "Archive/2021", [OURS[0]])

    ours.scan()
    after = ours.report("after.json")

    assert [incident["id"] for incident in after["incidents"]] == [incident["id"] for incident in before["incidents"]]
    assert {(copy["mailbox"], copy["expunged"]) for copy in after["incidents"][0]["messages"]} == {
        ("INBOX", True),
        ("Archive/2021", False),
    }
    assert after["incidents"][0]["ladder"] == before["incidents"][0]["ladder"]
    assert rows(after)["INBOX"] == (1, 0, 1)


def test_a_second_scan_asks_for_nothing_of_others(
    ours: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """What was read and not kept is not read again, until somebody else counts as ours: then it is."""
    mail_server.deliver(mail_account, "INBOX", [*OURS, *THEIRS])
    ours.accounts[0]["port"] = mail_proxy.port
    ours.scan()
    before = ours.digest()
    mail_proxy.forget()

    ours.scan()
    again = [command for command in mail_proxy.commands if "FETCH" in command]
    same = ours.digest()
    ours.domains = ("corp.example", "people.example")
    ours.scan()

    assert (again, same) == ([], before)
    assert rows(ours.report())["INBOX"] == (len(OURS) + len(THEIRS), len(OURS) + 2, len(THEIRS) - 2)


def test_exclusion_and_period_limit_what_is_read(
    ours: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """An excluded mailbox is never opened; mail outside the mandate's period is never fetched."""
    mail_server.deliver(mail_account, "INBOX", [mail(1, "ada@corp.example", year=2019), mail(2, "ada@corp.example")])
    mail_server.deliver(mail_account, "Doctor", [mail(3, "ada@corp.example")])
    ours.accounts[0]["port"] = mail_proxy.port
    ours.more = ["[mandate]", "from = 2021-01-01", "[[exclude]]", 'mailbox = "Doctor"', 'reason = "the doctor\'s"']

    ours.scan()
    report = ours.report()

    assert rows(report)["INBOX"] == (1, 1, 0)
    assert [row["reason"] for row in report["coverage"] if row["mailbox"] == "Doctor"] == ["excluded: the doctor's"]
    assert not [command for command in mail_proxy.commands if "Doctor" in command]
    assert {command.split()[2] for command in mail_proxy.commands if "UID FETCH" in command} == {"2"}


def test_a_scan_that_was_killed_ends_in_the_same_store(
    tmp_path: Path, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """Mail of others stands in the transaction of its batch, beside the cursor: nothing is lost, or asked for twice."""
    mails = (mail(n, "ada@corp.example" if n % 3 else "ben@people.example") for n in range(1, 5_001))
    dovecot_server.deliver(account, "INBOX", mails)
    places = []
    with Proxy(dovecot_server.port) as proxy:
        for name in ("whole", "killed"):
            (tmp_path / name).mkdir()
            places.append(Place(tmp_path / name))
            places[-1].add(account, port=proxy.port, scope="ours")
        places[0].scan()
        half, is_killed = proxy.bytes_down // 2, threading.Event()
        proxy.forget()
        started: list[subprocess.Popen[str]] = []

        def kill(connection: Connection) -> bool:
            if connection.bytes_down >= half and not is_killed.is_set():
                is_killed.set()
                os.killpg(started[0].pid, signal.SIGKILL)
            return False

        proxy.cut_when = kill
        started.append(places[1].start("scan"))
        killed = Place.wait(started[0])
        proxy.cut_when = None
        places[1].scan()

    assert is_killed.is_set()
    assert killed.code == -signal.SIGKILL
    assert places[1].digest() == places[0].digest()
    assert rows(places[1].report())["INBOX"] == (5_000, 3_334, 1_666)


# --- scope sent: own mail elsewhere -------------------------------------------


def test_own_mail_elsewhere_is_counted_and_told(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """By the server, in each mailbox that is not read; status and report say what to set."""
    mail_server.deliver(mail_account, "Sent", many(3))
    mail_server.deliver(mail_account, "INBOX", [OURS[0], OURS[1], *THEIRS[:2]])
    mail_server.deliver(mail_account, "Projects", [mail(30, "ada@corp.example")])
    mail_server.deliver(mail_account, "Orders", [THEIRS[0]])
    mail_server.deliver(mail_account, "Doctor", [mail(31, "ada@corp.example")])
    place.add(mail_account, port=mail_server.port)
    place.more = ["[[exclude]]", 'mailbox = "Doctor"', 'reason = "the doctor\'s"']

    place.scan()
    report = place.report()
    status = " ".join(place.run("status").answer.split())

    counted = {row["mailbox"]: row["own_mail"] for row in report["coverage"] if not row["in_scope"]}
    assert (counted["INBOX"], counted["Projects"], counted["Orders"], counted["Doctor"]) == (2, 1, 0, None)
    assert report["own_mail_elsewhere"] == {"messages": 3, "mailboxes": 2, "uncounted": 0}
    assert "Own mail outside the sent mailboxes: 3 messages in 2 mailboxes (not read)." in status
    assert 'scope = "ours"' in status


def test_own_mail_is_counted_again_where_something_changed(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """A night without news opens no mailbox at all; a new message in one opens that one."""
    mail_server.deliver(mail_account, "Sent", many(3))
    mail_server.deliver(mail_account, "INBOX", [OURS[0]])
    mail_server.deliver(mail_account, "Projects", [THEIRS[0]])
    place.add(mail_account, port=mail_proxy.port)
    place.scan()
    mail_proxy.forget()
    place.scan()
    quiet = [command for command in mail_proxy.commands if command.startswith(("EXAMINE", "UID"))]
    mail_server.deliver(mail_account, "Projects", [mail(30, "ada@corp.example")])
    mail_proxy.forget()

    place.scan()
    opened = [command for command in mail_proxy.commands if command.startswith("EXAMINE")]

    assert quiet == []
    assert opened == ['EXAMINE "Projects"']
    assert place.report()["own_mail_elsewhere"] == {"messages": 2, "mailboxes": 2, "uncounted": 0}


@pytest.mark.parametrize("scope", ["sent", "ours"])
def test_a_night_without_news_costs_four_round_trips(
    scope: str, place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """In either scope, with many mailboxes that are counted or read: what they are like is asked for all at once."""
    mail_server.deliver(mail_account, "Sent", many(3))
    for number in range(8):
        mail_server.deliver(mail_account, f"Projects {number}", [OURS[0], THEIRS[0]])
    place.add(mail_account, port=mail_proxy.port, scope=scope)
    place.scan()
    mail_proxy.forget()

    place.scan()

    (connection,) = mail_proxy.connections
    begin = next(n for n, flight in enumerate(connection.flights) if flight[0] in {"LOGIN", "AUTHENTICATE"})
    after = connection.flights[begin + 1 :]
    assert after[-1] == ["LOGOUT"]
    assert len(after) - 1 <= 4, after
    assert not {"EXAMINE", "UID"} & {command for flight in after for command in flight}


def test_with_scope_ours_nothing_is_left_to_count(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """What was counted before is forgotten once it is read; back to scope sent, stored mail stays."""
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE)])
    mail_server.deliver(mail_account, "INBOX", [OURS[0], THEIRS[0]])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    place.accounts[0]["scope"] = "ours"

    place.scan()
    read = place.report("read.json")
    place.accounts[0]["scope"] = "sent"
    place.scan()
    back = place.report("back.json")

    assert read["own_mail_elsewhere"]["messages"] == 0
    assert rows(read)["INBOX"] == (2, 1, 1)
    assert back["own_mail_elsewhere"]["messages"] == 1
    assert len(back["incidents"]) == len(read["incidents"])
