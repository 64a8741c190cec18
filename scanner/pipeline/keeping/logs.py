"""Verify what was written down and handed out: the chains of both logs, and files by their manifests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scanner.config import Settings
from scanner.errors import UsageError
from scanner.pipeline.keeping.handing_out import MANIFEST_SCHEMA, hashed_files, manifest_of
from scanner.store.decision import chain_hashes, first_broken_row
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.exports import export_hashes, first_broken_export

_SHORTEST = 8
"""Digits of a chain hash that tell it from all others."""

_CHAIN_HASH = re.compile(rf"[0-9a-f]{{{_SHORTEST},64}}")

FileVerdict = Literal["same", "changed", "missing", "added"]


@dataclass(frozen=True, slots=True)
class LogCheck:
    """How a log holds."""

    name: Literal["decisions", "exports"]
    rows: int
    erased: int
    """Rows whose payload was erased; their hashes still hold."""

    head: str
    """The last chain hash; "" when nothing is written."""

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
    """A chain hash that was printed earlier; "" = none was named."""

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


def verify_logs(settings: Settings, files: tuple[Path, ...] = (), *, against: str | None = None) -> LogsOutcome:
    """
    Recompute both chains, look for a chain hash that was printed earlier, and compare files with their manifests.

    Raises:
        UsageError: A file has no manifest beside it, or one that cannot be read; `against` is no chain hash.

        StoreError: The store is missing or cannot be read.
    """
    wanted = (against or "").strip().lower()
    # An empty one is a variable that was not set: to compare nothing would look as if it had been found.
    if against is not None and not _CHAIN_HASH.fullmatch(wanted):
        raise UsageError(
            "this is no chain hash of a log",
            where=f"--against {wanted[:80]}".strip(),
            remedy=f"Name {_SHORTEST} to 64 digits (0-9, a-f) of one, as a report or its manifest printed it",
        )
    opened = disposing(open_engine(settings.store_url, read_only=True))
    with opened as engine, store_errors(engine.url), snapshot(engine) as connection:
        decided, exported = list(chain_hashes(connection)), list(export_hashes(connection))
        broken = first_broken_row(connection) or _first_cut_off([hashed for hashed, _ in decided], exported)
        logs = (
            _log("decisions", decided, broken),
            _log(
                "exports", [(hashed, payload is None) for hashed, payload in exported], first_broken_export(connection)
            ),
        )
    heads = {hashed for hashed, _ in decided}
    known = heads | {hashed for hashed, _ in exported}
    is_found = bool(wanted) and any(hashed.startswith(wanted) for hashed in known)
    reports = tuple(_check(path, heads, dict(exported)) for path in files)
    return LogsOutcome(logs, wanted, is_found, reports)


def _log(name: Literal["decisions", "exports"], rows: list[tuple[str, bool]], broken: int | None) -> LogCheck:
    erased = sum(is_erased for _, is_erased in rows)
    return LogCheck(name, len(rows), erased, rows[-1][0] if rows else "", broken)


def _first_cut_off(decided: list[str], exported: list[tuple[str, Mapping[str, Any] | None]]) -> int | None:
    """
    Return the number of the first decision that an export knew and the log does not hold any more.

    A chain whose end was cut off holds; but every export notes where the log
    of decisions stood.
    """
    gone: list[int] = []
    for _, payload in exported:
        stood = (payload or {}).get("decision_log", {})
        count, head = stood.get("count", 0), stood.get("sha256", "")
        if count and (count > len(decided) or decided[count - 1] != head):
            gone.append(min(count, len(decided) + 1))
    return min(gone, default=None)


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
