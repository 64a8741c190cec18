"""The report is the last analysis of one moment, under the settings that made it."""

import html
import json
import sqlite3
import sys
import zipfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from scanner import open_store
from scanner.errors import OutputExistsError, PseudonymKeyError, StoreError, UnknownIncidentError, UsageError
from scanner.export.words.breath import unfinished
from scanner.language import Language
from scanner.model import Account, Gap
from scanner.pipeline.deciding.people_statement import state_tier
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.keeping.upkeep import store_status
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.store import crawled
from scanner.store.gaps import record_gap
from scanner.store.schema import analysis_run, crawl_run, incident
from tests.pipeline.conftest import Desk
from tests.pipeline.mail import PAIR, PARTS, SMALL, YEAR
from tests.shelf import Shelf, guests, letter

SOMEBODY = """
[[label]]
name = "Patients of Knut"
sender = "office@corp.example"
[[label]]
name = "Ward Knut, second floor"
account = "*"
[[protected]]
name = "wards of Knut"
domain = "wards.corp.example"
[[group]]
name = "Friends “of” Knut"
domain = "guests.example"
owner = "Knut"
reason = "Knut asked them"
since = 2020-01-01
expires = 2030-01-01
"""
"""Settings in which persons call somebody by a name."""


@pytest.fixture
def year(desk: Desk) -> Desk:
    """Return a desk with the office's year, analysed."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    return desk


def test_ladders_are_those_that_were_stored(year: Desk) -> None:
    """What the report says of an incident is what ranked it."""
    with year.engine.connect() as connection:
        kept = {
            row.key: json.loads(row.ladder) for row in connection.execute(select(incident).where(incident.c.rank > 0))
        }
        totals = json.loads(connection.execute(select(analysis_run.c.totals)).scalar_one())

    with open_report(year.settings) as report:
        shown = {one.key: asdict(one.ladder) for one in report.incidents()}
        assert asdict(report.totals.ladder) == totals["ladder"]

    assert shown == kept


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("running", "`blindcopy analyse` for what"),
        ("aborted", "`blindcopy analyse` for what"),
        ("complete", "analyse`"),
    ],
)
def test_before_the_first_analysis_the_command_that_helps_is_named(desk: Desk, state: str, said: str) -> None:
    """A scan that runs or was stopped has stored mail that can be judged; another scan may not be started yet."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    with desk.engine.begin() as connection:
        connection.execute(crawl_run.update().values(state=state))

    with pytest.raises(StoreError, match="nothing has been analysed yet") as caught, open_report(desk.settings):
        pass

    assert said in caught.value.remedy


def test_incidents_come_by_rank(year: Desk) -> None:
    """Ranks count from one without holes; a second pass gives the same."""
    with open_report(year.settings) as report:
        passes = [[(one.rank, one.key) for one in report.incidents()] for _ in range(2)]

    assert [rank for rank, _ in passes[0]] == [1, 2, 3, 4]
    assert passes[0] == passes[1]


def test_people_stand_once_with_all_their_exposures(year: Desk) -> None:
    """One person of three addresses; five who stood in two incidents."""
    with open_report(year.settings) as report:
        people = list(report.people())
        total = report.totals.ladder.exposed_people

    assert len(people) == total == len({one.person_id for one in people})
    assert sorted(map(len, (one.addresses for one in people)))[-2:] == [1, 3]
    assert sum(len(one.incidents) == 2 for one in people) == 5
    assert [one.person_id for one in people] == sorted(one.person_id for one in people)


def test_related_incidents_are_told_with_what_they_share(year: Desk) -> None:
    """Whatever an incident names as related can be read, is named back, and shares something with it."""
    with open_report(year.settings) as report:
        for one in report.incidents():
            related = list(report.related(one.key))

            assert sorted(other.key for other in related) == sorted(one.related)
            assert all(other.why for other in related)
            assert [other.first_sent_at for other in related] == sorted(other.first_sent_at for other in related)
            assert sorted(message.identity for message in report.siblings(one.key)) == sorted(one.bcc_siblings)


def test_other_settings_are_refused(year: Desk) -> None:
    """Results of different policies are never mixed: one line says which command to run."""
    year.change("[policy]\nqueue_floor = 3\n")

    with pytest.raises(StoreError) as caught, open_report(year.settings):
        pass

    assert "blindcopy analyse" in str(caught.value)
    year.analyse()
    with open_report(year.settings) as report:
        assert report.head.queue_floor == 3


