"""The authority's form as a Word document: a draft without personal data, for a person to finish."""

from typing import Any, BinaryIO

from docx.oxml import OxmlElement
from docx.shared import Mm

from scanner.export.authority.answers import filled_form
from scanner.export.pages.document import new_document
from scanner.export.request import Request
from scanner.export.words.wording import figure
from scanner.model import Progress, Report

_WIDTHS = (30, 67, 21, 21, 21)
"""Millimetres; together what lies between the margins."""


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the document into an open file."""
    form = filled_form(report, request)
    with new_document(file, report.head, title=form.title) as document:
        document.add_heading(form.title, 0)
        for note in form.notes:
            document.add_paragraph(note).runs[0].bold = True
        for answer in form.answers:
            document.add_heading(f"{answer.number}. {answer.heading}", 2)
            document.add_paragraph(answer.text)
        document.add_heading(form.words["incidents"], 1)
        words = form.words
        table = _table(document)
        headings = (words["incident"], words["first"], words["messages"], words["addresses"], words["people"])
        for cell, heading in zip(table.rows[0].cells, headings, strict=True):
            cell.text = heading
        for one in form.incidents:
            values = (one.key, one.first, figure(one.messages), figure(one.addresses), figure(one.people))
            for cell, value in zip(table.add_row().cells, values, strict=True):
                cell.text = value
        for row in table.rows:
            for cell, width in zip(row.cells, _WIDTHS, strict=True):
                cell.width = Mm(width)
            # A row is not torn apart between two pages.
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        # The headings stand above the table on every page, and are read out as such.
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        document.add_paragraph()
        document.add_paragraph(form.made)
        document.add_paragraph(words["handling"]).runs[0].italic = True


def _table(document: Any) -> Any:
    table = document.add_table(rows=1, cols=len(_WIDTHS))
    table.style = "Light Grid Accent 1"
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = Mm(width)
    return table
