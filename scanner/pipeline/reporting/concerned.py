"""The log of decisions as far as it speaks of some incidents; of the other rows nothing is told but their hashes."""

import json
from collections.abc import Iterable

from scanner.chain import canonical_json
from scanner.model import AddressKey, Incident, KeptText, PeopleStatement, Statement
from scanner.review.tracking import PERSON
from scanner.store.people import KIND as PEOPLE

_KEY_DIGITS = 12


class Concerned:
    """
    Tells which rows of the log speak of some incidents or of the people that these exposed.

    Args:
        incidents: As they stand; each is read once.

        statements: About these people.
    """

    def __init__(self, incidents: Iterable[Incident], statements: Iterable[PeopleStatement]) -> None:
        self._numbers = {one.number for one in statements}
        self._marks: set[str] = set()
        """The first 12 digits of the identities: the keys that these incidents have or had."""

        self._addresses: set[AddressKey] = set()
        for incident in incidents:
            self._marks.update(part.message.identity[:_KEY_DIGITS] for part in incident.messages)
            self._addresses.update(entry.key for entry in incident.exposed)
            # What covers a sender or a list was said of another incident, and holds for this one.
            self._numbers.update(one.number for one in incident.standing.history)
            self._numbers.update(one.number for one in incident.standing.rulings)

    def has(self, statement: Statement) -> bool:
        """Tell whether the row speaks of them; a signature names nobody but who signed."""
        if statement.number in self._numbers or statement.kind == "sign":
            return True
        if statement.kind == PERSON:
            return not self._addresses.isdisjoint((statement.payload or {}).get("addresses", ()))
        return statement.kind != PEOPLE and statement.incident in self._marks


def without_content(row: KeptText) -> KeptText:
    """Return a row of the log as if its content had been erased: the chain of hashes still holds."""
    return KeptText(canonical_json({**json.loads(row.text), "payload": None}))
