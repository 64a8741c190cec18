"""`blindcopy queue` is the first thing a person reads after a scan."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from scanner.cli.queue import why
from scanner.model import Reason, Seen
from tests.export.sample import SampleReport


def test_every_queued_incident_is_one_entry(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """In order of rank, with score and key, within 80 columns."""
    ended = blindcopy("queue")

    lines = ended.out.splitlines()
    places = [
        next(number for number, line in enumerate(lines) if f" {incident.score}  {incident.key}" in line)
        for incident in report.incidents()
    ]
    assert ended.code == 0
    assert places == sorted(places)
    assert max(map(cell_len, lines)) <= 80


def test_what_is_not_in_the_list_is_told(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """Unreached accounts come first; what lies below the floor is counted."""
    out = blindcopy("queue").out

    assert out.startswith("NOT READ")
    assert f"{report.totals.below_floor_messages} more messages" in " ".join(out.split())
    assert "Also look at" in out


def test_what_is_not_queued_can_be_listed(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """With --below, each with its key and the reason; as JSON beside the queue."""
    out = blindcopy("queue", "--below").out
    plain = json.loads(blindcopy("queue", "--json").out)
    answer = json.loads(blindcopy("queue", "--below", "--json").out)

    small, low = report.below()
    assert f"   22  {small.key}" in out
    assert f"   -3  {low.key}" in out
    assert "it exposes 2 addresses, fewer than the queue floor of 5" in out
    assert "its score of -3 is under the queue score of 10" in out
    assert max(map(cell_len, out.splitlines())) <= 80
    assert "--below" in blindcopy("queue").out
    assert [entry["id"] for entry in answer["below_floor"]] == [small.key, low.key]
    assert "below_floor" not in plain


def test_the_list_below_the_floor_says_that_a_scan_has_not_finished(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies below the floor may rise above it while the scan goes on."""
    monkeypatch.setitem(vars(report), "head", replace(report.head, provisional=True, seen=Seen(432, 1_000)))

    assert blindcopy("queue", "--below").out.startswith("PROVISIONAL, 43.2 % seen: a scan has not finished.")


def test_an_empty_list_below_the_floor_says_so(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would be read as a failure."""
    monkeypatch.setattr(SampleReport, "below", lambda _: iter(()))

    assert "nothing lies below" in blindcopy("queue", "--below").out


def test_the_json_names_are_those_of_the_report(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """Programs find ranks, ladder and totals by the names of blindcopy/report/1."""
    answer = json.loads(blindcopy("queue", "--json").out)

    assert [entry["id"] for entry in answer["incidents"]] == [incident.key for incident in report.incidents()]
    assert answer["totals"]["exposed_people"] == report.totals.ladder.exposed_people
    assert "exposed" not in answer["incidents"][0]


def test_the_weightiest_reasons_come_first() -> None:
    """Why in short: three reasons by weight, mitigants included, reasons without points left out."""
    reasons = (Reason("a", 3, "few"), Reason("b", 0, "none"), Reason("c", -20, "reply"), Reason("d", 40, "size"))

    assert why(reasons) == "size; reply; few"
