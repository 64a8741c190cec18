"""The archive for an investigator, and the program in it that recounts every figure."""

import ast
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from scanner.config import load_settings
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.errors import UsageError
from scanner.export import Request
from scanner.model import AddressKey, Gap, Message, ReceiptKind
from scanner.pipeline.deciding.people_statement import merge_people, split_people, state_tier
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from scanner.store.receipts import Proof, save_proofs
from scanner.store.schema import delivery_epoch, message
from tests.corpus.known import KnownMessage, known_incidents
from tests.pipeline.conftest import Desk
from tests.pipeline.mail import YEAR
from tests.shelf import OFFICE, guests, letter

INVESTIGATOR = Request("investigator")
PROGRAMS = [Path(str(files("scanner.reports"))) / name for name in ("recount.py", "check.py", "decided.py")]


def archive_of(desk: Desk, name: str = "evidence.zip", **keys: Any) -> Path:
    """Write the archive beside the settings."""
    return write_report(desk.settings, desk.folder / name, Request("investigator", **keys), now=1_790_000_000).path


def recounted(place: Path, name: str = "recount.py") -> tuple[int, str]:
    """Run a program as somebody who has nothing of ours; return exit code and what it printed."""
    program = place / name if place.is_dir() else place.with_name(name)
    if not place.is_dir():
        with zipfile.ZipFile(place) as archive:
            program.write_bytes(archive.read(name))
    arguments = [] if place.is_dir() else [str(place)]
    # -I: no packages of a user, no folder of ours on the path, no environment.
    ended = subprocess.run([sys.executable, "-I", "-S", str(program), *arguments], capture_output=True, text=True)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def checked(place: Path) -> tuple[int, str]:
    """Run the program that compares the files with each other."""
    return recounted(place, "check.py")


