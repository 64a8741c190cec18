"""A report of some incidents counts these alone."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest

from scanner.errors import UnknownIncidentError, UsageError
from scanner.export import Request
from scanner.pipeline.analysing import insight
from scanner.pipeline.deciding.people_statement import merge_people
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule, sign
from scanner.pipeline.deciding.tracking import note_people, note_viewers
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from scanner.pipeline.reporting.selection import select_incidents
from scanner.store.addressed import mail_between
from tests.pipeline.conftest import Desk
from tests.pipeline.keeping.test_evidence_archive import recounted
from tests.pipeline.mail import YEAR
from tests.shelf import guests, letter


@pytest.fixture
def year(desk: Desk) -> Desk:
    """Return a desk with the office's year, analysed."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    return desk


def test_what_goes_to_the_people_is_of_confirmed_incidents(year: Desk, tmp_path: Path) -> None:
    """Figures, people and rows are those of the one incident that somebody confirmed."""
    with open_report(year.settings) as report:
        worst = next(report.incidents())
    decide(year.settings, worst.key, Verdicted("confirm", "a breach", aware_source="the sender"))

    with open_report(year.settings) as report:
        selected = select_incidents(report, "people", "").report
        assert [one.key for one in selected.incidents()] == [worst.key]
        assert selected.totals.ladder == worst.ladder
        assert selected.totals.by_status == {"confirmed": 1}
        people = list(selected.people())
    write_report(year.settings, tmp_path / "merge.xlsx", Request("people"))

    assert len(people) == worst.ladder.exposed_people
    assert openpyxl.load_workbook(tmp_path / "merge.xlsx").worksheets[0].max_row == len(people) + 1


def test_all_of_the_queue_together_counts_as_the_whole_report(year: Desk) -> None:
    """Nothing is counted in another way because it was chosen."""
    with open_report(year.settings) as report:
        keys = ",".join(one.key for one in report.outline())
        selected = select_incidents(report, "authority", keys).report

        assert selected.totals == report.totals
        assert list(selected.people()) == list(report.people())
        assert [one.key for one in selected.incidents()] == [one.key for one in report.incidents()]


def dismiss_all(desk: Desk) -> int:
    """Dismiss every incident; return how many there are."""
    with open_report(desk.settings) as report:
        keys = [one.key for one in report.outline()]
    for key in keys:
        decide(desk.settings, key, Verdicted("dismiss", "consented"))
    return len(keys)


def test_all_is_the_whole_queue_dismissed_or_not(year: Desk) -> None:
    """So that every figure of the workbook can be recounted."""
    dismiss_all(year)

    with open_report(year.settings) as report:
        assert select_incidents(report, "investigator", "all").report is report


@pytest.mark.parametrize("audience", ["investigator", "people", "authority"])
def test_a_queue_that_was_dismissed_is_handed_to_nobody_unasked(
    year: Desk, audience: Literal["investigator", "people", "authority"]
) -> None:
    """An archive of nothing proves nothing; one line says how to have all."""
    dismiss_all(year)

    with open_report(year.settings) as report, pytest.raises(UsageError, match=r"is dismissed.*--what all"):
        select_incidents(report, audience, "queued")


def test_those_who_lead_are_told_of_a_queue_that_was_dismissed(year: Desk) -> None:
    """With the figures of the whole queue."""
    count = dismiss_all(year)

    with open_report(year.settings) as report:
        totals = select_incidents(report, "management", "").report.totals

        assert (totals.incidents, totals.left_out) == (0, {"dismissed": count})
        assert totals.whole == report.totals.ladder


def test_nothing_confirmed_is_one_line_that_says_what_to_do(year: Desk, tmp_path: Path) -> None:
    """No letter goes out because nobody has decided."""
    with pytest.raises(UsageError, match=r"no incident is confirmed.*blindcopy decide"):
        write_report(year.settings, tmp_path / "merge.xlsx", Request("people"))

    assert list(tmp_path.glob("merge*")) == []


@pytest.mark.parametrize("audience", ["people", "authority"])
def test_whom_it_was_decided_not_to_tell_is_not_told(year: Desk, audience: Literal["people", "authority"]) -> None:
    """Of another incident they are, and of a named one, too; what was left out is known."""
    with open_report(year.settings) as report:
        first, second = [one.key for one in report.outline()][:2]
    for key in (first, second):
        decide(year.settings, key, Verdicted("confirm", "a breach"))
    rule(year.settings, first, RulingWanted(audience, "no", "no risk"))

    with open_report(year.settings) as report:
        selection = select_incidents(report, audience, "")
        named = select_incidents(report, audience, first)

        assert [one.key for one in selection.report.incidents()] == [second]
        assert selection.not_told == (first,)
        assert [one.key for one in named.report.incidents()] == [first]
        assert named.not_told == ()


@pytest.mark.parametrize("audience", ["people", "authority"])
def test_of_what_is_no_breach_nobody_is_told(year: Desk, audience: Literal["people", "authority"]) -> None:
    """Unless somebody decided to tell them all the same."""
    with open_report(year.settings) as report:
        first, second = [one.key for one in report.outline()][:2]
    for key in (first, second):
        decide(year.settings, key, Verdicted("confirm", "a breach"))
    rule(year.settings, first, RulingWanted("breach", "no", "the list was public"))

    with open_report(year.settings) as report:
        selection = select_incidents(report, audience, "")
        assert [one.key for one in selection.report.incidents()] == [second]
        assert selection.not_told == (first,)

    rule(year.settings, first, RulingWanted(audience, "yes", "to be open about it"))
    with open_report(year.settings) as report:
        assert select_incidents(report, audience, "").not_told == ()