def test_settings_that_decide_nothing_may_change(year: Desk) -> None:
    """Another password variable or host gives the same report."""
    before = year.file("report.json")
    file = year.folder / "blindcopy.toml"
    file.write_text(file.read_text().replace('"PASSWORD"', '"OTHER"').replace("imap.corp", "mail.corp"))

    from scanner.config import load_settings

    year.settings = load_settings(file)

    assert year.file("report.json") == before


def test_a_store_that_was_never_analysed_has_no_report(desk: Desk) -> None:
    """One line says what to run."""
    with pytest.raises(StoreError) as caught, open_report(desk.settings):
        pass

    assert "blindcopy scan" in str(caught.value)


def test_a_report_is_of_one_moment(year: Desk) -> None:
    """A scan that goes on, and even another analysis, change nothing in a report that is open."""
    with open_report(year.settings) as report:
        first = (list(report.incidents()), list(report.people()), list(report.gaps()), list(report.coverage()))
        other = Shelf(year.engine)
        place = other.place()
        other.put(
            place, [letter(90, guests(40, first=900))], gaps=(Gap("office", "message_unserved", "no", "Sent", 1, 91),)
        )
        year.analyse()
        second = (list(report.incidents()), list(report.people()), list(report.gaps()), list(report.coverage()))

    assert first == second
    with open_report(year.settings) as report:
        assert report.totals.incidents == 5


