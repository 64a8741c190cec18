"""The help teaches: every command and option says what it is for."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from scanner.cli.app import app

COMMANDS = {command.name: command for command in typer.main.get_group(app).commands.values()}


def test_the_commands_are_those_of_the_design() -> None:
    """DESIGN, Command line: the part of the list that this version has."""
    later = {
        "look",
        "queue",
        "show",
        "decide",
        "track",
        "people",
        "report",
        "preserve",
        "status",
        "verify",
        "purge",
        "db",
    }
    assert set(COMMANDS) == {"demo", "init", "check", "scan", "analyse", "delivery"} | later


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str, blindcopy: Callable[..., Any]) -> None:
    """A sentence, every option with a text, an example that begins with the command; 80 columns."""
    command = COMMANDS[name]

    ended = blindcopy(name, "--help")

    assert ended.code == 0
    assert command.help
    assert f"Example: blindcopy {name}" in ended.out
    assert all(getattr(parameter, "help", None) for parameter in command.params if parameter.name != "help")
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    """Who reads only the README meets each command once."""
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")

    assert f"blindcopy {name}" in readme or f"make {name}" in readme


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_examples_can_be_parsed(name: str) -> None:
    """An example that the command does not understand teaches nothing."""
    words = shlex.split(str(COMMANDS[name].epilog).removeprefix("Example: blindcopy "))

    context = COMMANDS[name].make_context(name, words[1:])

    assert words[0] == name
    assert context.params is not None


def test_commands_do_not_load_pandas() -> None:
    """pandas and the workbook writer cost most of a second; a command that prints does not pay for them."""
    program = (
        "import sys; from scanner.cli.app import command; command();"
        "import scanner.cli.queue, scanner.export.words.breath;"
        "print([name for name in ('pandas', 'numpy', 'openpyxl', 'alembic', 'imapclient') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
