"""
The hand that plants: moments, accounts, lists and subjects for incidents and look-alikes alike.

Both draw from the same sizes and the same people, so that neither shows by its making.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from benchmarks.letter import Case, Letter
from benchmarks.ordinary import Office
from benchmarks.people import Contact, People

INVITE = (
    ("Content-Type", "text/calendar; charset=utf-8; method=REQUEST"),
    ("Content-Class", "urn:content-classes:calendarmessage"),
)
"""Fields of a meeting request as Outlook sends it (RFC 6047, 2.4)."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

_SENSITIVE = {
    "en": ("HIV support group evening", "Your appointment at the clinic", "Relocation scheme: documents needed",
           "Survivors' forum, next steps", "Your asylum case: interpreter list"),
    "de": ("Selbsthilfegruppe Depression, Treffen im Mai", "Ihre Untersuchung in der Ambulanz",
           "Elternabend der Förderklasse"),
    "fr": ("Groupe de parole des victimes", "Votre dossier de demande d'asile"),
    "nl": ("Uitnodiging bijeenkomst voor patiënten", "Uw uitkering: nieuwe regels"),
    "es": ("Grupo de apoyo a pacientes oncológicos", "Su expediente de ayuda social"),
    "it": ("Lista d'attesa trapianti: aggiornamento", "Incontro per i genitori"),
    "pl": ("Spotkanie grupy wsparcia", "Zaległe składki członkowskie"),
    "sv": ("Samtalsgrupp för anhöriga", "Din ansökan om bistånd"),
}  # fmt: skip
LANGUAGES = tuple(each for each in _SENSITIVE if each != "en")
"""Beside English."""

_BLAND = (
    "Art competition for spring", "Summer opening hours", "Your membership card", "Thank you for coming to the fete",
    "Prize draw winners", "New address from Monday", "Survey: two minutes of your time", "Autumn programme",
    "Tickets for Saturday", "Our new website", "Dates of the evening course", "Parking during the works",
    "Volunteers wanted for the harbour walk", "Renew before the end of the year", "Photos from the weekend",
    "Hall C instead of hall A", "Season's greetings", "End of the reminder service", "Your daily mail",
    "Choir rehearsal moved", "Lost property", "Boiler replacement in your street", "Bring a friend for free",
    "Pool closed for cleaning", "Loyalty points expire", "Allotment water supply", "Library card renewal",
    "Guided tour of the archive", "Competition results", "Refund of the deposit", "Bus shuttle timetable",
    "Cookery evening: what to bring", "Marathon start numbers", "Garden waste collection", "Bicycle storage keys",
)  # fmt: skip
_COMMONPLACE = ("Newsletter", "Important information", "Reminder", "News", "Information", "Please read")


