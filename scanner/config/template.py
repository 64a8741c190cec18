"""Write a first, commented settings file."""

import json
import os
from importlib import resources
from pathlib import Path
from string import Template

from scanner.config.loading import parse_settings
from scanner.errors import OutputExistsError, SettingsError

PLACEHOLDERS = {
    "name": "Corp",
    "domain": "corp.example",
    "account": "office",
    "host": "imap.corp.example",
    "security": "tls",
    "user": "office@corp.example",
    "time_zone": "UTC",
}
"""What stands in the file for values that nobody has given."""


def template_text(**values: str) -> str:
    """Return the text of a new settings file; values by the names of `PLACEHOLDERS`, the rest as there."""
    text = resources.files("scanner.config").joinpath("template.toml").read_text(encoding="utf-8")
    # A JSON string is a TOML basic string (TOML 1.0, String), whatever it holds.
    quoted = {name: json.dumps(value) for name, value in (PLACEHOLDERS | values).items()}
    return Template(text).substitute(quoted)


def write_template(path: Path, **values: str) -> None:
    """
    Write a new settings file, readable by its owner only.

    Raises:
        OutputExistsError: There is a file already; it is left as it is.

        SettingsError: A value cannot be meant (nothing is written then), or the file cannot be written.
    """
    text = template_text(**values)
    parse_settings(text, path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise OutputExistsError(
            "the settings are there already and stay as they are",
            where=str(path),
            remedy="Edit them, or name another file",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"the file cannot be written ({error.strerror})", where=str(path), remedy="Name a folder you may write to"
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
