"""The parts of a message: what BODYSTRUCTURE tells of them (RFC 9051, 7.5.2), and no content."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scanner.model.crawl import Gap
from scanner.uids import Ranges


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One part that is no multipart: a text, a file, or a message within the message."""

    section: str
    """Its number as FETCH counts (RFC 9051, 6.4.5): `1`, `2.1`. Parts of an attached message have its number before
    theirs."""

    content_type: str
    """Type and subtype in lower case: `application/pdf`; of nothing readable `text/plain` (RFC 2045, 5.2)."""

    method: str = ""
    """METHOD of text/calendar in upper case (RFC 6047, 2.4); "" for none and for other types."""

    disposition: str = ""
    """`attachment`, `inline` or another word (RFC 2183) in lower case; "" when none was given."""

    file_name: str = ""
    """As the sender called it, decoded: text from mail, which may hold anything but NUL and lone surrogates."""

    size: int | None = None
    """Octets as they travel: base64 takes a third more than the file. None where nobody says."""

    @property
    def is_attachment(self) -> bool:
        """It has a file name, is marked as an attachment, or is a message within the message."""
        return bool(self.file_name) or self.disposition == "attachment" or self.is_message

    @property
    def is_message(self) -> bool:
        """It is a whole message, whose own parts follow (RFC 2046, 5.2.1; RFC 6532, 3.7)."""
        return self.content_type in ("message/rfc822", "message/global")


def attachments(parts: Iterable[MessagePart] | None) -> tuple[MessagePart, ...] | None:
    """Return the attachments among the parts, those of attached messages included, in their order; None if unknown."""
    return None if parts is None else tuple(part for part in parts if part.is_attachment)


def own_parts(parts: Iterable[MessagePart]) -> Iterator[MessagePart]:
    """Yield the parts of the message itself, without those within attached messages."""
    inner: tuple[str, ...] = ()
    for part in parts:
        if not part.section.startswith(inner):
            yield part
            if part.is_message:
                inner += (f"{part.section}.",)


FoundParts = tuple[int, tuple[MessagePart, ...]]
"""(UID, parts)."""


class StructureBatch(NamedTuple):
    """The outcome of asking for the structure of some messages."""

    examined: Ranges
    """UIDs that were asked for; those that are neither found nor gaps are gone."""

    found: tuple[FoundParts, ...]
    gaps: tuple[Gap, ...]
