"""Every benchmark can be started: it finds what it measures."""

from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"))
def test_it_finds_what_it_measures(name: str) -> None:
    """Benchmarks run by hand and seldom: what was moved in the package would be missed by them first."""
    module = import_module(f"benchmarks.{name}")

    assert module.__doc__
