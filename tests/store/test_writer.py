"""Messages become rows once, whatever order and batches they come in; a batch is written whole or not at all."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, func, select

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.model import Batch, Gap, Identity, Message, StoredMessage
from scanner.store import kept_header
from scanner.store import writer as writer_module
from scanner.store.classes import note_shared_ids
from scanner.store.digest import store_digest
from scanner.store.frame import Cursor
from scanner.store.insert import insert_messages, insert_recipients, insert_rows
from scanner.store.reader import messages_by_identity
from scanner.store.schema import address, epoch, gap, header_block, message, message_copy, recipient
from tests.message_writer import MessageWriter
from tests.shelf import OFFICE, Shelf, guests, is_outsider, letter

PERSON = "Ada Guest <ada@guests.example>"


def _count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _read(engine: Engine, *messages: Message) -> list[StoredMessage]:
    with engine.connect() as connection:
        return messages_by_identity(connection, [one.identity for one in messages])


def _digest(engine: Engine) -> str:
    with engine.connect() as connection:
        return store_digest(connection)


def _keys(stored: StoredMessage, field: str) -> list[str]:
    return [entry.key or entry.written for entry in stored.recipients if entry.field == field]


def test_a_message_is_read_back_as_it_was_parsed(shelf: Shelf) -> None:
    """Addresses in header order with names, groups and defects; the other fields under their header names."""
    sent = letter(
        7,
        ["Team: Ada Guest <Ada@Guests.example>, bob@guests.example;", "no address at all"],
        cc=["=?utf-8?q?Zo=C3=AB?= <zoe@guests.example>"],
        extra=b"In-Reply-To: <other@x.example>\r\nX-Mailer: Paper\r\nList-Id: <list.x.example>\r\n",
    )

    shelf.put(shelf.place(), [sent])
    (stored,) = _read(shelf.engine, sent)

    assert [(e.field, e.key, e.display_name, e.group) for e in stored.recipients] == [
        (field, entry.key, entry.display_name, entry.group) for field, entry in (*sent.senders, *sent.recipients)
    ]
    assert [e.written for e in stored.recipients] == [e.addr_spec for _, e in (*sent.senders, *sent.recipients)]
    assert [e.defect for e in stored.recipients] == [e.defect for _, e in (*sent.senders, *sent.recipients)]
    assert stored.fields == sent.fields
    for name in ("identity", "message_id", "date_field", "sent_at", "sent_offset", "origin", "subject"):
        assert getattr(stored, name) == getattr(sent, name)
    (copy,) = stored.copies
    assert (copy.account, copy.mailbox, copy.uidvalidity, copy.uid) == ("office", "Sent", 1, 7)
    assert copy.header_sha256 == hashlib.sha256(sent.header_block).hexdigest()


# --- one transaction ---------------------------------------------------------


@pytest.mark.parametrize("step", ["message", "recipient", "message_copy", "header_block"])
def test_a_batch_is_written_whole_or_not_at_all(shelf: Shelf, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step fails, no row and no cursor of the batch stays, and the same writer can write it again."""
    place = shelf.place()
    shelf.put(place, [letter(1, guests(2))])
    before = _digest(shelf.engine)

    def failing(connection: Connection, table: Table, *rest: object) -> None:
        insert_rows(connection, table, *rest)  # type: ignore[arg-type]
        if table.name == step:
            raise ZeroDivisionError

    def failing_messages(*arguments: Any, **more: Any) -> list[int]:
        numbers = insert_messages(*arguments, **more)
        if step == "message":
            raise ZeroDivisionError
        return numbers

    def failing_recipients(*arguments: object) -> None:
        insert_recipients(*arguments)  # type: ignore[arg-type]
        if step == "recipient":
            raise ZeroDivisionError

    unread = Gap("office", "message_unserved", "not given", "Sent", 1, 3)
    monkeypatch.setattr(writer_module, "insert_rows", failing)
    monkeypatch.setattr(kept_header, "insert_rows", failing)
    monkeypatch.setattr(writer_module, "insert_messages", failing_messages)
    monkeypatch.setattr(writer_module, "insert_recipients", failing_recipients)
    with pytest.raises(ZeroDivisionError):
        shelf.put(place, [letter(2, guests(3, first=2))], gaps=(unread,))
    monkeypatch.undo()
    after = _digest(shelf.engine)
    new = shelf.put(place, [letter(2, guests(3, first=2))], gaps=(unread,))

    assert after == before
    assert new == (1, 1)
    assert _count(shelf.engine, address) == 5
    assert _count(shelf.engine, gap) == 1


