"""Received mail is looked through for bounces and replies: on real servers and in files, and nothing changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.utils import getaddresses
from typing import Any

import pytest

from scanner.crawl.delivery import InboxCrawl
from scanner.errors import ConnectionLostError
from tests import bounces
from tests.corpus.known import known_incidents
from tests.journey.allowed import not_allowed
from tests.journey.mail import START, letter
from tests.journey.place import Place
from tests.servers import Mail, MailServer, ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

PEOPLE = [f"p{number}@people.example" for number in range(12)]
OURS = "<1@corp.example>"
LATER = START + timedelta(hours=3)


def come(*mails: bytes, at: Any = LATER, flags: tuple[str, ...] = ()) -> list[Mail]:
    """Return mails as they came in, unseen."""
    return [(at + timedelta(minutes=number), flags, mail) for number, mail in enumerate(mails)]


INBOX = [
    bounces.postfix(OURS, PEOPLE[0]),
    bounces.exchange(OURS, PEOPLE[1]),
    bounces.gmail(OURS, PEOPLE[2]),
    bounces.exim(OURS, PEOPLE[3]),
    bounces.old_exim(PEOPLE[4], message_id=OURS),
    bounces.postfix("<other@corp.example>", PEOPLE[5]),
    bounces.postfix(OURS, PEOPLE[5], action="delayed", status="4.4.1"),
    bounces.reply(OURS, f"Person <{PEOPLE[6]}>"),
    bounces.reply(OURS, PEOPLE[7], "Auto-Submitted: auto-replied"),
    bounces.reply("<other@corp.example>", PEOPLE[8]),
    bounces.reply(OURS, "stranger@quay.example"),
    bounces.qmail(PEOPLE[9]),
]


def figures(place: Place) -> tuple[Any, ...]:
    """Return the rungs that evidence gives, of the one incident."""
    (incident,) = place.report(f"{len(list(place.folder.glob('*.json')))}.json")["incidents"]
    ladder = incident["ladder"]
    return tuple(ladder[rung] for rung in ("viewers", "bounced", "delivered", "replied", "auto_replied"))


def test_bounces_and_replies_stand_on_the_ladder(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """Five programs' bounces, a reply and an out-of-office; nothing changes, and nothing but reading is asked for."""
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE)])
    mail_server.deliver(mail_account, "INBOX", come(*INBOX[:6]))
    mail_server.deliver(mail_account, "Projects", come(*INBOX[6:]))
    mail_server.deliver(mail_account, "Drafts", come(bounces.reply(OURS, PEOPLE[10])))
    place.add(mail_account, port=mail_proxy.port)
    place.scan()
    unknown = figures(place)
    before = mail_server.snapshot(mail_account)
    mail_proxy.forget()

    ended = place.run("delivery", "--json")

    # qmail's text cannot be read: a gap, never a guess.
    assert ended.code == 1, (ended.answer, ended.remarks)
    (account,) = ended.json["delivery"]["accounts"]
    assert (account["bounces"], account["replies"], account["reports"], account["unread_bounces"]) == (5, 2, 1, 1)
    assert (account["read"], account["unnamed"]) == (12, 1)
    assert unknown == (12, "unknown", "unknown", "unknown", "unknown")
    assert figures(place) == (12, 5, 2, 1, 1)
    assert mail_server.snapshot(mail_account) == before
    assert not_allowed(mail_proxy.commands) == set()
    assert not [command for command in mail_proxy.commands if "SELECT" in command or "Drafts" in command]
    fetched = " ".join(command for command in mail_proxy.commands if "FETCH" in command)
    for part in ("SUBJECT", "BODY.PEEK[]", "BODY.PEEK[1]", "BODY.PEEK[TEXT]"):
        assert part not in fetched.upper()


