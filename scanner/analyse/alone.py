"""
Who had been written to one by one, until a mail showed them to each other.

A list whose people we had always written to alone is a list of customers or
patients, whatever they share. It is told of each mail by itself: mail that we
sent in the open before, in the same incident or another, takes nothing away.
"""

from collections.abc import Iterable, Mapping

from scanner.analyse.reading import Reading
from scanner.model import AddressKey, Identity, MessageSource, OutsiderTest, StoredMessage

LEAST = 8
"""Fewer people may each have got a mail by chance."""

NOBODY: Mapping[Identity, int] = {}
"""No mail exposes anybody who had been written to alone."""

_TO_ANYBODY = frozenset({"to", "cc", "bcc", "resent-to", "resent-cc"})


def is_asked(reading: Reading) -> bool:
    """Tell whether a mail shows enough people to ask how they were written to before."""
    return len(reading.exposed) >= LEAST


def count_alone(readings: Iterable[Reading], source: MessageSource, classify: OutsiderTest) -> dict[Identity, int]:
    """Return of each mail how many of those it exposes had been written to alone before it; 0 is left out."""
    asked = [reading for reading in readings if is_asked(reading)]
    first = source.first_alone({key for reading in asked for key in reading.exposed}, classify) if asked else {}
    counts = (
        (reading.identity, sum(1 for key in reading.exposed if key in first and first[key] < reading.sent_at))
        for reading in asked
    )
    return {identity: count for identity, count in counts if count}


def most_alone(mails: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return of (people written to alone, people exposed) the one with the largest share; (0, 0) when there is none."""
    return max(
        ((count, people) for count, people in mails if count),
        key=lambda mail: (mail[0] / mail[1], mail),
        default=(0, 0),
    )


def first_alone(
    messages: Iterable[StoredMessage], keys: Iterable[AddressKey], classify: OutsiderTest
) -> Mapping[AddressKey, int]:
    """Return what `MessageSource.first_alone` asks of these messages."""
    wanted = frozenset(keys)
    found: dict[AddressKey, int] = {}
    for message in messages:
        key = _sole_outsider(message, classify)
        if key in wanted and key is not None and message.origin == "sent":
            found[key] = min(message.sent_at, found.get(key, message.sent_at))
    return found


def _sole_outsider(message: StoredMessage, classify: OutsiderTest) -> AddressKey | None:
    found: set[AddressKey] = set()
    for entry in message.recipients:
        if entry.field not in _TO_ANYBODY or entry.defect == "x500_name":
            continue
        if entry.key is None or (address := classify(entry.key)).kind == "unresolved":
            return None
        if address.outsider:
            found.add(entry.key)
    return found.pop() if len(found) == 1 else None
