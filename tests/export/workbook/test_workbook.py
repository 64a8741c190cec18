"""The workbook, read back by two readers that share no code."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from scanner.columns import sheets
from scanner.export.words.text import CELL_LIMIT, visible
from scanner.export.workbook.workbook import write
from scanner.flag import flag_names, stated_flags
from scanner.language import speaking
from scanner.model import (
    Export,
    FollowedUp,
    FollowUp,
    ListMailing,
    ListTrace,
    PeopleStatement,
    PeopleSuggestion,
    Report,
    ScannedAccount,
    ScanRecord,
    Statement,
)
from tests.export.sample import HOSTILE, SPRING, incident, key, message, report, sample_report

SHEETS = [
    "Read me",
    "Queue",
    "Assessment",
    "Incidents",
    "Messages",
    "People",
    "Stated about people",
    "Perhaps one person",
    "Exposures",
    "Viewers",
    "Register",
    "Decisions",
    "Timeline",
    "Coverage",
    "Gaps",
    "Below the floor",
    "Also look at",
    "Lists",
    "Near misses",
    "Missing mail",
    "Senders not scanned",
    "Evidence",
]


NOTHING: dict[str, Any] = dict.fromkeys(
    ("all_near_misses", "all_missing_mail", "all_account_months", "all_senders"), ()
)


def workbook_bytes(made: Report, **options: Any) -> bytes:
    """Return the bytes of the report's workbook."""
    file = io.BytesIO()
    write(made, file, **options)
    return file.getvalue()


