"""One suite over both databases: every test that asks for `engine` runs twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scanner.store.engine import create_store
from tests.shelf import Shelf


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the path or URL of a store that is not made yet."""
    if request.param == "sqlite":
        return str(tmp_path / "blindcopy.db")
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    """Yield an empty store."""
    engine = create_store(store)
    yield engine
    engine.dispose()


@pytest.fixture
def shelf(engine: Engine) -> Shelf:
    """Return an empty store to put mail into."""
    return Shelf(engine)
