"""The bodies of a field, the first and those behind it together."""

from scanner.crawl.fields import FIELD_NAMES, Fields


def bodies_of(fields: Fields, name: str) -> tuple[str, ...]:
    """Return all bodies of a field, by its lower-case name, in header order."""
    first = fields.bodies[FIELD_NAMES.index(name)]
    return () if first is None else (first, *fields.more.get(name, ()))
