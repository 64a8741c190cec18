"""Who was told afterwards: follow-ups to those exposed, as far as mail of the organisation shows them."""

from collections.abc import Iterator

from scanner.export.note.block import Block, Paragraph, Part, Subject, counted, texts
from scanner.export.words.wording import figure, long_day


def reached(subject: Subject) -> Iterator[Block]:
    """Tell how many got a mail about it, and how many none."""
    words, told = texts("followed"), subject.incident.follow_up
    if told is None:
        return
    exposed = counted("address", len(subject.incident.exposed))
    if not (told.individual or told.hidden or told.open):
        yield Paragraph(words["nobody"].format(exposed=exposed))
    else:
        sentences = [words["individual"].format(number=figure(len(told.individual)), exposed=exposed)]
        if told.hidden:
            sentences.append(words["hidden"].format(number=figure(len(told.hidden))))
        if told.open:
            sentences.append(words["shown"].format(number=figure(len(told.open))))
        sentences.append(words["none"].format(number=figure(told.none)))
        yield Paragraph(" ".join(sentences))


def again(subject: Subject) -> Iterator[Block]:
    """Tell of recalls, apologies and corrections that showed the list again, or some of it."""
    told = subject.incident.follow_up
    if told is not None and told.open_apologies:
        yield Paragraph(texts("followed")["open"].format(messages=counted("message", told.open_apologies)))
    if told is not None and told.open_mails:
        yield Paragraph(texts("followed")["open_mails"].format(messages=counted("message", told.open_mails)))
    if told is not None and told.shown_again:
        yield Paragraph(texts("followed")["again"].format(exposed=counted("address", told.shown_again)))


def limits(subject: Subject) -> Iterator[Block]:
    """Say what was looked at."""
    told = subject.incident.follow_up
    if told is not None:
        yield Paragraph(texts("followed")["limits"].format(day=long_day(subject.clock, told.until)))


PARTS: tuple[Part, ...] = (reached, again, limits)
