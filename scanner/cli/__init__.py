"""
The terminal: `blindcopy`, one file per command.

A command parses its arguments, calls the pipeline and prints; it decides
nothing. Answers go to stdout, progress and errors to stderr. How a command
ends is told by its exit code (`scanner.errors.ExitCode`).
"""

import sys

from scanner.cli.ending import run


def main() -> None:
    """Run the command that the process was called with, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))
