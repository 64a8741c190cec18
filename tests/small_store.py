"""
A small store of invented mail, written by the package's own writer: two leaks, hidden mail, a draft and a gap.

For tests of what reads a store. The mail states its facts itself: who was
shown to whom stands in the headers below.
"""

from pathlib import Path

from scanner.config import Settings, load_settings
from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.model import Account, Batch, FoundMailbox, Gap, Message, OpenedMailbox
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.store import crawled
from scanner.store.engine import create_store
from scanner.store.frame import Cursor
from tests.message_writer import MessageWriter

GUESTS = ("ada@guests.example", "bob@guests.example", "cyd@mail.example", "dan@post.example", "eve@home.example")
NAMES = ("Ada Guest", "Bob Guest", "Cyd Caller", "Dan Dancer", "Eve Evening")
SUBJECT = "Evening of the support group"
AS_OF = 1_780_000_000

_SETTINGS = """
[organisation]
name = "Corp"
domains = ["corp.example"]
[store]
url = "{url}"
[[account]]
name = "office@corp.example"
host = "imap.corp.example"
user = "office@corp.example"
"""


def mail(uid: int, fields: str, *, day: int) -> Message:
    """Return the message of a header, sent at ten o'clock UTC on a day of March 2026."""
    head = f"Date: {day} Mar 2026 10:00:00 +0000\r\nFrom: The Office <office@corp.example>\r\n"
    header = f"{head}Message-ID: <m{uid}@corp.example>\r\n{fields}\r\n\r\n".encode()
    internal = f"{day:02}-Mar-2026 10:00:02 +0000".encode()
    return build_message(FetchAnswer(uid, internal, len(header), b"\\Seen", header), header, is_draft=False)


def letters() -> tuple[Message, ...]:
    """Return six messages: one open list twice, one hidden list, two single letters and one to a colleague."""
    shown = ", ".join(f"{name} <{address}>" for name, address in zip(NAMES, GUESTS, strict=True))
    return (
        mail(1, f"To: {shown}\r\nSubject: {SUBJECT}", day=2),
        mail(2, f"To: {shown}\r\nSubject: Re: {SUBJECT}", day=3),
        mail(3, f"To: office@corp.example\r\nBcc: {shown}\r\nSubject: Autumn programme", day=20),
        mail(4, "To: ada@guests.example\r\nSubject: Your question", day=21),
        mail(5, "To: bob@guests.example, not an address\r\nSubject: Your letter", day=22),
        mail(6, "To: boss@corp.example\r\nSubject: Figures", day=23),
    )


def small_store(folder: Path, url: str = "blindcopy.db", more: str = "") -> Path:
    """Write the store into a folder, or to a database's URL, analyse it, and return its path in the folder."""
    settings = small_settings(folder, url, more)
    engine = create_store(settings.store_url)
    with engine.begin() as connection:
        run = crawled.start_run(
            connection, now=AS_OF, tool_version="0", parser_version=1, settings_sha256="0" * 64, mandate="{}"
        )
        account = crawled.save_account(connection, Account("office@corp.example", "imap.corp.example", 993, "office"))
        boxes = crawled.save_mailboxes(
            connection, account, [FoundMailbox(b"Sent", "Sent", "sent", "special use \\Sent", in_scope=True)]
        )
        epoch = crawled.open_epoch(connection, boxes[b"Sent"], OpenedMailbox(7, 8, 7, None))
    gap = Gap("office@corp.example", "message_unparsed", "no header in the answer", "Sent", 7, 7, b"\xff")
    MessageWriter(engine, lambda key: not key.endswith("corp.example"), 1).write(
        Cursor(run, account, boxes[b"Sent"], epoch.id, ((1, 7),)), Batch(((1, 7),), letters(), (gap,), 0)
    )
    with engine.begin() as connection:
        crawled.save_accounting(
            connection, run, epoch.id, enumerated=7, stored=6, vanished=0, errored=1, expunged_since=0, fetched=6,
            ended_at=AS_OF,
        )  # fmt: skip
        crawled.end_run(connection, run, now=AS_OF, state="complete")
    engine.dispose()
    analyse_store(settings, as_of=AS_OF)
    return folder / "blindcopy.db"


def small_settings(folder: Path, url: str, more: str = "") -> Settings:
    """Write and read the settings that the store was made with, with further lines."""
    file = folder / "blindcopy.toml"
    file.write_text(_SETTINGS.format(url=url) + more, encoding="utf-8")
    return load_settings(file)
