"""Mailboxes change between scans: messages are expunged, numbered anew, moved."""

from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount

PEOPLE = [f"p{number}@people.example" for number in range(7)]


def test_expunged_messages_are_counted_and_kept(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """What was stored earlier and is no longer listed is expunged_since; the incident stays."""
    mail_server.deliver(mail_account, "Sent", [*many(10), letter(11, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    incidents = [incident["id"] for incident in place.report("first.json")["incidents"]]
    mail_server.expunge(mail_account, "Sent", [2, 3, 11])

    place.scan()
    after = place.report("second.json")

    row = next(row for row in after["coverage"] if row["mailbox"] == "Sent")
    assert (row["enumerated"], row["stored"], row["vanished"], row["errored"], row["expunged_since"]) == (8, 8, 0, 0, 3)
    assert [incident["id"] for incident in after["incidents"]] == incidents
    assert incidents


def test_a_new_uidvalidity_repoints_copies(place: Place, mail_server: MailServer, mail_account: ServerAccount) -> None:
    """The server numbers everything anew: same messages, same incidents, no recipient twice, new places."""
    mail_server.deliver(mail_account, "Sent", [*many(21), letter(22, PEOPLE)])
    mail_server.expunge(mail_account, "Sent", [1])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    before = place.report("first.json")
    uidvalidity = mail_server.renumber(mail_account, "Sent", 1_950_000_000)

    place.scan()
    after = place.report("second.json")

    assert after["totals"] == before["totals"]
    assert [incident["id"] for incident in after["incidents"]] == [incident["id"] for incident in before["incidents"]]
    assert [incident["ladder"] for incident in after["incidents"]] == [
        incident["ladder"] for incident in before["incidents"]
    ]
    current = [row for row in after["coverage"] if row["mailbox"] == "Sent" and row["uidvalidity"] == uidvalidity]
    assert [(row["enumerated"], row["stored"]) for row in current] == [(21, 21)]


def test_a_message_moved_to_another_sent_mailbox_is_the_same(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Identity is where a message came from and went to, not where it lies."""
    mail_server.deliver(mail_account, "Sent", [letter(1, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    key = place.report("first.json")["incidents"][0]["id"]
    mail_server.expunge(mail_account, "Sent", [1])
    mail_server.deliver(mail_account, "Sent/2020", [letter(1, PEOPLE)])

    place.scan()
    incidents = place.report("second.json")["incidents"]

    assert [(incident["id"], incident["ladder"]["messages"]) for incident in incidents] == [(key, 1)]
