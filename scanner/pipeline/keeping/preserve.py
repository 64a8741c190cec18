"""
Preserve the evidence of a confirmed incident: its mail as a whole, hashed, noted in the log of exports.

Nothing of the mail goes into the store, and the server is only read.
"""

import csv
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal

from scanner.config import Settings
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.source.block import filter_block
from scanner.errors import AccountError, SettingsError, UsageError
from scanner.export.tables.folder import new_folder
from scanner.export.tables.table_csv import cell
from scanner.model import Identity, Incident, IncidentKey, Progress, ReportHead, StoredCopy
from scanner.pipeline.keeping.handing_out import (
    MANIFEST_SCHEMA,
    MANIFEST_SUFFIX,
    hashed_files,
    manifest_goes_with,
    new_manifest,
    note_export,
)
from scanner.pipeline.reaching.accounts import choose_accounts
from scanner.pipeline.reaching.credential import Credentials
from scanner.pipeline.reaching.intake import Crawl, make_crawl
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.store.engine import disposing, open_engine, store_errors
from scanner.store.evidence import kept_epochs
from scanner.uids import contains

LIMIT = 48 * 1024 * 1024
"""Bytes of one mail; what is larger is told, and not fetched. An answer of a server may hold 64 MiB."""

INDEX = "copies.csv"
"""In the folder: where each copy lies, the hash of its file, how its header compares, and why there is none."""

HeaderVerdict = Literal["same", "rendered", "changed", "gone", "missing"]
"""As in `verify`; missing: nobody could look, or the mail was not given."""


@dataclass(frozen=True, slots=True)
class PreservedCopy:
    """What became of one stored copy."""

    copy: StoredCopy
    identity: Identity
    file: str
    """Its name in the folder; "" = there is none."""

    sha256: str
    verdict: HeaderVerdict
    detail: str
    """Why there is no file; "" when there is one."""


@dataclass(frozen=True, slots=True)
class Preserved:
    """What was preserved of an incident."""

    key: IncidentKey
    folder: Path
    manifest: Path
    copies: tuple[PreservedCopy, ...]

    @property
    def is_whole(self) -> bool:
        """Every copy is there, and its header says what it said."""
        return all(one.file and one.verdict in ("same", "rendered") for one in self.copies)


def preserve_incident(
    settings: Settings,
    key: str,
    folder: Path,
    *,
    password_prompt: Callable[[str], str] | None = None,
    progress: Progress,
    base_wait: float = 1.0,
    limit: int = LIMIT,
    now: int | None = None,
) -> Preserved:
    """
    Fetch the whole mail of a confirmed incident into a new folder, one .eml for each stored copy.

    Raises:
        UsageError: The incident is not confirmed, or none of its mail was given.

        ExportError: The folder exists, or cannot be written.

        StoreError: The store is missing, or the log of exports cannot be written.
    """
    manifest = new_manifest(folder)
    with open_report(settings) as report:
        incident, head = find_incident(report, key), report.head
    if incident.status != "confirmed":
        raise UsageError(
            f"the incident is {incident.status}: whole mail is fetched of confirmed ones only",
            where=incident.key,
            remedy=f"Decide first: blindcopy decide {incident.key} confirm --reason …",
        )
    progress.expect(sum(len(part.message.copies) for part in incident.messages))

    def note(part: Path) -> None:
        _note(settings, head, incident.key, part, manifest, copies, int(time.time()) if now is None else now)

    with manifest_goes_with(folder, manifest), new_folder(folder, note) as part:
        copies = tuple(_fetched(settings, incident, part, password_prompt, progress, base_wait, limit))
        if not any(one.file for one in copies):
            raise UsageError(
                f"none of its mail could be fetched: {copies[0].detail}" if copies else "it has no stored copy",
                where=incident.key,
                remedy="See to that, then repeat the command",
            )
        _write(part / INDEX, _index(copies))
    return Preserved(incident.key, folder, manifest, copies)


