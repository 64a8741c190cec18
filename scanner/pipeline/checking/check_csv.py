"""The outcome of a check as a CSV for a spreadsheet: one row an account."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.export.files.output import new_file
from scanner.export.tables.table_csv import cell
from scanner.export.words.text import visible
from scanner.pipeline.checking.account_check import AccountCheck

COLUMNS = (
    "number",
    "account",
    "steps_done",
    "steps",
    "failed_step",
    "cause",
    "what",
    "next_action",
    "sent_mailboxes",
    "messages",
    "warnings",
)


@contextmanager
def check_csv(path: Path) -> Iterator[Callable[[AccountCheck], None]]:
    """
    Open a new CSV (UTF-8 with a mark, so that Excel reads it) and give a function that adds one account.

    The file appears when the block has ended well, for its owner only (0600),
    and is never written over another one.

    Raises:
        OutputExistsError: The name is taken; said before anything is tried.

        ExportError: The folder is missing or closed, or the device is full.
    """
    with new_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        yield lambda answer: writer.writerow(_cells(answer))
        text.flush()
        # The file is not ours to close.
        text.detach()


def _cells(answer: AccountCheck) -> list[str | int]:
    failed = answer.failed
    return [
        answer.number,
        _safe(answer.name),
        answer.done,
        len(answer.steps),
        failed.name if failed else "",
        failed.code if failed else "",
        _safe(failed.detail) if failed else "",
        _safe(answer.next_action),
        _safe("; ".join(mailbox.name for mailbox in answer.sent_mailboxes)),
        sum(mailbox.messages for mailbox in answer.sent_mailboxes),
        _safe("; ".join(answer.warnings)),
    ]


def _safe(text: str) -> str | int:
    """Return text that no spreadsheet takes for a formula and in which every character can be seen."""
    return cell(visible(text))
