"""What goes to an authority holds figures in the form's order, and names nobody anywhere in the file."""

import html
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from scanner import export
from scanner.errors import UsageError
from scanner.export import Request, Withheld
from scanner.export.authority.answers import AuthorityForm
from scanner.export.words.breath import unfinished
from scanner.language import LANGUAGES, Language, speaking, texts
from scanner.model import Contact, Deadline, Deletion, IncidentKey, Ruling, RulingKind, Severity, Standing
from tests.export import sample
from tests.export.sample import DAY, HOSTILE, SPRING, key

NAMES = ("Zoë Wunderlich", "Maximus Muster", "Lenka Berger-Ott")
ADDRESSES = ("zoe.wunderlich@rare-clinic.example", "maximus.muster@post-kasten.example", "lenka@berger-ott.example")
SUBJECT = "Kreis Abendrot im Pavillon"
FORMS = tuple(texts("authority")["form"])
SUFFIXES = (".xlsx", ".docx", ".txt")


def ruling(kind: RulingKind, text: str, answer: str = "", **more: Any) -> Ruling:
    """Return a ruling that counts."""
    return Ruling(1, kind, IncidentKey("0" * 12), answer, text, "Dana", "dana", SPRING, SPRING, (), **more)


def report(*rulings: Ruling, subject: str = SUBJECT) -> sample.SampleReport:
    """Return a report of one incident that was decided on."""
    shown = sample.message(1, ADDRESSES, subject=subject, names=NAMES, account="lenka@corp.example", copies=2)
    standing = Standing("confirmed", aware_at=SPRING + DAY, aware_source="a recipient wrote to us", rulings=rulings)
    incident = replace(sample.incident(1, [shown]), status="confirmed", standing=standing)
    return sample.report([incident])


def everything(path: Path) -> str:
    """Return all that a file holds, its properties, comments and parts included."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode("utf-8")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nobody_is_named_in_what_the_authority_gets(tmp_path: Path, form: str, suffix: str) -> None:
    """ICO: the form must not name data subjects; cells, properties and comments alike."""
    path = tmp_path / f"form{suffix}"
    named = ruling("measures", "We asked Zoë Wunderlich to delete it"), ruling("effects", "Frau Berger-Ott was called")

    export.write(report(*named), path, None, Request("authority", form=form))

    text = everything(path).casefold()
    words = {word.casefold() for one in (*NAMES, SUBJECT) for word in re.findall(r"\w{4,}", one)}
    assert {word for word in words | {"rare-clinic", "post-kasten", "berger-ott", "lenka@"} if word in text} == set()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("state", ["provisional", "behind"])
def test_figures_that_are_not_final_are_called_so(tmp_path: Path, state: str, suffix: str) -> None:
    """What goes out in phases (GDPR Art. 33(4)) says that it is one; final figures carry no such line."""
    path = tmp_path / f"art33{suffix}"
    made = report()
    made = replace(made, head=replace(made.head, **{state: True}))

    export.write(made, path, None, Request("authority"))

    (warning,) = unfinished(made.head)
    assert warning.split(":")[0] in everything(path)
    assert not list(unfinished(report().head))


@pytest.mark.parametrize("form", FORMS)
def test_the_answers_stand_in_the_order_of_the_form(form: str) -> None:
    """Who fills the form in reads down the list."""
    filled = AuthorityForm(report(), form)

    assert [answer.heading for answer in filled.answers] == [
        one[0] for one in texts("authority")["form"][form]["fields"]
    ]
    assert all(answer.text for answer in filled.answers)
    assert "{" not in filled.plain_text()


@pytest.mark.parametrize(("form", "language", "spoken"), [
    ("ico", "de", "en"), ("hipaa", "de", "en"), ("de", "en", "de"), ("gdpr", "de", "de"), ("gdpr", "en", "en"),
])  # fmt: skip
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_form_speaks_one_language(
    tmp_path: Path, form: str, language: Language, spoken: Language, suffix: str
) -> None:
    """That of the authority it is for, in headings, answers and figures; one for any authority speaks the report's."""
    path = tmp_path / f"form{suffix}"

    export.write(report(), path, None, Request("authority", language=language, form=form))

    text = everything(path)
    words = {one: texts("authority", of=one)["words"] for one in (spoken, "de" if spoken == "en" else "en")}
    told, untold = (one["draft"].split(".")[0] for one in words.values())
    assert told in text
    assert untold not in text
    assert ("[to be decided]" in text, "[zu entscheiden]" in text) == (spoken == "en", spoken == "de")


