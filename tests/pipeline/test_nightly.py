"""A scan that brought nothing new costs no analysis, and nobody can tell by the results."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from scanner.pipeline import analysis
from scanner.pipeline.analysis import AnalysisOutcome, analyse_store
from scanner.store import crawled
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import SMALL, YEAR
from tests.shelf import guests, letter

LATER = AS_OF + 86_400


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with every analysis that is made."""
    made: list[int] = []
    real = analysis.analyse

    def note(*arguments: object, **more: object) -> object:
        made.append(1)
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "analyse", note)
    return made


def _nightly(desk: Desk, as_of: int = LATER) -> AnalysisOutcome:
    return analyse_store(desk.settings, as_of=as_of, only_changes=True)


def test_nothing_new_is_not_analysed_again(new_desk: Callable[[], Desk], analysed: list[int]) -> None:
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


@pytest.mark.parametrize("change", ["mail", "copy", "expunged", "policy", "mailbox"])
def test_every_change_is_analysed(change: str, desk: Desk, analysed: list[int]) -> None:
    """New mail, a copy elsewhere, mail that is gone, other settings, another name."""
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
    else:
        desk.shelf.place(mailbox="Sent/2020")
    before = len(analysed)

    _nightly(desk)
    _nightly(desk)

    assert len(analysed) == before + 1


def test_an_analysis_that_broke_off_is_made_again(
    desk: Desk, analysed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under other settings it may have marked mail already; the one before speaks for nothing any more."""
    desk.shelf.put(desk.shelf.place(), YEAR)
    desk.analyse()
    desk.change('[[partner]]\ndomain = "guests.example"\nreason = "a club"\n')
    with monkeypatch.context() as broken:
        broken.setattr(analysis, "_totals", _fail)
        with pytest.raises(KeyboardInterrupt):
            _nightly(desk)
    desk.change("")
    before = len(analysed)

    _nightly(desk)

    assert len(analysed) == before + 1


def _fail(*_arguments: object) -> None:
    raise KeyboardInterrupt
