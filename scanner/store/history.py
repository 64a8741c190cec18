"""What the store holds around a known mail: the same list, the same people, senders and subjects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, TextClause, select, text

from scanner.model import AddressKey, Identity, IncidentKey
from scanner.store.insert import chunks
from scanner.store.octets import identity_from
from scanner.store.schema import address, finding, incident, incident_message, message

_AT_ONCE = 20_000
"""Addresses in one pass over all recipients."""

_SHARING = """
    SELECT message_id, COUNT(DISTINCT address_id) AS shared,
           COUNT(DISTINCT CASE WHEN field <> 'bcc' THEN address_id END) AS shown
      FROM recipient
     WHERE field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc') AND address_id IN ({numbers})
     GROUP BY message_id
"""

_SIZES = """
    SELECT recipient.message_id, COUNT(DISTINCT recipient.address_id) AS size
      FROM recipient
      JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
     WHERE recipient.field IN ('to', 'cc', 'bcc', 'resent-to', 'resent-cc') AND address_class.outsider
       AND recipient.message_id IN ({numbers})
     GROUP BY recipient.message_id
"""

_EXPOSED = """
    SELECT DISTINCT message.identity, message.sent_at, incident_message.incident_key, recipient.address_id
      FROM incident_message
      JOIN message ON message.id = incident_message.message_id
      JOIN recipient ON recipient.message_id = message.id
     WHERE incident_message.run_id = :run AND incident_message.part = 'exposing'
       AND recipient.field IN ('to', 'cc', 'resent-to', 'resent-cc') AND recipient.address_id IN ({numbers})
"""


@dataclass(frozen=True, slots=True)
class Mailing:
    """A stored message that has something in common with the known mail."""

    identity: Identity
    sent_at: int
    subject: str
    shown: int
    """Addresses it shows: of the list that is looked for, or, for a subject, outsiders."""

    hidden: int
    """The same that stand in Bcc only."""

    incident: IncidentKey | None
    """The incident it belongs to."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One address that a message of an incident showed."""

    identity: Identity
    sent_at: int
    incident: IncidentKey
    key: AddressKey


def mailings_to(
    connection: Connection, run_id: int, policy_id: int, keys: Sequence[AddressKey], share: int
) -> Iterator[Mailing]:
    """
    Yield sent messages to the same list, unordered: at least two of the addresses, and a share of the smaller list.

    Args:
        connection: To the store.

        run_id: Of the analysis that names the incidents.

        policy_id: Under which addresses were classed.

        keys: The outsiders of the known mail.

        share: How much of the smaller list must be shared, in per cent; a list is all outsiders of a message.
    """
    counts: dict[int, list[int]] = {}
    for some in chunks(list(_numbers(connection, keys)), _AT_ONCE):
        for number, shared, shown in connection.execute(_filled(_SHARING, some)):
            total = counts.setdefault(number, [0, 0])
            total[0] += shared
            total[1] += shown
    counts = {number: total for number, total in counts.items() if total[0] >= 2}
    for some in chunks(sorted(counts)):
        rows = connection.execute(_filled(_SIZES, some), {"policy": policy_id})
        sizes = {row.message_id: row.size for row in rows}
        for row in connection.execute(_described(run_id).where(message.c.id.in_(some) & (message.c.origin == "sent"))):
            shared, shown = counts[row.id]
            if 100 * shared >= share * min(len(keys), max(sizes.get(row.id, 0), 2)):
                yield _mailing(row, shown, shared - shown)


def mailings_about(connection: Connection, run_id: int, word: str) -> Iterator[Mailing]:
    """Yield sent messages whose subject holds a word, in any case, unordered; "" = all of them."""
    query = _described(run_id).where(message.c.origin == "sent")
    if word:
        query = query.where(message.c.subject.icontains(word, autoescape=True))
    for row in connection.execute(query):
        yield _mailing(row, row.outsiders or 0, row.bcc_outsiders or 0)


def exposures_of(connection: Connection, run_id: int, keys: Sequence[AddressKey]) -> Iterator[Exposed]:
    """Yield, unordered, which of these addresses the messages of all incidents showed, queued or not."""
    numbers = _numbers(connection, keys)
    for some in chunks(list(numbers), _AT_ONCE):
        for row in connection.execute(_filled(_EXPOSED, some), {"run": run_id}):
            yield Exposed(
                identity_from(row.identity), row.sent_at, IncidentKey(row.incident_key), numbers[row.address_id]
            )


def incidents_from(
    connection: Connection, run_id: int, senders: Iterable[AddressKey]
) -> Iterator[tuple[Identity, int, IncidentKey]]:
    """Yield (identity, moment, incident), unordered, of the messages of all incidents that have one of these Froms."""
    numbers = list(_numbers(connection, sorted(senders)))
    part = incident_message.c
    for some in chunks(numbers):
        rows = connection.execute(
            select(message.c.identity, message.c.sent_at, part.incident_key)
            .select_from(incident_message.join(message))
            .where((part.run_id == run_id) & (part.part == "exposing") & message.c.from_id.in_(some))
        )
        for row in rows:
            yield identity_from(row.identity), row.sent_at, IncidentKey(row.incident_key)


def ranks(connection: Connection, run_id: int, keys: Iterable[IncidentKey]) -> dict[IncidentKey, int]:
    """Return the rank of each of these incidents, 0 = not queued."""
    found: dict[IncidentKey, int] = {}
    for some in chunks(sorted(keys)):
        query = select(incident.c.key, incident.c.rank).where((incident.c.run_id == run_id) & incident.c.key.in_(some))
        found.update((IncidentKey(key), rank) for key, rank in connection.execute(query))
    return found


def _numbers(connection: Connection, keys: Sequence[AddressKey]) -> dict[int, AddressKey]:
    numbers: dict[int, AddressKey] = {}
    for some in chunks(keys):
        rows = connection.execute(select(address.c.id, address.c.address_key).where(address.c.address_key.in_(some)))
        numbers.update((row.id, AddressKey(row.address_key)) for row in rows)
    return numbers


def _described(run_id: int) -> Select[Any]:
    """Select messages with the incident of a run that they expose in, and what was found of them."""
    part = (
        select(incident_message.c.message_id, incident_message.c.incident_key)
        .where((incident_message.c.run_id == run_id) & (incident_message.c.part == "exposing"))
        .subquery()
    )
    columns = (message.c.id, message.c.identity, message.c.sent_at, message.c.subject)
    joined = message.outerjoin(part, part.c.message_id == message.c.id).outerjoin(
        finding, (finding.c.message_id == message.c.id) & (finding.c.run_id == run_id)
    )
    return select(*columns, part.c.incident_key, finding.c.outsiders, finding.c.bcc_outsiders).select_from(joined)


def _mailing(row: Row[Any], shown: int, hidden: int) -> Mailing:
    key = IncidentKey(row.incident_key) if row.incident_key else None
    return Mailing(identity_from(row.identity), row.sent_at, row.subject, shown, hidden, key)


def _filled(query: str, numbers: Sequence[int]) -> TextClause:
    # Our own row numbers, so that any many of them fit; bound values are limited.
    return text(query.format(numbers=", ".join(map(str, numbers))))
