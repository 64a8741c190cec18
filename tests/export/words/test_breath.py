"""The answer in one breath takes nothing for more than it is."""

from dataclasses import replace

import pytest

from scanner.export.words.breath import breath, since_text
from scanner.export.words.moment import Clock
from scanner.language import Language, speaking
from scanner.model import UNLISTED, IncidentKey, Since
from tests.export.sample import SPRING, sample_report


def test_what_has_changed_is_named_in_full() -> None:
    """A key that is left out cannot be looked up; a page names as many as it has room for."""
    keys = tuple(IncidentKey(f"{number:012x}") for number in range(30))
    since = Since(3, SPRING, True, keys, (), (), (), 5, 6)

    full, short = (since_text(since, Clock("UTC"), *named) for named in ((), (10,)))

    assert all(key in full for key in keys)
    assert "and 20 more" not in full
    assert keys[10] not in short
    assert "and 20 more" in short


def test_a_mailbox_that_is_gone_is_told_before_the_coverage() -> None:
    """A coverage of 100 % says nothing of a mailbox that the server does not list any more."""
    report = sample_report()
    sent = next(row for row in report.coverage() if row.mailbox)
    gone = replace(sent, mailbox="Old sent\x1b[2J", reason=UNLISTED, enumerated=0, stored=0, expunged_since=3)
    emptied = replace(gone, mailbox="Moved", expunged_since=0)
    clock = Clock(report.head.time_zone)

    lines = list(breath(replace(report, all_coverage=(*report.coverage(), gone, emptied)), clock))

    (told,) = [text for style, text in lines if style == "warning" and text.startswith("NO LONGER THERE: 1 of")]
    assert f"{sent.account} / Old sent" in told
    assert "\x1b" not in told
    assert lines.index(("warning", told)) < len(lines) - 2
    assert not [text for _, text in breath(report, clock) if text.startswith("NO LONGER THERE")]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "2 incidents need a decision. "
            "All 3 incidents (2 not decided, 1 dismissed) exposed 154 people (154 addresses). ",
        ),
        (
            "de",
            "Über 2 Vorfälle ist zu entscheiden. Alle Vorfälle zusammen (3: 2 nicht entschieden, 1 verworfen): "
            "betroffene Personen 154, Adressen 154. ",
        ),
    ],
)
def test_figures_of_all_incidents_do_not_stand_as_if_of_those_to_decide(language: Language, said: str) -> None:
    """The people of dismissed incidents are among them."""
    made = sample_report()
    decided = replace(made, totals=replace(made.totals, by_status={"candidate": 2, "dismissed": 1}))

    with speaking(language):
        lines = [text for _, text in breath(decided, Clock("UTC"))]

    assert any(text.startswith(said) for text in lines)
