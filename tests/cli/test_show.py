"""`blindcopy show KEY` tells one incident as a colleague would."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from scanner.columns import ladder
from scanner.export.words.moment import iso_utc
from scanner.model import Seen
from tests.export.sample import SampleReport


def test_the_note_has_every_part(blindcopy: Callable[..., Any], report: SampleReport) -> None:
    """What happened, who saw whom, every rung, every reason with its points, what is not known, what to do."""
    incident = next(report.incidents())
    ended = blindcopy("show", incident.key)

    text = " ".join(ended.out.split())
    assert ended.code == 0
    headings = ("What happened", "Who could see whom", "Why it ranks here", "What belongs to it")
    for heading in (*headings, "What is related", "What is not known", "What to do next"):
        assert heading in text
    for rung in ladder():
        if rung.name != "at_least":
            assert f" {rung.header} " in text
    for reason in incident.reasons:
        assert f"{reason.points:+d} {reason.text}" in text
    for part in incident.messages:
        assert f"UID {part.message.copies[0].uid}" in text
    assert max(map(cell_len, ended.out.splitlines())) <= 80


def test_the_note_speaks_the_language_of_the_settings(
    blindcopy: Callable[..., Any], report: SampleReport, tmp_path: Path
) -> None:
    """What is told beside a German workbook is told in German; JSON is the same in every language."""
    key = next(report.incidents()).key
    english = blindcopy("show", key, "--json").out
    settings = tmp_path / "blindcopy.toml"
    settings.write_text(settings.read_text().replace("[organisation]\n", '[organisation]\nlanguage = "de"\n'))

    told, answer = blindcopy("show", key).out, blindcopy("show", key, "--json").out

    assert "Was geschehen ist" in told
    assert "What happened" not in told
    assert answer == english


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


def test_the_json_says_why_others_are_related(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the keys of the report stand what each shares, with times as everywhere."""
    first, second, *_ = report.incidents()
    monkeypatch.setitem(vars(report), "all_incidents", (replace(first, related=(second.key,)), second))

    (relation,) = json.loads(blindcopy("show", first.key, "--json").out)["relations"]

    assert relation["key"] == second.key
    assert relation["why"] == ["sender"]
    assert relation["first_sent_at"] == iso_utc(second.first_sent_at)


def test_an_incident_below_the_floor_says_why(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told like any other, with the rule that keeps it out of the queue."""
    incident = next(report.incidents())
    below = replace(incident, rank=0, queued="", score=-3, ladder=replace(incident.ladder, exposed_addresses=4))
    monkeypatch.setattr(SampleReport, "incidents", lambda _: iter((below,)))

    out = " ".join(blindcopy("show", below.key).out.split())

    assert "not queued, -3 points" in out
    assert "It is not in the queue: its score of -3 is under the queue score of 10; it exposes 4 addresses" in out


def test_a_labelled_mail_that_was_taken_for_a_reply_says_so(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label queues from two addresses on: who looks for the mail must read why it did not."""
    incident = next(report.incidents())
    below = replace(incident, rank=0, queued="", ladder=replace(incident.ladder, exposed_addresses=4))
    monkeypatch.setattr(SampleReport, "incidents", lambda _: iter((below,)))

    out = " ".join(blindcopy("show", below.key).out.split())

    assert "It is not in the queue: it was taken for a reply, so that its label does not queue it" in out


def test_a_list_that_nobody_could_read_is_told_as_one(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message that was sent, entries that were no addresses, and no figure of people."""
    incident = next(report.incidents())
    nobody = dict.fromkeys(("messages", "exposed_addresses", "exposed_people", "people_lower", "people_upper"), 0)
    unreadable = replace(
        incident,
        queued="unreadable list",
        messages=(replace(incident.messages[0], exposed=()),),
        exposed=(),
        viewers=(),
        ladder=replace(incident.ladder, **nobody, viewers=0, unresolved=6, at_least=True),
    )
    monkeypatch.setattr(SampleReport, "incidents", lambda _: iter((unreadable,)))

    out = " ".join(blindcopy("show", unreadable.key).out.split())

    assert "sent 1 message." in out
    assert "Its list could not be read: 6 entries" in out
    assert "no number can be given" in out
    for wrong in ("0 messages", "0 outsiders", "0 people", "0 addresses"):
        assert wrong not in out


def test_an_incident_of_an_unfinished_scan_says_so_first(
    blindcopy: Callable[..., Any], report: SampleReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its figures can still grow: above them stands how much was seen."""
    incident = next(report.incidents())
    final = blindcopy("show", incident.key).out
    monkeypatch.setitem(vars(report), "head", replace(report.head, provisional=True, seen=Seen(432, 1_000)))

    told = blindcopy("show", incident.key).out
    answer = json.loads(blindcopy("show", incident.key, "--json").out)

    assert "PROVISIONAL" not in final
    assert told.startswith("PROVISIONAL, 43.2 % seen: a scan has not finished.")
    assert answer["provisional"] is True
    assert answer["seen"]["messages"] == 432
