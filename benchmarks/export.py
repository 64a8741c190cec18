"""
What a workbook costs, beside openpyxl alone with the same cells.

A report is made up piece by piece, so that it takes no memory itself: a tenth
as many people as exposure events, ten messages to each. Then, each in a
process of its own:

    workbook   scanner.export writes it
    openpyxl   a write-only loop over the very same values, sheet by sheet
    pandas     DataFrame.to_excel of the same values

The values are noted while the workbook is written once, unmeasured; making
the rows is part of the first figure only. Absolute figures depend on the
machine; judge by the ratios within one run.
"""

import argparse
import pickle
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# `python benchmarks/export.py` puts this folder on the path, not the root.
sys.path.insert(0, str(ROOT))

from openpyxl import Workbook  # noqa: E402
from openpyxl.worksheet._write_only import WriteOnlyWorksheet  # noqa: E402

from benchmarks.measure import Clock, Measured, Part, in_child  # noqa: E402
from scanner.export.workbook import workbook  # noqa: E402
from scanner.model import Incident, IncidentKey, Outline, Person  # noqa: E402
from tests.export import sample  # noqa: E402

_LIST = 1_000
"""People of one incident."""

_MESSAGES = 10
"""Messages of one incident; each shows all its people."""


class LargeReport:
    """A report of so many exposure events that is never in memory as a whole."""

    def __init__(self, exposures: int) -> None:
        self._incidents = max(1, exposures // (_LIST * _MESSAGES))
        small = sample.sample_report()
        people = self._incidents * _LIST
        ladder = replace(
            small.totals.ladder,
            exposure_events=people * _MESSAGES,
            exposed_people=people,
            exposed_addresses=people,
        )
        self.totals = replace(small.totals, ladder=ladder, incidents=self._incidents)
        self.head = small.head
        self._small = small

    def __getattr__(self, name: str) -> Any:
        """Return what is small in any case."""
        return getattr(self._small, name)

    def incidents(self) -> Iterator[Incident]:
        """Yield by rank."""
        for rank in range(1, self._incidents + 1):
            addresses = [f"person{rank:04}.{place:04}@mail{place % 40}.example" for place in range(_LIST)]
            names = [f"Person {rank} Number {place}" for place in range(_LIST)]
            messages = [
                sample.message(rank * _MESSAGES + part, addresses, subject=f"Circular {rank} part {part}", names=names)
                for part in range(_MESSAGES)
            ]
            yield sample.incident(rank, messages)

    def outline(self) -> Iterator[Outline]:
        """Yield by rank."""
        for rank in range(1, self._incidents + 1):
            yield Outline(IncidentKey(f"{rank:012x}"), rank, 80, "candidate", _MESSAGES, _LIST, _LIST)

    def people(self) -> Iterator[Person]:
        """Yield in any order that is always the same."""
        for incident in self.incidents():
            for entry in incident.exposed:
                yield Person(
                    person_id=entry.person_id,
                    addresses=(entry.key,),
                    display_names=entry.display_names,
                    tier=entry.tier,
                    merge_reasons=(),
                    incidents=(incident.key,),
                    first_sent_at=incident.first_sent_at,
                    last_sent_at=incident.last_sent_at,
                )


def write_workbook(report: LargeReport, path: Path) -> Part:
    """Write the workbook as `blindcopy report` does."""
    clock = Clock()
    with path.open("wb") as file:
        workbook.write(report, file)  # type: ignore[arg-type]
    return clock.part()


def note_cells(report: LargeReport, path: Path, noted: Path) -> Part:
    """Write the workbook and keep what every cell holds: (sheet, values) one after the other."""
    append = WriteOnlyWorksheet.append
    with noted.open("wb") as file:

        def spied(sheet: Any, row: Any) -> None:
            values = [getattr(cell, "value", cell) for cell in row]
            pickle.dump((sheet.title, values), file)
            append(sheet, row)

        WriteOnlyWorksheet.append = spied  # type: ignore[method-assign]
        write_workbook(report, path)
    return 0.0, 0.0


def noted_cells(noted: Path) -> Iterator[tuple[str, list[Any]]]:
    """Yield what `note_cells` kept."""
    with noted.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return


def write_bare(noted: Path, path: Path) -> Part:
    """Write the same values with openpyxl alone."""
    rows = noted_cells(noted)
    clock = Clock()
    book = Workbook(write_only=True)
    sheets: dict[str, Any] = {}
    for title, values in rows:
        if title not in sheets:
            sheets[title] = book.create_sheet(title)
        sheets[title].append(values)
    book.save(path)
    return clock.part()


def write_pandas(noted: Path, path: Path) -> Part:
    """Write the same values with pandas, which wants them all at once."""
    import pandas as pd

    tables: dict[str, list[list[Any]]] = {}
    for title, values in noted_cells(noted):
        tables.setdefault(title, []).append(values)
    clock = Clock()
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for title, values in tables.items():
            pd.DataFrame(values).to_excel(writer, sheet_name=title, index=False, header=False)
    return clock.part()


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exposures", type=int, default=1_000_000, metavar="N", help="exposure rows (1000000)")
    parser.add_argument("--no-pandas", action="store_true", help="leave pandas out: it takes gigabytes")
    options = parser.parse_args()
    if options.exposures < _LIST * _MESSAGES:
        parser.error(f"--exposures must be {_LIST * _MESSAGES} or more")
    report = LargeReport(options.exposures)
    with tempfile.TemporaryDirectory(prefix="bc-export-") as temporary:
        folder = Path(temporary)
        noted = folder / "cells"
        in_child(lambda: note_cells(report, folder / "noted.xlsx", noted))
        found: dict[str, Measured] = {
            "workbook": in_child(lambda: write_workbook(report, folder / "workbook.xlsx")),
            "openpyxl": in_child(lambda: write_bare(noted, folder / "bare.xlsx")),
        }
        if not options.no_pandas:
            found["pandas"] = in_child(lambda: write_pandas(noted, folder / "pandas.xlsx"))
    figures = report.totals.ladder
    print(f"{figures.exposed_people:,} people, {figures.exposure_events:,} exposure rows")
    print(f"{'':<10} {'seconds':>9} {'× openpyxl':>11} {'CPU s':>9} {'× openpyxl':>11} {'peak MB':>8}")
    bare = found["openpyxl"]
    for name, one in found.items():
        print(
            f"{name:<10} {one.seconds:>9.1f} {one.seconds / bare.seconds:>11.2f}"
            f" {one.cpu_seconds:>9.1f} {one.cpu_seconds / bare.cpu_seconds:>11.2f} {one.peak_mb:>8.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
