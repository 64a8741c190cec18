"""A new folder with one file for each table, there whole or not at all, and for its owner only."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from scanner import columns
from scanner.columns import Table
from scanner.export.files.leftover import PREFIX, SUFFIX, clear_leftovers, hold
from scanner.export.files.output import Ready, exists_error, export_errors
from scanner.export.request import Request
from scanner.export.tables.fill import fill
from scanner.export.words.moment import Clock
from scanner.model import Progress, Report


class _TableFile(Protocol):
    def append(self, row: Any) -> None: ...

    def close(self) -> None: ...


def write_folder(
    report: Report, path: Path, progress: Progress | None, request: Request, ready: Ready | None = None
) -> None:
    """
    Write every table into a file of its own; the report is read once.

    Raises:
        OutputExistsError: There is something of this name.

        ExportError: The folder cannot be made or written.
    """
    clock = Clock(report.head.time_zone)
    with new_folder(path, ready) as folder, ExitStack() as files:
        tables: dict[str, _TableFile] = {}
        for name, table in columns.sheets().items():
            file = files.enter_context((folder / f"{name}.{request.tables}").open("xb"))
            tables[name] = _open(file, table, clock, request)
        fill(report, tables, progress)
        for one in tables.values():
            one.close()


def _open(file: BinaryIO, table: Table, clock: Clock, request: Request) -> _TableFile:
    if request.tables == "parquet":
        from scanner.export.tables.table_parquet import ParquetTable

        return ParquetTable(file, table, clock)
    from scanner.export.tables.table_csv import CsvTable

    return CsvTable(file, table, clock, excel=request.excel)


@contextmanager
def new_folder(path: Path, ready: Ready | None = None) -> Iterator[Path]:
    """
    Give a folder that appears under its name when the block has ended well.

    Until then it is a hidden one beside it with mode 0700; a block that
    raises leaves nothing behind.

    Raises:
        OutputExistsError: The name is taken, now or when the block has ended.

        ExportError: It cannot be made.
    """
    path = path.absolute()
    if path.exists() or path.is_symlink():
        raise exists_error(path)
    clear_leftovers(path.parent)
    with export_errors(path):
        part = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=SUFFIX, dir=path.parent))
        descriptor = os.open(part, os.O_RDONLY)
    hold(descriptor)
    try:
        with export_errors(path):
            yield part
            for file in part.iterdir():
                file.chmod(0o600)
            if ready:
                ready(part)
            if path.exists() or path.is_symlink():
                raise exists_error(path)
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(descriptor)
