"""The archive's program that holds what a report says of decisions against their log."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.model import AddressKey
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule, sign
from scanner.pipeline.deciding.tracking import note_viewers
from scanner.pipeline.keeping.purge import purge
from scanner.pipeline.reporting.report import open_report
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.keeping.test_evidence_archive import archive_of, recounted, rewrite
from tests.pipeline.mail import YEAR

NOW = AS_OF + 3600


@pytest.fixture
def decided(desk: Desk) -> Desk:
    """Return a desk on whose worst incident everything was decided that can be, and on the next one a dismissal."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    with open_report(desk.settings) as report:
        worst, second = [one.key for one in report.outline()][:2]
        viewer = next(one.key for one in next(report.incidents()).viewers if not one.inside)
    settings = desk.settings
    decide(settings, worst, Verdicted("ask", "who was it", "Dana"), now=NOW)
    decide(settings, worst, Verdicted("confirm", "health", "Dana", aware_at=NOW - 60, aware_source="a call"), now=NOW)
    for kind, answer in (("breach", "yes"), ("authority", "yes"), ("people", "no"), ("effects", "")):
        rule(settings, worst, RulingWanted(kind, answer, f"why {kind}", "Dana"), now=NOW)  # type: ignore[arg-type]
    rule(settings, worst, RulingWanted("authority", "yes", "", "Sam", told_at=NOW), now=NOW + 60)
    rule(settings, worst, RulingWanted("severity", text="x", dpc=3, ei=0.5, cb=0.25), now=NOW)
    note_viewers(settings, worst, [AddressKey(viewer)], "requested", at=NOW, by="Dana", now=NOW)
    decide(settings, second, Verdicted("dismiss", "consented", "Dana", scope="sender"), now=NOW)
    return desk


def run(path: Path) -> tuple[int, str]:
    """Run the program as somebody who has nothing of ours."""
    return recounted(path, "decided.py")


def test_what_is_said_of_decisions_stands_in_their_log(decided: Desk) -> None:
    """Of the whole queue, and of the part that the archive usually holds."""
    for number, what in enumerate(("", "all")):
        code, text = run(archive_of(decided, f"{number}.zip", what=what))

        assert (code, text.splitlines()[1:]) == (0, []), text
        assert "statements on them: all stand in the log, and none is missing" in text


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "awareness": (lambda one: one.update(aware_at="2020-01-01T00:00:00Z"), "awareness and its deadlines"),
    "source": (lambda one: one.update(aware_source="nobody"), "awareness and its deadlines"),
    "deadline": (lambda one: one["deadlines"][0].update(due_at="2030-01-01T00:00:00Z"), "awareness and its deadlines"),
    "no deadlines": (lambda one: one.update(aware_at=None, aware_source="", deadlines=[]), "awareness and its"),
    "confirmed": (lambda one: one.update(confirmed_at="2020-01-01T00:00:00Z"), "confirmed_at is 2020"),
    "triaged": (lambda one: one.update(triaged_at="2020-01-01T00:00:00Z"), "triaged_at is 2020"),
    "no decisions": (lambda one: one.update(decisions=[]), "decision 1 is missing"),
    "reason": (lambda one: one["decisions"][1].update(reason="none"), "decision 2 is"),
    "decider": (lambda one: one["decisions"][1].update(decided_by="Vera"), "decision 2 is"),
    "status": (lambda one: one.update(status="candidate"), "and no decision says so"),
    "no rulings": (lambda one: one.update(rulings=[]), "ruling 3 is missing"),
    "ruling": (lambda one: one["rulings"][0].update(answer="no"), "ruling 3 is"),
    "told": (lambda one: one["rulings"][1].update(told_at=None), "is {"),
    "worksheet": (lambda one: one["rulings"][-1]["severity"].update(score=1), "'score': 1"),
    "deletions": (lambda one: one.update(deletions=[]), "is missing in the report"),
}


def test_what_is_said_otherwise_is_found(decided: Desk) -> None:
    """Whatever it is, with the hashes put right as well."""
    path = archive_of(decided)

    for name, (change, line) in CHANGES.items():

        def spoil(content: bytes, change: Callable[[Any], object] = change) -> bytes:
            report = json.loads(content)
            change(report["incidents"][0])
            return json.dumps(report).encode()

        code, text = run(rewrite(path, {"report.json": spoil}, sums=True))

        assert (code, line in text) == (1, True), (name, text)


def chained(content: bytes, change: Callable[[list[Any]], object]) -> bytes:
    """Return a log that was changed, with its chain made anew."""
    rows, link = [json.loads(line) for line in content.splitlines()], "0" * 64
    change(rows)
    for row in rows:
        row.pop("chain_sha256")
        row["chain_sha256"] = link = hashlib.sha256(
            json.dumps({**row_without_payload(row), "previous": link}, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def row_without_payload(row: dict[str, Any]) -> dict[str, Any]:
    """Return what of a row is hashed."""
    return {name: value for name, value in row.items() if name != "payload"}


def test_a_content_that_nobody_has_erased_is_missed(decided: Desk) -> None:
    """A reason that is gone needs the entry that says who erased it; with that it may be."""
    path = archive_of(decided, what="all")

    gone = rewrite(path, {"decisions.jsonl": lambda log: chained(log, lambda rows: rows[0].update(payload=None))})
    code, text = run(gone)

    assert code == 1
    assert "the content of row 1 is gone, and nobody has erased it" in text

    purge(decided.settings, [1], reason="asked to", by="Dana", apply=True, now=NOW + 60)
    assert run(archive_of(decided, "purged.zip", what="all"))[0] == 0


def test_signed_decisions_are_signed_in_the_report(decided: Desk) -> None:
    """By somebody else, with a signature that names the row."""
    decided.change("[review]\nsign_off = true\n")
    with open_report(decided.settings) as report:
        key = [one.key for one in report.outline()][2]
    decide(decided.settings, key, Verdicted("confirm", "x", "Dana"), now=NOW)
    sign(decided.settings, key, signer="Sam Second", now=NOW)
    rule(decided.settings, key, RulingWanted("breach", "yes", "x", "Dana"), now=NOW)

    path = archive_of(decided, what="all")

    assert run(path)[0] == 0
    with zipfile.ZipFile(path) as archive:
        signers = [
            one["signed_by"]
            for entry in json.loads(archive.read("report.json"))["incidents"]
            for one in entry["decisions"]
        ]
    assert "Sam Second" in signers
