"""What a killed command left hidden is cleared away, and what is still written is not."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.export.files.leftover import PREFIX, SUFFIX, clear_leftovers
from scanner.export.files.output import new_file
from scanner.export.tables.folder import new_folder


@pytest.mark.parametrize("knows_nameless_files", [True, False])
def test_a_killed_command_leaves_nothing_for_long(tmp_path: Path, knows_nameless_files: bool) -> None:
    """Half a report names as many people; where its bytes must have a name, the next report clears it away."""
    program = f"""
import os, sys
from pathlib import Path
from scanner.export.files import output
if not {knows_nameless_files}:
    output._OPEN_FILES = Path("/nowhere")
with output.new_file(Path("impact.json")) as file:
    file.write(b"ada@quay.example")
    file.flush()
    os._exit(9)
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    left = list(tmp_path.iterdir())
    for path in left:
        os.utime(path, (0, 0))

    with new_file(tmp_path / "next.json") as file:
        file.write(b"{}")

    assert len(left) == (0 if knows_nameless_files else 1)
    assert [path.name for path in tmp_path.iterdir()] == ["next.json"]
    assert stat.S_IMODE((tmp_path / "next.json").stat().st_mode) == 0o600


def test_what_another_command_still_writes_is_not_cleared_away(tmp_path: Path) -> None:
    """However long it takes."""
    with new_folder(tmp_path / "tables") as folder:
        (folder / "people.csv").write_bytes(b"ada@quay.example")
        os.utime(folder, (0, 0))

        clear_leftovers(tmp_path)

    assert (tmp_path / "tables" / "people.csv").read_bytes() == b"ada@quay.example"


def test_what_is_young_or_called_otherwise_stays(tmp_path: Path) -> None:
    """A command may have made it a moment ago, and somebody else's hidden files are not ours."""
    young, other, old = (tmp_path / name for name in (f"{PREFIX}a{SUFFIX}", ".other.part", f"{PREFIX}b{SUFFIX}"))
    for path in (young, other, old):
        path.write_bytes(b"ada@quay.example")
    for path in (other, old):
        os.utime(path, (0, 0))

    clear_leftovers(tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted([young, other])


def test_a_folder_that_was_left_is_removed_with_what_is_in_it(tmp_path: Path) -> None:
    """Tables of people, half of them."""
    left = tmp_path / f"{PREFIX}tables{SUFFIX}"
    left.mkdir()
    (left / "people.csv").write_bytes(b"ada@quay.example")
    os.utime(left, (0, 0))

    clear_leftovers(tmp_path)

    assert list(tmp_path.iterdir()) == []
