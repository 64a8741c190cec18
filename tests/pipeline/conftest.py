"""A desk: settings, a store beside them that no server filled, and the pipeline over both."""

import io
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from scanner.config import Settings, load_settings
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.analysing.analysis_job import AnalysisOutcome
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from scanner.store.engine import create_store, open_engine
from tests.shelf import Shelf

AS_OF = 1_750_000_000
SETTINGS = """
[organisation]
name = "Corp"
domains = ["corp.example"]
time_zone = "Europe/Berlin"
[[account]]
name = "office"
host = "imap.corp.example"
user = "office@corp.example"
password_env = "PASSWORD"
"""


class Desk:
    """Settings in a folder and an empty store, made by copying one."""

    def __init__(self, folder: Path, made_file: Path) -> None:
        self.folder = folder
        shutil.copy(made_file, folder / "blindcopy.db")
        self.settings = self.change("")
        self.engine: Engine = open_engine(self.settings.store_url)
        self.shelf = Shelf(self.engine)

    def change(self, more: str) -> Settings:
        """Write the settings anew with further lines, and return them."""
        file = self.folder / "blindcopy.toml"
        file.write_text(SETTINGS + more, encoding="utf-8")
        self.settings = load_settings(file)
        return self.settings

    def analyse(self, as_of: int = AS_OF) -> AnalysisOutcome:
        """Analyse the store."""
        return analyse_store(self.settings, as_of=as_of)

    def file(self, name: str) -> bytes:
        """Write a report, and return and remove its bytes."""
        path = self.folder / name
        manifest = write_report(self.settings, path).manifest
        manifest.unlink()
        content = path.read_bytes()
        path.unlink()
        return content

    def json(self) -> Any:
        """Return the JSON report, read."""
        from scanner.export.json_report import write

        buffer = io.BytesIO()
        with open_report(self.settings) as report:
            write(report, buffer)
        return json.loads(buffer.getvalue())


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite store to be copied."""
    path = tmp_path_factory.mktemp("store") / "blindcopy.db"
    create_store(str(path)).dispose()
    return path


@pytest.fixture
def new_desk(tmp_path: Path, made_file: Path) -> Iterator[Callable[[], Desk]]:
    """Return a function that makes one more desk."""
    desks: list[Desk] = []
    numbers = itertools.count(1)

    def make() -> Desk:
        folder = tmp_path / f"desk{next(numbers)}"
        folder.mkdir()
        desks.append(Desk(folder, made_file))
        return desks[-1]

    yield make
    for one in desks:
        one.engine.dispose()


@pytest.fixture
def desk(new_desk: Callable[[], Desk]) -> Desk:
    """Return a desk with an empty store."""
    return new_desk()
