"""One page for those who lead: short whatever is found, with what has to be decided by when."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest

from scanner import export
from scanner.export import Request
from scanner.export.pages.management import ManagementPage
from scanner.export.words.breath import unfinished
from scanner.export.words.wording import bounds
from scanner.language import Language, speaking
from scanner.model import Deadline, Standing
from tests.export import sample
from tests.export.sample import DAY, HOSTILE, HOUR, SPRING


def many(count: int, subject: str = "A list") -> sample.SampleReport:
    """Return a report of so many incidents."""
    return sample.report(
        [
            sample.incident(rank, [sample.message(rank, [f"a{rank}@x.example", f"b{rank}@y.example"], subject=subject)])
            for rank in range(1, count + 1)
        ]
    )


def written(report: Any, path: Path) -> str:
    """Return the text of the page."""
    export.write(report, path, None, Request("management"))
    return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)


def test_the_worst_are_named_and_the_others_counted(tmp_path: Path) -> None:
    """Nothing is left out silently."""
    page = ManagementPage(many(12))

    assert len(page.worst) == 5
    assert page.more() == "and 7 more"
    assert "12 incidents need a decision." in written(many(12), tmp_path / "page.docx")


@pytest.mark.parametrize("state", ["provisional", "behind"])
def test_figures_that_are_not_final_are_called_so(tmp_path: Path, state: str) -> None:
    """Above all else that is said."""
    made = many(2)
    made = replace(made, head=replace(made.head, **{state: True}))
    (warning,) = unfinished(made.head)

    lines = written(made, tmp_path / "page.docx").split("\n")

    assert warning in lines[:3]
    assert warning not in written(many(2), tmp_path / "final.docx")


def test_what_has_to_be_decided_stands_before_the_worst(tmp_path: Path) -> None:
    """A deadline is the first thing that those who lead can still miss."""
    path = tmp_path / "page.docx"
    export.write(sample.sample_report(), path, None, Request("management"))

    headings = [one.text for one in docx.Document(str(path)).paragraphs if one.style.name == "Heading 2"]

    assert headings.index("What has to be decided, and by when") < headings.index("The worst incidents")


@pytest.mark.parametrize(
    ("lower", "upper", "at_least", "said"),
    [(5, 5, False, "5"), (5, 5, True, "at least 5"), (5, 7, False, "5 to 7"), (5, 7, True, "5 to 7, or more")],
)
def test_bounds_are_said_in_words(lower: int, upper: int, at_least: bool, said: str) -> None:
    """ "500 to 500+" is no number to swear to."""
    ladder = replace(sample.sample_report().totals.ladder, people_lower=lower, people_upper=upper, at_least=at_least)

    assert bounds(ladder) == said


def test_nothing_found_is_said_plainly(tmp_path: Path) -> None:
    """That all is decided is no answer where there is nothing, and a list of nothing needs no heading."""
    text = written(sample.report([]), tmp_path / "page.docx")

    assert "Nobody was exposed in what was scanned." in text
    assert "Nothing is queued." in text
    assert "The worst incidents" not in text
    assert "decided on" not in text


def test_the_page_stays_short_however_much_was_found(tmp_path: Path) -> None:
    """Long subjects are cut here, and marked: they stand whole in the workbook."""
    text = written(many(40, subject="A long list of words " * 400), tmp_path / "page.docx")

    # A page of A4 holds some forty lines of ninety characters.
    assert sum(1 + len(line) // 90 for line in text.split("\n")) < 35
    assert text.count("…") == 5


def test_deadlines_stand_by_moment_with_what_is_left() -> None:
    """The first to run out is read first."""
    deadlines = [Deadline("gdpr", "GDPR Art. 33", "authority", SPRING + 30 * DAY + hours * HOUR) for hours in (50, 31)]
    made = many(2)
    incidents = tuple(
        replace(one, status="confirmed", standing=Standing("confirmed", aware_at=SPRING, deadlines=(deadline,)))
        for one, deadline in zip(made.all_incidents, deadlines, strict=True)
    )
    head = replace(made.head, decided_until=SPRING + 30 * DAY)

    told = list(ManagementPage(replace(made, all_incidents=incidents, head=head)).to_decide())

    assert "31 h left on " in told[1]
    assert "50 h left on " in told[2]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Not counted here: 2 not decided, 14 dismissed; with them the queue holds 19 incidents with 940 people.",
        ),
        (
            "de",
            "Hier nicht mitgezählt: 2 nicht entschieden, 14 verworfen; mit ihnen stehen in der Arbeitsliste Vorfälle: "
            "19, betroffene Personen: 940.",
        ),
    ],
)
def test_what_the_figures_leave_out_is_said(language: Language, said: str) -> None:
    """With the figures of the queue, which would contradict them otherwise; of all incidents nothing is said."""
    made = many(3)
    whole = replace(made.totals.ladder, exposed_people=940)
    some = replace(made, totals=replace(made.totals, left_out={"dismissed": 14, "candidate": 2}, whole=whole))

    with speaking(language):
        assert ManagementPage(some).found().endswith(said)
        assert said.partition(":")[0] not in ManagementPage(made).found()


@pytest.mark.parametrize(
    ("language", "said", "decided"),
    [
        (
            "en",
            "Everything that was found is dismissed: 3 messages in 3 incidents showed 6 people to each other. "
            "7 addresses could see the lists.",
            "Every incident has been decided on.",
        ),
        (
            "de",
            "Alles, was gefunden wurde, ist verworfen. Nachrichten, die Personen einander zeigten: 3, Vorfälle: 3. "
            "Betroffene Personen: 6. Adressen, die die Verteiler sehen konnten: 7.",
            "Über jeden Vorfall ist entschieden.",
        ),
    ],
)
def test_a_queue_that_was_dismissed_is_not_called_empty(language: Language, said: str, decided: str) -> None:
    """That nobody was exposed would be untrue, and no decision of anybody's."""
    none, all_of_them = sample.report([]), many(3).totals
    totals = replace(none.totals, left_out={"dismissed": 3}, whole=all_of_them.ladder)

    with speaking(language):
        page = ManagementPage(replace(none, totals=totals))

        assert page.found() == said
        assert next(page.to_decide()) == decided


