"""What is attached: asked for only where it matters, and told alike by real servers and by our reader of files."""

import io
import random
import sqlite3
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

from scanner.crawl.source.tree import read_tree
from scanner.store.structure import decode_parts
from tests.journey.allowed import not_allowed
from tests.journey.mail import letter
from tests.journey.place import Place
from tests.servers import Mail, MailServer, ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

PEOPLE = [f"Person {number} <p{number}@people{number}.example>" for number in range(8)]
NAMES = ("Liste.xlsx", "Löhne April.pdf", 'a "b".txt', "名簿.csv", "x" * 120 + ".doc")


def mail_with(number: int, body: EmailMessage | MIMEMultipart, to: list[str] = PEOPLE) -> Mail:
    """Return a mail with this content; its header is that of `letter`."""
    sent, flags, plain = letter(number, to)
    header = plain.partition(b"\r\n\r\n")[0]
    return sent, flags, header + b"\r\n" + body.as_bytes(policy=SMTP)


def attached(*names: str) -> EmailMessage:
    """Return a text with files."""
    mail = EmailMessage()
    mail.set_content("Hello\n")
    for name in names:
        mail.add_attachment(b"\x00" * 100, maintype="application", subtype="octet-stream", filename=name)
    return mail


def invitation(method: str) -> MIMEMultipart:
    """Return an invitation as Outlook and Google send it: a calendar object among alternatives, within mixed."""
    inner = MIMEMultipart("alternative")
    inner.attach(MIMEText("Please come"))
    calendar = MIMEText("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "calendar", "utf-8")
    calendar.set_param("method", method)
    inner.attach(calendar)
    outer = MIMEMultipart("mixed")
    outer.attach(inner)
    return outer


def test_attachments_are_told_where_a_mail_shows_people_to_each_other(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, mail_proxy: Proxy
) -> None:
    """One command more for the mail that matters, none for other mail, and none in the next scan."""
    mails = [letter(1, PEOPLE[:1]), mail_with(2, attached(*NAMES)), mail_with(3, attached("No.pdf"), PEOPLE[:1])]
    mail_server.deliver(mail_account, "Sent", mails)
    before = mail_server.snapshot(mail_account)
    place.add(mail_account, port=mail_proxy.port)

    place.scan()
    place.scan()
    ((copy,),) = [incident["messages"] for incident in place.report()["incidents"]]

    assert [one.split(" ", 2)[2] for one in mail_proxy.commands if "STRUCTURE" in one] == ["2 (UID BODYSTRUCTURE)"]
    assert not_allowed(mail_proxy.commands) == set()
    assert mail_server.snapshot(mail_account) == before
    assert [part["name"] for part in copy["attachments"]] == [*NAMES]
    assert {(part["type"], part["disposition"], part["size"]) for part in copy["attachments"]} == {
        ("application/octet-stream", "attachment", 140)
    }


def test_an_invitation_within_alternatives_is_one(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """No header field tells it; its structure does. An event that is only published is none."""
    bodies = {2: invitation("REQUEST"), 3: invitation("CANCEL"), 4: invitation("PUBLISH")}
    mail_server.deliver(mail_account, "Sent", [mail_with(number, body) for number, body in bodies.items()])
    place.add(mail_account, port=mail_server.port)

    place.scan()
    copies = [copy for incident in place.report()["incidents"] for copy in incident["messages"]]

    kinds = {copy["message_id"]: copy["kind"] for copy in copies}
    assert (kinds["<2@corp.example>"], kinds["<3@corp.example>"]) == ("invite", "invite")
    assert kinds["<4@corp.example>"] != "invite"


def random_body(chance: random.Random, depth: int) -> EmailMessage | MIMEMultipart | MIMEText | MIMEMessage:
    """Return a random tree of parts."""
    kind = chance.random()
    if depth and kind < 0.4:
        outer = MIMEMultipart(chance.choice(["mixed", "alternative", "related"]))
        for _ in range(chance.randint(1, 4)):
            outer.attach(random_body(chance, depth - 1))
        return outer
    if depth and kind < 0.6:
        message = EmailMessage()
        message["Subject"] = "Within"
        message.set_content("Inner text\n" * chance.randint(0, 3))
        if chance.random() < 0.6:
            message.add_attachment(b"y" * chance.randint(0, 99), maintype="image", subtype="png", filename="i.png")
        return MIMEMessage(message)
    text = MIMEText("x" * chance.randint(0, 200) + "\n" * chance.randint(0, 3), chance.choice(["plain", "html"]))
    if chance.random() < 0.6:
        disposition = chance.choice(["attachment", "inline"])
        text.add_header("Content-Disposition", disposition, filename=("utf-8", "", chance.choice(NAMES)))
    return text


def test_servers_and_files_tell_the_same_structure(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """For any tree of parts: numbers, types, names and octets of BODYSTRUCTURE are those of the file's walk."""
    chance = random.Random(11)
    mails = []
    for number in range(60):
        outer = MIMEMultipart("mixed")
        for _ in range(chance.randint(1, 4)):
            outer.attach(random_body(chance, 4))
        mails.append(mail_with(number, outer))
    dovecot_server.deliver(account, "Sent", mails)
    place.add(account, port=dovecot_server.port)

    place.scan()
    with sqlite3.connect(place.store_file) as store:
        told = store.execute(
            "SELECT message.message_id, parts FROM structure JOIN message ON message.id = structure.message_id"
        ).fetchall()
    walked = {f"<{number}@corp.example>": read_tree(io.BytesIO(mails[number][2]).readline) for number in range(60)}

    assert {identity: decode_parts(parts) for identity, parts in told} == walked
    assert sum(map(len, walked.values())) > 200