def unpacked(path: Path) -> Path:
    """Unpack the archive and return the folder."""
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def year(desk: Desk) -> Desk:
    """Return a desk with the office's year, analysed, and one decision."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    with open_report(desk.settings) as report:
        key = next(report.incidents()).key
    for reason in ("consented in writing", "no, they did not"):
        decide(desk.settings, key, Verdicted("ask", reason, decided_by="Dana"))
    return desk


def test_every_figure_of_the_year_is_recounted(year: Desk) -> None:
    """On the archive itself and in the unpacked folder."""
    path = archive_of(year)

    code, text = recounted(path)

    assert code == 0
    assert text.endswith("figures recounted: all agree\n")
    assert recounted(unpacked(path)) == (0, text)
    incidents = year.json()["incidents"]
    rows = sum(one["ladder"]["exposure_events"] + len(one["viewers"]) + len(one["bcc_siblings"]) for one in incidents)
    rungs, messages = (
        20 * (len(incidents) + 1),
        sum(len({copy["identity"] for copy in one["messages"]}) for one in incidents),
    )
    assert text.startswith(f"{len(incidents)} incidents, {rungs + rows + messages} figures")
    assert checked(path) == (0, f"{len(incidents)} incidents, 2 decisions: all files are whole, and agree\n")
    assert checked(path.with_suffix(""))[0] == 0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_the_program_is_short_and_stands_alone(program: Path) -> None:
    """Whoever is to trust it can read it; nothing of ours, and nothing to install, is in it."""
    source = program.read_text(encoding="utf-8")

    tree = ast.walk(ast.parse(source))

    imported = {
        name.split(".")[0]
        for node in tree
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) <= 200
    assert max(map(len, source.splitlines())) <= 120


def rewrite(path: Path, changes: Mapping[str, Callable[[bytes], bytes]], *, sums: bool = False) -> Path:
    """Return a copy of the archive in which entries are changed; `sums`: their hashes are put right as well."""
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        listed = source.read("sha256sums.txt").decode()
        for name in source.namelist():
            content = changes.get(name, bytes)(source.read(name))
            if name in changes and sums:
                listed = listed.replace(
                    hashlib.sha256(source.read(name)).hexdigest() + f"  {name}",
                    hashlib.sha256(content).hexdigest() + f"  {name}",
                )
            target.writestr(name, listed if name == "sha256sums.txt" else content)
    return changed


def readme_of(path: Path) -> str:
    """Return README.txt, each paragraph in one line."""
    with zipfile.ZipFile(path) as archive:
        return " ".join(archive.read("README.txt").decode("utf-8-sig").split())


@pytest.mark.parametrize(
    ("language", "said", "whole"),
    [
        ("en", "Not in it: 1 dismissed. What a person has dismissed is left out unless", "It is of the whole queue,"),
        (
            "de",
            "Nicht darin: 1 verworfen. Was eine Person verworfen hat, fehlt,",
            "Es ist von der ganzen Arbeitsliste,",
        ),
    ],
)
def test_the_archive_says_of_which_incidents_it_is(year: Desk, language: str, said: str, whole: str) -> None:
    """Dismissed ones are not in it, and why; an archive of all has the figures of the workbook, and recounts them."""
    settings = year.settings
    spoken = settings.model_copy(
        update={"organisation": settings.organisation.model_copy(update={"language": language})}
    )
    with open_report(settings) as report:
        key = [one.key for one in report.outline()][-1]
        total = report.totals
    decide(settings, key, Verdicted("dismiss", "consented in writing"))

    usual = write_report(spoken, year.folder / "usual.zip", INVESTIGATOR).path
    complete = write_report(spoken, year.folder / "all.zip", replace(INVESTIGATOR, what="all")).path

    assert said in readme_of(usual)
    assert "--what all" in readme_of(usual)
    assert whole in readme_of(complete)
    assert "{" not in readme_of(usual) + readme_of(complete)
    with zipfile.ZipFile(complete) as archive:
        told = json.loads(archive.read("report.json"))["totals"]
    assert (told["incidents"], told["exposed_people"], told["left_out"]) == (
        total.incidents,
        total.ladder.exposed_people,
        {},
    )
    assert recounted(complete)[0] == checked(complete)[0] == 0


def first_header(path: Path) -> str:
    """Return the name of a header in the archive."""
    with zipfile.ZipFile(path) as archive:
        return next(name for name in archive.namelist() if name.startswith("headers/"))


def test_one_byte_of_a_header_is_found(year: Desk) -> None:
    """Even where the list of hashes was changed with it."""
    path = archive_of(year)
    name = first_header(path)

    def spoil(content: bytes) -> bytes:
        return content.replace(b"guest", b"guesT", 1)

    for sums in (False, True):
        spoiled = rewrite(path, {name: spoil}, sums=sums)
        assert recounted(spoiled)[0] == 1
        code, text = checked(spoiled)
        assert code == 1
        assert name in text


@pytest.mark.parametrize(
    "rung", ["messages", "exposure_events", "exposed_people", "identifiable_full", "unresolved", "viewers", "replied"]
)
@pytest.mark.parametrize("place", ["incident", "totals"])
def test_one_figure_is_found(year: Desk, rung: str, place: str) -> None:
    """In an incident and in the totals, and by its name."""
    path = archive_of(year)

    def spoil(content: bytes) -> bytes:
        report = json.loads(content)
        figures = report["totals"] if place == "totals" else report["incidents"][0]["ladder"]
        figures[rung] = 4711
        return json.dumps(report).encode()

    code, text = recounted(rewrite(path, {"report.json": spoil}, sums=True))

    assert code == 1
    (line,) = text.splitlines()
    assert f"{rung} is 4711 in the report" in line


@pytest.mark.parametrize(
    ("former", "latter"),
    [(b"consented in writing", b"consented by speaking"), (b'"decided_by":"Dana"', b'"decided_by":"Vera"')],
)
def test_one_decision_is_found(year: Desk, former: bytes, latter: bytes) -> None:
    """Its reason, which may be erased but not changed, and who decided."""
    path = archive_of(year)

    code, text = checked(
        rewrite(path, {"decisions.jsonl": lambda content: content.replace(former, latter, 1)}, sums=True)
    )

    assert code == 1
    assert "decisions.jsonl: row 1 is not what was written there" in text


def test_a_decision_that_is_left_out_is_found(year: Desk) -> None:
    """The last one, too: the report says where the log ends."""
    path = archive_of(year)

    code, text = checked(
        rewrite(path, {"decisions.jsonl": lambda content: content.splitlines(keepends=True)[0]}, sums=True)
    )

    assert code == 1
    assert text.startswith("decisions.jsonl: it does not end where the report says\n")


def test_an_exposure_that_the_header_does_not_show_is_found(year: Desk) -> None:
    """The address is named, and so is the message."""
    path = archive_of(year)

    def spoil(content: bytes) -> bytes:
        report = json.loads(content)
        report["incidents"][0]["exposed"][0]["address"] = "nobody@guests.example"
        return json.dumps(report).encode()

    code, text = recounted(rewrite(path, {"report.json": spoil}, sums=True))

    assert code == 1
    assert "nobody@guests.example in " in text
    assert "missing when recounted" in text


def test_labels_protected_groups_lists_and_hidden_copies_are_recounted(desk: Desk) -> None:
    """Inside and outside by the policy; Bcc lines of several copies are one list; X.500 names are inside."""
    desk.change(
        """
