"""Workbooks that come back are read whatever became of them, and never further than a workbook of ours reaches."""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from scanner.columns import sheet
from scanner.errors import UsageError
from scanner.export.workbook.returned import Returned, read_returned
from scanner.language import LANGUAGES, speaking

SHEET = "xl/worksheets/sheet1.xml"
ROW: Mapping[str, Any] = {
    "incident": "0a6e0b520550",
    "state": "abcdef012345",
    "decision": "ask",
    "decision_reason": "x",
}


def headings(table: str) -> list[str]:
    """Return the headings of a sheet."""
    return [column.header for column in sheet(table).columns]


def line(table: str, values: Mapping[str, Any]) -> list[Any]:
    """Return a row of a sheet."""
    return [values.get(column.name) for column in sheet(table).columns]


def saved(path: Path, pages: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Save a workbook with these sheets."""
    book = openpyxl.Workbook()
    for place, (title, rows) in enumerate(pages.items()):
        page: Any = book.active if place == 0 else book.create_sheet()
        page.title = title
        for row in rows:
            page.append(list(row))
    book.save(path)
    return path


def queue(path: Path, *above: Sequence[Any], title: str = "Queue") -> Path:
    """Save a queue of one row."""
    return saved(path, {title: [*above, headings("queue"), line("queue", ROW)]})


def changed(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Rewrite one part of a workbook."""
    old = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(old)) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, change(text.decode()) if name == part else text)
    return path


def only(returned: Returned) -> tuple[str, int, Any]:
    """Return table, row and reason of the one row."""
    assert returned.flaws == []
    (row,) = returned.rows
    return row.table, row.number, row.values["decision_reason"]


def test_headings_are_found_below_what_people_put_above_them(tmp_path: Path) -> None:
    """A title, an empty line; rows are called by the number they have now."""
    path = queue(tmp_path / "a.xlsx", ["Our incidents"], [], ["as of Monday", None, "checked"])

    assert only(read_returned(path)) == ("queue", 5, "x")


def test_what_a_file_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    """Rows and columns beyond it are filled in all the same."""
    path = changed(
        queue(tmp_path / "a.xlsx"), SHEET, lambda text: re.sub(r'dimension ref="[^"]+"', 'dimension ref="A1:B1"', text)
    )

    assert only(read_returned(path)) == ("queue", 2, "x")


@pytest.mark.parametrize("far", ['<row r="2000000000">', '<row r="2000000000"><c r="ZZZ2000000000"><v>1</v></c>'])
def test_a_cell_beyond_every_sheet_costs_nothing(far: str, tmp_path: Path) -> None:
    """A file of a kilobyte may claim two thousand million rows."""
    path = changed(
        queue(tmp_path / "a.xlsx"),
        SHEET,
        lambda text: text.replace("</sheetData>", f"{far}</row></sheetData>"),
    )

    returned = read_returned(path)

    assert [(flaw.row, flaw.what) for flaw in returned.flaws] == [(1_048_577, "a sheet cannot have so many rows")]
    assert len(returned.rows) == 1


