"""Invented messages and the files they lie in."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.period import Period
from scanner.crawl.source.box import Box, Read, Unread
from scanner.model import OpenedMailbox
from scanner.uids import Ranges

OPEN = Period(None, None)
FROM_LINE = "From office@corp.example Mon Mar  3 09:00:05 2025\n"


def letter(number: int = 1, to: Sequence[str] = ("ada@example.org", "ben@example.net"), *, extra: str = "") -> str:
    """Return a whole message with LF line ends; `extra` are further header lines."""
    return (
        "Received: from desk.corp.example by mail.corp.example; Mon, 3 Mar 2025 09:00:01 +0000\n"
        f"{extra}"
        "Date: Mon, 3 Mar 2025 09:00:00 +0000\n"
        "From: Office <office@corp.example>\n"
        f"To: {', '.join(to)}\n"
        f"Subject: Evening {number}\n"
        f"Message-ID: <m{number}@corp.example>\n"
        "X-Priority: 3\n"
        "\n"
        f"Text of {number}.\n"
    )


def mbox(messages: Iterable[str], from_line: str = FROM_LINE) -> bytes:
    """Return an mbox of these messages."""
    return "".join(f"{from_line}{message}\n" for message in messages).encode()


def stream(content: bytes) -> io.BufferedReader:
    """Return a file of this content, opened for reading."""
    return io.BufferedReader(io.BytesIO(content))  # type: ignore[arg-type] # BytesIO is raw enough


def open_box(box: Box, former: OpenedMailbox | None = None, period: Period = OPEN) -> tuple[OpenedMailbox, Ranges]:
    """Open a mailbox; nobody waits."""
    return box.open(former, period, lambda _: None)


def read_all(box: Box) -> list[FetchAnswer]:
    """Return everything a box holds by UID; all of it must be readable."""
    _, listed = open_box(box)
    found = sorted(box.read(listed), key=lambda read: read.uid)
    return [read for read in found if isinstance(read, FetchAnswer)]


def unread(box: Box) -> list[Unread]:
    """Return what could not be read of a box."""
    _, listed = open_box(box)
    found: list[Read] = sorted(box.read(listed), key=lambda read: read.uid)
    return [read for read in found if isinstance(read, Unread)]


def write(path: Path, content: bytes | str) -> Path:
    """Write a file with its folders; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
