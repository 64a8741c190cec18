"""The three reasoned decisions of a confirmed incident, signatures, and ENISA's worksheet."""

from dataclasses import replace
from typing import Any

import pytest

from scanner.errors import UsageError
from scanner.model import IncidentKey, Ruling, RulingKind, Severity, Signature, Standing, Statement
from scanner.review import RulingLog, read_ruling, read_signatures, ruling_statement, state_severity
from tests.review.test_standing import NOW, decided, facts, identities, stands, told


def ruling(number: int, kind: RulingKind, answer: str, letters: str, **more: Any) -> Ruling:
    """Return a ruling on an incident of these messages."""
    judged = identities(letters)
    return Ruling(
        number, kind, IncidentKey(judged[0][:12]), answer, "because", "Dana", "dana", NOW, NOW, judged, **more
    )


def carried(letters: str, *log: Ruling) -> list[tuple[str, str, bool]]:
    """Return kind, answer and whether it was outgrown of what the incident carries."""
    return [(one.kind, one.answer, one.is_outgrown) for one in RulingLog(log).of(frozenset(identities(letters)))]


def test_an_incident_carries_the_newest_of_each_kind() -> None:
    """In the order of the questions; what was said of other incidents is not told."""
    log = (
        ruling(1, "people", "no", "abc"),
        ruling(2, "breach", "no", "abc"),
        ruling(3, "breach", "yes", "abc"),
        ruling(4, "authority", "yes", "xyz"),
    )

    assert carried("abc", *log) == [("breach", "yes", False), ("people", "no", False)]


def test_a_ruling_follows_its_earliest_message() -> None:
    """As decisions do, on a split and in a merge."""
    log = ruling(1, "breach", "yes", "abc")

    assert carried("ab", log) == [("breach", "yes", False)]
    assert carried("bc", log) == []


def test_a_ruling_on_fewer_messages_is_outgrown() -> None:
    """It is told, and counts no more."""
    (found,) = RulingLog([ruling(1, "authority", "no", "ab")]).of(frozenset(identities("abc")))

    assert found.is_outgrown
    assert Standing(rulings=(found,)).ruling("authority") is None


def test_rulings_that_differ_and_meet_settle_nothing() -> None:
    """Both are told; a new one on the whole takes their place."""
    log = (ruling(1, "breach", "yes", "ab"), ruling(2, "breach", "no", "cd"))

    met = RulingLog(log).of(frozenset(identities("abcd")))

    assert [one.answer for one in met] == ["yes", "no"]
    assert Standing(rulings=met).ruling("breach") is None
    assert carried("abcd", *log, ruling(3, "breach", "no", "abcd")) == [("breach", "no", False)]


def test_an_unsigned_ruling_takes_nobodys_place() -> None:
    """The one before goes on to count until a second person has signed."""
    first, second = ruling(1, "breach", "no", "ab"), ruling(2, "breach", "yes", "ab", needs_signature=True)
    signed = replace(second, signature=Signature("Sam", NOW))

    waiting = Standing(rulings=RulingLog([first, second]).of(frozenset(identities("ab"))))

    counting = waiting.ruling("breach")
    assert counting is not None
    assert counting.answer == "no"
    assert len(waiting.rulings) == 2
    assert carried("ab", first, signed) == [("breach", "yes", False)]


def test_what_is_written_is_read() -> None:
    """Worksheet, file number and time included."""
    one = ruling(7, "severity", "", "ab", severity=Severity(4, 0.75, 0.5), told_at=NOW, reference="ICO-17")
    row = replace(ruling_statement(one), number=7)

    assert read_ruling(row) == one
    assert read_ruling(replace(row, payload=None)).is_erased


def row(number: int, kind: str, who: str, **payload: Any) -> Statement:
    """Return a row of the log whose chain hash is made of its number."""
    return Statement(number, kind, "0" * 12, "", "incident", who, "root", NOW, NOW, None, payload, f"link{number}")


def test_only_another_person_signs_and_only_the_row_that_is_named() -> None:
    """By number and chain hash, whatever the spelling of a name."""
    log = [
        row(1, "incident", "Dana Protect"),
        row(2, "sign", "dana  PROTECT", signs=1, link="link1"),
        row(3, "sign", "Sam", signs=1, link="link9"),
        row(4, "sign", "Sam", signs=9, link="link9"),
    ]

    assert read_signatures(log) == {}
    assert read_signatures([*log, row(5, "sign", "Sam", signs=1, link="link1")]) == {1: Signature("Sam", NOW)}


def test_an_unsigned_decision_changes_nothing_but_the_time() -> None:
    """The incident stays as it was; who knew and when is a fact that needs no signature."""
    dismissed = decided(1, "dismiss", "abc")
    waiting = replace(decided(2, "confirm", "abc", aware_at=NOW - 9), needs_signature=True)

    standing = stands(facts("abc"), dismissed, waiting)

    assert told(standing) == ("dismissed", "", 0)
    assert standing.pending == waiting
    assert standing.aware_at == NOW - 9
    signed = stands(facts("abc"), dismissed, replace(waiting, signature=Signature("Sam", NOW)))
    assert (signed.status, signed.pending) == ("confirmed", None)


def test_nobody_need_sign_what_was_decided_anew() -> None:
    """A newer decision on the same incident takes the place of one that waits."""
    waiting = replace(decided(1, "confirm", "abc"), needs_signature=True)

    assert stands(facts("abc"), waiting, decided(2, "dismiss", "abc")).pending is None
    assert stands(facts("abc"), waiting, decided(2, "ask", "abc")).pending == waiting


@pytest.mark.parametrize(
    ("dpc", "ei", "cb", "score", "level"),
    [(1, 0.25, 0, 0.25, "low"), (2, 1, 0, 2, "medium"), (4, 0.75, 0.0, 3, "high"), (4, 0.75, 1.0, 4, "very high")],
)
def test_the_worksheet_adds_up_what_a_person_entered(dpc: int, ei: float, cb: float, score: float, level: str) -> None:
    """SE = DPC × EI + CB; below 2 low, below 3 medium, below 4 high (ENISA 2013)."""
    severity = state_severity(dpc, ei, cb)

    assert (severity.score, severity.level) == (score, level)


@pytest.mark.parametrize(
    ("dpc", "ei", "cb", "where"),
    [(None, 0.5, 0, "--dpc"), (5, 0.5, 0, "--dpc"), (1, 0.3, 0, "--ei"), (1, 0.5, 2.5, "--cb"), (1, 0.5, None, "--cb")],
)
def test_the_worksheet_is_never_filled_in(dpc: int | None, ei: float, cb: float | None, where: str) -> None:
    """A value that is missing or unknown to it is asked for."""
    with pytest.raises(UsageError) as caught:
        state_severity(dpc, ei, cb)

    assert caught.value.where == where
