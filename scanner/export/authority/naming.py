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
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import pairwise

from scanner.addresses.host import is_consumer_host
from scanner.addresses.key import split_key
from scanner.addresses.role import is_role
from scanner.export.words.spelling import LETTERS, UNUSUAL, WORD, Word, listed, parts, plain, spelt, words_of
from scanner.model import SENDER_FIELDS, AddressKey, Incident, KnownPerson, StoredMessage

_NUMBER = 5
"""Digits from which on a number is somebody's: below it is a year or a count."""

# Written without blanks, a name cannot be cut out of its sentence: CJK, kana, Hangul, and Thai to Khmer.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")

_ADDRESS_SIGNS = ("@", "/o=")
"""Of a mail address, and of an X.500 name."""


class Named:
    """
    Everybody who must not be named, as words; sentences are asked for one by one.

    Args:
        others: Gives whom no incident that is added shows; asked once, when there is a sentence.

        organisation: Its name stands above the form: an account or a department called by a word of it names nobody.
    """

    def __init__(self, others: Callable[[], Iterable[KnownPerson]] = tuple, organisation: str = "") -> None:
        self._organisation = frozenset(parts(plain(organisation)))
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
        own = {viewer.key for viewer in incident.viewers if viewer.inside}.union(incident.senders)
        for part in incident.messages:
            self._add_recipients(part.message, own)
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

    def _add_recipients(self, message: StoredMessage, own: Container[AddressKey | None]) -> None:
        for recipient in message.recipients:
            # Mail is often sent in the organisation's own name or that of a department, and to them.
            is_own = recipient.key in own or recipient.field in SENDER_FIELDS or recipient.field == "reply-to"
            self._add_name(self._without_organisation(recipient.display_name) if is_own else recipient.display_name)
            self._add_name(recipient.group or "", aside=True)
            if recipient.key is None:
                # A name of a directory, or the address was lost: "Ada Sol/Corp".
                self._add_name(recipient.written)
            else:
                # Senders and Reply-To as well: often a department's, whose name is a word of the language.
                self._add_address(recipient.key, inside=True, aside=True)

    def _without_organisation(self, name: str) -> str:
        if "@" in name or self._organisation.isdisjoint(parts(plain(name))):
            return name
        return " ".join(word for word in WORD.findall(plain(name)) if self._organisation.isdisjoint(parts(word)))

    def _add_others(self) -> None:
        others, self._others = self._others, None
        for person in others() if others else ():
            if person.address is not None:
                self._add_address(person.address, inside=person.inside, aside=person.is_aside)
            for name in person.names:
                self._add_name(name, aside=person.is_aside)
            self._add_identifier(person.id)
            for line in person.postal_address.splitlines():
                words = tuple(map(spelt, WORD.findall(line)))
                if len(words) > 1:
                    self._add_phrase(words)

    def is_in(self, text: str) -> bool:
        """Tell whether a text names one of them, or holds an address of anybody."""
        return self.place_in(text) > 0

    def place_in(self, text: str) -> int:
        """Return which word of a text, from 1, is the first that names one of them or is an address; 0 = none is."""
        if not text:
            return 0
        self._add_others()
        text = plain(text)
        folded = text.casefold()
        signs = (folded.index(sign) for sign in (*_ADDRESS_SIGNS, *self._unspaced) if sign in folded)
        # Words are counted as people count them: what stands between blanks is one.
        places = [len(folded[: start + 1].split()) for start in signs]
        places += [len(text[: start + 1].split()) for start in self._starts(text)]
        return min(places, default=0)

    def _starts(self, text: str) -> Iterator[int]:
        """Yield where in a text somebody is named by words, unordered."""
        words = list(words_of(text))
        common = [not word.spellings.isdisjoint(self._common) for word in words]
        for word, is_common in zip(words, common, strict=True):
            if not word.spellings.isdisjoint(self._words) or (
                word.is_capital and ((is_common and not word.is_first) or not word.spellings.isdisjoint(self._aside))
            ):
                yield word.start
        for (one, first), (other, second) in pairwise(zip(common, words, strict=True)):
            if one and other and (first.is_capital or second.is_capital):
                yield first.start
        yield from self._phrase_starts(words)

    def _phrase_starts(self, words: list[Word]) -> Iterator[int]:
        for number, word in enumerate(words):
            for phrase in (phrase for spelling in word.spellings for phrase in self._phrases.get(spelling, ())):
                behind = words[number : number + len(phrase)]
                if len(behind) == len(phrase) and all(
                    part in one.spellings for part, one in zip(phrase, behind, strict=True)
                ):
                    yield word.start

    def _add_phrase(self, words: tuple[str, ...]) -> None:
        self._phrases.setdefault(words[0], set()).add(words)

    def _add_address(self, key: AddressKey, *, inside: bool = False, aside: bool = False) -> None:
        if key.startswith("/"):
            # X.500: the last common name is the person's.
            self._add_words(parts(key.rpartition("=")[2]), aside=aside)
            return
        local, host = split_key(key)
        if not is_role(local):
            self._add_words(parts(local), aside=aside)
        if host and not inside and (host, aside) not in self._met and not is_consumer_host(host):
            self._met.add((host, aside))
            for label in host.split(".")[:-1]:
                # One word of a host is a word of the language too often; several together are somebody's.
                self._add_host(tuple(spelt(word) for word in LETTERS.findall(label)))

    def _add_host(self, words: tuple[str, ...]) -> None:
        if len(words) > 1:
            self._add_phrase(words)
        elif words and words[0] not in listed("never") and len(words[0]) >= UNUSUAL:
            self._common.add(words[0])

    def _add_identifier(self, text: str) -> None:
        words = tuple(spelt(word) for word in WORD.findall(text))
        if sum(map(len, words)) >= UNUSUAL and len(words) > 1:
            self._add_phrase(words)
        else:
            self._add_words(words)

    def _add_name(self, name: str, *, aside: bool = False) -> None:
        if not name or (name, aside) in self._met:
            return
        self._met.add((name, aside))
        name = self._without_organisation(plain(name)) if aside else plain(name)
        if "@" in name:
            # Mail programs show the address where they know no name.
            name = name.partition("@")[0]
        unspaced = _UNSPACED.search(name)
        if unspaced:
            self._unspaced.update(word for word in WORD.findall(name.casefold()) if len(word) > 1)
        words = list(parts(name))
        self._add_words(words, aside=aside)
        ordered = tuple(word for word in (spelt(one) for one in LETTERS.findall(name)) if word not in listed("never"))
        if len(ordered) > 1 and self._words.isdisjoint(ordered):
            self._add_phrase(ordered)
            self._add_phrase(ordered[::-1])

    def _add_words(self, words: Iterable[str], *, aside: bool = False) -> None:
        unusual = self._aside if aside else self._words
        for word in words:
            if word in unusual or word in self._common or (aside and word in self._organisation):
                continue
            if word.isdecimal():
                if len(word) >= _NUMBER:
                    self._words.add(word)
            elif word in listed("never") or len(word) < 2:
                continue
            elif word in listed("also") or len(word) < UNUSUAL:
                self._common.add(word)
            elif is_role(word):
                continue
            else:
                unusual.add(word)


def says_what(label: str) -> bool:
    """Tell whether a label's name says only what is sensitive: each word is known to name nobody."""
    words = [word.casefold() for word in WORD.findall(label)]
    return bool(words) and all(word in listed("label") or word in listed("never") for word in words)
