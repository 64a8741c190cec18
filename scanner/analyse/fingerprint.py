"""
Which mailings went to one list: known again by the order of the recipients.

People paste a list, a mail program expands a group: the order stays. Three
addresses that follow each other are a print of the list, and of a long one a
few prints suffice (winnowing: Schleimer, Wilkerson, Aiken 2003, of every four
neighbouring prints the smallest). They only find which mailings may be alike;
what is said of two mailings is counted over their whole lists.

Each mailing is held against the latest ones that have a print of it. Pairs
are never listed, so the cost grows with the recipients alone.

What is told of one mailing depends on all sent mail with two outsiders or
more, Bcc included, and on nothing else.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from scanner.analyse.lexicon import fold
from scanner.analyse.name import surname_of
from scanner.analyse.subject import read_subject
from scanner.model import VISIBLE_FIELDS, AddressedMail, ListEvidence, ListMailing, ListTrace, StoredMessage

SHORTEST = 5
"""Addresses a list must have to be told apart from a few people who know each other."""

TELLING = 12
"""Addresses from which the order proves more than that the same few people were written to."""

_DAY = 86_400
_NEIGHBOURS = 3
_WINDOW = 4
_KEEP_ALL = 32
"""Lists up to this length keep every print."""

_SKETCH = 8
_COMPARED = 8
_REMEMBERED = 16
_LISTS = 3
_ID_DIGITS = 12


def trace_lists(mails: Iterable[AddressedMail]) -> list[ListTrace]:
    """
    Return every list that mail went to, by (first mailing's moment, id).

    Two mailings went to the same list when more than half of the longer list
    stands in both in common runs of three addresses or more, or when four
    fifths of it stand in both in whatever order. Batches of one mailing (same sender and
    subject, a day apart at most, other people) count as one. A list that is
    cut short, or joined with another, is a part and counts apart: one mail to
    two lists must not make one list of them.

    Args:
        mails: Sent mail with at least two outsiders, by (sent_at, identity).
    """
    mailings = [entry for entry in _mailings(mails) if len(entry.people) >= SHORTEST]
    tracer = _Tracer(mailings)
    for index in range(len(mailings)):
        tracer.add(index)
    return tracer.traces()


@dataclass(slots=True)
class _Mailing:
    mails: list[AddressedMail]
    people: tuple[int, ...]
    evidence: ListEvidence = ""
    in_order: int = 0


def _mailings(mails: Iterable[AddressedMail]) -> list[_Mailing]:
    """Join the batches of one mailing."""
    found: list[_Mailing] = []
    latest: dict[tuple[str, str], tuple[_Mailing, set[int]]] = {}
    for mail in mails:
        subject = read_subject(mail.subject)
        if subject.commonplace:
            found.append(_Mailing([mail], mail.people))
            continue
        key = (mail.sender, subject.stem)
        mailing, known = latest.get(key, (None, set()))
        if mailing is not None and mail.sent_at - mailing.mails[-1].sent_at <= _DAY:
            shared = sum(1 for number in mail.people if number in known)
            # What shows the list again is another mailing, as it is in linking.
            if 10 * shared < 3 * min(len(mail.people), len(known)):
                mailing.mails.append(mail)
                mailing.people += tuple(number for number in mail.people if number not in known)
                known.update(mail.people)
                continue
        mailing = _Mailing([mail], mail.people)
        latest[key] = (mailing, set(mail.people))
        found.append(mailing)
    return found


def is_alphabetical(message: StoredMessage) -> bool:
    """
    Tell whether the visible recipients stand by address, name or surname, nine of ten neighbours at least.

    Everybody who sorts the same people gets this order: it proves the people, not the list.
    """
    shown = [entry for entry in message.recipients if entry.field in VISIBLE_FIELDS and entry.key]
    names = [fold(entry.display_name) for entry in shown]
    surnames = [surname_of(entry.key, (entry.display_name,)) for entry in shown if entry.key]
    rows = ([str(entry.key) for entry in shown], names, surnames)
    return any(_is_sorted(row) for row in rows if len(set(row)) >= SHORTEST)


def _is_sorted(texts: Sequence[str]) -> bool:
    ascending = sum(1 for one, other in pairwise(texts) if one <= other)
    return 10 * ascending >= 9 * (len(texts) - 1)


def prints_of(people: Sequence[int]) -> frozenset[int]:
    """Return the prints of a list: hashes of neighbours, winnowed where it is long."""
    # Python's hash of a tuple of whole numbers is the same in every process.
    hashes = [hash(tuple(people[at : at + _NEIGHBOURS])) for at in range(len(people) - _NEIGHBOURS + 1)]
    if len(people) <= _KEEP_ALL:
        return frozenset(hashes)
    return frozenset(min(hashes[at : at + _WINDOW]) for at in range(len(hashes) - _WINDOW + 1))


def common_order(places: dict[int, int], people: Sequence[int]) -> tuple[int, int]:
    """
    Return how many addresses two lists share, and how many of these stand in common runs of three or more.

    Args:
        places: Address → place, of the longer list.

        people: The shorter list.
    """
    common = in_order = run = 0
    expected = -1
    for number in people:
        place = places.get(number, -2)
        if place >= 0:
            common += 1
        if place == expected:
            run += 1
        else:
            in_order += run if run >= _NEIGHBOURS else 0
            run = int(place >= 0)
        expected = place + 1 if place >= 0 else -1
    return common, in_order + (run if run >= _NEIGHBOURS else 0)


@dataclass(slots=True)
class _Tracer:
    mailings: list[_Mailing]
    parent: list[int] = field(default_factory=list)
    parts: set[tuple[int, int]] = field(default_factory=set)
    """(mailing, mailing) of which one holds the other, nearly whole."""

    by_print: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """The latest mailings that have it, one of each list."""

    by_person: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Of each list the few people with the smallest numbers: equal lists have the same ones, whatever the order."""

    places: "OrderedDict[int, dict[int, int]]" = field(default_factory=OrderedDict)

    def add(self, index: int) -> None:
        """Hold one mailing against those before it."""
        self.parent.append(index)
        mailing = self.mailings[index]
        prints = prints_of(mailing.people)
        sketch = sorted(mailing.people)[:_SKETCH]
        for earlier in self._alike(prints, sketch):
            self._compare(index, earlier)
        self._remember(self.by_print, prints, index)
        self._remember(self.by_person, sketch, index)

    def _alike(self, prints: Iterable[int], sketch: Iterable[int]) -> list[int]:
        by_order = Counter(earlier for one in prints for earlier in self.by_print.get(one, ()))
        by_people = Counter(earlier for one in sketch for earlier in self.by_person.get(one, ()))
        found = sorted(by_order, key=lambda one: (-by_order[one], -one))[:_COMPARED]
        found += sorted((one for one in by_people if one not in by_order), key=lambda one: (-by_people[one], -one))[:2]
        return found

    def _remember(self, postings: dict[int, tuple[int, ...]], entries: Iterable[int], index: int) -> None:
        only = (index,)
        root = self._root(index)
        for one in entries:
            known = postings.get(one)
            if known is None:
                postings[one] = only
            else:
                others = [earlier for earlier in known if self._root(earlier) != root]
                postings[one] = (index, *others[: _LISTS - 1]) if others else only

    def _compare(self, index: int, earlier: int) -> None:
        mailing, other = self.mailings[index], self.mailings[earlier]
        longer, shorter = (index, earlier) if len(mailing.people) >= len(other.people) else (earlier, index)
        size, length = len(self.mailings[longer].people), len(self.mailings[shorter].people)
        common, in_order = common_order(self._places_of(longer), self.mailings[shorter].people)
        if 2 * in_order > size:
            self._join(index, earlier, "order", in_order)
        elif 5 * common >= 4 * size:
            self._join(index, earlier, "people", in_order)
        elif 5 * in_order >= 4 * length:
            self.parts.add((shorter, longer))

    def _places_of(self, index: int) -> dict[int, int]:
        """Return address → place; the last few are kept, for one long list may meet many pieces of it."""
        known = self.places.pop(index, None)
        if known is None:
            known = {number: place for place, number in enumerate(self.mailings[index].people)}
            if len(self.places) >= _REMEMBERED:
                self.places.popitem(last=False)
        self.places[index] = known
        return known

    def _join(self, index: int, earlier: int, evidence: ListEvidence, in_order: int) -> None:
        mailing = self.mailings[index]
        if mailing.evidence != "order" and (evidence == "order" or not mailing.evidence):
            mailing.evidence, mailing.in_order = evidence, in_order
        elif evidence == mailing.evidence:
            mailing.in_order = max(mailing.in_order, in_order)
        first, second = sorted((self._root(index), self._root(earlier)))
        self.parent[second] = first

    def _root(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index

    def traces(self) -> list[ListTrace]:
        """Return the lists; the root of each is its first mailing."""
        groups: dict[int, list[_Mailing]] = {}
        for index, mailing in enumerate(self.mailings):
            groups.setdefault(self._root(index), []).append(mailing)
        beside: dict[int, set[int]] = {}
        for pair in self.parts:
            one, other = map(self._root, pair)
            if one != other:
                beside.setdefault(one, set()).add(other)
                beside.setdefault(other, set()).add(one)
        return [
            ListTrace(
                id=members[0].mails[0].identity[:_ID_DIGITS],
                mailings=tuple(map(_described, members)),
                parts=sum(len(groups[other]) for other in beside.get(root, ())),
                is_short=max(len(member.people) for member in members) < TELLING,
            )
            for root, members in groups.items()
        ]


def _described(mailing: _Mailing) -> ListMailing:
    # Somebody shown by one batch is shown, wherever else he stands.
    shown = {number for mail in mailing.mails if mail.shown >= 2 for number in mail.people[: mail.shown]}
    return ListMailing(
        sent_at=mailing.mails[0].sent_at,
        identities=tuple(mail.identity for mail in mailing.mails),
        addresses=len(mailing.people),
        shown=len(shown),
        is_open=len(shown) >= SHORTEST or (len(shown) >= 2 and 2 * len(shown) >= len(mailing.people)),
        evidence=mailing.evidence,
        in_order=mailing.in_order,
    )
