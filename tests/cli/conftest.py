"""The commands with a pipeline that answers as told: what is tested is what a person reads."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scanner.cli.ending import run
from tests.export.sample import SampleReport, sample_report


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def blindcopy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Return a function that runs a command in a folder with settings, 80 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BLINDCOPY_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "blindcopy.toml").write_text(
        '[organisation]\nname = "Corp"\ndomains = ["corp.example"]\ntime_zone = "Europe/Berlin"\n'
        '[[account]]\nname = "office"\nhost = "imap.corp.example"\nuser = "office"\npassword_env = "PW"\n'
    )

    def call(*arguments: str) -> Ended:
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that puts functions into a module of the pipeline: pipeline("scanning.scan", scan=…)."""

    def replace(name: str, **functions: Any) -> None:
        module = ModuleType(f"scanner.pipeline.{name}")
        module.__dict__.update(functions)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return replace


@pytest.fixture
def report(pipeline: Callable[..., None]) -> SampleReport:
    """Return the report that `open_report` gives to the commands."""
    sample = sample_report()

    @contextmanager
    def open_report(_settings: object) -> Any:
        yield sample

    def find_incident(opened: SampleReport, key: str, *, in_full: bool = False) -> Any:
        assert in_full, "`show` tells what other mail says of the incident"
        return next(incident for incident in opened.incidents() if incident.key.startswith(key))

    pipeline("reporting.report", open_report=open_report, find_incident=find_incident)
    return sample
