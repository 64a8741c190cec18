"""A year of an invented office: leaks of several shapes, and mail that is none."""

from datetime import timedelta

from scanner.model import Message
from tests.shelf import guests, letter

DAY = timedelta(days=1)

PARTS = [
    letter(uid, guests(30, first=30 * uid), subject=f"Winter clinic, part {uid}", after=timedelta(minutes=3 * uid))
    for uid in range(1, 4)
]
RECALL = letter(4, guests(30, first=30), subject="Recall: Winter clinic, part 1", after=timedelta(hours=2))
SMALL = letter(5, [*guests(5, first=30), *guests(3, first=200)], subject="Carers' breakfast", after=60 * DAY)
SAME_PERSON = letter(
    6,
    ["Ada Lovelace <ada@gmail.com>", "A. L. <ada+clinic@gmail.com>", "a.d.a@googlemail.com", *guests(4, first=220)],
    subject="Waiting list",
    after=90 * DAY,
)
PAIR = letter(7, guests(2, first=300), subject="You two", after=120 * DAY)
UNREADABLE = letter(8, [f"guest list {number}" for number in range(6)], subject="By name", after=150 * DAY)
LOOK = letter(9, guests(1, first=400), bcc=guests(6, first=410), subject="Newsletter", after=170 * DAY)
SIBLING = letter(10, ["office@corp.example"], bcc=guests(20, first=500), subject="Winter clinic, part 9", after=DAY)
DRAFT = letter(11, guests(50, first=600), subject="Never sent", after=180 * DAY, is_draft=True)
RECEIVED = letter(
    12,
    ["office@corp.example", "boss@corp.example", *guests(50, first=700)],
    sender="club@visitors.example",
    subject="Our club",
    after=190 * DAY,
)
HARMLESS = [
    letter(13, guests(1), cc=["boss@corp.example", "hr@corp.example"], subject="Your letter", after=200 * DAY),
    letter(14, ["boss@corp.example", "hr@corp.example"], subject="Figures", after=201 * DAY),
]
LEAKS: list[Message] = [*PARTS, RECALL, SMALL, SAME_PERSON, UNREADABLE]
YEAR: list[Message] = [*LEAKS, PAIR, LOOK, SIBLING, DRAFT, RECEIVED, *HARMLESS]
