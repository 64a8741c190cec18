"""Address classes per policy: decided once for each distinct address, then joined in SQL."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, TextClause, func, select, text

from scanner.model import NAMED_IN_SETTINGS, ONLY_MAILBOX, AddressClass, AddressKey, OutsiderTest
from scanner.store.insert import chunks, insert_rows
from scanner.store.schema import address, address_class, message, policy

_PARTS = ("kind", "outsider", "organisation", "rule", "private", "role", "sister")
_COLUMNS = ("policy_id", "address_id", *_PARTS)
_PIECE = 10_000
_PLACES = 1 << 20
"""More than a piece holds."""


def save_policy(connection: Connection, sha256: str, policy_text: str) -> int:
    """Insert a policy if it is new; return its number."""
    found = connection.execute(select(policy.c.id).where(policy.c.sha256 == sha256)).scalar()
    if found is None:
        key = connection.execute(policy.insert().values(sha256=sha256, text=policy_text)).inserted_primary_key
        if key is None:
            raise RuntimeError("the database gave no key")
        found = key[0]
    return int(found)


def classify_addresses(connection: Connection, policy_id: int, classify: OutsiderTest) -> int:
    """Class every address that has no class under this policy yet; return how many there were."""
    # In the order of their numbers, all or none in one transaction: those up to the last one are classed.
    classed = select(func.max(address_class.c.address_id)).where(address_class.c.policy_id == policy_id)
    last = connection.execute(classed).scalar() or 0
    done = 0
    while True:
        missing = connection.execute(
            select(address.c.id, address.c.address_key).where(address.c.id > last).order_by(address.c.id).limit(_PIECE)
        ).all()
        if not missing:
            return done
        _insert_classes(connection, policy_id, [(number, classify(AddressKey(key))) for number, key in missing])
        done += len(missing)
        last = missing[-1].id


_parts_of = attrgetter(*_PARTS)


def _insert_classes(connection: Connection, policy_id: int, found: Sequence[tuple[int, AddressClass]]) -> None:
    """Insert (address, class), at most _PIECE of them."""
    if connection.dialect.name != "sqlite":
        rows = [(policy_id, number, *_parts_of(each)) for number, each in found]
        insert_rows(connection, address_class, _COLUMNS, rows)
        return
    # All of a host have one class: Python hands each class over once, and of an address two numbers in one.
    places: dict[int, int] = {}
    classes: list[tuple[Any, ...]] = []
    numbers = []
    for number, each in found:
        place = places.get(id(each))
        if place is None:
            place = places[id(each)] = len(classes)
            classes.append((place, *_parts_of(each)))
        numbers.append(number * _PLACES + place)
    connection.exec_driver_sql(_CLASS_TABLE)
    connection.exec_driver_sql("DELETE FROM temp.piece_class")
    connection.exec_driver_sql(_INSERT_CLASS, classes)
    connection.exec_driver_sql(_INSERT_CLASSES, (policy_id, json.dumps(numbers)))


_CLASS_TABLE = f"CREATE TEMP TABLE IF NOT EXISTS piece_class (place INTEGER PRIMARY KEY, {', '.join(_PARTS)})"
_INSERT_CLASS = f"INSERT INTO temp.piece_class VALUES ({', '.join('?' * (1 + len(_PARTS)))})"
# CROSS JOIN keeps this order of loops (SQLite's documentation of CROSS JOIN).
_INSERT_CLASSES = (
    f"INSERT INTO address_class ({', '.join(_COLUMNS)}) "
    f"SELECT ?, one.value / {_PLACES}, {', '.join(f'class.{part}' for part in _PARTS)} "
    f"FROM json_each(?) AS one CROSS JOIN temp.piece_class AS class ON class.place = one.value % {_PLACES}"
)


# Both in one walk through the messages: what counts as received now, and what did before. In mailboxes that were read
# for mail of ours, From and Sender alone decide, as in the scan, which went by the settings of its day.
_FROM_OTHERS = """
    SELECT message.id, message.origin,
           (from_class.kind = 'outside'
            AND EXISTS (SELECT 1 FROM recipient JOIN address_class AS to_class
                           ON to_class.policy_id = :policy AND to_class.address_id = recipient.address_id
                         WHERE recipient.message_id = message.id AND to_class.kind = 'inside'
                           AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc'))
            AND NOT (COALESCE(message.list_id, '') = ''
                     AND EXISTS (SELECT 1 FROM recipient JOIN address_class AS own
                                    ON own.policy_id = :policy AND own.address_id = recipient.address_id
                                 WHERE recipient.message_id = message.id
                                   AND recipient.field IN ('sender', 'resent-from')
                                   AND own.kind = 'inside' AND NOT own.sister)))
           OR ((from_class.kind = 'outside' OR from_class.sister)
               AND NOT EXISTS (SELECT 1 FROM message_copy JOIN epoch ON epoch.id = message_copy.epoch_id
                                WHERE message_copy.message_id = message.id AND epoch.others_rule IS NULL)
               AND NOT EXISTS (SELECT 1 FROM recipient JOIN address_class AS own
                                  ON own.policy_id = :policy AND own.address_id = recipient.address_id
                                WHERE recipient.message_id = message.id AND recipient.field IN ('from', 'sender')
                                  AND own.kind IN ('inside', 'list') AND NOT own.sister)) AS is_from_others
      FROM message
      LEFT JOIN address_class AS from_class
        ON from_class.policy_id = :policy AND from_class.address_id = message.from_id
     WHERE (message.origin = 'received'
            OR (message.origin <> 'draft' AND (from_class.kind = 'outside' OR from_class.sister)))
"""

# A mailbox that is a sent one by its mark or name, not because somebody says so of a mailbox that holds all mail.
_WITH_OUTSIDERS = """
    SELECT DISTINCT message_copy.message_id, account.name
      FROM message_copy
      JOIN epoch ON epoch.id = message_copy.epoch_id
      JOIN mailbox ON mailbox.id = epoch.mailbox_id
      JOIN account ON account.id = mailbox.account_id
     WHERE message_copy.message_id IN ({messages}) AND mailbox.role = 'sent' AND mailbox.reason NOT IN (:named, :only)
       AND (SELECT COUNT(DISTINCT recipient.address_id)
              FROM recipient
              JOIN address_class ON address_class.policy_id = :policy
                                AND address_class.address_id = recipient.address_id
             WHERE recipient.message_id = message_copy.message_id AND address_class.outsider
               AND recipient.field IN ('to', 'cc', 'resent-to', 'resent-cc')) >= 2
"""

_INSIDERS = """
    SELECT DISTINCT recipient.message_id, address.address_key
      FROM recipient
      JOIN address ON address.id = recipient.address_id
      JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
     WHERE recipient.message_id IN ({messages}) AND address_class.kind = 'inside'
       AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')
"""


def mark_received(
    connection: Connection,
    policy_id: int,
    account_addresses: Iterable[tuple[str, AddressKey]] = (),
    among: Collection[int] | None = None,
) -> int:
    """
    Set origin `received` on mail from others that lies among sent mail; return how many messages changed.

    From others: written by an outsider and addressed to an insider. An
    outsider's From alone is not enough: people send from private addresses
    that nobody told us of, and their mail must not be missed. Nor is it
    enough when Sender or Resent-From is ours: somebody inside sent it on
    another's behalf, or redirected it; a list of ours does both and sends nothing of ours. Nor is it
    enough when the only insider is the account itself and two outsiders or
    more are shown: that is how people write to a list under an alias, with
    themselves in To. In mailboxes that were read for mail of ours it is
    enough: who is ours may have changed since the scan.

    Args:
        policy_id: Under which all addresses were classed.

        account_addresses: (account, its own address); of an account without one, any single insider is taken for it.

        among: Numbers of the messages to judge; None = all.
    """
    received: set[int] = set()
    former: set[int] = set()
    for query in _queries(_FROM_OTHERS, among):
        for number, origin, is_from_others in connection.execute(query, {"policy": policy_id}):
            if is_from_others:
                received.add(number)
            if origin == "received":
                former.add(number)
    received -= _under_an_alias(connection, policy_id, sorted(received), account_addresses)
    for origin, changed in (("received", received - former), ("sent", former - received)):
        for some in chunks(sorted(changed)):
            connection.execute(message.update().where(message.c.id.in_(some)).values(origin=origin))
    return len(received ^ former)


def _queries(query: str, among: Collection[int] | None) -> Iterator[TextClause]:
    """Yield a query that ends in its conditions, once for all messages, or for some of them at a time."""
    if among is None:
        yield text(query)
        return
    for some in chunks(sorted(among)):
        # Our own row numbers, a limited number of them.
        yield text(f"{query} AND message.id IN ({', '.join(map(str, some))})")


def _under_an_alias(
    connection: Connection, policy_id: int, numbers: Sequence[int], account_addresses: Iterable[tuple[str, AddressKey]]
) -> set[int]:
    """Return those of the messages that an account's owner wrote under an address that counts as outside."""
    own: dict[str, set[str]] = {}
    for name, key in account_addresses:
        own.setdefault(name, set()).add(key)
    places: dict[int, set[str]] = {}
    insiders: dict[int, set[str]] = {}
    values = {"policy": policy_id, "named": NAMED_IN_SETTINGS, "only": ONLY_MAILBOX}
    for some in chunks(numbers):
        # Our own row numbers, a limited number of them.
        within = ", ".join(map(str, some))
        for number, name in connection.execute(text(_WITH_OUTSIDERS.format(messages=within)), values):
            places.setdefault(number, set()).add(name)
        for number, key in connection.execute(text(_INSIDERS.format(messages=within)), {"policy": policy_id}):
            insiders.setdefault(number, set()).add(key)
    return {
        number
        for number, names in places.items()
        if any(insiders[number] <= own[name] if name in own else len(insiders[number]) == 1 for name in names)
    }


# Of some names, those that two messages have.
_NOTE_SHARED = """
    UPDATE message SET defects = TRIM(COALESCE(defects, '') || ' message_id_shared')
     WHERE message_id <> '' AND message_id IN ({names})
       AND EXISTS (SELECT 1 FROM message AS other
                    WHERE other.message_id = message.message_id AND other.id <> message.id)
       AND (defects IS NULL OR defects NOT LIKE '%message_id_shared%')
"""


def note_shared_ids(connection: Connection, among: Collection[int] | None = None) -> None:
    """
    Note the defect `message_id_shared` on messages whose Message-ID another message has too.

    RFC 5322, 3.6.4 wants it unique; with two recipient sets under one
    Message-ID there are two messages (CONTRACTS: Messages).

    Args:
        connection: To the store.

        among: Numbers of messages that have come or changed: theirs are looked at; None = all.
    """
    if among is not None:
        for some in chunks(sorted(among)):
            within = ", ".join(map(str, some))
            connection.execute(
                text(_NOTE_SHARED.format(names=f"SELECT message_id FROM message WHERE id IN ({within})"))
            )
        return
    connection.execute(
        text("""
            UPDATE message SET defects = TRIM(COALESCE(defects, '') || ' message_id_shared')
             WHERE message_id IN (SELECT message_id FROM message WHERE message_id <> ''
                                   GROUP BY message_id HAVING COUNT(*) > 1)
               AND (defects IS NULL OR defects NOT LIKE '%message_id_shared%')
        """)
    )
