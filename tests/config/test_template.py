"""`blindcopy init` writes settings that can be used as they are."""

import re
import tomllib
from pathlib import Path

import pytest

from scanner.config import Settings, load_settings, write_template
from scanner.config.template import template_text
from scanner.errors import OutputExistsError


def test_the_written_file_is_valid_and_private(tmp_path: Path) -> None:
    """It can be read back at once, by its owner only."""
    file = tmp_path / "blindcopy.toml"

    write_template(file, domain="corp.example", host='odd"host', user="ada@corp.example")

    settings = load_settings(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert settings.account[0].host == 'odd"host'
    assert settings.to_policy().domains == {"corp.example"}


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    """Settings that somebody wrote are never overwritten."""
    file = tmp_path / "blindcopy.toml"
    file.write_text("mine")

    with pytest.raises(OutputExistsError):
        write_template(file)

    assert file.read_text() == "mine"


def test_every_example_in_the_comments_is_valid() -> None:
    """Uncommenting any example gives settings that are accepted, but for the keys that exclude each other."""
    text = re.sub(r"^# (?=\[\[?\w+\]\]?$|\w+ = )", "", template_text(), flags=re.MULTILINE)
    text = text.replace('password_command = ["pass", "show", "mail/office"]\n', "").replace(
        'keyring = "corp mail"\n', ""
    )

    settings = Settings(**tomllib.loads(text))

    tables = (settings.protected, settings.label, settings.group, settings.partner, settings.exclude)
    assert all(tables)
    assert [account.name for account in settings.account] == ["office", "events", "press", "alumni", "export"]


def test_every_table_of_the_settings_is_explained() -> None:
    """The template shows each table once, so that nobody has to guess a name."""
    shown = set(re.findall(r"^(?:# )?\[\[?(\w+)\]\]?$", template_text(), flags=re.MULTILINE))

    # The keys that stand in no table.
    alone = {"accounts_csv", "clients_csv"}
    assert all(f"# {key} = " in template_text().split("[organisation]")[0] for key in alone)
    assert shown == set(Settings.model_fields) - alone
