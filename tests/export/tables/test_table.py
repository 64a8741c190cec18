"""Tables as files for programs: every row of the workbook, typed, and no text that becomes a formula."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner import columns, export
from scanner.errors import OutputExistsError, UsageError
from scanner.export import Request
from scanner.export.tables import table_csv
from scanner.export.tables.table_csv import CsvTable
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.model import Report
from tests.export import sample
from tests.export.sample import HOSTILE, SPRING

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), min_size=1)
DANGEROUS = tuple("=+-@#\t\r\uff1d\uff0b\uff0d\uff20")


def written(report: Report, path: Path, **asked: Any) -> Path:
    """Write one table."""
    export.write(report, path, None, Request(**asked))
    return path


def hostile(texts: Sequence[str] = HOSTILE) -> Report:
    """Return a report with an incident for each text as its subject."""
    incidents = [
        sample.incident(rank, [sample.message(rank, [f"a{rank}@x.example", f"b{rank}@y.example"], subject=text)])
        for rank, text in enumerate(texts, 1)
    ]
    return sample.report(incidents)


def test_a_csv_has_a_row_for_each_row_of_the_sheet(tmp_path: Path) -> None:
    """Exposure events are the rows of Exposures, whatever reads them."""
    report = sample.sample_report()

    path = written(report, tmp_path / "exposures.csv", what="exposures")

    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    frame = pd.read_csv(path)
    assert len(read) == len(frame) == report.totals.ladder.exposure_events
    assert list(frame.columns)[:3] == ["rank", "incident", "sent_at"]


def test_times_stand_in_utc_and_in_the_zone_each_with_its_offset(tmp_path: Path) -> None:
    """Half an hour before Berlin moves its clocks, nobody may have to guess."""
    path = written(hostile(["Spring"]), tmp_path / "messages.csv", what="messages")

    row = pd.read_csv(path).iloc[0]

    assert row["sent_at"] == "2026-03-29T00:30:00Z"
    assert row["sent_at_local"] == "2026-03-29T01:30:00+01:00"


@pytest.mark.parametrize("excel", [False, True])
def test_no_text_from_mail_is_a_formula_in_a_csv(tmp_path: Path, excel: bool) -> None:
    """What would be one begins with an apostrophe, and comes back when that is taken off."""
    path = written(hostile(), tmp_path / "incidents.csv", what="incidents", excel=excel)

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";" if excel else ","))

    subjects = [row["subject"] for row in rows]
    assert not [text for text in subjects if text.startswith(DANGEROUS)]
    assert [plain(text) for text in subjects] == [visible(text) for text in HOSTILE]


# What decides where a cell begins, and what it would be then.
CELLS = st.text(alphabet=",;\"' =+-@#a1\uff1d\u00a0", max_size=12)
SEPARATORS = (",", ";", "\t")
BEGINNING = re.compile(r"""((?:^|[,;\t\r\n])(?:"|[^\S\t\r\n])*)'""")


def plain(cell: str) -> str:
    """Return the text of a cell, as the module and the README say that it is had again."""
    return BEGINNING.sub(r"\1", cell)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=4))
@example([["x;=1+1;y", "a", 'b;"=1+1"']])
@example([["a", "x,=1+1", ";'=1"]])
@example([["", "", ";,"]])
@example([['";"', '""=1', '; "=1']])
def test_no_cell_begins_as_a_formula_whatever_its_reader_takes_for_a_separator(rows: list[list[str]]) -> None:
    """Excel separates by what its language writes lists with; the texts come back where the separator is ours."""
    for ours in (",", ";"):
        file = io.StringIO()
        csv.writer(file, delimiter=ours, lineterminator="\r\n").writerows(
            [[table_csv.cell(visible(one)) for one in row] for row in rows]
        )
        for separator in SEPARATORS:
            read = list(csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator))
            begun = {cell.lstrip(' \u00a0"')[:1] for row in read for cell in row}
            assert begun.isdisjoint(DANGEROUS)
            if separator == ours:
                assert [[plain(cell) for cell in row] for row in read] == [list(map(visible, row)) for row in rows]