def test_cursor_and_rows_are_written_together(shelf: Shelf) -> None:
    """After each batch the cursor says what the rows hold."""
    place = shelf.place()

    for uids in ((8, 9), (4, 5), (6, 7)):
        shelf.put(place, [letter(uid) for uid in uids])
        with shelf.engine.connect() as connection:
            examined = connection.execute(select(epoch.c.examined)).scalar_one()
            stored = set(connection.execute(select(message_copy.c.uid)).scalars())
        assert {int(part) for piece in examined.split(",") for part in piece.split(":")} <= stored

    assert examined == "4:9"


def test_an_empty_batch_moves_the_cursor(shelf: Shelf) -> None:
    """UIDs that were gone before they could be read need not be asked for again."""
    place = shelf.place()

    new = shelf.writer.write(
        Cursor(shelf.run, place.account, place.mailbox, place.epoch, ((1, 5),)), Batch(((1, 5),), (), (), 5)
    )

    with shelf.engine.connect() as connection:
        assert connection.execute(select(epoch.c.examined)).scalar_one() == "1:5"
    assert new == (0, 0)


# --- copies ------------------------------------------------------------------


def test_a_batch_without_any_address_is_written(shelf: Shelf) -> None:
    """A draft that was only begun names nobody, and may be all that is new."""
    begun = build_message(FetchAnswer(3, None, 9, b"\\Draft", b""), b"Subject: To do\r\n\r\n", is_draft=True)

    shelf.put(shelf.place(), [begun])
    (stored,) = _read(shelf.engine, begun)

    assert stored.recipients == ()


def test_copies_share_one_identity(shelf: Shelf) -> None:
    """The same message in three mailboxes, twice in one batch: one message, one set of recipients, four copies."""
    sent = letter(1, guests(3))
    twice = [sent, sent._replace(uid=2)]

    first = shelf.put(shelf.place(), twice)
    again = [shelf.put(shelf.place(mailbox=name), [sent]) for name in ("Sent Items", "Archive")]

    assert first == (1, 0)
    assert again == [(0, 0), (0, 0)]
    assert [_count(shelf.engine, table) for table in (message, recipient, message_copy)] == [1, 4, 4]


def test_bcc_lists_of_copies_are_united(shelf: Shelf) -> None:
    """Each copy may show other Bcc entries; all of them are kept, each once, also within one batch."""
    lists = (["a@guests.example"], ["b@guests.example", "A@guests.example"], ["c@guests.example", "bare name"])
    copies = [letter(1, guests(1), message_id="<x@corp.example>", bcc=names) for names in lists]
    batched = [copies[0]._replace(uid=1), copies[1]._replace(uid=2)]

    shelf.put(shelf.place(), batched)
    shelf.put(shelf.place(mailbox="Archive"), [copies[2]])
    shelf.put(shelf.place(mailbox="Other"), [copies[2]])
    (stored,) = _read(shelf.engine, copies[0])

    assert _keys(stored, "bcc") == ["a@guests.example", "b@guests.example", "c@guests.example", "bare name"]
    assert _keys(stored, "to") == ["guest1@guests.example"]


def test_two_recipient_sets_under_one_message_id_are_two_messages(shelf: Shelf) -> None:
    """Both are kept, and the defect is noted on both, once, and on nothing else."""
    shared = [letter(uid, guests(2, first=uid), message_id="<same@corp.example>") for uid in (1, 2)]
    others = [letter(3, guests(2)), letter(4, guests(2), message_id=""), letter(5, guests(3), message_id="")]

    shelf.put(shelf.place(), [*shared, *others])
    for _ in range(2):
        with shelf.engine.begin() as connection:
            note_shared_ids(connection)
    with shelf.engine.connect() as connection:
        noted = {
            bytes(row.identity).hex(): row.defects
            for row in connection.execute(select(message.c.identity, message.c.defects))
        }

    assert len(noted) == 5
    assert {key for key, defects in noted.items() if defects} == {one.identity for one in shared}
    assert {noted[one.identity] for one in shared} == {"message_id_shared"}


