"""How much of the mail a scan has seen that has not finished."""

import pytest

from scanner.model import Seen
from scanner.store import crawled
from scanner.store.coverage import coverage_rows
from scanner.store.gaps import note_stopped_accounts, open_gaps
from scanner.store.seen import seen_so_far
from tests.shelf import Shelf, guests, letter


def _account(
    shelf: Shelf, state: str, *, name: str = "office", listed: int = 0, stored: int = 0, done: bool = False
) -> int:
    """Put an account into the run: `stored` messages of `listed`, which are known when it is above 0."""
    place = shelf.place(name)
    if stored:
        shelf.put(place, [letter(uid, guests(2, first=uid)) for uid in range(1, stored + 1)])
    with shelf.engine.begin() as connection:
        crawled.note_account(connection, shelf.run, place.account, state=state)
        if listed:
            crawled.save_accounting(
                connection,
                shelf.run,
                place.epoch,
                enumerated=listed,
                stored=stored,
                vanished=0,
                errored=0,
                expunged_since=0,
                fetched=0,
                ended_at=1 if done else None,
            )
    return place.account


def _seen(shelf: Shelf) -> Seen | None:
    with shelf.engine.connect() as connection:
        return seen_so_far(connection)


def test_messages_of_all_accounts_add_up(shelf: Shelf) -> None:
    """What is stored of what is listed, over accounts that are finished and accounts that are being read."""
    _account(shelf, "complete", name="one", listed=4, stored=4, done=True)
    _account(shelf, "running", name="two", listed=16, stored=1)

    assert _seen(shelf) == Seen(5, 20)


def test_an_account_of_unknown_size_makes_it_at_most(shelf: Shelf) -> None:
    """Its stored mail counts on both sides: the share can only be lower."""
    _account(shelf, "running", name="one", listed=8, stored=2)
    _account(shelf, "waiting", name="two", stored=2)
    _account(shelf, "opening", name="three")

    assert _seen(shelf) == Seen(4, 10, accounts_unknown=2)


def test_an_account_whose_mailboxes_were_all_opened_is_no_riddle(shelf: Shelf) -> None:
    """Its size is known, though its first part is still being read: a scan that was killed there says so, too."""
    _account(shelf, "opening", listed=2_500, stored=5)
    with shelf.engine.begin() as connection:
        crawled.end_run(connection, shelf.run, now=9, state="aborted")

    assert _seen(shelf) == Seen(5, 2_500)


def test_the_share_is_the_coverage(shelf: Shelf) -> None:
    """What stands in the heading and what stands below it are one figure, accounts of earlier scans included."""
    _account(shelf, "complete", name="one", listed=40, stored=4, done=True)
    with shelf.engine.begin() as connection:
        crawled.end_run(connection, shelf.run, now=9, state="complete")
        shelf.run = crawled.start_run(
            connection, now=10, tool_version="1", parser_version=1, settings_sha256="", mandate="{}"
        )
    _account(shelf, "opening", name="two", listed=20, stored=2)
    with shelf.engine.connect() as connection:
        rows = list(coverage_rows(connection))

    assert _seen(shelf) == Seen(sum(row.stored for row in rows), sum(row.enumerated for row in rows))


def test_a_finished_scan_has_no_share(shelf: Shelf) -> None:
    """After it the figures are what they are."""
    _account(shelf, "complete", listed=4, stored=4, done=True)
    with shelf.engine.begin() as connection:
        crawled.end_run(connection, shelf.run, now=9, state="complete")

    assert _seen(shelf) is None


@pytest.mark.parametrize(
    ("seen", "percent"), [(Seen(0, 0, 3), ""), (Seen(1, 3), "33.3"), (Seen(10, 10), "99.9"), (Seen(0, 9), "0.0")]
)
def test_the_share_is_never_more_than_it_is(seen: Seen, percent: str) -> None:
    """Rounded down, and below 100 while a scan has not finished; nothing known is nothing said."""
    assert seen.percent == percent


def test_accounts_that_a_stopped_scan_did_not_finish_are_gaps(shelf: Shelf) -> None:
    """Those not begun are not reached, those begun are unfinished; those done are neither."""
    _account(shelf, "waiting", name="one")
    _account(shelf, "running", name="two", listed=9, stored=1)
    _account(shelf, "complete", name="three", listed=1, stored=1, done=True)

    with shelf.engine.begin() as connection:
        note_stopped_accounts(connection, shelf.run)
        gaps = [(gap.account, gap.kind) for gap in open_gaps(connection)]

    assert gaps == [("one", "account_unreached"), ("two", "account_unfinished")]
