"""What is handed out is noted, and what was noted can be held against it."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, text

from scanner.errors import OutputExistsError, StoreError, UsageError
from scanner.export import Request
from scanner.export.files import output
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule
from scanner.pipeline.deciding.tracking import note_people, note_viewers
from scanner.pipeline.keeping.handing_out import HandedOut, manifest_of, note_export, write_report
from scanner.pipeline.keeping.logs import LogsOutcome, verify_logs
from scanner.pipeline.reporting.changed import changes_since
from scanner.pipeline.reporting.report import open_report
from scanner.store.engine import open_engine
from tests.pipeline.conftest import Desk
from tests.pipeline.mail import YEAR

NOON = 1_790_000_000


@pytest.fixture
def year(desk: Desk) -> Desk:
    """Return a desk with the office's year, analysed."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.shelf.end()
    desk.analyse()
    return desk


@pytest.fixture
def hand_out(year: Desk, tmp_path: Path) -> Callable[..., HandedOut]:
    """Return what writes a report into the test's folder."""

    def write(name: str = "impact.json", **keys: Any) -> HandedOut:
        return write_report(year.settings, tmp_path / name, now=NOON, **keys)

    return write


def decided(desk: Desk) -> None:
    """Dismiss the worst incident."""
    with open_report(desk.settings) as report:
        key = next(report.incidents()).key
    decide(desk.settings, key, Verdicted("dismiss", "consented in writing", decided_by="Dana"))


def test_every_export_is_a_row_in_the_log(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """Name, hash, audience, versions and policy; and where the decisions stood."""
    first, second = hand_out("one.json"), hand_out("two.xlsx", pseudonymise=True)

    with open_report(year.settings) as report:
        log = list(report.exports())

    assert [one.number for one in log] == [1, 2]
    assert [one.payload["name"] for one in log if one.payload] == ["one.json", "two.xlsx"]
    assert [one.payload["pseudonymised"] for one in log if one.payload] == [False, True]
    assert log[0].payload is not None
    assert log[0].payload["files"][0]["sha256"] == first.files[0][1]
    assert second.export == log[1]


def test_the_manifest_names_nobody(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """It may travel with a report for the authority."""
    content = hand_out().manifest.read_text(encoding="utf-8")

    with open_report(year.settings) as report:
        incident = next(report.incidents())
    assert incident.subject not in content
    assert "@" not in content
    assert json.loads(content)["incidents"][0][0] == incident.key


def test_reports_that_are_as_they_were_are_the_same(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """A file and a folder, each by its manifest."""
    paths = (hand_out().path, hand_out("tables").path)

    outcome = verify_logs(year.settings, paths)

    assert outcome.is_whole
    assert {file.verdict for one in outcome.reports for file in one.files} == {"same"}


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda path: path.chmod(0o600) or path.write_bytes(path.read_bytes() + b" "), "changed"),
        (lambda path: path.unlink(), "missing"),
    ],
)
def test_a_report_that_was_changed_is_told(
    year: Desk, hand_out: Callable[..., HandedOut], spoil: Callable[[Path], object], verdict: str
) -> None:
    """One byte is enough."""
    path = hand_out().path

    spoil(path)

    (checked,) = verify_logs(year.settings, (path,)).reports
    assert [file.verdict for file in checked.files] == [verdict]
    assert not verify_logs(year.settings, (path,)).is_whole


def test_a_manifest_that_was_changed_with_its_report_is_not_what_the_log_knows(
    year: Desk, hand_out: Callable[..., HandedOut]
) -> None:
    """Who changes both has to change the log as well, and the chain tells that."""
    done = hand_out()
    manifest = json.loads(done.manifest.read_text())
    manifest["ladder"]["exposed_people"] += 1
    done.manifest.write_text(json.dumps(manifest))

    (checked,) = verify_logs(year.settings, (done.path,)).reports

    assert not checked.is_logged


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"schema": "blindcopy/manifest/1", "files": 3}'])
def test_a_manifest_that_cannot_be_read_is_one_line(
    year: Desk, hand_out: Callable[..., HandedOut], content: str | None
) -> None:
    """What to do is said, and nothing is taken for checked."""
    done = hand_out()
    done.manifest.unlink()
    if content is not None:
        done.manifest.write_text(content)

    with pytest.raises(UsageError, match=r"manifest.*Put "):
        verify_logs(year.settings, (done.path,))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decision SET decided_by = 'Somebody else' WHERE id = 1",
        "UPDATE decision SET payload = replace(payload, 'writing', 'speaking') WHERE id = 1",
        "DELETE FROM decision WHERE id = 1",
        "UPDATE export_log SET exported_at = exported_at - 1 WHERE id = 1",
        "UPDATE export_log SET payload = replace(payload, 'impact', 'other') WHERE id = 1",
        "DELETE FROM export_log WHERE id = 1",
        "UPDATE decision SET payload = 'no JSON' WHERE id = 1",
        "UPDATE export_log SET payload = 'weder JSON noch ASCII: ä' WHERE id = 2",
        "DELETE FROM decision WHERE id = 2",
    ],
)
def test_no_row_of_a_log_is_changed_or_taken_out_unseen(
    year: Desk, hand_out: Callable[..., HandedOut], change: str
) -> None:
    """Each chain hash covers the one before it."""
    decided(year)
    decided(year)
    hand_out()
    hand_out("second.json")

    with year.engine.begin() as connection:
        connection.execute(text(change))

    outcome = verify_logs(year.settings)
    assert not outcome.is_whole
    assert [log.broken for log in outcome.logs if log.name in change or log.name[:6] in change] != [None]


