"""The candidates of the newest analysis and the terms by which they are found."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from scanner.model import CandidateEntry, Identity, IncidentKey, KnownIncident
from scanner.store.insert import chunks, insert_rows
from scanner.store.octets import identity_from, octets_of
from scanner.store.schema import candidate, candidate_term, incident, incident_message

_AT_ONCE = 5_000
_NUMBER_BITS = 63
_NUMBER = (1 << _NUMBER_BITS) - 1

_ROWS = """
    SELECT candidate_term.term, candidate.message_id, candidate.identity, candidate.sent_at, candidate.incident_key,
           candidate.stem, candidate.recalls, candidate.has_origin
      FROM candidate_term
      JOIN candidate ON candidate.message_id = candidate_term.message_id
     WHERE candidate_term.term IN ({terms})
"""

_PRESENT = """
    SELECT DISTINCT term FROM candidate_term WHERE term IN ({terms}) AND message_id NOT IN ({without})
"""

_CANDIDATE = ("message_id", "identity", "sent_at", "incident_key", "stem", "recalls", "has_origin", "thin")


class CandidateRow(NamedTuple):
    """One candidate to keep."""

    number: int
    identity: Identity
    sent_at: int
    incident: IncidentKey | None
    stem: str
    recalls: bool
    has_origin: bool
    thin: str
    terms: Iterable[str]
    """Distinct."""


@lru_cache(maxsize=1 << 17)
def term_number(term: str) -> int:
    """Return 64 bits of a hash of a term, signed as both databases keep them."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def term_entries(connection: Connection, terms: Collection[str]) -> dict[str, list[CandidateEntry]]:
    """Return the candidates that have each of these terms; no order."""
    found: dict[str, list[CandidateEntry]] = {}
    names = {term_number(term): term for term in terms}
    for some in chunks(sorted(names), _AT_ONCE):
        # Our own numbers: bound values are limited.
        query = text(_ROWS.format(terms=", ".join(map(str, some))))
        for number, message_id, identity, sent_at, key, stem, recalls, has_origin in connection.execute(query):
            entry = CandidateEntry(
                message_id, identity_from(identity), sent_at, key, stem, bool(recalls), bool(has_origin)
            )
            found.setdefault(names[number], []).append(entry)
    return found


def present_terms(connection: Connection, terms: Collection[str], without: Collection[int]) -> frozenset[str]:
    """Return those of the terms that a candidate has, these numbers aside."""
    names = {term_number(term): term for term in terms}
    left_out = ", ".join(map(str, sorted(without))) or "0"
    found: set[str] = set()
    for some in chunks(sorted(names), _AT_ONCE):
        query = text(_PRESENT.format(terms=", ".join(map(str, some)), without=left_out))
        found.update(names[number] for number in connection.execute(query).scalars())
    return frozenset(found)


def thin_texts(connection: Connection, numbers: Collection[int]) -> Iterator[tuple[int, str, IncidentKey | None]]:
    """Yield (number, thin reading, incident) of candidates; unknown ones are left out."""
    columns = candidate.c
    for some in chunks(sorted(numbers)):
        query = select(columns.message_id, columns.thin, columns.incident_key).where(columns.message_id.in_(some))
        yield from map(tuple, connection.execute(query))


def known_incidents(
    connection: Connection, result_id: int, keys: Collection[IncidentKey]
) -> dict[IncidentKey, KnownIncident]:
    """Return incidents of a result by key; unknown ones are left out."""
    columns = incident.c
    found: dict[IncidentKey, KnownIncident] = {}
    for some in chunks(sorted(keys)):
        query = select(
            columns.key,
            columns.first_sent_at,
            columns.exposed_addresses,
            columns.queued,
            columns.related,
            columns.around,
        ).where((columns.run_id == result_id) & columns.key.in_(some))
        for key, first_sent_at, size, queued, related, around in connection.execute(query):
            found[key] = KnownIncident(key, first_sent_at, size, bool(queued), related, around)
    return found


def incident_numbers(
    connection: Connection, result_id: int, keys: Collection[IncidentKey]
) -> dict[IncidentKey, list[int]]:
    """Return the numbers of the messages of incidents; Bcc siblings are none of them."""
    columns = incident_message.c
    found: dict[IncidentKey, list[int]] = {}
    for some in chunks(sorted(keys)):
        query = select(columns.incident_key, columns.message_id).where(
            (columns.run_id == result_id) & columns.incident_key.in_(some) & (columns.part == "exposing")
        )
        for key, number in connection.execute(query):
            found.setdefault(key, []).append(number)
    return found


def count_candidates(connection: Connection) -> int:
    """Return how many candidates are kept."""
    return int(connection.execute(text("SELECT COUNT(*) FROM candidate")).scalar_one())


def write_all_candidates(connection: Connection, rows: Iterable[CandidateRow]) -> None:
    """Keep these candidates in place of all others."""
    connection.execute(delete(candidate_term))
    connection.execute(delete(candidate))
    _insert(connection, rows)


def replace_candidates(
    connection: Connection, gone: Iterable[tuple[int, Iterable[str]]], rows: Sequence[CandidateRow]
) -> None:
    """
    Keep further candidates.

    Args:
        connection: To the store.

        gone: (number, terms) of those that are not kept as they were.

        rows: In their place, and new ones.
    """
    for number, terms in gone:
        connection.execute(delete(candidate).where(candidate.c.message_id == number))
        columns = candidate_term.c
        for some in chunks(sorted(map(term_number, set(terms)))):
            connection.execute(delete(candidate_term).where(columns.term.in_(some) & (columns.message_id == number)))
    _insert(connection, rows)


def assign_incidents(connection: Connection, incidents: Mapping[int, IncidentKey]) -> None:
    """Note to which incident candidates belong."""
    numbers: dict[IncidentKey, list[int]] = {}
    for number, key in incidents.items():
        numbers.setdefault(key, []).append(number)
    columns = candidate.c
    for key, all_of_it in numbers.items():
        for some in chunks(sorted(all_of_it)):
            connection.execute(update(candidate).where(columns.message_id.in_(some)).values(incident_key=key))


def _insert(connection: Connection, rows: Iterable[CandidateRow]) -> None:
    """Insert candidates as they come; none is held."""
    pairs: list[int] = []
    ahead = iter(rows)
    while some := list(islice(ahead, _AT_ONCE)):
        kept: list[tuple[Any, ...]] = []
        for number, identity, sent_at, key, stem, recalls, has_origin, thin, terms in some:
            kept.append((number, octets_of(identity), sent_at, key, stem, recalls, has_origin, thin))
            pairs += [term_number(term) << _NUMBER_BITS | number for term in terms]
        insert_rows(connection, candidate, _CANDIDATE, kept)
    # In the order of the tree, so that pages are filled one after the other. Two numbers in one sort as a pair does,
    # take half the memory, and a third of the time.
    pairs.sort()
    for cut in chunks(pairs, _AT_ONCE):
        rows_of_terms = [(pair >> _NUMBER_BITS, pair & _NUMBER) for pair in cut]
        insert_rows(connection, candidate_term, ("term", "message_id"), rows_of_terms)
