"""One incident with all that ranking may look at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.analyse.ladder import IncidentDetail
from scanner.analyse.reading import Reading
from scanner.analyse.surroundings import Surroundings
from scanner.model import AddressClass, ExposedAddress, OutsiderTest, Policy

_ONE_MAIL_SHOWS, _ONE_MAIL_HIDES = 5, 25
"""An answer to one mail alone: to so few it may well have gone; to so many it hardly did."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known about one incident before it has a score."""

    members: Sequence[Reading]
    """By (sent_at, identity); at least one."""

    around: Surroundings
    """What other mail says of it."""

    detail: IncidentDetail
    circle: "Circle"
    strangest: "Circle"
    """The circle of one mail, or of all, that weighs most: its people are least acquainted."""

    judged: int
    """How many people count for the size: those of `circle`, or of a mail that shows too few to speak for all."""

    labels: tuple[str, ...]
    """Names of the labels met, in the order of the policy."""

    policy: Policy

    @property
    def addresses(self) -> int:
        """Number of exposed addresses."""
        return self.detail.ladder.exposed_addresses

    @property
    def is_excused(self) -> bool:
        """Tell whether a thread of somebody outside had shown four fifths of the people to each other before."""
        return 10 * self.around.excused.everybody >= 8 * self.addresses > 0

    @property
    def shown(self) -> int:
        """Number of mails that show four fifths of the longest list or more."""
        if len(self.members) == 1:
            return 1
        longest = frozenset(max(self.members, key=lambda reading: len(reading.exposed)).exposed)
        return sum(1 for one in self.members if 5 * len(longest.intersection(one.exposed)) >= 4 * len(longest) > 0)

    @property
    def hardly_single(self) -> float:
        """How hard it is to believe that one unseen mail went to all of them: 0 up to five people, 1 from 25."""
        share = math.log(max(1, self.circle.persons) / _ONE_MAIL_SHOWS) / math.log(_ONE_MAIL_HIDES / _ONE_MAIL_SHOWS)
        return min(1.0, max(0.0, share))

    @property
    def unread(self) -> int:
        """Most entries of one mail that could not be read as an address."""
        return most_unread(self.members)


def most_unread(members: Sequence[Reading]) -> int:
    """Return how many entries could not be read as an address in the mail that has most of them."""
    return max(reading.exposure.unresolved_visible for reading in members)


@dataclass(frozen=True, slots=True)
class Circle:
    """How the exposed people belong together. A list address is in no figure."""

    people: int
    """Role addresses included."""

    persons: int
    """Role addresses aside."""

    private: int
    """People at private mailboxes."""

    data_subjects: int
    """Insiders who are protected: to each other they are strangers, whatever domain they share."""

    organisations: int
    """Distinct organisations of the others."""

    separate: int
    """People, role addresses aside, who are the only one of their organisation."""

    alone: int
    """People without a colleague among the others."""

    strangers_permille: int
    """Chance that two of the people, drawn at random, belong to different organisations."""

    @property
    def privacy(self) -> float:
        """Share of private and protected people, 0 to 1, less as far as others are colleagues."""
        if self.people < 2:
            return 0.0
        return (self.private + self.data_subjects) * self.strangers_permille / (self.people * 1000)

    @property
    def spread(self) -> float:
        """How little common ground there is, 0 (colleagues) to 1 (nobody knows anybody)."""
        if self.people < 2:
            return 0.0
        mixed = min(1.0, max(0.0, (self.strangers_permille - 500) / 450))
        return (mixed + self.alone / self.people) / 2


def describe_circle(exposed: Sequence[ExposedAddress], classify: OutsiderTest) -> Circle:
    """
    Count the exposed people by organisation; one person with two addresses counts once.

    What they are called has no part in it: names that are common in one
    language are rare in another, and a rank must not depend on it.
    """
    people: dict[str, tuple[AddressClass, bool]] = {}
    for entry in exposed:
        address = classify(entry.key)
        if entry.tier != "list":
            people.setdefault(entry.person_id, (address, entry.tier == "role"))
    # Dictionaries: a Counter takes longer to make than these few take to count.
    groups: dict[str, int] = {}
    organisations: dict[str, int] = {}
    persons_at: dict[str, int] = {}
    private = data_subjects = 0
    for person, (address, is_role) in people.items():
        if address.kind == "inside":
            data_subjects += 1
            group = f"person {person}"
        elif address.private:
            private += 1
            group = f"person {person}"
        else:
            name = address.organisation
            organisations[name] = organisations.get(name, 0) + 1
            persons_at[name] = persons_at.get(name, 0) + (not is_role)
            group = f"organisation {name}"
        groups[group] = groups.get(group, 0) + 1
    count = len(people)
    pairs = count * (count - 1)
    acquainted = sum(size * (size - 1) for size in groups.values())
    return Circle(
        people=count,
        persons=sum(1 for _, is_role in people.values() if not is_role),
        private=private,
        data_subjects=data_subjects,
        organisations=len(organisations),
        separate=sum(1 for name, size in organisations.items() if size == persons_at[name] == 1),
        alone=sum(1 for size in groups.values() if size == 1),
        strangers_permille=1000 * (pairs - acquainted) // pairs if pairs else 0,
    )