@pytest.mark.parametrize("draft_first", [True, False])
def test_one_sent_copy_makes_a_message_sent(shelf: Shelf, draft_first: bool) -> None:
    """A draft that was left behind must not hide the mail that went out."""
    sent, draft = letter(1, guests(3)), letter(2, guests(3), message_id="<m1@corp.example>", is_draft=True)
    copies = [draft, sent] if draft_first else [sent, draft]

    for one in copies:
        shelf.put(shelf.place(), [one])
    (stored,) = _read(shelf.engine, sent)

    assert draft.identity == sent.identity
    assert stored.origin == "sent"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_without_a_date_the_earliest_copy_dates_a_message(shelf: Shelf, order: Sequence[int]) -> None:
    """INTERNALDATEs differ between mailboxes; which was scanned first must not matter."""
    copies = [
        letter(uid + 1, guests(2), message_id="<x@corp.example>", date="soon", received=timedelta(hours=uid))
        for uid in range(3)
    ]

    for place in order:
        shelf.put(shelf.place(), [copies[place]])
    (stored,) = _read(shelf.engine, copies[0])

    assert stored.sent_at == min(one.sent_at for one in copies)


# --- what is kept of the header ----------------------------------------------


@pytest.mark.parametrize(
    ("to", "cc", "bcc", "is_kept"),
    [
        (guests(1), [], [], False),
        (guests(2), [], [], True),
        (guests(1), guests(1, first=2), [], True),
        (guests(1), [], guests(1, first=2), True),
        ([], [], guests(2), True),
        (guests(1), guests(1), [], False),
        (guests(1), ["boss@corp.example", "hr@corp.example"], [], False),
        (["a@corp.example", "b@corp.example"], [], [], False),
        ([], [], [], False),
    ],
)
def test_headers_of_two_outsiders_are_kept(
    to: list[str], cc: list[str], bcc: list[str], is_kept: bool, shelf: Shelf
) -> None:
    """Two distinct outsiders, Bcc included: then the block as received, octet for octet, and its hash fits."""
    sent = letter(1, to, cc=cc, bcc=bcc)

    shelf.put(shelf.place(), [sent])
    with shelf.engine.connect() as connection:
        rows = connection.execute(select(header_block.c.header_sha256, header_block.c.deflated)).all()

    kept = [zlib.decompress(row.deflated) for row in rows]
    assert kept == ([sent.header_block] if is_kept else [])
    assert all(bytes(row.header_sha256) == hashlib.sha256(sent.header_block).digest() for row in rows)


def test_headers_with_a_defect_are_kept(shelf: Shelf) -> None:
    """What was read with difficulty can be read again by a better parser."""
    sent = [letter(1, guests(1), date="not a date"), letter(2, ["Ada <ada@guests.example"])]

    shelf.put(shelf.place(), sent)

    assert all(one.defects for one in sent)
    assert _count(shelf.engine, header_block) == 2


def test_every_version_of_a_header_is_kept(shelf: Shelf) -> None:
    """Copies whose headers differ have different hashes; equal ones are kept once."""
    one = letter(1, guests(2))
    other = letter(2, guests(2), message_id="<m1@corp.example>", extra=b"X-Mailer: Paper\r\n")

    shelf.put(shelf.place(), [one, other])
    shelf.put(shelf.place(mailbox="Archive"), [one, other])

    assert one.identity == other.identity
    assert _count(shelf.engine, header_block) == 2


def test_hidden_recipients_of_two_copies_keep_the_later_header(shelf: Shelf) -> None:
    """No copy alone shows two outsiders, both together do: the evidence that is at hand is kept."""
    copies = [letter(1, message_id="<x@corp.example>", bcc=[f"{name}@guests.example"]) for name in "ab"]

    shelf.put(shelf.place(), [copies[0]])
    shelf.put(shelf.place(mailbox="Archive"), [copies[1]])

    assert copies[0].identity == copies[1].identity
    assert _count(shelf.engine, header_block) == 1


@pytest.mark.parametrize(
    ("to", "sender", "is_protected_place", "is_kept"),
    [
        (["a@corp.example", "b@corp.example"], OFFICE, True, True),
        (["a@corp.example", "A@corp.example"], OFFICE, True, False),
        (["a@corp.example", "b@corp.example"], "ward@corp.example", False, True),
        (["a@corp.example"], "ward@corp.example", False, False),
        (["a@corp.example", "b@corp.example"], OFFICE, False, False),
    ],
)
def test_headers_of_protected_mail_are_kept(
    to: list[str], sender: str, is_protected_place: bool, is_kept: bool, shelf: Shelf
) -> None:
    """Protected by where it lies or by who sent it, every recipient is an outsider, whatever the address says."""
    sent, place = letter(1, to, sender=sender), shelf.place()
    cursor = Cursor(shelf.run, place.account, place.mailbox, place.epoch, ((1, 1),), is_protected=is_protected_place)

    writer = MessageWriter(shelf.engine, is_outsider, 1, lambda key: key.startswith("ward"))
    writer.write(cursor, Batch(((1, 1),), (sent,), (), 0))

    assert _count(shelf.engine, header_block) == is_kept


