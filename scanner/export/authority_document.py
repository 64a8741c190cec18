"""The authority's form as a Word document: a draft without personal data, for a person to finish."""

from typing import BinaryIO

from scanner.export.authority import filled_form
from scanner.export.document import new_document
from scanner.export.request import Request
from scanner.export.wording import figure
from scanner.model import Progress, Report


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
        table = document.add_table(rows=1, cols=5)
        table.style = "Light Grid Accent 1"
        headings = (words["incident"], words["first"], words["messages"], words["addresses"], words["people"])
        for cell, heading in zip(table.rows[0].cells, headings, strict=True):
            cell.text = heading
        for one in form.incidents:
            values = (one.key, one.first, figure(one.messages), figure(one.addresses), figure(one.people))
            for cell, value in zip(table.add_row().cells, values, strict=True):
                cell.text = value
        document.add_paragraph(form.made)
        document.add_paragraph(words["handling"]).runs[0].italic = True
