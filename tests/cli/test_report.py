"""`blindcopy report` and `blindcopy demo` end with the files that they wrote."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scanner.errors import OutputExistsError
from scanner.export import Request, Withheld
from scanner.model import Export, IncidentKey
from scanner.pipeline.keeping.handing_out import HandedOut


def test_the_file_is_handed_on_and_named(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """The pipeline decides by the suffix; the command says where the file is."""
    written = []

    def write_report(_settings: Any, path: Path, *_: Any, **__: Any) -> HandedOut:
        written.append(path)
        export = Export(1, 0, {}, "ab" * 32)
        return HandedOut(path, Path(f"{path}.manifest.json"), export, ((path.name, "cd" * 32, 9),))

    pipeline("keeping.handing_out", write_report=write_report)

    ended = blindcopy("report", "impact-list.xlsx")

    assert ended.code == 0
    assert written == [Path("impact-list.xlsx")]
    assert ended.out.splitlines() == [
        "Report    impact-list.xlsx",
        "Manifest  impact-list.xlsx.manifest.json",
        f"SHA-256   {'cd' * 32}",
    ]


def test_what_was_left_out_is_named_with_how_to_write_it(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None]
) -> None:
    """Whoever sends letters must know of which incidents none is written."""

    def write_report(_settings: Any, path: Path, *_: Any, **__: Any) -> HandedOut:
        return HandedOut(path, path, Export(1, 0, {}, ""), (), (IncidentKey("ab" * 6), IncidentKey("cd" * 6)))

    pipeline("keeping.handing_out", write_report=write_report)

    ended = blindcopy("report", "merge.xlsx", "--for", "people")

    assert ended.code == 0
    assert (
        "not to tell the people of them, or that they are no breach: abababababab, cdcdcdcdcdcd; --what KEY"
        in ended.err
    )


def test_what_names_somebody_is_told_by_its_place(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """Whoever wrote it can find the word; what stands there is told to nobody."""

    def write_report(_settings: Any, path: Path, request: Request, **_: Any) -> HandedOut:
        assert request.tell is not None
        request.tell(Withheld(IncidentKey("ab" * 6), "effects", 7))
        request.tell(Withheld(IncidentKey("ab" * 6), "label"))
        return HandedOut(path, path, Export(1, 0, {}, ""), ())

    pipeline("keeping.handing_out", write_report=write_report)

    effects, label = blindcopy("report", "form.txt", "--for", "authority").err.splitlines()

    assert effects.endswith("note them again without names (word 7 looks like a name)")
    assert label.endswith("fill in what is sensitive")


def test_every_option_reaches_the_report(
    blindcopy: Callable[..., Any], pipeline: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option that is read and not handed on would be silently without effect."""
    wanted = Request("people", password="between us", what="3f1c", tables="parquet", excel=True, form="ico")
    wanted = replace(wanted, template="ours.txt", since="last")
    asked: list[tuple[Any, dict[str, Any]]] = []

    def write_report(_settings: Any, path: Path, request: Request, **keys: Any) -> HandedOut:
        asked.append((request, keys))
        return HandedOut(path, path, Export(1, 0, {}, ""), ())

    pipeline("keeping.handing_out", write_report=write_report)
    monkeypatch.setenv("SECRET", "between us")
    options = "--for people --what 3f1c --tables parquet --excel --form ico --template ours.txt --since last"

    ended = blindcopy("report", "x.docx", *options.split(), "--pseudonymise", "--password-env", "SECRET")

    assert ended.code == 0, ended.err
    ((request, keys),) = asked
    assert request == wanted
    assert keys["pseudonymise"] is True
    plain = Request()
    assert [one.name for one in fields(Request) if getattr(wanted, one.name) == getattr(plain, one.name)] == [
        "language",  # The settings say it.
        "tell",  # The command hears it.
    ]


def test_a_file_that_is_there_is_one_line(blindcopy: Callable[..., Any], pipeline: Callable[..., None]) -> None:
    """Nothing is overwritten, and stdout stays empty."""

    def write_report(*_: Any, **__: Any) -> None:
        raise OutputExistsError("the file is there already", where="a.json", remedy="Name another file")

    pipeline("keeping.handing_out", write_report=write_report)

    ended = blindcopy("report", "a.json")

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err == "blindcopy: a.json: the file is there already. Name another file\n"


def test_the_demo_prints_its_summary(blindcopy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths stay whole, so that they can be copied; sentences fit the screen."""
    path = "out/" + "x" * 90 + ".xlsx"

    class Summary:
        def lines(self) -> Iterator[str]:
            yield "word " * 30
            yield f"Workbook  {path}"

    module = ModuleType("scanner.demo")
    module.__dict__["run_demo"] = lambda directory, progress: Summary()
    monkeypatch.setitem(sys.modules, "scanner.demo", module)

    lines = blindcopy("demo", "out").out.splitlines()

    assert f"Workbook  {path}" in lines
    assert all(len(line) <= 80 for line in lines if path not in line)


@pytest.mark.parametrize("value", [None, ""])
def test_a_password_that_is_not_there_is_one_line(
    blindcopy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """A report that somebody believes to be closed must not be written open."""
    monkeypatch.delenv("REPORT_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("REPORT_PASSWORD", value)

    ended = blindcopy("report", "a.xlsx", "--password-env", "REPORT_PASSWORD")

    assert ended.code == 2
    assert ended.err == "blindcopy: $REPORT_PASSWORD: holds no password. Set it: export REPORT_PASSWORD=…\n"
