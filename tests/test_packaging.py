"""What is installed is what is in the tree, and it works without the tree."""

import configparser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import missing

ROOT = Path(__file__).parent.parent


def setup_cfg() -> configparser.ConfigParser:
    """Return setup.cfg as parsed."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def folders() -> dict[str, Path]:
    """Return every listed package with the folder it is installed from."""
    options = setup_cfg()["options"]
    mapping = dict(line.replace(" ", "").split("=") for line in options["package_dir"].split("\n") if line)
    found = {}
    for package in options["packages"].split():
        root = max((name for name in mapping if f"{package}.".startswith(f"{name}.")), key=len)
        found[package] = ROOT.joinpath(mapping[root], *package.removeprefix(root).strip(".").split("."))
    return found


def test_the_listed_packages_are_those_of_the_tree() -> None:
    """A new folder of modules is installed only when setup.cfg names it."""
    trees = (ROOT / "scanner", ROOT / "migrations", ROOT / "reports")

    found = {module.parent for tree in trees for module in tree.rglob("*.py")}
    marked = {init.parent for tree in trees for init in tree.rglob("__init__.py")}

    assert set(folders().values()) == found == marked


def test_every_data_file_is_installed() -> None:
    """A lexicon, list or wording that lies in a package folder is matched by package_data."""
    data = setup_cfg()["options.package_data"]

    missed = []
    for package, folder in folders().items():
        patterns = [pattern.strip() for pattern in data.get(package, "").split(",") if pattern.strip()]
        files = [file for file in folder.iterdir() if file.is_file() and file.suffix not in (".py", ".pyc")]
        missed += [file for file in files if not any(file.match(pattern) for pattern in patterns)]

    assert missed == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel built from the source distribution, as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], "the wheel cannot be built")
    return next(folder.glob("*.whl"))


def run(command: list[str], reason: str, cwd: Path | None = None) -> str:
    """Run a command that may need PyPI; without it the test is missing its ground."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BLINDCOPY_", "PYTHON"))}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=600)
    if done.returncode and any(sign in done.stderr for sign in ("NewConnectionError", "Could not find a version")):
        missing(f"{reason}: PyPI cannot be reached")
    assert done.returncode == 0, f"{reason}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.wheel
def test_the_wheel_holds_code_data_and_migrations(wheel: Path) -> None:
    """Alembic's revisions, the reports' words and the lexicons travel with the code; tests do not."""
    names = zipfile.ZipFile(wheel).namelist()

    assert "scanner/py.typed" in names
    assert "scanner/config/template.toml" in names
    assert "scanner/reports/columns.toml" in names
    assert any(name.startswith("scanner/migrations/versions/") and name.endswith(".py") for name in names)
    assert any(name.startswith("scanner/analyse/lexicon/") and name.endswith(".toml") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


@pytest.mark.wheel
def test_the_installed_wheel_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, outside the checkout, the demo ends with a workbook."""
    run([sys.executable, "-m", "venv", str(tmp_path / "venv")], "no environment can be made")
    python = str(tmp_path / "venv" / "bin" / "python")
    run([python, "-m", "pip", "install", "--quiet", f"{wheel}[demo]"], "the wheel cannot be installed")
    (tmp_path / "elsewhere").mkdir()

    answer = run(
        [str(tmp_path / "venv" / "bin" / "blindcopy"), "demo", "out"], "the demo failed", cwd=tmp_path / "elsewhere"
    )

    workbooks = list((tmp_path / "elsewhere" / "out").glob("*.xlsx"))
    assert len(workbooks) == 1
    assert workbooks[0].name in answer
    modules = run([python, "-c", "import scanner; print(scanner.__file__)"], "not installed", cwd=tmp_path)
    assert str(tmp_path) in modules
