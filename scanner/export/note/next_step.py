"""What to do next: advice, never a verdict. The calls that help are the face's to name."""

from collections.abc import Iterator

from scanner.export.note.belonging import place
from scanner.export.note.block import Block, Paragraph, Part, Subject, texts


def reading(subject: Subject) -> Iterator[Block]:
    """Name the copy to open: the earliest message, where it still lies."""
    words = texts("next")
    copies = [copy for part in subject.incident.messages for copy in part.message.copies]
    there = [copy for copy in copies if not copy.expunged]
    if there:
        best = min(there, key=lambda copy: copy.deleted)
        yield Paragraph(words["open"].format(place=place(best)))
    elif copies:
        yield Paragraph(words["gone"])


def telling(_: Subject) -> Iterator[Block]:
    """Say whom to tell, and from when the time runs."""
    yield Paragraph(texts("next")["tell"])


def writing(_: Subject) -> Iterator[Block]:
    """Warn of the second exposure: an apology to all, a recall."""
    yield Paragraph(texts("next")["write"])


PARTS: tuple[Part, ...] = (reading, telling, writing)
