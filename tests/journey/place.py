"""A working folder with settings and a store, in which the commands are run as a user runs them."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.cli.ending import run as run_command
from tests.servers import ServerAccount

COMMAND = Path(sys.executable).with_name("blindcopy")
TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    answer: str
    """stdout"""

    remarks: str
    """stderr"""

    def __post_init__(self) -> None:
        # Whatever a test is about: bad input never shows a traceback, nor a fault of our own.
        assert "Traceback" not in self.remarks, self.remarks
        assert "fault of Blindcopy" not in self.remarks, self.remarks

    @property
    def json(self) -> Any:
        """The answer, read as JSON."""
        return json.loads(self.answer)


@dataclass(slots=True)
class Place:
    """Settings are written anew before each command, so a test may change them in between."""

    folder: Path
    domains: tuple[str, ...] = ("corp.example",)
    policy: dict[str, int] = field(default_factory=dict)
    store: str = "blindcopy.db"
    accounts: list[dict[str, Any]] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    organisation: list[str] = field(default_factory=list)
    """Further lines of [organisation]."""

    more: list[str] = field(default_factory=list)
    """Further lines of the settings, whole tables."""

    def add(self, account: ServerAccount, *, port: int, host: str = "127.0.0.1", **keys: Any) -> None:
        """Name an account in the settings; `keys` are further keys of its table, `password` goes to the environment."""
        variable = f"PASSWORD_{len(self.accounts) + 1}"
        self.passwords[variable] = keys.pop("password", account.password)
        table = {"name": f"account {len(self.accounts) + 1}", "host": host, "port": port, "security": "none"}
        self.accounts.append({**table, "user": account.user, "password_env": variable, "timeout": 20, **keys})

    @property
    def settings_file(self) -> Path:
        """Where blindcopy.toml lies."""
        return self.folder / "blindcopy.toml"

    @property
    def store_file(self) -> Path:
        """Where the SQLite store lies."""
        return self.folder / self.store

    def write_settings(self) -> None:
        """Write blindcopy.toml."""
        # Strings, numbers and lists of strings look the same in JSON and TOML.
        lines = [
            "[organisation]",
            f"domains = {json.dumps(self.domains)}",
            *self.organisation,
            "[store]",
            f"url = {json.dumps(self.store)}",
        ]
        lines += ["[policy]", *(f"{key} = {value}" for key, value in self.policy.items())]
        for table in self.accounts:
            lines += ["[[account]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
        self.settings_file.write_text("\n".join([*lines, *self.more]) + "\n", encoding="utf-8")

    def _arguments(self, arguments: tuple[str, ...]) -> list[str]:
        return ["--config", str(self.settings_file), *arguments]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command in a process of its own, so that it can be killed."""
        self.write_settings()
        return subprocess.Popen(
            [str(COMMAND), *self._arguments(arguments)],
            env={**os.environ, **self.passwords},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> Ended:
        """Run a command to its end in this process: a second of imports is saved each time."""
        self.write_settings()
        with self._as_process() as (answer, remarks):
            try:
                code = run_command(self._arguments(arguments))
            except SystemExit as ending:
                code = int(ending.code or 0)
        return Ended(code, answer.getvalue(), remarks.getvalue())

    @contextlib.contextmanager
    def _as_process(self) -> Iterator[tuple[io.StringIO, io.StringIO]]:
        """Lend the command streams, passwords and a folder of its own, and no terminal."""
        answer, remarks = io.StringIO(), io.StringIO()
        stdin, folder, environment = sys.stdin, Path.cwd(), dict(os.environ)
        os.environ.update(self.passwords)
        os.chdir(self.folder)
        try:
            with (
                Path(os.devnull).open() as nothing,
                contextlib.redirect_stdout(answer),
                contextlib.redirect_stderr(remarks),
            ):
                sys.stdin = nothing
                yield answer, remarks
        finally:
            sys.stdin = stdin
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)

    @staticmethod
    def wait(process: "subprocess.Popen[str]") -> Ended:
        """Wait for a command; one that hangs is killed and fails the test."""
        try:
            answer, remarks = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            answer, remarks = process.communicate()
            raise AssertionError(f"the command did not end in {TIMEOUT:.0f} s:\n{answer}\n{remarks}") from None
        return Ended(process.returncode, answer, remarks)

    def scan(self, *arguments: str) -> Ended:
        """Run a scan that must be complete."""
        ended = self.run("scan", *arguments)
        assert ended.code == 0, (ended.code, ended.answer, ended.remarks)
        return ended

    def digest(self) -> str:
        """Return the digest of the store."""
        ended = self.run("status", "--digest")
        assert ended.code == 0, ended.remarks
        return ended.answer.strip()

    def report(self, name: str = "report.json") -> Any:
        """Write the JSON report and return what it says."""
        ended = self.run("report", name)
        assert ended.code == 0, ended.remarks
        return json.loads((self.folder / name).read_text(encoding="utf-8"))