def test_a_second_run_reads_only_what_is_new(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """The cursor is kept; a reply that came since is found by its header alone."""
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE)])
    mail_server.deliver(mail_account, "INBOX", come(*INBOX))
    place.add(mail_account, port=mail_proxy.port)
    place.scan()
    place.run("delivery")
    mail_server.deliver(mail_account, "INBOX", come(bounces.reply(OURS, PEOPLE[10], number=9), at=LATER + timedelta(1)))
    mail_proxy.forget()

    again = place.run("delivery", "--json")
    fetches = [command.split()[2] for command in mail_proxy.commands if "FETCH" in command and "HEADER" in command]

    (account,) = again.json["delivery"]["accounts"]
    assert (account["read"], account["replies"], account["bounces"]) == (1, 1, 0)
    assert fetches == ["13"]
    assert again.code == 0
    assert figures(place) == (12, 5, 3, 2, 1)


def test_a_reading_that_breaks_in_the_middle_keeps_what_it_has_found(
    place: Place, dovecot_server: Dovecot, account: ServerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece is committed with its cursor; the next call reads the rest, and only then no reply is a figure."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    dovecot_server.deliver(account, "INBOX", come(*INBOX))
    place.add(account, port=dovecot_server.port)
    place.scan()
    asked = InboxCrawl.reports
    monkeypatch.setattr("scanner.pipeline.receiving.inbox_reading._PIECE", 5)

    def breaks(self: InboxCrawl, *arguments: Any) -> Any:
        if 2 in arguments[-1]:
            raise ConnectionLostError("the connection was lost", remedy="Run it again")
        return asked(self, *arguments)

    monkeypatch.setattr(InboxCrawl, "reports", breaks)
    first = place.run("delivery", "--json")
    broken = figures(place)
    status = " ".join(place.run("status").answer.split())
    monkeypatch.setattr(InboxCrawl, "reports", asked)
    second = place.run("delivery", "--json")

    (before,), (after,) = (one.json["delivery"]["accounts"] for one in (first, second))
    assert first.code == 1
    assert before["error"]["code"] == "connection_lost"
    assert (before["read"], after["read"]) == (10, 2)
    # Bounces and replies of the newer pieces stand already.
    assert broken == (12, 3, 2, 1, 1)
    assert "FAILED last time" in status
    assert figures(place) == (12, 5, 2, 1, 1)


def test_what_is_queued_later_is_looked_for_in_mail_that_was_read_before(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Of mail that proved nothing nothing was kept: it is read once more from the new message's date on."""
    old = bounces.reply(OURS, PEOPLE[0])
    between = bounces.reply("<300@corp.example>", "q1@quay.example", number=2)
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE), letter(300, ["x@quay.example"])])
    mail_server.deliver(mail_account, "INBOX", [*come(old), *come(between, at=START + timedelta(days=5))])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    place.run("delivery")
    others = [f"q{number}@quay.example" for number in range(6)]
    sent = START + timedelta(minutes=7 * 300)
    mail_server.deliver(mail_account, "Sent Items", [letter(300, others, subject="Another list", sent=sent)])
    place.scan()

    ended = place.run("delivery", "--json")

    (account,) = ended.json["delivery"]["accounts"]
    assert ended.json["delivery"]["sought"] == 2
    assert (account["read"], account["replies"]) == (1, 1)
    assert sorted(one["ladder"]["replied"] for one in place.report()["incidents"]) == [1, 1]


