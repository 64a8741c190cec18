"""A file that is written whole or not at all, never over another one, and for its owner only."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from scanner.errors import ExportError, OutputExistsError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """
    Open a file that appears under its name when the block has ended well.

    Until then the bytes lie in a hidden file of the same folder with mode
    0600; a block that raises leaves nothing behind.

    Raises:
        OutputExistsError: The name is taken, now or when the block has ended.

        ExportError: The folder is missing or closed, or the device is full.
    """
    if os.path.lexists(path):
        raise exists_error(path)
    with export_errors(path):
        # mkstemp gives mode 0600, whatever the umask.
        descriptor, name = tempfile.mkstemp(prefix=".blindcopy-", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with export_errors(path):
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _appear(part, path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _appear(part: Path, path: Path) -> None:
    # A hard link fails when the name is taken; a rename would overwrite it.
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise exists_error(path) from error
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}:
            raise
        # FAT and some network shares know no hard links.
        if os.path.lexists(path):
            raise exists_error(path) from error
        part.rename(path)


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