[[protected]]
name = "wards"
domain = "wards.corp.example"
[[protected]]
name = "trainees"
addresses = "t*@corp.example"
[[label]]
name = "health"
subject = "*clinic*"
"""
    )
    wards = [f"ward{number}@wards.corp.example" for number in range(4)]
    mixed = [
        *wards,
        "tim@corp.example",
        "boss@corp.example",
        '"Jörg, M." <j.oerg@bücher.example>',
        "=?utf-8?Q?Z=C3=B6e?= <zoe@gmail.com>",
    ]
    odd = [*guests(6), "zo.e+x@googlemail.com", "/o=Corp/ou=First/cn=Recipients/cn=boss", "the board of trustees today"]
    one = letter(1, mixed, cc=guests(3), bcc=["hidden@far.example"], subject="The clinic")
    two = letter(1, mixed, cc=guests(3), bcc=["other@far.example", "boss@corp.example"], subject="The clinic")
    desk.shelf.put(desk.shelf.place(), [one, letter(2, odd, subject="A group: none", after=timedelta(days=40))])
    desk.shelf.put(desk.shelf.place(account="second"), [two])
    third = letter(
        3,
        ["Friends: a@one.example, b@two.example;", *guests(4)],
        message_id="",
        subject="=?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
        after=timedelta(days=90),
        extra=b"Resent-To: c@three.example\r\n",
    )
    desk.shelf.put(desk.shelf.place(), [third])
    desk.shelf.end()
    desk.analyse()

    code, text = recounted(archive_of(desk))

    assert (code, text.splitlines()[1:]) == (0, [])
    assert text.startswith("3 incidents, ")
    hidden = [one for one in desk.json()["incidents"] if one["subject"] == "The clinic"]
    assert [one["ladder"]["bcc_viewers"] for one in hidden] == [2]


def test_odd_addresses_and_names_of_other_systems_are_recounted(desk: Desk) -> None:
    """What Exchange has wrapped, hosts of nobody and of lists, Notes names: each counts as in the report."""
    mail = [
        "IMCEASMTP-max+2Emiller+40web+2Ede@corp.example",
        "IMCEASMTP-max+2Ewebb+40web+2Ede@corp.example",
        "IMCEASMTP-boss+40corp+2Eexample@corp.example",
        "IMCEANOTES-Bob_HQ@corp.example",
        "IMCEAINVALID-bob@far.example",
        "IMCEANOTES-Cyd_HQ@far.example",
        "dan@localhost",
        "eve@mail.invalid",
        "members@googlegroups.com",
        "Max Miller/Corp@CORP-NOTES",
        "CN=Jim Kay/O=Corp@Corp",
        "Fay Roe/HQ/Corp@Corp@Gate",
        "desk/one@far.example",
        *guests(4),
    ]
    date = "Wed, 10 Jun 2026 09:00:00 +2500"
    desk.shelf.put(desk.shelf.place(), [letter(1, mail, subject="Oddities", date=date)])
    desk.shelf.end()
    desk.analyse()
    path = archive_of(desk)

    (incident,) = desk.json()["incidents"]

    assert (incident["ladder"]["unresolved"], incident["ladder"]["list"]) == (7, 1)
    assert incident["ladder"]["exposed_people"] == incident["ladder"]["exposed_addresses"] == 9
    assert recounted(path)[0] == 0, recounted(path)[1]
    assert checked(path)[0] == 0, checked(path)[1]


@pytest.fixture
def full(desk: Desk) -> Desk:
    """Return a desk with a list and its members, clients, mail in Bcc, a stated merge, and a gap."""
    (desk.folder / "clients.csv").write_text("id,name,address\n1,One,guest1@guests.example\n2,Ada,a.da+x@gmail.com\n")
    (desk.folder / "members.csv").write_text("address\nm@far.example\nboss@corp.example\nguest1@guests.example\n")
    desk.change('[[list]]\naddress = "all@lists.example"\nmembers = "members.csv"\nas_of = 2025-01-01\n')
    file = desk.folder / "blindcopy.toml"
    file.write_text('clients_csv = "clients.csv"\n' + file.read_text())
    desk.settings = load_settings(file)
    everybody = [*guests(8), "ada@gmail.com", "a.d.a@googlemail.com", "All <all@lists.example>"]
    hidden = [letter(uid, [OFFICE], bcc=guests(4, first=10 * uid), after=timedelta(hours=-uid)) for uid in (2, 3)]
    unread = Gap("office", "message_unserved", "not given", "Sent", 1, 9)
    desk.shelf.put(desk.shelf.place(), [letter(1, everybody), *hidden], gaps=(unread,))
    desk.shelf.end()
    merge_people(desk.settings, ["guest3@guests.example", "guest4@guests.example"], reason="one person", by="Dana")
    desk.analyse()
    return desk


def test_lists_clients_mail_in_bcc_and_merges_are_in_the_evidence(full: Desk) -> None:
    """Nothing of it is taken on trust."""
    path = archive_of(full)

    (incident,) = full.json()["incidents"]
    assert (len(incident["viewers_through_lists"]), len(incident["bcc_siblings"])) == (2, 2)
    assert sum(bool(one["clients"]) for one in incident["exposed"]) == 3
    assert incident["ladder"]["at_least"] is True
    assert incident["ladder"]["exposed_people"] == 9
    for code, text in (recounted(path), checked(path)):
        assert (code, text.splitlines()[1:]) == (0, [])
    with zipfile.ZipFile(path) as archive:
        assert sum(name.startswith("headers/") for name in archive.namelist()) == 3


def test_odd_mail_is_recounted(desk: Desk) -> None:
    """Dates that nobody writes any more, names in no known character set, senders that look like formulas."""
    dates = ["not a date", "Mon, 03 Mar 125 09:00:00 +0000", "Mon, 31 Feb 2025 09:00:00 +0000", "3 Mar 25 09:00 EST"]
    dates += ["Mon, 03 Mar 2025 09:00:60 GMT+0100", "Mon, 03 Mar 2031 09:00:00 +0000", "", "x;=1+1,\"-2;'3;"]
    odd = [letter(uid, guests(6, first=10 * uid), date=date) for uid, date in enumerate(dates, 1)]
    named = ['"=?x-nobody?Q?J=F6rg?=" <j@far.example>', "=?utf-8?B?abc?= <k@far.example>", "'l@far.example'"]
    subject = "=?x-nobody?Q?=FF?="
    odd += [letter(20, [*guests(4), *named], message_id="", subject=subject, after=timedelta(days=60))]
    odd += [letter(21, guests(6), sender="=evil@corp.example", subject="=1+1", after=timedelta(days=120))]
    desk.shelf.put(desk.shelf.place(), odd)
    desk.shelf.end()
    desk.analyse()

    path = archive_of(desk)

    for code, text in (recounted(path), checked(path)):
        assert (code, text.splitlines()[1:]) == (0, []), text


@pytest.mark.parametrize("message_id", [None, ""])
def test_dates_in_years_that_saw_no_mail_are_recounted(desk: Desk, message_id: str | None) -> None:
    """Programs that know no date write their calendar's first day: the server's date stands, also in the identity."""
    dates = ["Sat, 30 Dec 1899 00:00:00 +0000", "Mon, 1 Jan 0001 00:00:00 +0000", "Mon, 01 Jan 0001 00:00:00 GMT"]
    dates += ["Tue, 1 Jan 1850 00:00:00 GMT", "01-Jan-0107 00:00:00", "Fri, 31 Dec 9999 23:59:59 +0000"]
    dates += [
        "Mon, 03 Mar 2025 09:00:61 GMT",
        "Mon, 03 Mar 2025 09:00:00 +9999",
        "3 (x (y) z) Mar 2025 09:00 UTC -0500",
    ]
    odd = [
        letter(uid, guests(5, first=10 * uid), date=date, message_id=message_id) for uid, date in enumerate(dates, 1)
    ]
    desk.shelf.put(desk.shelf.place(), odd)
    desk.shelf.end()
    desk.analyse()

    path = archive_of(desk)

    for code, text in (recounted(path), checked(path)):
        assert (code, text.splitlines()[1:]) == (0, []), text


def test_names_and_comments_of_any_length_are_recounted(desk: Desk) -> None:
    """RFC 5322, 3.2.4 and 4.4: nothing says how long a name may be, and blanks may stand around an @."""
    long = "N" * 40_000
    named = [f'"{long}" <a@far.example>', f"{long} <b@far.example>", f"c@far.example ({long})"]
    named += [f'"{long[:400]}"@far.example', "d @ far.example", "<e @ far.example>", '"f g" @ far.example']
    named += ['"a\\"b" <h@far.example>']
    desk.shelf.put(desk.shelf.place(), [letter(1, named)])
    desk.shelf.end()
    desk.analyse()

    path = archive_of(desk)

    assert desk.json()["totals"]["exposed_addresses"] == 8
    for code, text in (recounted(path), checked(path)):
        assert (code, text.splitlines()[1:]) == (0, []), text


EIGHT_BIT = (
    b'Cc: J\xf6rg M\xfcller <joerg@far.example>, "M\xfcller, Eva" <eva@far.example>\r\nSubject: Gr\xfc\xdfe\r\n',
    'Cc: Jörg Müller <joerg@far.example>, "Müller, Eva" <eva@far.example>\r\nSubject: Grüße\r\n'.encode(),
    b"Cc: J\xf6rg M\xc3\xbcller <joerg@far.example>, j\xf6rg@far.example\r\nSubject: \xff\x80 \xc3\r\n",
    b"Cc: G\xe4ste: eva@far.example, J\xf6rg <joerg@far.example>;\r\nReferences: <\xfc@far.example>\r\n",
    b"Cc: \xa4\xa4\xbb\xb3 <joerg@far.example>, \x93Eva\x94 <eva@far.example>\r\nX-Mailer: \xe9\r\n",
)
"""Header fields with bytes that RFC 5322, 2.2 forbids, as scripts and old programs write them."""


@pytest.mark.parametrize("message_id", [None, ""])
def test_headers_with_raw_bytes_are_recounted(desk: Desk, message_id: str | None) -> None:
    """Nobody altered them: no alarm."""
    odd = [
        letter(
            uid,
            guests(5, first=10 * uid),
            subject="",
            extra=extra,
            message_id=message_id,
            after=timedelta(days=60 * uid),
        )
        for uid, extra in enumerate(EIGHT_BIT, 1)
    ]
    desk.shelf.put(desk.shelf.place(), odd)
    desk.shelf.end()
    desk.analyse()

    path = archive_of(desk)

    for code, text in (recounted(path), checked(path)):
        assert (code, text.splitlines()[1:]) == (0, []), text


def _set(*way: Any, value: Any) -> Callable[[Any], None]:
    """Return what sets one value in the report."""

    def change(report: Any) -> None:
        for step in way[:-1]:
            report = report[step]
        report[way[-1]] = value

    return change


WORST = ("incidents", 0)


@pytest.mark.parametrize(
    ("program", "change", "line"),
    [
        ("recount.py", _set(*WORST, "viewers", 0, "inside", value=True), "a.d.a@googlemail.com is ('to', True"),
        ("recount.py", _set(*WORST, "viewers", 0, "field", value="bcc"), "a.d.a@googlemail.com is ('bcc'"),
        ("recount.py", _set(*WORST, "viewers", 0, "received", value="replied"), "('to', False, 'replied')"),
        ("recount.py", _set(*WORST, "exposed", 0, "person_id", value="0" * 16), "is 0000000000000000 in the report"),
        ("recount.py", _set(*WORST, "bcc_siblings", 0, value="f" * 64), "Message ffff"),
        ("recount.py", _set("people_statements", value=[]), "exposed_people is 9 in the report, 10 when recounted"),
        ("recount.py", _set("totals", "at_least", value=False), "at_least is False in the report, True when"),
        ("check.py", _set("people_statements", 0, "addresses", 0, value="x@y.example"), "statements about people: 1"),
        ("check.py", _set(*WORST, "viewers_through_lists", 0, "address", value="x@y.example"), "members of all@lists"),
        ("check.py", _set(*WORST, "exposed", 0, "clients", value=[]), "client a.d.a@googlemail.com is missing"),
        ("check.py", _set(*WORST, "bcc_siblings", value=[]), "sibling "),
        ("check.py", _set(*WORST, "first_sent_at", value="2020-01-01T00:00:00Z"), "first_sent_at is 2020"),
        ("check.py", _set(*WORST, "messages", 0, "sent_at", value="2020-01-01T00:00:00Z"), "copy "),
        ("check.py", _set(*WORST, "messages", 0, "uid", value=4711), "'4711'"),
        ("check.py", _set(*WORST, "score", value=1), "score is 1 in the report"),
        ("check.py", _set(*WORST, "id", value="0" * 12), "no incident"),
        ("check.py", _set("people", 0, "incidents", value=[]), "people: "),
        ("check.py", _set("totals", "by_status", value={"confirmed": 1}), "by_status"),
        ("check.py", _set("totals", "ladder", "viewers", value=4711), "viewers is"),
        ("check.py", _set("totals", "coverage", "stored", value=4711), "stored is 4711"),
        ("check.py", _set("policy_sha256", value="0" * 64), "policy.json"),
    ],
)
def test_what_the_report_says_otherwise_is_found(
    full: Desk, program: str, change: Callable[[Any], None], line: str
) -> None:
    """By the program whose matter it is, though the list of hashes was put right."""
    path = archive_of(full)

    def spoil(content: bytes) -> bytes:
        report = json.loads(content)
        change(report)
        return json.dumps(report).encode()

    code, text = recounted(rewrite(path, {"report.json": spoil}, sums=True), program)

    assert code == 1
    assert line in text


def test_another_policy_is_found(full: Desk) -> None:
    """By its hash, and by the figures that do not follow from it."""
    path = archive_of(full)

    spoiled = rewrite(path, {"policy.json": lambda one: one.replace(b'["corp.example"]', b'["gmail.com"]')}, sums=True)

    assert "policy.json" in checked(spoiled)[1]
    assert "ada@gmail.com is ('to', False, 'unknown') in the report, ('to', True, 'unknown')" in recounted(spoiled)[1]


def test_a_file_that_was_taken_out_or_put_in_is_found(full: Desk) -> None:
    """A header, and one that nobody kept."""
    path = archive_of(full)
    name = first_header(path)
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        sums = source.read("sha256sums.txt").decode().splitlines(keepends=True)
        for one in source.namelist():
            if one not in (name, "sha256sums.txt"):
                target.writestr(one, source.read(one))
        target.writestr("sha256sums.txt", "".join(line for line in sums if name not in line))
        target.writestr("headers/more.txt", b"From: nobody@x.example\r\n\r\n")

    assert "1 headers short when recounted" in recounted(changed)[1]
    assert "headers/more.txt: was not handed out with the others" in checked(changed)[1]


def test_only_the_chosen_incidents_are_in_it(year: Desk) -> None:
    """Their headers, their figures and totals; and they are recounted, too."""
    with open_report(year.settings) as report:
        keys = [one.key for one in report.outline()]

    path = archive_of(year, "one.zip", what=keys[0])

    with zipfile.ZipFile(path) as archive:
        held = json.loads(archive.read("report.json"))
        headers = {name for name in archive.namelist() if name.startswith("headers/")}
    assert [one["id"] for one in held["incidents"]] == keys[:1]
    with zipfile.ZipFile(path) as archive:
        rows = [row.split(",") for row in archive.read("index.csv").decode().splitlines()[1:]]
    assert headers == {f"headers/{row[-2]}.txt" for row in rows}
    assert {row[0] for row in rows} == {keys[0]}
    assert recounted(path)[0] == 0


def test_the_same_store_gives_the_same_bytes(year: Desk) -> None:
    """Names in order, times of the analysis."""
    first, second = archive_of(year, "first.zip"), archive_of(year, "second.zip")

    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == sorted(archive.namelist())


def test_headers_are_not_pseudonymised(year: Desk) -> None:
    """They name everybody, whatever stands beside them."""
    with pytest.raises(UsageError, match="cannot be pseudonymised"):
        write_report(year.settings, year.folder / "evidence.zip", INVESTIGATOR, pseudonymise=True)

    assert not (year.folder / "evidence.zip").exists()


def test_the_index_names_every_copy(year: Desk) -> None:
    """Where it lies, and which header it has."""
    with zipfile.ZipFile(archive_of(year)) as archive:
        rows = archive.read("index.csv").decode().splitlines()
        report = json.loads(archive.read("report.json"))

    copies = [copy for incident in report["incidents"] for copy in incident["messages"]]
    assert rows[0].startswith("incident,part,identity,account,mailbox,mailbox_role,uidvalidity,uid,internal_date,")
    exposing = [row for row in rows if ",exposing," in row]
    assert [row.split(",")[-2:] for row in exposing] == [[copy["header_sha256"], "kept"] for copy in copies]


def test_every_known_disclosure_is_recounted(desk: Desk) -> None:
    """The publicly known ones, from the very headers that their figures come from."""
    desk.change("[policy]\nqueue_floor = 2\nqueue_score = -1000\n")
    for known in known_incidents():
        place = desk.shelf.place(account=known.id)
        desk.shelf.put(place, [taken(number, one) for number, one in enumerate(known.messages, 1)])
    desk.shelf.end()
    desk.analyse()

    code, text = recounted(archive_of(desk))

    assert (code, text.splitlines()[1:]) == (0, [])
    assert len(desk.json()["incidents"]) >= len(known_incidents()) / 2


def taken(uid: int, known: KnownMessage) -> Message:
    """Return a known message as a crawl gives it."""
    header = known.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    internal = known.internal_at.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
    return build_message(FetchAnswer(uid, internal, len(header), b"\\Seen", header), header, is_draft=False)


def test_what_persons_stated_and_what_proves_delivery_is_recounted(year: Desk) -> None:
    """Merges, splits and tiers; bounces, replies and copies that a server took."""
    guest = [f"guest{number}@guests.example" for number in range(30, 40)]
    merge_people(year.settings, guest[:2], reason="one person", by="Dana")
    merge_people(year.settings, ["ada@gmail.com", guest[2]], reason="her own", by="Dana")
    split_people(year.settings, ["ada+clinic@gmail.com"], reason="her daughter's", by="Dana")
    state_tier(year.settings, guest[3], "nameless", reason="a machine", by="Dana")
    year.analyse()
    kinds: list[tuple[str, ReceiptKind]] = [
        (guest[4], "bounced"),
        (guest[5], "replied"),
        (guest[6], "delivered"),
        (guest[7], "auto_reply"),
        (guest[7], "bounced"),
    ]
    with year.engine.begin() as connection:
        numbers = connection.execute(select(message.c.id)).scalars().all()
        values = {"mailbox_id": 1, "uidvalidity": 9, "examined": "", "messages": 0, "is_current": True}
        connection.execute(delivery_epoch.insert().values(id=1, **values))
        save_proofs(
            connection,
            [
                Proof(number, AddressKey(key), kind, 5, "5.1.1", 1, None, uid, bytes([uid]) * 32)
                for number in numbers
                for uid, (key, kind) in enumerate(kinds, 1)
            ],
        )
    year.analyse()

    code, text = recounted(archive_of(year))

    assert (code, text.splitlines()[1:]) == (0, [])
    figures = year.json()["totals"]["ladder"]
    assert (figures["bounced"], figures["replied"], figures["delivered"]) == (1, 1, 3)
