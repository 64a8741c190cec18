"""Who was exposed, by name: shown only when somebody asks, since a screen is seen by others."""

from collections.abc import Iterator

from scanner.export.note.block import Grid, Section, Subject, texts


def people_sections(subject: Subject) -> Iterator[Section]:
    """Yield the exposed addresses with tiers and the names shown, then who they are in the client register."""
    words, lines = texts("people"), texts("lines")
    exposed = subject.incident.exposed
    rows = tuple((entry.key, entry.tier, lines["clause"].join(entry.display_names)) for entry in exposed)
    yield Section("shown", words["shown"], (Grid(tuple(words["shown_header"]), rows, wide=2),))
    known = [(entry.key, client) for entry in exposed for client in entry.clients]
    if known:
        cells = tuple((key, one.id, one.name, lines["list"].join(one.flags), one.safe_channel) for key, one in known)
        yield Section("register", words["register"], (Grid(tuple(words["register_header"]), cells, wide=2),))
