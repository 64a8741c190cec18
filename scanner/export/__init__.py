"""
Write a report into one file; one module per format.

A format is a module with `write(report, file, progress)`, which writes the
whole report as bytes into an open file. Naming, modes, and all-or-nothing
are taken care of here for all of them.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Protocol, cast

from scanner.errors import UsageError
from scanner.export.output import new_file
from scanner.model import Progress, Report

FORMATS: Mapping[str, str] = MappingProxyType({".json": "json_report", ".xlsx": "workbook"})
"""Suffix of the file, lower case → module of this package that writes it."""


class Format(Protocol):
    """What a format module offers."""

    def write(self, report: Report, file: BinaryIO, progress: Progress | None) -> None:
        """Write the report into the file; the same report gives the same bytes."""


def write(report: Report, path: Path, progress: Progress | None = None) -> None:
    """
    Write a report into a new file, whole or not at all, readable by its owner only.

    Args:
        report: Read one incident at a time; nothing is counted again here.

        path: The suffix chooses the format.

        progress: Told how many rows are to be written and are written.

    Raises:
        UsageError: No format has this suffix.

        OutputExistsError: The file is there already.

        ExportError: It cannot be written.
    """
    module = format_of(path)
    with new_file(path) as file:
        module.write(report, file, progress)


def format_of(path: Path) -> Format:
    """
    Return the format that a file's suffix asks for.

    Raises:
        UsageError: No format has this suffix; the message names those that exist.
    """
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise UsageError(
            f"no report format has the suffix {path.suffix!r}" if path.suffix else "the file has no suffix",
            where=str(path),
            remedy=f"Name a file that ends in {' or '.join(sorted(FORMATS))}",
        )
    # Imported when asked for: openpyxl costs a third of a second.
    return cast(Format, import_module(f"scanner.export.{name}"))
