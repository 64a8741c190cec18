"""`blindcopy decide` on a real store: what a person types, and what is answered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.small_store import small_store


@pytest.fixture
def shop(blindcopy: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Return the commands in a folder with a small store."""
    small_store(tmp_path)
    return blindcopy


def key_of(shop: Callable[..., Any]) -> str:
    """Return the key of the one incident."""
    return str(json.loads(shop("queue", "--json").out)["incidents"][0]["id"])


def test_a_confirmation_tells_by_when_whom(shop: Callable[..., Any]) -> None:
    """Who decided, from when the time runs, and what is left of it; in `show` and `queue` as well."""
    key = key_of(shop)

    ended = shop(
        "decide", key[:6], "confirm", "--reason", "names were shown", "--by", "Dana Protect",
        "--aware-at", "2026-06-01 09:00", "--aware-source", "a guest called",
    )  # fmt: skip

    assert (ended.code, ended.err) == (0, "")
    assert f"{key}  confirmed" in ended.out
    assert "by Dana Protect" in ended.out
    assert "Aware since Monday 1 June 2026, 09:00 UTC (a guest called)." in " ".join(ended.out.split())
    assert "Thursday 4 June 2026, 09:00 UTC" in " ".join(ended.out.split())
    assert "OVERDUE" in shop("show", key).out
    assert "OVERDUE: GDPR Art. 33, to the authority: Thursday 4 June 2026, 09:00 UTC" in " ".join(
        shop("queue").out.split()
    )


def test_a_deadline_stands_wherever_its_incident_is(shop: Callable[..., Any], tmp_path: Path) -> None:
    """In `status` and JSON, on the page, on the sheets, for those who lead and in the authority's draft."""
    key = key_of(shop)
    said = ("--aware-at", "2026-06-01 09:00", "--aware-source", "a guest called", "--json")

    answer = json.loads(shop("decide", key, "confirm", "--reason", "x", *said).out)

    due = "Thursday 4 June 2026, 09:00 UTC"
    assert answer["deadlines"][0]["text"].endswith(f": {due}")
    assert " OVERDUE on " in answer["deadlines"][0]["text"]
    (running,) = json.loads(shop("status", "--json").out)["duties"]["deadlines"]
    assert (running["incident"], running["deadline"]["regime"]) == (key, "gdpr")
    assert f"OVERDUE: GDPR Art. 33, to the authority: {due}" in " ".join(shop("status").out.split())
    shop("report", "page.html")
    shop("report", "a.txt", "--for", "authority")
    assert due in (tmp_path / "page.html").read_text()
    draft = (tmp_path / "a.txt").read_text()
    assert f": Incident {key}, GDPR Art. 33: {due}" in draft
    assert draft.index(" OVERDUE on ") < draft.index(due)
    assert due in json.loads(shop("queue", "--json").out)["incidents"][0]["deadlines"][0]["text"]


def test_show_names_what_is_still_to_be_decided_as_calls(shop: Callable[..., Any]) -> None:
    """Until it is; nothing is answered for anybody."""
    key = key_of(shop)
    shop("decide", key, "confirm", "--reason", "x")
    shop("decide", key, "people", "no", "--reason", "x")

    out = shop("show", key).out

    assert f"decide {key} authority ANSWER --reason WHY" in out
    assert f"decide {key} people" not in out
    assert f"decide {key} confirm" not in out


def test_a_dismissed_incident_leaves_the_list_and_is_counted(shop: Callable[..., Any]) -> None:
    """`queue --all` still shows it; nothing needs a decision any more."""
    key = key_of(shop)

    shop("decide", key, "dismiss", "--reason", "they know each other")

    short, whole = shop("queue").out, shop("queue", "--all").out
    assert key not in short
    assert "No incident needs a decision." in short
    assert "Dismissed, in all figures above: 1." in short
    assert key in whole
    assert json.loads(shop("queue", "--json").out)["incidents"] == []
    assert json.loads(shop("queue", "--all", "--json").out)["incidents"][0]["status"] == "dismissed"


def test_an_incident_that_is_open_again_says_why(shop: Callable[..., Any]) -> None:
    """In the queue and in its own text."""
    key = key_of(shop)
    shop("decide", key, "dismiss", "--reason", "one")

    ended = shop("decide", key, "reopen", "--reason", "two", "--by", "Dana")

    assert "Open again: reopened by Dana on" in ended.out
    assert "[open again]" in shop("queue").out
    assert "Open again" in shop("show", key).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("confirm",), "--reason"),
        (("maybe", "--reason", "x"), "WHAT"),
        (("dismiss", "--reason", "x", "--expires", "tomorrow"), "2027-06-30"),
        (("confirm", "--reason", "x", "--aware-at", "1/2/2026", "--aware-source", "y"), "2026-11-22 16:40"),
    ],
)
def test_a_slip_is_one_line(words: tuple[str, ...], said: str, shop: Callable[..., Any]) -> None:
    """Exit code 2, and what to write instead."""
    ended = shop("decide", key_of(shop), *words)

    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_programs_get_json(shop: Callable[..., Any]) -> None:
    """The names of the report."""
    key = key_of(shop)

    answer = json.loads(shop("decide", key, "ask", "--reason", "who are they?", "--json").out)

    assert (answer["id"], answer["status"], answer["decisions"][0]["number"]) == (key, "asked", 1)