@pytest.mark.parametrize("form", FORMS)
def test_people_are_given_with_both_bounds(form: str) -> None:
    """Art. 33(3)(a): the approximate number, which may come in phases."""
    made = report()
    totals = replace(made.totals, ladder=replace(made.totals.ladder, people_lower=2, people_upper=9, at_least=True))

    with speaking(Request("authority", form=form).spoken):
        text = AuthorityForm(replace(made, totals=totals), form).plain_text()

    assert ("2 bis 9 oder mehr" if form == "de" else "2 to 9 or more") in text


@pytest.mark.parametrize(("form", "count"), [("gdpr", 1), ("de", 1), ("ico", 1), ("hipaa", 0)])
def test_a_form_is_headed_by_the_deadlines_of_its_own_law(form: str, count: int) -> None:
    """New York's clock above a notification to Berlin would be read as Berlin's."""
    made = report()
    (one,) = made.all_incidents
    due = tuple(
        Deadline(regime, name, "authority", SPRING + 3 * DAY)
        for regime, name in (("gdpr", "GDPR Art. 33"), ("nydfs", "23 NYCRR 500.17"))
    )
    late = replace(one, standing=replace(one.standing, deadlines=due))

    told = AuthorityForm(replace(made, all_incidents=(late,)), form).plain_text()

    assert told.count("23 NYCRR") == 0
    assert told.count("GDPR Art. 33: ") == count


def test_awareness_is_what_a_person_stated() -> None:
    """The clock runs from it; nothing is made up where nobody has."""
    told = AuthorityForm(report(), "gdpr").plain_text()
    untold = AuthorityForm(sample.sample_report(), "gdpr").plain_text()

    assert "Monday 30 March 2026, 02:30 (Europe/Berlin), 2026-03-30 00:30 UTC" in told
    assert "[to be filled in: when the organisation became aware" in untold


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_tracked_stands_in_the_form(language: Language) -> None:
    """Who was asked to delete it, who confirmed, who was told: the store knows, so nobody is asked to fill it in."""
    made = report()
    (incident,) = made.all_incidents
    asked = [
        Deletion(key(address), SPRING + DAY, SPRING + 2 * DAY if n == 0 else None, n)
        for n, address in enumerate(ADDRESSES)
    ]
    first, *others = made.all_people
    tracked = replace(
        made,
        all_incidents=(replace(incident, standing=replace(incident.standing, deletions=tuple(asked))),),
        all_people=(replace(first, contact=Contact(SPRING + 3 * DAY, "letter", (), "", 9)), *others),
    )
    with speaking(language):
        text, untracked = (AuthorityForm(one, "gdpr").plain_text() for one in (tracked, made))
        without_viewers = AuthorityForm(tracked, "hipaa").plain_text()

    to_fill_in = {"en": "were they asked to delete it", "de": "Wurden sie um Löschung gebeten"}[language]
    assert to_fill_in in untracked
    assert to_fill_in not in text
    for said in {
        "en": (
            "Asked to delete it: 3 addresses, the first on Monday 30 March",
            "confirmed so far: 1.",
            "Told so far: 1 of 3",
        ),
        "de": (
            "gebetene Adressen: 3, die erste am Montag",
            "bestätigte Löschungen: 1.",
            "Bisher benachrichtigt: 1 von 3",
        ),
    }[language]:
        assert text.count(said) == 1
        assert without_viewers.count(said) == 1


def test_what_persons_decided_stands_in_the_form() -> None:
    """Measures, effects, the worksheet and whether the people were told."""
    text = AuthorityForm(
        report(
            ruling("measures", "All recipients were asked to delete it"),
            ruling("effects", "Two people were called by strangers"),
            ruling("severity", "", severity=Severity(3, 0.5, 0.5)),
            ruling("people", "letters", "yes", told_at=SPRING + 2 * DAY),
        ),
        "gdpr",
    ).plain_text()

    assert "All recipients were asked to delete it" in text
    assert "Two people were called by strangers" in text
    assert "SE = 3 x 0.5 + 0.5 = 2." in text
    assert "Yes, on Tuesday 31 March 2026" in text


