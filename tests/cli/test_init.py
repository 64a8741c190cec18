"""`blindcopy init` leaves a new user one step from the first check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.config import load_settings


def test_settings_and_store_are_made_for_the_owner_only(tmp_path: Path, blindcopy: Callable[..., Any]) -> None:
    """Both files have mode 0600, hold what was given, and the next step is named with the settings' place."""
    file = tmp_path / "new.toml"

    ended = blindcopy("--config", str(file), "init", "--domain", "corp.example", "--host", "imap.corp.example")

    assert ended.code == 0
    assert load_settings(file).account[0].host == "imap.corp.example"
    assert {path.stat().st_mode & 0o777 for path in (file, tmp_path / "blindcopy.db")} == {0o600}
    assert f"blindcopy --config {file} check" in ended.out
    assert "your own user" in ended.out


def test_existing_settings_stay(tmp_path: Path, blindcopy: Callable[..., Any]) -> None:
    """A second init changes nothing and says so."""
    before = (tmp_path / "blindcopy.toml").read_bytes()

    ended = blindcopy("init")

    assert ended.code == 2
    assert "there already" in ended.err
    assert (tmp_path / "blindcopy.toml").read_bytes() == before
    assert not (tmp_path / "blindcopy.db").exists()


def test_an_impossible_domain_is_refused(tmp_path: Path, blindcopy: Callable[..., Any]) -> None:
    """What cannot be meant is told at once, and neither file is left behind."""
    file = tmp_path / "new.toml"

    ended = blindcopy("--config", str(file), "init", "--domain", "not a domain")

    assert ended.code == 2
    assert "must be a domain" in ended.err
    assert not file.exists()
