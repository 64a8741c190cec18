"""People: who was merged and why, who may be one person, and what was stated about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from scanner.analyse import StatedPeople, with_undos
from scanner.config import Settings
from scanner.model import AUTOMATIC, PeopleStatement, PeopleSuggestion, Person
from scanner.pipeline.reporting.report import open_report
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.people import heeded_statement, people_statements
from scanner.store.results import latest_analysis


@dataclass(frozen=True, slots=True)
class PeopleOverview:
    """What the last analysis makes of people, and what was stated since."""

    merged: tuple[Person, ...]
    """Exposed people with several addresses, by person_id."""

    tiered: tuple[Person, ...]
    """Exposed people whose tier a person has decided on, by person_id."""

    suggestions: tuple[PeopleSuggestion, ...]
    statements: tuple[PeopleStatement, ...]
    """The whole log, in its order."""

    waiting: tuple[int, ...]
    """Numbers of the statements that the last analysis did not know."""


def people_overview(settings: Settings) -> PeopleOverview:
    """
    Return who is merged, who may be, and the log of what was stated.

    Raises:
        StoreError: As `open_report`.
    """
    with open_report(settings) as report:
        people = list(report.people())
        suggestions = tuple(report.people_suggestions())
    with reading(settings) as connection:
        log = people_statements(connection)
        heeded = heeded_statement(latest_analysis(connection))
    return PeopleOverview(
        merged=tuple(person for person in people if len(person.addresses) > 1),
        tiered=tuple(person for person in people if person.tier_source != AUTOMATIC),
        suggestions=suggestions,
        statements=tuple(with_undos(log)),
        waiting=tuple(entry.number for entry in log if entry.number > heeded),
    )


@contextmanager
def reading(settings: Settings) -> Iterator[Connection]:
    """
    Give a connection whose reads all see the store of one moment.

    Raises:
        StoreError: The store is missing or cannot be read.
    """
    opened = disposing(open_engine(settings.store_url, read_only=True))
    with opened as engine, store_errors(engine.url), snapshot(engine) as connection:
        yield connection


def stated_people(connection: Connection, *, up_to: int | None = None) -> StatedPeople:
    """Return who is one person by the statements up to a number; None = all of them."""
    return StatedPeople(people_statements(connection, up_to=up_to))
