"""Scripts and cron jobs rely on the exit codes."""

import ast
import inspect
import re
from pathlib import Path

from scanner import errors
from scanner.cli.app import app
from scanner.errors import ExitCode, ScannerError

README = Path(__file__).parent.parent / "README.md"


def test_codes_are_those_of_the_contract() -> None:
    """CONTRACTS: 0 complete, 1 gaps, 2 failed, 3 new incidents, 130 SIGINT, 143 SIGTERM (128 + signal)."""
    codes = {code.name: code.value for code in ExitCode}

    assert codes == {
        "COMPLETE": 0,
        "GAPS": 1,
        "FAILED": 2,
        "NEW_INCIDENTS": 3,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_codes_are_unique() -> None:
    """An alias would let two endings look the same; enum drops it from iteration."""
    assert len(ExitCode.__members__) == len({code.value for code in ExitCode})


def test_every_code_is_documented() -> None:
    """The README has one row for each code and none for others, and the help names each."""
    rows = set(map(int, re.findall(r"^\| (\d+) \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE)))
    told = set(map(int, re.findall(r"(?<!\w)(\d+) \w", str(app.info.epilog))))

    assert rows == {code.value for code in ExitCode}
    assert told == rows


def test_every_error_ends_with_a_code_of_the_contract() -> None:
    """Each class of the tree has an exit code, and stands in the picture above the tree."""
    picture = inspect.getdoc(errors) or ""
    classes = [node.name for node in ast.parse(inspect.getsource(errors)).body if isinstance(node, ast.ClassDef)]
    kinds = [getattr(errors, name) for name in classes if name != "ExitCode"]

    assert len(kinds) > 10
    for kind in kinds:
        assert issubclass(kind, ScannerError)
        assert kind.exit_code in set(ExitCode)
        assert kind.__name__ in picture


def test_an_error_is_one_line_whatever_its_parts_hold() -> None:
    """What a server or a file put into the parts cannot break the line."""
    error = ScannerError("it broke\r\nhere", where="a\nfile", remedy="Mend\tit")

    assert str(error) == "a file: it broke here. Mend it"
