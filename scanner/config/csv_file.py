"""CSV files that the settings name: rows by column, and every fault with its line."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from scanner.errors import SettingsError

_SEPARATOR = re.compile(r'(?:"?sep=([,;\t|])"?|#TYPE [^\r\n]*)(?:\r\n|\r|\n)')
"""A line before the heading: what Excel reads the divider from, or the type that Windows PowerShell writes there."""

# A cell may name every recipient of a mail; the module's own limit is 128 KiB.
csv.field_size_limit(64 * 1024 * 1024)


def read_rows(
    file: Path, setting: str, *, required: str, columns: str, from_excel: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Yield (line of the row's beginning, its cells that are not empty by their column); empty rows are left out.

    UTF-8, or UTF-16 with its mark; divided by what a line `sep=;` before the
    heading names, else by comma, semicolon or tab, whichever the heading has most of.

    Args:
        file: The CSV, its first line the heading.

        setting: What names the file in the settings, for errors.

        required: The column that must be there, "" for none.

        columns: What the columns are, for errors: `as the keys of [[account]]`.

        from_excel: Windows-1252 is read as well: Excel's plain CSV in Western Europe. Where it is a guess too much,
            such as for names of mailboxes, UTF-8 is asked for.

    Raises:
        SettingsError: The file cannot be read or is no CSV; names the line, never what stands there.
    """
    text = _text(file, setting, from_excel)
    separator = _SEPARATOR.match(text)
    start = separator.end() if separator else 0
    first = text[start:].split("\n", 1)[0]
    divider = (separator and separator[1]) or max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=divider, strict=True)
    heading: list[str] = []
    skipped = 1 if separator else 0
    line = 1 + skipped
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise SettingsError("this is not CSV", where=f"{file}, line {line}", remedy="Check its quotes") from None
        if cells is None:
            break
        row = [cell.strip() for cell in cells]
        if not heading:
            heading = _heading(file, line, row, required, columns)
        elif any(row):
            if len(row) > len(heading) and any(row[len(heading) :]):
                raise SettingsError(
                    f"the row has {len(row)} cells, the heading {len(heading)}",
                    where=f"{file}, line {line}",
                    remedy="Put cells that hold the divider into quotes",
                )
            yield line, {key: cell for key, cell in zip(heading, row, strict=False) if cell}
        line = reader.line_num + 1 + skipped
    if not heading:
        raise SettingsError("the file is empty", where=str(file), remedy="Its first line names the columns")


def read_heading(file: Path, setting: str, *, from_excel: bool = False) -> list[str]:
    """Return the names of the columns, in lower case; arguments and errors as `read_rows`."""
    text = _text(file, setting, from_excel)
    separator = _SEPARATOR.match(text)
    first = text[separator.end() if separator else 0 :].lstrip("\r\n").splitlines()[:1]
    divider = (separator and separator[1]) or max(",;\t", key=(first or [""])[0].count)
    cells = next(csv.reader(first, delimiter=divider), [])
    return [cell.strip().lower() for cell in cells if cell.strip()]


def _heading(file: Path, line: int, row: list[str], required: str, columns: str) -> list[str]:
    heading = [cell.lower() for cell in row]
    while heading and not heading[-1]:
        heading.pop()
    doubled = next((name for name in heading if heading.count(name) > 1), None)
    if doubled is not None or not heading:
        raise SettingsError(
            "the heading names a column twice, or leaves one without a name",
            where=f"{file}, line {line}",
            remedy=f"Name each column once, {columns}",
        )
    if required and required not in heading:
        raise SettingsError(
            f"the heading has no column `{required}`",
            where=f"{file}, line {line}",
            remedy=f"The first line names the columns, {columns}",
        )
    return heading


def _text(file: Path, setting: str, from_excel: bool) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{setting} cannot be read ({error.strerror})", where=str(file), remedy="Check its name and permissions"
        ) from error
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252") if from_excel else ("utf-8-sig",):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A workbook or UTF-16 without its mark: no text holds NUL.
        if "\0" not in text:
            return text
    raise SettingsError(
        "the file is not UTF-8", where=str(file), remedy="Save it as CSV UTF-8 (in Excel: “CSV UTF-8”)"
    ) from None
