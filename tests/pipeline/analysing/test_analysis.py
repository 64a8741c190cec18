"""The analysis over a store: figures that add up, nothing that depends on the way the store was filled."""

import gc
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import StoreBusyError, StoreMissingError
from scanner.model import Seen
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.reporting.report import open_report
from scanner.store import crawled
from scanner.store.lock import analysis_lock, store_lock
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import (
    DRAFT,
    LOOK,
    PAIR,
    PARTS,
    RECALL,
    RECEIVED,
    SAME_PERSON,
    SIBLING,
    SMALL,
    UNREADABLE,
    YEAR,
)
from tests.shelf import guests, letter

SUMMED = ("messages", "exposure_events")
TIERS = ("identifiable_full", "identifiable_partial", "nameless", "role", "list")


@pytest.fixture
def year(desk: Desk) -> Desk:
    """Return a desk with the office's year, analysed."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.analyse()
    return desk


def _members(report: Any) -> dict[str, set[str]]:
    return {
        incident["subject"]: {message["identity"] for message in incident["messages"]}
        for incident in report["incidents"]
    }


def test_every_leak_is_one_incident(year: Desk) -> None:
    """The batches and their recall together, each other mailing by itself; siblings are evidence."""
    report = year.json()

    assert _members(report) == {
        "Winter clinic, part 1": {one.identity for one in (*PARTS, RECALL)},
        "Carers' breakfast": {SMALL.identity},
        "Waiting list": {SAME_PERSON.identity},
        "By name": {UNREADABLE.identity},
    }
    clinic = next(one for one in report["incidents"] if one["subject"].startswith("Winter"))
    assert clinic["bcc_siblings"] == [SIBLING.identity]


def test_drafts_and_mail_from_others_are_never_findings(year: Desk) -> None:
    """They are in coverage, and nowhere else in a report."""
    year.shelf.account_for(year.shelf.place(), enumerated=len(YEAR), stored=len(YEAR))

    text = year.file("report.json").decode()
    with open_report(year.settings) as report:
        (row,) = report.coverage()

    for one in (DRAFT, RECEIVED):
        assert one.identity not in text
        assert one.subject not in text
    assert (row.drafts, row.received) == (1, 1)


def test_totals_follow_the_sum_rules(year: Desk) -> None:
    """Messages and events add up over incidents; addresses, people and viewers count once (CONTRACTS: Exposure)."""
    report = year.json()
    ladders = [incident["ladder"] for incident in report["incidents"]]
    totals = report["totals"]
    exposed = {entry["address"] for incident in report["incidents"] for entry in incident["exposed"]}
    persons = {entry["person_id"] for incident in report["incidents"] for entry in incident["exposed"]}
    viewers = {entry["address"] for incident in report["incidents"] for entry in incident["viewers"]}

    for rung in SUMMED:
        assert totals[rung] == sum(ladder[rung] for ladder in ladders)
    assert totals["exposed_addresses"] == len(exposed) < sum(ladder["exposed_addresses"] for ladder in ladders)
    assert totals["exposed_people"] == len(persons) == len(report["people"])
    assert totals["exposed_people"] == sum(totals[tier] for tier in TIERS)
    assert totals["viewers"] == len(viewers)
    assert totals["below_floor"] == {"messages": 1, "addresses": 2}
    # 30 + 30 + 30 in the parts, the first 30 again in the recall; 5 + 3; 3 of one person + 4; an unreadable list.
    assert totals["exposure_events"] == 120 + 8 + 7
    assert totals["exposed_addresses"] == 90 + 3 + 7
    assert totals["exposed_people"] == 90 + 3 + 5


def test_every_ladder_adds_up(year: Desk) -> None:
    """Within each incident: the tiers make the people, and the rows of the exposures the events."""
    for incident in year.json()["incidents"]:
        ladder = incident["ladder"]

        assert ladder["exposed_people"] == sum(ladder[tier] for tier in TIERS)
        assert ladder["exposure_events"] == sum(len(entry["messages"]) for entry in incident["exposed"])
        assert ladder["exposed_addresses"] == len(incident["exposed"])
        assert incident["score"] == sum(reason["points"] for reason in incident["reasons"])


def test_what_is_not_queued_is_counted(year: Desk) -> None:
    """Nothing is hidden silently: below the floor, and messages worth a look."""
    with open_report(year.settings) as report:
        looks = list(report.also_look())

    assert [(look.identity, look.visible_outsiders, look.bcc_outsiders) for look in looks] == [(LOOK.identity, 1, 6)]
    assert PAIR.identity not in year.file("report.json").decode()


def test_analysing_twice_finds_nothing_new(desk: Desk) -> None:
    """The second analysis of the same store gives the same incidents and calls none of them new."""
    desk.shelf.put(desk.shelf.place(), YEAR)

    first, second = desk.analyse(), desk.analyse()

    assert (first.queued, first.new, first.below) == (4, 4, 1)
    assert (second.queued, second.new, second.below) == (4, 0, 1)
    assert first.incidents == second.incidents


def test_new_mail_makes_new_incidents(desk: Desk) -> None:
    """Only those that were not queued before."""
    place = desk.shelf.place()
    desk.shelf.put(place, [one for one in YEAR if one is not SMALL])
    desk.analyse()
    desk.shelf.put(place, [SMALL])

    outcome = desk.analyse()

    assert (outcome.queued, outcome.new) == (4, 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30), size=st.integers(1, 20))
def test_no_result_depends_on_row_order(new_desk: Callable[[], Desk], seed: int, size: int) -> None:
    """CONTRACTS: "No result depends on row order, wall clock (except `as_of`, stored with the run) or locale."."""
    reports = []
    for shuffled in (False, True):
        desk = new_desk()
        mail = list(YEAR)
        if shuffled:
            random.Random(seed).shuffle(mail)
        desk.shelf.put(desk.shelf.place(account="office"), mail[:9], size=size if shuffled else 1_000)
        rest = mail[9:] if shuffled else YEAR[9:]
        desk.shelf.put(desk.shelf.place(account="office"), rest, size=size if shuffled else 1_000)
        desk.analyse()
        reports.append(desk.file("report.json"))

    assert reports[0] == reports[1]


def test_the_same_store_gives_the_same_bytes(desk: Desk) -> None:
    """Same store, policy and as_of: same bytes of JSON and workbook, also after the analysis ran again."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.analyse()
    first = [desk.file(name) for name in ("report.json", "report.xlsx")]

    desk.analyse()
    again = [desk.file(name) for name in ("report.json", "report.xlsx")]

    assert first == again


