"""What one incident adds to the figures over all of them: kept with it, so that a total needs no message again."""

import json
from dataclasses import dataclass

from scanner.analyse.exposure import ViewField, unresolved_texts
from scanner.analyse.receipt import is_looked_for
from scanner.model import AddressKey, Incident, OutsiderTest, Received, Tier

# json.dumps makes a new one for every call that asks for more than its defaults.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one incident in the totals."""

    members: int
    """Messages of the incident, those with an unreadable list included."""

    messages: int
    events: int
    at_least: bool
    is_looked_for: bool
    """Received mail was looked through for bounces of and replies to every one of the messages."""

    exposed: tuple[tuple[AddressKey, str, Tier], ...]
    """(key, person, tier), by key."""

    viewers: tuple[tuple[AddressKey, bool, ViewField, Received], ...]
    """(key, inside, widest field, what is proven), by key."""

    unresolved: tuple[str, ...]
    """Folded texts, sorted."""


def share_of(incident: Incident, classify: OutsiderTest) -> Share:
    """Return what an incident adds to the totals."""
    messages = [entry.message for entry in incident.messages]
    return Share(
        members=len(messages),
        messages=incident.ladder.messages,
        events=incident.ladder.exposure_events,
        at_least=incident.ladder.at_least,
        is_looked_for=is_looked_for(messages),
        exposed=tuple((exposed.key, exposed.person_id, exposed.tier) for exposed in incident.exposed),
        viewers=tuple((viewer.key, viewer.inside, viewer.field, viewer.received) for viewer in incident.viewers),
        unresolved=_unresolved(incident, classify) if incident.ladder.unresolved else (),
    )


def _unresolved(incident: Incident, classify: OutsiderTest) -> tuple[str, ...]:
    return tuple(sorted({text for part in incident.messages for text in unresolved_texts(part.message, classify)}))


def share_text(share: Share) -> str:
    """Return a share as JSON."""
    content = [share.members, share.messages, share.events, share.at_least, share.is_looked_for]
    return _ENCODER.encode([*content, share.exposed, share.viewers, share.unresolved])


def read_share(text: str) -> Share:
    """Return the share that `share_text` wrote."""
    members, messages, events, at_least, looked_for, exposed, viewers, unresolved = json.loads(text)
    return Share(
        members=members,
        messages=messages,
        events=events,
        at_least=at_least,
        is_looked_for=looked_for,
        exposed=tuple(map(tuple, exposed)),
        viewers=tuple(map(tuple, viewers)),
        unresolved=tuple(unresolved),
    )
