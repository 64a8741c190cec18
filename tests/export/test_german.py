"""A report in German: nothing of it is English but what mail, persons and machines wrote."""

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import scanner.crawl
from scanner import columns, errors
from scanner.analyse.phrase import phrase, reason
from scanner.export import write
from scanner.export.note import note_sections, people_sections, read_subject
from scanner.export.request import Audience, Request
from scanner.export.words.moment import Clock
from scanner.export.words.spoken import speaker
from scanner.export.words.wording import figure, long_moment, percent, reason_text
from scanner.language import ENGLISH, Language, speaking, texts
from scanner.model import Reason
from tests.export.sample import SPRING, report, sample_report
from tests.test_language import leaves

DATA = ("wording", "columns", "authority", "reasons", "note")
NO_TEXT = ("type", "unit", "personal", "columns")
_ENDING = frozenset(
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.AccountError) and one is not errors.AccountError
)
REPORTS = Path(__file__).parent.parent.parent / "reports"


def sentences() -> dict[str, str]:
    """Return the English texts of some length that German says otherwise, with the German ones."""
    found: dict[str, str] = {}
    for name in DATA:
        english, german = (leaves(texts(name, of=language)) for language in (ENGLISH, "de"))
        for place, text in english.items():
            several = zip(text, german[place], strict=True) if isinstance(text, list) else [(text, german[place])]
            for one, other in several:
                if isinstance(one, str) and one != other and len(one) > 25 and "{" not in one:
                    found[one] = str(other)
    return found


def made(folder: Path, name: str, *, audience: Audience = "internal", language: Language = "de") -> Path:
    """Write the sample report."""
    path = folder / name
    write(sample_report(), path, request=Request(audience=audience, language=language))
    return path


def cells(path: Path) -> Iterator[Any]:
    """Yield what stands in the cells of a workbook."""
    for page in load_workbook(path):
        for row in page.iter_rows(values_only=True):
            yield from (value for value in row if value is not None)


@pytest.mark.parametrize(("name", "audience"), [("a.xlsx", "internal"), ("b.xlsx", "authority"), ("c.xlsx", "people")])
def test_no_english_sentence_stands_in_a_german_workbook(name: str, audience: Audience, tmp_path: Path) -> None:
    """What both languages say must be said in German."""
    shown = {str(value) for value in cells(made(tmp_path, name, audience=audience))}

    assert {text for text in sentences() if any(text in one for one in shown)} == set()


@pytest.mark.parametrize(("name", "audience"), [("a.html", "internal"), ("b.txt", "authority")])
def test_no_english_sentence_stands_in_a_german_text(name: str, audience: Audience, tmp_path: Path) -> None:
    """The page and what is pasted into a form, too."""
    shown = made(tmp_path, name, audience=audience).read_text(encoding="utf-8")

    assert {text for text in sentences() if text in shown} == set()


def test_fixed_values_are_said_in_german(tmp_path: Path) -> None:
    """A reader has not learnt our words; sheets that hold them show none."""
    book = load_workbook(made(tmp_path, "a.xlsx"))

    page = book["Nachrichten"]
    column = next(cell.column for cell in page[1] if cell.value == "Art")
    assert {page.cell(row, column).value for row in range(2, page.max_row + 1)} == {"Erstversand"}
    assert book["Arbeitsliste"]["G2"].value == "nicht entschieden"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("gap_detail", "the file is empty", "die Datei ist leer"),
        ("gap_detail", "Sent/a.eml: the file is empty", "Sent/a.eml: die Datei ist leer"),
        (
            "gap_detail",
            "nothing answers at this host and port (host_refused)",
            "unter diesem Host und Port antwortet nichts (host_refused)",
        ),
        (
            "gap_detail",
            "2026-03-10 12:00 UTC, to 30 outsiders, 2 messages together",
            "2026-03-10 12:00 UTC, an 30 Außenstehende, zusammen 2 Nachrichten",
        ),
        ("gap_detail", "what nobody has foreseen (odd)", "what nobody has foreseen (odd)"),
        ("scope_reason", "marked drafts by the server", "vom Server als Entwürfe gekennzeichnet"),
        (
            "scope_reason",
            "not a sent mailbox; read for mail of ours",
            "kein Ordner mit Gesendetem; auf eigene E-Mails durchgesehen",
        ),
        ("log_verdict", "breach yes", "es ist eine Verletzung"),
        ("label", "health, client register", "health, Klientenverzeichnis"),
    ],
)
def test_what_the_store_holds_in_english_is_said_in_german(column: str, value: str, said: str) -> None:
    """Places before it and codes behind it stay; what has no words is shown rather than left out."""
    with speaking("de"):
        (found,) = {one for table in columns.sheets().values() for one in table.columns if one.name == column}
        speak = speaker(found)

        assert speak is not None
        assert speak(value) == said


def test_every_error_of_an_account_can_be_told_in_german() -> None:
    """The gap that it leaves behind is read by somebody who speaks German."""
    with speaking("de"):
        known = columns.sheet("gaps").columns
        speak = speaker(next(column for column in known if column.name == "gap_detail"))
    assert speak is not None
    untold = [text for text in account_errors() if speak(f"{text} (code)") == f"{text} (code)"]

    assert untold == []


def account_errors() -> set[str]:
    """Return the sentences of the errors that end the scan of an account or mailbox, as the crawler raises them."""
    found = set()
    for path in (Path(scanner.crawl.__file__).parent).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ENDING and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.add(text.value)
    return found


def test_programs_get_the_same_bytes_in_every_language(tmp_path: Path) -> None:
    """JSON is a contract."""
    english, german = (made(tmp_path, f"{name}.json", language=name) for name in (ENGLISH, "de"))  # type: ignore[arg-type]

    assert german.read_bytes() == english.read_bytes()
    assert json.loads(german.read_bytes())["incidents"][0]["status"] == "candidate"


