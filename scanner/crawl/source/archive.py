"""Zip files: opened read-only, with limits against those that are made to fill memory."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from scanner.crawl.source.evidence import UnreadableError, open_evidence
from scanner.crawl.source.maildir import name_flags, name_moment
from scanner.errors import SourceError

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06")

ENTRY_LIMIT = 1_000_000
"""Entries of a zip file at most; each costs about a kilobyte of memory."""

_DIRECTORY_LIMIT = 256 * 1024 * 1024
RATIO_LIMIT = 200
"""How many times its size an entry may unpack to; mail packs to a tenth at best, bombs to a thousandth."""

_RATIO_FROM = 16 * 1024 * 1024
"""Bytes from which on the ratio matters: small entries of blanks are harmless."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
"""What reading an entry raises when it is damaged, or packed in a way that is not known."""

_END = b"PK\x05\x06"
_LOCATOR = b"PK\x06\x07"
_END_SIZE = 22
_COMMENT = 65_535


class Archive:
    """A zip file, opened when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._zip: zipfile.ZipFile | None = None

    def entries(self) -> list[zipfile.ZipInfo]:
        """
        Return the files of the zip file by name; folders and what macOS adds are left out.

        Raises:
            SourceError: It is damaged, or beyond the limits.

            OSError: It cannot be opened.
        """
        found = {}
        for info in self._opened().infolist():
            parts = info.filename.split("/")
            if not info.is_dir() and "__MACOSX" not in parts and not parts[-1].startswith("._"):
                found[info.filename] = info
        return [found[name] for name in sorted(found)]

    def open(self, info: zipfile.ZipInfo) -> BinaryIO:
        """
        Open an entry.

        Raises:
            UnreadableError: It is encrypted or unpacks to far too much.
        """
        if info.flag_bits & 0x1:
            raise UnreadableError("the entry of the zip file is encrypted; unpack it and name the folder as source")
        if info.file_size > max(_RATIO_FROM, RATIO_LIMIT * info.compress_size):
            raise UnreadableError("the entry unpacks to suspiciously much; unpack the zip file with care")
        try:
            return cast(BinaryIO, self._opened().open(info))
        except RuntimeError as error:
            if isinstance(error, (NotImplementedError, RecursionError)):
                raise
            # zipfile says so of entries that need a password.
            raise UnreadableError("the entry of the zip file cannot be opened") from error

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            self._file = open_evidence(self._path)
            try:
                _check_directory(self._file)
                self._zip = zipfile.ZipFile(self._file)
            except (*DAMAGED, struct.error, UnicodeError) as error:
                self.close()
                raise SourceError("the zip file is damaged or incomplete", remedy="Copy or export it again") from error
            except BaseException:
                self.close()
                raise
        return self._zip

    def close(self) -> None:
        """Close the file; it opens again when it is needed."""
        if self._zip is not None:
            self._zip.close()
        if self._file is not None:
            self._file.close()
        self._zip = self._file = None


def _check_directory(file: BinaryIO) -> None:
    """Refuse a zip file with more entries than memory should hold, before they are read (APPNOTE.TXT, 4.3.14-16)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_SIZE - _COMMENT - 20))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise zipfile.BadZipFile
    count, length = struct.unpack_from("<HI", tail, place + 10)
    if place >= 20 and tail[place - 20 : place - 16] == _LOCATOR:
        (offset,) = struct.unpack_from("<Q", tail, place - 12)
        file.seek(min(offset, size))
        record = file.read(56)
        count, length = struct.unpack_from("<QQ", record, 32)
    if count > ENTRY_LIMIT or length > _DIRECTORY_LIMIT:
        raise SourceError(
            f"the zip file has more than {ENTRY_LIMIT:,} entries", remedy="Unpack it and name the folder as source"
        )
    file.seek(0)


class ZipShelf:
    """Message files of one folder of a zip file, see `scanner.crawl.source.files.Shelf`."""

    def __init__(self, archive: Archive, entries: dict[str, zipfile.ZipInfo], *, is_maildir: bool = False) -> None:
        self._archive = archive
        self._entries = entries
        self.tells_moments = is_maildir

    def names(self) -> Iterator[str]:
        """Yield the names within the folder."""
        return iter(self._entries)

    def mark(self, name: str) -> bytes:
        """Return the entry's checksum and size."""
        info = self._entries[name]
        return b"" if self.tells_moments else struct.pack("<IQ", info.CRC, info.file_size)

    def open(self, name: str) -> tuple[BinaryIO, int]:
        """See `Shelf`."""
        info = self._entries[name]
        return self._archive.open(info), info.file_size

    def flags(self, name: str) -> bytes:
        """Return what a Maildir's name tells, else nothing."""
        return name_flags(self._entries[name].filename.rpartition("/")[2]) if self.tells_moments else b""

    def moment(self, name: str) -> int | None:
        """Return the delivery that a Maildir's name tells, else the entry's time, taken as UTC."""
        if self.tells_moments:
            return name_moment(name)
        try:
            return int(datetime(*self._entries[name].date_time, tzinfo=UTC).timestamp())
        except ValueError:
            return None

    def close(self) -> None:
        """Leave the zip file to its owner: its other folders may still be read."""
