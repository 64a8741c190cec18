"""The reasoned decisions that a confirmed incident carries, and what is noted of its effects and measures."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from scanner.errors import UsageError
from scanner.model import Identity, IncidentKey, Ruling, RulingKind, Severity, Signature, Statement

_KEY_DIGITS = 12
ANSWERED: frozenset[str] = frozenset({"breach", "authority", "people"})
"""Kinds that are answered with yes or no."""

KINDS: tuple[RulingKind, ...] = ("breach", "authority", "people", "effects", "measures", "severity")
"""In the order in which they are told."""


RULING = "ruling"
"""What the log calls all of them; `verdict` then holds the kind and the answer, such as `breach yes`."""


def ruling_statement(ruling: Ruling) -> Statement:
    """Return a ruling as a row for the log."""
    return Statement(
        number=0,
        kind=RULING,
        incident=ruling.incident,
        verdict=f"{ruling.kind} {ruling.answer}".strip(),
        scope="incident",
        decided_by=ruling.decided_by,
        applied_by=ruling.applied_by,
        decided_at=ruling.decided_at,
        recorded_at=ruling.recorded_at,
        expires_at=None,
        payload=_payload(ruling),
    )


def _payload(ruling: Ruling) -> Mapping[str, Any]:
    severity = ruling.severity
    return {
        "text": ruling.text,
        "judged": list(ruling.judged),
        "told_at": ruling.told_at,
        "reference": ruling.reference,
        "severity": {"dpc": severity.dpc, "ei": severity.ei, "cb": severity.cb} if severity else None,
        "needs_signature": ruling.needs_signature,
        **({"adds_to": ruling.adds_to} if ruling.adds_to else {}),
    }


def read_ruling(statement: Statement, signature: Signature | None = None) -> Ruling:
    """Return the ruling of a row of kind `ruling`."""
    content = statement.payload or {}
    kind, _, answer = statement.verdict.partition(" ")
    severity = content.get("severity")
    return Ruling(
        number=statement.number,
        kind=cast(RulingKind, kind),
        incident=IncidentKey(statement.incident),
        answer=answer,
        text=content.get("text", ""),
        decided_by=statement.decided_by,
        applied_by=statement.applied_by,
        decided_at=statement.decided_at,
        recorded_at=statement.recorded_at,
        judged=tuple(map(Identity, content.get("judged", ()))),
        told_at=content.get("told_at"),
        reference=content.get("reference", ""),
        severity=Severity(**severity) if severity else None,
        is_erased=statement.payload is None,
        needs_signature=content.get("needs_signature", False),
        signature=signature,
        adds_to=content.get("adds_to", 0),
    )


def read_signatures(statements: Iterable[Statement]) -> dict[int, Signature]:
    """
    Return who signed which row of the log, by its number; a later signature of another person changes nothing.

    A signature names the chain hash of the row as well: it stands for that row only.
    """
    hashes: dict[int, tuple[str, str]] = {}
    found: dict[int, Signature] = {}
    for one in statements:
        hashes[one.number] = (one.chain_sha256, one.decided_by)
        if one.kind == "sign" and one.payload:
            number = one.payload["signs"]
            hashed, decided_by = hashes.get(number, ("", ""))
            # So called in the logs that were written.
            if one.payload["link"] == hashed and not is_same_person(one.decided_by, decided_by):
                found.setdefault(number, Signature(one.decided_by, one.decided_at))
    return found


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names are the same, however they are spaced and capitalised."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


class RulingLog:
    """
    All rulings, ready to be asked which of them an incident carries.

    A ruling follows the earliest message it judged, as a decision does, and a
    later one of the same kind takes its place when it judged that message.
    """

    def __init__(self, rulings: Iterable[Ruling]) -> None:
        self._anchored: dict[str, list[Ruling]] = {}
        """The first 12 digits of the earliest identity → the rulings that stand there, whether signed or not."""

        known: dict[int, Ruling] = {}
        for one in rulings:
            known[one.number] = _as_decided(one, known.get(one.adds_to))
        everything = list(known.values())
        judged: dict[tuple[str, str], int] = {}
        for one in everything:
            if one.counts:
                for identity in one.judged:
                    judged[one.kind, identity[:_KEY_DIGITS]] = one.number
        for one in everything:
            if one.number >= judged.get((one.kind, one.incident), 0):
                self._anchored.setdefault(one.incident, []).append(one)

    def __bool__(self) -> bool:
        """Something was ruled on some incident."""
        return bool(self._anchored)

    def of(self, messages: frozenset[Identity]) -> tuple[Ruling, ...]:
        """Return the rulings that stand for an incident with these messages, by kind and number."""
        if not self._anchored:
            return ()
        marks = {identity[:_KEY_DIGITS] for identity in messages}
        found = [one for mark in marks for one in self._anchored.get(mark, ()) if not one.is_erased]
        ordered = sorted(found, key=lambda one: (KINDS.index(one.kind), one.number))
        agreed: dict[tuple[str, str, bool], Ruling] = {}
        for one in ordered:
            is_outgrown = not messages <= set(one.judged)
            # Of two that say the same and have met in a merge, the newer one tells.
            same = (one.kind, one.answer if one.kind in ANSWERED else "", one.counts)
            agreed[same] = replace(one, is_outgrown=is_outgrown)
        return tuple(agreed.values())


def _as_decided(ruling: Ruling, base: Ruling | None) -> Ruling:
    """Return a ruling with who decided and signed what it only adds to."""
    if base is None or base.is_erased:
        return ruling
    return replace(
        ruling,
        decided_by=base.decided_by,
        decided_at=base.decided_at,
        needs_signature=base.needs_signature,
        signature=base.signature,
    )


def state_severity(dpc: int | None, ei: float | None, cb: float | None) -> Severity:
    """
    Return the inputs of the worksheet as a person gave them.

    Raises:
        UsageError: One is missing or no value of the worksheet.
    """
    for value, allowed, option, meaning in (
        (dpc, (1, 2, 3, 4), "--dpc", "1, 2, 3 or 4: the context of the data"),
        (ei, (0.25, 0.5, 0.75, 1), "--ei", "0.25, 0.5, 0.75 or 1: the ease of identification"),
        (cb, tuple(step / 4 for step in range(9)), "--cb", "0 to 2 in quarters: the circumstances"),
    ):
        if value not in allowed:
            what = "the worksheet needs it" if value is None else "the worksheet has no such value"
            raise UsageError(what, where=option, remedy=f"Give {meaning}")
    if dpc is None or ei is None or cb is None:
        raise TypeError("checked above")
    return Severity(dpc, float(ei), float(cb))
