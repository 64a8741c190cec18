"""
The whole job on the invented mail: serve, scan, analyse, report.

Only the server and the settings are the demo's own; everything that reads,
stores, judges and writes is what a real account meets.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.config import load_settings
from scanner.demo.desk import ORGANISATION
from scanner.demo.organisation import Organisation, invent
from scanner.demo.plant import Plant
from scanner.demo.server import serve
from scanner.demo.settings import STORE_NAME, is_demo_settings, passwords, settings_text
from scanner.errors import UsageError
from scanner.export.words.breath import breath
from scanner.export.words.moment import Clock
from scanner.model import Incident, Report, ScanProgress
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.keeping.handing_out import write_report
from scanner.pipeline.reporting.report import open_report
from scanner.pipeline.scanning.scan import scan

SETTINGS_NAME = "blindcopy.toml"
REPORT_NAME = "blindcopy-demo"

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One incident of the queue in short."""

    rank: int
    score: int
    people: int
    subject: str


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo did, and where its results are."""

    settings: Path
    workbook: Path
    json_report: Path
    accounts: int
    new_messages: int
    """Stored by this run; 0 when a demo is repeated in the same folder."""

    copies: int
    """Stored copies: a message that lies in several mailboxes has several."""

    breath: tuple[str, ...]
    """The sentences that every report begins with."""

    queued: int
    worst: tuple[QueueLine, ...]
    planted: int
    missed: tuple[str, ...]
    """Names of planted incidents that are not in the queue: none, or something is wrong."""

    lookalikes: int
    lookalikes_queued: int
    first_lookalike: int
    """Best rank of harmless mail in the queue; 0 = there is none."""

    def lines(self) -> Iterator[str]:
        """Yield the summary for a terminal, line by line."""
        yield f"{ORGANISATION} is invented: {self.accounts} accounts were read over IMAP on this machine."
        yield f"{self.new_messages:,} new messages were stored. Nothing was sent, and nothing left this machine."
        if 0 < self.new_messages < self.copies:
            yield f"The mailboxes hold {self.copies:,} copies: a message that lies in two of them is one message."
        yield ""
        yield from self.breath
        yield ""
        yield f"The worst {len(self.worst)} of {self.queued} incidents in the queue:"
        for line in self.worst:
            yield f"{line.rank:4}  {line.score:3} points  {line.people:4} people  {line.subject}"
        yield ""
        yield from self._planted_lines()
        yield ""
        yield f"Workbook  {self.workbook}"
        yield f"JSON      {self.json_report}"
        yield f"Next: blindcopy --config {self.settings} queue"

    def _planted_lines(self) -> Iterator[str]:
        found = self.planted - len(self.missed)
        yield f"Of {self.planted} incidents hidden in this mail, {found} are in the queue."
        if self.missed:
            yield f"Not in the queue: {', '.join(self.missed)}."
        harmless = (
            f"Of {self.lookalikes} harmless look-alikes, {self.lookalikes - self.lookalikes_queued} are not queued"
        )
        yield (
            f"{harmless}; the first of the others has rank {self.first_lookalike}."
            if self.first_lookalike
            else f"{harmless}."
        )


def run_demo(directory: Path, progress: ScanProgress) -> DemoSummary:
    """
    Do the whole job in a folder: settings, store, workbook and JSON stay there.

    In a folder that holds a demo already the scan fetches only what is new,
    and the reports get the next free number.

    Raises:
        UsageError: The folder holds a store or settings that are not the demo's.

        ScannerError: A part of the demo is not installed, or the job failed as a real one would.
    """
    organisation = invent()
    _prepare(directory)
    settings_file = directory / SETTINGS_NAME
    workbook, json_report = _free_names(directory)
    with serve(organisation.accounts) as server, _environment(passwords(organisation)):
        # It names the trustees: for its owner only, as the store is.
        settings_file.touch(mode=0o600)
        settings_file.touch(mode=0o600)
        settings_file.write_text(settings_text(organisation, server), encoding="utf-8")
        settings = load_settings(settings_file)
        scanned = scan(settings, progress=progress)
    for account in scanned.accounts:
        if account.error is not None:
            raise account.error
    analyse_store(settings, progress=progress)
    write_report(settings, workbook, progress=progress)
    write_report(settings, json_report, progress=progress)
    with open_report(settings) as report:
        return _summary(organisation, report, settings_file, (workbook, json_report), scanned.new_messages)


def _prepare(directory: Path) -> None:
    """Make the folder, or check that what is in it came from a demo."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings_file = directory / SETTINGS_NAME
        own = settings_file.exists() and is_demo_settings(settings_file.read_text(encoding="utf-8", errors="replace"))
    except OSError as exc:
        what = f"the folder cannot be used ({exc.strerror})"
        raise UsageError(what, where=str(directory), remedy="Name another folder: blindcopy demo DIR") from exc
    if not own and any((directory / name).exists() for name in (SETTINGS_NAME, STORE_NAME)):
        what = "the folder holds a store or settings that are not the demo's"
        raise UsageError(what, where=str(directory), remedy="Name another folder: blindcopy demo DIR")


def _free_names(directory: Path) -> tuple[Path, Path]:
    """Return the first pair of report names that nothing has yet: reports are never overwritten."""
    number = 1
    while True:
        stem = REPORT_NAME if number == 1 else f"{REPORT_NAME}-{number}"
        pair = directory / f"{stem}.xlsx", directory / f"{stem}.json"
        if not any(path.exists() for path in pair):
            return pair
        number += 1


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the time of a block, as a shell would for one command."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _summary(
    organisation: Organisation, report: Report, settings_file: Path, written: tuple[Path, Path], new_messages: int
) -> DemoSummary:
    ranks: dict[str, int] = {}
    worst: list[QueueLine] = []
    for incident in report.incidents():
        for message in incident.messages:
            ranks.setdefault(message.message.message_id, incident.rank)
        if len(worst) < _SHOWN:
            worst.append(_queue_line(incident))
    incidents = [plant for plant in organisation.plants if plant.kind == "incident"]
    lookalikes = [plant for plant in organisation.plants if plant.kind == "harmless"]
    harmless_ranks = [rank for plant in lookalikes if (rank := _best_rank(plant, ranks))]
    return DemoSummary(
        settings=settings_file,
        workbook=written[0],
        json_report=written[1],
        accounts=len(organisation.accounts),
        new_messages=new_messages,
        copies=report.totals.coverage_stored,
        breath=tuple(text for _, text in breath(report, Clock(report.head.time_zone))),
        queued=report.totals.incidents,
        worst=tuple(worst),
        planted=len(incidents),
        missed=tuple(plant.name for plant in incidents if not _best_rank(plant, ranks)),
        lookalikes=len(lookalikes),
        lookalikes_queued=len(harmless_ranks),
        first_lookalike=min(harmless_ranks, default=0),
    )


def _queue_line(incident: Incident) -> QueueLine:
    return QueueLine(incident.rank, incident.score, incident.ladder.exposed_people, incident.subject)


def _best_rank(plant: Plant, ranks: Mapping[str, int]) -> int:
    """Return the best rank of an incident that holds a message of the plant; 0 = none does."""
    return min((ranks[one] for one in plant.message_ids if one in ranks), default=0)
