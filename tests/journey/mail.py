"""Plain mail for whole-way tests: who wrote what to whom does not matter, only that it all arrives."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.servers import Mail

START = datetime(2020, 1, 6, 8, 0, tzinfo=UTC)


def letter(
    number: int,
    to: Sequence[str],
    *,
    cc: Sequence[str] = (),
    subject: str = "",
    sent: datetime | None = None,
    flags: tuple[str, ...] = ("\\Seen",),
) -> Mail:
    """Return one mail from ada@corp.example; number makes date, Message-ID and, unless given, the subject."""
    sent = sent or START + timedelta(minutes=7 * number)
    fields = [
        f"Date: {format_datetime(sent)}",
        "From: Ada Example <ada@corp.example>",
        f"To: {', '.join(to)}",
        *([f"Cc: {', '.join(cc)}"] if cc else []),
        f"Subject: {subject or f'Letter {number}'}",
        f"Message-ID: <{number}@corp.example>",
    ]
    return sent + timedelta(seconds=3), flags, "\r\n".join([*fields, "", "Hello.", ""]).encode()


def many(count: int, *, seed: int = 1, first: int = 1) -> Iterator[Mail]:
    """Yield mails to one to three of 300 people, some of them in Cc; one in a hundred shows a long list."""
    chance = random.Random(seed)
    people = [f"Person {number} <p{number}@people{number % 23}.example>" for number in range(300)]
    for number in range(first, first + count):
        size = chance.randint(8, 40) if chance.random() < 0.01 else chance.randint(1, 3)
        chosen = chance.sample(people, size)
        cut = chance.randint(1, size)
        yield letter(number, chosen[:cut], cc=chosen[cut:])