def _fetched(
    settings: Settings,
    incident: Incident,
    folder: Path,
    prompt: Callable[[str], str] | None,
    progress: Progress,
    base_wait: float,
    limit: int,
) -> Iterator[PreservedCopy]:
    """Yield what becomes of each copy, by account; an account that fails costs its own copies only."""
    wanted = [
        PreservedCopy(copy, part.message.identity, "", "", "missing", "")
        for part in incident.messages
        for copy in part.message.copies
    ]
    wanted.sort(key=lambda one: (one.copy.account, one.copy.mailbox, one.copy.uidvalidity, one.copy.uid))
    credentials = Credentials(settings, prompt=prompt, tell=progress.say if prompt else None)
    accounts = {account.name: (number, account) for number, account in choose_accounts(settings, ())}
    reading, counting = disposing(open_engine(settings.store_url, read_only=True)), open_engine(settings.store_url)
    with reading as engine, disposing(counting), store_errors(engine.url):
        for name, some in groupby(wanted, key=lambda one: one.copy.account):
            left = list(some)
            with engine.connect() as connection:
                epochs = kept_epochs(connection, name)
            if name not in accounts or not epochs:
                yield from (replace(one, detail="the settings do not name its account any more") for one in left)
                continue
            number, account = accounts[name]
            crawl = make_crawl(
                account,
                credentials.of(account),
                where=f"account {number}",
                progress=progress,
                base_wait=base_wait,
                pause=None,
                begin=(counting if account.bytes_per_day else engine).begin,
                account_id=epochs[0].account_id,
            )
            wire_names = {(one.mailbox, one.uidvalidity): one.wire_name for one in epochs}
            try:
                for one in _of_account(crawl, left.copy(), wire_names, folder, limit):
                    left.pop(0)
                    progress.advance(1)
                    yield one
            except (AccountError, SettingsError) as error:
                yield from (replace(one, detail=f"account {number}: {error.what}") for one in left)
            finally:
                crawl.close()


def _of_account(
    crawl: Crawl, wanted: list[PreservedCopy], wire_names: dict[tuple[str, int], bytes], folder: Path, limit: int
) -> Iterator[PreservedCopy]:
    found = {mailbox.wire_name: mailbox for mailbox in crawl.find_mailboxes()}
    for place, some in groupby(wanted, key=lambda one: (one.copy.mailbox, one.copy.uidvalidity)):
        mailbox = found.get(wire_names.get(place, b""))
        if mailbox is None:
            yield from (replace(one, verdict="gone", detail="the mailbox is not there as it was") for one in some)
            continue
        if mailbox.is_excluded:
            why = f"the mailbox must not be read any more ({mailbox.reason})"
            yield from (replace(one, detail=why) for one in some)
            continue
        opened, listed = crawl.open(mailbox)
        for one in some:
            if opened.uidvalidity != place[1]:
                yield replace(one, detail="the mailbox has been numbered anew since; scan first")
                continue
            if not contains(listed, one.copy.uid) and not crawl.lists_everything:
                yield replace(
                    one, detail="the server does not list it any more, or it lies outside the mandate's period"
                )
                continue
            content = crawl.whole(mailbox, opened, one.copy.uid, limit)
            yield replace(one, detail=content) if isinstance(content, str) else _kept(one, content, folder)


def _kept(one: PreservedCopy, content: bytes, folder: Path) -> PreservedCopy:
    """Write a mail into the folder, and compare its header with what was kept of it."""
    sha256 = hashlib.sha256(content).hexdigest()
    # No name of a person or mailbox stands in a file's name.
    place = hashlib.sha256(f"{one.copy.account}\n{one.copy.mailbox}".encode("utf-8", "replace")).hexdigest()[:8]
    file = f"{place}-{one.copy.uidvalidity}-{one.copy.uid}.eml"
    _write(folder / file, content)
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    fields = filter_block(head)
    verdict: HeaderVerdict = "changed"
    if hashlib.sha256(fields).hexdigest() == one.copy.header_sha256:
        verdict = "same"
    else:
        moment = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(one.copy.internal_at)).encode("ascii")
        answer = FetchAnswer(one.copy.uid, moment, len(content), b"", fields)
        if build_message(answer, fields, is_draft=False).identity == one.identity:
            verdict = "rendered"
    return replace(one, file=file, sha256=sha256, verdict=verdict)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _index(copies: tuple[PreservedCopy, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ("file", "sha256", "identity", "account", "mailbox", "uidvalidity", "uid", "header_sha256", "header", "detail")
    )
    for one in copies:
        place = (cell(one.copy.account), cell(one.copy.mailbox), one.copy.uidvalidity, one.copy.uid)
        writer.writerow(
            (one.file, one.sha256, one.identity, *place, one.copy.header_sha256, one.verdict, cell(one.detail))
        )
    return text.getvalue().encode("utf-8", "backslashreplace")


def _note(
    settings: Settings,
    head: ReportHead,
    key: IncidentKey,
    part: Path,
    manifest: Path,
    copies: tuple[PreservedCopy, ...],
    now: int,
) -> None:
    name = manifest.name.removesuffix(MANIFEST_SUFFIX)
    contents = {
        "schema": MANIFEST_SCHEMA,
        "kind": "preserve",
        "name": name,
        "files": [{"name": name, "sha256": sha256, "size": size} for name, sha256, size in hashed_files(part, name)],
        "incident": key,
        "copies": len(copies),
        "not_preserved": sum(not one.file for one in copies),
        "tool_version": head.tool_version,
        "policy_sha256": head.policy_sha256,
        "as_of": head.as_of,
        "decision_log": {"count": head.decisions, "sha256": head.chain_head},
    }
    note_export(settings, head.run, contents, manifest, now)