def test_nobody_to_be_told_is_one_line_that_says_so(year: Desk, tmp_path: Path) -> None:
    """An empty list of letters would look like a fault."""
    with open_report(year.settings) as report:
        key = next(report.outline()).key
    decide(year.settings, key, Verdicted("confirm", "a breach"))
    rule(year.settings, key, RulingWanted("people", "no", "no high risk"))

    with pytest.raises(UsageError, match=r"tell this audience of no confirmed incident.*--what KEY"):
        write_report(year.settings, tmp_path / "merge.xlsx", Request("people"))

    assert write_report(year.settings, tmp_path / "merge.xlsx", Request("people", what=key)).not_told == ()


def test_a_decision_not_to_tell_that_waits_for_its_signature_leaves_nobody_out(year: Desk) -> None:
    """It is not yet one."""
    year.change("[review]\nsign_off = true\n")
    with open_report(year.settings) as report:
        key = next(report.outline()).key
    decide(year.settings, key, Verdicted("confirm", "a breach", decided_by="Dana"))
    sign(year.settings, key, signer="Sam")
    rule(year.settings, key, RulingWanted("people", "no", "no high risk", decided_by="Dana"))

    with open_report(year.settings) as report:
        assert select_incidents(report, "people", "").not_told == ()


NAMED = ["Zoe Secret <zoe.secret@gmail.com>", "Zoe Secret <zoe@work.example>"]


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Return a desk with two incidents; of the second, where a name stands at two addresses, much was said."""
    later = letter(
        2, [*NAMED, *guests(6, first=100, host="other.example")], subject="Shelter", after=timedelta(days=90)
    )
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(8), subject="Clinic"), later])
    desk.shelf.end()
    pair = [f"guest{number}@other.example" for number in (100, 101)]
    merge_people(desk.settings, pair, reason="told by guest101@other.example", by="Dana")
    merge_people(desk.settings, ["guest1@guests.example", "guest2@guests.example"], reason="one person", by="Dana")
    desk.analyse()
    with open_report(desk.settings) as report:
        shelter = next(one for one in report.incidents() if one.subject == "Shelter")
        assert len(list(report.people_suggestions())) == 1
    note_viewers(desk.settings, shelter.key, ["zoe@work.example"], "requested")
    note_people(desk.settings, ["zoe@work.example"], "flags", {"flags": ["child"]})
    decide(desk.settings, shelter.key, Verdicted("dismiss", "zoe@work.example consented", decided_by="Dana"))
    return desk


def test_nobody_of_another_incident_is_named(two: Desk, tmp_path: Path) -> None:
    """Neither in what may be one person, nor in what was stated, noted and decided; and all still agrees."""
    path = write_report(two.settings, tmp_path / "evidence.zip", Request("investigator")).path

    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name for name, text in contents.items() if "zoe" in text.lower() or "other.example" in text} == set()
    assert len(contents["decisions.jsonl"].splitlines()) == 5
    assert "guest2@guests.example" in contents["decisions.jsonl"]
    (statement,) = json.loads(contents["report.json"])["people_statements"]
    assert statement["addresses"] == ["guest1@guests.example", "guest2@guests.example"]
    for program in ("check.py", "recount.py"):
        code, text = recounted(path, program)
        assert (code, text.splitlines()[1:]) == (0, [])


def test_what_was_decided_on_a_chosen_incident_keeps_its_content(two: Desk) -> None:
    """Its rows are the evidence."""
    with open_report(two.settings) as report:
        keys = {one.subject: one.key for one in report.incidents()}
    decide(two.settings, keys["Clinic"], Verdicted("confirm", "a breach", decided_by="Dana"))

    with open_report(two.settings) as report:
        selected = select_incidents(report, "people", "").report
        said = [(one.kind, one.payload is not None) for one in selected.decision_log()]
        assert not list(selected.find(keys["Shelter"]))

    assert said == [
        ("people", False), ("people", True), ("viewer", False), ("person", False), ("incident", False),
        ("incident", True),
    ]  # fmt: skip


def test_the_mail_around_incidents_is_read_once_for_all_of_them(
    year: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once for each that was chosen: a queue of a thousand took seconds instead of one."""
    with open_report(year.settings) as report:
        keys = [one.key for one in report.outline()]
    decide(year.settings, keys[0], Verdicted("dismiss", "consented"))
    calls = []

    def counted(*arguments: Any) -> Iterator[Any]:
        calls.append(arguments)
        return mail_between(*arguments)

    monkeypatch.setattr(insight, "mail_between", counted)

    write_report(year.settings, tmp_path / "evidence.zip", Request("investigator"))

    assert len(keys) > 2
    assert len(calls) == 1


def test_a_key_that_names_nothing_queued_is_refused(year: Desk) -> None:
    """A typing error must not leave an incident out."""
    with open_report(year.settings) as report:
        below = next(report.below(), None)
        for name in ("ffffffffffff", *([below.key] if below else [])):
            with pytest.raises(UnknownIncidentError):
                select_incidents(report, "people", name)
