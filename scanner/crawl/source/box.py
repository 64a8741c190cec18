"""What every kind of source offers: mailboxes whose messages have UIDs."""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.period import Period
from scanner.model import OpenedMailbox
from scanner.model.part import FoundParts
from scanner.uids import Ranges

Tell = Callable[[str], None]
"""Shows one short line to whoever waits."""


class Unread(NamedTuple):
    """A message that is there and could not be read: it becomes a gap."""

    uid: int
    kind: str
    """One of GAP_KINDS."""

    detail: str
    raw: bytes = b""
    place: str = ""
    """The file within the source; "" where the mailbox is the file."""


class Vanished(NamedTuple):
    """A message that was listed and is gone."""

    uid: int


Read = FetchAnswer | Unread | Vanished

ReadParts = FoundParts | Unread | Vanished
"""The parts of a message; of Unread only the words count."""


class Box(Protocol):
    """
    One mailbox of a source.

    `open` comes first and lists it; `read` then gives what was listed. The
    header of an answer is the filtered block (`filter_block`).
    """

    @property
    def wire_name(self) -> bytes:
        """What finds it again within the source."""

    @property
    def name(self) -> str:
        """For people and for the rules about names; parts are separated by "/"."""

    @property
    def dates(self) -> str:
        """Where INTERNALDATE comes from, in plain words."""

    @property
    def cut(self) -> str:
        """Why the mailbox, once opened, seems to end too early; "" when it does not."""

    def open(self, former: OpenedMailbox | None, period: Period, tell: Tell) -> tuple[OpenedMailbox, Ranges]:
        """
        List the mailbox.

        Args:
            former: What `open` returned when the mailbox was scanned last, None if it never was.

            period: Mail outside it is not listed.

            tell: Told when this takes long.

        Raises:
            SourceError: It cannot be read; OSError likewise.
        """

    def read(self, wanted: Ranges) -> Iterator[Read]:
        """Yield one answer for each listed UID in `wanted`, in any order."""

    def structures(self, wanted: Ranges) -> Iterator[ReadParts]:
        """Yield the parts of each listed message in `wanted`, in any order; raises as `read`."""

    def close(self) -> None:
        """Let go of files; never raises. The box can be opened again."""


def uidvalidity_of(*parts: bytes) -> int:
    """Return a UIDVALIDITY (RFC 9051, 2.3.1.1: a non-zero 32-bit number) that is the same for the same parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    # 31 bits: some databases and spreadsheets know signed numbers only.
    return int.from_bytes(digest.digest()[:4], "big") >> 1 or 1
