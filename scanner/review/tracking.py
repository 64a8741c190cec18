"""
What was done about those who could see a list, and about those who were shown in it.

A viewer is asked to delete the mail and may confirm it: that belongs to the
incident, and follows it as decisions do. Telling a person, how to reach that
person safely, and what to heed belong to the person, whatever the incident.
"""

from collections.abc import Iterable
from typing import Any

from scanner.flag import heeded_flags
from scanner.model import AddressKey, Contact, Deletion, Identity, Statement

VIEWER, PERSON = "viewer", "person"
"""What the log calls them; `verdict` then says what was done."""

ASKED, CONFIRMED = "requested", "confirmed"
NOTIFIED, FLAGS, CHANNEL = "notified", "flags", "channel"

_KEY_DIGITS = 12


def viewer_statement(
    incident: str, address: AddressKey, done: str, at: int | None, *, decided_by: str, applied_by: str, now: int
) -> Statement:
    """Return as a row for the log that a viewer was asked, or has confirmed; `at` None takes that back."""
    return _statement(VIEWER, incident, done, {"address": address, "at": at}, decided_by, applied_by, now)


def person_statement(
    addresses: Iterable[AddressKey], done: str, content: dict[str, Any], *, decided_by: str, applied_by: str, now: int
) -> Statement:
    """
    Return as a row for the log what holds of the person with these addresses.

    Args:
        addresses: All that are known to be the person's.

        done: notified | flags | channel.

        content: `at` and `how`; `flags`; or `channel`. None or nothing in it takes back what was said before.
    """
    payload = {"addresses": sorted(addresses), **content}
    return _statement(PERSON, "", done, payload, decided_by, applied_by, now)


def _statement(
    kind: str, incident: str, done: str, payload: dict[str, Any], decided_by: str, applied_by: str, now: int
) -> Statement:
    return Statement(0, kind, incident, done, "", decided_by, applied_by, now, now, None, payload)


class Tracking:
    """All that was noted, ready to be asked what holds of an incident or a person; erased rows say nothing."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._deletions: dict[str, dict[AddressKey, dict[str, Any]]] = {}
        self._contacts: dict[AddressKey, dict[str, Statement]] = {}
        for one in statements:
            if one.payload is None:
                continue
            if one.kind == VIEWER:
                known = self._deletions.setdefault(one.incident, {}).setdefault(AddressKey(one.payload["address"]), {})
                known[one.verdict] = one.payload["at"]
                known["number"] = one.number
            elif one.kind == PERSON:
                for address in one.payload["addresses"]:
                    self._contacts.setdefault(AddressKey(address), {})[one.verdict] = one

    @property
    def has_contacts(self) -> bool:
        """Something was noted of a person."""
        return bool(self._contacts)

    def deletions(self, messages: frozenset[Identity]) -> tuple[Deletion, ...]:
        """Return what was noted of an incident's viewers, by address; of joined incidents the later entry counts."""
        if not self._deletions:
            return ()
        found: dict[AddressKey, dict[str, Any]] = {}
        for mark in sorted({identity[:_KEY_DIGITS] for identity in messages} & self._deletions.keys()):
            for address, known in self._deletions[mark].items():
                older, newer = sorted((found.get(address, {}), known), key=lambda one: int(one.get("number", 0)))
                found[address] = {**older, **newer}
        return tuple(
            Deletion(address, known.get(ASKED), known.get(CONFIRMED), known["number"])
            for address, known in sorted(found.items())
        )

    def contact(self, addresses: Iterable[AddressKey]) -> Contact | None:
        """Return what was noted of the person with these addresses, the newest of each kind; None = nothing."""
        newest: dict[str, Statement] = {}
        for address in addresses:
            for done, one in self._contacts.get(address, {}).items():
                if done not in newest or one.number > newest[done].number:
                    newest[done] = one
        if not newest:
            return None
        said: dict[str, Any] = {name: dict(one.payload or {}) for name, one in newest.items()}
        notified = said.get(NOTIFIED, {})
        return Contact(
            notified_at=notified.get("at"),
            notified_how=notified.get("how") or "",
            # Logs of before have them in anybody's words.
            flags=heeded_flags(",".join(said.get(FLAGS, {}).get("flags", ()))),
            safe_channel=said.get(CHANNEL, {}).get("channel") or "",
            number=max(one.number for one in newest.values()),
        )
