"""`blindcopy show KEY` tells one incident as a colleague would."""

import json
from collections.abc import Callable
from typing import Any

from rich.cells import cell_len

from scanner.columns import ladder
from tests.export.sample import SampleReport


def test_the_note_has_every_part(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """What happened, who saw whom, every rung, every reason with its points, what is not known, what to do."""
    incident = next(report.incidents())
    ended = blindcopy("show", incident.key)

    text = " ".join(ended.out.split())
    assert ended.code == 0
    for heading in ("What happened", "Who could see whom", "The figures", "What is not known", "Next step"):
        assert heading in text
    for rung in ladder():
        if rung.name != "at_least":
            assert f" {rung.header} " in text
    for reason in incident.reasons:
        assert f"{reason.points:+d} {reason.text}" in text
    for part in incident.messages:
        assert f"UID {part.message.copies[0].uid}" in text
    assert max(map(cell_len, ended.out.splitlines())) <= 80


def test_names_are_shown_only_when_asked_for(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """A screen is seen by others: addresses of the people exposed need --people."""
    incident = next(report.incidents())
    address = incident.exposed[0].key

    assert address not in blindcopy("show", incident.key).out
    assert address in blindcopy("show", incident.key, "--people").out


def test_hostile_texts_do_not_reach_the_terminal(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """Subjects, names and mailboxes of all incidents are shown without escape sequences or bidi marks."""
    for incident in report.incidents():
        out = blindcopy("show", incident.key, "--people").out

        assert not set(out) & set("\x1b\x07\x00\x9b\u202e\u2066\u200f\r")


def test_the_json_is_the_reports_incident(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """The same object as in the JSON report, viewers and exposed included."""
    incident = next(report.incidents())

    answer = json.loads(blindcopy("show", incident.key, "--json").out)

    assert answer["id"] == incident.key
    assert len(answer["exposed"]) == incident.ladder.exposed_addresses
    assert len(answer["viewers"]) == incident.ladder.viewers
