"""Who received it, as far as something proves it: replies, bounces, message traces; nothing where nobody has looked."""

from collections import Counter
from collections.abc import Iterator

from scanner.export.note.block import Block, Entry, Paragraph, Part, Subject, counted, minute, texts
from scanner.export.words.wording import figure
from scanner.model import Receipt

_LISTED = 10
"""Proofs whose places are told one by one."""


def arrived(subject: Subject) -> Iterator[Block]:
    """Tell how many copies arrived for sure, and who answered."""
    words, figures = texts("received"), subject.incident.ladder
    if figures.delivered is not None:
        text = words["delivered"].format(
            delivered=figure(figures.delivered), viewers=counted("address", figures.viewers)
        )
        yield Paragraph(text)
    if figures.replied is not None:
        programs = figure(figures.auto_replied or 0)
        yield Paragraph(words["replied"].format(replied=figure(figures.replied), programs=programs))


def returned(subject: Subject) -> Iterator[Block]:
    """Tell how many got no copy at all, and what is left of the viewers."""
    words, figures = texts("received"), subject.incident.ladder
    if figures.bounced is None:
        return
    if not figures.bounced:
        yield Paragraph(words["none_bounced"])
        return
    left = figures.viewers - figures.bounced
    yield Paragraph(words["bounced"].format(bounced=counted("address", figures.bounced), left=figure(left)))


def further(subject: Subject) -> Iterator[Block]:
    """Tell of recipients that the stored copies do not name."""
    viewers = {viewer.key for viewer in subject.incident.viewers}
    beyond = {one.key for one in _proofs(subject) if one.kind == "delivered" and one.key not in viewers}
    if beyond:
        yield Paragraph(texts("received")["further"].format(addresses=counted("address", len(beyond))))
    if unnamed := sum(1 for one in _proofs(subject) if not one.key):
        yield Paragraph(texts("received")["unnamed"].format(answers=figure(unnamed)))


def places(subject: Subject) -> Iterator[Block]:
    """Name where the proofs lie, without the addresses: a screen is seen."""
    words = texts("received")
    mails = sorted((one for one in _proofs(subject) if one.source == "mail"), key=_order)
    for one in mails[:_LISTED]:
        lead = "" if one.happened_at is None else minute(subject.clock, one.happened_at)
        place = words["place"].format(account=one.place, mailbox=one.mailbox, uidvalidity=one.uidvalidity, uid=one.uid)
        yield Entry(lead, words["kinds"][one.kind].format(status=one.status or words["no_status"]), (place,))
    if len(mails) > _LISTED:
        yield Paragraph(words["more"].format(proofs=figure(len(mails) - _LISTED)))
    for name, rows in sorted(Counter(one.place for one in _proofs(subject) if one.source == "trace").items()):
        yield Paragraph(words["trace"].format(name=name, rows=figure(rows)))


def _proofs(subject: Subject) -> Iterator[Receipt]:
    return (one for part in subject.incident.messages for one in part.message.receipts)


def _order(one: Receipt) -> tuple[int, str, int, str]:
    return one.happened_at or 0, one.place, one.uid or 0, one.sha256


PARTS: tuple[Part, ...] = (arrived, returned, further, places)
