"""
A sent mailbox of any size with the structure of a real organisation's mail.

Who was addressed together, in which field, when and in which thread comes
from `sent-shapes.csv.gz` of the shared test data; names, addresses and
subjects are invented. The same count gives the same bytes on every machine.
"""

import csv
import gzip
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import groupby
from pathlib import Path

Mail = tuple[datetime, tuple[str, ...], bytes]
"""(INTERNALDATE, flags, RFC 5322 message), as tests.servers has it."""

_FIRST = re.findall(
    r"\w+",
    "Ada Aylin Benno Bruna Carlo Celia Dario Dunja Elif Emil Femke Goran Greta Hanna Hugo Ines Ivo Jana Jonas Kaja "
    "Karel Lale Linus Lucia Malik Marta Nadia Nils Olga Oskar Paula Pavel Ramona Rasmus Salma Sven Tamara Timo Ulla",
)
_LAST = re.findall(
    r"\w+",
    "Abel Albrecht Bakker Berisha Costa Cramer Dahl Demir Eklund Ferrari Fischer Gomez Graf Haas Horvat Iversen "
    "Jansen Kaya Keller Kowalski Lang Larsen Marino Meyer Nowak Olsen Peeters Petrov Quist Richter Rossi Sato Silva "
    "Toth Urban Vidal Vogel Weber Yilmaz Zimmer Zoller",
)
_FREE = ("mail.example", "post.example", "inbox.example", "web.example")
_WORDS = re.findall(
    r"\w+",
    "agenda board budget call contract copy delivery draft figures forecast invoice meeting notes offer order plan "
    "price project question report request review room schedule status summary team travel update week",
)
OWN_DOMAINS = tuple(f"office{number}.example" for number in (387, 121, 302, 428, 476))
"""The domains of the organisation in the source (sent-shapes.md)."""

_PERSONS_PER_ROUND = 10_000
_DOMAINS_PER_ROUND = 1_000
_ROUND = timedelta(weeks=7)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a generated message."""

    field: str
    """from | to | cc"""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One message before it is written out."""

    number: int
    """From 1, in the order of `sent`."""

    message_id: str
    sent: datetime
    sender: Recipient
    recipients: tuple[Recipient, ...]
    subject: str
    thread: str
    """Name of the thread: what one person wrote under one subject."""

    is_reply: bool


OWNER = Recipient("from", "Front Office", f"front.office@{OWN_DOMAINS[0]}")
"""Who sends all of it: the owner of the one mailbox."""


def shapes_file() -> Path:
    """
    Return the path of sent-shapes.csv.gz.

    Raises:
        FileNotFoundError: It is neither in $BLINDCOPY_TEST_DATA nor in ../shared/data.
    """
    root = Path(__file__).parent.parent
    path = Path(os.environ.get("BLINDCOPY_TEST_DATA") or root / ".." / "shared" / "data") / "sent-shapes.csv.gz"
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is needed; set BLINDCOPY_TEST_DATA to the folder that holds it")
    return path


def contact(person: int, domain: int, kind: str) -> tuple[str, str]:
    """Return (display name, address) of a person; the address is the person's own, the name need not be."""
    first, last = _FIRST[person * 7919 % len(_FIRST)], _LAST[person * 104729 % len(_LAST)]
    host = {"i": f"office{domain}.example", "f": _FREE[domain % len(_FREE)]}.get(kind, f"org{domain}.example")
    return f"{first} {last}", f"{first}.{last}.{person}@{host}".lower()


def _first_round() -> list[list[dict[str, str]]]:
    with gzip.open(shapes_file(), "rt", encoding="utf-8", newline="") as lines:
        grouped = groupby(csv.DictReader(lines), key=lambda row: (row["account"], row["msg"]))
        messages = [list(rows) for _, rows in grouped]
    messages.sort(key=lambda rows: (rows[0]["sent"], rows[0]["account"], int(rows[0]["msg"])))
    return messages


def shapes(count: int) -> Iterator[Shape]:
    """
    Yield `count` messages; once the real shapes are used up, they come again with other people in other domains.

    People and domains recur within a round as they do in the source. The own
    organisation (kind i) keeps its domains in all rounds.
    """
    rounds = _first_round()
    numbers = (divmod(number, len(rounds)) for number in range(count))
    for number, (turn, place) in enumerate(numbers, 1):
        rows = rounds[place]
        head = rows[0]
        sent = datetime.fromisoformat(head["sent"]).astimezone(UTC) + turn * _ROUND
        words = (
            _WORDS[(int(head["thread"]) * 31 + each * 7) % len(_WORDS)] for each in range(int(head["subject_words"]))
        )
        subject = ("Re: " if head["is_reply"] == "1" else "") + " ".join(words)
        yield Shape(
            number,
            f"<{head['account']}.{head['msg']}.{turn}@shapes.example>",
            sent,
            OWNER,
            tuple(_recipients(rows, turn)),
            subject,
            f"{head['account']}.{head['thread']}.{turn}",
            head["is_reply"] == "1",
        )


def _recipients(rows: Iterable[dict[str, str]], turn: int) -> Iterator[Recipient]:
    for row in rows:
        kind, domain = row["domain_kind"], int(row["domain"])
        shifted = domain if kind == "i" else domain + turn * _DOMAINS_PER_ROUND
        yield Recipient(row["field"], *contact(int(row["person"]) + turn * _PERSONS_PER_ROUND, shifted, kind))


def _address_list(recipients: Iterable[Recipient]) -> str:
    # RFC 5322, 2.1.1 and 2.2.3: lines of at most 78 characters, folded before white space.
    return ",\r\n ".join(f"{each.name} <{each.address}>" for each in recipients)


def compose(shape: Shape) -> bytes:
    """Return a message as a mail client writes it, with a tiny body."""
    fields = [("Date", format_datetime(shape.sent)), ("From", _address_list([shape.sender]))]
    for name in ("to", "cc"):
        if chosen := [each for each in shape.recipients if each.field == name]:
            fields.append((name.capitalize(), _address_list(chosen)))
    fields += [
        ("Subject", shape.subject),
        ("Message-ID", shape.message_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Mailer", "Office Mail 7.1"),
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("ascii") + b"\r\nHello.\r\n"


def mails(count: int) -> Iterator[Mail]:
    """Yield `count` messages ready to be delivered, oldest of each round first."""
    for shape in shapes(count):
        yield shape.sent + timedelta(seconds=2), ("\\Seen",), compose(shape)


def figures(count: int) -> str:
    """Return one line on what `count` messages hold, so that runs can be compared."""
    recipients = 0
    seen: set[str] = set()
    for shape in shapes(count):
        recipients += len(shape.recipients)
        seen.update(recipient.address for recipient in shape.recipients)
    return (
        f"{count:,} messages, {recipients:,} recipients ({recipients / count:.2f} a message), {len(seen):,} addresses"
    )
