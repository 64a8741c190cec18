"""Open files and folders of evidence: read-only, unlocked, without touching their access times where we may."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from scanner.errors import SourceError, SourceMissingError

# Linux only, and only for the owner of a file (open(2)); elsewhere the file system's own rule holds.
_NO_ACCESS_TIME = getattr(os, "O_NOATIME", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_BUFFER = 256 * 1024


class UnreadableError(ValueError):
    """A file within a source cannot be read; the text says why, in words for a gap."""


@contextmanager
def source_errors(where: str) -> Iterator[None]:
    """
    Turn what the operating system says into our errors.

    Args:
        where: What to call the source in messages: `account 3`.

    Raises:
        SourceMissingError: Nothing is there.

        SourceError: It cannot be read.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SourceMissingError(
            "there is no such file or folder", where=where, remedy="Correct `source` in the settings"
        ) from error
    except PermissionError as error:
        raise SourceError(
            "the file or folder may not be read", where=where, remedy="Ask for read permission; nothing is written"
        ) from error
    except OSError as error:
        raise SourceError(
            f"the file or folder cannot be read ({error.strerror or type(error).__name__})",
            where=where,
            remedy="Check the disk it lies on",
        ) from error


def _open_descriptor(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | _NO_ACCESS_TIME)
    except PermissionError:
        # Of somebody else's file we may not ask that.
        return os.open(path, flags)


def open_evidence(path: Path) -> BinaryIO:
    """
    Open a regular file for reading bytes; never created, locked or written.

    Raises:
        OSError: It cannot be opened, or is no regular file (a pipe would wait for ever).
    """
    descriptor = _open_descriptor(path, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file")
    return io.BufferedReader(io.FileIO(descriptor, "rb"), _BUFFER)


class Entry:
    """One name in a folder: a folder, a file, or what is not opened, with the reason in words."""

    __slots__ = ("is_folder", "name", "path", "refusal")

    def __init__(self, path: Path, *, is_folder: bool, refusal: str = "") -> None:
        self.path = path
        self.name = path.name
        self.is_folder = is_folder
        self.refusal = refusal


def list_folder(path: Path, root: Path) -> list[Entry]:
    """
    Return what lies in a folder, sorted by name.

    A symbolic link is a file when it leads to a regular file within the
    evidence: some archives keep the mail itself in another folder. Links to
    folders could lead in circles, others out of the evidence, and a pipe
    would wait for ever: these are refused.

    Args:
        path: The folder.

        root: Of the evidence.

    Raises:
        OSError: The folder cannot be listed.
    """
    descriptor = _open_descriptor(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        with os.scandir(descriptor) as found:
            entries = [
                (one.name, one.is_dir(follow_symlinks=False), one.is_file(follow_symlinks=False)) for one in found
            ]
    finally:
        os.close(descriptor)
    return [
        Entry(path / name, is_folder=is_folder, refusal="" if is_folder or is_file else _refusal(path / name, root))
        for name, is_folder, is_file in entries
    ]


def _refusal(path: Path, root: Path) -> str:
    """Return why something that is neither folder nor file is not opened; "" for a link that is followed."""
    if not path.is_symlink():
        return "no regular file (a pipe, socket or device)"
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(root)):
        return "a link that leads out of the source; it is not followed"
    if target.is_dir():
        return "a link to a folder; it is not followed"
    return "" if target.is_file() else "a link that leads to no file"