def test_a_report_can_be_read_while_another_process_writes(year: Desk) -> None:
    """A writer's open transaction neither blocks a report nor shows in it."""
    before = year.json()

    writing = sqlite3.connect(year.folder / "blindcopy.db", isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("DELETE FROM recipient")
    during = year.json()
    writing.execute("ROLLBACK")
    writing.close()

    assert during == before


def test_a_scan_that_has_not_ended_makes_a_report_provisional(year: Desk) -> None:
    """It can be read, and says so."""
    with open_report(year.settings) as report:
        assert not report.head.provisional
    Shelf(year.engine)

    with open_report(year.settings) as report:
        assert report.head.provisional


def test_what_came_after_the_analysis_is_said_until_it_is_analysed(year: Desk) -> None:
    """Mail that was stored, or a statement about people: until the next analysis, figures speak of two moments."""
    at_first = _is_behind(year)
    shelf = Shelf(year.engine)
    shelf.put(shelf.place(), [letter(900, to=guests(7))])
    shelf.end()
    after_mail = _is_behind(year)
    year.analyse()
    analysed = _is_behind(year)
    state_tier(year.settings, "guest1@guests.example", "nameless", reason="She asked", by="Dee Officer")
    after_statement = _is_behind(year)

    assert [at_first, after_mail, analysed, after_statement] == [False, True, False, True]


def _is_behind(desk: Desk) -> bool:
    """Return what the report says, having seen that `status` says the same."""
    status = store_status(desk.settings)
    with open_report(desk.settings) as report:
        said = report.head.behind
        assert len(list(unfinished(report.head))) == said
    assert status.analysis is not None
    assert status.analysis.is_behind is said
    return said


def test_gaps_make_bounds_at_least(year: Desk) -> None:
    """What could not be read may hold more people (CONTRACTS: people_upper)."""
    with open_report(year.settings) as report:
        before = {one.subject: one.ladder.at_least for one in report.incidents()}
    unread = Gap("office", "message_unserved", "not given", "Sent", 1, 99)
    year.shelf.put(year.shelf.place(), [], gaps=(unread,))

    with open_report(year.settings) as report:
        after = {one.subject: one.ladder.at_least for one in report.incidents()}
        assert report.totals.ladder.at_least
        assert list(report.gaps()) == [unread]

    assert before["Carers' breakfast"] is False
    assert before["By name"] is True
    assert all(after.values())


def test_coverage_is_over_all_mailboxes_in_scope(year: Desk) -> None:
    """Accounts never reached are named; mailboxes out of scope stay out of the sum."""
    shelf = year.shelf
    shelf.account_for(shelf.place(), enumerated=20, stored=14, vanished=1, errored=5)
    shelf.account_for(shelf.place(mailbox="Archive"), enumerated=10, stored=10)
    shelf.place(mailbox="Doctor", in_scope=False)
    with year.engine.begin() as connection:
        crawled.save_account(connection, Account("zeta", "imap.corp.example", 993, "zeta"))

    with open_report(year.settings) as report:
        totals = report.totals
        rows = list(report.coverage())

    assert (totals.coverage_stored, totals.coverage_enumerated) == (24, 30)
    assert totals.accounts_unreached == ("zeta",)
    assert (rows[0].account, rows[0].mailbox) == ("zeta", "")
    assert totals.oldest_mail == min(one.sent_at for one in YEAR)
    assert totals.newest_mail == max(one.sent_at for one in YEAR)


def test_an_incident_is_found_by_the_beginning_of_its_key(year: Desk) -> None:
    """In any case, with spaces around it, as far as it is the only one."""
    with open_report(year.settings) as report:
        key = next(one.key for one in report.incidents() if one.subject == SMALL.subject)

        found = [find_incident(report, text).key for text in (key, key[:8], f" {key.upper()} ")]

    assert found == [key] * 3


@pytest.mark.parametrize(("wanted", "word"), [("zzz", "no incident"), ("", "no incident"), ("%", "no incident")])
def test_an_unknown_key_is_one_line(wanted: str, word: str, year: Desk) -> None:
    """It says where the keys stand."""
    with open_report(year.settings) as report, pytest.raises(UnknownIncidentError) as caught:
        find_incident(report, wanted)

    assert word in str(caught.value)
    assert "blindcopy queue" in str(caught.value)


def test_a_beginning_that_several_keys_share_is_refused(desk: Desk) -> None:
    """With more than sixteen incidents two keys begin with the same digit."""
    names = ("ada bea", "cyd dan", "eve fay", "gus hal", "ida jon", "kim leo", "mia ned", "oda pia", "quin ray")
    leaks = [
        letter(uid, guests(6, first=10 * uid), subject=f"Circle {name}", after=timedelta(days=50 * uid))
        for uid, name in enumerate(" ".join(names).split())
    ]
    desk.shelf.put(desk.shelf.place(), leaks)
    assert desk.analyse().queued == len(leaks) > 16

    with open_report(desk.settings) as report:
        keys = [one.key for one in report.incidents()]
        shared = next(key[0] for key in keys if sum(other[0] == key[0] for other in keys) > 1)
        with pytest.raises(UnknownIncidentError) as caught:
            find_incident(report, shared)

    assert "several" in str(caught.value)


def test_what_is_not_queued_is_listed_and_found(year: Desk) -> None:
    """Every incident that is not queued, by score, with the ladder that was stored; each is found by its key."""
    with open_report(year.settings) as report:
        listed = list(report.below())
        queued = {one.key for one in report.incidents()}
        found = {one.key: find_incident(report, one.key) for one in listed}

    with year.engine.connect() as connection:
        kept = {row.key: json.loads(row.ladder) for row in connection.execute(select(incident))}
    assert {one.key: asdict(one.ladder) for one in listed} == {
        key: figures for key, figures in kept.items() if key not in queued
    }
    assert [one.subject for one in listed] == [PAIR.subject]
    assert [(one.rank, one.queued, one.ladder, one.score) for one in found.values()] == [
        (0, "", one.ladder, one.score) for one in listed
    ]


def test_reports_are_never_overwritten(year: Desk, tmp_path: Path) -> None:
    """The file that is there stays as it is, and an unknown suffix is named."""
    path = tmp_path / "report.json"
    path.write_text("mine")

    with pytest.raises(OutputExistsError):
        write_report(year.settings, path)
    with pytest.raises(UsageError):
        write_report(year.settings, tmp_path / "report.pdf")

    assert path.read_text() == "mine"


def test_a_gap_of_another_account_says_nothing_of_these_people(year: Desk) -> None:
    """The bounds of an incident are open only where its own accounts have gaps; the totals always."""
    with year.engine.begin() as connection:
        other = crawled.save_account(connection, Account("other", "imap.corp.example", 993, "other"))
        record_gap(connection, year.shelf.run, other, None, None, Gap("other", "account_unreached", "no answer"))

    with open_report(year.settings) as report:
        shown = {one.subject: one.ladder.at_least for one in report.incidents()}
        assert report.totals.ladder.at_least

    assert shown["Carers' breakfast"] is False


def test_copies_of_an_incident_name_where_they_lie(year: Desk) -> None:
    """Every stored copy is evidence, those in other mailboxes included."""
    year.shelf.put(year.shelf.place(mailbox="Archive", role="archive"), [PARTS[0]])
    year.analyse()

    rows = [
        (row["mailbox"], row["uid"])
        for one in year.json()["incidents"]
        for row in one["messages"]
        if row["identity"] == PARTS[0].identity
    ]

    assert rows == [("Archive", 1), ("Sent", 1)]


def test_the_pipeline_needs_no_pandas() -> None:
    """Commands must not wait for it."""
    import subprocess

    modules = "scanner.pipeline.reporting.report, scanner.pipeline.analysing.analysis"
    code = f"import sys, {modules}; sys.exit('pandas' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_messages_are_read_for_many_incidents_at_a_time(desk: Desk) -> None:
    """Forty incidents cost no more queries than four."""
    asked = []
    for many in (4, 40):
        place = desk.shelf.place()
        for number in range(many):
            uid = many * 100 + number
            desk.shelf.put(
                place, [letter(uid, guests(6, first=uid * 10), subject=f"Word{uid}", after=timedelta(days=uid))]
            )
        desk.analyse()
        queries: list[str] = []
        with open_report(desk.settings) as report:

            def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
                queries.append(statement)  # noqa: B023 - read before the next round.

            event.listen(Engine, "before_cursor_execute", note)
            found = list(report.incidents())
            event.remove(Engine, "before_cursor_execute", note)
        asked.append((len(found), len(queries)))

    assert [incidents for incidents, _ in asked] == [4, 44]
    assert asked[0][1] == asked[1][1]


def test_pseudonyms_are_the_same_in_every_report_and_those_of_the_notebook(year: Desk, tmp_path: Path) -> None:
    """One key file, made once with mode 0600, ties all of them to names."""
    for name in ("first.json", "second.json"):
        write_report(year.settings, tmp_path / name, pseudonymise=True)
    first, second = (json.loads((tmp_path / name).read_bytes()) for name in ("first.json", "second.json"))

    with open_store(year.settings.store_url) as store:
        frames = set(store.exposures()["address"])

    shown = {entry["address"] for one in first["incidents"] for entry in one["exposed"]}
    assert first == second
    assert shown
    assert shown <= frames
    assert year.settings.pseudonym_key_file.stat().st_mode & 0o777 == 0o600


def test_what_settings_call_somebody_is_hidden_with_the_own_domains(desk: Desk) -> None:
    """Labels, protected and approved groups, and the rule of each viewer; that there is a rule or label is told."""
    desk.change(SOMEBODY)
    place = desk.shelf.place()
    desk.shelf.put(place, [letter(1, [*guests(8), "ward@wards.corp.example", "boss@corp.example"])])
    desk.analyse()

    told = {}
    files: tuple[tuple[str, Language], ...] = (
        ("impact.json", "en"),
        ("tables", "en"),
        ("a.xlsx", "de"),
        ("b.html", "de"),
    )
    for name, language in files:
        organisation = desk.settings.organisation.model_copy(update={"language": language})
        path = desk.folder / name
        write_report(desk.settings.model_copy(update={"organisation": organisation}), path, pseudonymise=True)
        told[name] = "\n".join(map(everything, sorted(path.iterdir()) if path.is_dir() else [path])).casefold()

    hidden = ("knut", "corp.example", "friends", "ward@")
    assert {(name, word) for name, text in told.items() for word in hidden if word in text} == set()
    assert {name for name, text in told.items() if "label-" not in text} == set()
    assert "domain domain-" in told["impact.json"]
    assert "protected group-" in told["impact.json"]
    assert "geschützt: group-" in html.unescape(told["a.xlsx"])


def everything(path: Path) -> str:
    """Return all text of a file, that of its parts when it is an archive."""
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def test_a_damaged_key_stops_a_report_with_pseudonyms(year: Desk, tmp_path: Path) -> None:
    """Other pseudonyms than last time would look like other people."""
    year.settings.pseudonym_key_file.write_text("not a key")

    with pytest.raises(PseudonymKeyError, match="holds no key"):
        write_report(year.settings, tmp_path / "impact.json", pseudonymise=True)

    assert list(tmp_path.glob("impact*")) == []
