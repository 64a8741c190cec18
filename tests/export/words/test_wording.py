"""The texts of the reports: every one is used, and none is cut when it is filled in."""

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from scanner.analyse.lexicon import lexicon
from scanner.export.request import Audience
from scanner.export.words.moment import Clock, iso_utc
from scanner.export.words.wording import gap_meaning, long_day, long_moment, percent, wording
from scanner.language import texts
from scanner.model import GAP_KINDS, ListEvidence, MessageKind, NearMiss, ReceiptKind, Relation, Status
from tests.export.sample import SPRING

PACKAGE = Path(__file__).parents[3] / "scanner"


def names(table: Any) -> set[str]:
    """Return all keys of a table and of the tables in it."""
    if not isinstance(table, dict):
        return set()
    return set(table) | {name for value in table.values() for name in names(value)}


def test_every_text_is_used() -> None:
    """A text that nothing shows is a promise that nobody keeps."""
    code = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "export").rglob("*.py"))
    code += "".join(path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "reports").glob("*.j2"))
    # Chosen by number, status, mandate key, or the word that a decision is stored with.
    chosen = {f"{stem}_{end}" for stem in ("decide", "people") for end in ("none", "one", "many")}
    chosen |= names(wording()["lead"]["statuses"]) | names(wording()["lead"]["mandate_keys"])
    chosen |= {name for part in ("verdicts", "scopes", "rulings", "levels") for name in wording()["decisions"][part]}
    chosen |= names(wording()["reopened"]) | {"authority", "people"}

    # Chosen by the kind of a message or proof, the status of an incident, and what two incidents share.
    chosen |= {*get_args(MessageKind), *get_args(ReceiptKind), *get_args(Status), *get_args(Relation)}
    # Chosen by what a row of near misses is counted over, and how a list was known again.
    chosen |= {*get_args(get_type_hints(NearMiss)["by"]), *get_args(ListEvidence)}
    # Chosen by the state of a scan, for whom a file was, and what subject words hint at.
    chosen |= {name for part in ("states", "audiences") for name in wording()["evidence"][part]}
    chosen |= {*lexicon().sensitive}
    chosen |= {f"{form}_or_more" for form in ("exactly", "between")}
    # Chosen by what a gap is, the rule of a deadline, and through what somebody became aware.
    chosen |= set(GAP_KINDS) | names(wording()["deadlines"]["rules"]) | names(wording()["deadlines"]["sources"])
    told = names(dict(wording())) | names(dict(texts("note")))

    unused = {name for name in told - chosen if not re.search(rf"[\"\']{name}[\"\']|words\.{name}\b", code)}

    assert unused == set()


def test_gaps_mean_in_a_report_what_they_mean_in_the_model() -> None:
    """The terminal and the workbook must not tell two stories of one gap."""
    assert {kind: gap_meaning(kind) for kind in GAP_KINDS} == GAP_KINDS
    assert set(wording()["gap_kinds"]) == set(GAP_KINDS)


def test_every_category_of_sensitive_words_has_a_name_in_reports() -> None:
    """A category that a language's words name stands in reasons, in the language of the report."""
    assert set(wording()["categories"]) == set(lexicon().sensitive)


def test_every_audience_has_a_name_in_reports() -> None:
    """The sheet Evidence tells for whom each file was."""
    assert set(wording()["evidence"]["audiences"]) == {*get_args(Audience)}


def test_moments_are_written_out_with_their_zone() -> None:
    """A reader must not have to guess the zone, and month names must not depend on the machine."""
    clock = Clock("Europe/Berlin")

    assert long_moment(clock, SPRING) == "Sunday 29 March 2026, 01:30 (Europe/Berlin)"
    assert long_day(clock, SPRING) == "29 March 2026"
    assert iso_utc(SPRING) == "2026-03-29T00:30:00Z"


@pytest.mark.parametrize("moment", [-(10**15), 10**15])
def test_a_moment_beyond_the_calendar_is_kept_as_seconds(moment: int) -> None:
    """A Date field may claim anything; the report must not fail for it."""
    assert long_day(Clock("Europe/Berlin"), moment) == iso_utc(moment) == f"{moment} s"


def test_coverage_is_rounded_down() -> None:
    """100 per cent must mean all: one missing message in a million is less."""
    assert percent(999_999, 1_000_000) == "99.9"
    assert percent(5, 5) == "100.0"
