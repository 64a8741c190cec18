"""The whole demo: what was planted is found with its figures, by the code that reads a real server."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scanner.demo.organisation import planted
from scanner.demo.plant import Plant
from scanner.demo.run import DemoSummary, run_demo
from scanner.errors import UsageError
from tests.silence import Silence

INCIDENTS = [plant for plant in planted() if plant.kind == "incident"]


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    return run_demo(tmp_path_factory.mktemp("demo") / "new", Silence())


@pytest.fixture(scope="module")
def report(summary: DemoSummary) -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(summary.json_report.read_text(encoding="utf-8"))
    return content


def incident_of(report: Mapping[str, Any], plant: Plant) -> Mapping[str, Any]:
    """Return the one queued incident that holds the plant's messages."""
    holding = [
        incident
        for incident in report["incidents"]
        if {message["message_id"] for message in incident["messages"]} & set(plant.message_ids)
    ]
    assert len(holding) == 1, f"{plant.name} is in {len(holding)} incidents"
    found: Mapping[str, Any] = holding[0]
    return found


@pytest.mark.parametrize("plant", INCIDENTS, ids=lambda plant: plant.name)
def test_planted_incident_is_one_incident_with_its_figures(plant: Plant, report: Mapping[str, Any]) -> None:
    """All messages of a plant, and no others, make one incident, whose ladder is the stated one."""
    incident = incident_of(report, plant)

    assert {message["message_id"] for message in incident["messages"]} == set(plant.message_ids)
    assert {rung: incident["ladder"][rung] for rung in plant.expect} == plant.expect


@pytest.mark.parametrize("plant", [plant for plant in INCIDENTS if plant.siblings], ids=lambda plant: plant.name)
def test_hidden_siblings_are_evidence(plant: Plant, report: Mapping[str, Any]) -> None:
    """A mailing of the same text that hid its readers is attached to the incident."""
    assert len(incident_of(report, plant)["bcc_siblings"]) == len(plant.siblings)


@pytest.mark.parametrize("plant", [plant for plant in INCIDENTS if plant.related], ids=lambda plant: plant.name)
def test_related_incidents_are_named(plant: Plant, report: Mapping[str, Any]) -> None:
    """One list used by two teams makes two incidents that name each other."""
    by_name = {other.name: other for other in INCIDENTS}

    related = {incident_of(report, by_name[name])["id"] for name in plant.related}

    assert related <= set(incident_of(report, plant)["related"])


def test_summary_tells_what_was_found(summary: DemoSummary) -> None:
    """Nothing planted is missed, and the summary names figures, files and the next command."""
    text = "\n".join(summary.lines())

    assert summary.missed == ()
    assert summary.copies > summary.new_messages > 2900
    assert f"hold {summary.copies:,} copies" in text
    assert len(summary.worst) == 5
    assert str(summary.workbook) in text
    assert f"blindcopy --config {summary.settings} queue" in text


def test_harmless_mail_is_not_among_the_worst(summary: DemoSummary) -> None:
    """No look-alike stands among the ten that a person opens first."""
    assert summary.first_lookalike == 0 or summary.first_lookalike > 10


def test_files_are_for_their_owner_only(summary: DemoSummary) -> None:
    """Settings, store and reports can be read by nobody else."""
    store = summary.settings.with_name("blindcopy.db")
    for file in (summary.settings, store, summary.workbook, summary.json_report):
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_passwords_do_not_stay_in_the_environment(summary: DemoSummary) -> None:
    """What the demo set for its own scan is gone afterwards."""
    assert summary.queued
    assert not any(name.startswith("BLINDCOPY_DEMO_") for name in os.environ)


def test_second_demo_in_the_folder_fetches_nothing_again(summary: DemoSummary) -> None:
    """A repeated demo is a nightly scan: nothing new, and reports that stand beside the first ones."""
    again = run_demo(summary.settings.parent, Silence())

    assert again.new_messages == 0
    assert again.queued == summary.queued
    assert again.workbook.name == "blindcopy-demo-2.xlsx"
    assert summary.workbook.exists()


def test_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Settings that the demo did not write are not replaced."""
    file = tmp_path / "blindcopy.toml"
    file.write_text('[organisation]\nname = "Ours"\n', encoding="utf-8")

    with pytest.raises(UsageError, match="not the demo's"):
        run_demo(tmp_path, Silence())

    assert file.read_text(encoding="utf-8").startswith("[organisation]")


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """A path that cannot be a folder ends in one line that says so."""
    (tmp_path / "demo").write_text("", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be used"):
        run_demo(tmp_path / "demo", Silence())


def test_what_stands_beside_the_incidents_is_shown(report: Mapping[str, Any]) -> None:
    """A list that came again, near misses, a follow-up, mail that is gone, and own senders without an account."""
    by_subject = {incident["subject"]: incident for incident in report["incidents"]}

    assert by_subject["Volunteer survey"]["list"]["times"] == by_subject["Volunteer survey"]["list"]["open"] == 2
    assert len(by_subject["Tuesday evening group"]["follow_up"]["individual"]) == 2
    assert by_subject["Tuesday evening group"]["follow_up"]["none"] == 13
    assert report["near_misses"][0]["mailings"] == 18
    assert [row["account"] for row in report["witness"]["missing"]] == ["counselling"]
    assert "no-reply@harbourlight.example" in {sender["address"] for sender in report["senders_not_scanned"]}
