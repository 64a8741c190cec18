"""What was put into the demo's mail on purpose: incidents with their figures, and harmless look-alikes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from scanner.demo.desk import DOMAIN, Desk, Filed
from scanner.demo.mail import Contact
from scanner.demo.people import People


@dataclass(frozen=True, slots=True)
class Plant:
    """One story in the mail, and for an incident the ladder that must come out (CONTRACTS: Exposure)."""

    name: str
    kind: Literal["incident", "harmless"]
    story: str
    message_ids: tuple[str, ...]
    """By time; for an incident those of its exposing messages."""

    expect: Mapping[str, int] = field(default_factory=dict)
    """Rung → figure; empty for harmless mail."""

    siblings: tuple[str, ...] = ()
    """Message-IDs of mailings of the same text that were properly hidden in Bcc."""

    related: tuple[str, ...] = ()
    """Names of other plants that belong to the story without being the same incident."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A plant with its messages where they lie."""

    plant: Plant
    filed: tuple[Filed, ...]


class Town:
    """The desks, and the people they write to: everybody a planter may draw from."""

    def __init__(self, office: Desk, counselling: Desk, kiel: Desk) -> None:
        self.office, self.counselling, self.kiel = office, counselling, kiel
        self.people = People("town")
        self.clients: Mapping[str, tuple[Contact, ...]] = {
            "office": self.people.private(640),
            "counselling": self.people.private(260),
            "kiel": self.people.private(190, german=True),
        }
        self.staff = self.people.at(DOMAIN, 26)
        self.trustees = self.people.private(9)
        self._random = Random("town")  # noqa: S311 - the demo must be the same in every run

    def clients_of(self, desk: Desk, count: int) -> tuple[Contact, ...]:
        """Draw a list of different clients of one desk, in no order."""
        return tuple(self._random.sample(self.clients[desk.name], count))

    def staff_members(self, count: int) -> tuple[Contact, ...]:
        """Draw different members of staff."""
        return tuple(self._random.sample(self.staff, count))


def figures(
    messages: int, events: int, addresses: int, *, people: int | None = None, inside: int = 0, bcc: int = 0
) -> Mapping[str, int]:
    """Name the rungs of an incident whose viewers are the exposed, `inside` insiders and `bcc` hidden recipients."""
    return {
        "messages": messages,
        "exposure_events": events,
        "exposed_addresses": addresses,
        "exposed_people": addresses if people is None else people,
        "viewers": addresses + inside + bcc,
        "internal_visible": inside,
        "bcc_viewers": bcc,
    }


def incident(
    name: str,
    story: str,
    filed: Sequence[Filed],
    expect: Mapping[str, int],
    *,
    siblings: Sequence[Filed] = (),
    related: Sequence[str] = (),
) -> Planted:
    """Join the messages of an incident with what must be found."""
    # The same message filed twice keeps its Message-ID and is named once.
    message_ids = tuple(dict.fromkeys(one.message_id for one in filed))
    hidden = tuple(one.message_id for one in siblings)
    plant = Plant(name, "incident", story, message_ids, expect, hidden, tuple(related))
    return Planted(plant, (*filed, *siblings))


def harmless(name: str, story: str, filed: Sequence[Filed]) -> Planted:
    """Join messages that only look like an incident."""
    return Planted(Plant(name, "harmless", story, tuple(one.message_id for one in filed)), tuple(filed))