def test_a_bounce_in_plain_text_is_no_reply_whatever_it_answers(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """In-Reply-To is there in bounces too; who failed stands in text that is not read: a gap."""
    daemon = f"MAILER-DAEMON@{PEOPLE[0].rpartition('@')[2]}"
    dovecot_server.deliver(account, "Sent", [letter(1, [daemon, *PEOPLE])])
    texts = [
        bounces.qmail(PEOPLE[1], message_id=OURS),
        bounces.qmail(PEOPLE[2], message_id=OURS, sender=daemon),
        bounces.old_exim("else@people.example", message_id=OURS),
        bounces.qmail(PEOPLE[3], message_id="<other@corp.example>"),
        bounces.reply(OURS, PEOPLE[4]),
    ]
    dovecot_server.deliver(account, "INBOX", come(*texts))
    place.add(account, port=dovecot_server.port)
    place.scan()

    ended = place.run("delivery", "--json")

    (one,) = ended.json["delivery"]["accounts"]
    assert (one["replies"], one["unnamed"], one["bounces"], one["unread_bounces"]) == (1, 0, 0, 3)
    assert figures(place)[1:] == (0, 1, 1, 0)


def test_what_was_out_of_the_queue_for_a_while_is_looked_for_in_all_that_came_meanwhile(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """A bounce that came while its message was not queued was looked at for the other messages only."""
    few = [f"q{number}@quay.example" for number in range(6)]
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE), letter(2, few)])
    dovecot_server.deliver(account, "INBOX", come(bounces.reply(OURS, PEOPLE[0])))
    place.add(account, port=dovecot_server.port)
    place.scan()
    place.run("delivery")
    place.policy["queue_floor"] = 10
    place.run("analyse")
    back = bounces.postfix("<2@corp.example>", few[3])
    dovecot_server.deliver(account, "INBOX", come(back, at=LATER + timedelta(days=1)))
    out = place.run("delivery", "--json")
    place.policy["queue_floor"] = 5
    place.run("analyse")

    ended = place.run("delivery", "--json")

    assert [one.json["delivery"]["sought"] for one in (out, ended)] == [1, 2]
    assert [one.json["delivery"]["accounts"][0]["bounces"] for one in (out, ended)] == [0, 1]
    assert sorted(one["ladder"]["bounced"] for one in place.report()["incidents"]) == [0, 1]


def test_excluded_mailboxes_and_other_times_are_never_read(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """Exclusions and the mandate's period hold for received mail as for sent mail."""
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE)])
    mail_server.deliver(mail_account, "Council", come(bounces.reply(OURS, PEOPLE[0])))
    mail_server.deliver(
        mail_account,
        "INBOX",
        [
            *come(bounces.reply("<x@quay.example>", PEOPLE[1]), at=START - timedelta(days=30)),
            *come(bounces.reply(OURS, PEOPLE[2], number=2)),
            *come(bounces.reply(OURS, PEOPLE[3], number=3), at=START + timedelta(days=90)),
        ],
    )
    place.add(mail_account, port=mail_proxy.port)
    place.more = ["[[exclude]]", 'mailbox = "Council"', 'reason = "works council"', "[mandate]", "until = 2020-02-01"]
    place.scan()
    mail_proxy.forget()

    ended = place.run("delivery", "--json")

    assert ended.json["delivery"]["accounts"][0]["read"] == 1
    assert figures(place)[2:4] == (1, 1)
    assert not [command for command in mail_proxy.commands if "Council" in command]


