"""Verify what was written down and handed out: the chains of both logs, and files by their manifests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.pipeline.handing_out import MANIFEST_SCHEMA, hashed_files, manifest_of
from scanner.store.decision import first_broken_link, statements
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.exports import exports, first_broken_export

FileVerdict = Literal["same", "changed", "missing", "added"]


@dataclass(frozen=True, slots=True)
class LogCheck:
    """How a log holds."""

    name: Literal["decisions", "exports"]
    rows: int
    erased: int
    """Rows whose payload was erased; their hashes still hold."""

    head: str
    """The last link; "" when nothing is written."""

    broken: int | None
    """The first row that is not what was written there; None = all of them are."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """How a file stands that was handed out."""

    name: str
    verdict: FileVerdict


@dataclass(frozen=True, slots=True)
class ReportCheck:
    """How a report stands that was handed out."""

    path: str
    files: tuple[FileCheck, ...]
    is_logged: bool
    """The log of exports knows it as its manifest says."""

    log_head_holds: bool
    """The log of decisions still holds the row it ended with when the report was made."""


@dataclass(frozen=True, slots=True)
class LogsOutcome:
    """What was found in the logs, and of files."""

    logs: tuple[LogCheck, ...]
    against: str
    """A link that was printed earlier; "" = none was named."""

    is_found: bool
    """It still stands in one of the logs."""

    reports: tuple[ReportCheck, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, taken out or put in."""
        files_hold = all(
            one.is_logged and one.log_head_holds and all(file.verdict == "same" for file in one.files)
            for one in self.reports
        )
        return files_hold and all(log.broken is None for log in self.logs) and (self.is_found or not self.against)


def verify_logs(settings: Settings, files: tuple[Path, ...] = (), *, against: str = "") -> LogsOutcome:
    """
    Recompute both chains, look for a link that was printed earlier, and compare files with their manifests.

    Raises:
        UsageError: A file has no manifest beside it, or one that cannot be read.

        StoreError: The store is missing or cannot be read.
    """
    wanted = against.strip().lower()
    opened = disposing(open_engine(settings.store_url, read_only=True))
    with opened as engine, store_errors(engine.url), snapshot(engine) as connection:
        stated, handed_out = list(statements(connection)), list(exports(connection))
        logs = (
            LogCheck(
                "decisions",
                len(stated),
                sum(one.payload is None for one in stated),
                stated[-1].chain_sha256 if stated else "",
                first_broken_link(connection),
            ),
            LogCheck(
                "exports",
                len(handed_out),
                sum(one.payload is None for one in handed_out),
                handed_out[-1].chain_sha256 if handed_out else "",
                first_broken_export(connection),
            ),
        )
        decided = {one.chain_sha256 for one in stated}
        exported = {one.chain_sha256: one.payload for one in handed_out}
    links = decided | set(exported)
    reports = tuple(_check(path, decided, exported) for path in files)
    return LogsOutcome(logs, wanted, len(wanted) >= 8 and any(link.startswith(wanted) for link in links), reports)


def _check(path: Path, decided: set[str], exported: Mapping[str, object]) -> ReportCheck:
    manifest = _read_manifest(path)
    named = {file["name"]: file["sha256"] for file in manifest["files"]}
    there = {name: sha256 for name, sha256, _ in hashed_files(path, path.name)} if path.exists() else {}
    files = [
        FileCheck(name, "missing" if name not in there else "same" if there[name] == sha256 else "changed")
        for name, sha256 in sorted(named.items())
    ]
    files += [FileCheck(name, "added") for name in sorted(set(there) - set(named))]
    place, head = manifest["export"]["chain_sha256"], manifest["decision_log"]["sha256"]
    logged = exported.get(place)
    told = {key: value for key, value in manifest.items() if key != "export"}
    # An erased row can say no more than that there was one.
    is_logged = place in exported and (
        logged is None or (isinstance(logged, dict) and {key: logged.get(key) for key in told} == told)
    )
    return ReportCheck(str(path), tuple(files), is_logged, not head or head in decided)


def _read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest beside a report, whose form is known."""
    place = manifest_of(path)
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
        if manifest["schema"] != MANIFEST_SCHEMA:
            raise ValueError("another schema")
        # Everything that is compared must be there, and be of its kind.
        for file in manifest["files"]:
            file["name"] + file["sha256"]
        manifest["export"]["chain_sha256"] + manifest["decision_log"]["sha256"]
    except FileNotFoundError as error:
        raise UsageError(
            "has no manifest beside it", where=str(path), remedy=f"Put {place.name} back where it was written"
        ) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            "is no manifest that can be read", where=str(place), remedy="Put it back as it was written"
        ) from error
    return dict(manifest)
