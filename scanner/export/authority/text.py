"""The authority's form as plain text, ready to paste."""

from typing import BinaryIO

from scanner.export.authority.answers import filled_form
from scanner.export.request import Request
from scanner.model import Progress, Report


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the text, UTF-8."""
    file.write(f"{filled_form(report, request).plain_text()}\n".encode())
