"""The evidence is compared with what the servers and sources show today."""

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.crawl.source.mail import letter as text_of
from tests.crawl.source.mail import write
from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount

PEOPLE = [f"p{number}@people.example" for number in range(7)]


def verified(place: Place, *arguments: str) -> tuple[int, dict[str, int], list[dict[str, Any]]]:
    """Return the exit code, how many copies ended how, and those that are not as they were kept."""
    ended = place.run("verify", "--json", *arguments)
    evidence = ended.json["evidence"]
    counts: dict[str, int] = {}
    for account in evidence["accounts"]:
        for verdict, number in account["counts"].items():
            counts[verdict] = counts.get(verdict, 0) + number
    return ended.code, counts, [each for account in evidence["accounts"] for each in account["deviations"]]


def maildir(place: Place, count: int) -> list[Path]:
    """Make a Maildir of sent mail, scan it, and return the files of its messages."""
    folder = place.folder / "Maildir"
    files = [folder / ".Sent" / "cur" / f"174100000{one}.M{one}P1.host:2,S" for one in range(1, count + 1)]
    for number, file in enumerate(files, 1):
        write(file, text_of(number, PEOPLE))
    for name in ("cur", "new", ".Sent/new"):
        (folder / name).mkdir()
    place.accounts.append({"name": "account 1", "source": "Maildir"})
    place.scan()
    return files


def test_evidence_that_is_as_it_was_kept_is_the_same(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Dovecot and Cyrus give the very bytes again, and the store stays as it is."""
    mail_server.deliver(mail_account, "Sent", [*many(30), letter(31, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    before = place.digest()

    assert verified(place, "--all") == (0, {"same": 31}, [])
    assert place.digest() == before


def test_what_was_deleted_is_gone_and_no_surprise_once_a_scan_has_said_so(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """A message that has gone since the last scan is news."""
    mail_server.deliver(mail_account, "Sent", [*many(5), letter(6, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    mail_server.expunge(mail_account, "Sent", [2])

    first, counts, (gone,) = verified(place, "--all")
    place.scan()
    second, _, (known,) = verified(place, "--all")

    assert (first, counts) == (1, {"same": 5, "gone": 1})
    assert (gone["uid"], gone["verdict"], gone["known"]) == (2, "gone", False)
    assert (second, known["known"]) == (0, True)


def test_a_mailbox_that_is_numbered_anew_has_to_be_scanned_first(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """The same UID may be another message now: nothing is compared, and nothing is called changed."""
    mail_server.deliver(mail_account, "Sent", [*many(4), letter(5, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    mail_server.renumber(mail_account, "Sent", 1_950_000_000)

    code, counts, _ = verified(place, "--all")
    place.scan()

    assert (code, counts) == (1, {"unread": 5})
    assert verified(place, "--all") == (0, {"same": 5}, [])


def test_a_header_that_says_something_else_is_told_from_one_that_is_only_folded_anew(place: Place) -> None:
    """One byte more in a fold is no other message; one recipient less is."""
    files = maildir(place, 3)
    plain, folded, other = (file.read_bytes() for file in files)
    files[1].write_bytes(folded.replace(b"To: ", b"To:  ", 1))
    files[2].write_bytes(other.replace(b"p6@people.example", b"p6@elsewhere.example", 1))

    code, counts, deviations = verified(place, "--all")

    assert plain == files[0].read_bytes()
    assert (code, counts) == (1, {"same": 1, "rendered": 1, "changed": 1})
    assert {each["verdict"] for each in deviations} == {"rendered", "changed"}
    assert all(each["kept_sha256"] != each["found_sha256"] for each in deviations)


def test_the_copies_of_queued_incidents_are_always_looked_at(place: Place) -> None:
    """A sample of none leaves those by which decisions are made."""
    maildir(place, 3)

    code, counts, _ = verified(place, "--sample", "0")

    assert (code, counts) == (0, {"same": 3})


def test_a_sample_is_repeated_by_its_seed(place: Place, mail_server: MailServer, mail_account: ServerAccount) -> None:
    """Chance decides, so that nobody knows beforehand; the seed lets somebody else look at the same."""
    mail_server.deliver(mail_account, "Sent", list(many(60)))
    # Nothing is queued.
    place.policy["queue_floor"] = 99
    place.add(mail_account, port=mail_server.port)
    place.scan()
    mail_server.expunge(mail_account, "Sent", list(range(1, 61, 2)))

    runs = [verified(place, "--sample", "20", "--seed", seed) for seed in ("one", "one", "two")]

    assert runs[0] == runs[1]
    assert runs[0][2] != runs[2][2]
    assert sum(runs[0][1].values()) == 20


def test_an_account_that_cannot_be_reached_leaves_its_evidence_unread(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Nothing is called the same because nobody could look."""
    mail_server.deliver(mail_account, "Sent", [*many(4), letter(5, PEOPLE)])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    place.passwords["PASSWORD_1"] = "wrong"

    ended = place.run("verify")

    assert ended.code == 1
    assert "could not be read" in ended.answer
    assert "UID" not in ended.answer
    assert ended.remarks.count("account 1") == 1


def test_a_header_that_was_changed_in_the_store_is_found(place: Place) -> None:
    """The server still gives what was kept: only the store itself can tell."""
    maildir(place, 2)
    with sqlite3.connect(place.store_file) as store:
        sha256, deflated = store.execute("SELECT header_sha256, deflated FROM header_block").fetchone()
        other = zlib.compress(zlib.decompress(deflated).replace(b"p6@", b"p9@"))
        store.execute("UPDATE header_block SET deflated = ? WHERE header_sha256 = ?", (other, sha256))

    code, counts, _ = verified(place)
    told = place.run("verify")

    assert (code, counts) == (1, {"same": 2})
    assert f"2 kept headers; CHANGED IN THE STORE: {sha256.hex()}." in " ".join(told.answer.split())


def test_copies_of_an_account_that_left_the_settings_are_a_gap(place: Place) -> None:
    """Nobody can look at them: they are counted, called neither same nor changed, and told once for the account."""
    maildir(place, 2)
    place.accounts = [{"name": "another", "source": "elsewhere"}]
    (place.folder / "elsewhere" / "cur").mkdir(parents=True)
    (place.folder / "elsewhere" / "new").mkdir()

    told = place.run("verify")
    code, counts, deviations = verified(place, "--all")
    others = place.run("verify", "--account", "another")

    assert told.answer.count("the settings do not name") == 1
    assert "account 1: the settings do not name this account any more" in " ".join(told.answer.split())
    assert (told.code, code, counts) == (1, 1, {"unread": 2})
    assert not any(each["known"] for each in deviations)
    assert (others.code, others.answer.count("the settings do not name")) == (0, 0)


def test_many_deviations_are_counted_and_all_of_them_in_the_json(
    place: Place, mail_server: MailServer, mail_account: ServerAccount
) -> None:
    """Twenty are read; a thousand are not."""
    mail_server.deliver(mail_account, "Sent", list(many(30)))
    place.add(mail_account, port=mail_server.port)
    place.scan()
    mail_server.expunge(mail_account, "Sent", list(range(1, 26)))

    told = place.run("verify", "--all").answer
    _, counts, deviations = verified(place, "--all")

    assert "… and 5 more; --json lists all of them." in told
    assert counts["gone"] == len(deviations) == 25


def test_the_evidence_is_compared_while_somebody_else_writes(place: Place) -> None:
    """A scan goes on for hours: verifying neither waits for it nor holds it up."""
    maildir(place, 3)

    with closing(sqlite3.connect(place.store_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert verified(place, "--all") == (0, {"same": 3}, [])
