"""The store is made, described and summed up."""

from pathlib import Path

from scanner.config import load_settings
from scanner.model import Gap
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.keeping.upkeep import AnalysisRun, create_store, store_digest, store_status
from tests.pipeline.conftest import AS_OF, SETTINGS, Desk
from tests.shelf import Shelf, guests, letter


def test_a_store_is_made_where_the_settings_say(tmp_path: Path) -> None:
    """Its place is told; a second time changes nothing."""
    file = tmp_path / "blindcopy.toml"
    file.write_text(SETTINGS + '[store]\nurl = "deep/er/blindcopy.db"\n')
    settings = load_settings(file)

    places = [create_store(settings) for _ in range(2)]

    assert places == [str(tmp_path / "deep/er/blindcopy.db")] * 2
    assert sorted(path.name for path in (tmp_path / "deep/er").iterdir()) == ["blindcopy.db"]


def test_the_status_tells_what_is_there(desk: Desk) -> None:
    """Coverage, open gaps and the newest runs first."""
    place = desk.shelf.place()
    unread = Gap("office", "message_unserved", "not given", "Sent", 1, 2)
    desk.shelf.put(place, [letter(1, guests(2))], gaps=(unread,))
    desk.shelf.account_for(place, enumerated=2, stored=1, errored=1)
    desk.shelf.end()
    for _ in range(6):
        Shelf(desk.engine).end("incomplete")
    last = Shelf(desk.engine)

    status = store_status(desk.settings)

    assert status.store == str(desk.folder / "blindcopy.db")
    assert [run.id for run in status.runs] == list(range(last.run, last.run - 5, -1))
    assert status.runs[0].state == "running"
    assert status.provisional
    assert [(row.enumerated, row.stored, row.errored) for row in status.coverage] == [(2, 1, 1)]
    assert status.gaps == (unread,)


def test_the_status_tells_whether_everything_was_analysed(desk: Desk) -> None:
    """No analysis, then one of everything, then more mail than it knows, then an analysis of that."""
    place = desk.shelf.place()
    desk.shelf.put(place, [letter(1, guests(9))])
    told = [store_status(desk.settings).analysis]
    desk.analyse()
    told.append(store_status(desk.settings).analysis)
    desk.shelf.put(place, [letter(2, guests(9), subject="Another evening")])
    told.append(store_status(desk.settings).analysis)

    analyse_store(desk.settings, as_of=AS_OF, only_changes=True)

    told.append(store_status(desk.settings).analysis)
    assert told == [
        None,
        AnalysisRun(AS_OF, AS_OF, is_whole=True, is_behind=False),
        AnalysisRun(AS_OF, AS_OF, is_whole=True, is_behind=True),
        AnalysisRun(AS_OF, AS_OF, is_whole=False, is_behind=False),
    ]


def test_an_analysis_does_not_change_the_digest(desk: Desk) -> None:
    """It sums up what was crawled, not what was made of it."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(9)), letter(2, ["office@corp.example"], sender="x@x.example")])
    before = store_digest(desk.settings)

    desk.analyse()

    assert store_digest(desk.settings) == before


def test_mail_changes_the_digest(desk: Desk) -> None:
    """One more recipient is enough."""
    place = desk.shelf.place()
    desk.shelf.put(place, [letter(1, guests(2))])
    before = store_digest(desk.settings)

    desk.shelf.put(place, [letter(2, guests(2))])

    assert store_digest(desk.settings) != before