def test_a_table_for_programs_keeps_its_words(tmp_path: Path) -> None:
    """What filters on a status must find it."""
    path = tmp_path / "a.csv"
    write(sample_report(), path, request=Request(language="de", what="messages"))

    assert ",original," in path.read_text(encoding="utf-8")


def test_figures_and_moments_are_written_as_germans_do() -> None:
    """A point between thousands, a comma before decimals."""
    with speaking("de"):
        shown = [figure(2_999), figure(1_000_000), percent(999, 1000), long_moment(Clock("Europe/Berlin"), SPRING)]

    assert shown == ["2.999", "1.000.000", "99,9", "Sonntag, 29. März 2026, 01:30 Uhr (Europe/Berlin)"]


def test_numbers_of_cells_stay_numbers(tmp_path: Path) -> None:
    """Excel shows them as the reader's machine does."""
    values = list(cells(made(tmp_path, "a.xlsx")))

    assert 154 in values


def test_reasons_of_a_score_are_said_in_german() -> None:
    """The figures are those of the analysis; quotation marks are the language's."""
    made = reason("size", 20, phrase("size", persons=2_999), phrase("size_unread", unread=1))
    group = reason("approved_group", -5, phrase("approved_group", count=3, addresses=4, group="“Board”"))

    with speaking("de"):
        shown = [reason_text(made), reason_text(group)]

    assert made.text == "2999 people exposed, role addresses aside, and 1 entry that cannot be read"
    assert shown == [
        "2.999 Personen offengelegt, ohne Funktionsadressen, dazu 1 Eintrag, nicht als Adresse lesbar",
        "Mitglieder der genehmigten Gruppe „Board“: 3 von 4",
    ]


def test_what_reasons_cite_of_ours_is_said_in_german() -> None:
    """Categories and the label of the client register are our words; the rest is the settings' or the mail's."""
    said = [
        phrase("subject_words", words="“survivors” (justice), “test results” (health)"),
        phrase("label", labels="health, client register"),
    ]

    with speaking("de"):
        shown = [reason_text(reason("any", 1, one)) for one in said]

    assert shown == [
        "Wörter im Betreff deuten auf sensible Daten: „survivors“ (Justiz), „test results“ (Gesundheit)",
        "gekennzeichnet: health, Klientenverzeichnis",
    ]


def test_a_reason_without_known_phrases_stays_as_it_was_stored() -> None:
    """Results of earlier versions have none."""
    with speaking("de"):
        shown = [reason_text(Reason("size", 1, "2 people exposed", said)) for said in ("", '[["no such phrase", {}]]')]

    assert shown == ["2 people exposed"] * 2


def test_every_text_that_a_report_shows_has_its_german() -> None:
    """A text without one would stand in English among German ones; add it to reports/NAME.de.toml."""
    shown = {name for table in (*columns.sheets().values(), columns.letter("mail_merge")) for name in of(table)}
    missing = []
    for name in DATA:
        german = leaves(tomllib.loads((REPORTS / f"{name}.de.toml").read_text(encoding="utf-8")))
        for place, value in leaves(texts(name, of=ENGLISH)).items():
            is_text = place[-1] not in NO_TEXT and isinstance(value, str | list)
            is_shown = name != "columns" or (place[0] != "frames" and (place[0] != "columns" or place[1] in shown))
            # Other authorities' forms speak the language of the authority.
            is_ours = place[0] != "form" or place[1] == "gdpr"
            if is_text and is_shown and is_ours and place not in german:
                missing.append(f"reports/{name}.de.toml: {'.'.join(place)}")

    assert missing == []


def of(table: columns.Table) -> set[str]:
    """Return the names of a table's columns."""
    return {column.name for column in table.columns}


def test_merge_fields_are_single_words() -> None:
    """Word makes fields of the headings; a blank would end one."""
    with speaking("de"):
        headers = [column.header for column in columns.letter("mail_merge").columns]

    assert all(header.isalnum() for header in headers)
    assert len(set(headers)) == len(headers)


@pytest.mark.parametrize("table", [*columns.sheets()])
def test_german_headings_are_unique_in_a_table(table: str) -> None:
    """A column that comes back filled in is found by its heading."""
    with speaking("de"):
        headers = [column.header for column in columns.sheet(table).columns]

    assert len(set(headers)) == len(headers)


def test_no_english_sentence_stands_in_a_german_note() -> None:
    """`show` speaks the language of the reports."""
    known = sample_report()
    with speaking("de"):
        told = [
            str(block)
            for incident in known.incidents()
            for subject in [read_subject(known, incident)]
            for section in (*note_sections(subject), *people_sections(subject))
            for block in (section.title, *section.blocks)
        ]

    shown = "\n".join(told)
    assert {text for text in sentences() if text in shown} == set()
    assert "Was geschehen ist" in shown


def test_a_form_asks_the_same_in_every_language() -> None:
    """An answer under another question would be a false statement to an authority."""
    english, german = (texts("authority", of=language)["form"] for language in (ENGLISH, "de"))

    for name, form in english.items():
        assert [answer for _, answer in german[name]["fields"]] == [answer for _, answer in form["fields"]]


def test_one_is_not_said_as_many(tmp_path: Path) -> None:
    """1 Vorfall, 1 Person."""
    one = sample_report().all_incidents[:1]
    path = tmp_path / "a.html"
    write(report(one), path, request=Request(language="de"))

    assert "Über 1 Vorfall ist zu entscheiden." in path.read_text(encoding="utf-8")