def test_a_reading_that_is_cut_off_goes_on_where_it_ended(
    place: Place, dovecot_server: Dovecot, account: ServerAccount, proxy: Proxy
) -> None:
    """The refused connection of the first try costs nothing that was found; nothing is found twice."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    dovecot_server.deliver(account, "INBOX", come(*INBOX))
    place.add(account, port=proxy.port)
    place.scan()
    place.accounts[0]["port"] = 1
    refused = place.run("delivery")
    place.accounts[0]["port"] = proxy.port

    place.run("delivery")
    first = figures(place)
    place.run("delivery")

    assert refused.code == 2
    assert "Nothing" not in refused.answer
    assert first == figures(place) == (12, 5, 2, 1, 1)


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
def test_files_are_looked_through_like_servers(place: Place, kind: str) -> None:
    """Inbox and sent mail as an export; of a bounce its delivery status is read from the file."""
    source = place.folder / "export"
    source.mkdir()
    sent = [(START, (), letter(1, PEOPLE)[2])]
    for name, mails in (("Sent", sent), ("Inbox", come(*INBOX))):
        if kind == "mbox":
            lines = [f"From x@corp.example {at:%a %b %d %H:%M:%S %Y}\n".encode() + raw.replace(b"\r\n", b"\n") + b"\n"
                     for at, _, raw in mails]  # fmt: skip
            (source / f"{name}.mbox").write_bytes(b"".join(lines))
        else:
            for part in ("cur", "new", "tmp"):
                (source / f".{name}" / part).mkdir(parents=True)
            for number, (at, _, raw) in enumerate(mails):
                (source / f".{name}" / "cur" / f"{int(at.timestamp())}.{number}.host:2,").write_bytes(raw)
    if kind == "maildir":
        for part in ("cur", "new", "tmp"):
            (source / part).mkdir()
    place.accounts.append({"name": "export", "source": str(source), "user": "ada@corp.example"})
    place.scan()

    ended = place.run("delivery", "--json")
    again = place.run("delivery", "--json")

    (account,) = ended.json["delivery"]["accounts"]
    assert (account["bounces"], account["replies"], account["unread_bounces"]) == (5, 2, 1), json.dumps(account)
    assert again.json["delivery"]["accounts"][0]["read"] == 0
    assert figures(place) == (12, 5, 2, 1, 1)


def test_no_address_or_subject_is_kept_of_mail_that_proves_nothing(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """The store holds what is proven and nothing of the stranger, of his subject or of the text."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    dovecot_server.deliver(account, "INBOX", come(bounces.reply(OURS, "stranger@quay.example"), *INBOX[:5]))
    place.add(account, port=dovecot_server.port)
    place.scan()

    place.run("delivery")

    content = b"".join(file.read_bytes() for file in place.folder.glob("blindcopy.db*"))
    assert b"stranger@quay" not in content
    assert b"Undeliverable" not in content
    assert b"no such" not in content


def test_the_proofs_stand_in_show_json_and_gaps(place: Place, dovecot_server: Dovecot, account: ServerAccount) -> None:
    """Each proof with the place where it lies; a bounce that cannot be read is a gap, also in `status`."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    dovecot_server.deliver(account, "INBOX", come(*INBOX))
    place.add(account, port=dovecot_server.port)
    place.scan()
    place.run("delivery")

    report = place.report()
    (incident,) = report["incidents"]
    shown = " ".join(place.run("show", incident["id"]).answer.split())
    status = place.run("status").answer

    proofs = {(one["address"], one["kind"]): one for one in incident["receipts"]}
    postfix = proofs[PEOPLE[0], "bounced"]
    assert (postfix["mailbox"], postfix["uid"], postfix["status"]) == ("INBOX", 1, "5.1.1")
    assert len(postfix["sha256"]) == 64
    assert (PEOPLE[5], "delayed") in proofs
    assert {one["address"]: one["received"] for one in incident["viewers"]}[PEOPLE[6]] == "replied"
    assert [gap["kind"] for gap in report["gaps"]] == ["bounce_unread"]
    assert report["delivery"]["inboxes"][0]["read"] == 12
    assert "Who received it" in shown
    assert "2 of 12 addresses verifiably received it." in shown
    assert "5 addresses got nothing" in shown
    assert "Answers from somebody whom the stored copies do not name: 1." in shown
    assert "the bounce could not be read" in status


def test_a_trace_shows_what_is_missing(place: Place, dovecot_server: Dovecot, account: ServerAccount) -> None:
    """A mailing that lies in no mailbox any more: listed with exit code 1, in `status`, JSON and gaps."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    place.add(account, port=dovecot_server.port)
    place.scan()
    lines = ["Received;SenderAddress;RecipientAddress;Subject;Status;MessageId"]
    for message_id, day, subject in ((OURS, 6, "Letter 1"), ("<gone@corp.example>", 9, "Gone list")):
        lines += [
            f"2020-01-{day:02}T08:07:00;ada@corp.example;{one};{subject};Delivered;{message_id}" for one in PEOPLE
        ]
    (place.folder / "trace.csv").write_bytes("\r\n".join(lines).encode("utf-16"))

    ended = place.run("delivery", "--trace", "trace.csv")
    unknown = place.run("delivery", "--trace", "blindcopy.toml")
    report = place.report()

    assert ended.code == 1
    assert "Sent in bulk, but no stored message explains it" in ended.answer
    assert "ada@corp.example" in ended.answer
    assert figures(place)[:3] == (12, 0, 12)
    (one,) = report["delivery"]["unexplained_sends"]
    assert (one["sender"], one["outside"], one["subject"]) == ("ada@corp.example", 12, "Gone list")
    assert [gap["kind"] for gap in report["gaps"]] == ["bulk_unexplained"]
    assert report["gaps"][0]["detail"] == "2020-01-09 08:07 UTC, to 12 outsiders"
    assert "Gone list" in place.run("status").answer
    assert unknown.code == 2
    assert len(unknown.remarks.splitlines()) == 1