@pytest.mark.parametrize(
    "text", ["Asked zoe.wunderlich@rare-clinic.example", "MAXIMUS MUSTER rang", "told Mr Muster", "see rare@x.example"]
)
def test_a_sentence_that_names_somebody_is_left_out_and_it_is_said(text: str) -> None:
    """A person wrote it for the register, where names may stand."""
    filled = AuthorityForm(report(ruling("measures", text)), "gdpr").plain_text()

    assert text not in filled
    assert "[incident 000000000001: what was noted here names somebody" in filled


def test_the_workbook_has_the_form_a_text_to_paste_and_the_figures(tmp_path: Path) -> None:
    """Every cell is text or a number; nothing is a formula or merged."""
    path = tmp_path / "form.xlsx"

    export.write(report(ruling("measures", "=1+1")), path, None, Request("authority", form="ico"))

    book = openpyxl.load_workbook(path)
    assert [sheet.title for sheet in book.worksheets] == ["Form", "Text to paste", "Figures", "Incidents"]
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    assert not [sheet.title for sheet in book.worksheets if sheet.merged_cells.ranges]


def test_the_text_to_paste_is_whole_on_screen_and_paper(tmp_path: Path) -> None:
    """One high cell was cut at the highest row; its lines stand below each other."""
    path = tmp_path / "form.xlsx"
    export.write(report(), path, None, Request("authority"))

    page = openpyxl.load_workbook(path)["Text to paste"]
    lines = [page.cell(row, 1).value or "" for row in range(2, page.max_row + 1)]

    assert "\n".join(lines) == AuthorityForm(report(), "gdpr").plain_text()
    assert all("\n" not in line for line in lines)


def test_the_table_of_the_document_can_be_read_on_every_page(tmp_path: Path) -> None:
    """ECMA-376 Part 1, 17.4.78 and 17.4.6: its headings are repeated, and no row is torn apart."""
    path = tmp_path / "form.docx"
    export.write(report(), path, None, Request("authority"))

    (table,) = docx.Document(str(path)).tables

    assert table.rows[0]._tr.trPr.findall(qn("w:tblHeader"))
    assert all(row._tr.trPr.findall(qn("w:cantSplit")) for row in table.rows)


def test_the_document_holds_what_the_text_does(tmp_path: Path) -> None:
    """One set of answers, whatever the file."""
    path = tmp_path / "form.docx"
    export.write(report(), path, None, Request("authority"))

    paragraphs = {paragraph.text for paragraph in docx.Document(str(path)).paragraphs}

    for answer in AuthorityForm(report(), "gdpr").answers:
        assert {f"{answer.number}. {answer.heading}", answer.text} <= paragraphs


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_report_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    """A copy can be compared by its hash."""
    for name in ("one", "two"):
        export.write(report(), tmp_path / f"{name}{suffix}", None, Request("authority"))

    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_sentences_are_written_as_text(tmp_path: Path, text: str) -> None:
    """What a person pasted into a decision may come from mail."""
    for suffix in SUFFIXES:
        export.write(report(ruling("effects", text)), tmp_path / f"form{suffix}", None, Request("authority"))

    cells = [cell for row in openpyxl.load_workbook(tmp_path / "form.xlsx").worksheets[0].iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type in ("f", "e") or cell.hyperlink]
    assert docx.Document(str(tmp_path / "form.docx")).paragraphs


def test_an_unknown_form_names_those_there_are(tmp_path: Path) -> None:
    """Nobody has to look them up."""
    with pytest.raises(UsageError, match="Name one of: ico, gdpr, hipaa"):
        export.write(report(), tmp_path / "form.txt", None, Request("authority", form="cnil"))

    assert list(tmp_path.iterdir()) == []


def labelled(label: str, *rulings: Ruling) -> sample.SampleReport:
    """Return a report of two incidents of a labelled source; the first was decided on."""
    first, second = (
        replace(sample.incident(rank, [sample.message(rank, ADDRESSES, names=NAMES)]), label=label) for rank in (1, 2)
    )
    standing = Standing("confirmed", aware_at=SPRING, aware_source="Frau Wunderlich wrote", rulings=rulings)
    return sample.report([replace(first, status="confirmed", standing=standing), second])


