"""What was done since about those who could see the lists and those shown in them, in figures that name nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scanner.model import AddressKey, Deletion, Incident, Person


@dataclass(slots=True)
class DeletionCount:
    """Deletion requests over several incidents; who could see two of them is one address."""

    _noted: dict[AddressKey, list[Deletion]] = field(default_factory=dict)

    def add(self, incident: Incident) -> None:
        """Take what was noted of an incident's viewers; every incident once."""
        for one in incident.standing.deletions:
            if one.requested_at is not None or one.confirmed_at is not None:
                self._noted.setdefault(one.address, []).append(one)

    @property
    def requested(self) -> int:
        """Addresses that were asked to delete the mail."""
        return sum(any(one.requested_at is not None for one in several) for several in self._noted.values())

    @property
    def confirmed(self) -> int:
        """Addresses that have confirmed it, of every incident of which something was noted of them."""
        return sum(all(one.confirmed_at is not None for one in several) for several in self._noted.values())

    @property
    def first_requested_at(self) -> int | None:
        """When the first of them was asked, in seconds."""
        asked = (one.requested_at for several in self._noted.values() for one in several)
        return min((at for at in asked if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class PeopleTold:
    """How many people were told by themselves, and between which moments, in seconds."""

    count: int
    first_at: int
    last_at: int

    @classmethod
    def of(cls, people: Iterable[Person]) -> "PeopleTold | None":
        """Return it of these people; None: nobody was told, as far as was noted."""
        moments = [
            one.contact.notified_at for one in people if one.contact is not None and one.contact.notified_at is not None
        ]
        return cls(len(moments), min(moments), max(moments)) if moments else None
