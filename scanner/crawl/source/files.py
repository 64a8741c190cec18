"""
A folder of message files as a mailbox.

Files have no numbers. A message's UID is therefore made of what finds the
file again: 48 bits of a hash over its name and its content's first part (zip
files tell a checksum, a Maildir's names are unique for ever). A scan of
unchanged files fetches nothing, new files are fetched, a file that was
changed is gone and new. The UIDs do not ascend in time.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.mime import StructureError
from scanner.crawl.period import Period
from scanner.crawl.source.archive import DAMAGED
from scanner.crawl.source.box import Read, ReadParts, Tell, Unread, Vanished, uidvalidity_of
from scanner.crawl.source.evidence import UnreadableError, open_evidence
from scanner.crawl.source.mail_file import read_file_parts, read_mail_file
from scanner.crawl.source.moment import read_internal_moment
from scanner.model import OpenedMailbox
from scanner.uids import Ranges, join_ranges, uids_of

_MARK_BYTES = 64 * 1024
_UID_BITS = 48
"""15 decimal digits: what spreadsheets keep exactly."""

_MANY = 20_000

_R = TypeVar("_R")


class Shelf(Protocol):
    """The files of one mailbox, by name."""

    def names(self) -> Iterator[str]:
        """Yield the names; each is there once."""

    def mark(self, name: str) -> bytes:
        """Return what tells this file from another of the same name."""

    def open(self, name: str) -> tuple[BinaryIO, int]:
        """Return the file, opened for reading, and its size in bytes; UnreadableError, OSError."""

    def flags(self, name: str) -> bytes:
        """Return flags as FETCH gives them."""

    def moment(self, name: str) -> int | None:
        """Return the moment that the name or container tells; None for none."""

    @property
    def tells_moments(self) -> bool:
        """Those moments are the messages' own, and come before their Date fields."""

    def close(self) -> None:
        """Let go of what is open."""


