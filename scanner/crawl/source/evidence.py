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
    """One name in a folder: a folder or a regular file; links and devices are left out by `list_folder`."""

    __slots__ = ("is_folder", "name", "path")

    def __init__(self, path: Path, *, is_folder: bool) -> None:
        self.path = path
        self.name = path.name
        self.is_folder = is_folder


def list_folder(path: Path) -> list[Entry]:
    """
    Return the folders and regular files of a folder, sorted by name.

    Symbolic links are not followed: they lead out of the evidence, or in circles.

    Raises:
        OSError: The folder cannot be listed.
    """
    descriptor = _open_descriptor(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        with os.scandir(descriptor) as found:
            entries = [
                (one.name, one.is_dir(follow_symlinks=False))
                for one in found
                if one.is_dir(follow_symlinks=False) or one.is_file(follow_symlinks=False)
            ]
    finally:
        os.close(descriptor)
    return [Entry(path / name, is_folder=is_folder) for name, is_folder in sorted(entries)]
