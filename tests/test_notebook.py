"""The notebook runs from top to bottom over the demo's store and shows nobody's name."""

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import scanner
from scanner.demo import run_demo
from tests.silence import Silence

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "first-look.ipynb"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the demo's store."""
    folder = tmp_path_factory.mktemp("notebook") / "demo"
    run_demo(folder, Silence())
    return folder / "blindcopy.db"


@pytest.fixture(scope="module")
def executed(place: Path) -> list[dict[str, Any]]:
    """Return the outputs of the executed notebook, in order."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    client.execute(env={**os.environ, "BLINDCOPY_STORE": str(place)})
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_it_is_kept_without_outputs() -> None:
    """Outputs belong to whoever ran it: they come from somebody's mail."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_it_runs_and_draws_two_pictures(executed: list[dict[str, Any]]) -> None:
    """Two plots worth looking at, as SVG: nothing is fetched from the network to show them."""
    pictures = [output["data"]["image/svg+xml"] for output in executed if "image/svg+xml" in output.get("data", {})]

    assert len(pictures) == 2
    assert all(picture.count("<path") > 20 for picture in pictures)
    assert not any(output["output_type"] == "error" for output in executed)


def test_its_outputs_name_nobody(place: Path, executed: list[dict[str, Any]]) -> None:
    """A saved notebook is easily passed on: no address, name, subject or account of the mail is in it."""
    text = str(executed)
    with scanner.open_store(place, names=True) as store:
        recipients, messages = store.recipients(), store.messages()
        accounts = set(store.coverage()["account"])

    named = set(recipients["address"].dropna()) | set(recipients["display_name"].dropna()) | accounts
    subjects = {subject for subject in messages["subject"].dropna() if " " in subject}

    assert len(named) > 1000
    assert sorted(entry for entry in named | subjects if " " in entry or "@" in entry if entry in text) == []
