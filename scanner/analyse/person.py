"""
People behind addresses: merging, and the people of all queued incidents.

Addresses are one person's only for a reason that the address itself gives
(`scanner.addresses.person`). The same full name at two addresses is never
enough: two people may share a name.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from scanner.addresses.person import person_key
from scanner.analyse.name import best_tier
from scanner.model import AddressKey, Incident, IncidentKey, Person, Tier

_DIGITS = 16


@lru_cache(maxsize=1 << 17)
def merged_key(key: AddressKey) -> str:
    """Return the form that all addresses of one person reduce to."""
    return person_key(key)[0]


def merge_reasons(key: AddressKey) -> tuple[str, ...]:
    """Return why an address was reduced to `merged_key`, in words; empty if it stands for itself."""
    return tuple(person_key(key)[1])


@lru_cache(maxsize=1 << 17)
def person_id(key: AddressKey) -> str:
    """
    Return the name of the person behind an address: 16 hex digits of the SHA-256 of `merged_key`.

    The reduced form is the smallest key of the person that can exist, so the
    name is the same in every incident and does not change when a further
    address of the person is found.
    """
    return hashlib.sha256(merged_key(key).encode()).hexdigest()[:_DIGITS]


@dataclass(slots=True)
class _Known:
    addresses: set[AddressKey] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    tiers: set[Tier] = field(default_factory=set)
    incidents: list[IncidentKey] = field(default_factory=list)
    first_sent_at: int = 0
    last_sent_at: int = 0


class PeopleCollector:
    """The exposed people of all queued incidents, from one incident at a time."""

    def __init__(self) -> None:
        self._people: dict[str, _Known] = {}

    def add(self, incident: Incident) -> None:
        """Take the exposed addresses of one incident; every incident once, in any order."""
        moments = {entry.message.identity: entry.message.sent_at for entry in incident.messages}
        for exposed in incident.exposed:
            times = [moments[identity] for identity in exposed.messages]
            known = self._people.get(exposed.person_id)
            if known is None:
                known = self._people[exposed.person_id] = _Known(first_sent_at=times[0], last_sent_at=times[0])
            known.addresses.add(exposed.key)
            known.names.update(exposed.display_names)
            known.tiers.add(exposed.tier)
            known.first_sent_at = min(known.first_sent_at, *times)
            known.last_sent_at = max(known.last_sent_at, *times)
            if incident.key not in known.incidents[-1:]:
                known.incidents.append(incident.key)

    def result(self) -> Iterator[Person]:
        """Yield the people by person_id; their incidents by key."""
        for name in sorted(self._people):
            known = self._people[name]
            addresses = tuple(sorted(known.addresses))
            yield Person(
                person_id=name,
                addresses=addresses,
                display_names=tuple(sorted(known.names)),
                tier=best_tier(known.tiers),
                merge_reasons=_reasons(addresses),
                incidents=tuple(sorted(set(known.incidents))),
                first_sent_at=known.first_sent_at,
                last_sent_at=known.last_sent_at,
            )


def _reasons(addresses: Iterable[AddressKey]) -> tuple[str, ...]:
    keys = list(addresses)
    if len(keys) < 2:
        return ()
    return tuple(sorted({reason for key in keys for reason in merge_reasons(key)}))