def test_a_known_incident_with_a_bounce_adds_up(place: Place) -> None:
    """
    Gloucestershire 2016: 56 exposed; one copy was undeliverable, so at most 55 could see, of whom three gave it back.

    That mail is taken back no header tells: what is known of 52 viewers at most is not contradicted.
    """
    known = next(one for one in known_incidents() if one.id == "gloucestershire-police-2016")
    (sent,) = known.messages
    mail = message_from_bytes(sent.content)
    lost = getaddresses([mail["To"]])[30][1]
    back = bounces.postfix(mail["Message-ID"], lost)
    source = place.folder / "export"
    source.mkdir()
    for name, at, raw in (("Sent", sent.internal_at, sent.content), ("Inbox", sent.internal_at + timedelta(1), back)):
        (source / f"{name}.mbox").write_bytes(
            f"From x@council.example {at:%a %b %d %H:%M:%S %Y}\n".encode() + raw.replace(b"\r\n", b"\n") + b"\n"
        )
    place.domains = ("council.example",)
    place.accounts.append({"name": "export", "source": str(source), "user": "office@council.example"})
    place.scan()

    place.run("delivery")

    (incident,) = place.report()["incidents"]
    ladder = incident["ladder"]
    assert (ladder["exposed_addresses"], ladder["exposed_people"], ladder["viewers"]) == (56, 56, 56)
    assert (ladder["bounced"], ladder["delivered"], ladder["replied"]) == (1, "unknown", 0)
    assert (ladder["people_lower"], ladder["people_upper"]) == (55, 56)
    assert ladder["viewers"] - ladder["bounced"] >= 52


def test_several_accounts_are_read_and_one_that_fails_costs_itself_only(
    place: Place, dovecot_server: Dovecot, new_account: Callable[[], ServerAccount]
) -> None:
    """A reply lies in a colleague's inbox; a refused password is told, and the others are looked through."""
    ada, ben, cyd = new_account(), new_account(), new_account()
    dovecot_server.deliver(ada, "Sent", [letter(1, PEOPLE)])
    for number, account in enumerate((ada, ben, cyd)):
        dovecot_server.deliver(account, "Sent Items", [letter(900 + number, ["x@quay.example"])])
        dovecot_server.deliver(account, "INBOX", come(bounces.reply(OURS, PEOPLE[number], number=number)))
        place.add(account, port=dovecot_server.port)
    place.scan()
    place.passwords["PASSWORD_3"] = "wrong"

    ended = place.run("delivery", "--json")

    accounts = ended.json["delivery"]["accounts"]
    assert ended.code == 1
    assert [(one["number"], one["replies"], one["error"] and one["error"]["code"]) for one in accounts] == [
        (1, 1, None),
        (2, 1, None),
        (3, 0, "sign_in"),
    ]
    assert "account 3" in ended.remarks
    assert figures(place)[2:4] == (2, 2)
