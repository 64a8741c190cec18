"""
The evidence as one archive: raw headers, policy, decisions, figures, and a program that recounts them.

A third party who trusts nobody gets the same figures from it (ACPO
principle 3): `recount.py` lies in it, and needs Python alone. The same report
gives the same bytes.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Container, Iterable, Iterator
from importlib.resources import files
from textwrap import fill
from typing import IO, BinaryIO, cast

from scanner.export import json_report
from scanner.export.request import Request
from scanner.export.tables.table_csv import cell
from scanner.export.words.breath import by_status
from scanner.export.words.moment import iso_utc
from scanner.export.words.wording import figure, wording
from scanner.export.workbook.book import Archive
from scanner.language import ENGLISH, filled, language
from scanner.model import Progress, Report, Totals

HEADERS = "headers/"
"""Folder of the archive; each file is named by the SHA-256 of its content."""

SUMS = "sha256sums.txt"
"""Names the SHA-256 of all other files, as `sha256sum --check` reads it."""

INDEX = (
    "incident",
    "part",
    "identity",
    "account",
    "mailbox",
    "mailbox_role",
    "uidvalidity",
    "uid",
    "internal_date",
    "date_field",
    "header_sha256",
    "header",
)
"""
Columns of index.csv, one row for each stored copy.

part: exposing | bcc_sibling. header: kept | missing; of a Bcc sibling that
names fewer than two outsiders none is kept (CONTRACTS: Messages).
"""

PROGRAMS = ("check.py", "decided.py", "recount.py")
"""Need Python alone, and lie in the archive as they lie in reports/."""


_LINE = 120
"""Characters of a line of README.txt."""


class _Hashed:
    """Writes into an entry of the archive, and knows the hash of all that was written."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self._sha256.update(content)
        return self._target.write(content)

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """
    Write the archive, one header or incident in memory at a time.

    Args:
        report: Of the incidents that are meant.

        file: Takes the bytes.

        progress: Told about exposure events and people.

        request: Its language is that of README.txt.
    """
    del request  # The language is that of the block (`speaking`).
    sums: list[tuple[str, str]] = []
    with Archive(file, report.head.decided_until) as archive:

        def add(name: str, fill: Callable[[BinaryIO], object]) -> None:
            with archive.entry(name) as target:
                hashed = _Hashed(target)
                fill(cast(BinaryIO, hashed))
            sums.append((hashed.hexdigest(), name))

        # By name, so that a listing of the archive is a listing of the folder.
        add("README.txt", lambda target: target.write(_readme(report.totals)))
        check, decided, recount = PROGRAMS
        add(check, lambda target: target.write(_program(check)))
        add(decided, lambda target: target.write(_program(decided)))
        add("decisions.jsonl", lambda target: _write_all(target, (f"{one.text}\n" for one in report.decision_rows())))
        kept = set()
        for block in report.header_blocks():
            content = block.content
            kept.add(block.sha256)
            add(f"{HEADERS}{block.sha256}.txt", lambda target, content=content: target.write(content))  # type: ignore[misc]
        add("index.csv", lambda target: _write_all(target, _index(report, kept)))
        add("policy.json", lambda target: _write_all(target, (one.text for one in report.policy_text())))
        add(recount, lambda target: target.write(_program(recount)))
        add("report.json", lambda target: json_report.write(report, target, progress))
        archive.writestr(SUMS, "".join(f"{sha256}  {name}\n" for sha256, name in sums))


def _readme(totals: Totals) -> bytes:
    """Return what the archive holds and what it leaves out, in words."""
    spoken = language()
    folder = files("scanner.reports")
    text = folder / ("evidence.txt" if spoken == ENGLISH else f"evidence.{spoken}.txt")
    words = wording()["archive"]
    values: dict[str, int | str] = {
        "incidents": totals.incidents,
        "queued": totals.incidents + sum(totals.left_out.values()),
        "statuses": by_status(totals.left_out),
    }
    parts = ("some", "dismissed", "all_of_them") if totals.left_out else ("all",)
    told = [
        filled(words[part], values, figure) for part in parts if part != "dismissed" or "dismissed" in totals.left_out
    ]
    whole = text.read_text(encoding="utf-8").replace("{incidents}", fill(" ".join(told), _LINE))
    # As Windows opens it, too.
    return whole.replace("\n", "\r\n").encode("utf-8-sig")


def _program(name: str) -> bytes:
    return (files("scanner.reports") / name).read_bytes()


def _write_all(target: BinaryIO, texts: Iterable[str]) -> None:
    for text in texts:
        target.write(text.encode("utf-8", "backslashreplace"))


def _index(report: Report, kept: Container[str]) -> Iterator[str]:
    """Yield index.csv: where each copy lies, which header it has, and whether that is kept."""
    line = io.StringIO()
    writer = csv.writer(line)

    def written(row: Iterable[object]) -> str:
        line.seek(0)
        line.truncate()
        writer.writerow(row)
        return line.getvalue()

    yield written(INDEX)
    for incident in report.incidents():
        parts = [("exposing", part.message) for part in incident.messages]
        parts += [("bcc_sibling", message) for message in report.siblings(incident.key)]
        for part, message in parts:
            for copy in message.copies:
                place = (cell(copy.account), cell(copy.mailbox), copy.role, copy.uidvalidity, copy.uid)
                dates = (iso_utc(copy.internal_at), cell(message.date_field))
                header = (copy.header_sha256, "kept" if copy.header_sha256 in kept else "missing")
                yield written((incident.key, part, message.identity, *place, *dates, *header))
