"""The store as the source of an analysis: which messages may expose, found in SQL by the classes of addresses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from sqlalchemy import Connection, Engine, select, text

from scanner.model import (
    SENDER_FIELDS,
    AddressKey,
    OutsiderTest,
    Pattern,
    Policy,
    StoredMessage,
)
from scanner.store.alone import first_alone
from scanner.store.class_byte import OUTSIDER, UNRESOLVED, class_bytes
from scanner.store.insert import chunks
from scanner.store.reader import list_posts, messages_in_order
from scanner.store.schema import (
    account,
    address,
    mailbox,
    message,
    recipient,
)

# Outsiders of all fields (siblings in Bcc are evidence), and entries that could not be read as an address. Two distinct
# outsiders are there when the smallest and the largest number differ: cheaper than to count distinct ones.
_CANDIDATES = """
    SELECT recipient.message_id
      FROM recipient {classes}
     WHERE (recipient.address_id IS NULL OR {counts})
       AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')
     GROUP BY recipient.message_id
    HAVING MIN(CASE WHEN {outsider} THEN recipient.address_id END)
         < MAX(CASE WHEN {outsider} THEN recipient.address_id END)
        OR SUM(CASE WHEN recipient.address_id IS NULL OR {unresolved} THEN 1 ELSE 0 END)
         + MAX(CASE WHEN {outsider} THEN 1 ELSE 0 END) >= 2