def test_a_decision_that_an_export_knew_and_that_is_gone_is_named(
    year: Desk, hand_out: Callable[..., HandedOut]
) -> None:
    """A chain whose end was cut off holds: what tells is where it stood when something was handed out."""
    decided(year)
    decided(year)
    hand_out()
    decided(year)
    assert verify_logs(year.settings).is_whole

    with year.engine.begin() as connection:
        connection.execute(text("DELETE FROM decision WHERE id > 1"))

    assert [log.broken for log in verify_logs(year.settings).logs] == [2, None]


def test_reports_are_written_after_whole_mail_was_preserved(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """The log of exports then knows something that is no report."""
    with open_report(year.settings) as report:
        run, key = report.head.run, next(report.incidents()).key
    contents = {"files": [{"name": "kept/1.eml", "sha256": "0" * 64}], "incident": key, "policy_sha256": "1" * 64}
    note_export(year.settings, run, {**contents, "decision_log": {"count": 0, "sha256": ""}}, year.folder / "m", NOON)

    path = hand_out("impact.xlsx").path

    cells = [cell for row in load_workbook(path)["Evidence"].iter_rows(values_only=True) for cell in row]
    assert any(key in str(cell) and "preserve" in str(cell) for cell in cells)


def test_pseudonymised_reports_of_one_state_are_the_same(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """As reports with names are; what was handed out before is told with its hash."""
    first, second = (hand_out(name, pseudonymise=True).path.read_bytes() for name in ("one.xlsx", "two.xlsx"))

    assert first == second


def test_a_row_that_cannot_be_committed_leaves_no_manifest(
    year: Desk, hand_out: Callable[..., HandedOut], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both or neither."""

    def failing(*arguments: Any, **keys: Any) -> Any:
        engine = open_engine(*arguments, **keys)
        event.listen(engine, "commit", refuse)
        return engine

    def refuse(_connection: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("scanner.pipeline.keeping.handing_out.open_engine", failing)
    before = set(tmp_path.iterdir())

    with pytest.raises(StoreError, match="no space left"):
        hand_out("impact.json")

    assert {path for path in tmp_path.iterdir() if "impact" in path.name} == {
        path for path in before if "impact" in path.name
    }


def test_the_head_that_an_earlier_report_printed_still_stands(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """Who rewrites the whole chain cannot rewrite a report that somebody has."""
    decided(year)
    with open_report(year.settings) as report:
        head = report.head.chain_head
    decided(year)

    def against(hashed: str) -> LogsOutcome:
        return verify_logs(year.settings, against=hashed)

    assert against(head).is_whole
    assert against(head[:12]).is_whole
    assert not against("f" * 64).is_whole
    # The last one is a variable of the shell that was not set.
    for nonsense in (head[:7], "z" * 64, head + "0", ""):
        with pytest.raises(UsageError, match="no chain hash of a log"):
            against(nonsense)


def test_nothing_is_handed_out_that_cannot_be_noted(
    year: Desk, hand_out: Callable[..., HandedOut], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that no log knows could be denied, or forgotten."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr("scanner.pipeline.keeping.handing_out.append_export", refuse)

    for name in ("impact.json", "tables"):
        with pytest.raises(StoreError):
            hand_out(name)

    assert not list(tmp_path.glob("impact*")) + list(tmp_path.glob("tables*"))


def test_the_log_knows_a_report_before_it_has_its_name(
    year: Desk, hand_out: Callable[..., HandedOut], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in between, a row is left that no report belongs to, never a report that no row knows."""
    before = set(tmp_path.iterdir())

    def killed(source: Path, path: Path) -> None:
        if path.name == "impact.json":
            raise KeyboardInterrupt
        appear(source, path)

    appear = output._appear
    monkeypatch.setattr(output, "_appear", killed)

    with pytest.raises(KeyboardInterrupt):
        hand_out("impact.json")

    assert set(tmp_path.iterdir()) == before
    with open_report(year.settings) as report:
        assert len(list(report.exports())) == 1


def test_a_manifest_is_never_overwritten(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """Then there is no report either, and no row."""
    path = hand_out().path
    path.unlink()

    with pytest.raises(OutputExistsError, match="manifest"):
        hand_out()

    with open_report(year.settings) as report:
        assert len(list(report.exports())) == 1
    assert not path.exists()
    assert manifest_of(path).exists()


def test_an_encrypted_report_is_noted_as_such(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """Its hash is that of the closed file; the password is nowhere."""
    done = hand_out("closed.xlsx", request=Request(password="between us"))

    assert done.export.payload is not None
    assert done.export.payload["encrypted"] is True
    assert "between us" not in done.manifest.read_text()
    assert verify_logs(year.settings, (done.path,)).is_whole


@pytest.mark.parametrize("suffix", [".xlsx", ".html"])
def test_a_report_opens_with_what_changed_since_an_earlier_one(
    year: Desk, hand_out: Callable[..., HandedOut], suffix: str
) -> None:
    """Who has the earlier version reads first what is new in it."""
    earlier = hand_out().export
    decided(year)
    with open_report(year.settings) as report:
        worst = next(report.incidents()).key

    with open_report(year.settings) as report:
        since = changes_since(report, str(earlier.number), "internal")
    done = hand_out(f"later{suffix}", request=Request(since="last"))

    assert (since.decided, since.new, since.gone, since.grown) == ((worst,), (), (), ())
    assert since.people_then == since.people_now
    if suffix == ".html":
        assert f"decided otherwise than then: 1 ({worst})" in done.path.read_text(encoding="utf-8")
    else:
        cells = [cell for row in load_workbook(done.path).worksheets[0].iter_rows(values_only=True) for cell in row]
        assert any(f"({worst})" in str(cell) for cell in cells)


def test_new_and_grown_and_gone_incidents_are_told_apart(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """By their keys: what a person decided on keeps its name."""
    export = hand_out().export
    assert export.payload is not None
    rows = [list(row) for row in export.payload["incidents"]]
    gone, grown, *others = rows
    former = [["f" * 12, *gone[1:]], [*grown[:4], grown[4], grown[5] - 1, grown[6] - 1], *others]
    payload = {**export.payload, "incidents": former, "policy_sha256": "0" * 64}

    with open_report(year.settings) as report, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(report), "exports", lambda _: iter([replace(export, payload=payload)]))
        since = changes_since(report, "last", "internal")

    assert (since.new, since.grown, since.gone) == ((gone[0],), (grown[0],), ("f" * 12,))
    assert not since.is_same_policy


@pytest.mark.parametrize("name", ["last", "7", "x", "0"])
def test_an_export_that_is_not_there_is_one_line(year: Desk, hand_out: Callable[..., HandedOut], name: str) -> None:
    """And nothing is written."""
    with pytest.raises(UsageError, match=r"--since"):
        hand_out("art33.txt", request=Request("authority", what="queued", since=name))

    assert not list(year.folder.glob("art33*"))


def test_what_another_audience_got_is_no_earlier_version(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """The authority hears of fewer incidents: the others would look like incidents that are gone."""
    earlier = hand_out().export

    with pytest.raises(UsageError, match=r"export 1 was for another audience \(internal\)"):
        hand_out("art33.txt", request=Request("authority", what="queued", since=str(earlier.number)))

    assert not list(year.folder.glob("art33*"))


def test_the_manifest_names_the_language_of_the_file(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """A form speaks that of its authority."""
    done = hand_out("art33.txt", request=Request("authority", what="queued", form="de"))

    assert done.export.payload is not None
    assert done.export.payload["language"] == "de"


def test_the_authority_and_those_who_lead_read_it_too(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """A notification comes in phases (Art. 33(4))."""
    hand_out("first.txt", request=Request("authority", what="queued"))

    second = hand_out("second.txt", request=Request("authority", what="queued", since="last"))

    assert "Since export 1 of" in second.path.read_text(encoding="utf-8")
    assert "no incident, no figure and no decision has changed" in second.path.read_text(encoding="utf-8")


def test_what_was_ruled_and_noted_since_is_told(year: Desk, hand_out: Callable[..., HandedOut]) -> None:
    """The status is the same, and what the incident means is not."""
    with open_report(year.settings) as report:
        worst, second = list(report.incidents())[:2]
    for one in (worst, second):
        decide(year.settings, one.key, Verdicted("confirm", "a breach"))
    hand_out("first.html", request=Request())
    rule(year.settings, worst.key, RulingWanted("breach", "no", "the list was public"))
    viewer = next(one.key for one in second.viewers if not one.inside)
    note_viewers(year.settings, second.key, [viewer], "requested")
    note_people(year.settings, [second.exposed[0].key], "channel", {"channel": "by phone"})

    with open_report(year.settings) as report:
        since = changes_since(report, "last", "internal")
    page = hand_out("second.html", request=Request(since="last"))

    assert (since.decided, since.noted, since.people_noted) == ((), (worst.key, second.key), 1)
    assert not since.is_unchanged
    assert "with further decisions or notes: 2" in page.path.read_text(encoding="utf-8")