class Planter:
    """
    Plants incidents into an organisation's mail.

    Args:
        rng: Decides sizes, moments and who.

        people: Makes the recipients.

        offices: The accounts; each incident is sent from one with a period that is long enough.

        alone: Account → outsiders whom it wrote to alone, each once.
    """

    def __init__(
        self,
        rng: random.Random,
        people: People,
        offices: Sequence[Office],
        alone: Mapping[str, Sequence[Contact]],
    ) -> None:
        self.rng, self.people = rng, people
        self._offices = [each for each in offices if each.last - each.first > 80 * DAY]
        self._all = offices
        self._alone = {account: known for account, known in alone.items() if len(known) >= 20}
        self._serial = 0
        self._bland = rng.sample(_BLAND, len(_BLAND))
        self._commonplace = rng.sample(_COMMONPLACE, len(_COMMONPLACE))

    def size(self) -> int:
        """Return how many people: few as often as many."""
        return self.rng.choice((6, 8, 11, 13, 15, 17, 19, 24, 30, 37, 46, 56, 70, 90, 105, 141, 180, 248, 349, 499))

    def crowd(self, size: int) -> tuple[Contact, ...]:
        """Return private people of all providers."""
        return tuple(self.people.private() for _ in range(size))

    def mixed(self, size: int) -> tuple[Contact, ...]:
        """Return a list as organisations have it: mostly private mailboxes, some at firms and offices."""
        share = self.rng.uniform(0.1, 0.6)
        return tuple(
            self.people.at(self.people.firm()) if self.rng.random() < share else self.people.private()
            for _ in range(size)
        )

    def colleagues(self, size: int) -> tuple[Contact, ...]:
        """Return people inside."""
        made = (self.people.at("office387.example") for _ in range(size))
        return tuple(Contact(each.name, each.address, each.person, inside=True) for each in made)

    def place(self) -> tuple[Office, datetime]:
        """Return an account, and a moment of its working days with forty days left after it."""
        office = self.rng.choice(self._offices)
        span = office.last - office.first - 45 * DAY
        start = office.first + span * self.rng.random()
        return office, start.replace(hour=self.rng.randrange(8, 18), minute=self.rng.randrange(60), second=7)

    def other(self, office: Office) -> Office:
        """Return another account."""
        return self.rng.choice([each for each in self._all if each != office])

    def correspondents(self) -> tuple[Office, datetime, tuple[Contact, ...]]:
        """Return an account, a moment, and people it has written to one by one in its ordinary mail."""
        account = self.rng.choice([each.account for each in self._offices if each.account in self._alone])
        known = self._alone[account]
        office = next(each for each in self._offices if each.account == account)
        sent = office.first + (office.last - office.first) * self.rng.uniform(0.5, 0.9)
        return office, sent, tuple(self.rng.sample(known, self.rng.randrange(10, min(len(known), 60))))

    def known_before(self, cases: Sequence[Case]) -> list[Letter]:
        """
        Return letters to some of the people of some cases, to each alone.

        A customer is no stranger to who writes to him: without these, nobody
        planted would ever have had mail of his own.
        """
        letters = []
        offices = {each.account: each for each in self._all}
        for case in cases:
            first = case.letters[0]
            shown = [each for each in (*first.to, *first.cc) if each.address and not each.inside]
            if len(case.letters) > 20 or self.rng.random() < 0.35:
                continue
            for person in self.rng.sample(shown, min(len(shown), self.rng.randrange(1, 25))):
                sent = first.sent + self.rng.uniform(-60, 15) * DAY
                root = f"<{self.rng.randrange(10**12)}@elsewhere.example>"
                is_answer = self.rng.random() < 0.5
                extra = (("In-Reply-To", root), ("References", root)) if is_answer else ()
                subject = f"{'Re: ' * is_answer}Enquiry {self.rng.randrange(10**5)}"
                letters.append(self.letter(offices[first.account], sent, subject, to=(person,), extra=extra))
        return letters

    def message_id(self) -> str:
        """Return a Message-ID that is new."""
        self._serial += 1
        return f"<plant.{self._serial}.{self.rng.randrange(10**9)}@office387.example>"

    def bland(self) -> str:
        """Return a subject that says nothing of what the people have in common; each comes once."""
        return self._bland.pop()

    def commonplace(self) -> str:
        """Return a subject that a thousand letters have; each comes once."""
        return self._commonplace.pop()

    def sensitive(self, language: str = "en") -> str:
        """Return a subject that says what the people have in common."""
        return f"{self.rng.choice(_SENSITIVE[language])} {self.rng.choice('ABCDEFGHJK')}{self.rng.randrange(10, 99)}"

    def letter(
        self,
        office: Office,
        sent: datetime,
        subject: str,
        *,
        to: Sequence[Contact] = (),
        cc: Sequence[Contact] = (),
        bcc: Sequence[Contact] = (),
        sender: Contact | None = None,
        extra: tuple[tuple[str, str], ...] = (),
        copies: tuple[str, ...] = (),
    ) -> Letter:
        """Return a letter of that account."""
        return Letter(
            office.account, sent, sender or office.owner, subject, self.message_id(),
            tuple(to), tuple(cc), tuple(bcc), extra, copies,
        )  # fmt: skip


def one(
    planter: Planter,
    shape: str,
    people: Sequence[Contact],
    subject: str,
    *,
    field: str = "",
    sender: Contact | None = None,
    extra: tuple[tuple[str, str], ...] = (),
) -> Case:
    """Return an incident of a single letter, in To or in Cc with the sender in To."""
    office, sent = planter.place()
    to, cc = tuple(people), tuple[Contact, ...]()
    if (field or planter.rng.choice(("to", "cc"))) == "cc":
        to, cc = (office.owner,), tuple(people)
    return Case(shape, (planter.letter(office, sent, subject, to=to, cc=cc, sender=sender, extra=extra),))