def test_a_confirmed_incident_is_led_through_its_questions(shop: Callable[..., Any]) -> None:
    """What is still to be decided stands there until it is."""
    key = key_of(shop)
    first = shop("decide", key, "confirm", "--reason", "names")

    shop("decide", key, "breach", "yes", "--reason", "health")
    shop("decide", key, "authority", "no", "--reason", "no risk")
    last = shop("decide", key, "people", "no", "--reason", "no high risk")

    assert first.out.count("Still to be decided") == 3
    assert "Still to be decided" not in last.out
    assert "It is a breach of personal data." in last.out
    assert "decided not to tell" in shop("show", key).out


def test_the_worksheet_is_shown_as_what_it_is(shop: Callable[..., Any]) -> None:
    """Inputs, sum and level, and who entered them."""
    key = key_of(shop)
    shop("decide", key, "confirm", "--reason", "names")

    ended = shop("decide", key, "severity", "--dpc", "4", "--ei", "0,75", "--cb", "0.5", "--reason", "health")

    assert "DPC 4 × EI 0.75 + CB 0.5 = 3.5, high." in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("breach", "yes", "--expires", "2027-01-01"), "--expires"),
        (("dismiss", "yes"), "ANSWER"),
        (("confirm", "--told-at", "2026-01-01"), "--told-at"),
    ],
)
def test_an_option_of_something_else_is_refused(words: tuple[str, ...], where: str, shop: Callable[..., Any]) -> None:
    """It would be lost otherwise."""
    ended = shop("decide", key_of(shop), *words, "--reason", "x")

    assert ended.code == 2
    assert ended.err.startswith(f"blindcopy: {where}:")


def test_a_filled_in_workbook_is_shown_then_written(shop: Callable[..., Any], tmp_path: Path) -> None:
    """First what would change and how to write it; then that it was written."""
    shop("report", "out.xlsx")
    key = key_of(shop)
    fill_in(tmp_path, "dismiss", "they know each other")

    shown = shop("decide", "--from", "back.xlsx", "--by", "Dana")
    before = json.loads(shop("queue", "--json").out)["incidents"]
    done = shop("decide", "--from", "back.xlsx", "--by", "Dana", "--apply")

    assert (shown.code, done.code) == (0, 0)
    assert f"Queue, row 2: {key}" in shown.out
    assert "candidate → dismiss, by Dana: they know each other" in " ".join(shown.out.split())
    assert "decide --from back.xlsx --by Dana --apply" in shown.out
    assert [one["id"] for one in before] == [key]
    assert "Written: 1 entry of the log." in done.out
    assert json.loads(shop("queue", "--json").out)["incidents"] == []


def test_flaws_of_a_workbook_are_told_one_by_one(shop: Callable[..., Any], tmp_path: Path) -> None:
    """Exit code 2, and nothing is written; programs get them as JSON."""
    shop("report", "out.xlsx")
    fill_in(tmp_path, "perhaps", "")

    ended = shop("decide", "--from", "back.xlsx", "--apply")
    answer = json.loads(shop("decide", "--from", "back.xlsx", "--json").out)

    assert ended.code == 2
    assert "Queue, row 2, column" in ended.err
    assert "nothing was written" in ended.err
    assert [(one["sheet"], one["row"]) for one in answer["flaws"]] == [("Queue", 2)]
    assert answer["applied"] == 0


def test_a_deleted_sheet_is_told(shop: Callable[..., Any], tmp_path: Path) -> None:
    """What stood there cannot be known: with nothing else filled in that is no success."""
    shop("report", "out.xlsx")
    fill_in(tmp_path, "dismiss", "they know each other")
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    del book["Queue"]
    book.save(tmp_path / "back.xlsx")

    ended = shop("decide", "--from", "back.xlsx")
    answer = shop("decide", "--from", "back.xlsx", "--json")

    assert (ended.code, answer.code) == (2, 2)
    assert "the sheet Queue is not there, and nothing of it was read" in ended.err
    assert "on the sheets that are there" in ended.out
    assert json.loads(answer.out)["missing_sheets"] == ["Queue"]


def fill_in(folder: Path, decision: str, reason: str) -> None:
    """Fill in the first row of `out.xlsx` and save it as `back.xlsx`."""
    book = openpyxl.load_workbook(folder / "out.xlsx")
    sheet = book["Queue"]
    places = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, places["Decision (please fill in)"]).value = decision
    sheet.cell(2, places["Reason (please fill in)"]).value = reason
    book.save(folder / "back.xlsx")


def test_a_call_without_its_parts_says_which_is_missing(shop: Callable[..., Any]) -> None:
    """One line each."""
    assert "KEY: is missing" in shop("decide").err
    assert "WHAT: is missing" in shop("decide", "abc").err
    assert "takes no KEY" in shop("decide", "abc", "ask", "--from", "x.xlsx").err


def test_the_log_lists_all_that_was_decided(shop: Callable[..., Any]) -> None:
    """In the order of writing, with names and reasons; programs get the chain hashes, too."""
    assert "Nobody has decided anything." in shop("decide", "--log").out
    key = key_of(shop)
    shop("decide", key, "confirm", "--reason", "names\nwere shown", "--by", "Dana")
    shop("decide", key, "breach", "no", "--reason", "consent")
    shop("decide", key, "dismiss", "--reason", "after all", "--scope", "sender")

    out = shop("decide", "--log").out
    answer = json.loads(shop("decide", "--log", "--json").out)["statements"]

    places = [out.index(text) for text in ("confirm, by Dana", "names were shown", "breach no", "dismiss (sender)")]
    assert places == sorted(places)
    assert "3 entries." in out
    assert [one["incident_now"] for one in answer] == [key] * 3
    assert len({one["chain_sha256"] for one in answer}) == 3
