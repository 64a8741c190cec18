"""What the store keeps of an analysis, for one that judges only new mail and what that touches."""

from typing import NamedTuple

from scanner.model.address import Identity, IncidentKey


class CandidateEntry(NamedTuple):
    """A message that may expose, in the row of a term by which neighbours find it."""

    number: int
    identity: Identity
    sent_at: int
    incident: IncidentKey | None
    """To which it belonged in the analysis before; None = to none, or it has changed."""

    stem: str
    recalls: bool
    has_origin: bool
    """Its thread was begun by an outsider."""


class KnownIncident(NamedTuple):
    """An incident of the analysis before."""

    key: IncidentKey
    first_sent_at: int
    size: int
    """Exposed addresses."""

    queued: bool
    related: str
    """Keys of related incidents, sorted, as JSON."""

    around: str
    """What surrounds it, as JSON."""
