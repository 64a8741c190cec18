"""A password closes a workbook, and nothing readable lies beside it meanwhile."""

import io
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest

from scanner import export
from scanner.errors import UsageError
from scanner.export import Request
from scanner.export.files import scratch
from tests.export import sample

PASSWORD = "Wörter für 3 Kollegen"


def opened(path: Path, password: str) -> openpyxl.Workbook:
    """Return the workbook behind the password."""
    plain = io.BytesIO()
    with path.open("rb") as file:
        office: Any = msoffcrypto.OfficeFile(file)
        office.load_key(password=password, verify_password=True)
        office.decrypt(plain)
    return openpyxl.load_workbook(plain)


def cells(book: openpyxl.Workbook) -> dict[str, list[tuple[Any, ...]]]:
    """Return all values by sheet."""
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_an_encrypted_workbook_holds_what_the_plain_one_does(tmp_path: Path) -> None:
    """It opens by the password alone, and then every cell is there."""
    export.write(sample.sample_report(), tmp_path / "plain.xlsx")
    export.write(sample.sample_report(), tmp_path / "closed.xlsx", None, Request(password=PASSWORD))

    assert cells(opened(tmp_path / "closed.xlsx", PASSWORD)) == cells(openpyxl.load_workbook(tmp_path / "plain.xlsx"))
    assert (tmp_path / "closed.xlsx").stat().st_mode & 0o777 == 0o600
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        opened(tmp_path / "closed.xlsx", "another")


def test_no_readable_copy_touches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are collected as ciphertext, and no other temporary file is made."""
    collected: list[bytes] = []
    close = scratch.Scratch.close

    def spied(self: scratch.Scratch) -> None:
        if not self.closed:
            self._file.seek(0)
            collected.append(self._file.read())
        close(self)

    def forbidden() -> str:
        raise AssertionError("a plain temporary file")

    monkeypatch.setattr(scratch.Scratch, "close", spied)
    monkeypatch.setattr("openpyxl.worksheet._writer.create_temporary_file", forbidden)

    export.write(sample.sample_report(), tmp_path / "closed.xlsx", None, Request(password=PASSWORD))

    everything = b"".join([*collected, (tmp_path / "closed.xlsx").read_bytes()])
    assert len(collected) > 5
    assert b"<worksheet" not in everything
    assert b"corp.example" not in everything


def test_what_a_scratch_holds_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written in any pieces, it is read whole; the file has no name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    written = scratch.Scratch()

    for size in (0, 1, 15, 17, 3_000_000):
        written.write(b"x" * size)

    assert b"".join(written.pieces()) == b"x" * written.size
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_knows_no_password_is_refused(tmp_path: Path) -> None:
    """Better no file than one that is taken for a closed one."""
    with pytest.raises(UsageError, match=r"cannot be encrypted.*\.xlsx"):
        export.write(sample.sample_report(), tmp_path / "impact.json", None, Request(password=PASSWORD))

    assert list(tmp_path.iterdir()) == []