def cells(data: bytes, sheet: str) -> list[list[Any]]:
    """Return a sheet's values as openpyxl reads them."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def column(data: bytes, sheet: str, header: str) -> list[Any]:
    """Return the values below a heading."""
    head, *body = cells(data, sheet)
    return [row[head.index(header)] for row in body]


def calamine_column(data: bytes, sheet: str, header: str) -> list[Any]:
    """Return the values below a heading as calamine reads them."""
    head, *body = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet).to_python()
    return [row[head.index(header)] for row in body]


@pytest.fixture(scope="module")
def sample() -> bytes:
    """Return the workbook of the sample report."""
    return workbook_bytes(sample_report())


def test_the_sheets_stand_in_their_order(sample: bytes) -> None:
    """Whoever opens the file meets the explanation first."""
    assert openpyxl.load_workbook(io.BytesIO(sample), read_only=True).sheetnames == SHEETS


def test_text_from_mail_stays_text(sample: bytes) -> None:
    """No subject or name becomes a formula, an error value, a number or a link in either reader."""
    shown = [visible(text) for text in HOSTILE]

    names = [unescaped(name) for name in column(sample, "Exposures", "Name shown") if name]
    subjects = [unescaped(text) for text in column(sample, "Messages", "Subject")]
    other_reader = [unescaped(text) for text in calamine_column(sample, "Messages", "Subject")]

    assert [name for name in names if name in shown] == shown
    assert subjects[5:-1] == shown
    assert other_reader[5:-1] == shown


def test_the_file_holds_no_formula_and_no_link(sample: bytes) -> None:
    """A link or formula from mail would act for whoever sent it."""
    archive = zipfile.ZipFile(io.BytesIO(sample))
    # A chart says in an element of the same name where its figures stand.
    parts = {name: archive.read(name) for name in archive.namelist() if not name.startswith("xl/charts/")}

    formulas = [name for name, data in parts.items() if re.search(rb"<f[ >]", data)]
    links = [name for name, data in parts.items() if b"hyperlink" in data.lower().replace(b"=hyperlink(", b"")]

    assert formulas == []
    assert links == []


def test_text_that_looks_like_a_formula_is_marked_as_text_for_good(sample: bytes) -> None:
    """Editing such a cell in Excel must not make a formula of it (ECMA-376, 18.8.45)."""
    sheet = openpyxl.load_workbook(io.BytesIO(sample))["Exposures"]
    head = [cell.value for cell in sheet[1]]
    names = [row[head.index("Name shown")] for row in sheet.iter_rows(min_row=2)]

    risky = [cell for cell in names if cell.value and cell.value[0] in "=+-@"]

    assert len(risky) == 4
    assert all(cell.quotePrefix and cell.data_type == "s" for cell in risky)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(alphabet=st.characters(exclude_categories=()), min_size=1), min_size=1, max_size=40))
def test_any_text_is_read_back_as_it_is_shown(texts: Sequence[str]) -> None:
    """Two independent readers find the visible text in a text cell, whatever a subject holds."""
    parts = [
        message(number, ["ada@example.org", "bob@example.org"], subject=text, sent_at=SPRING + number)
        for number, text in enumerate(texts, start=1)
    ]

    data = workbook_bytes(report([incident(1, parts)]))

    shown = [visible(text) for text in texts]
    assert [unescaped(text) for text in column(data, "Messages", "Subject")] == shown
    assert [unescaped(text) for text in calamine_column(data, "Messages", "Subject")] == shown


def unescaped(text: str) -> str:
    """Undo ECMA-376, 22.9.2.19 where a reader does not: an underscore that would begin _xHHHH_ is spelt _x005F_."""
    return re.sub("_x005F_(?=x[0-9A-Fa-f]{4}_)", "_", text)


def test_every_exposure_event_is_a_row(sample: bytes) -> None:
    """CONTRACTS, Exposure: exposure_events equals the rows of the sheet Exposures."""
    made = sample_report()

    addresses = column(sample, "Exposures", "Address")

    assert len(addresses) == made.totals.ladder.exposure_events == 60 + 60 + 2 * len(HOSTILE) + 2
    assert addresses[:2] == ["guest000@guests.example", "guest001@guests.example"]


def test_every_stored_copy_is_a_row(sample: bytes) -> None:
    """A message in four mailboxes is found again in each of them."""
    mailboxes = column(sample, "Messages", "Mailbox")

    assert mailboxes[:5] == ["Sent", "Archive/1", "Archive/2", "Archive/3", "Sent"]
    assert column(sample, "Messages", "UID")[0] == 3_000_000_010


def test_times_are_real_dates_in_the_zone_and_in_utc(sample: bytes) -> None:
    """Half an hour around the change to summer time, local time jumps by two hours and UTC by one."""
    local = column(sample, "Messages", "Sent (Europe/Berlin)")
    utc = column(sample, "Messages", "Sent (UTC)")

    assert local[3:5] == [datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 29, 3, 30)]  # noqa: DTZ001  # a cell knows no zone
    assert utc[3:5] == [datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 29, 1, 30)]  # noqa: DTZ001  # a cell knows no zone
    assert calamine_column(sample, "Messages", "Sent (UTC)")[3] == utc[3]


def test_a_time_that_excel_cannot_show_is_text(sample: bytes) -> None:
    """Excel knows no year before 1900; the moment is not lost and not changed."""
    assert column(sample, "Messages", "Sent (UTC)")[-1] == "1874-12-07T18:40:00Z"


def test_one_column_is_enough_where_the_zone_is_utc() -> None:
    """The same time twice would only be in the way."""
    made = sample_report()
    made = replace(made, head=replace(made.head, time_zone="UTC"))

    head = cells(workbook_bytes(made), "Messages")[0]

    assert [text for text in head if text.startswith("Sent")] == ["Sent (UTC)"]


def test_figures_are_numbers_and_what_nothing_proves_is_unknown(sample: bytes) -> None:
    """Figures can be added up; an unproven one is a word, not a zero."""
    assert column(sample, "Incidents", "Exposed addresses") == [110, 2 * len(HOSTILE), 2]
    assert column(sample, "Incidents", "Delivered") == ["unknown"] * 3
    assert column(sample, "Incidents", "Score") == [79, 78, 77]


def test_reasons_stand_in_words_with_their_points(sample: bytes) -> None:
    """Every incident says why it stands where it stands."""
    assert column(sample, "Queue", "Why it is here")[0] == (
        "110 external people could see each other (+84)\nthe thread was begun from outside (-5)"
    )


def test_decision_columns_wait_for_a_person(sample: bytes) -> None:
    """The tool decides nothing; Excel offers the four decisions."""
    book = openpyxl.load_workbook(io.BytesIO(sample))
    sheet = book["Queue"]
    head = [cell.value for cell in sheet[1]]

    filled = [row[head.index("Decision (please fill in)")].value for row in sheet.iter_rows(min_row=2)]
    offered, assessed = (
        [rule.formula1 for rule in book[name].data_validations.dataValidation] for name in ("Queue", "Assessment")
    )

    assert filled == [None, None, None]
    assert offered == ['"confirm,dismiss,ask,reopen"', '"incident,sender,list"']
    assert assessed == [*['"yes,no"'] * 3, '"1,2,3,4"', '"negligible,limited,significant,maximum"']


def filtered(sheet: Any) -> str:
    """Return what can be filtered: a table with the headings of its cells, or the headings alone where no row is."""
    if sheet.max_row == 1:
        assert not sheet.tables
        return str(sheet.auto_filter.ref)
    (table,) = sheet.tables.values()
    assert table.autoFilter.ref == table.ref
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[1]]
    return str(table.ref)


@pytest.mark.parametrize("title", SHEETS[1:])
def test_tables_can_be_filtered_scrolled_and_printed(sample: bytes, title: str) -> None:
    """Headings stay in view, every row can be filtered, and paper is A4 landscape with headings on each page."""
    sheet = openpyxl.load_workbook(io.BytesIO(sample))[title]

    assert sheet.freeze_panes.endswith("2")
    assert filtered(sheet) == f"A1:{sheet.cell(1, sheet.max_column).column_letter}{sheet.max_row}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.page_setup.fitToHeight == 0 or sheet.page_setup.scale == 75
    assert sheet.print_title_rows == "$1:$1"
    assert all(sheet.column_dimensions[cell.column_letter].width >= 6 for cell in sheet[1])


def test_no_cells_are_merged_and_the_document_names_its_language(sample: bytes) -> None:
    """Merged cells stop sorting; a screen reader wants to know the language."""
    book = openpyxl.load_workbook(io.BytesIO(sample))

    assert [sheet.title for sheet in book.worksheets if sheet.merged_cells.ranges] == []
    assert (book.properties.title, book.properties.language) == (
        "Corp & Daughters: mail with open recipient lists",
        "en",
    )


def test_the_chart_shows_what_stands_in_the_cells_beside_it(sample: bytes) -> None:
    """A chart without its figures cannot be checked, nor heard."""
    (heading, *body), (chart,) = (
        cells(sample, "Timeline"),
        openpyxl.load_workbook(io.BytesIO(sample))["Timeline"]._charts,
    )

    assert heading == ["Month or year", "Incidents begun", "People exposed then"]
    assert sum(row[1] for row in body) == len(sample_report().all_incidents)
    assert chart.series[0].val.numRef.f == f"'Timeline'!$C$2:$C${len(body) + 1}"
    assert not chart.x_axis.delete


def test_the_chart_has_a_text_for_those_who_cannot_see_it(sample: bytes) -> None:
    """ECMA-376 Part 1, 20.1.2.2.8, descr: "alternative text for the current DrawingML object"."""
    with zipfile.ZipFile(io.BytesIO(sample)) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode("utf-8")

    (text,) = re.findall(r'descr="([^"]+)"', drawing)
    last = len(cells(sample, "Timeline"))
    assert text.startswith("Column chart: people exposed")
    assert f"A1:C{last}" in text


def test_the_register_has_every_incident_and_says_what_nobody_has_decided(sample: bytes) -> None:
    """GDPR Art. 33(5): facts, effects and action; the tool decides nothing."""
    made = sample_report()

    assert column(sample, "Register", "Incident") == [entry.key for entry in made.all_incidents]
    assert set(column(sample, "Register", "Decision and reason")) == {"Not decided yet."}
    assert "could see them" in column(sample, "Register", "Facts")[0]


def test_the_log_and_the_evidence_stand_in_the_workbook() -> None:
    """Who decided what and why, with the chain; scans with their servers; what was handed out before."""
    entry = Statement(
        1, "incident", "a" * 12, "confirm", "incident", "Dana", "op", SPRING, SPRING, None, {"reason": "=so"}, "c" * 64
    )
    erased = replace(entry, number=2, payload=None)
    scan = ScanRecord(
        3, SPRING, SPRING, "complete", "0.1.0", "d" * 64, (ScannedAccount("office", "complete", "Dovecot", "TLSv1.3"),)
    )
    made = sample_report()
    log = {"count": made.head.decisions, "sha256": made.head.chain_head}
    own = {"files": [{"name": "own.xlsx", "sha256": "e" * 64}], "audience": "internal", "decision_log": log}
    own |= {"generated_at": made.head.generated_at, "policy_sha256": made.head.policy_sha256}
    former = own | {"generated_at": 1, "files": [{"name": "old.xlsx", "sha256": "f" * 64}]}
    exports = (Export(1, SPRING, former, "1" * 64), Export(2, SPRING, own, "2" * 64))
    made = replace(made, all_decisions=(entry, erased), all_scans=(scan,), all_exports=exports)

    data = workbook_bytes(made)

    assert column(data, "Decisions", "Reason") == ["=so", "(the reason has been erased)"]
    assert calamine_column(data, "Decisions", "Chain hash (SHA-256)") == ["c" * 64] * 2
    kinds, names = calamine_column(data, "Evidence", "What"), calamine_column(data, "Evidence", "Name")
    assert [name for kind, name in zip(kinds, names, strict=True) if kind in ("server", "export")] == [
        "office",
        "old.xlsx",
    ]
    assert calamine_column(data, "Evidence", "SHA-256")[0] == made.head.policy_sha256


def test_a_long_name_of_the_organisation_fits_the_page_header() -> None:
    """Excel repairs, that is damages, a file whose header has more than 255 characters."""
    made = sample_report()
    made = replace(made, head=replace(made.head, organisation="A & B " * 60))

    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(made)))["Incidents"]

    assert 50 < len(str(sheet.oddHeader.left.text)) < 240


def test_the_first_sheet_answers_in_one_breath(sample: bytes) -> None:
    """What needs a decision, who, since when, and how much was seen, unreached accounts before all."""
    lines = [row[0] for row in cells(sample, "Read me")]

    assert lines[0] == "Corp & Daughters: mail with open recipient lists"
    assert lines[2].startswith("NOT READ: 1 of the accounts could not be read at all: lost@corp.example.")
    assert lines[4] == "3 incidents need a decision. 154 people exposed (154 addresses). Newest on 31 March 2026."
    assert lines[6] == "Coverage 99.6 % (996 of 1,000 messages). Oldest mail 11 October 2023."


def test_the_first_sheet_prints_the_whole_ladder(sample: bytes) -> None:
    """Every rung stands there with its figure and its definition."""
    rows = {row[0]: row for row in cells(sample, "Read me") if row[0]}

    assert rows["Exposure events"][1] == 164
    assert rows["Exposed people"][1] == 154
    assert rows["Replied"][1] == "unknown"
    assert "number of rows on the sheet Exposures" in rows["Exposure events"][2]


def test_the_first_sheet_counts_what_else_to_look_at(sample: bytes) -> None:
    """The figure is the number of rows of the sheet that it names."""
    figure, about = [row for row in cells(sample, "Read me") if row[0] == "Also look at"]

    assert figure[1] == len(cells(sample, "Also look at")) - 1 == 1
    assert about[1] is None


def test_what_is_not_queued_stands_on_its_own_sheet(sample: bytes) -> None:
    """Key, score and subject with the reason and the figures; a subject that looks like a formula is text."""
    heading, small, low = cells(sample, "Below the floor")

    assert heading[:4] == ["Incident", "Score", "Subject", "Why not queued"]
    assert small[:3] == ["b" * 12, 22, "Two of us"]
    assert low[:4] == ["c" * 12, -3, HOSTILE[0], "its score of -3 is under the queue score of 10"]
    assert small[heading.index("Exposed addresses")] == 2


def test_a_sentence_of_the_first_sheet_stands_in_one_cell(sample: bytes) -> None:
    """Copied or read aloud, the sentence over the figures is whole."""
    texts = [cell for row in cells(sample, "Read me") for cell in row if isinstance(cell, str)]

    (intro,) = [text for text in texts if text.startswith("Addresses and people are counted once")]

    assert intro.endswith("name the one you mean.")


def test_whatever_stands_in_the_column_of_figures_is_aligned_like_them(sample: bytes) -> None:
    """Versions and the time zone stand below each other with the numbers."""
    sheet = openpyxl.load_workbook(io.BytesIO(sample))["Read me"]

    names = ("Exposed people", "Blindcopy version", "Address parser version", "Queue floor", "Time zone")
    aligned = {row[0].value: row[1].alignment.horizontal for row in sheet.iter_rows() if row[0].value in names}

    assert aligned == dict.fromkeys(names, "right")


def test_the_first_sheet_explains_every_column(sample: bytes) -> None:
    """No heading of any sheet is left without a meaning."""
    explained = {row[0] for row in cells(sample, "Read me")}

    headers = {entry.header for table in sheets().values() for entry in table.columns}

    assert headers <= explained


def test_an_unfinished_scan_and_a_missing_mandate_are_said() -> None:
    """Figures that can still grow must not be taken as final."""
    made = sample_report()
    made = replace(made, head=replace(made.head, provisional=True, mandate={}))

    text = "\n".join(str(cell) for row in cells(workbook_bytes(made), "Read me") for cell in row if cell)

    assert "PROVISIONAL" in text
    assert "No mandate is recorded" in text


def test_an_upper_bound_with_a_list_or_a_gap_is_at_least() -> None:
    """CONTRACTS, Exposure: "at least" as soon as a list or a gap is involved."""
    made = sample_report()
    open_ended = replace(made.totals.ladder, at_least=True)
    made = replace(made, totals=replace(made.totals, ladder=open_ended))

    rows = {row[0]: row for row in cells(workbook_bytes(made), "Read me") if row[0]}

    assert rows["People, upper bound"][1] == 154
    assert rows["People, upper bound"][2].startswith("AT LEAST this many")
    assert rows["Upper bound open"][1] == "yes"


def test_people_say_who_decided_and_which_names_do_not_fit() -> None:
    """Beside the tier stands its source, beside a name that it may be another person's; suggestions have a sheet."""
    part = message(1, ["thomas.berg@home.example", "ada@quay.example"], names=["Lena Berg", "Ada Sol"])
    made = report([incident(1, [part])])
    exposed = tuple(
        replace(one, tier_source="Bea", unfit_names=("Lena Berg",)) if one.key.startswith("thomas") else one
        for one in made.all_incidents[0].exposed
    )
    person = replace(made.all_people[0], tier_source="Bea", unfit_names=("Lena Berg",), merge_confidence="stated")
    keys = (key("ada@quay.example"), key("thomas.berg@home.example"))
    suggestion = PeopleSuggestion("same client", "likely", keys, ("1" * 16, "2" * 16), ("=Ada",))
    made = replace(
        made,
        all_incidents=(replace(made.all_incidents[0], exposed=exposed),),
        all_people=(person,),
        all_suggestions=(suggestion,),
    )

    data = workbook_bytes(made)

    assert column(data, "Exposures", "Name does not fit") == [None, "Lena Berg"]
    assert column(data, "Exposures", "Identifiable: by") == ["automatic", "Bea"]
    assert column(data, "People", "Identifiable: by") == ["Bea"]
    assert column(data, "People", "Names that do not fit") == ["Lena Berg"]
    assert column(data, "People", "How sure") == ["stated"]
    assert cells(data, "Perhaps one person")[1][:4] == ["same client", "likely", "; ".join(keys), "=Ada"]


