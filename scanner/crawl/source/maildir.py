"""
Maildir folders: one file a message, in `cur` and `new`.

    1741000000.M20046P2137.mailhost:2,RS
    time       .unique    .host    :2,flags

The part before the colon is unique for ever; flags are told by renaming the
file. Subfolders begin with a dot and have dots between their levels
(Maildir++), or are folders within folders.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scanner.crawl.source.evidence import UnreadableError, list_folder, open_evidence

_FLAGS = {"P": "$Forwarded", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted", "D": "\\Draft", "F": "\\Flagged"}
# Dovecot puts sizes behind the unique name; where a file system knows no colon, others stand in its place.
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)")
_SECONDS = re.compile(r"(\d{9,10})[._]")


def is_maildir(names: frozenset[str]) -> bool:
    """Tell whether a folder that holds these folders is a Maildir; empty ones get lost in zip files and copies."""
    return "cur" in names and ("new" in names or "tmp" in names)


def unique_name(file: str) -> str:
    """Return the part of a file's name that stays: without flags."""
    return _INFO.split(file)[0]


def name_flags(file: str) -> bytes:
    """Return the flags that a file's name tells, as FETCH gives them."""
    match = _INFO.search(file)
    return " ".join(_FLAGS[letter] for letter in (match[1] if match else "") if letter in _FLAGS).encode("ascii")


def name_moment(file: str) -> int | None:
    """Return the time with which a file's name begins: that of the delivery, seconds since 1970-01-01 UTC."""
    match = _SECONDS.match(file)
    return int(match[1]) if match else None


class MaildirShelf:
    """
    The messages of one Maildir folder, see `Shelf`; their names are the unique parts.

    Args:
        folder: That holds `cur` and `new`.

        root: Of the evidence.
    """

    tells_moments = True

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._refused: dict[str, str] = {}
        self._places: dict[str, tuple[str, str]] = {}

    def names(self) -> Iterator[str]:
        """Yield the unique part of every file's name."""
        self._look()
        return iter(tuple(self._places))

    def _look(self) -> None:
        self._places, self._refused = {}, {}
        for part in ("new", "cur"):
            if (self._folder / part).is_dir():
                for entry in list_folder(self._folder / part, self._root):
                    if not entry.is_folder and not entry.name.startswith("."):
                        self._places[unique_name(entry.name)] = part, entry.name
                        if entry.refusal:
                            self._refused[unique_name(entry.name)] = entry.refusal

    def mark(self, name: str) -> bytes:
        """Return b"": a unique name stands for one content."""
        return b""

    def open(self, name: str) -> tuple[BinaryIO, int]:
        """Open a message, also when its flags have changed since it was listed."""
        try:
            return self._open(name)
        except FileNotFoundError:
            self._look()
            if name not in self._places:
                raise
            return self._open(name)

    def _open(self, name: str) -> tuple[BinaryIO, int]:
        if why := self._refused.get(name):
            raise UnreadableError(why)
        part, file = self._places[name]
        stream = open_evidence(self._folder / part / file)
        size = stream.seek(0, 2)
        stream.seek(0)
        return stream, size

    def flags(self, name: str) -> bytes:
        """See `name_flags`."""
        return name_flags(self._places[name][1])

    def moment(self, name: str) -> int | None:
        """See `name_moment`."""
        return name_moment(name)

    def close(self) -> None:
        """See `Shelf`."""
        self._places, self._refused = {}, {}
