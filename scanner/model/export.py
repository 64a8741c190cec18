"""What was handed out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.model.address import IncidentKey
from scanner.model.decision import Status


@dataclass(frozen=True, slots=True)
class Outline:
    """A queued incident in its figures: what a later report is compared with. Names nobody."""

    key: IncidentKey
    rank: int
    score: int
    status: Status
    messages: int
    addresses: int
    people: int


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The header fields of one message, or of several with the same ones, byte for byte as they were received."""

    sha256: str
    """64 hex digits."""

    content: bytes


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text whose hash was taken when it was written down: a policy, a row of a log."""

    text: str


@dataclass(frozen=True, slots=True)
class Export:
    """One row of the log of exports."""

    number: int
    """Place in the log, from 1 without gaps."""

    exported_at: int
    payload: Mapping[str, Any] | None
    """
    Name, SHA-256 and size of each file, audience, versions, policy, where the
    log of decisions ended, and the outline of the incidents; None = erased.
    """

    chain_sha256: str


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed since a report that was handed out before; incidents by rank, or as they stood then."""

    number: int
    """Of the export."""

    exported_at: int
    is_same_policy: bool
    new: tuple[IncidentKey, ...]
    grown: tuple[IncidentKey, ...]
    """More or fewer messages, addresses or people than then."""

    gone: tuple[IncidentKey, ...]
    decided: tuple[IncidentKey, ...]
    """They have another status than then."""

    people_then: int
    people_now: int
    noted: tuple[IncidentKey, ...] = ()
    """Of the same status, with further rulings, notes, requests to delete or signatures in the log."""

    people_noted: int = 0
    """Further rows of the log on people: told, flags, safe channel, merged."""

    @property
    def is_unchanged(self) -> bool:
        """Incidents and people are the same, and nothing more was stated of them."""
        is_same = not (self.new or self.grown or self.gone or self.decided or self.noted or self.people_noted)
        return is_same and self.people_then == self.people_now
