"""What all commands share: who is asked, and how a hint calls the next command."""

import getpass
import logging
import sys
from pathlib import Path

import pytest

from scanner.cli.session import Session, password_prompt
from scanner.errors import SettingsError


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cron job would wait for ever."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)

    assert password_prompt() is None


def test_an_empty_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D instead of a password is told like any other mistake."""

    def closed(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", closed)
    ask = password_prompt()

    assert ask is not None
    with pytest.raises(SettingsError, match="no password was typed"):
        ask("office")


def test_a_hint_names_the_settings_and_can_be_pasted() -> None:
    """Where --config was given, the next command needs it too; blanks are quoted for the shell."""
    assert Session().call("queue") == "blindcopy queue"
    assert Session(config=Path("my mail.toml")).call("show", "3f2a") == "blindcopy --config 'my mail.toml' show 3f2a"


def test_verbose_shows_what_we_do_and_not_what_libraries_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alembic tells of every plugin that it loads, imapclient of every line that passes."""
    names = ("", "alembic", "imapclient")
    before = {name: logging.getLogger(name).level for name in names}
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    try:
        Session(verbose=True).start_logging()

        shown = [name for name in ("scanner", "alembic.runtime.plugins", "imapclient") if _is_shown(name)]
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

    assert shown == ["scanner"]


def _is_shown(name: str) -> bool:
    return logging.getLogger(name).isEnabledFor(logging.INFO)
