"""Hand a report out: write it, note it in the log of exports, and put its manifest beside it."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scanner.config import Settings
from scanner.errors import OutputExistsError, UsageError
from scanner.export import Request, check, write
from scanner.export.files.output import new_file
from scanner.export.pseudonymous import PseudonymousReport
from scanner.model import Export, IncidentKey, Progress, Report
from scanner.pipeline.deciding.author import system_user
from scanner.pipeline.reporting.changed import changes_since
from scanner.pipeline.reporting.report import open_report
from scanner.pipeline.reporting.selection import select_incidents
from scanner.pseudonym import Pseudonymiser, make_or_read_key
from scanner.store.engine import disposing, open_engine, store_errors
from scanner.store.exports import append_export

MANIFEST_SUFFIX = ".manifest.json"
MANIFEST_SCHEMA = "blindcopy/manifest/1"

_MISSING_HEADERS = "headers_missing"
"""Member of the manifest of an archive for an investigator."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A report that was written and noted."""

    path: Path
    manifest: Path
    export: Export
    files: tuple[tuple[str, str, int], ...]
    """(name, SHA-256, size in bytes) of each file; names of a folder's files begin with the folder's."""

    not_told: tuple[IncidentKey, ...] = ()
    """Confirmed incidents that are not in it: decided to be no breach, or not to be told to this audience."""

    @property
    def missing_headers(self) -> int:
        """Headers that an archive for an investigator should hold, and that nobody kept."""
        return int((self.export.payload or {}).get(_MISSING_HEADERS, 0))


def write_report(
    settings: Settings,
    path: Path,
    request: Request | None = None,
    *,
    pseudonymise: bool = False,
    progress: Progress | None = None,
    now: int | None = None,
) -> HandedOut:
    """
    Write the last analysis to a file, or its tables to a folder; the suffix says in which format.

    Nothing is handed out that the log of exports does not know: the row is
    there before the file has its name. Of a command that is killed just then
    a row stays, never a report without one.

    Args:
        settings: Which store, which policy; the language, too.

        path: The new file or folder.

        request: For whom, and the rest; None = for those who decide.

        pseudonymise: Write a keyed pseudonym in place of all that names
            somebody. The key is that of the notebook's frames.

        progress: Told about rows.

        now: The clock, for the log.

    Raises:
        ExportError: The file exists or cannot be written, or there is no key for the pseudonyms.

        UsageError: The request cannot be met.

        StoreError: As `open_report`; or the log of exports cannot be written.
    """
    wanted = replace(request or Request(), language=settings.organisation.language)
    _demand_possible(path, wanted, pseudonymise)
    manifest = new_manifest(path)
    with open_report(settings) as whole:
        selection = select_incidents(whole, wanted.audience, wanted.what)
        report = selection.report
        if wanted.since:
            report.head = replace(report.head, since=changes_since(report, wanted.since, wanted.audience))
        shown = (
            PseudonymousReport(report, Pseudonymiser(make_or_read_key(settings.pseudonym_key_file)))
            if pseudonymise
            else report
        )
        noted: list[HandedOut] = []

        def note(source: Path) -> None:
            files = hashed_files(source, path.name)
            contents = _contents(report, wanted, path, files, pseudonymised=pseudonymise)
            if wanted.audience == "investigator":
                contents[_MISSING_HEADERS] = sum(1 for _ in report.missing_headers())
            moment = int(time.time()) if now is None else now
            export = note_export(settings, report.head.run, contents, manifest, moment)
            noted.append(HandedOut(path, manifest, export, files, selection.not_told))

        with manifest_goes_with(path, manifest):
            write(shown, path, progress, wanted, note)
    return noted[0]


def _demand_possible(path: Path, wanted: Request, pseudonymise: bool) -> None:
    """Refuse what cannot be written, before anything is."""
    check(path, wanted)
    if pseudonymise and wanted.audience == "investigator":
        raise UsageError(
            "raw headers name people, and cannot be pseudonymised",
            where=str(path),
            remedy="Leave out --pseudonymise, or write another report",
        )


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a report lies."""
    return path.with_name(path.name + MANIFEST_SUFFIX)


def new_manifest(path: Path) -> Path:
    """
    Return where the manifest of a report will lie.

    Raises:
        OutputExistsError: There is one already.
    """
    manifest = manifest_of(path)
    if manifest.exists():
        raise OutputExistsError(
            "there is already a manifest of this name", where=str(manifest), remedy="Name another file or folder"
        )
    return manifest


@contextmanager
def manifest_goes_with(path: Path, manifest: Path) -> Iterator[None]:
    """Remove the manifest of a report that did not come to its name after all."""
    try:
        yield
    except BaseException:
        if not path.exists():
            with suppress(OSError):
                manifest.unlink()
        raise


def hashed_files(path: Path, name: str) -> tuple[tuple[str, str, int], ...]:
    """Return (name, SHA-256, size) of a file, or of all files of a folder, by name; it is to be called `name`."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = []
    for file in files:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        found.append((name if file == path else f"{name}/{file.name}", digest, file.stat().st_size))
    return tuple(found)


def _contents(
    report: Report, request: Request, path: Path, files: tuple[tuple[str, str, int], ...], *, pseudonymised: bool
) -> dict[str, Any]:
    """Return what the log and the manifest say of a report; names nobody."""
    head, totals = report.head, report.totals
    return {
        "schema": MANIFEST_SCHEMA,
        "name": path.name,
        "files": [{"name": name, "sha256": sha256, "size": size} for name, sha256, size in files],
        "audience": request.audience,
        "language": request.spoken,
        "pseudonymised": pseudonymised,
        "encrypted": request.password is not None,
        "tool_version": head.tool_version,
        "parser_version": head.parser_version,
        "policy_sha256": head.policy_sha256,
        "as_of": head.as_of,
        "generated_at": head.generated_at,
        "provisional": head.provisional,
        "behind": head.behind,
        "decision_log": {"count": head.decisions, "sha256": head.chain_head},
        "ladder": asdict(totals.ladder),
        "coverage": {"stored": totals.coverage_stored, "enumerated": totals.coverage_enumerated},
        "incidents": [
            [one.key, one.rank, one.score, one.status, one.messages, one.addresses, one.people]
            for one in report.outline()
        ],
    }


def note_export(settings: Settings, run: int, contents: Mapping[str, Any], manifest: Path, now: int) -> Export:
    """Append what is handed out to the log, then let the manifest appear; raises when either cannot be written."""
    with (
        disposing(open_engine(settings.store_url)) as engine,
        store_errors(engine.url),
        new_file(manifest) as file,
        # Innermost: the row is committed before the manifest has its name, and not before there is room for that.
        engine.begin() as connection,
    ):
        payload = {**contents, "exported_by": system_user()}
        export = append_export(connection, now=now, run_id=run, payload=payload)
        place = {"number": export.number, "exported_at": export.exported_at, "chain_sha256": export.chain_sha256}
        text = json.dumps({**contents, "export": place}, indent=1, sort_keys=True)
        file.write(f"{text}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    return export