@pytest.mark.parametrize("excel", [False, True])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_whole_table_holds_no_formula_for_any_separator(tmp_path: Path, excel: bool, separator: str) -> None:
    """Names and subjects that were made for another separator than the file has."""
    texts = [f"x{one}{quote}=1+1{one}y" for one in SEPARATORS for quote in ("", '"', " ")]
    path = written(hostile(texts), tmp_path / "incidents.csv", what="incidents", excel=excel)

    with path.open(encoding="utf-8-sig", newline="") as file:
        begun = {cell.lstrip(' "')[:1] for row in csv.reader(file, delimiter=separator) for cell in row}

    assert begun.isdisjoint(DANGEROUS)


@given(ANY_TEXT)
def test_any_text_comes_back_from_a_csv(text: str) -> None:
    """RFC 4180: what is quoted is read as it was written; the apostrophe that was put before it can be taken off."""
    file = io.BytesIO()
    table = CsvTable(file, columns.sheet("incidents"), Clock("UTC"), excel=False)

    table.append({"subject": text})
    table.close()

    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode("utf-8"), newline=""))
    cell = row["subject"]
    assert not cell.startswith(DANGEROUS)
    assert plain(cell) == visible(text)


def test_german_excel_finds_its_semicolons_and_its_mark(tmp_path: Path) -> None:
    """Without the byte order mark Excel reads UTF-8 as Windows-1252."""
    path = written(hostile(["Übung"]), tmp_path / "incidents.csv", what="incidents", excel=True)

    content = path.read_bytes()

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.splitlines()[0].count(b";") > 10
    assert "Übung".encode() in content


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    """Counts are whole numbers, times are times in UTC, texts are texts."""
    import pyarrow.parquet

    path = written(hostile(), tmp_path / "incidents.parquet", what="incidents")

    frame = pd.read_parquet(path)
    schema = pyarrow.parquet.read_schema(path)
    assert list(frame["subject"]) == [visible(text) for text in HOSTILE]
    assert frame["first_sent_at"][0] == pd.Timestamp(SPRING, unit="s", tz="UTC")
    assert str(schema.field("exposed_addresses").type) == "int64"
    assert frame["delivered"].isna().all()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_holds_every_table_of_the_workbook(tmp_path: Path, kind: Any) -> None:
    """All of them in one reading, each for its owner only."""
    report = sample.sample_report()
    folder = tmp_path / "tables"

    export.write(report, folder, None, Request(tables=kind))

    assert {path.name for path in folder.iterdir()} == {f"{name}.{kind}" for name in columns.sheets()}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    alone = written(report, tmp_path / f"viewers.{kind}", what="viewers")
    assert (folder / f"viewers.{kind}").read_bytes() == alone.read_bytes()


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the tables would be taken for all of them."""

    def broken(entry: Any) -> Any:
        raise KeyError("broken on purpose")

    monkeypatch.setattr("scanner.export.tables.rows.person_row", broken)

    with pytest.raises(KeyError):
        export.write(sample.sample_report(), tmp_path / "tables")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_never_written_over(tmp_path: Path) -> None:
    """What lies there may be evidence."""
    (tmp_path / "tables").mkdir()

    with pytest.raises(OutputExistsError):
        export.write(sample.sample_report(), tmp_path / "tables")

    assert list((tmp_path / "tables").iterdir()) == []


@pytest.mark.parametrize("table", ["", "letters"])
def test_a_table_that_is_not_there_is_one_line_that_names_those_that_are(tmp_path: Path, table: str) -> None:
    """Nobody has to look the names up."""
    with pytest.raises(UsageError, match=r"--what: queue, .*people, "):
        written(sample.sample_report(), tmp_path / "x.csv", what=table)


def test_tables_are_not_encrypted_silently(tmp_path: Path) -> None:
    """A folder that is taken for closed would be handed on."""
    with pytest.raises(UsageError, match="cannot be encrypted"):
        export.write(sample.sample_report(), tmp_path / "tables", None, Request(password="x"))

    assert list(tmp_path.iterdir()) == []
