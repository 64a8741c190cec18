"""Mail in files goes the whole way as mail on a server does, and the files stay as they were."""

import contextlib
import os
import signal
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.source.compound import sent_msg
from tests.crawl.source.mail import FROM_LINE, letter, mbox, write
from tests.journey.place import Place

LONG_AGO = 1_600_000_000
GUESTS = [f"guest{number}@guests.example" for number in range(1, 8)]


def add(place: Place, source: str, **keys: Any) -> None:
    """Name a source in the settings."""
    place.accounts.append({"name": f"account {len(place.accounts) + 1}", "source": source, **keys})


def figures(place: Place) -> list[tuple[str, int, int, int, int]]:
    """Return (mailbox, enumerated, stored, errored, expunged_since) of what the sources list now."""
    rows = place.report(f"figures{time.monotonic_ns()}.json")["coverage"]
    return [
        (row["mailbox"], row["enumerated"], row["stored"], row["errored"], row["expunged_since"])
        for row in rows
        if row["enumerated"]
    ]


def sources(folder: Path) -> dict[str, str]:
    """Write the same three messages as every kind of source; return kind → path."""
    letters = [letter(number, GUESTS) for number in (1, 2, 3)]
    write(folder / "sent.mbox", mbox(letters))
    for number, text in enumerate(letters, 1):
        write(folder / "Maildir" / ".Sent" / "cur" / f"174100000{number}.M{number}P1.host:2,S", text)
        write(folder / "export" / "office" / "Sent Items" / f"{number}.eml", text)
    for name in ("cur", "new"):
        (folder / "Maildir" / name).mkdir()
    (folder / "Maildir" / ".Sent" / "new").mkdir()
    with zipfile.ZipFile(folder / "export.zip", "w") as file:
        for number, text in enumerate(letters, 1):
            file.writestr(f"Sent Items/{number}.eml", text)
    with zipfile.ZipFile(folder / "vault.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("export-1.mbox", mbox(letters))
    return {
        "mbox": "sent.mbox",
        "maildir": "Maildir",
        "folder": "export",
        "zip": "export.zip",
        "mbox in a zip": "vault.zip",
    }


KINDS = ("mbox", "maildir", "folder", "zip", "mbox in a zip")


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_scan_fetches_nothing(place: Place, kind: str) -> None:
    """Every kind of source keeps its UIDs; the accounting adds up."""
    add(place, sources(place.folder)[kind])
    first = place.scan("--json").json["scan"]
    digest = place.digest()

    second = place.scan("--json").json["scan"]

    assert (first["new_messages"], second["new_messages"]) == (3, 0)
    assert place.digest() == digest
    assert [row[1:] for row in figures(place)] == [(3, 3, 0, 0)]


def test_postgresql_remembers_files_as_well(place: Place, postgresql_url: str) -> None:
    """What an mbox was like comes back from the store, 63-bit checksum included."""
    file = write(place.folder / "sent.mbox", mbox([letter(1), letter(2)]))
    place.store = postgresql_url
    add(place, "sent.mbox")
    add(place, sources(place.folder / "more")["folder"].replace("export", "more/export"))
    place.scan()
    with file.open("ab") as more:
        more.write(mbox([letter(3)]))

    assert place.scan("--json").json["scan"]["new_messages"] == 1
    assert [row[1:] for row in figures(place)] == [(3, 3, 0, 0), (3, 3, 0, 0)]


def test_all_kinds_hold_the_same_messages(place: Place) -> None:
    """One message in five exports is one message: five copies, counted once."""
    for source in sources(place.folder).values():
        add(place, source)

    place.scan()

    report = place.report()
    assert report["totals"]["ladder"]["messages"] == 3
    copies = [copy for incident in report["incidents"] for copy in incident["messages"]]
    assert len(copies) == 15
    assert len({copy["identity"] for copy in copies}) == 3


def test_the_evidence_stays_as_it_was(place: Place) -> None:
    """
    Check and scan touch nothing: not the times of change and access, not the lists of files.

    The inode's time of change moves with every write, rename and change of rights.
    """
    write(place.folder / "mail" / "1.msg", sent_msg())
    add(place, "mail")
    for source in sources(place.folder).values():
        add(place, source)
    place.write_settings()
    for path in (*place.folder.rglob("*"), place.folder):
        os.utime(path, (LONG_AGO, LONG_AGO))
    before = state_of(place.folder)

    place.run("check")
    place.scan()

    after = state_of(place.folder)
    assert {name: state for name, state in after.items() if not name.startswith("blindcopy")} == before
    assert all(path.stat().st_mtime == LONG_AGO for path in (place.folder / "mail", place.folder / "Maildir"))


def state_of(folder: Path) -> dict[str, tuple[int, int, int, int, int]]:
    """Return times, rights, links and size of every file and folder of evidence, without reading them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.name.startswith("blindcopy"):
            status = path.stat()
            times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
            found[str(path.relative_to(folder))] = (*times, status.st_mode, status.st_size)
    return found


def test_what_was_appended_is_the_only_new_mail(place: Place) -> None:
    """The store is that of one scan of the whole file."""
    file = write(place.folder / "sent.mbox", mbox([letter(1, GUESTS), letter(2, GUESTS)]))
    add(place, "sent.mbox")
    place.scan()
    with file.open("ab") as more:
        more.write(mbox([letter(3, GUESTS)]))

    new = place.scan("--json").json["scan"]["new_messages"]

    digest = place.digest()
    place.store_file.unlink()
    place.scan()
    assert new == 1
    assert place.digest() == digest


def test_a_compacted_file_is_a_new_epoch_of_known_messages(place: Place) -> None:
    """Nothing is counted twice, and what is gone from the file stays in the store."""
    file = write(place.folder / "sent.mbox", mbox([letter(number, GUESTS) for number in (1, 2, 3)]))
    add(place, "sent.mbox")
    place.scan()
    file.write_bytes(mbox([letter(number, GUESTS) for number in (2, 3, 4)]))

    new = place.scan("--json").json["scan"]["new_messages"]

    assert new == 1
    assert figures(place) == [("sent", 3, 3, 0, 0)]
    assert place.report()["totals"]["ladder"]["messages"] == 4


def test_a_changed_folder_is_followed_file_by_file(place: Place) -> None:
    """Files that went are expunged, new ones fetched, the others left alone."""
    add(place, sources(place.folder)["folder"])
    place.scan()
    folder = place.folder / "export" / "office" / "Sent Items"
    (folder / "2.eml").unlink()
    write(folder / "4.msg", sent_msg([("", address) for address in GUESTS]))

    new = place.scan("--json").json["scan"]["new_messages"]

    assert new == 1
    assert figures(place) == [("office/Sent Items", 3, 3, 0, 1)]


def test_what_cannot_be_read_is_a_gap_until_it_can(place: Place) -> None:
    """A broken file costs itself, exit code 1 says so, and a good copy closes the gap's place."""
    add(place, sources(place.folder)["folder"])
    broken = write(place.folder / "export" / "office" / "Sent Items" / "4.msg", sent_msg()[:900])

    first = place.run("scan")
    broken_figures = figures(place)
    told = " ".join(place.run("status").answer.split())
    broken.write_bytes(sent_msg([("", address) for address in GUESTS]))
    second = place.run("scan")

    assert (first.code, second.code) == (1, 0)
    assert "x the message could not be understood: office/Sent Items/4.msg: " in told
    assert broken_figures == [("office/Sent Items", 4, 3, 1, 0)]
    assert figures(place) == [("office/Sent Items", 4, 4, 0, 0)]


def test_files_that_hold_no_mail_are_counted(place: Place) -> None:
    """By check, scan and status alike: a suffix that nobody thought of could be mail after all."""
    add(place, sources(place.folder)["folder"])
    write(place.folder / "export" / "results.csv", "a,b")
    write(place.folder / "export" / "readme.txt", "Exported")

    checked, scanned = place.run("check"), place.run("scan")

    assert "2 other files hold no mail" in checked.answer
    assert "account 1: 2 other files hold no mail" in scanned.remarks
    assert (checked.code, scanned.code) == (0, 0)
    line = next(line for line in place.run("status").answer.splitlines() if "(other files)" in line)
    assert line.endswith("2 other files hold no mail")


def test_a_cut_file_is_a_gap_until_it_is_whole(place: Place) -> None:
    """A copy that broke off in a text holds whole headers: what is missing behind them is said, once."""
    whole = mbox([letter(1, GUESTS), letter(2, GUESTS)])
    file = write(place.folder / "sent.mbox", whole[: whole.rindex(b"of 2.")])
    add(place, "sent.mbox")

    first, again = place.run("scan"), place.run("scan")
    gaps = place.report("gaps.json")["coverage"][-1]["gaps"]
    file.write_bytes(whole)
    mended = place.run("scan")

    assert (first.code, again.code, mended.code) == (1, 0, 0)
    assert (gaps, place.report()["coverage"][-1]["gaps"]) == (1, 0)


def _ordinary(number: int) -> str:
    """Return one of many letters of years, each with a subject of its own."""
    date = f"{1 + number % 28} Mar {2000 + number % 25}"
    text = letter(number, [f"guest{number % 500}@guests.example"])
    return text.replace("3 Mar 2025", date).replace("Evening", f"About {number:x}x")


def _many(folder: Path) -> str:
    write(folder / "sent.mbox", mbox(map(_ordinary, range(9_000)), "From - Mon Mar  3 09:00:05 2025\n"))
    return "sent.mbox"


def _many_files(folder: Path) -> str:
    for number in range(6_000):
        write(folder / "Sent" / f"{number}.eml", _ordinary(number))
    return "Sent"


@pytest.mark.parametrize("make", [_many, _many_files])
def test_a_killed_scan_goes_on(place: Place, make: Callable[[Path], str]) -> None:
    """Kill -9 in the middle, scan again: the store is that of an undisturbed scan."""
    add(place, make(place.folder))
    process = place.start("scan")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not _has_some(place):
        time.sleep(0.02)
    was_running = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.communicate()
    assert was_running, "the scan ended before it could be killed: give it more mail"

    place.scan()

    digest = place.digest()
    for file in place.folder.glob("blindcopy.db*"):
        file.unlink()
    place.scan()
    assert place.digest() == digest


def _has_some(place: Place) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{place.store_file}?mode=ro", uri=True)) as store:
            return bool(store.execute("SELECT COUNT(*) FROM message_copy").fetchone()[0])
    except sqlite3.OperationalError:
        # The store is not there yet, or being made.
        return False


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nowhere.mbox", "there is no such file or folder"),
        ("text.pdf", "the file is no mbox, zip"),
        ("cut.zip", "the zip file is damaged or incomplete"),
        ("inbox", "no sent mailbox found"),
    ],
)
def test_an_unusable_source_is_one_clear_line(place: Place, source: str, why: str) -> None:
    """Which account, what, and what to do; the check says the same."""
    write(place.folder / "text.pdf", b"%PDF-1.7")
    write(place.folder / "cut.zip", b"PK\x03\x04 cut")
    write(place.folder / "inbox" / "a.mbox", mbox([letter(1)]))
    write(place.folder / "inbox" / "b.mbox", mbox([letter(1)]))
    add(place, source)

    scanned, checked = place.run("scan"), place.run("check")

    assert scanned.code == 2
    assert any(line.startswith("blindcopy: account 1: ") and why in line for line in scanned.remarks.splitlines())
    assert checked.code == 2
    assert why in " ".join(checked.answer.split())


