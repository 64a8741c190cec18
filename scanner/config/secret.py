"""Where passwords come from: a variable, a command or systemd, never the settings file, never an error text."""

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

from scanner.errors import SettingsError

COMMAND_TIMEOUT = 60.0
"""Seconds until a password command is given up; long enough for a person to unlock a key store."""


def password_source(
    number: int,
    variable: str | None,
    command: tuple[str, ...] | str | None,
    credential: str | None = None,
    *,
    folder: Path | None = None,
) -> Callable[[], str] | None:
    """
    Return a function that gives the password of account `number`, None when no source is set.

    A command is run without a shell; its first line of output is the password, and what it says on stderr is not shown.
    The function raises SettingsError when the source gives nothing.

    Args:
        number: Place of the account in the settings, from 1.

        variable: Of the environment.

        command: One text is split as a shell would.

        credential: Name of a credential of systemd.

        folder: Where a command runs, so that its relative paths mean the same
            wherever Blindcopy is called; None = the current folder.
    """
    where = f"[[account]] {number}"
    if variable is not None:
        return lambda: _from_environment(where, variable)
    if command is not None:
        return lambda: _from_command(where, command, folder)
    if credential is not None:
        return lambda: _from_systemd(where, credential)
    return None


def _from_environment(where: str, variable: str) -> str:
    password = os.environ.get(variable, "")
    if not password:
        raise SettingsError(
            f"the environment variable {variable} of password_env is not set",
            where=where,
            remedy=f"Set {variable} to the account's password before you run this command",
        )
    return password


def _from_command(where: str, command: tuple[str, ...] | str, folder: Path | None) -> str:
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
        # The command is the user's own, and no shell stands between.
        done = subprocess.run(  # noqa: S603
            words,
            stdout=subprocess.PIPE,
            # A helper may print the secret there; ours goes into logs and the mail of cron.
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT,
            check=True,
            cwd=folder,
        )
    except (OSError, ValueError, IndexError) as error:
        raise _failed(where, "cannot be started") from error
    except subprocess.TimeoutExpired:
        # TimeoutExpired and CalledProcessError carry the command and its output: not chained.
        raise _failed(where, f"did not end within {COMMAND_TIMEOUT:.0f} seconds") from None
    except subprocess.CalledProcessError as error:
        raise _failed(where, f"ended with status {error.returncode}") from None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if not lines or not lines[0]:
        raise _failed(where, "printed no password")
    return lines[0]


def _from_systemd(where: str, name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    # systemd.exec(5): the name is a file name, so nothing can lead out of the folder.
    if not folder or Path(name).name != name:
        raise SettingsError(
            "there are no credentials of systemd, or the name of password_credential is none",
            where=where,
            remedy=f"Run it as a service with LoadCredential={Path(name).name}:FILE",
        )
    try:
        lines = (Path(folder) / name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "the credential of password_credential cannot be read",
            where=where,
            remedy=f"Add LoadCredential={name}:FILE to the service",
        ) from error
    if not lines or not lines[0]:
        raise SettingsError("the credential of password_credential is empty", where=where, remedy="Fill its file")
    return lines[0]


def _failed(where: str, what: str) -> SettingsError:
    return SettingsError(
        f"the password_command {what}",
        where=where,
        remedy="Run it by hand in the folder of the settings to see what it says; its first line must be the password",
    )