"""

_CLASS_BYTE = "SUBSTR(:classes, recipient.address_id + 1, 1)"
_SQLITE_CANDIDATES = _CANDIDATES.format(
    classes="",
    counts=f"{_CLASS_BYTE} > X'00'",
    outsider=f"{_CLASS_BYTE} = X'{OUTSIDER:02}'",
    unresolved=f"{_CLASS_BYTE} = X'{UNRESOLVED:02}'",
)
_POSTGRESQL_CANDIDATES = _CANDIDATES.format(
    classes="""LEFT JOIN address_class
            ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id""",
    counts="address_class.outsider OR address_class.kind = 'unresolved'",
    outsider="address_class.outsider",
    unresolved="address_class.kind = 'unresolved'",
)

# Of some messages, those with two recipients: cheaper than to group all recipients of the store.
_SHARED = """
    SELECT message.id
      FROM message
     WHERE message.id IN ({messages})
       AND (SELECT COUNT(DISTINCT recipient.address_id) FROM recipient
             WHERE recipient.message_id = message.id
               AND recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')) >= 2
"""


class StoreSource:
    """
    A `scanner.model.MessageSource` over the store.

    Args:
        engine: An opened store.

        policy_id: Under which all addresses were classed.
    """

    def __init__(self, engine: Engine, policy_id: int) -> None:
        self._engine = engine
        self._policy_id = policy_id
        self._classes: bytes | None = None

    def address_keys(self) -> Iterator[AddressKey]:
        """Yield every distinct key, in the order of keys."""
        with self._engine.connect() as connection:
            keys = connection.execute(select(address.c.address_key)).scalars()
            yield from sorted(AddressKey(key) for key in keys)

    def list_posts(self) -> Iterator[AddressKey]:
        """Yield the keys of addresses that List-Post fields name (RFC 2369, 3.4), sorted."""
        with self._engine.connect() as connection:
            yield from list_posts(connection)

    def candidates(self, outsiders: OutsiderTest, policy: Policy) -> Iterator[StoredMessage]:
        """Yield messages with two outsiders or more, Bcc included, by (sent_at, identity); see MessageSource."""
        del outsiders  # The classes stand in the store, decided by the same test.
        with self._engine.connect() as connection:
            numbers = self._with_outsiders(connection)
            numbers.update(protected_messages(connection, policy))
            yield from messages_in_order(connection, numbers, only_sent=True)

    def by_message_id(self, message_ids: frozenset[str]) -> Iterator[StoredMessage]:
        """Yield the stored messages that carry one of these Message-IDs, by (sent_at, identity)."""
        with self._engine.connect() as connection:
            numbers: set[int] = set()
            for some in chunks(sorted(message_ids)):
                numbers.update(connection.execute(select(message.c.id).where(message.c.message_id.in_(some))).scalars())
            yield from messages_in_order(connection, numbers, only_sent=False)

    def first_alone(self, keys: Collection[AddressKey], outsiders: OutsiderTest) -> Mapping[AddressKey, int]:
        """Return when each address was first written to alone; see MessageSource."""
        del outsiders
        with self._engine.connect() as connection:
            return first_alone(connection, self._policy_id, keys, self._class_bytes(connection))

    def _with_outsiders(self, connection: Connection) -> set[int]:
        """Return messages with two outsiders or more, or with two outsiders and unresolved entries together."""
        if connection.dialect.name == "sqlite":
            classes = {"classes": self._class_bytes(connection)}
            return set(connection.execute(text(_SQLITE_CANDIDATES), classes).scalars())
        return set(connection.execute(text(_POSTGRESQL_CANDIDATES), {"policy": self._policy_id}).scalars())

    def _class_bytes(self, connection: Connection) -> bytes:
        """Return what `class_bytes` gives, read once; only SQLite uses it."""
        if self._classes is None:
            self._classes = class_bytes(connection, self._policy_id) if connection.dialect.name == "sqlite" else b""
        return self._classes


def candidates_among(connection: Connection, policy_id: int, policy: Policy, numbers: Collection[int]) -> set[int]:
    """Return those of the messages, by number, that `StoreSource.candidates` would yield."""
    found: set[int] = set()
    for some in chunks(sorted(numbers)):
        # Our own row numbers, a limited number of them.
        within = f"recipient.message_id IN ({', '.join(map(str, some))}) AND (recipient.address_id IS NULL"
        query = text(_POSTGRESQL_CANDIDATES.replace("(recipient.address_id IS NULL", within, 1))
        found.update(connection.execute(query, {"policy": policy_id}).scalars())
    found.update(protected_messages(connection, policy).intersection(numbers))
    sent: set[int] = set()
    for some in chunks(sorted(found)):
        is_sent = message.c.id.in_(some) & (message.c.origin == "sent")
        sent.update(connection.execute(select(message.c.id).where(is_sent)).scalars())
    return sent


def protected_messages(connection: Connection, policy: Policy) -> set[int]:
    """Return messages of protected mailboxes, accounts and senders: all their recipients count."""
    found: set[int] = set()
    wanted = [entry.pattern for entry in policy.protected if entry.pattern.by in ("mailbox", "account")]
    if wanted:
        boxes = select(mailbox.c.id, mailbox.c.name, account.c.name).select_from(mailbox.join(account))
        numbers = [
            number
            for number, name, owner in connection.execute(boxes)
            if any(_fits(pattern, *_places(pattern, name, owner)) for pattern in wanted)
        ]
        found |= _shared(
            connection,
            "SELECT message_copy.message_id FROM message_copy JOIN epoch ON epoch.id = message_copy.epoch_id"
            " WHERE epoch.mailbox_id IN ({numbers})",
            numbers,
        )
    wanted = [entry.pattern for entry in policy.protected if entry.pattern.by == "sender"]
    if wanted:
        senders = select(recipient.c.address_id).where(recipient.c.field.in_(sorted(SENDER_FIELDS)))
        keys = select(address.c.id, address.c.address_key).where(address.c.id.in_(senders))
        numbers = [number for number, key in connection.execute(keys) if any(_fits(pattern, key) for pattern in wanted)]
        found |= _shared(
            connection,
            "SELECT recipient.message_id FROM recipient"
            " WHERE recipient.field IN ('from', 'sender', 'resent-from') AND recipient.address_id IN ({numbers})",
            numbers,
        )
    return found


def _shared(connection: Connection, messages: str, numbers: Sequence[int]) -> set[int]:
    if not numbers:
        return set()
    # Our own row numbers, so that any many of them fit; bound values are limited.
    query = _SHARED.format(messages=messages.format(numbers=", ".join(map(str, numbers))))
    return set(connection.execute(text(query)).scalars())


def _places(pattern: Pattern, name: str, owner: str) -> tuple[str, ...]:
    return (name, f"{owner}/{name}") if pattern.by == "mailbox" else (owner,)


def _fits(pattern: Pattern, *texts: str) -> bool:
    # Without regard to case, as analysis matches its patterns.
    return any(fnmatchcase(one.casefold(), pattern.glob.casefold()) for one in texts)
