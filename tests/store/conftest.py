"""One suite over both databases: every test that asks for `engine` runs twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from scanner.store.engine import create_store, open_engine
from scanner.store.schema import metadata
from tests.servers.postgresql import new_database
from tests.shelf import Shelf

_BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=_BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the path or URL of a store that is not made yet."""
    if request.param == "sqlite":
        return str(tmp_path / "blindcopy.db")
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite store to be copied: migrating costs more than most tests."""
    path = tmp_path_factory.mktemp("store") / "blindcopy.db"
    create_store(str(path)).dispose()
    return path


@pytest.fixture(scope="session")
def made_database(postgresql_server: str) -> str:
    """Return the URL of a PostgreSQL store that the tests empty for each other."""
    url = new_database(postgresql_server, "made")
    create_store(url).dispose()
    return url


@pytest.fixture(params=_BOTH)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield an empty store; its tables stay as they are."""
    if request.param == "sqlite":
        engine = open_engine(str(shutil.copy(request.getfixturevalue("made_file"), tmp_path / "blindcopy.db")))
    else:
        engine = open_engine(request.getfixturevalue("made_database"))
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE"))
    yield engine
    engine.dispose()


@pytest.fixture
def shelf(engine: Engine) -> Shelf:
    """Return an empty store to put mail into."""
    return Shelf(engine)
