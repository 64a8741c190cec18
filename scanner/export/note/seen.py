"""Who could see whom: the ladder in sentences, then every rung with its meaning."""

from collections import Counter
from collections.abc import Iterator

from scanner.columns import ladder
from scanner.export.note.block import Block, Figure, Paragraph, Part, Subject, counted, texts
from scanner.export.words.wording import figure, wording


def viewers(subject: Subject) -> Iterator[Block]:
    """Tell how many could see the list, inside and outside."""
    words, incident = texts("seen"), subject.incident
    figures = incident.ladder
    if not figures.viewers:
        yield Paragraph(words["nobody"])
        return
    inside = sum(viewer.inside for viewer in incident.viewers)
    form = "viewers_at_least" if figures.at_least or figures.bcc_viewers else "viewers"
    text = words[form].format(
        viewers=counted("address", figures.viewers), outside=figure(figures.viewers - inside), inside=figure(inside)
    )
    if figures.bcc_viewers:
        text += " " + words["hidden"].format(hidden=figure(figures.bcc_viewers))
    if sisters := sum(viewer.is_sister for viewer in incident.viewers):
        text += " " + words["sisters"].format(sisters=figure(sisters))
    yield Paragraph(text)


def through_lists(subject: Subject) -> Iterator[Block]:
    """Tell who else could see it through lists whose members are known."""
    for entry in subject.incident.through_lists:
        yield Paragraph(
            texts("seen")["through_list"].format(
                list=entry.address,
                day=entry.as_of,
                people=counted("further", len(entry.members)),
                outsiders=figure(entry.outsiders),
            )
        )


def clients(subject: Subject) -> Iterator[Block]:
    """Tell how many of the exposed stand in the client register, and with which flags."""
    words = texts("seen")
    known = [entry for entry in subject.incident.exposed if entry.clients]
    flags = Counter(flag for entry in known for flag in {flag for client in entry.clients for flag in client.flags})
    if known:
        told = texts("lines")["list"].join(f"{figure(number)} {flag}" for flag, number in sorted(flags.items()))
        yield Paragraph(words["client_flags" if told else "clients"].format(addresses=figure(len(known)), flags=told))


def tiers(subject: Subject) -> Iterator[Block]:
    """Tell how well the exposed people can be named."""
    words, figures = texts("seen"), subject.incident.ladder
    if not figures.exposed_addresses:
        return
    sentences = [
        words["tiers"].format(
            full=figure(figures.identifiable_full),
            partial=figure(figures.identifiable_partial),
            nameless=figure(figures.nameless),
        )
    ]
    if figures.role:
        sentences.append(words["roles"].format(role=figure(figures.role)))
    if figures.list:
        sentences.append(words["lists"].format(lists=figure(figures.list)))
    yield Paragraph(" ".join(sentences))


def bounds(subject: Subject) -> Iterator[Block]:
    """Tell the number of people to name to an authority."""
    words, figures = texts("seen"), subject.incident.ladder
    if not figures.exposed_addresses:
        form = "no_number"
    elif figures.at_least:
        form = "at_least"
    else:
        form = "exactly" if figures.people_lower == figures.people_upper else "between"
    yield Paragraph(
        words[form].format(
            people=counted("person", figures.people_upper),
            lower=figure(figures.people_lower),
            upper=figure(figures.people_upper),
            addresses=counted("address", figures.people_upper),
        )
    )


def rungs(subject: Subject) -> Iterator[Block]:
    """Give every rung of the ladder with the first sentence of its meaning; the whole stands in the workbook."""
    for rung in ladder():
        if rung.name != "at_least":
            value = getattr(subject.incident.ladder, rung.name)
            shown = wording()["unknown"] if value is None else figure(value)
            yield Figure(rung.header, shown, rung.meaning.split(". ")[0].rstrip("."))


PARTS: tuple[Part, ...] = (viewers, through_lists, clients, tiers, bounds, rungs)