def test_an_incident_that_waits_elsewhere_is_not_called_decided() -> None:
    """A page of some incidents speaks of these alone."""
    made = many(1)
    totals = replace(made.totals, by_status={"confirmed": 1}, left_out={"candidate": 2}, whole=made.totals.ladder)

    (decided, _) = ManagementPage(replace(made, totals=totals)).to_decide()

    assert decided == "Every incident on this page has been decided on."


def test_awareness_that_was_stated_is_not_denied() -> None:
    """No deadline runs any more because everybody was told, not because nobody knew."""
    made = many(1)
    (one,) = made.all_incidents
    aware = replace(one, status="confirmed", standing=Standing("confirmed", aware_at=SPRING))

    told = list(ManagementPage(replace(made, all_incidents=(aware,))).to_decide())

    assert told[1] == "No deadline runs."


def test_a_deadline_is_found_among_the_incidents_of_the_page() -> None:
    """Both name the key; that it is overdue comes first."""
    made = many(1)
    (one,) = made.all_incidents
    deadline = Deadline("gdpr", "GDPR Art. 33", "authority", SPRING + 29 * DAY)
    standing = Standing("confirmed", aware_at=SPRING, deadlines=(deadline,))
    page = ManagementPage(replace(made, all_incidents=(replace(one, status="confirmed", standing=standing),)))

    told = list(page.to_decide())[1]

    assert told.startswith("24 h OVERDUE on ")
    assert told.endswith(f" (incident {one.key}).")
    assert page.worst[0].line.endswith(f" (incident {one.key})")


def test_the_page_is_of_the_last_decision_not_of_the_analysis_before(tmp_path: Path) -> None:
    """Made on the day of the analysis it was not, and it does not say so."""
    made = many(1)
    late = replace(made, head=replace(made.head, decided_until=SPRING + 60 * DAY))

    text = written(late, tmp_path / "page.docx")

    assert "State of Thursday 28 May 2026" in text
    assert "Made on" not in text


def test_without_awareness_it_is_said_that_no_deadline_runs() -> None:
    """An empty place would look as if there were time."""
    assert any("nobody has stated" in text for text in ManagementPage(many(1)).to_decide())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_subjects_are_text(tmp_path: Path, text: str) -> None:
    """Marks that cannot be seen are spelt out."""
    shown = written(many(1, subject=text), tmp_path / "page.docx")

    assert "\u202e" not in shown
    assert "\x1b" not in shown