@pytest.mark.parametrize("name", ["queue", "assessment", "viewers", "people"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_is_known_by_what_is_to_fill_in_whatever_it_is_called(name: str, language: Any, tmp_path: Path) -> None:
    """Copied, renamed, and in any language."""
    with speaking(language):
        entry = next(column.name for column in sheet(name).columns if column.type == "entry")
        path = saved(tmp_path / "a.xlsx", {"Copy of mine": [headings(name), line(name, {entry: "x"})]})

    assert [row.table for row in read_returned(path).rows] == [name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_that_is_gone_is_told(language: Any, tmp_path: Path) -> None:
    """In the file's language: what was filled in there cannot be known."""
    with speaking(language):
        titles = {name: sheet(name).title for name in ("queue", "assessment", "viewers", "people")}
        there = {titles[name]: [headings(name)] for name in ("viewers", "people")}
        one = saved(tmp_path / "a.xlsx", there)
        all_of_them = saved(tmp_path / "b.xlsx", {titles[name]: [headings(name)] for name in titles})

    assert read_returned(one).missing == (titles["queue"], titles["assessment"])
    assert read_returned(all_of_them).missing == ()


def test_what_stands_in_a_column_of_another_sheet_is_not_passed_over(tmp_path: Path) -> None:
    """Whoever moved it there means it to be read."""
    top = [*headings("queue"), "A breach? (please fill in)", "My notes"]
    path = saved(tmp_path / "a.xlsx", {"Queue": [top, [*line("queue", {}), "yes", "call her"], [*line("queue", ROW)]]})

    returned = read_returned(path)

    assert [(flaw.row, "A breach? (please fill in)" in flaw.column) for flaw in returned.flaws] == [(2, True)]
    assert len(returned.rows) == 1


@pytest.mark.parametrize("cells", ["{column}2:{column}4", "{column}2:{next}2"])
def test_merged_cells_are_refused_where_they_are(cells: str, tmp_path: Path) -> None:
    """All but the first hold nothing in the file: what was meant for three incidents would be noted of one."""
    place = [column.name for column in sheet("queue").columns].index("decision") + 1
    cells = cells.format(column=get_column_letter(place), next=get_column_letter(place + 1))
    path = saved(tmp_path / "merged.xlsx", {"Queue": [headings("queue"), *([line("queue", ROW)] * 3)]})
    book = openpyxl.load_workbook(path)
    book["Queue"].merge_cells(cells)
    book["Queue"].merge_cells("AY1:AZ9")
    book.save(path)

    (flaw,) = read_returned(path).flaws

    assert (flaw.sheet, flaw.row) == ("Queue", 2)
    assert flaw.column.startswith(f"{get_column_letter(place)} (")
    assert f"is merged ({cells})" in flaw.what


def test_a_sheet_without_its_headings_is_one_flaw(tmp_path: Path) -> None:
    """Not one for each column."""
    path = saved(tmp_path / "a.xlsx", {"Queue": [line("queue", ROW)]})

    assert [str(flaw) for flaw in read_returned(path).flaws] == [
        "Queue, row 1: the headings are missing; export the file again"
    ]


def ods(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<a/>")


def binary(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\x01")


def document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")


def text(path: Path) -> None:
    path.write_text("Incident;Decision\n0a6e0b520550;ask\n")


def bomb(path: Path) -> None:
    queue(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"x")
    data = path.read_bytes()
    # The central directory says how much it unpacks to, and no reader goes on beyond that.
    place = data.rindex(b"xl/bomb.xml") - 46 + 24
    path.write_bytes(data[:place] + struct.pack("<L", 4_000_000_000) + data[place + 4 :])


def other(path: Path) -> None:
    changed(queue(path), "[Content_Types].xml", lambda text: text.replace("spreadsheetml.sheet.main", "other"))


def strict(path: Path) -> None:
    ours = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    for name in ("xl/workbook.xml", SHEET):
        changed(
            queue(path) if name != SHEET else path,
            name,
            lambda text: text.replace(ours, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        )


def torn(path: Path) -> None:
    changed(queue(path), "xl/workbook.xml", lambda text: text[:-20])


def torn_sheet(path: Path) -> None:
    changed(queue(path), SHEET, lambda text: text[:-60])


def without_a_sheet(path: Path) -> None:
    queue(path)
    kept = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(kept) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name != SHEET:
                target.writestr(name, source.read(name))


def entities(path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(
        f'<!ENTITY {name} "{f"&{former};" * 10}">' for former, name in zip("bcdefghij", "cdefghijk", strict=True)
    )
    changed(
        queue(path),
        SHEET,
        lambda text: bomb + "]>" + text[text.index("<worksheet") :].replace(">x<", ">&k;<"),
    )


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (ods, "OpenDocument"),
        (binary, "xlsb"),
        (document, "no workbook"),
        (text, "CSV"),
        (bomb, "more than any workbook"),
        (other, "no workbook"),
        (strict, "Strict Open XML"),
        (torn, "no workbook"),
        (torn_sheet, "no workbook"),
        (without_a_sheet, "no workbook"),
        (entities, "no workbook"),
    ],
)
def test_what_is_no_workbook_of_ours_is_called_what_it_is(
    make: Callable[[Path], None], what: str, tmp_path: Path
) -> None:
    """In one line, with what to do."""
    path = tmp_path / "renamed.xlsx"
    make(path)

    with pytest.raises(UsageError, match=what) as caught:
        read_returned(path)

    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A folder, or a device that never ends."""
    for path in (tmp_path, Path("/dev/zero"), tmp_path / "none.xlsx"):
        with pytest.raises(UsageError):
            read_returned(path)


def test_a_file_larger_than_any_is_not_read(tmp_path: Path) -> None:
    """It is looked at before it is opened."""
    path = tmp_path / "huge.xlsx"
    with path.open("wb") as file:
        file.truncate(300 << 20)

    with pytest.raises(UsageError, match="300 MB"):
        read_returned(path)
