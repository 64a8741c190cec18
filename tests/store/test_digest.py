"""Equal stores have equal digests, and whatever was crawled changes the digest."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Delete, Update, delete, text, update
from sqlalchemy.engine import Engine

from scanner.model import Gap, Message
from scanner.store.digest import store_digest
from scanner.store.engine import create_store, disposing
from scanner.store.schema import account, epoch, gap, mailbox, message, message_copy, metadata, recipient
from tests.shelf import Shelf, guests, letter

LETTERS = [letter(uid, guests(3, first=uid), cc=guests(1), after=timedelta(hours=uid)) for uid in range(1, 41)]
UNREAD = Gap("a", "message_unserved", "not given", "Sent", 1, 99)


def _digest(engine: Engine) -> str:
    with engine.connect() as connection:
        return store_digest(connection)


def _clear(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))


def _fill(engine: Engine, *, size: int = 1_000, accounts: str = "ab", messages: list[Message] = LETTERS) -> str:
    """Fill an empty store and return its digest; each account holds all messages."""
    _clear(engine)
    shelf = Shelf(engine)
    for name in accounts:
        place = shelf.place(account=name)
        shelf.put(place, messages, size=size, gaps=(UNREAD,) if name == "a" else ())
    shelf.end()
    return _digest(engine)


def test_the_way_a_store_was_filled_does_not_matter(engine: Engine) -> None:
    """Any size of batches, any order of accounts and of messages, any number of runs: one digest."""
    whole = _fill(engine)

    ways = [
        _fill(engine, size=1),
        _fill(engine, size=7),
        _fill(engine, accounts="ba"),
        _fill(engine, messages=LETTERS[::-1]),
    ]
    Shelf(engine)
    ways.append(_digest(engine))

    assert set(ways) == {whole}


def test_hidden_lists_are_united_in_any_order(engine: Engine) -> None:
    """Which copy came first decides about positions, not about the digest."""
    copies = [letter(uid, guests(1), message_id="<x@corp.example>", bcc=guests(2, first=uid)) for uid in (2, 7)]

    assert _fill(engine, messages=copies) == _fill(engine, messages=copies[::-1])


def test_both_databases_give_the_same_digest(postgresql_url: str, tmp_path: Path) -> None:
    """A store may be moved."""
    digests = []

    for place in (postgresql_url, str(tmp_path / "blindcopy.db")):
        with disposing(create_store(place)) as engine:
            digests.append(_fill(engine))

    assert digests[0] == digests[1]


def test_an_empty_store_has_a_digest(engine: Engine) -> None:
    """It is that of nothing (FIPS 180-4: SHA-256 of the empty string)."""
    assert _digest(engine) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_flags_and_times_do_not_matter(engine: Engine) -> None:
    """A message that was answered since is the same message."""
    before = _fill(engine)

    with engine.begin() as connection:
        connection.execute(update(message_copy).values(flags="\\Answered"))
        connection.execute(text("UPDATE crawl_run SET started_at = 1, state = 'aborted'"))

    assert _digest(engine) == before


def _entry(**values: object) -> Update:
    return update(recipient).where((recipient.c.message_id == 3) & (recipient.c.position == 2)).values(**values)


CHANGES: dict[str, Update | Delete] = {
    "a recipient less": delete(recipient).where((recipient.c.message_id == 3) & (recipient.c.position == 2)),
    "another address": _entry(address_id=1),
    "another field": _entry(field="bcc"),
    "another name": _entry(display_name=b"X"),
    "another text": _entry(written="X"),
    "another identity": update(message).where(message.c.id == 3).values(identity=bytes(32)),
    "an expunged copy": update(message_copy).where(message_copy.c.uid == 3).values(expunged=True),
    "another header": update(message_copy).where(message_copy.c.uid == 3).values(header_sha256=bytes(32)),
    "a copy less": delete(message_copy).where(message_copy.c.uid == 3),
    "another cursor": update(epoch).values(examined="1:41"),
    "another epoch": update(epoch).values(uidvalidity=2),
    "a gap closed": update(gap).values(resolved_run_id=gap.c.run_id),
    "a mailbox of another name": update(mailbox).values(wire_name=b"Other"),
    "an account of another name": update(account).values(name="other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_was_crawled_changes_the_digest(change: str, shelf: Shelf) -> None:
    """No recipient, copy, cursor or gap can be altered unseen."""
    shelf.put(shelf.place(account="a"), LETTERS[:5], gaps=(UNREAD,))
    before = _digest(shelf.engine)

    with shelf.engine.begin() as connection:
        assert connection.execute(CHANGES[change]).rowcount

    assert _digest(shelf.engine) != before


def test_no_two_ways_to_write_a_store_look_alike(engine: Engine) -> None:
    """Parts are told apart by length: a name cannot pass for part of an address."""
    one = _fill(engine, messages=[letter(1, ["ab <c@guests.example>"])])
    other = _fill(engine, messages=[letter(1, ["a <bc@guests.example>"])])

    assert one != other
