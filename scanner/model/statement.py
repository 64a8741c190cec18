"""What persons have stated about people: merges, splits and tiers; append-only, taken back by a further statement."""

from dataclasses import dataclass
from typing import Literal

from scanner.model.address import AddressKey
from scanner.model.incident import Tier

PeopleVerdict = Literal["merge", "split", "tier", "undo"]

AUTOMATIC = "automatic"
"""Stands where somebody's name would, had a person decided."""


@dataclass(frozen=True, slots=True)
class PeopleStatement:
    """One statement; what was undone stays in the log and has no effect."""

    number: int
    """Place in the log of all decisions; of two statements about one address the later one wins."""

    kind: PeopleVerdict
    addresses: tuple[AddressKey, ...]
    """Sorted. merge: they are one person. split: each is a person of its own. tier: it has this tier. undo: none."""

    tier: Tier | None
    undoes: int | None
    """The number of the statement that is taken back."""

    reason: str
    decided_by: str
    applied_by: str
    """The system's user who ran the command."""

    decided_at: int
    undone_by: int | None = None
    """The number of the statement that takes it back; a report fills it in."""


@dataclass(frozen=True, slots=True)
class PeopleSuggestion:
    """Exposed people who may be one person: nobody has said so, and no figure reckons with it."""

    rule: Literal["same name", "same client"]
    confidence: Literal["likely", "possible"]
    addresses: tuple[AddressKey, ...]
    """Of at least two people, sorted."""

    person_ids: tuple[str, ...]
    """Of the addresses, in their order."""

    names: tuple[str, ...]
    """That they share, as shown, or as the client register has them; distinct, sorted; may be empty."""
