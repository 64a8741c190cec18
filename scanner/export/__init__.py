"""
Write a report into one file; one module per format.

A format is a module with `write(report, file, progress, request)`, which
writes the whole report as bytes into an open file. Naming, modes, language
and all-or-nothing are taken care of here for all of them.
"""

from collections.abc import Mapping
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Protocol, cast

from scanner import columns
from scanner.errors import UsageError
from scanner.export.files.output import Ready, new_file
from scanner.export.request import AUDIENCES, Audience, Request, Withheld, WithheldField
from scanner.language import speaking
from scanner.model import Progress, Report

__all__ = [
    "AUDIENCES",
    "ENCRYPTED",
    "FORMATS",
    "ONE_TABLE",
    "Audience",
    "Format",
    "Request",
    "Withheld",
    "WithheldField",
    "check",
    "format_of",
    "is_folder",
    "suffixes",
    "write",
]

FORMATS: Mapping[tuple[Audience, str], str] = MappingProxyType(
    {
        ("authority", ".docx"): "authority.document",
        ("authority", ".txt"): "authority.text",
        ("authority", ".xlsx"): "authority.book",
        ("internal", ".csv"): "tables.table_csv",
        ("internal", ".html"): "pages.page",
        ("internal", ".json"): "json_report",
        ("internal", ".parquet"): "tables.table_parquet",
        ("internal", ".xlsx"): "workbook.workbook",
        ("investigator", ".zip"): "evidence",
        ("management", ".docx"): "pages.management",
        ("people", ".docx"): "letters.letter",
        ("people", ".xlsx"): "letters.mail_merge",
    }
)
"""For whom, and suffix of the file in lower case → module of this package that writes it."""


ENCRYPTED = frozenset({".docx", ".xlsx"})
"""Suffixes of files that a password can close (ECMA-376 documents; MS-OFFCRYPTO)."""


ONE_TABLE = frozenset({".csv", ".parquet"})
"""Suffixes of files that hold one table."""


_OPENING = frozenset(
    {
        ("authority", ".docx"),
        ("authority", ".txt"),
        ("authority", ".xlsx"),
        ("internal", ".html"),
        ("internal", ".xlsx"),
        ("management", ".docx"),
    }
)
"""What can open with what has changed since an earlier export."""


class Format(Protocol):
    """What a format module offers."""

    def write(self, report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
        """Write the report into the file; the same report and request give the same bytes."""


def write(
    report: Report,
    path: Path,
    progress: Progress | None = None,
    request: Request | None = None,
    ready: Ready | None = None,
) -> None:
    """
    Write a report into a new file, whole or not at all, readable by its owner only.

    Args:
        report: Read one incident at a time; nothing is counted again here.

        path: The suffix chooses the format.

        progress: Told how many rows are to be written and are written.

        request: For whom, in which language; None = for those who decide, in English.

        ready: Called when all is written and before it appears under its name.

    Raises:
        UsageError: This audience has no format of this suffix, or it cannot be encrypted.

        OutputExistsError: The file is there already.

        ExportError: It cannot be written.
    """
    wanted = request or Request()
    check(path, wanted)
    if is_folder(path, wanted):
        folder = import_module("scanner.export.tables.folder")
        with speaking(wanted.spoken):
            folder.write_folder(report, path, progress, wanted, ready)
        return
    module = format_of(path, wanted.audience)
    if wanted.password is None:
        with speaking(wanted.spoken), new_file(path, ready) as file:
            module.write(report, file, progress, wanted)
        return
    plain = BytesIO()
    with speaking(wanted.spoken), new_file(path, ready) as file:
        module.write(report, plain, progress, wanted)
        import_module("scanner.export.files.encryption").encrypt(plain, file, wanted.password)


def is_folder(path: Path, request: Request) -> bool:
    """Tell whether a folder of tables is asked for: a name without suffix, for those who decide."""
    return not path.suffix and request.audience == "internal"


def check(path: Path, request: Request) -> None:
    """
    Find out whether the request can be met, before anything is read.

    Raises:
        UsageError: It cannot; the message says what could be asked for.
    """
    suffix = path.suffix.lower()
    if is_folder(path, request):
        suffix = f".{request.tables}"
    else:
        format_of(path, request.audience)
        _ = request.spoken
        if suffix in ONE_TABLE and request.table not in columns.sheets():
            raise UsageError(
                f"there is no table {request.table!r}" if request.table else "a file of this kind holds one table",
                where=str(path),
                remedy=f"Name it with --what: {', '.join(columns.sheets())}; or name a folder for all of them",
            )
    _demand_useful(path, request, suffix)
    if request.password is not None and suffix not in ENCRYPTED:
        raise UsageError(
            "files of this kind cannot be encrypted",
            where=str(path),
            remedy=f"Name a file that ends in {' or '.join(sorted(ENCRYPTED))}, or leave the password out",
        )


def _demand_useful(path: Path, request: Request, suffix: str) -> None:
    """Refuse what this report has no use for: whoever asked for it would take it for done."""
    audience, folder, usual = request.audience, is_folder(path, request), Request()
    useless = {
        "--what": bool(request.what) and audience == "internal" and (folder or suffix not in ONE_TABLE),
        "--since": bool(request.since) and (folder or (audience, suffix) not in _OPENING),
        "--form": request.form != usual.form and audience != "authority",
        "--template": bool(request.template) and (audience, suffix) != ("people", ".docx"),
        "--tables": request.tables != usual.tables and not folder,
        "--excel": request.excel and suffix != ".csv",
    }
    for option, is_useless in useless.items():
        if is_useless:
            raise UsageError(f"{option} has no use for this report", where=str(path), remedy="Leave it out")


def suffixes(audience: Audience) -> tuple[str, ...]:
    """Return the suffixes of the files that can be written for this audience, sorted."""
    return tuple(sorted(suffix for whom, suffix in FORMATS if whom == audience))


def format_of(path: Path, audience: Audience = "internal") -> Format:
    """
    Return the format that a file's suffix asks for.

    Raises:
        UsageError: This audience has no format of this suffix; the message names those that exist.
    """
    name = FORMATS.get((audience, path.suffix.lower()))
    if name is None:
        what = f"no report for this audience ({audience})" if audience != "internal" else "no report format"
        raise UsageError(
            f"{what} has the suffix {path.suffix!r}" if path.suffix else "the file has no suffix",
            where=str(path),
            remedy=f"Name a file that ends in {' or '.join(suffixes(audience))}",
        )
    # Imported when asked for: openpyxl costs a third of a second.
    return cast(Format, import_module(f"scanner.export.{name}"))
