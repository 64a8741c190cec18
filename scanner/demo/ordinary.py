"""
The everyday mail of the demo: what fills a sent mailbox between two incidents.

Mostly one letter to one person, many of them answers; a few people get most
of the mail; colleagues in Cc; now and then two people of one partner. The
proportions are those of any small organisation, and nothing here shows five
outsiders to each other.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from scanner.demo.desk import Desk, Filed
from scanner.demo.mail import Contact
from scanner.demo.plant import Town

FIRST_DAY = date(2023, 9, 4)
LAST_DAY = date(2026, 8, 28)
"""The demo's mail ends here whatever day it is, so that every run gives the same report."""

_SUBJECTS_ENGLISH = (
    "Your appointment on {day}", "Change of time", "Referral form", "Travel expenses", "Room booking for {day}",
    "Invoice {number}", "Thank you for your letter", "Volunteering with us", "Quick question", "Hello", "Update",
    "Parking permit", "Your enquiry of last week", "Reference for {first}", "First visit", "Key for the side door",
    "Leaflets for the surgery", "Training on {day}", "Bus timetable", "Confirmation", "Phone call on {day}",
    "Documents for {first}", "Group places", "Feedback form", "Direct debit", "Donation receipt {number}",
)  # fmt: skip
_SUBJECTS_GERMAN = (
    "Ihr Termin am {day}", "Terminänderung", "Rückfrage", "Rechnung {number}", "Vielen Dank für Ihre Nachricht",
    "Unterlagen für {first}", "Anfahrt", "Bestätigung", "Erstgespräch", "Schlüssel für den Gruppenraum",
    "Fahrtkosten", "Ehrenamt bei uns", "Ihre Anfrage", "Spendenquittung {number}", "Übersetzung der Broschüre",
)  # fmt: skip
_PARTNERS_ENGLISH = (
    "surgery-hill.example", "stmary-hospital.example", "citizens-hub.example", "westbay-school.example",
)  # fmt: skip
_PARTNERS_GERMAN = ("jugendhilfe-ost.example", "praxis-am-markt.example", "foerde-klinik.example")
_DAYS_ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_DAYS_GERMAN = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")

# Hours of the day in proportion to how much is written in them.
_HOURS = (8, 9, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 14, 15, 15, 16, 16, 17, 20)


class Correspondence:
    """The everyday mail of one desk."""

    def __init__(self, desk: Desk, town: Town) -> None:
        self._desk = desk
        self._random = Random(f"ordinary {desk.name}")  # noqa: S311 - the demo must be the same in every run
        self._clients = town.clients[desk.name][:220]
        self._staff = town.staff
        hosts = _PARTNERS_GERMAN if desk.german else _PARTNERS_ENGLISH
        self._partners = [town.people.at(host, 5, german=desk.german) for host in hosts]

    def letters(self, count: int) -> Iterator[Filed]:
        """Yield so many messages, each from a working day, in no order of time."""
        for _ in range(count):
            yield self._letter()

    def _letter(self) -> Filed:
        to, cc = self._recipients()
        # Two people of one partner are answered, never addressed first: that is what threads look like.
        is_answer = len(to) > 1 or self._random.random() < 0.36
        sent_at = self._moment()
        subject = self._subject(to[0])
        answered = ""
        if is_answer:
            subject = f"{'AW' if self._desk.german else 'Re'}: {subject}"
            host = to[0].addr_spec.rpartition("@")[2]
            answered = f"<{self._random.randrange(16**10):010x}@{host}>"
        letter = self._desk.write(subject, sent_at, to=to, cc=cc, in_reply_to=answered)
        mailbox = self._desk.sent
        # Until the summer of 2024 a second client was in use, with a sent mailbox of its own.
        if self._desk.second_sent and sent_at.date() < date(2024, 7, 1) and self._random.random() < 0.5:
            mailbox = self._desk.second_sent
        flags = ("\\Seen", "\\Answered") if self._random.random() < 0.02 else ("\\Seen",)
        return self._desk.file(letter, mailbox, flags)

    def _recipients(self) -> tuple[Sequence[Contact], Sequence[Contact]]:
        draw, random = self._random.random(), self._random
        if draw < 0.56:
            return [self._favourite(self._clients)], []
        if draw < 0.74:
            return [self._favourite(random.choice(self._partners))], []
        if draw < 0.82:
            return [self._favourite(self._clients)], random.sample(self._staff, random.choice((1, 1, 2)))
        if draw < 0.86:
            return random.sample(random.choice(self._partners), random.choice((2, 2, 3))), []
        if draw < 0.95:
            return [self._favourite(self._staff)], []
        return random.sample(self._staff, random.randrange(2, 7)), []

    def _favourite(self, people: Sequence[Contact]) -> Contact:
        """Draw one person; those at the beginning are written to far more often."""
        return people[int(len(people) * self._random.random() ** 2.2)]

    def _subject(self, reader: Contact) -> str:
        german = self._desk.german
        day = self._random.choice(_DAYS_GERMAN if german else _DAYS_ENGLISH)
        first = reader.display_name.split(" ")[0].strip(",") or ("Sie" if german else "you")
        pattern = self._random.choice(_SUBJECTS_GERMAN if german else _SUBJECTS_ENGLISH)
        return pattern.format(day=day, first=first, number=self._random.randrange(1000, 9999))

    def _moment(self) -> datetime:
        while True:
            day = FIRST_DAY + timedelta(days=self._random.randrange((LAST_DAY - FIRST_DAY).days + 1))
            # Fewer letters at weekends, and nobody writes over Christmas.
            if (day.weekday() < 5 or self._random.random() < 0.05) and (day.month, day.day) not in ((12, 25), (12, 26)):
                clock = time(self._random.choice(_HOURS), self._random.randrange(60), self._random.randrange(60))
                return datetime.combine(day, clock, tzinfo=self._desk.zone)