class FilesBox:
    """One mailbox whose messages are files of their own; see `Box`."""

    def __init__(self, wire_name: bytes, name: str, shelf: Shelf, dates: str) -> None:
        self.wire_name = wire_name
        self.name = name
        self.dates = dates
        self.cut = ""
        self._shelf = shelf
        self._names: dict[int, str] = {}

    def open(self, former: OpenedMailbox | None, period: Period, tell: Tell) -> tuple[OpenedMailbox, Ranges]:
        """See `Box`."""
        names = sorted(self._shelf.names())
        if len(names) > _MANY:
            tell(f"looking through {len(names):,} files")
        self._names = {}
        for name in names:
            self._names[self._new_uid(name)] = name
        listed = [uid for uid, name in self._names.items() if period.is_open or self._is_within(uid, name, period)]
        opened = OpenedMailbox(uidvalidity_of(b"files", self.wire_name), None, len(listed), None)
        return opened, join_ranges((uid, uid) for uid in listed)

    def _new_uid(self, name: str) -> int:
        written = name.encode("utf-8", "surrogateescape")
        try:
            mark = self._shelf.mark(name)
        except (OSError, UnreadableError):
            # It stays on the list under its name; reading it will tell why it cannot be read.
            mark = b""
        for turn in range(1_000):
            seed = len(written).to_bytes(4, "big") + written + mark + bytes(turn)
            uid = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") >> (64 - _UID_BITS) or 1
            if uid not in self._names:
                return uid
        raise RuntimeError("a hash gives the same number again and again")

    def _is_within(self, uid: int, name: str, period: Period) -> bool:
        moment = self._shelf.moment(name) if self._shelf.tells_moments else None
        if moment is None:
            answer = self._read(uid, name)
            # What cannot be read is listed: it has to become a gap.
            moment = read_internal_moment(answer.internal_date) if isinstance(answer, FetchAnswer) else None
        return period.holds(moment)

    def read(self, wanted: Ranges) -> Iterator[Read]:
        """See `Box`."""
        for uid in uids_of(wanted):
            name = self._names.get(uid)
            yield Vanished(uid) if name is None else self._read(uid, name)

    def structures(self, wanted: Ranges) -> Iterator[ReadParts]:
        """See `Box`."""
        for uid in uids_of(wanted):
            name = self._names.get(uid)
            yield Vanished(uid) if name is None else self._guarded(uid, name, self._parts)

    def _parts(self, uid: int, name: str) -> ReadParts:
        stream, size = self._shelf.open(name)
        with stream:
            try:
                return uid, read_file_parts(stream, size)
            except StructureError as error:
                return self._unread(uid, name, str(error))

    def _read(self, uid: int, name: str) -> Read:
        return self._guarded(uid, name, self._answer)

    def _answer(self, uid: int, name: str) -> Read:
        shelf = self._shelf
        stream, size = shelf.open(name)
        with stream:
            moment = shelf.moment(name)
            answer = read_mail_file(stream, uid, size, shelf.flags(name), moment, trusts_moment=shelf.tells_moments)
        return answer._replace(place=self._place(name)) if isinstance(answer, Unread) else answer

    def _guarded(self, uid: int, name: str, read: Callable[[int, str], _R]) -> _R | Unread | Vanished:
        try:
            return read(uid, name)
        except FileNotFoundError:
            return Vanished(uid)
        except UnreadableError as error:
            return self._unread(uid, name, str(error))
        except DAMAGED as error:
            return self._unread(uid, name, f"the entry of the zip file is damaged ({type(error).__name__})")
        except OSError as error:
            return self._unread(uid, name, f"the file cannot be read ({error.strerror or 'input error'})")

    def content(self, uid: int, limit: int) -> bytes:
        """
        Return a listed message, its first bytes at most.

        Raises:
            OSError, UnreadableError: It is gone or cannot be read.
        """
        name = self._names.get(uid)
        if name is None:
            raise UnreadableError("the file is gone")
        stream, _ = self._shelf.open(name)
        with stream:
            return stream.read(limit)

    def _unread(self, uid: int, name: str, why: str) -> Unread:
        return Unread(uid, "message_unserved", why, place=self._place(name))

    def _place(self, name: str) -> str:
        """Return the path of a file within the source; that of a single file is its name."""
        folder = os.fsdecode(self.wire_name)
        return name if folder in (".", name) else f"{folder}/{name}"

    def close(self) -> None:
        """See `Box`."""
        self._names = {}
        self._shelf.close()


class FolderShelf:
    """
    Message files that lie directly in a folder.

    Args:
        folder: Where.

        names: Of the files.

        refused: Of these, what is not opened, and why: each is a gap.
    """

    tells_moments = False

    def __init__(self, folder: Path, names: tuple[str, ...], refused: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._names = names
        self._refused = refused or {}

    def names(self) -> Iterator[str]:
        """See `Shelf`."""
        return iter(self._names)

    def mark(self, name: str) -> bytes:
        """Return a hash over the first 64 KiB, where the header lies, and the size."""
        with self._open(name) as stream:
            start = stream.read(_MARK_BYTES)
            size = stream.seek(0, 2)
        return hashlib.sha256(size.to_bytes(8, "big") + start).digest()

    def open(self, name: str) -> tuple[BinaryIO, int]:
        """See `Shelf`."""
        stream = self._open(name)
        size = stream.seek(0, 2)
        stream.seek(0)
        return stream, size

    def _open(self, name: str) -> BinaryIO:
        if why := self._refused.get(name):
            raise UnreadableError(why)
        return open_evidence(self._folder / name)

    def flags(self, name: str) -> bytes:
        """Return b"": files have none."""
        return b""

    def moment(self, name: str) -> int | None:
        """Return None: the times of a file tell when it was exported or copied."""
        return None

    def close(self) -> None:
        """See `Shelf`."""
