"""Which messages, senders and people the incidents of a run have, read for all of them at once."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from scanner.model import AddressKey, Identity, IncidentKey
from scanner.store import schema
from scanner.store.octets import identity_from

_IDENTITY_DIGITS = 64


def incident_members(connection: Connection, run_id: int) -> dict[IncidentKey, frozenset[Identity]]:
    """Return the exposing messages of every incident of a run, queued or not."""
    part, message = schema.incident_message, schema.message
    rows = connection.execute(
        select(part.c.incident_key, message.c.identity)
        .select_from(part.join(message))
        .where((part.c.run_id == run_id) & (part.c.part == "exposing"))
    )
    found: dict[IncidentKey, set[Identity]] = {}
    for key, identity in rows:
        found.setdefault(IncidentKey(key), set()).add(identity_from(identity))
    return {key: frozenset(identities) for key, identities in found.items()}


def incident_senders(connection: Connection, run_id: int) -> dict[IncidentKey, frozenset[AddressKey]]:
    """Return the From addresses of the exposing messages of every incident of a run; none = not in the answer."""
    part, recipient, address = schema.incident_message, schema.recipient, schema.address
    rows = connection.execute(
        select(part.c.incident_key, address.c.address_key)
        .select_from(
            part.join(recipient, recipient.c.message_id == part.c.message_id).join(
                address, address.c.id == recipient.c.address_id
            )
        )
        .where((part.c.run_id == run_id) & (part.c.part == "exposing") & (recipient.c.field == "from"))
        .distinct()
    )
    found: dict[IncidentKey, set[AddressKey]] = {}
    for key, sender in rows:
        found.setdefault(IncidentKey(key), set()).add(AddressKey(sender))
    return {key: frozenset(senders) for key, senders in found.items()}


def people_of_queue(connection: Connection, run_id: int) -> Iterator[tuple[AddressKey | None, str]]:
    """
    Yield (key, name shown) of everybody in a message of a queued incident or in a Bcc sibling of one, unordered.

    Each pair once; the name may be "". An entry that is no address has no key
    and its text for a name.
    """
    part, recipient, address, incident = schema.incident_message, schema.recipient, schema.address, schema.incident
    rows = connection.execute(
        select(address.c.address_key, recipient.c.display_name, recipient.c.written)
        .select_from(
            part.join(incident, (incident.c.run_id == part.c.run_id) & (incident.c.key == part.c.incident_key))
            .join(recipient, recipient.c.message_id == part.c.message_id)
            .outerjoin(address, address.c.id == recipient.c.address_id)
        )
        .where((part.c.run_id == run_id) & (incident.c.rank > 0))
        .distinct()
    )
    for key, name, written in rows:
        if key is None:
            yield None, written or ""
        if key is not None or name:
            yield key, bytes(name or b"").decode("utf-8", "replace")


def incidents_holding(connection: Connection, run_id: int, beginning: str) -> tuple[IncidentKey, ...]:
    """
    Return the keys of the incidents that hold a message whose identity begins so, sorted; at most two.

    The key of an incident that was joined to an earlier one is the beginning
    of an identity that the joined one holds.
    """
    if not beginning or set(beginning) - set("0123456789abcdef") or len(beginning) > _IDENTITY_DIGITS:
        return ()
    part, message = schema.incident_message, schema.message
    first, last = (bytes.fromhex(beginning.ljust(_IDENTITY_DIGITS, digit)) for digit in "0f")
    rows = connection.execute(
        select(part.c.incident_key)
        .select_from(part.join(message))
        .where((part.c.run_id == run_id) & (part.c.part == "exposing") & message.c.identity.between(first, last))
        .distinct()
        .order_by(part.c.incident_key)
        .limit(2)
    )
    return tuple(map(IncidentKey, rows.scalars()))
