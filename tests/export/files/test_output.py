"""A report appears whole, for its owner only, or not at all."""

import errno
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from scanner import export
from scanner.errors import ExportError, OutputExistsError, UsageError
from scanner.export import Request
from scanner.export.files.output import new_file
from scanner.export.files.scratch import Nameless
from tests.export.sample import sample_report


@pytest.mark.parametrize("suffix", [".xlsx", ".json", ".XLSX"])
def test_a_report_is_readable_by_its_owner_only(tmp_path: Path, suffix: str) -> None:
    """The file names people: mode 0600, and nothing else is left in the folder."""
    path = tmp_path / f"impact{suffix}"

    export.write(sample_report(), path, None)

    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_is_never_overwritten(tmp_path: Path) -> None:
    """An earlier report may be evidence: it stays as it is, and the message says what to do."""
    path = tmp_path / "impact.json"
    path.write_text("earlier")

    with pytest.raises(OutputExistsError, match=r"impact\.json: there is already .* Name another file"):
        export.write(sample_report(), path, None)

    assert path.read_text() == "earlier"


def test_a_name_taken_while_writing_is_not_overwritten(tmp_path: Path) -> None:
    """Two reports at the same time: the later one fails."""
    path = tmp_path / "impact.json"

    def write_slowly() -> None:
        with new_file(path) as file:
            file.write(b"mine")
            path.write_text("theirs")

    with pytest.raises(OutputExistsError):
        write_slowly()

    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_dangling_symbolic_link_counts_as_taken(tmp_path: Path) -> None:
    """Writing through it could put the names of people anywhere."""
    path = tmp_path / "impact.json"
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OutputExistsError):
        export.write(sample_report(), path, None)


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    """The message answers what would have worked."""
    with pytest.raises(UsageError, match=r"'\.pdf'.*\.json or .*\.xlsx"):
        export.write(sample_report(), tmp_path / "impact.pdf", None)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "request_", "option"),
    [
        ("impact.html", Request(what="incidents"), "--what"),
        ("impact.csv", Request(what="people", since="3"), "--since"),
        ("merge.xlsx", Request("people", since="last"), "--since"),
        ("impact.xlsx", Request(form="ico"), "--form"),
        ("merge.xlsx", Request("people", template="text.txt"), "--template"),
        ("art33.txt", Request("authority", tables="parquet"), "--tables"),
        ("tables", Request(tables="parquet", excel=True), "--excel"),
    ],
)
def test_an_option_without_use_is_refused(tmp_path: Path, name: str, request_: Request, option: str) -> None:
    """Whoever asked for it would take it for done."""
    with pytest.raises(UsageError, match=f"{option} has no use for this report. Leave it out"):
        export.write(sample_report(), tmp_path / name, None, request_)

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    """The folder is named, not a traceback."""
    with pytest.raises(ExportError, match=r"nowhere.*No such file") as caught:
        export.write(sample_report(), tmp_path / "nowhere" / "impact.xlsx", None)

    assert "\n" not in str(caught.value)


def test_a_full_device_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a report is worse than none."""

    def full(report: object, file: BinaryIO, progress: object, request: object) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("scanner.export.json_report.write", full)

    with pytest.raises(ExportError, match="no space left on the device; nothing was written"):
        export.write(sample_report(), tmp_path / "impact.json", None)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full to write to a device without space")
def test_a_full_temporary_folder_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are collected in the temporary folder; when it is full the message names it and no file stays."""

    class Full(Nameless):
        def __init__(self) -> None:
            super().__init__()
            assert self.path.startswith("/proc/"), "a file with a name would be removed in its place"
            self.path = "/dev/full"

    monkeypatch.setattr("scanner.export.workbook.book._NamelessWorkbook._scratch", Full)

    with pytest.raises(ExportError, match="no space left"):
        export.write(sample_report(), tmp_path / "impact.xlsx", None)

    assert list(tmp_path.iterdir()) == []


def test_sheets_leave_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold the names of people, also when the report fails halfway."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def broken(entry: Any) -> Any:
        raise KeyError("broken on purpose")

    export.write(sample_report(), tmp_path / "good.xlsx", None)
    monkeypatch.setattr("scanner.export.tables.rows.person_row", broken)
    with pytest.raises(KeyError):
        export.write(sample_report(), tmp_path / "bad.xlsx", None)

    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.xlsx", "temporary"]


def test_json_is_written_by_its_suffix(tmp_path: Path) -> None:
    """The suffix chooses the format."""
    path = tmp_path / "impact.json"

    export.write(sample_report(), path, None)

    assert json.loads(path.read_bytes())["schema"] == "blindcopy/report/1"
