"""The page tells what the report tells, needs nothing else, and takes text from mail as text."""

import io
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scanner.export import Request
from scanner.export.pages.page import write
from scanner.export.tables.timeline import draw, make_spans
from scanner.export.words.decision import with_time_left
from scanner.export.words.moment import Clock
from scanner.model import Deadline, Report
from tests.export import sample
from tests.export.sample import DAY, HOSTILE, SPRING

OUTSIDE = {"src", "href", "action", "formaction", "data", "poster", "srcset", "background", "ping", "xlink:href"}
"""Attributes by which a page fetches or leads elsewhere."""


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.links: list[str] = []
        self.places: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append(tag)
        # A link within the page leads nowhere else.
        self.attributes.update(name for name, value in attrs if not (value or "").startswith("#"))
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.places += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text.append(data)


def page(report: Report) -> str:
    """Return the page."""
    file = io.BytesIO()
    write(report, file, None, Request())
    return file.getvalue().decode("utf-8")


def read(report: Report) -> Reader:
    """Return the page as a browser reads it."""
    reader = Reader()
    reader.feed(page(report))
    return reader


def one(subject: str, label: str = "") -> Report:
    """Return a report of one incident."""
    shown = sample.message(1, ["ada@one.example", "bo@two.example"], subject=subject)
    return sample.report([sample.incident(1, [shown], label=label)])


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """It is opened on a machine without network, and must not tell anybody that it is."""
    reader = read(sample.sample_report())

    assert reader.attributes & OUTSIDE == set()
    assert all(link.startswith("#") for link in reader.links)
    assert {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags) == set()
    assert "default-src 'none'" in page(sample.sample_report())
    assert "@import" not in page(sample.sample_report())
    assert "url(" not in page(sample.sample_report())


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_mail_stays_text(text: str) -> None:
    """No subject makes a tag, and what cannot be seen is spelt out."""
    plain, hostile = read(one("Plain", label="plain")), read(one(text, label=text))

    assert hostile.tags == plain.tags
    assert "\u202e" not in "".join(hostile.text)
    assert "\x1b" not in "".join(hostile.text)


def test_every_incident_stands_with_its_reasons_and_points() -> None:
    """The ranking is explained on the page itself."""
    report = sample.sample_report()

    text = " ".join("".join(read(report).text).split())

    for incident in report.incidents():
        assert incident.key in text
        for reason in incident.reasons:
            assert f"{reason.points:+d}" in text


def test_the_first_screen_is_the_answer_and_the_ranking() -> None:
    """N incidents, P people, newest, coverage, oldest; then every incident in one line that leads to its reasons."""
    report = sample.sample_report()
    reader = read(report)

    text = " ".join(" ".join(reader.text).split())
    places = [text.index(one) for one in ("need a decision", "Coverage ", "The incidents, the worst first")]
    assert places == sorted(places)
    assert reader.places.index("ranking") < reader.places.index("timeline") < reader.places.index("incidents")
    assert reader.links == [f"#i-{incident.key}" for incident in report.all_incidents]
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.places)


def test_a_long_subject_leaves_the_ranking_in_sight() -> None:
    """It stands whole below."""
    made = page(one("word " * 8_000))

    ranking, _, below = made.partition("<h3 ")
    assert len(ranking) < 30_000
    assert "…</a>" in ranking
    assert "word " * 7_999 in below


def test_a_deadline_that_runs_stands_on_the_first_screen() -> None:
    """Whoever reads no further has seen by when somebody must be told."""
    (incident,) = one("Winter").all_incidents
    due = Deadline("gdpr", "GDPR Art. 33", "authority", SPRING + 72 * 3600)
    standing = replace(incident.standing, aware_at=SPRING, aware_source="a call", deadlines=(due,))

    shown = page(sample.report([replace(incident, standing=standing)]))

    ranking = shown[shown.index('id="ranking"') : shown.index('id="incidents"')]
    assert with_time_left(due.due_at, Clock("Europe/Berlin"), sample.sample_report().head.decided_until) in ranking


def test_every_table_can_be_scrolled_by_itself_on_a_narrow_screen() -> None:
    """At 400 pixels only tables move sideways, never the page; a keyboard reaches them."""
    shown = page(sample.sample_report())

    tables = shown.count("<table>")
    assert tables == shown.count('<div class="wide" tabindex="0">\n<table>')
    assert tables >= 4


def test_paper_shows_what_a_click_opens() -> None:
    """The figures of the chart are printed, and no table is cut at the edge of the page."""
    shown = page(sample.sample_report())

    printing = shown[shown.index("@media print") : shown.index("</style>")]
    assert "details::details-content { content-visibility: visible;" in printing
    assert ".wide, figure { overflow: visible; }" in printing


def test_local_times_have_utc_beside_them() -> None:
    """Half an hour before Berlin moves its clocks, nobody may have to guess."""
    assert "Sunday 29 March 2026, 01:30 (Europe/Berlin), 2026-03-29 00:30 UTC" in page(one("Spring"))


def test_the_same_report_gives_the_same_bytes() -> None:
    """Two copies can be compared by their hash."""
    assert page(sample.sample_report()) == page(sample.sample_report())


def test_months_without_incidents_stand_between_others() -> None:
    """A chart that leaves out quiet months would shorten them."""
    by_month, spans = make_spans([(SPRING, 7), (SPRING + 90 * DAY, 5), (SPRING + 91 * DAY, 2)], Clock("UTC"))

    assert by_month
    assert [(span.title, span.incidents, span.people) for span in spans] == [
        ("March 2026", 1, 7),
        ("April 2026", 0, 0),
        ("May 2026", 0, 0),
        ("June 2026", 2, 7),
    ]


def test_many_years_are_shown_by_year() -> None:
    """Bars that nobody can tell apart say nothing; a Date field may claim any year."""
    by_month, spans = make_spans([(SPRING, 7), (SPRING - 3000 * DAY, 5), (10**15, 1)], Clock("UTC"))

    assert not by_month
    assert [span.title for span in spans] == [*(str(year) for year in range(2018, 2027)), "date unknown"]
    assert [sum(span.people for span in some) for some in (spans[:-1], spans[-1:])] == [12, 1]


def test_the_chart_says_its_figures_in_words() -> None:
    """Who cannot see it reads or hears the same (WCAG 2.2, 1.1.1)."""
    by_month, spans = make_spans([(SPRING, 7), (SPRING + 90 * DAY, 502)], Clock("UTC"))

    chart = draw(spans, by_month=by_month)

    assert "March 2026 to June 2026" in chart.description
    assert "June 2026: 502 people in 1 incidents" in chart.description
    assert chart.bars[0].title[:15] == "March 2026: 7 ·"
    assert max(bar.height for bar in chart.bars) <= chart.height
