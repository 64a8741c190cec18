"""
Whom a sentence would name.

Persons write into decisions for a register, where names may stand; what goes
to an authority must name nobody. So each sentence is held against everybody
known: who was shown, who could see, members of lists, clients of the
register, and by the way colleagues and people of other incidents. Names that
are words of the language, too, count with a capital in the middle of a
sentence or beside another part of a name (reports/naming.toml); all other
names, and parts of addresses, wherever they stand, those known by the way
with a capital. It rather takes a word for a name than lets a name pass.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise

from scanner.addresses.host import is_consumer_host
from scanner.addresses.key import split_key
from scanner.addresses.role import is_role
from scanner.language import ENGLISH, texts
from scanner.model import AddressKey, Incident, KnownPerson, StoredMessage

_TOKEN = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = frozenset("!?\n")

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "fr", "frl", "hr", "hrn", "dipl"})
"""A full stop behind one of these, or behind an initial, ends no sentence."""

_UNUSUAL = 3
"""Letters from which on a word that is none of the language names somebody; shorter ones count as its words do."""

_NUMBER = 5
"""Digits from which on a number is somebody's: below it is a year or a count."""

# Written without blanks, a name cannot be cut out of its sentence: CJK, kana, Hangul, and Thai to Khmer.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")

# Letters that no normalization takes apart, and what is written where they are missing.
_SPELLINGS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


class Named:
    """
    Everybody who must not be named, as words; sentences are asked for one by one.

    Args:
        others: Gives whom no incident that is added shows; asked once, when there is a sentence.
    """

    def __init__(self, others: Callable[[], Iterable[KnownPerson]] = tuple) -> None:
        self._others: Callable[[], Iterable[KnownPerson]] | None = others
        self._words: set[str] = set()
        """Unusual words: they name somebody wherever they stand."""

        self._aside: set[str] = set()
        """Unusual words of people known by the way: they name somebody when written with a capital."""

        self._common: set[str] = set()
        """Words of the language that are names as well."""

        self._phrases: dict[str, set[tuple[str, ...]]] = {}
        """Names of which no word is unusual, by their first one."""

        self._unspaced: set[str] = set()
        self._met: set[tuple[str, bool]] = set()
        """Names and hosts that were taken in, and whether by the way: they come back in every message."""

    def add(self, incident: Incident) -> None:
        """Take in everybody who was shown in an incident or could see it, through lists as well."""
        for part in incident.messages:
            self._add_recipients(part.message)
            for receipt in part.message.receipts:
                # A message trace tells of recipients whom the stored copy does not name.
                self._add_address(receipt.key)
        for entry in incident.exposed:
            self._add_address(entry.key)
            for name in entry.display_names:
                self._add_name(name)
            for client in entry.clients:
                self._add_name(client.name)
                self._add_identifier(client.id)
        for viewer in incident.viewers:
            self._add_address(viewer.key, inside=viewer.inside)
        for through in incident.through_lists:
            for member in through.members:
                self._add_address(member.key, inside=member.inside)
                for name in member.names:
                    self._add_name(name)

    def _add_recipients(self, message: StoredMessage) -> None:
        for recipient in message.recipients:
            self._add_name(recipient.display_name)
            self._add_name(recipient.group or "", aside=True)
            if recipient.key is None:
                # A name of a directory, or the address was lost: "Ada Sol/Corp".
                self._add_name(recipient.written)
            else:
                # Senders and Reply-To as well: often a department's, whose name is a word of the language.
                self._add_address(recipient.key, inside=True, aside=True)

    def _add_others(self) -> None:
        others, self._others = self._others, None
        for person in others() if others else ():
            if person.address is not None:
                self._add_address(person.address, inside=person.inside, aside=person.is_aside)
            for name in person.names:
                self._add_name(name, aside=person.is_aside)
            self._add_identifier(person.id)
            for line in person.postal_address.splitlines():
                words = tuple(map(_spelt, _TOKEN.findall(line)))
                if len(words) > 1:
                    self._add_phrase(words)

    def is_in(self, text: str) -> bool:
        """Tell whether a text names one of them, or holds an address of anybody."""
        if not text:
            return False
        self._add_others()
        text = _plain(text)
        folded = text.casefold()
        if "@" in text or "/o=" in folded:
            return True
        if any(word in folded for word in self._unspaced):
            return True
        tokens = list(_tokens(text))
        if any(not spellings.isdisjoint(self._words) for spellings, _, _ in tokens):
            return True
        if any(is_capital and not spellings.isdisjoint(self._aside) for spellings, is_capital, _ in tokens):
            return True
        common = [not spellings.isdisjoint(self._common) for spellings, _, _ in tokens]
        if any(
            is_name and is_capital and not is_first
            for is_name, (_, is_capital, is_first) in zip(common, tokens, strict=True)
        ):
            return True
        marked = zip(common, tokens, strict=True)
        if any(one and other and (first[1] or second[1]) for (one, first), (other, second) in pairwise(marked)):
            return True
        return self._has_phrase([spellings for spellings, _, _ in tokens])

    def _has_phrase(self, tokens: list[frozenset[str]]) -> bool:
        return any(
            len(tokens) - start >= len(phrase)
            and all(word in token for word, token in zip(phrase, tokens[start:], strict=False))
            for start, token in enumerate(tokens)
            for spelling in token
            for phrase in self._phrases.get(spelling, ())
        )

    def _add_phrase(self, words: tuple[str, ...]) -> None:
        self._phrases.setdefault(words[0], set()).add(words)

    def _add_address(self, key: AddressKey, *, inside: bool = False, aside: bool = False) -> None:
        if key.startswith("/"):
            # X.500: the last common name is the person's.
            self._add_words(_parts(key.rpartition("=")[2]), aside=aside)
            return
        local, host = split_key(key)
        if not is_role(local):
            self._add_words(_parts(local), aside=aside)
        if host and not inside and (host, aside) not in self._met and not is_consumer_host(host):
            self._met.add((host, aside))
            for label in host.split(".")[:-1]:
                # One word of a host is a word of the language too often; several together are somebody's.
                self._add_host(tuple(_spelt(word) for word in _LETTERS.findall(label)))

    def _add_host(self, words: tuple[str, ...]) -> None:
        if len(words) > 1:
            self._add_phrase(words)
        elif words and words[0] not in _listed("never") and len(words[0]) >= _UNUSUAL:
            self._common.add(words[0])

    def _add_identifier(self, text: str) -> None:
        words = tuple(_spelt(word) for word in _TOKEN.findall(text))
        if sum(map(len, words)) >= _UNUSUAL and len(words) > 1:
            self._add_phrase(words)
        else:
            self._add_words(words)

    def _add_name(self, name: str, *, aside: bool = False) -> None:
        if not name or (name, aside) in self._met:
            return
        self._met.add((name, aside))
        name = _plain(name)
        if "@" in name:
            # Mail programs show the address where they know no name.
            name = name.partition("@")[0]
        unspaced = _UNSPACED.search(name)
        if unspaced:
            self._unspaced.update(word for word in _TOKEN.findall(name.casefold()) if len(word) > 1)
        words = list(_parts(name))
        self._add_words(words, aside=aside)
        ordered = tuple(
            word for word in (_spelt(one) for one in _LETTERS.findall(name)) if word not in _listed("never")
        )
        if len(ordered) > 1 and self._words.isdisjoint(ordered):
            self._add_phrase(ordered)
            self._add_phrase(ordered[::-1])

    def _add_words(self, words: Iterable[str], *, aside: bool = False) -> None:
        unusual = self._aside if aside else self._words
        for word in words:
            if word in unusual or word in self._common:
                continue
            if word.isdecimal():
                if len(word) >= _NUMBER:
                    self._words.add(word)
            elif word in _listed("never") or len(word) < 2:
                continue
            elif word in _listed("also") or len(word) < _UNUSUAL:
                self._common.add(word)
            elif is_role(word):
                continue
            else:
                unusual.add(word)


