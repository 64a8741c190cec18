"""How often the list went out, known again by the order of its recipients."""

from collections.abc import Iterator

from scanner.export.note.block import Block, Paragraph, Subject, counted, minute, texts
from scanner.export.words.wording import figure

_LISTED = 8


def list_trace(subject: Subject) -> Iterator[Block]:
    """Tell when else the list of the incident went out, open or hidden, and how much that proves."""
    words, trace = texts("traced"), subject.incident.list_trace
    if trace is None:
        return
    here = {part.message.identity for part in subject.incident.messages}
    others = [mailing for mailing in trace.mailings if here.isdisjoint(mailing.identities)]
    sentences = []
    if others:
        sentences.append(words["times"].format(times=counted("time", trace.times), open=figure(trace.times_open)))
        days = texts("lines")["list"].join(
            words["open" if mailing.is_open else "hidden"].format(day=minute(subject.clock, mailing.sent_at)[:10])
            for mailing in others[:_LISTED]
        )
        sentences.append(words["others" if len(others) <= _LISTED else "first_others"].format(days=days))
        if changed := sum(1 for mailing in trace.mailings if mailing.evidence == "people"):
            sentences.append(words["people"].format(times=counted("time", changed)))
        if trace.is_short:
            sentences.append(words["short"])
        elif trace.is_alphabetical:
            sentences.append(words["alphabetical"])
    if trace.parts:
        sentences.append(words["parts"].format(mailings=counted("mailing", trace.parts)))
    if sentences:
        yield Paragraph(" ".join(sentences))
