"""What is new, grown, merged, split or gone between two analyses."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from scanner.model import Identity, Incident, IncidentKey
from scanner.store.insert import chunks
from scanner.store.schema import incident, incident_message, message


@dataclass(frozen=True, slots=True)
class Stood:
    """An incident as it stood in one analysis."""

    queued: bool
    messages: tuple[int, ...]
    """Numbers, by (sent_at, identity)."""

    addresses: int | None
    """Exposed; None = a version that did not keep it."""


Row = tuple[IncidentKey, str, str]
"""(incident, change, detail)."""


def find_changes(
    former: Mapping[IncidentKey, Stood], now: Mapping[IncidentKey, Stood], is_new: Callable[[IncidentKey], bool]
) -> Iterator[Row]:
    """
    Yield what has changed in the queue, by key; unchanged incidents may be left out of both sides.

    new: queued, and no message of it was. entered: the same, but not by new
    mail. grown: more messages or addresses. merged (into KEY): its messages
    are now another incident's, of which it has become a part, or which has an
    earlier first message and so another key. split (from KEY): it holds a part
    of the messages of another one, which stands. gone: not queued any more.

    Args:
        former: Incidents of the analysis before.

        now: Incidents of this one.

        is_new: Tells whether new mail has brought an incident into the queue.
    """
    before = {number: key for key, stood in former.items() if stood.queued for number in stood.messages}
    here = {number: key for key, stood in now.items() for number in stood.messages}
    for key in sorted(former.keys() | now.keys()):
        was, stands = former.get(key), now.get(key)
        was_queued, is_queued = was is not None and was.queued, stands is not None and stands.queued
        if is_queued and stands is not None:
            yield from _arrived(key, was if was_queued else None, stands, former, before, now, is_new)
        elif was_queued and was is not None:
            heir = here.get(was.messages[0]) if stands is None and was.messages else None
            if heir is not None and now[heir].queued:
                yield key, "merged", f"into {heir}"
            else:
                yield key, "gone", _messages(was)


def _arrived(
    key: IncidentKey,
    was: Stood | None,
    stands: Stood,
    former: Mapping[IncidentKey, Stood],
    before: Mapping[int, IncidentKey],
    now: Mapping[IncidentKey, Stood],
    is_new: Callable[[IncidentKey], bool],
) -> Iterator[Row]:
    if was is not None:
        more = _growth(was, stands)
        if more:
            yield key, "grown", more
        return
    origins = sorted({before[number] for number in stands.messages if number in before})
    standing = [origin for origin in origins if origin in now]
    if standing:
        yield key, "split", f"from {standing[0]}"
    elif origins:
        # Another first message gives another key: the incident is not new.
        heirs = [origin for origin in origins if former[origin].messages[0] in stands.messages]
        if not heirs:
            yield key, "split", f"from {origins[0]}"
        elif any(_growth(former[origin], stands) for origin in heirs):
            yield key, "grown", f"from {', '.join(heirs)}"
    else:
        yield key, "new" if is_new(key) else "entered", _messages(stands)


def _growth(was: Stood, stands: Stood) -> str:
    parts = []
    if len(stands.messages) > len(was.messages):
        parts.append(f"{len(was.messages)} → {_messages(stands)}")
    if was.addresses is not None and stands.addresses is not None and stands.addresses > was.addresses:
        parts.append(f"{was.addresses} → {stands.addresses} addresses")
    return ", ".join(parts)


def _messages(stood: Stood) -> str:
    count = len(stood.messages)
    return f"{count} message{'' if count == 1 else 's'}"


def stands_now(incidents: Iterable[Incident], numbers: Mapping[Identity, int]) -> dict[IncidentKey, Stood]:
    """Return incidents of an analysis as they stand in it; `numbers` has those of their messages."""
    return {
        one.key: Stood(
            queued=bool(one.queued),
            messages=tuple(numbers[entry.message.identity] for entry in one.messages),
            addresses=one.ladder.exposed_addresses,
        )
        for one in incidents
    }


def stood_before(
    connection: Connection, result_id: int, keys: Collection[IncidentKey] | None = None
) -> dict[IncidentKey, Stood]:
    """
    Return incidents of a stored result as they stand.

    Args:
        connection: To the store.

        result_id: Whose rows.

        keys: None = all that are queued.
    """
    found: dict[IncidentKey, Stood] = {}
    parts = [incident.c.rank > 0] if keys is None else [incident.c.key.in_(some) for some in chunks(sorted(keys))]
    for part in parts:
        columns = incident_message.c
        joined = incident.join(
            incident_message, (columns.run_id == incident.c.run_id) & (columns.incident_key == incident.c.key)
        ).join(message, message.c.id == columns.message_id)
        rows = connection.execute(
            select(incident.c.key, incident.c.rank, incident.c.exposed_addresses, columns.message_id)
            .select_from(joined)
            .where((incident.c.run_id == result_id) & part & (columns.part == "exposing"))
            .order_by(incident.c.key, message.c.sent_at, message.c.identity)
        )
        numbers: dict[IncidentKey, list[int]] = {}
        facts = {}
        for key, rank, addresses, number in rows:
            numbers.setdefault(IncidentKey(key), []).append(number)
            facts[IncidentKey(key)] = (rank > 0, addresses)
        for key, messages in numbers.items():
            queued, addresses = facts[key]
            found[key] = Stood(queued, tuple(messages), addresses)
    return found
