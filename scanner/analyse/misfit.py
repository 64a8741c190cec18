"""
Names that do not fit the address beside them: they may be another person's, such as a child's on a parent's address.

Pointed out only where both sides name a person and the given names differ.
What cannot be judged is not pointed out: codes and words in the local part,
scripts other than Latin (nothing here transliterates), and given names that
the lexicon does not know on the address's side. A surname that differs alone
(marriage), short forms, initials, titles and the order of the words say nothing.
"""

import unicodedata
from functools import cache, lru_cache
from itertools import product

from scanner.analyse.lexicon import lexicon
from scanner.analyse.name import given_names, is_full_name, local_tokens, name_words, plain, spellings
from scanner.model import AddressKey

_KEPT = 1 << 15

# One sound in several spellings: Stephan and Stefan, Katharina and Catarina, Sophie and Sofie, Yussuf and Jusuf.
_SOUNDS = (
    *(("ph", "f"), ("th", "t"), ("ck", "k"), ("ch", "h"), ("kh", "h"), ("sch", "s"), ("sh", "s"), ("dj", "j")),
    *(("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("y", "i"), ("j", "i"), ("c", "k"), ("w", "v"), ("z", "s")),
)
_DIMINUTIVE = ("ie", "y", "i", "e")
_GENDER = frozenset({"a", "e", "o", "in", "ina", "ine", "us"})
"""Endings that make another name of a name: Martin and Martina are two people."""


@lru_cache(maxsize=_KEPT)
def names_another(key: AddressKey, display_name: str) -> bool:
    """
    Tell whether the name shown and the one in the local part are those of two people.

    A child's name beside the parent's address looks like this. A surname in
    common does not make them one person, and a given name in common does.

    >>> names_another(AddressKey("thomas.berger@mail.example"), "Lena Berger")
    True
    >>> names_another(AddressKey("lena.schmidt@mail.example"), "Lena Berger")
    False
    """
    # Mostly the address says the name that is shown.
    if set(name_words(display_name)).issuperset(local_tokens(key)):
        return False
    if not is_full_name(display_name, key) or not _is_latin(display_name):
        return False
    particles = lexicon()("names", "particles")
    shown = [word for word in name_words(display_name) if word not in particles]
    held = [token for token in local_tokens(key) if token not in particles and token not in _titles()]
    if not held or not _not_names().isdisjoint(held) or not _is_latin("".join(held)):
        return False
    left = [token for token in held if not any(_is_same(token, word) for word in shown)]
    # Words run together: annaschmidt, schmidta.
    left = [token for token in left if not _is_made_of(token, shown)]
    if not left:
        return False
    free = [word for word in shown if not any(_is_same(token, word) for token in held)]
    if len(held) == 2 and len(left[0]) == 1:
        return _is_other_initial(left, free, shown)
    left = [token for token in left if len(token) > 1]
    # The given names decide: one on each side that the other side does not have.
    if not any(_is_given(token) for token in left) or not free:
        return False
    common = [word for word in shown if word not in free]
    if any(_is_given(word) for word in common) and not _is_last(common, display_name):
        # The given name is the same: a middle name, or a surname that is a given name elsewhere (Martin, Simon).
        return False
    return bool(common) or any(_is_given(word) for word in free)


def _is_other_initial(left: list[str], free: list[str], shown: list[str]) -> bool:
    """Tell whether `t.berger` is somebody else than Lena Berger: one initial, the surname in common, no T anywhere."""
    if len(left) > 1 or len(free) == len(shown) or not free:
        return False
    letters = {form[0] for word in shown for form in spellings(word)}
    letters |= {name[0] for word in shown for name in _short_forms().get(plain(word), ())}
    surname = [word for word in shown if word not in free]
    return left[0] not in letters and not any(_is_given(word) for word in surname)


def _is_last(common: list[str], display_name: str) -> bool:
    """Tell whether what is in common stands where the surname does: before a comma, or at the end."""
    words = name_words(display_name)
    return bool(common) and common == [words[0] if "," in display_name else words[-1]]


def _is_given(word: str) -> bool:
    return plain(word) in given_names() or plain(word) in _short_forms()


@lru_cache(maxsize=_KEPT)
def _is_same(token: str, word: str) -> bool:
    """Tell whether two words may be one name: spelt otherwise, shortened, or in its short form."""
    return any(_is_one_name(one, other) for one, other in product(spellings(token), spellings(word)))


def _is_one_name(one: str, other: str) -> bool:
    if one == other or one in _short_forms().get(other, ()) or _sound(one) == _sound(other):
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 3:
        return False
    if long.startswith(short):
        return not (_is_given(short) and _is_given(long) and long[len(short) :] in _GENDER)
    # "kathi" for "katharina", "susie" for "susanne": the ending is that of the short form.
    for ending in _DIMINUTIVE:
        stem = short.removesuffix(ending)
        if stem != short and len(stem) >= 3 and long.startswith(stem):
            return not _is_given(short)
    return False


def _is_made_of(token: str, shown: list[str]) -> bool:
    """Tell whether a token begins or ends with a word shown, the rest being another of them or its beginning."""
    forms = [form for word in shown for form in spellings(word)]
    for form in forms:
        for rest in (token.removeprefix(form), token.removesuffix(form)):
            if rest != token and any(other.startswith(rest) for other in forms if other != form):
                return True
    return False


@lru_cache(maxsize=_KEPT)
def _sound(word: str) -> str:
    for spelling, letter in _SOUNDS:
        word = word.replace(spelling, letter)
    # Doubled letters count once: Phillip, Philip.
    return "".join(letter for place, letter in enumerate(word) if not place or word[place - 1] != letter)


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    """Return name → the names that are used for it or stand behind it, all plain."""
    found: dict[str, set[str]] = {}
    for entry in lexicon()("names", "short_forms"):
        group = {plain(word) for word in entry.split()}
        for word in group:
            found.setdefault(word, set()).update(group)
    return {word: frozenset(names) for word, names in found.items()}


@cache
def _titles() -> frozenset[str]:
    return frozenset(map(plain, lexicon()("names", "titles")))


@cache
def _not_names() -> frozenset[str]:
    return lexicon()("names", "not_names") - lexicon()("names", "particles")


def _is_latin(text: str) -> bool:
    return text.isascii() or all(
        unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN")) for letter in text if letter.isalpha()
    )
