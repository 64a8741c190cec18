"""Which incidents are related otherwise than before, after new mail made or changed some."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.analyse import thin as term
from scanner.analyse.neighbourhood import Neighbourhood, TooWideError
from scanner.analyse.related import LIST_NEIGHBOURS, SENDER_NEIGHBOURS, STEM_NEIGHBOURS, Traits, relate
from scanner.analyse.renewal import Renewal
from scanner.analyse.thin import Thin
from scanner.model import AddressKey, IncidentKey

Place = tuple[int, IncidentKey]
"""(moment of the first message, key): the order in which incidents stand in a row."""


def renew_relations(
    near: Neighbourhood, renewal: Renewal, queued: Mapping[IncidentKey, bool]
) -> dict[IncidentKey, tuple[IncidentKey, ...]]:
    """
    Return the relations of all incidents whose relations are others than before.

    An incident that comes, goes or moves in a row pushes those behind it out
    of the reach of those before it. So what stands behind it within reach is
    related anew; what stands before it gains and loses these only.

    Args:
        near: As for `renew`.

        renewal: What `renew` returned.

        queued: Of each rebuilt incident, whether it is queued now.

    Raises:
        TooWideError: They touch too much.
    """
    rows = _Rows(near, renewal, queued)
    anew = rows.anew()
    related = rows.related(anew)
    cut = anew | renewal.former.keys()
    before = {key: set(json.loads(one.related)) for key, one in near.known(cut).items()}
    others = {other for keys in (*before.values(), *related.values()) for other in keys} - cut
    found = {key: tuple(sorted(keys)) for key, keys in related.items() if keys != before.get(key)}
    for key, one in near.known(others).items():
        was = set(json.loads(one.related))
        now = (was - cut) | {other for other, keys in related.items() if key in keys}
        if now != was:
            found[key] = tuple(sorted(now))
    return found


class _Rows:
    """Incidents by address, stem and sender, each row in order of time."""

    def __init__(self, near: Neighbourhood, renewal: Renewal, queued: Mapping[IncidentKey, bool]) -> None:
        self._near = near
        self._renewal = renewal
        self._queued = queued
        self._rows: dict[str, list[Place]] = {}

    def anew(self) -> set[IncidentKey]:
        """Return the incidents that came or changed, and those that stand within reach behind one that did."""
        known = self._near.known(self._renewal.rebuilt)
        changed: dict[IncidentKey, tuple[Thin, ...]] = {
            key: cluster.members
            for key, (cluster, _) in self._renewal.rebuilt.items()
            if key in self._renewal.regrouped or self._queued[key] != known[key].queued
        }
        moved = [*changed.items(), *self._renewal.former.items()]
        self._load(name for _, members in moved for name, _ in _traits(members))
        found = set(changed)
        for key, members in moved:
            place = (min(one.reading.sent_at for one in members), key)
            for name, reach in _traits(members):
                row = self._row(name)
                behind = bisect_right(row, place)
                found.update(other for _, other in row[behind : behind + reach])
        return found

    def related(self, keys: Iterable[IncidentKey]) -> dict[IncidentKey, set[IncidentKey]]:
        """Return the relations of incidents, each held against all that stand in a row with it."""
        asked = list(keys)
        names = {name for members in self._members(asked).values() for name, _ in _traits(members)}
        self._load(names)
        traits: dict[Place, dict[str, list[str]]] = {}
        for name in sorted(names):
            kind, text = name[0], name[2:]
            for place in self._row(name):
                traits.setdefault(place, {"a": [], "s": [], "u": []})[kind].append(text)
        order = sorted(traits)
        sizes = self._sizes(key for _, key in order)
        shown = [
            Traits(list(map(AddressKey, traits[place]["a"])), sizes[place[1]], traits[place]["s"], traits[place]["u"])
            for place in order
        ]
        wanted = set(asked)
        found: dict[IncidentKey, set[IncidentKey]] = {key: set() for key in asked}
        for (_, key), others in zip(order, relate(shown), strict=True):
            if key in wanted:
                found[key] = {order[other][1] for other in others}
        return found

    def _load(self, names: Iterable[str]) -> None:
        missing = {name for name in names if name not in self._rows}
        self._near.load(missing)
        region = self._renewal.region
        incidents: dict[str, set[IncidentKey]] = {}
        for name in missing:
            found = incidents.setdefault(name, set())
            for each in self._near.row(name):
                key = region.get(each.number) or each.incident
                if key is None:
                    raise TooWideError("a member belongs to no incident")
                found.add(key)
        self._near.known(key for found in incidents.values() for key in found)
        for name, found in incidents.items():
            by_sender = name[0] == "u"
            self._rows[name] = sorted(self._place(key) for key in found if not by_sender or self._is_queued(key))

    def _row(self, name: str) -> Sequence[Place]:
        return self._rows[name]

    def _place(self, key: IncidentKey) -> Place:
        cluster = self._renewal.regrouped.get(key)
        return (cluster.first_sent_at if cluster else self._near.one(key).first_sent_at, key)

    def _is_queued(self, key: IncidentKey) -> bool:
        if key in self._queued:
            return self._queued[key]
        return self._near.one(key).queued

    def _sizes(self, keys: Iterable[IncidentKey]) -> dict[IncidentKey, int]:
        wanted = set(keys)
        sizes = {key: one.size for key, one in self._near.known(wanted).items()}
        for key in wanted & self._renewal.regrouped.keys():
            sizes[key] = len(self._renewal.regrouped[key].keys)
        return sizes

    def _members(self, keys: Iterable[IncidentKey]) -> dict[IncidentKey, tuple[Thin, ...]]:
        found: dict[IncidentKey, tuple[Thin, ...]] = {}
        stored = []
        for key in keys:
            if key in self._renewal.rebuilt:
                found[key] = self._renewal.rebuilt[key][0].members
            else:
                stored.append(key)
        numbers = self._near.members(stored)
        loaded = self._near.thin(number for some in numbers.values() for number in some)
        found.update((key, tuple(loaded[number] for number in some)) for key, some in numbers.items())
        return found


def _traits(members: Iterable[Thin]) -> Iterator[tuple[str, int]]:
    """Yield the terms of the rows in which an incident stands, with their reach."""
    readings = [one.reading for one in members]
    yield from ((term.shown(key), LIST_NEIGHBOURS) for key in {key for one in readings for key in one.exposed})
    stems = {one.subject.stem for one in readings if not one.subject.commonplace}
    yield from ((term.stem_of(stem), STEM_NEIGHBOURS) for stem in stems)
    yield from ((term.sent_by(unit), SENDER_NEIGHBOURS) for unit in {unit for one in readings for unit in one.units})
