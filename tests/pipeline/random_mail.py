"""Small mailboxes made by chance, in which everything that ties messages to each other happens often."""

import random
from dataclasses import dataclass
from datetime import timedelta

from scanner.model import Message
from tests.shelf import letter

_HOSTS = ("guests.example", "gmail.com", "firm.example", "other.example")
_STEMS = ("Evening of the group", "Winter clinic", "Newsletter", "hello", "")
_APOLOGIES = ("Sorry: ", "Please delete: ", "Apologies: ")
_PREFIXES = (
    *("", "", "", "", "Re: ", "Fwd: ", "VS: ", "R: ", "Correction: ", "Resend: ", "Reminder: "),
    *("Recall: ", "Recall: Sorry: ", "Rappel : ", "R: Rappel : ", "Re: Rappel : ", "VS: Fwd: ", *_APOLOGIES),
)
_SENDERS = ("office@corp.example", "office@corp.example", "Desk <desk@corp.example>", "boss@corp.example")
_COLLEAGUES = ("hr@corp.example", "boss@corp.example")
_PEOPLE = 16


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages that a scan finds in one mailbox."""

    account: str
    mailbox: str
    uidvalidity: int
    messages: tuple[Message, ...]


class RandomMail:
    """
    A store's worth of mail.

    Args:
        seed: The same seed, the same mail.

        size: Number of messages.
    """

    def __init__(self, seed: int, size: int = 24) -> None:
        self._random = random.Random(seed)
        chance = self._random
        self._lists = [
            self._people(count) for count in (*(chance.randint(2, 8) for _ in range(3)), chance.randint(8, 11))
        ]
        self._names: list[str] = []
        self._texts: list[dict[str, object]] = []
        self._span = chance.choice((3, 30, 90))
        for number in range(size):
            self._texts.append(self._mail(number))
        # Most of a long list, before and after it is shown.
        for person in self._lists[3][: chance.randint(5, 11)]:
            self._texts.append(self._mail_to_one(person))
        begin = chance.randrange(self._span * 24 * 60)
        for start in range(0, len(self._lists[3]), 3):
            self._texts.append(self._part_of_an_apology(self._lists[3][start : start + 3], begin))

    def deliveries(self) -> list[list[Delivery]]:
        """Return the mail as nights of deliveries: in random order, some messages in two mailboxes."""
        chance = self._random
        placed = []
        for number, mail in enumerate(self._texts, 1):
            account = chance.choice(("office", "office", "desk"))
            placed.append((account, "Sent", 1, letter(number, **mail)))  # type: ignore[arg-type]
            if chance.random() < 0.2:
                # Another mailbox holds the same mail, and may know other Bcc recipients.
                copy = {**mail, "bcc": self._people(chance.randint(0, 3))}
                other = chance.choice((("office", "Archive", 1), ("desk", "Sent", 1), (account, "Sent", 2)))
                placed.append((*other, letter(number + 500, **copy)))  # type: ignore[arg-type]
        chance.shuffle(placed)
        nights = chance.randint(2, 7)
        cuts = sorted(chance.randrange(len(placed) + 1) for _ in range(nights - 1))
        return [
            [Delivery(account, mailbox, uidvalidity, (message,)) for account, mailbox, uidvalidity, message in some]
            for some in (placed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(placed)], strict=True))
        ]

    def _mail_to_one(self, person: str) -> dict[str, object]:
        chance = self._random
        mail: dict[str, object] = {
            "subject": chance.choice(_STEMS),
            "sender": chance.choice(_SENDERS),
            "after": timedelta(minutes=chance.randrange(self._span * 24 * 60)),
            "is_draft": chance.random() < 0.05,
        }
        beside = chance.sample(_COLLEAGUES, chance.randint(0, 1))
        if chance.random() < 0.05:
            beside.append("a list of guests")
        field = chance.choice(("to", "to", "to", "cc", "bcc"))
        mail["to"] = [*beside, person] if field == "to" else beside
        if field != "to":
            mail[field] = [person]
        return mail

    def _part_of_an_apology(self, people: list[str], begin: int) -> dict[str, object]:
        chance = self._random
        shown = chance.choice((0, 0, 1, len(people)))
        return {
            "subject": "Sorry for the error",
            "sender": chance.choice(_SENDERS[:3]),
            "after": timedelta(minutes=begin + chance.randrange(5 * 24 * 60)),
            "to": people[:shown] or ["office@corp.example"],
            "bcc": people[shown:],
        }

    def _people(self, count: int) -> list[str]:
        numbers = self._random.sample(range(_PEOPLE), count)
        return [f"Person Number{number} <p{number}@{_HOSTS[number % len(_HOSTS)]}>" for number in numbers]

    def _mail(self, number: int) -> dict[str, object]:
        chance = self._random
        people = list(chance.choice(self._lists))
        for _ in range(chance.randint(0, 2)):
            people.append(chance.choice(self._people(3)))
        if chance.random() < 0.3:
            people = self._people(chance.randint(1, 8))
        people = list(dict.fromkeys(people))
        subject = chance.choice(_PREFIXES) + chance.choice(_STEMS)
        if subject.startswith(_APOLOGIES) and chance.random() < 0.6:
            # In parts, each less than half of a list.
            people = chance.sample(people, min(len(people), chance.randint(2, 4)))
        host = chance.choice(("corp.example", "corp.example", "pc1.local", "pc2.local", "firm.example"))
        name = f"<{number}@{host}>"
        mail: dict[str, object] = {
            "subject": subject,
            "sender": chance.choice(_SENDERS),
            "message_id": chance.choice([name] * 8 + [chance.choice(self._names or [name]), ""]),
            "after": timedelta(minutes=chance.randrange(self._span * 24 * 60)),
        }
        shape = chance.random()
        if shape < 0.6:
            mail["to"], mail["cc"] = people, chance.sample(_COLLEAGUES, chance.randint(0, 2))
        elif shape < 0.75:
            mail["to"], mail["bcc"] = ["office@corp.example"], people
        elif shape < 0.85:
            some = chance.randint(1, 3)
            mail["to"], mail["bcc"] = people[:some], people[some:]
        elif shape < 0.9:
            mail["to"] = [*people[:2], *(f"guest list {each}" for each in range(chance.randint(1, 6)))]
        else:
            mail["sender"] = chance.choice(people)
            mail["to"] = ["office@corp.example", *people]
        mail["is_draft"] = chance.random() < 0.05
        mail["extra"] = self._thread()
        self._names.append(name)
        return mail

    def _thread(self) -> bytes:
        chance = self._random
        if chance.random() < 0.55:
            return b""
        foreign = [f"<{chance.randrange(6)}@{chance.choice(('far.example', 'pc1.local', 'pc2.local'))}>"]
        # Also mail that is written later, or that no delivery brings.
        known = [f"<{chance.randrange(24)}@{host}>" for host in ("corp.example", "pc1.local", "firm.example")]
        ids = chance.sample([*foreign, *known, *self._names[-6:]], chance.randint(1, 3))
        if chance.random() < 0.2:
            # Exchange's: a conversation begins, or goes on.
            return f"Thread-Index: Ac{'A' * chance.choice((28, 34))}\r\n".encode()
        field = chance.choice(("References", "In-Reply-To"))
        return f"{field}: {' '.join(ids)}\r\n".encode()
