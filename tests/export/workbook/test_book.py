"""A workbook's sheets lie nowhere else while they are written."""

import io
import tempfile
from pathlib import Path

import openpyxl
import pytest

from scanner.export.files import scratch
from scanner.export.workbook.book import new_book
from tests.export import sample

HEAD = sample.sample_report().head


@pytest.mark.parametrize("sealed", [False, True])
def test_no_sheet_has_a_name_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool) -> None:
    """A command that is killed leaves nothing behind that names people; what it writes is whole all the same."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = io.BytesIO()

    with new_book(file, HEAD, title="x", sealed=sealed) as book:
        sheet = book.create_sheet("People")
        for number in range(2_000):
            sheet.append([f"ada{number}@one.example"])
        meanwhile = list(tmp_path.iterdir())

    assert meanwhile == []
    assert openpyxl.load_workbook(file)["People"].max_row == 2_000


def test_where_files_need_a_name_nothing_is_left_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every system opens a file by its descriptor."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_DESCRIPTORS", tmp_path / "none")
    file = io.BytesIO()

    with new_book(file, HEAD, title="x") as book:
        book.create_sheet("People").append(["ada@one.example"])
        (held,) = tmp_path.iterdir()
        mode = held.stat().st_mode & 0o777

    assert mode == 0o600
    assert list(tmp_path.iterdir()) == []
    assert openpyxl.load_workbook(file)["People"]["A1"].value == "ada@one.example"