def says_what(label: str) -> bool:
    """Tell whether a label's name says only what is sensitive: each word is known to name nobody."""
    words = [word.casefold() for word in _TOKEN.findall(label)]
    return bool(words) and all(word in _listed("label") or word in _listed("never") for word in words)


def _plain(text: str) -> str:
    """Return a text with its letters in one piece, and without what is there and not seen, such as soft hyphens."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(one for one in composed if unicodedata.category(one) != "Cf")


def _tokens(text: str) -> Iterator[tuple[frozenset[str], bool, bool]]:
    """Yield (spellings, is it written with a capital, does it begin a sentence) of each word."""
    before, end = "", 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        is_title = len(before) == 1 or before.casefold() in _TITLES
        is_first = not before or not _SENTENCE_END.isdisjoint(between) or ("." in between and not is_title)
        yield _spellings(match[0]), match[0][0].isupper(), is_first
        before, end = match[0], match.end()


def _spellings(word: str) -> frozenset[str]:
    """Return the ways in which a name may stand in a list when it is written so in a sentence."""
    found = {_spelt(word), word.casefold().translate(_UMLAUTS)}
    # Zoës brother, Musters Brief.
    found |= {one[:-1] for one in found if one.endswith("s") and len(one) > _UNUSUAL}
    return frozenset(found)


def _parts(text: str) -> Iterator[str]:
    """Yield the words of a name or a local part, in each spelling; of rcp3 rcp as well."""
    for pattern in (_TOKEN, _LETTERS):
        for word in pattern.findall(text):
            if word.isascii():
                yield word.lower()
            else:
                yield from {_spelt(word), word.casefold().translate(_UMLAUTS)}


def _spelt(word: str) -> str:
    """Return a word in lower case without marks."""
    if word.isascii():
        return word.lower()
    taken_apart = unicodedata.normalize("NFKD", word.casefold().translate(_SPELLINGS))
    return "".join(one for one in taken_apart if not unicodedata.combining(one))


@cache
def _listed(name: str) -> frozenset[str]:
    """Return a list of reports/naming.toml in all spellings: it serves every language."""
    return frozenset(
        spelling for word in texts("naming", of=ENGLISH)[name].split() for spelling in (word, *_parts(word))
    )