def test_the_check_tells_kind_mailboxes_and_counts(place: Place) -> None:
    """And where the dates come from; nothing is stored."""
    add(place, sources(place.folder)["zip"])

    ended = place.run("check")

    text = " ".join(ended.answer.split())
    assert ended.code == 0
    assert "a zip file with 1 mailbox" in text
    assert "3 messages to read" in text
    assert "dates: the Date fields" in text
    assert not place.store_file.exists()


def test_deleted_mail_counts_and_is_marked(place: Place) -> None:
    """Thunderbird keeps what was deleted until it compacts the folder: the guilty copy is often there."""
    content = mbox([letter(1, GUESTS, extra="X-Mozilla-Status: 0008\n")], "From - Mon Mar  3 09:00:05 2025\n")
    write(place.folder / "Sent", content)
    add(place, "Sent")

    place.scan()

    assert place.report()["totals"]["ladder"]["messages"] == 1


def test_received_mail_of_a_whole_export_is_no_finding(place: Place) -> None:
    """A file given alone may hold all mail of an account, without a word which of it was sent."""
    others = letter(1, ["office@corp.example", *GUESTS]).replace(
        "Office <office@corp.example>", "Eva <eva@example.org>"
    )
    write(place.folder / "export-1.mbox", mbox([others, letter(2, GUESTS)]))
    add(place, "export-1.mbox", user="office@corp.example")

    place.scan()

    report = place.report()
    assert [incident["subject"] for incident in report["incidents"]] == ["Evening 2"]
    assert report["totals"]["below_floor"]["messages"] == 0


