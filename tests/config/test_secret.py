"""Passwords come from a variable or a command, at the moment they are needed."""

import sys
from pathlib import Path

import pytest

from scanner.config.loading import load_settings, parse_settings
from scanner.config.secret import password_source
from scanner.errors import SettingsError


def test_a_variable_is_read_at_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is fetched when the account is opened, and not kept before."""
    source = password_source(1, "OFFICE_PASSWORD", None)
    monkeypatch.setenv("OFFICE_PASSWORD", "open sesame")

    assert source is not None
    assert source() == "open sesame"


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the variable and the account's number."""
    monkeypatch.delenv("OFFICE_PASSWORD", raising=False)
    source = password_source(2, "OFFICE_PASSWORD", None)

    assert source is not None
    with pytest.raises(SettingsError, match=r"\[\[account\]\] 2: .*OFFICE_PASSWORD"):
        source()


def test_the_first_line_of_a_command_is_the_password() -> None:
    """Whatever stands below it (a user name, a note) is not part of it; blanks are."""
    source = password_source(1, None, (sys.executable, "-c", "print(' open sesame ')\nprint('user: ada')"))

    assert source is not None
    assert source() == " open sesame "


def test_a_command_runs_where_the_settings_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its relative paths mean what those of the store mean, from whichever folder Blindcopy is called."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / "secret").write_text("open sesame\n", encoding="ascii")
    (home / "blindcopy.toml").write_text(
        '[[account]]\nname = "office"\nhost = "localhost"\nuser = "a"\npassword_command = ["cat", "secret"]\n'
        '[organisation]\ndomains = ["corp.example"]\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(elsewhere)

    source = load_settings(home / "blindcopy.toml").password_for("office")

    assert source is not None
    assert source() == "open sesame"


@pytest.mark.parametrize(
    ("program", "problem"),
    [("print('hunter2'); raise SystemExit(3)", "ended with status 3"), ("pass", "printed no password")],
)
def test_a_failing_command_is_told_without_its_output(program: str, problem: str) -> None:
    """Neither the line nor what it was raised from holds the command's output."""
    source = password_source(1, None, (sys.executable, "-c", program))

    assert source is not None
    with pytest.raises(SettingsError, match=problem) as caught:
        source()

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [0, 3])
def test_what_a_command_says_on_stderr_is_not_shown(status: int, capfd: pytest.CaptureFixture[str]) -> None:
    """It may be the secret, and ours goes into logs and the mail of cron; the status and what to do are told."""
    program = f"import sys; print('hunter2', file=sys.stderr); print('open'); sys.exit({status})"
    source = password_source(1, None, (sys.executable, "-c", program))

    assert source is not None
    if status:
        with pytest.raises(SettingsError, match=r"ended with status 3.*by hand in the folder of the settings"):
            source()
    else:
        source()

    assert "hunter2" not in "".join(capfd.readouterr())


def test_a_command_that_is_not_there_is_told() -> None:
    """A typing mistake in the command is one line, no traceback."""
    source = password_source(1, None, "no-such-password-store show mail")

    assert source is not None
    with pytest.raises(SettingsError, match="cannot be started"):
        source()


def test_an_account_without_a_source_is_asked_for() -> None:
    """None tells the command to ask a person; an unknown account is a mistake of the caller."""
    settings = parse_settings(
        '[organisation]\ndomains = ["corp.example"]\n[[account]]\nname = "a"\nhost = "h"\nuser = "u"',
        Path("blindcopy.toml"),
    )

    assert settings.password_for("a") is None
    with pytest.raises(KeyError):
        settings.password_for("b")