def test_a_label_that_may_name_somebody_is_left_out_and_the_others_stand_once() -> None:
    """Persons name labels as they like, and the one of the client register is ours."""
    english = AuthorityForm(labelled("Patienten von Knut, client register"), "gdpr").plain_text()
    with speaking("de"):
        german = AuthorityForm(labelled("health, client register"), "gdpr").plain_text()

    assert "Knut" not in english
    assert (
        "as sensitive: [to be filled in: what is sensitive; the name of a label may name somebody], client register."
        in english
    )
    assert "gekennzeichnet hat: health, Klientenverzeichnis." in german


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_who_makes_the_form_is_told_what_it_leaves_out(tmp_path: Path, suffix: str) -> None:
    """By incident and field; never what stood there."""
    rulings = (ruling("effects", "Zoë was called"), ruling("measures", "they were asked to delete it"))
    told: list[Withheld] = []

    made = labelled("Patienten von Knut", *rulings, ruling("people", "Muster said no", "no"))
    export.write(made, tmp_path / f"form{suffix}", None, Request("authority", form="de", tell=told.append))

    key = IncidentKey(f"{1:012x}")
    assert sorted(told, key=lambda one: one.field) == [
        Withheld(key, field) for field in ("aware", "effects", "label", "people")
    ]
    places = {one.field: one.word for one in told}
    assert (places["effects"], places["label"], places["people"]) == (1, 0, 1)


def several() -> sample.SampleReport:
    """Return a report whose incidents began in the other order than they rank, with decisions of their own."""
    own: list[tuple[int, tuple[Ruling, ...], int | None]] = [
        (
            SPRING + DAY,
            (
                ruling("effects", "unwanted mail"),
                ruling("severity", "", severity=Severity(3, 1, 0.5)),
                ruling("people", "few", "no"),
            ),
            SPRING + 9 * DAY,
        ),
        (SPRING, (ruling("measures", "the list was locked"),), SPRING + 2 * DAY),
        (0, (), None),
    ]
    found = []
    for rank, (at, rulings, aware) in enumerate(own, 1):
        due = (Deadline("gdpr", "GDPR Art. 33", "authority", aware + 3 * DAY),) if aware else ()
        standing = Standing("confirmed", aware_at=aware, aware_source="a call", rulings=rulings, deadlines=due)
        made = sample.incident(rank, [sample.message(rank, ADDRESSES, sent_at=at)])
        found.append(replace(made, status="confirmed", standing=standing))
    return sample.report(found)


def test_what_differs_is_told_of_each_incident() -> None:
    """Consequences, risk and answer of one must not stand as if they were of all."""
    made = several()
    first, second, third = (one.key for one in made.all_incidents)

    answers = {one.heading: one.text for one in AuthorityForm(made, "gdpr").answers}

    assert f"Incident {first}: unwanted mail" in answers["(c) Likely consequences"]
    assert f"Incidents {second}, {third}: [to be filled in: recipients" in answers["(c) Likely consequences"]
    assert answers["(c) Assessment of the risk"].splitlines() == [
        f"Incidents {second}, {third}: [to be filled in]",
        f"Incident {first}: By the worksheet of ENISA (2013): high, SE = 3 x 1 + 0.5 = 3.5.",
    ]
    assert f"Incident {first}: No. Reason: few" in answers["Communication to the data subjects (Art. 34)"]
    assert f"Incidents {second}, {third}: [to be decided]" in answers["Communication to the data subjects (Art. 34)"]
    assert f"Incident {second}: the list was locked" in answers["(d) Measures taken or proposed"]


def test_incidents_stand_in_the_order_of_time() -> None:
    """The form asks when it happened; what has no date stands last. Deadlines, too: the first is the one to keep."""
    made = several()
    first, second, third = (one.key for one in made.all_incidents)
    form = AuthorityForm(made, "gdpr")

    when = next(one.text for one in form.answers if one.heading == "(a) When it happened").splitlines()

    assert [line.partition(": ")[0] for line in when] == [f"Incident {key}" for key in (second, first, third)]
    assert when[2].endswith(": date unknown")
    assert [one.key for one in form.incidents] == [second, first, third]
    assert [second in form.notes[1], first in form.notes[2]] == [True, True]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_form_about_several_incidents_names_them_in_every_format(tmp_path: Path, suffix: str) -> None:
    """In German as well."""
    made, path = several(), tmp_path / f"form{suffix}"

    export.write(made, path, None, Request("authority", form="de", language="de"))

    told = html.unescape(everything(path))
    assert f"Vorfälle {made.all_incidents[1].key}, {made.all_incidents[2].key}: [zu entscheiden]" in told


def test_what_is_alike_for_all_is_said_once() -> None:
    """Keys would only be in the way."""
    text = AuthorityForm(sample.sample_report(), "gdpr").plain_text()

    assert "\n[to be decided]\n" in text
