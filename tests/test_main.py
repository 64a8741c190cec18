"""The package is a program, too."""

import subprocess
import sys

import scanner


def test_the_package_runs_as_the_command_does() -> None:
    """Where the folder of scripts is not on PATH, `python -m scanner` is what everybody tries."""
    done = subprocess.run([sys.executable, "-m", "scanner", "--version"], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert scanner.__version__ in done.stdout
