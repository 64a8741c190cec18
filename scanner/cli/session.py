"""What all commands share: which settings are meant, how progress is shown, who is asked for a password."""

import getpass
import logging
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.progress import TerminalProgress
from scanner.cli.terminal import note, safe
from scanner.errors import SettingsError

if TYPE_CHECKING:
    from scanner.config import Settings
    from scanner.config.loading import Remark


@dataclass
class Session:
    """The global options of one call, filled in when they are parsed."""

    config: Path | None = None
    """The settings file; None = the usual places."""

    debug: bool = False
    quiet: bool = False
    verbose: bool = False
    stores: bool = False
    """The command writes into a store as it goes; what it has written stays when it is interrupted."""

    def settings(self) -> "Settings":
        """
        Return the settings of this call.

        Raises:
            SettingsError: They are missing or cannot be used.
        """
        from scanner.config import load_settings

        return load_settings(self.config)

    def remarks(self, settings: "Settings") -> "list[Remark]":
        """Return what somebody should know about the policy today: approvals that have expired and the like."""
        from scanner.config.loading import find_remarks

        return find_remarks(settings, self.config, datetime.now(settings.zone).date())

    def tell_remarks(self, settings: "Settings") -> "list[Remark]":
        """Tell the remarks on stderr, unless this call is quiet; return them in any case."""
        remarks = self.remarks(settings)
        for remark in () if self.quiet else remarks:
            tell_remark(remark)
        return remarks

    def settings_if_any(self) -> "Settings | None":
        """
        Return the settings of this call, None when none are named and there is no ./blindcopy.toml.

        Raises:
            SettingsError: They are named and missing, or cannot be used.
        """
        from scanner.config.loading import has_settings

        return self.settings() if has_settings(self.config) else None

    def call(self, *words: str) -> str:
        """Return how to call another command with the same settings, for hints."""
        chosen = ("--config", str(self.config)) if self.config else ()
        return shlex.join(("blindcopy", *chosen, *words))

    def progress(self, doing: str) -> TerminalProgress:
        """Return a new progress bar on stderr for what is being done, to be used as a context manager."""
        return TerminalProgress(doing, quiet=self.quiet)

    def start_logging(self) -> None:
        """Send log lines to stderr: warnings, or what goes on with --verbose."""
        level = logging.INFO if self.verbose else logging.ERROR if self.quiet else logging.WARNING
        logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
        # imapclient's own log holds every address that passes (imapclient 4.1, DEBUG).
        logging.getLogger("imapclient").setLevel(logging.WARNING)
        # Alembic tells of each plugin that it loads (alembic 1.20, INFO): nothing about the mail or the store.
        logging.getLogger("alembic").setLevel(logging.WARNING)


def tell_remark(remark: "Remark") -> None:
    """Print a remark to stderr, one line."""
    note(f"blindcopy: note: {remark.text}")


def password_prompt() -> Callable[[str], str] | None:
    """Return a function that asks for somebody's password, None when there is nobody to ask."""
    if not sys.stdin.isatty():
        return None
    return _ask


def _ask(whose: str) -> str:
    try:
        # getpass writes to the terminal itself and shows nothing of what is typed.
        return getpass.getpass(f"Password of {safe(whose)}: ")
    except EOFError as error:
        raise SettingsError("no password was typed", remedy="Type it, or set password_env") from error