def test_whose_mail_it_is_may_be_told(place: Place) -> None:
    """The address is an own one: it is the sender, never an outsider."""
    own = letter(1, GUESTS).replace("office@corp.example", "club@mail.example")
    write(place.folder / "sent.mbox", (FROM_LINE + own).encode())
    add(place, "sent.mbox", user="club@mail.example")

    place.scan()

    (incident,) = place.report()["incidents"]
    assert incident["senders"] == ["club@mail.example"]
    assert incident["ladder"]["exposed_addresses"] == len(GUESTS)


def test_a_list_that_cannot_be_read_with_somebody_in_bcc_is_one_incident(place: Place) -> None:
    """It belongs into an incident itself, and is no hidden mailing beside it."""
    text = (
        b"From: office@corp.example\r\nTo: Ada <ada@people.example>, parents, staff list, board, neighbours\r\n"
        b"Bcc: ben@people.example\r\nSubject: Summer fair\r\nDate: Tue, 5 May 2026 10:00:00 +0000\r\n"
        b"Message-ID: <1@corp.example>\r\n\r\nHello\r\n"
    )
    write(place.folder / "mail" / "1.eml", text)
    add(place, "mail")

    place.scan()

    (incident,) = place.report()["incidents"]
    assert incident["ladder"]["unresolved"] == 4
    assert incident["bcc_siblings"] == []


@pytest.mark.parametrize("order", [("Sent", "Archive"), ("Archive", "Sent")])
def test_copies_that_differ_in_their_subject_give_one_result_in_any_order(place: Place, order: tuple[str, str]) -> None:
    """A gateway tags the copy in the archive: the shorter subject is the one that was sent."""
    subjects = {"Sent": "Apology: Garden day", "Archive": "[EXTERNAL?] Apology: Garden day"}
    add(place, "mail", scope="ours")
    (place.folder / "mail" / "Sent").mkdir(parents=True)
    for name in order:
        text = letter(1, GUESTS).replace("Evening 1", subjects[name])
        write(place.folder / "mail" / name / "1.eml", text)
        place.scan()

    (incident,) = place.report()["incidents"]

    assert incident["subject"] == "Apology: Garden day"
    assert [len(incident["messages"]), incident["ladder"]["messages"]] == [2, 1]