# --- the cache of addresses, and other processes ------------------------------


def _many() -> list[Message]:
    return [
        letter(uid, guests(3, first=uid % 17 + 1), cc=guests(1, first=uid), after=timedelta(hours=uid))
        for uid in range(1, 121)
    ]


def test_the_size_of_the_cache_does_not_matter(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for five addresses the store is the same as with room for all of them."""
    monkeypatch.setattr(writer_module, "_CACHE_LIMIT", 5)
    small = Shelf(engine)
    small.put(small.place(), _many(), size=7)
    monkeypatch.undo()

    keys, messages = {entry.key for one in _many() for _, entry in (*one.senders, *one.recipients)}, _many()

    with engine.connect() as connection:
        assert set(connection.execute(select(address.c.address_key)).scalars()) == keys
        stored = messages_by_identity(connection, [one.identity for one in messages])
    assert [_keys(one, "cc") for one in stored] == [
        [entry.key for field, entry in one.recipients if field == "cc"] for one in messages
    ]


def test_a_new_writer_goes_on_where_another_stopped(engine: Engine) -> None:
    """A second process numbers on, knows the addresses and identities there are, and repeats nothing."""
    for number, some in enumerate((_many()[:50], _many()[40:90], _many()[60:])):
        shelf = Shelf(engine)
        shelf.put(shelf.place(mailbox=f"Sent {number}"), some)
    with engine.connect() as connection:
        numbers = connection.execute(select(message.c.id)).scalars().all()
        identities = connection.execute(select(message.c.identity)).scalars().all()
        keys = connection.execute(select(address.c.address_key)).scalars().all()

    assert len(numbers) == len(set(numbers)) == len(set(identities)) == 120
    assert len(keys) == len(set(keys))
    assert _count(engine, message_copy) == 50 + 50 + 60


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_batches_of_any_size_give_the_same_rows(shelf: Shelf, size: int) -> None:
    """A crawl in batches of n equals one crawl, row numbers included."""
    shelf.put(shelf.place(), _many(), size=size)

    with shelf.engine.connect() as connection:
        rows = connection.execute(
            select(message.c.id, message.c.identity, address.c.id, address.c.address_key)
            .select_from(message.join(recipient).join(address, address.c.id == recipient.c.address_id))
            .order_by(message.c.id, recipient.c.position)
        ).all()
    text = "\n".join(f"{row[0]} {bytes(row[1]).hex()} {row[2]} {row[3]}" for row in rows)
    first_seen = list(dict.fromkeys(row[2] for row in rows))

    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert first_seen == sorted(first_seen)
    assert f"1 {_many()[0].identity} 1 {OFFICE}" in text


# --- hard text, large lists ----------------------------------------------------

HARD = [
    '"N\x00ul" <nul@guests.example>',
    "\U0001f600 Emoji <emoji@guests.example>",
    "=?utf-8?q?=ED=A0=80_lone?= <lone@guests.example>",
    "gr\x00up: member@guests.example;",
    "bare \x00 name",
    "ctl\x00@guests.example",
]


def test_any_character_survives(shelf: Shelf) -> None:
    """NUL, characters beyond U+FFFF and what is left of lone surrogates, in names, subjects, groups and addresses."""
    sent = letter(
        1,
        HARD,
        subject="Caf\u00e9 \x00 \U0001f600 =?utf-8?q?=ED=A0=80?=",
        message_id="<\x00\U0001f600@corp.example>",
        extra=b'Cc: "\xff\xfe" <raw@guests.example>\r\nX-Mailer: \xff\x00\r\nReferences: \x00\r\n',
    )

    shelf.put(shelf.place(), [sent])
    shelf.put(shelf.place(mailbox="Archive"), [sent])
    (stored,) = _read(shelf.engine, sent)

    assert stored.subject == sent.subject
    assert [entry.display_name for entry in stored.recipients] == [
        entry.display_name for _, entry in (*sent.senders, *sent.recipients)
    ]
    assert [entry.key for entry in stored.recipients] == [entry.key for _, entry in (*sent.senders, *sent.recipients)]
    assert stored.recipients[1].display_name == "N\x00ul"
    assert stored.recipients[2].display_name == "\U0001f600 Emoji"
    assert [entry.group for entry in stored.recipients if entry.group] == ["gr\ufffdup"]


def test_raw_names_keep_their_bytes(shelf: Shelf) -> None:
    """What was guessed stands beside the octets it was guessed from."""
    sent = letter(1, guests(1), extra=b'Cc: "J\xf6rg" <joerg@guests.example>\r\n')

    shelf.put(shelf.place(), [sent])
    with shelf.engine.connect() as connection:
        rows = connection.execute(
            select(recipient.c.display_name, recipient.c.display_name_raw).where(recipient.c.field == "cc")
        ).all()

    assert [(bytes(row[0]).decode(), b"J\xf6rg" in bytes(row[1])) for row in rows] == [("J\u00f6rg", True)]


def test_lone_surrogates_in_names_do_not_stop_a_batch(shelf: Shelf) -> None:
    """The parser lets none through; should one come all the same, its neighbours are not lost."""
    sent = letter(1, [PERSON])
    field, entry = sent.recipients[0]
    odd = sent._replace(recipients=((field, replace(entry, display_name="A\ud800da")),))

    shelf.put(shelf.place(), [odd, letter(2, guests(2))])

    assert _count(shelf.engine, message) == 2


def test_twenty_thousand_recipients_are_kept_in_order(shelf: Shelf) -> None:
    """A list as long as they come is one message with as many rows."""
    people = [f"p{number}@guests.example" for number in range(20_000)]

    shelf.put(shelf.place(), [letter(1, people)])
    (stored,) = _read(shelf.engine, letter(1, people))

    assert _keys(stored, "to") == people


def test_gaps_that_were_read_after_all_are_closed(shelf: Shelf) -> None:
    """A message that arrives closes its gap in the same transaction; others stay open."""
    place = shelf.place()
    unread = tuple(Gap("office", "message_unserved", "not given", "Sent", 1, uid) for uid in (1, 2))
    shelf.put(place, [], gaps=unread)

    batch = Batch(((1, 1),), (letter(1, guests(1)),), (), 0)

    shelf.writer.write(Cursor(shelf.run, place.account, place.mailbox, place.epoch, ((1, 2),)), batch, {1, 2})

    with shelf.engine.connect() as connection:
        still = connection.execute(select(gap.c.uid).where(gap.c.resolved_run_id.is_(None))).scalars().all()
    assert still == [2]


def test_mail_of_others_moves_the_cursor_and_closes_its_gap(shelf: Shelf) -> None:
    """It was read, though nothing of it is kept: what it was stands beside the cursor, from the same transaction on."""
    place = shelf.place()
    unread = tuple(Gap("office", "message_unserved", "not given", "Archive", 1, uid) for uid in (2, 9))
    shelf.put(place, [], gaps=unread)

    batch = Batch(((1, 3),), (letter(3, guests(1)),), (), 0, ((1, 2),))

    shelf.writer.write(
        Cursor(shelf.run, place.account, place.mailbox, place.epoch, ((1, 3),), ((1, 2),)), batch, {2, 9}
    )

    with shelf.engine.connect() as connection:
        still = connection.execute(select(gap.c.uid).where(gap.c.resolved_run_id.is_(None))).scalars().all()
        row = connection.execute(select(epoch.c.examined, epoch.c.others)).one()
    assert still == [9]
    assert tuple(row) == ("1:3", "1:2")
    assert _count(shelf.engine, message) == 1


def test_the_parser_version_stands_on_every_row(engine: Engine) -> None:
    """Whoever parses again knows which rows are older."""
    shelf = Shelf(engine)
    shelf.writer = MessageWriter(engine, is_outsider, 42)

    shelf.put(shelf.place(), [letter(1, guests(1)), letter(2, guests(2))])

    with engine.connect() as connection:
        assert set(connection.execute(select(message.c.parser_version)).scalars()) == {42}


def test_identities_are_kept_as_octets(shelf: Shelf) -> None:
    """64 hex digits outside, 32 octets inside."""
    sent = letter(1, guests(1))

    shelf.put(shelf.place(), [sent])
    with shelf.engine.connect() as connection:
        identity = connection.execute(select(message.c.identity)).scalar_one()

    assert Identity(bytes(identity).hex()) == sent.identity
