"""The whole mail of confirmed incidents, and of no others, is kept as evidence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.source.mail import letter as text_of
from tests.crawl.source.mail import write
from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

PEOPLE = [f"p{number}@people.example" for number in range(7)]


def scanned(place: Place, server: MailServer, account: ServerAccount) -> str:
    """Deliver a leak among other mail, scan it, and return the key of its incident."""
    server.deliver(account, "Sent", [*many(3), letter(4, PEOPLE)])
    place.add(account, port=server.port)
    place.scan()
    return str(place.report()["incidents"][0]["id"])


def confirm(place: Place, key: str) -> None:
    """Confirm the incident."""
    assert place.run("decide", key, "confirm", "--reason", "patients saw each other").code == 0


def manifest(place: Place, name: str) -> Any:
    """Return the manifest beside a folder."""
    return json.loads((place.folder / f"{name}.manifest.json").read_text())


def test_a_confirmed_incident_is_kept_as_the_server_has_it(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Body and all, hashed, logged, for nobody else to read; the store is as it was."""
    key = scanned(place, mail_server, mail_account)
    confirm(place, key)
    before = place.digest()

    ended = place.run("preserve", key[:5], "--to", "kept")

    assert ended.code == 0, ended.remarks
    folder: Path = place.folder / "kept"
    (mail,) = folder.glob("*.eml")
    content = mail.read_bytes()
    assert b"\r\n\r\n" in content
    assert content.partition(b"\r\n\r\n")[2].strip()
    assert all(person.encode() in content for person in PEOPLE)
    index = (folder / "copies.csv").read_text()
    assert hashlib.sha256(content).hexdigest() in index
    assert ",same," in index
    assert (folder.stat().st_mode & 0o777, mail.stat().st_mode & 0o777) == (0o700, 0o600)
    assert {file["name"] for file in manifest(place, "kept")["files"]} == {f"kept/{mail.name}", "kept/copies.csv"}
    assert manifest(place, "kept")["kind"] == "preserve"
    assert place.run("verify", "kept").code == 0
    assert place.digest() == before


def test_a_candidate_is_not_fetched(place: Place, mail_server: MailServer, mail_account: ServerAccount) -> None:
    """Whoever wants a body has to stand for a decision first."""
    key = scanned(place, mail_server, mail_account)

    ended = place.run("preserve", key, "--to", "kept")

    assert ended.code == 2
    assert "confirmed ones only" in ended.remarks
    assert not (place.folder / "kept").exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["[[exclude]]", 'mailbox = "Sent"', 'reason = "works council"'], "must not be read any more"),
        (["[mandate]", "from = 2024-01-01"], "outside the mandate's period"),
    ],
)
def test_what_must_not_be_read_any_more_is_not_fetched(
    place: Place, dovecot_server: Dovecot, account: ServerAccount, proxy: Proxy, more: list[str], why: str
) -> None:
    """A decision stands for the incident; it does not lift what the works council has closed since."""
    dovecot_server.deliver(account, "Sent", [letter(1, PEOPLE)])
    place.add(account, port=proxy.port)
    place.scan()
    key = place.report()["incidents"][0]["id"]
    confirm(place, key)
    place.more = more
    place.run("analyse")
    before = len(proxy.commands)

    preserved, verified = place.run("preserve", key, "--to", "kept"), place.run("verify")

    assert preserved.code == 2
    assert why in preserved.remarks
    assert verified.code == 1
    assert why in " ".join(verified.answer.split())
    assert not [one for one in proxy.commands[before:] if "FETCH" in one]


def test_what_is_gone_is_told_and_nothing_is_overwritten(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Nothing at all could be fetched, so that there is no folder; and a folder that is there stays as it is."""
    key = scanned(place, mail_server, mail_account)
    confirm(place, key)
    first = place.run("preserve", key, "--to", "kept")
    again = place.run("preserve", key, "--to", "kept")
    mail_server.expunge(mail_account, "Sent", [4])

    gone = place.run("preserve", key, "--to", "later")

    assert (first.code, again.code, gone.code) == (0, 2, 2)
    assert "does not list it any more" in gone.remarks
    assert not (place.folder / "later").exists()
    assert not list(place.folder.glob(".blindcopy*"))


def test_mail_on_file_is_evidence_as_it_is(place: Place) -> None:
    """One clear line: the file itself is to be kept."""
    folder = place.folder / "Maildir"
    write(folder / ".Sent" / "cur" / "1741000001.M1P1.host:2,S", text_of(1, PEOPLE))
    for name in ("cur", "new", ".Sent/new"):
        (folder / name).mkdir()
    place.accounts.append({"name": "account 1", "source": "Maildir"})
    place.scan()
    key = place.report()["incidents"][0]["id"]
    confirm(place, key)

    ended = place.run("preserve", key)

    assert ended.code == 2
    assert "keep a copy of that file" in ended.remarks
