"""Who states something for the log of decisions, in words and of moments that can be kept; and writing it there."""

import getpass
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.model import Statement
from scanner.store.decision import ChainHead, append
from scanner.store.engine import disposing, open_engine, store_errors

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Author:
    """Who states something, who enters it, and when."""

    decided_by: str
    applied_by: str
    now: int

    @classmethod
    def of(cls, name: str, now: int | None) -> "Author":
        """Return the author with this name, or the user of the machine. Raises UsageError for what is no name."""
        user = system_user()
        return cls(decider_name(name or user), user, int(time.time()) if now is None else now)


def system_user(ask: Callable[[], str] = getpass.getuser) -> str:
    """Return who runs the command, as the machine knows him."""
    try:
        return ask()
    # A container's user need not have a name (OSError from Python 3.13 on).
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def decider_name(name: str) -> str:
    """Return the name of who decides on one line. Raises UsageError for what is no name of a person."""
    text = " ".join(name.split())
    if not text or len(text) > _LONGEST_NAME or not _is_text(text) or not text.isprintable():
        raise UsageError("this is no name of a person", where="--by", remedy='Name who decides: --by "Dana Protect"')
    return text


def demand_text(*texts: str, where: str) -> None:
    """
    Refuse what holds anything but characters.

    Raises:
        UsageError: One of the texts does; `where` is named.
    """
    if not all(map(_is_text, texts)):
        raise UsageError("the text holds bytes that are no characters", where=where, remedy="Write it anew")


def past(moment: int, now: int, where: str) -> int:
    """Return the moment. Raises UsageError when it is still to come."""
    if moment > now:
        raise UsageError("the moment lies in the future", where=where, remedy="Note it when it has happened")
    return moment


def write_statements(
    settings: Settings, rows: Iterable[Statement], now: int, *, expected: ChainHead | None = None
) -> tuple[Statement, ...]:
    """
    Append rows to the log, all or none; return them as they stand there.

    Args:
        settings: Which store.

        rows: What is stated.

        now: The clock.

        expected: Where the log ended when somebody decided by it; None = it does not matter.

    Raises:
        StoreError: The store cannot be written, or somebody else has written since then.
    """
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url), engine.begin() as connection:
        return append(connection, rows, now=now, expected=expected)


def _is_text(text: str) -> bool:
    """Tell whether a text has characters only: bytes of the command line that are none become lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
