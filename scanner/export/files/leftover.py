"""What is hidden while it is written, and cleared away when the command that wrote it was killed."""

import fcntl
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

PREFIX, SUFFIX = ".blindcopy-", ".part"
"""Of the names of hidden files and folders."""

_OLD = 60
"""Seconds after which what nobody holds was left behind by a command that was killed."""


def hold(descriptor: int) -> None:
    """Mark something hidden as being written, as long as the descriptor is open."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def clear_leftovers(folder: Path) -> None:
    """Remove what commands that were killed left hidden in a folder: it names as many people as a report."""
    for left in folder.glob(f"{PREFIX}*{SUFFIX}"):
        # What belongs to somebody else, or cannot be looked at, stays.
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                if _is_old(os.fstat(descriptor)):
                    # Whoever still writes holds it.
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(left)
            finally:
                os.close(descriptor)


def _is_old(about: os.stat_result) -> bool:
    return about.st_uid == os.geteuid() and time.time() - about.st_mtime >= _OLD


def _remove(left: Path) -> None:
    if left.is_dir():
        shutil.rmtree(left)
    else:
        left.unlink()
