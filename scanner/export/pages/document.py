"""A Word document around its paragraphs: the same report gives the same bytes."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import docx
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from scanner.export.words.moment import utc_datetime
from scanner.export.words.wording import styles
from scanner.export.workbook.book import Archive
from scanner.language import language
from scanner.model import ReportHead


@contextmanager
def new_document(file: BinaryIO, head: ReportHead, *, title: str) -> Iterator[Any]:
    """
    Give a document of A4 pages, and write it into the file when the block has ended well.

    Args:
        file: Takes the bytes.

        head: Its moment and version become the document's.

        title: Of the document, for its properties.
    """
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    section.top_margin = section.bottom_margin = Mm(20)
    look = styles()
    document.styles["Normal"].font.name = look["font"]
    document.styles["Normal"].font.size = Pt(look["size"])
    for level in ("Title", "Heading 1", "Heading 2"):
        font = document.styles[level].font
        font.name = look["font"]
        font.color.rgb = RGBColor.from_string(look["role"]["title"]["colour"])
    # Without it a reader's machine takes German for English, checks its spelling and speaks it so.
    document.styles.element.find(f".//{qn('w:lang')}").set(qn("w:val"), styles()["languages"][language()])
    _set_properties(document, head, title)
    yield document
    plain = io.BytesIO()
    document.save(plain)
    with zipfile.ZipFile(plain) as source, Archive(file, head.decided_until) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name))


def _set_properties(document: Any, head: ReportHead, title: str) -> None:
    properties = document.core_properties
    at = utc_datetime(head.decided_until)
    properties.author = properties.last_modified_by = f"Blindcopy {head.tool_version}"
    properties.title, properties.language, properties.comments = title, language(), ""
    if at is not None:
        properties.created = properties.modified = at.replace(tzinfo=None)
    properties.revision = 1
