"""Who was written to alone, and since when: sent mail that went to one outsider and nobody else outside."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select, text

from scanner.model import AddressKey
from scanner.store.class_byte import OUTSIDER
from scanner.store.insert import chunks
from scanner.store.schema import address

_TO_ANYBODY = "IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc')"

# One walk through the recipients, since no index finds them by address; of the few that are asked for, the others of
# their message are looked at. An entry that cannot be read may be somebody outside; an X.500 name is somebody inside.
_ALONE = f"""
    SELECT recipient.address_id, message.sent_at
      FROM recipient {{join}} message ON message.id = recipient.message_id
     WHERE {{wanted}}
       AND recipient.field {_TO_ANYBODY}
       AND message.origin = 'sent'
       AND NOT EXISTS (
           SELECT 1
             FROM recipient AS other {{classes}}
            WHERE other.message_id = recipient.message_id
              AND other.field {_TO_ANYBODY}
              AND COALESCE(other.defect, '') <> 'x500_name'
              AND (other.address_id IS NULL OR (other.address_id <> recipient.address_id AND ({{counts}}))))
"""
# CROSS JOIN keeps this order of loops (SQLite's documentation of CROSS JOIN).
_SQLITE_ALONE = _ALONE.format(
    join="CROSS JOIN",
    wanted=f"SUBSTR(:wanted, recipient.address_id + 1, 1) = X'{OUTSIDER:02}'",
    classes="",
    counts="SUBSTR(:classes, other.address_id + 1, 1) > X'00'",
)
_POSTGRESQL_ALONE = _ALONE.format(
    join="JOIN",
    wanted="recipient.address_id = ANY(:wanted)",
    classes="""LEFT JOIN address_class AS other_class
                ON other_class.policy_id = :policy AND other_class.address_id = other.address_id""",
    counts="other_class.outsider OR other_class.kind = 'unresolved'",
)


_OUTSIDERS = f"""
    SELECT recipient.message_id, address.address_key, message.sent_at
      FROM recipient
      JOIN message ON message.id = recipient.message_id
      JOIN address ON address.id = recipient.address_id
      JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
     WHERE recipient.message_id IN ({{messages}}) AND recipient.field {_TO_ANYBODY} AND address_class.outsider
"""


def first_alone(
    connection: Connection, policy_id: int, keys: Collection[AddressKey], classes: bytes
) -> dict[AddressKey, int]:
    """
    Return the earliest sent message whose only outsider, Bcc included, was each of these addresses.

    Args:
        connection: To the store.

        policy_id: Under which all addresses were classed.

        keys: To ask for. Who is no outsider by class was never written to alone.

        classes: From `class_bytes`, for SQLite.

    Returns:
        Address → moment; whom no such message went to is left out.
    """
    names: dict[int, AddressKey] = {}
    for some in chunks(sorted(keys)):
        rows = connection.execute(select(address.c.id, address.c.address_key).where(address.c.address_key.in_(some)))
        names.update((number, AddressKey(key)) for number, key in rows)
    found: dict[AddressKey, int] = {}
    for number, moment in _alone(connection, policy_id, sorted(names), classes) if names else ():
        key = names[number]
        found[key] = min(moment, found.get(key, moment))
    return found


def outsiders_of(
    connection: Connection, policy_id: int, numbers: Collection[int]
) -> Iterator[tuple[int, AddressKey, int]]:
    """Yield (message, address, sent_at) of all outsiders that these messages went to, as often as they stand there."""
    for some in chunks(sorted(numbers)):
        # Our own row numbers, a limited number of them.
        query = text(_OUTSIDERS.format(messages=", ".join(map(str, some))))
        for number, key, moment in connection.execute(query, {"policy": policy_id}):
            yield number, AddressKey(key), moment


def _alone(connection: Connection, policy_id: int, wanted: list[int], classes: bytes) -> Iterator[tuple[int, int]]:
    """Yield (number of the address, moment) of every message that went to one of these alone."""
    if connection.dialect.name == "sqlite":
        asked = bytearray(wanted[-1] + 1)
        for number in wanted:
            asked[number] = OUTSIDER if classes[number : number + 1] == bytes([OUTSIDER]) else 0
        query, values = text(_SQLITE_ALONE), {"wanted": bytes(asked), "classes": classes}
        yield from map(tuple, connection.execute(query, values))
        return
    within = "SELECT address_id FROM address_class WHERE policy_id = :policy AND outsider AND address_id = ANY(:wanted)"
    outsiders = list(connection.execute(text(within), {"policy": policy_id, "wanted": wanted}).scalars())
    query = text(_POSTGRESQL_ALONE)
    yield from map(tuple, connection.execute(query, {"policy": policy_id, "wanted": outsiders}))
