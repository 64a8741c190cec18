"""`blindcopy init` leaves a new user one step from the first check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.config import load_settings
from scanner.pipeline.checking.suggest import SenderDomain, Suggestion, Suggestions


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


def test_suggestions_are_lines_to_copy(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """What is likely is a line of TOML, what is doubtful a comment; the settings stay as they are."""
    found = Suggestions(
        origin="store",
        senders=(SenderDomain("old\x1b[1m.example", 40, "no own domain", is_inside=False),),
        suggestions=(
            Suggestion("domains", "old.example", 40, "stands in From of sent mail", is_likely=True),
            Suggestion("domains", "odd.example", 1, "stands in From of sent mail", is_likely=False),
        ),
        failed=(),
    )
    pipeline("checking.suggest", suggest=lambda *_, **__: found)
    before = Path("blindcopy.toml").read_bytes()

    ended = blindcopy("init", "--suggest")

    assert ended.code == 0
    assert 'domains = ["old.example"]' in ended.out.splitlines()
    assert any(line.startswith('# "odd.example"') for line in ended.out.splitlines())
    assert "\x1b" not in ended.out
    assert Path("blindcopy.toml").read_bytes() == before


def test_suggest_takes_no_values(blindcopy: Callable[..., Any]) -> None:
    """It reads settings, it does not write them."""
    assert blindcopy("init", "--suggest", "--domain", "corp.example").code == 2
