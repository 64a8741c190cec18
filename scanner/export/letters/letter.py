"""
The template of the letter to the people exposed: a Word document with merge fields.

Its text is data (reports/letter.txt) or a file of the organisation's own, in
which the merge fields stand in {braces}. The fields are the headings of the
list for mail merge, so that letter and list always fit each other.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from scanner.columns import letter
from scanner.errors import UsageError
from scanner.export.pages.document import new_document
from scanner.export.request import Request
from scanner.export.words.wording import wording
from scanner.language import ENGLISH, language
from scanner.model import Progress, Report

_FIELD = re.compile(r"\{([^{}\n]*)\}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
"""What a document cannot hold (XML 1.0, 2.2), or shows nothing of."""

_EMPTY_LINE = Pt(9)
_LARGEST = 100_000
"""Bytes of a text of one's own; a letter has a few thousand."""


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """
    Write the template into an open file; it holds nothing of the mail.

    Raises:
        UsageError: The text names a field that the list does not have, or cannot be read.
    """
    where, text = _text(request.template)
    _check(where, text)
    words = wording()["letter_template"]
    with new_document(file, report.head, title=words["title"]) as document:
        document.add_paragraph(words["warning"]).runs[0].bold = True
        on_top = words["on_top"] if _holds_hold(text) else ""
        document.add_paragraph(words["how"].format(list=words["list"], on_top=on_top)).runs[0].italic = True
        _add_text(document, text)


def merge_fields() -> tuple[str, ...]:
    """Return the names of all merge fields, in the order of the list."""
    return tuple(column.header for column in letter("mail_merge").columns)


def _text(path: str) -> tuple[str, str]:
    """Return where the text comes from, and the text."""
    if not path:
        folder = files("scanner.reports")
        own = folder / f"letter.{language()}.txt"
        chosen = own if language() != ENGLISH and own.is_file() else folder / "letter.txt"
        return chosen.name, _in_language(chosen.read_text(encoding="utf-8"))
    try:
        content = Path(path).read_bytes()
        if len(content) > _LARGEST:
            raise UsageError("the text is too long for a letter", where=path, remedy="Shorten it")
        return path, content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=path, remedy="Name a text file") from error
    except UnicodeDecodeError as error:
        raise UsageError("is no text in UTF-8", where=path, remedy="Save it as plain text, UTF-8") from error


def _in_language(text: str) -> str:
    """Return our own text, whose fields have their English names, with those of the report's language."""
    english = letter("mail_merge", of=ENGLISH).columns
    names = {one.header: other.header for one, other in zip(english, letter("mail_merge").columns, strict=True)}
    return _FIELD.sub(lambda found: f"{{{names.get(found[1], found[1])}}}", text)


def _check(where: str, text: str) -> None:
    known = merge_fields()
    for number, line in enumerate(text.split("\n"), 1):
        if (odd := _UNPRINTABLE.search(line)) is not None:
            raise UsageError(
                f"the text holds a control character (U+{ord(odd[0]):04X}), which no letter can show",
                where=f"{where}, line {number}, column {odd.start() + 1}",
                remedy="Delete it, or put a line end in its place",
            )
        for found in _FIELD.finditer(line):
            if found[1] not in known:
                raise UsageError(
                    f"the list has no field {{{found[1]}}}",
                    where=f"{where}, line {number}, column {found.start() + 1}",
                    remedy=f"Use one of: {', '.join(known)}",
                )


def _hold_fields() -> frozenset[str]:
    return frozenset(column.header for column in letter("mail_merge").columns if column.name == "letter_hold")


def _holds_hold(text: str) -> bool:
    """Tell whether the letter itself says that it must not go out; a text of one's own may not."""
    return any(found[1] in _hold_fields() for found in _FIELD.finditer(text))


def _add_text(document: Any, text: str) -> None:
    """Add a paragraph for each line; an empty line is room after the one before, so that a letter stays one page."""
    paragraph: Any = None
    for line in text.strip().split("\n"):
        if line.strip():
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(0)
            _add_line(paragraph, line)
        elif paragraph is not None:
            paragraph.paragraph_format.space_after += _EMPTY_LINE


def _add_line(paragraph: Any, line: str) -> None:
    for part, is_field in _parts(line):
        if is_field:
            _add_field(paragraph, part)
        else:
            paragraph.add_run(part)


def _parts(line: str) -> Iterator[tuple[str, bool]]:
    end = 0
    for found in _FIELD.finditer(line):
        yield line[end : found.start()], False
        yield found[1], True
        end = found.end()
    yield line[end:], False


def _add_field(paragraph: Any, name: str) -> None:
    """Add a merge field (ECMA-376 Part 1, 17.16.5.35), shown as «Name» until it is merged; bold where it forbids."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), f' MERGEFIELD "{name}" \\* MERGEFORMAT ')
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    if name in _hold_fields():
        look = OxmlElement("w:rPr")
        look.append(OxmlElement("w:b"))
        run.append(look)
    text.text = f"«{name}»"
    run.append(text)
    element.append(run)
    paragraph._p.append(element)
