"""A mailbox is passed over only while it is as it was, and was read to its end under the same terms."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, delete, select

from scanner.model import Gap, OpenedMailbox
from scanner.store import crawled
from scanner.store.gaps import MAX_STRIKES, record_gap
from scanner.store.schema import crawl_mailbox, message_copy
from scanner.store.standing import TRUSTED_FOR, Standing, carry_over, last_standing, note_standing
from tests.shelf import Place, Shelf, letter

OPENED = OpenedMailbox(1, 9, 4, 50)
THEN = 1_800_000_100


def _read(shelf: Shelf, *, run: int | None = None, gaps: tuple[Gap, ...] = ()) -> Place:
    """Read a mailbox of three messages and a gap to its end."""
    place = shelf.place()
    shelf.put(place, [letter(1), letter(2), letter(3)], gaps=gaps)
    with shelf.engine.begin() as connection:
        crawled.open_epoch(connection, place.mailbox, OPENED)
    shelf.account_for(place, enumerated=4, stored=3, errored=1)
    with shelf.engine.begin() as connection:
        note_standing(connection, run or shelf.run, place.epoch, OPENED, now=THEN)
    return place


def _next_run(connection: Connection, *, settings: str = "0" * 64, parser: str = "1", release: str = "0") -> int:
    return crawled.start_run(
        connection,
        now=THEN + 3600,
        tool_version=release,
        parser_version=parser,
        settings_sha256=settings,
        mandate="{}",
    )


def _standing(shelf: Shelf, place: Place, *, after: int = 3600, **run: str) -> Standing | None:
    with shelf.engine.begin() as connection:
        return last_standing(connection, _next_run(connection, **run), place.mailbox, now=THEN + after)


def test_a_mailbox_read_to_its_end_is_known(shelf: Shelf) -> None:
    """What EXAMINE said, and the figures of the accounting."""
    place = _read(shelf)

    assert _standing(shelf, place) == Standing(place.epoch, OPENED, 4, 3, 0, 1, 0)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"uidvalidity": 2}, False),
        ({"uidnext": 10}, False),
        ({"uidnext": None}, False),
        ({"exists": 3}, False),
        ({"exists": 5}, False),
        ({"highestmodseq": 51}, False),
        ({"highestmodseq": None}, True),
    ],
)
def test_any_difference_makes_another_mailbox(change: dict[str, int | None], same: bool) -> None:
    """Arrival raises UIDNEXT, expunge lowers MESSAGES, both together still raise UIDNEXT (RFC 9051, 2.3.1.1)."""
    standing = Standing(1, OPENED, 4, 3, 0, 1, 0)

    assert standing.is_still(replace(OPENED, **change)) is same  # type: ignore[arg-type]


@pytest.mark.parametrize("terms", [{"settings": "1" * 64}, {"parser": "2"}, {"release": "1"}])
def test_under_other_terms_a_mailbox_is_opened_again(shelf: Shelf, terms: dict[str, str]) -> None:
    """Other settings, another parser or another release may want other mail of it, or read the same mail otherwise."""
    place = _read(shelf)

    assert _standing(shelf, place, **terms) is None


def test_without_a_uidnext_nothing_can_be_told() -> None:
    """A server that never gave one could replace a message unseen."""
    opened = replace(OPENED, uidnext=None)

    assert not Standing(1, opened, 4, 3, 0, 1, 0).is_still(opened)


def _open_again(connection: Connection, place: Place) -> None:
    crawled.open_epoch(connection, place.mailbox, OPENED)


def _rebuild(connection: Connection, place: Place) -> None:
    crawled.open_epoch(connection, place.mailbox, replace(OPENED, uidvalidity=2))


def _take_mail_out(connection: Connection, place: Place) -> None:
    connection.execute(delete(message_copy).where(message_copy.c.uid == 2))


def _break_a_scan(connection: Connection, place: Place) -> None:
    run = _next_run(connection)
    crawled.save_accounting(
        connection,
        run,
        place.epoch,
        enumerated=4,
        stored=3,
        vanished=0,
        errored=1,
        expunged_since=0,
        fetched=0,
        ended_at=None,
    )


def _miscount(connection: Connection, place: Place) -> None:
    run = _next_run(connection)
    record_gap(
        connection,
        run,
        place.account,
        place.mailbox,
        place.epoch,
        Gap("office", "mailbox_miscounted", "listed 4", "Sent", 1),
    )


def _refuse(connection: Connection, place: Place) -> None:
    run = _next_run(connection)
    record_gap(
        connection, run, place.account, place.mailbox, None, Gap("office", "mailbox_unreadable", "refused", "Sent")
    )


def _lose_one(connection: Connection, place: Place) -> None:
    run = _next_run(connection)
    record_gap(
        connection,
        run,
        place.account,
        place.mailbox,
        place.epoch,
        Gap("office", "message_unserved", "no", "Sent", 1, 4),
    )


@pytest.mark.parametrize(
    "change", [_open_again, _rebuild, _take_mail_out, _break_a_scan, _miscount, _refuse, _lose_one]
)
def test_whatever_is_left_to_do_asks_for_the_mailbox(change: Callable[[Connection, Place], None], shelf: Shelf) -> None:
    """A scan that was killed, a gap that may close, mail taken out of the store: it has to be opened."""
    place = _read(shelf)

    with shelf.engine.begin() as connection:
        change(connection, place)

    assert _standing(shelf, place) is None


@pytest.mark.parametrize("run", [{"settings": "1" * 64}, {"parser": "2"}])
def test_other_terms_ask_for_the_mailbox(run: dict[str, str], shelf: Shelf) -> None:
    """A period, a scope or a parser that changed may make something new of what did not change."""
    place = _read(shelf)

    assert _standing(shelf, place, **run) is None


@pytest.mark.parametrize(("after", "is_trusted"), [(TRUSTED_FOR - 1, True), (TRUSTED_FOR, False), (-1, False)])
def test_every_mailbox_is_opened_once_a_week(after: int, is_trusted: bool, shelf: Shelf) -> None:
    """What a server says of a mailbox that is not opened may be old; a clock that was set back proves nothing."""
    place = _read(shelf)

    assert (_standing(shelf, place, after=after) is not None) is is_trusted


def test_a_gap_that_is_still_asked_for_leaves_nothing_noted(shelf: Shelf) -> None:
    """Its message may come with the next scan; one that was asked for often enough stays a gap, and is no hindrance."""
    poison = Gap("office", "message_unserved", "no", "Sent", 1, 4)
    place = _read(shelf, gaps=(poison,))
    before = _standing(shelf, place)
    with shelf.engine.begin() as connection:
        for _ in range(MAX_STRIKES - 1):
            record_gap(connection, shelf.run, place.account, place.mailbox, place.epoch, poison)
        note_standing(connection, shelf.run, place.epoch, OPENED, now=THEN)

    assert before is None
    assert _standing(shelf, place) is not None


def test_the_figures_of_a_mailbox_passed_over_are_those_before(shelf: Shelf) -> None:
    """The run has a row that is finished, with nothing fetched; and it can be passed over again."""
    place = _read(shelf)
    standing = _standing(shelf, place)
    assert standing is not None

    with shelf.engine.begin() as connection:
        run = _next_run(connection)
        carry_over(connection, run, standing, now=THEN + 7200)
        row = connection.execute(select(crawl_mailbox).where(crawl_mailbox.c.run_id == run)).one()

    assert (row.enumerated, row.stored, row.others, row.vanished, row.errored) == (4, 3, 0, 0, 1)
    assert (row.fetched, row.ended_at) == (0, THEN + 7200)
    assert _standing(shelf, place) == standing