def test_the_moment_of_the_result_is_stored(desk: Desk) -> None:
    """`as_of` is part of the answer, not the clock of whoever reads it."""
    desk.shelf.put(desk.shelf.place(), YEAR)

    desk.analyse(as_of=AS_OF + 5)
    with open_report(desk.settings) as report:
        head = report.head

    assert (head.as_of, head.generated_at) == (AS_OF + 5, AS_OF + 5)


def test_an_empty_store_has_an_empty_analysis(desk: Desk) -> None:
    """No mail, no incidents, all figures zero."""
    outcome = desk.analyse()
    totals = desk.json()["totals"]

    assert (outcome.queued, outcome.new, outcome.below) == (0, 0, 0)
    assert totals["exposed_people"] == totals["messages"] == totals["incidents"] == 0


def test_a_policy_that_changes_is_analysed_anew(desk: Desk) -> None:
    """With a lower floor, and with the staff protected, mail is queued that was not before; none of it is new mail."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.analyse()
    desk.change('[policy]\nqueue_floor = 2\n[[protected]]\nname = "staff"\ndomain = ["corp.example"]\n')

    outcome = desk.analyse()

    assert outcome.new == 0
    assert {"You two", "Figures", "Your letter"} < set(_members(desk.json()))


def test_new_means_new_mail(desk: Desk) -> None:
    """A floor that goes up and down again makes nothing new; mail that came meanwhile is new."""
    place = desk.shelf.place()
    desk.shelf.put(place, [one for one in YEAR if one is not SMALL])
    desk.analyse()
    desk.change("[policy]\nqueue_floor = 8\n")
    higher = desk.analyse()
    desk.change("")
    lower = desk.analyse()
    desk.shelf.put(place, [SMALL])
    desk.change("[policy]\nqueue_floor = 4\n")

    last = desk.analyse()

    assert higher.queued < lower.queued
    assert (higher.new, lower.new, last.new) == (0, 0, 1)


def test_an_analysis_goes_on_beside_a_scan(desk: Desk) -> None:
    """What the scan has stored so far is judged, headed by its share; the scan's end takes the heading off."""
    place = desk.shelf.place()
    desk.shelf.put(place, [letter(uid, guests(6, first=10 * uid)) for uid in (1, 2)])
    with desk.engine.begin() as connection:
        crawled.note_account(connection, desk.shelf.run, place.account, state="running")
    desk.shelf.account_for(place, enumerated=8, stored=2, done=False)
    with store_lock(desk.engine):
        outcome = analyse_store(desk.settings)
    with open_report(desk.settings) as report:
        during = (report.head.provisional, report.head.seen)
    desk.shelf.end()
    with open_report(desk.settings) as report:
        between = (report.head.provisional, report.head.seen)

    analyse_store(desk.settings, only_changes=True)

    with open_report(desk.settings) as report:
        after = (report.head.provisional, report.head.seen)
    assert outcome.seen == Seen(2, 8)
    # The scan is over, and the analysis still speaks of what it had seen.
    assert during == between == (True, Seen(2, 8))
    assert after == (False, None)


def test_one_analysis_at_a_time(desk: Desk) -> None:
    """While another analysis runs, the answer is one line at once."""
    with analysis_lock(desk.engine), pytest.raises(StoreBusyError):
        desk.analyse()


def test_a_store_must_be_there(desk: Desk) -> None:
    """An analysis makes no store."""
    desk.engine.dispose()
    (desk.folder / "blindcopy.db").unlink()

    with pytest.raises(StoreMissingError):
        analyse_store(desk.settings)


def test_progress_counts_what_may_expose(desk: Desk) -> None:
    """Every candidate is announced and done."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    told = {"expected": 0, "done": 0}

    class Told:
        def expect(self, total: int) -> None:
            told["expected"] += total

        def advance(self, count: int) -> None:
            told["done"] += count

        def say(self, text: str) -> None:
            raise AssertionError(text)

    analyse_store(desk.settings, as_of=AS_OF, progress=Told())

    assert told["expected"] == told["done"] >= 8


class Stopping:
    """A Progress that ends the analysis as Ctrl-C does."""

    def expect(self, total: int) -> None:
        raise KeyboardInterrupt


def test_python_looks_for_cycles_again_after_an_analysis_that_was_stopped(desk: Desk) -> None:
    """The search is paused while an analysis lasts, and no longer."""
    desk.shelf.put(desk.shelf.place(), YEAR)

    with pytest.raises(KeyboardInterrupt):
        analyse_store(desk.settings, as_of=AS_OF, progress=Stopping())

    assert gc.isenabled()
