"""A file that is written whole or not at all, never over another one, and for its owner only."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from scanner.errors import ExportError, OutputExistsError
from scanner.export.files.leftover import PREFIX, SUFFIX, clear_leftovers, hold

Ready: TypeAlias = Callable[[Path], None]
"""Called when all is written, with where it can be read, before it has its name; by raising it keeps it from that."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_OPEN_FILES = Path("/proc/self/fd")


@contextmanager
def new_file(path: Path, ready: Ready | None = None) -> Iterator[BinaryIO]:
    """
    Open a file that appears under its name when the block has ended well.

    Until then its bytes have no name, so that even a killed command leaves
    none of them; where the file system knows no such files, they lie in a
    hidden one of the same folder with mode 0600. A block that raises leaves
    nothing behind.

    Raises:
        OutputExistsError: The name is taken, now or when the block has ended.

        ExportError: The folder is missing or closed, or the device is full.
    """
    if os.path.lexists(path):
        raise exists_error(path)
    clear_leftovers(path.parent)
    with export_errors(path):
        descriptor, part = _open_part(path.parent)
    try:
        with export_errors(path), os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            source = part or _OPEN_FILES / str(file.fileno())
            if ready:
                ready(source)
            _appear(source, path)
    finally:
        if part:
            with suppress(FileNotFoundError):
                part.unlink()


def _open_part(folder: Path) -> tuple[int, Path | None]:
    """Return an open new file, and its hidden name if it has one."""
    if _OPEN_FILES.is_dir():
        # Where the folder is the trouble, the other way meets it again.
        with suppress(OSError):
            return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600), None
    # mkstemp gives mode 0600, whatever the umask.
    descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
    hold(descriptor)
    return descriptor, Path(name)


def _appear(source: Path, path: Path) -> None:
    # A hard link fails when the name is taken; a rename would overwrite it.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # With a folder's descriptor, for only so is a symbolic link followed: a file without a name is one under /proc.
        os.link(source, path.absolute(), src_dir_fd=folder, follow_symlinks=True)
    except FileExistsError as error:
        raise exists_error(path) from error
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS or source.parent == _OPEN_FILES:
            raise
        # FAT and some network shares know no hard links.
        if os.path.lexists(path):
            raise exists_error(path) from error
        source.rename(path)
    finally:
        os.close(folder)


@contextmanager
def export_errors(path: Path) -> Iterator[None]:
    """Turn errors of the system into ours, which name the file and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            # Sheets are collected in the system's temporary folder before they are packed.
            raise ExportError(
                "no space left on the device; nothing was written",
                where=str(path),
                remedy=f"Free some space there and in {tempfile.gettempdir()}, or name another folder",
            ) from error
        raise ExportError(
            f"the file cannot be written ({error.strerror})",
            where=str(path),
            remedy="Name a folder that exists and that you may write to",
        ) from error


def exists_error(path: Path) -> OutputExistsError:
    """Return the error for a name that is taken."""
    return OutputExistsError("there is already something of this name", where=str(path), remedy="Name another file")
