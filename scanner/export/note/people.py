"""Who was exposed, by name, and whose name may be somebody else's: only when asked for, since a screen is seen."""

from collections.abc import Iterator, Sequence

from scanner.columns import sheet
from scanner.export.note.block import Grid, Point, Section, Subject, texts
from scanner.export.words.spoken import Speak, speaker
from scanner.model import AUTOMATIC, ExposedAddress


def people_sections(subject: Subject) -> Iterator[Section]:
    """Yield the exposed addresses with tiers and names shown, names that do not fit, and the client register's."""
    words, lines = texts("people"), texts("lines")
    exposed = subject.incident.exposed
    yield Section("shown", words["shown"], (_shown(exposed),))
    unfit = [(name, entry.key) for entry in exposed for name in entry.unfit_names]
    if unfit:
        points = tuple(Point(words["unfit_name"].format(name=name, address=address)) for name, address in unfit)
        yield Section("unfit", words["unfit"], points)
    kind, rule = (_words("viewers", name) for name in ("address_class", "class_rule"))
    rules = tuple((entry.key, kind(entry.address_class), rule(entry.rule)) for entry in exposed)
    yield Section("rules", words["rules"], (Grid(tuple(words["rules_header"]), rules, wide=2),))
    known = [(entry.key, client) for entry in exposed for client in entry.clients]
    if known:
        cells = tuple((key, one.id, one.name, lines["list"].join(one.flags), one.safe_channel) for key, one in known)
        yield Section("register", words["register"], (Grid(tuple(words["register_header"]), cells, wide=2),))


def _words(table: str, name: str) -> Speak:
    """Return what turns the values of a column into the words of the sheets."""
    return speaker(next(column for column in sheet(table).columns if column.name == name)) or str


def _shown(exposed: Sequence[ExposedAddress]) -> Grid:
    """Return the addresses with tier and names; who decided on a tier has a column where somebody did."""
    header = tuple(texts("people")["shown_header"])
    names = (texts("lines")["clause"].join(entry.display_names) for entry in exposed)
    tier, by = (_words("people", name) for name in ("tier", "tier_source"))
    rows = tuple(
        (entry.key, tier(entry.tier), by(entry.tier_source), name) for entry, name in zip(exposed, names, strict=True)
    )
    if any(entry.tier_source != AUTOMATIC for entry in exposed):
        return Grid(header, rows, wide=3)
    return Grid((*header[:2], header[3]), tuple((key, tier, name) for key, tier, _, name in rows), wide=2)