def test_statements_about_people_stand_with_who_when_and_why() -> None:
    """What was taken back stands there as well; the reason stays text."""
    keys = (key("ada@quay.example"), key("asol@works.example"))
    merge = PeopleStatement(3, "merge", keys, None, None, "=she told us", "Dana", "root", SPRING, undone_by=5)
    undo = PeopleStatement(5, "undo", (), None, 3, "a mistake", "Bea", "root", SPRING + 60)
    made = replace(report([incident(1, [message(1, ["a@x.example", "b@x.example"])])]), all_statements=(merge, undo))

    header, *rows = cells(workbook_bytes(made), "Stated about people")

    assert rows[0][:8] == [3, "merge", "; ".join(keys), None, None, 5, "=she told us", "Dana"]
    assert rows[1][:8] == [5, "undo", None, None, 3, None, "a mistake", "Bea"]
    assert "Stated at (Europe/Berlin)" in header


def test_an_empty_report_says_so() -> None:
    """Nothing found is an answer; nothing scanned is another one."""
    made = report([])
    totals = replace(made.totals, coverage_stored=0, coverage_enumerated=0, oldest_mail=None, newest_mail=None)

    data = workbook_bytes(
        replace(made, totals=totals, all_coverage=(), all_gaps=(), all_below=(), all_also_look=(), **NOTHING)
    )

    lines = [row[0] for row in cells(data, "Read me")]
    assert "No incident needs a decision. Nobody was exposed in what was scanned." in lines
    assert "Coverage unknown: no message was listed. No mail was read." in lines
    # Policy, versions and logs are evidence of an empty report, too.
    assert [title for title in SHEETS[1:] if len(cells(data, title)) != 1] == ["Evidence"]


