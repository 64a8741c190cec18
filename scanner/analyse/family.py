"""
Whether the people whom an incident shows are one family: the only strangers who are none to each other.

What the people of a list share behind their names is as often a tag of the
address book (a course, a ward, a class), and half a community may bear one
surname. So the addresses are asked, which people choose for themselves, and
what is left open is no family: nobody's list may sink by what its people are
called. Two families who see each other are strangers, as any others.
"""

from collections.abc import Sequence
from functools import cache

from scanner.analyse.lexicon import lexicon
from scanner.analyse.name import given_names, local_name, name_words, plain, stands_in
from scanner.model import ExposedAddress

_HOUSEHOLD = 12
"""More than so many who share a surname are no family that anybody writes to."""

_FIRST_WORD = 4
"""Fewer than so many who share their first word may share a given name that no lexicon knows."""


def is_one_family(exposed: Sequence[ExposedAddress]) -> bool:
    """
    Tell whether one surname that is rare stands in every name shown and every address.

    Most of them must have it with a given name of their own, and somebody show it. Names of one
    script are compared with addresses of another by nobody here: such people
    are no family to this test.
    """
    people = {entry.person_id for entry in exposed}
    if not 2 <= len(people) <= _HOUSEHOLD or any(entry.tier in ("role", "list") for entry in exposed):
        return False
    named = [(entry, names) for entry in exposed if (names := _names(entry))]
    places = [_surnames(names) for _, names in named]
    shared = set.intersection(*places) if places else set()
    return any(
        all(stands_in(word, entry.key) for entry in exposed)
        and any(word in names[0] for entry, names in named if entry.display_names)
        and _are_called_differently({_without(word, names[0]) for _, names in named}, len(people))
        for first, word in shared
        if not first or len(people) >= _FIRST_WORD
    )


def _surnames(names: Sequence[tuple[str, ...]]) -> set[tuple[bool, str]]:
    """Return (stands first, word) of what may be the surname in all of the names."""
    found = set.intersection(*({(False, words[-1]), (True, words[0])} for words in names))
    return {(first, word) for first, word in found if plain(word) not in _no_proof()}


def _without(surname: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word != surname)


def _are_called_differently(others: set[tuple[str, ...]], people: int) -> bool:
    """Tell whether most have other words beside the surname, a third of them given names: an illness has towns."""
    others.discard(())
    known = sum(not given_names().isdisjoint(map(plain, words)) for words in others)
    return 2 * len(others) > people and 3 * known >= people


def _names(entry: ExposedAddress) -> list[tuple[str, ...]]:
    """Return the words of every name shown, the given names first where a comma tells; else those of the local part."""
    shown = []
    for name in entry.display_names:
        surname, comma, given = name.partition(",")
        words = (*name_words(given), *name_words(surname)) if comma else name_words(name)
        if len(words) >= 2:
            shown.append(words)
    return shown or [words for words in (local_name(entry.key),) if words]


@cache
def _no_proof() -> frozenset[str]:
    """Return the words, plain, that unrelated people share: common surnames, given names, words that are no names."""
    words = lexicon()("names", "surnames").union(lexicon()("names", "not_names"), *lexicon().sensitive.values())
    return given_names() | frozenset(map(plain, words))
