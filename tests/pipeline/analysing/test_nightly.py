"""A scan that brought nothing new costs no analysis, and nobody can tell by the results."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scanner.pipeline.analysing import analysis, new_mail
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.analysing.analysis_job import AnalysisOutcome
from scanner.store import crawled, schema
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import SMALL, YEAR
from tests.shelf import guests, letter

LATER = AS_OF + 86_400


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every analysis that is made adds what it looked at: everything, or new mail."""
    made: list[str] = []
    all_of_it, new_mail = analysis.find_all, analysis.analyse_new_mail

    def note_all(*arguments: Any, **more: Any) -> Any:
        made.append("everything")
        return all_of_it(*arguments, **more)

    def note_new_mail(*arguments: Any) -> Any:
        outcome = new_mail(*arguments)
        if outcome:
            made.append("new mail")
        return outcome

    monkeypatch.setattr(analysis, "find_all", note_all)
    monkeypatch.setattr(analysis, "analyse_new_mail", note_new_mail)
    return made


def _nightly(desk: Desk, as_of: int = LATER) -> AnalysisOutcome:
    return analyse_store(desk.settings, as_of=as_of, only_changes=True)


def test_nothing_new_is_not_analysed_again(new_desk: Callable[[], Desk], analysed: list[str]) -> None:
    """The report says the same as after an analysis of that moment."""
    desks = [new_desk(), new_desk()]
    for desk in desks:
        desk.shelf.put(desk.shelf.place(), YEAR)
        desk.shelf.end()
        desk.analyse()
    before = len(analysed)

    cheap = _nightly(desks[0])
    dear = desks[1].analyse(LATER)

    assert len(analysed) == before + 1
    assert replace(cheap, new=0) == replace(dear, new=0)
    assert cheap.new == 0
    reports = [desk.json() for desk in desks]
    for report in reports:
        del report["generated_at"]
    assert json.dumps(reports[0]) == json.dumps(reports[1])


@pytest.mark.parametrize(
    ("change", "looked_at"),
    [
        ("mail", ["new mail"]),
        ("copy", ["new mail"]),
        ("mailbox", ["new mail"]),
        ("renamed", ["everything"]),
        ("policy", ["everything"]),
        # Whether a server still lists a message decides nothing: what was shown was shown.
        ("expunged", []),
    ],
)
def test_every_change_is_analysed(change: str, looked_at: list[str], desk: Desk, analysed: list[str]) -> None:
    """New mail, a copy elsewhere, a new mailbox cost what is new; other rules over all mail cost everything."""
    place = desk.shelf.place()
    desk.shelf.put(place, [one for one in YEAR if one is not SMALL])
    desk.analyse()
    if change == "mail":
        desk.shelf.put(place, [letter(99, guests(9), subject="Summer")])
    elif change == "copy":
        desk.shelf.put(desk.shelf.place(mailbox="Sent/2019"), [YEAR[0]])
    elif change == "expunged":
        with desk.engine.begin() as connection:
            crawled.mark_expunged(connection, place.epoch, ((2, 90),), complete_list=True)
    elif change == "policy":
        desk.change("[policy]\nqueue_floor = 4\n")
    elif change == "renamed":
        with desk.engine.begin() as connection:
            connection.execute(schema.mailbox.update().values(name="Sent Items"))
    else:
        desk.shelf.place(mailbox="Sent/2020")
    analysed.clear()

    _nightly(desk)
    _nightly(desk)

    assert analysed == looked_at


def test_an_analysis_that_broke_off_is_made_again(
    desk: Desk, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under other settings it may have marked mail already; the one before speaks for nothing any more."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.analyse()
    desk.change('[[partner]]\ndomain = "guests.example"\nreason = "a club"\n')
    with monkeypatch.context() as broken:
        broken.setattr(analysis, "total_figures", _fail)
        with pytest.raises(KeyboardInterrupt):
            _nightly(desk)
    desk.change("")
    before = len(analysed)

    _nightly(desk)

    assert len(analysed) == before + 1


def test_an_analysis_of_new_mail_that_broke_off_is_made_again(
    desk: Desk, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of its result is kept, and what has come is still to be judged."""
    place = desk.shelf.place()
    desk.shelf.put(place, [one for one in YEAR if one is not SMALL])
    desk.analyse()
    desk.shelf.put(place, [SMALL])
    with monkeypatch.context() as broken:
        broken.setattr(new_mail, "total_figures", _fail)
        with pytest.raises(KeyboardInterrupt):
            _nightly(desk)
    analysed.clear()

    outcome = _nightly(desk)

    assert analysed == ["new mail"]
    assert outcome.new == 1
    assert outcome.incidents == desk.analyse(LATER).incidents


def _fail(*_arguments: object) -> None:
    raise KeyboardInterrupt
