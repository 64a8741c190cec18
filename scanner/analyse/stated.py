"""
Who is one person, and how well named: by rule, and by what persons have stated about it.

Statements speak of addresses. A split takes an address out of every merge, by
rule or stated before; what is left of its person stays together. A merge
joins the persons behind its addresses. The later statement wins, and one that
was taken back counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from scanner.analyse.name import tier_of
from scanner.analyse.person import merge_reasons, merged_key, name_of_person, person_id
from scanner.analyse.phrase import quoted
from scanner.model import AUTOMATIC, AddressClass, AddressKey, MergeConfidence, PeopleStatement, Tier

_Node: TypeAlias = tuple[str, bool]
"""A reduced key and whether it is the address itself, standing alone, instead of all that reduce to it."""

_TAG = "plus-tag"
"""Rests on a custom that most mail servers follow; the others are rules of the provider."""


class StatedPeople:
    """
    Answers who is one person.

    Args:
        statements: Of the log, those of a later moment left out; in any order.
    """

    def __init__(self, statements: Iterable[PeopleStatement] = ()) -> None:
        self._alone: set[AddressKey] = set()
        self._tiers: dict[AddressKey, tuple[Tier, str]] = {}
        self._ids: dict[_Node, str] = {}
        self._merges: dict[_Node, list[PeopleStatement]] = {}
        merges: list[tuple[PeopleStatement, set[AddressKey]]] = []
        for statement in standing(statements):
            if statement.kind == "merge":
                merges.append((statement, set(statement.addresses)))
            elif statement.kind == "split":
                self._alone.update(statement.addresses)
                for _, keys in merges:
                    keys.difference_update(statement.addresses)
            elif statement.tier is not None:
                tier = (statement.tier, statement.decided_by)
                self._tiers.update(dict.fromkeys(statement.addresses, tier))
        self._join(merges)

    def person_id(self, key: AddressKey) -> str:
        """
        Return the name of the person behind an address, 16 hex digits.

        That of the smallest key: of one that stands alone its own, of all
        others the form it reduces to.
        """
        if not self._ids:
            return person_id(key)
        return self._ids.get(self._node(key)) or person_id(key)

    def tier(self, key: AddressKey, shown: tuple[str, ...], address: AddressClass) -> tuple[Tier, str]:
        """Return how well an address names its person, and who says so; the settings alone say what is a list."""
        stated = self._tiers.get(key) if self._tiers and address.kind != "list" else None
        return stated or (tier_of(key, shown, address), AUTOMATIC)

    def is_alone(self, key: AddressKey) -> bool:
        """Tell whether somebody has stated that the address is a person of its own."""
        return key in self._alone and self._node(key) not in self._merges

    def reasons(self, addresses: Sequence[AddressKey]) -> tuple[tuple[str, ...], MergeConfidence]:
        """Return why the addresses of one person were merged, in words, and how sure that is; () and "" of one."""
        nodes: dict[_Node, list[AddressKey]] = {}
        for key in addresses:
            nodes.setdefault(self._node(key), []).append(key)
        rules = {reason for keys in nodes.values() if len(keys) > 1 for key in keys for reason in merge_reasons(key)}
        if len(nodes) < 2:
            return tuple(sorted(rules)), ("likely" if _TAG in rules else "certain") if rules else ""
        stated = {entry.number: entry for node in nodes for entry in self._merges.get(node, ())}
        words = [f"stated by {quoted(stated[number].decided_by)} (statement {number})" for number in sorted(stated)]
        return (*sorted(rules), *words), "likely" if _TAG in rules else "stated"

    def differs(self, other: "StatedPeople", key: AddressKey) -> bool:
        """Tell whether the two say otherwise of an address: another person, or another tier."""
        return self.person_id(key) != other.person_id(key) or self._tiers.get(key) != other._tiers.get(key)

    def _node(self, key: AddressKey) -> _Node:
        return (key, True) if key in self._alone else (merged_key(key), False)

    def _join(self, merges: Iterable[tuple[PeopleStatement, set[AddressKey]]]) -> None:
        groups: dict[_Node, set[_Node]] = {(key, True): {(key, True)} for key in self._alone}
        # What is left of a person whose plainest address stands alone may not go by its name.
        groups.update({(key, False): {(key, False)} for key in self._alone})
        for statement, keys in merges:
            if len(keys) < 2:
                continue
            nodes = sorted({self._node(key) for key in keys})
            whole = set().union(*(groups.get(node, {node}) for node in nodes))
            groups.update(dict.fromkeys(whole, whole))
            for node in nodes:
                self._merges.setdefault(node, []).append(statement)
        for node, whole in groups.items():
            self._ids[node] = name_of_person(min(map(self._spelt, whole)))

    def _spelt(self, node: _Node) -> str:
        key, is_alone = node
        return key if is_alone or key not in self._alone else f"{key} and its other spellings"


def undone_by(statements: Iterable[PeopleStatement]) -> dict[int, int]:
    """Return the numbers of statements that are taken back, and by which; an undo may be undone as well."""
    found: dict[int, int] = {}
    for statement in sorted(statements, key=lambda entry: entry.number, reverse=True):
        if statement.undoes is not None and statement.number not in found:
            found.setdefault(statement.undoes, statement.number)
    return found


def with_undos(log: Sequence[PeopleStatement]) -> Iterator[PeopleStatement]:
    """Yield statements, each with the number of the one that takes it back."""
    undone = undone_by(log)
    return (replace(entry, undone_by=undone.get(entry.number)) for entry in log)


def concerning(statements: Sequence[PeopleStatement], addresses: Iterable[AddressKey]) -> Iterator[PeopleStatement]:
    """
    Yield, in their order, the statements that say something of the persons behind these addresses.

    Those about whom they were merged with are among them, or nobody could
    tell who they are; and so is what takes one of these statements back.
    """
    persons = set(map(merged_key, addresses))
    found: set[int] = set()
    reached = -1
    # A statement may join somebody of whom an earlier one speaks.
    while reached != len(found):
        reached = len(found)
        for one in statements:
            named = set(map(merged_key, one.addresses))
            if one.number not in found and (named & persons or one.undoes in found):
                found.add(one.number)
                persons |= named if one.kind == "merge" else set()
    yield from (one for one in statements if one.number in found)


def standing(statements: Iterable[PeopleStatement]) -> Iterator[PeopleStatement]:
    """Yield the statements that nobody has taken back, in the order of the log, undos left out."""
    log = sorted(statements, key=lambda entry: entry.number)
    undone = undone_by(log)
    yield from (entry for entry in log if entry.kind != "undo" and entry.number not in undone)


NOTHING_STATED = StatedPeople()
"""Rules alone."""