def test_a_text_longer_than_a_cell_goes_on_elsewhere() -> None:
    """32,767 characters are Excel's limit; a longer text is whole on its own sheet, never cut silently."""
    subject = "=" + "ab🦊_x0041_" * 9_000
    part = message(1, ["ada@example.org", "bob@example.org"], subject=subject)

    data = workbook_bytes(report([incident(1, (part,))]))

    long_texts = cells(data, "Long texts")
    first = [row for row in long_texts[1:] if row[1:4] == ["Messages", 2, "Subject"]]
    (shown,) = column(data, "Messages", "Subject")
    assert "".join(unescaped(row[5]) for row in first) == subject
    assert [row[4] for row in first] == list(range(1, len(first) + 1))
    assert shown.endswith(f"… [continues on sheet Long texts, no. {first[0][0]}]")
    assert len(shown.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert len(column(data, "Exposures", "Address")) == 2


def test_rows_beyond_the_limit_go_on_on_a_further_sheet() -> None:
    """Excel has 1,048,576 rows; the further sheet stands right behind with its own headings."""
    made = sample_report()

    data = workbook_bytes(made, row_limit=101)

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    titles = book.sheetnames
    at = titles.index("Exposures")
    assert titles[at : at + 3] == ["Exposures", "Exposures 2", "Viewers"]
    whole = column(workbook_bytes(made), "Exposures", "Address")
    assert column(data, "Exposures", "Address") + column(data, "Exposures 2", "Address") == whole


def test_the_same_report_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONTRACTS: same store, policy and as_of, same bytes; the clock of the machine plays no part."""
    first = workbook_bytes(sample_report())
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)

    second = workbook_bytes(sample_report())

    times = {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(second)).infolist()}
    assert first == second
    assert times == {(datetime(2026, 3, 29, 0, 30) + timedelta(days=30)).timetuple()[:6]}  # noqa: DTZ001  # zip has no zone


def test_progress_reaches_what_it_expects() -> None:
    """A bar that stops short looks like a failure."""

    class Bar:
        expected = done = 0

        def expect(self, total: int) -> None:
            self.expected += total

        def advance(self, count: int) -> None:
            self.done += count

        def say(self, text: str) -> None:
            raise AssertionError(text)

    bar = Bar()

    workbook_bytes(sample_report(), progress=bar)

    assert bar.done == bar.expected == 164 + 154


def test_near_misses_missing_mail_and_senders_have_sheets(sample: bytes) -> None:
    """What the mail tells beside the incidents, each with its words."""
    assert column(sample, "Near misses", "Counted over") == ["all mail", "mailbox", "label"]
    assert column(sample, "Near misses", "Mailings") == [12, 12, 4]
    assert column(sample, "Missing mail", "Month") == ["2026-02", None, "2025-08", "2025-09"]
    assert calamine_column(sample, "Missing mail", "Cited") == [7, "", "", ""]
    assert column(sample, "Senders not scanned", "Own sender") == ["info@corp.example"]


def test_lists_and_follow_ups_stand_with_their_incident() -> None:
    """Each time the list went out is a row; whom a mail reached stands beside the address."""
    made = sample_report()
    first, *others = made.all_incidents
    mailings = (
        ListMailing(SPRING, ("a" * 64,), 60, 60, True, "", 0),
        ListMailing(SPRING + 86_400, ("b" * 64,), 58, 0, False, "order", 57),
    )
    told = replace(
        first,
        list_trace=ListTrace("a" * 12, mailings, parts=0, is_short=False),
        follow_up=FollowUp(SPRING, (FollowedUp(first.exposed[0].key, SPRING, "b" * 64, "answer"),), (), 109, 1),
    )

    data = workbook_bytes(replace(made, all_incidents=(told, *others)))

    assert column(data, "Lists", "Known again by") == ["first time", "order"]
    assert column(data, "Lists", "Open") == ["yes", "no"]
    assert calamine_column(data, "Incidents", "List went out")[0] == 2
    assert calamine_column(data, "Incidents", "No follow-up")[0] == 109
    assert column(data, "Exposures", "Follow-up")[:2] == ["alone or with few", "none in the mail scanned"]


def test_what_to_heed_is_offered_in_the_language_of_the_file() -> None:
    """Several may stand in one cell, so the list is offered and not demanded; what it says can be read back."""
    file = io.BytesIO()
    with speaking("de"):
        write(report([incident(1, [message(1, ["ada@one.example", "bo@two.example"])])]), file)

    (rule,) = openpyxl.load_workbook(file)["Personen"].data_validations.dataValidation

    words = rule.formula1.strip('"').split(",")
    assert {stated_flags(word) for word in words} == {(), *((flag,) for flag in flag_names())}
    assert not rule.showErrorMessage
    assert all(word in rule.prompt for word in words)
    assert len(rule.prompt) <= 255
