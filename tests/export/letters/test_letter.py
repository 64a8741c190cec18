"""The letter's template: every merge field is a heading of the list; what is wrong in a text is named by its place."""

from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from scanner import export
from scanner.columns import letter
from scanner.errors import UsageError
from scanner.export import Request
from scanner.language import LANGUAGES, speaking
from tests.export import sample

MERGE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def fields(path: Path) -> list[str]:
    """Return the names of the merge fields of a document."""
    body = docx.Document(str(path)).element.body
    instructions = [element.get(f"{MERGE}instr") for element in body.iter(f"{MERGE}fldSimple")]
    return [instruction.split('"')[1] for instruction in instructions]


def text_of(path: Path) -> str:
    """Return the text of a document, merge fields as they are shown."""
    body = docx.Document(str(path)).element.body
    return "\n".join("".join(part.text or "" for part in line.iter(f"{MERGE}t")) for line in body.iter(f"{MERGE}p"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_and_list_fit_each_other(tmp_path: Path, language: Any) -> None:
    """A field that the list does not have would be merged as an empty place."""
    for suffix in (".docx", ".xlsx"):
        export.write(sample.sample_report(), tmp_path / f"people{suffix}", None, Request("people", language=language))

    headings = {cell.value for cell in openpyxl.load_workbook(tmp_path / "people.xlsx").worksheets[0][1]}

    assert len(fields(tmp_path / "people.docx")) >= 6
    assert set(fields(tmp_path / "people.docx")) <= headings


def test_the_letter_warns_against_sending_it_to_a_group(tmp_path: Path) -> None:
    """A second breach by an apology in Cc happens."""
    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people"))

    first = docx.Document(str(tmp_path / "letter.docx")).paragraphs[0].text

    assert "ONE BY ONE" in first
    assert "shows the list again" in first


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_letter_must_not_go_out_stands_on_top_of_it(tmp_path: Path, language: Any) -> None:
    """Whoever merges all rows sees it before the letter is folded; the greeting is the row's own."""
    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", language=language))

    names = {"letter_hold": "", "letter_salutation": ""}
    with speaking(language):
        names |= {one.name: one.header for one in letter("mail_merge").columns if one.name in names}

    found = fields(tmp_path / "letter.docx")
    assert found[0] == names["letter_hold"]
    assert text_of(tmp_path / "letter.docx").split("\n")[2] == f"«{names['letter_hold']}»"
    assert names["letter_salutation"] in found


def test_the_template_holds_nothing_of_the_mail(tmp_path: Path) -> None:
    """It is handed to whoever writes the letter."""
    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people"))

    assert "@" not in text_of(tmp_path / "letter.docx")


def test_the_letter_is_one_page_of_paragraphs(tmp_path: Path) -> None:
    """An empty line is room, not a paragraph: the signature stood alone on a second page."""
    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people"))

    paragraphs = docx.Document(str(tmp_path / "letter.docx")).paragraphs

    assert len(paragraphs) < 22
    place = {line.text: number for number, line in enumerate(paragraphs)}[
        "Your e-mail address was visible to other people"
    ]
    *_, name, address = paragraphs[:place]
    assert name.paragraph_format.space_after == 0
    assert address.paragraph_format.space_after > 0


@pytest.mark.parametrize(("language", "region"), [("en", "en-GB"), ("de", "de-DE")])
def test_a_document_says_its_language(tmp_path: Path, language: Any, region: str) -> None:
    """A screen reader speaks it so, and a spelling checker knows its words."""
    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", language=language))

    found = docx.Document(str(tmp_path / "letter.docx")).styles.element.find(f".//{MERGE}lang")

    assert found.get(f"{MERGE}val") == region


def test_a_text_of_ones_own_is_taken(tmp_path: Path) -> None:
    """With the line ends and the mark of a Windows editor."""
    own = tmp_path / "own.txt"
    own.write_bytes("\ufeffLiebe {Name},\r\nam {FirstDate} …\r\n".encode())

    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", template=str(own)))

    assert fields(tmp_path / "letter.docx") == ["Name", "FirstDate"]
    assert "Liebe «Name»," in text_of(tmp_path / "letter.docx")


def test_an_unknown_field_is_named_by_line_and_column(tmp_path: Path) -> None:
    """And nothing is written."""
    own = tmp_path / "own.txt"
    own.write_text("Dear {Name},\n\nyour {Adress} was shown\n")

    with pytest.raises(
        UsageError, match=r"own\.txt, line 3, column 6: the list has no field \{Adress\}\. Use one of: Person"
    ):
        export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", template=str(own)))

    assert not (tmp_path / "letter.docx").exists()


@pytest.mark.parametrize(
    ("character", "name"), [("\x0b", "000B"), ("\x00", "0000"), ("\x1b", "001B"), ("\uffff", "FFFF")]
)
def test_a_control_character_is_named_by_line_and_column(tmp_path: Path, character: str, name: str) -> None:
    """A manual line break of Word becomes one when it is pasted as text."""
    own = tmp_path / "own.txt"
    own.write_text(f"Dear {{Name}},\nyour{character}line\n", encoding="utf-8")

    with pytest.raises(UsageError, match=rf"own\.txt, line 2, column 5: .*U\+{name}"):
        export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", template=str(own)))

    assert not (tmp_path / "letter.docx").exists()


@pytest.mark.parametrize(("text", "is_said"), [("Dear {Name},", False), ("{DoNotSend}\nDear {Name},", True)])
def test_what_stands_on_top_of_a_letter_is_said_of_such_a_letter_alone(
    tmp_path: Path, text: str, is_said: bool
) -> None:
    """A text of one's own need not hold the field."""
    own = tmp_path / "own.txt"
    own.write_text(text)

    export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", template=str(own)))

    assert ("on top of their letters" in text_of(tmp_path / "letter.docx")) is is_said


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00\x01", b"x" * 100_001])
def test_a_text_that_cannot_be_a_letter_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    """Missing, not UTF-8, or far too long."""
    own = tmp_path / "own.txt"
    if content is not None:
        own.write_bytes(content)

    with pytest.raises(UsageError, match=r"own\.txt"):
        export.write(sample.sample_report(), tmp_path / "letter.docx", None, Request("people", template=str(own)))
