"""Mail for which nobody knows when it was sent: 0 is stored, and no reader may take it for 1 January 1970."""

from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest

from scanner import export
from scanner.export import Request
from scanner.export.note import note_sections, read_subject
from scanner.export.tables.timeline import draw, make_spans
from scanner.export.words.moment import Clock
from scanner.export.words.wording import full_moment, long_day
from scanner.language import Language, speaking
from tests.export import sample
from tests.export.sample import DAY, SPRING

GUESTS = [f"guest{number}@people.example" for number in range(6)]
SAID: dict[Language, str] = {"en": "date unknown", "de": "Datum unbekannt"}


def undated() -> sample.SampleReport:
    """Return a report of one confirmed incident without a date, all mail being so."""
    found = sample.incident(1, [sample.message(1, GUESTS, sent_at=0)])
    made = sample.report([replace(found, status="confirmed")])
    return replace(
        made,
        all_incidents=tuple(made.all_incidents),
        all_coverage=tuple(replace(row, oldest=0, newest=0) for row in made.all_coverage),
        totals=replace(made.totals, oldest_mail=0, newest_mail=0),
    )


def text_of(path: Path) -> str:
    """Return everything that a file says."""
    if path.suffix not in (".xlsx", ".docx"):
        return path.read_text("utf-8-sig")
    with ZipFile(path) as parts:
        # Properties tell of the document, not of mail; what a column means may name the year.
        return "\n".join(
            parts.read(name).decode() for name in parts.namelist() if "docProps" not in name and name.endswith(".xml")
        )


@pytest.mark.parametrize("spoken", ["en", "de"])
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("book.xlsx", Request()),
        ("page.html", Request()),
        ("table.csv", Request(what="messages")),
        ("lead.docx", Request("management")),
        ("form.xlsx", Request("authority", form="gdpr")),
        ("form.docx", Request("authority", form="gdpr")),
        ("form.txt", Request("authority", form="gdpr")),
        ("letters.xlsx", Request("people")),
    ],
)
def test_an_unknown_date_is_said_in_words(tmp_path: Path, spoken: Language, name: str, asked: Request) -> None:
    """In every file and both languages, and nothing says 1970."""
    path = tmp_path / name

    export.write(undated(), path, None, replace(asked, language=spoken))

    text = text_of(path)
    assert SAID[spoken] in text
    assert "1970" not in text.replace("1970-01-01 UTC", "")


def test_a_table_for_programs_leaves_the_moment_empty(tmp_path: Path) -> None:
    """NULL in Parquet: a moment would be drawn as one."""
    export.write(undated(), tmp_path / "t.parquet", None, Request(what="messages"))

    frame = pd.read_parquet(tmp_path / "t.parquet")

    assert frame["sent_at"].isna().all()
    assert set(frame["sent_at_local"]) == {"date unknown"}


def test_the_note_says_that_no_field_tells_when() -> None:
    """What `show` begins with."""
    made = undated()

    sections = list(note_sections(read_subject(made, made.all_incidents[0])))

    assert "At a time that no Date field tells" in str(sections)
    assert "1970" not in str(sections)


def test_the_hours_around_zero_are_clocks_that_were_never_set() -> None:
    """In whatever zone the machine believed to be; the day after is what the mail says."""
    clock = Clock("America/New_York")

    assert {full_moment(clock, hours * 3600) for hours in (-14, 0, 12)} == {"date unknown"}
    assert long_day(clock, 3 * DAY) == "3 January 1970"


@pytest.mark.parametrize("spoken", ["en", "de"])
def test_the_timeline_counts_what_has_no_date_apart(spoken: Language) -> None:
    """It makes no decades of empty years, and its people are not lost."""
    with speaking(spoken):
        by_month, spans = make_spans([(0, 6), (SPRING, 7), (-3600, 2), (SPRING + 40 * DAY, 1)], Clock("UTC"))
        chart = draw(spans, by_month=by_month)

    assert by_month
    assert len(spans) == 4
    assert (spans[-1].title, spans[-1].incidents, spans[-1].people) == (SAID[spoken], 2, 8)
    assert f"{spans[0].title} " in chart.description
    assert f"{spans[-2].title}. " in chart.description


def test_one_letter_of_several_names_the_dates_that_are_known(tmp_path: Path) -> None:
    """The first message with a date is the first that can be told."""
    known = sample.message(2, GUESTS, sent_at=SPRING)
    made = sample.report([sample.incident(1, [sample.message(1, GUESTS, sent_at=0), known])])

    export.write(made, tmp_path / "letters.xlsx", None, Request("people"))

    text = text_of(tmp_path / "letters.xlsx")
    assert "date unknown: to " in text
    assert text.count("Sunday 29 March 2026, 01:30 (Europe/Berlin)</t>") == 2 * len(GUESTS)
