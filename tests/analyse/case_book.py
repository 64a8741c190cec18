"""
A small office's year: disclosures and harmless mail, from DOMAIN's incident types and false positives.

Written beside the detection benchmark and independent of it: other people,
sizes, senders and histories. Each entry is (what happened, its messages); the
first message of an entry carries the subject that finds its incident.
"""

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from scanner.model import StoredMessage
from tests.analyse.sources import DAY, HOUR, MINUTE, NOON, OFFICE, PRIVATE_HOSTS, mail

_FIRST = re.findall(
    r"\w+", "ada ben cleo dora emil finn gesa hugo ida jan kaja lars mona nils olga pia quin rosa sven tess"
)
_LAST = re.findall(
    r"\w+", "abt berg claes dorn ems falk gries holm ivers jung krug lund maas noll ott pohl rieck stein thoma voss"
)
STAFF = [f"{first}@council.example" for first in ("gerd", "lotte", "iris", "paul", "tove", "uli")]

_ASKED = {"in-reply-to": "<q1@mail.example>", "references": "<q1@mail.example>"}
"""Fields of the first answer to one mail of somebody outside."""


class Entry(NamedTuple):
    """One thing that happened."""

    what: str
    messages: Sequence[StoredMessage]

    @property
    def subject(self) -> str:
        """The subject of the incident that it makes."""
        return self.messages[0].subject


class CaseBook:
    """
    One office's year.

    Args:
        seed: Decides who the people are, and the sizes.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._serial = 0
        self.background: list[StoredMessage] = []
        """Mail to one outsider at a time, with customers and acquaintances alike."""

    def private(self, count: int, *, host: str = "", last: str = "") -> list[str]:
        """Return people at private mailboxes; two thirds show a name."""
        return [self._person(host or self._rng.choice(PRIVATE_HOSTS), last) for _ in range(count)]

    def staff_of(self, firms: int, each: int) -> list[str]:
        """Return people of so many firms."""
        hosts = [self._host() for _ in range(firms)]
        return [self._person(host) for host in hosts for _ in range(each)]

    def _person(self, host: str, last: str = "") -> str:
        self._serial += 1
        first, family = self._rng.choice(_FIRST), last or self._rng.choice(_LAST)
        local = self._rng.choice((f"{first}.{family}{self._serial}", f"{first[0]}{family}{self._serial}"))
        name = f"{first.title()} {family.title()} " if self._rng.random() < 0.66 else ""
        return f"{name}<{local}@{host}>"

    def _host(self) -> str:
        self._serial += 1
        return f"{self._rng.choice(_LAST)}{self._serial}.example"

    def moment(self) -> int:
        """Return a moment of the year in office hours."""
        return NOON + self._rng.randrange(60, 300) * DAY + self._rng.randrange(8) * HOUR

    def _written_alone(self, people: Sequence[str], before: int) -> None:
        for place, person in enumerate(people):
            at = before - self._rng.randrange(5, 50) * DAY
            self.background.append(mail(f"Your request {self._serial}.{place}", to=[person], at=at))

    def disclosures(self) -> list[Entry]:
        """Return what a data protection officer must see; the smaller part of any mailbox."""
        return [*self._lists_shown(), *self._lists_of_firms(), *self._slips(), *self._in_several_mails()]

    def _lists_shown(self) -> list[Entry]:
        rng = self._rng
        copied = self.private(rng.randrange(30, 60))
        mixed = [*self.private(12), *STAFF[:5]]
        rng.shuffle(mixed)
        pupils = [f"p{number}@pupils.council.example" for number in range(30)]
        tenants = [person for _ in range(7) for person in self.private(2, last=rng.choice(_LAST))]
        return [
            Entry("evening of a clinic", [mail("Art evening", to=self.private(17), at=self.moment())]),
            Entry("list in Cc, office in To", [mail("Spring letter", to=[OFFICE], cc=copied, at=self.moment())]),
            Entry("customers and colleagues", [mail("Opening hours", to=mixed, at=self.moment())]),
            Entry("pupils", [mail("Counselling hours", to=pupils, at=self.moment())]),
            Entry("tenants, two of each flat", [mail("Stairs are painted", to=tenants, at=self.moment())]),
            Entry("one village, one provider", [mail("Dyke walk", to=self.private(14, host="gmx.de"))]),
            Entry("forwarded to a list", [mail("Fwd: Bus strike", to=self.private(20), at=self.moment())]),
        ]

    def _lists_of_firms(self) -> list[Entry]:
        crowd = [*self.private(11), *self.staff_of(9, 1)]
        self._rng.shuffle(crowd)
        return [
            Entry("customers that are firms", [mail("New prices", to=self.staff_of(26, 1), at=self.moment())]),
            Entry("bidders for one tender", [mail("Tender 7", to=self.staff_of(15, 1), at=self.moment())]),
            Entry("households and shops", [mail("Market stalls", to=crowd, at=self.moment())]),
        ]

    def _slips(self) -> list[Entry]:
        moment = self.moment()
        applicants = self.private(11)
        self._written_alone(applicants[:10], moment)
        clients = self.staff_of(12, 1)
        self._written_alone(clients, moment)
        customers = self.private(24)
        self._written_alone(customers[5:9], moment)
        return [
            Entry("applicants, written to alone before", [mail("Interview dates", to=applicants, at=moment)]),
            Entry("clients, written to alone before", [mail("Holiday cover", to=clients, at=moment)]),
            Entry(
                "one question answered to all",
                [mail("Re: Is the pool open", to=customers[:1], cc=customers[1:], at=moment, fields=_ASKED)],
            ),
        ]

    def _in_several_mails(self) -> list[Entry]:
        begin = self.moment()
        hidden, shown = self.private(40), self.private(25)
        patients = self.private(13)
        regulars = self.private(18)
        return [
            Entry("batches", [mail("Raffle", to=self.private(20), at=begin + n * 5 * MINUTE) for n in range(4)]),
            Entry(
                "corrected in the open",
                [
                    mail("Correction: Forum date", to=hidden, at=begin + HOUR),
                    mail("Forum date", to=[OFFICE], bcc=hidden, at=begin),
                ],
            ),
            Entry(
                "recalled",
                [
                    mail("Ferry hours", to=shown, at=begin),
                    mail("Recall: Ferry hours", to=shown, at=begin + HOUR),
                ],
            ),
            Entry("five and a recall", self._small_recall(begin)),
            Entry("the leaky list, in spring", [mail("Reading circle", to=regulars, at=NOON + 90 * DAY)]),
            Entry("the leaky list, in autumn", [mail("Library closes", to=regulars, at=NOON + 260 * DAY)]),
            Entry(
                "the leak was answered",
                [
                    mail("Aftercare", to=patients, at=begin),
                    mail(
                        "Re: Aftercare",
                        to=patients,
                        at=begin + DAY,
                        fields={"references": "<a1@mail.example> <a2@mail.example>"},
                    ),
                ],
            ),
        ]

    def _small_recall(self, begin: int) -> list[StoredMessage]:
        five = self.private(5)
        return [
            mail("Group of five", to=five, at=begin),
            mail("Recall: Group of five", to=five, at=begin + 9 * MINUTE),
        ]

    def harmless(self) -> list[Entry]:
        """Return mail to many outsiders that does no harm."""
        return [*self._teams(), *self._circles(), *self._lists_without_people()]

    def _teams(self) -> list[Entry]:
        entries = []
        sizes = ((1, 9, "Lock gate"), (2, 5, "Crane hire"), (3, 4, "Slipway"), (4, 4, "Mooring"), (5, 3, "Buoys"))
        for firms, each, matter in sizes:
            written = self._conversation(matter, self.staff_of(firms, each), 5)
            met = [*self.staff_of(firms, each), *STAFF[:2]]
            entries.append(Entry(f"project at {firms} firms", written))
            entries.append(Entry(f"meeting of {firms} firms", [mail(f"Who meets for {matter}", to=met)]))
        answers = self._conversation("Re: Joint opinion", self.staff_of(6, 2), 3, root="<j@elsewhere.example>")
        return [*entries, Entry("consultation that others began", answers)]

    def _circles(self) -> list[Entry]:
        board = [*self.private(5), *self.staff_of(3, 1)]
        root = mail("Club: accounts", to=[OFFICE, *board[1:]], sender=bare(board[0]), origin="received", role="inbox")
        answer = mail("Re: Club: accounts", to=board, at=NOON + DAY, fields={"references": root.message_id})
        friends = self.private(4)
        self._written_alone(friends, NOON + 100 * DAY)
        last = self._rng.choice(_LAST)
        return [
            Entry("board, begun by a member", [answer, root]),
            Entry("family", [mail("Grandfather is eighty", to=self.private(6, last=last))]),
            Entry("reunion", self._conversation("Re: Reunion", self.private(9), 2, root="<r@elsewhere.example>")),
            Entry("first answer to a circle", [mail("Re: Sunday walk", to=self.private(6), fields=_ASKED)]),
            Entry(
                "farewell among colleagues",
                [mail("Farewell to Gerd", to=[*STAFF, *friends, *self.staff_of(1, 2)], at=NOON + 100 * DAY)],
            ),
        ]

    def _lists_without_people(self) -> list[Entry]:
        desks = [f"press@{self._host()}" for _ in range(30)]
        reporters = [self._person(desk.rpartition("@")[2]) for desk in desks[::3]]
        offices = [f"{role}@{self._host()}" for role in ("info", "office", "press") for _ in range(8)]
        lists = [f"{name}@lists.{self._host()}" for name in ("members", "users", "dev", "talk", "news", "all")]
        return [
            Entry("press list", [mail("Press release: new lock", to=[*desks, *reporters])]),
            Entry("suppliers' role addresses", [mail("Delivery hours", to=offices)]),
            Entry("mailing lists", [mail("Call for papers", to=lists)]),
        ]

    def _conversation(self, subject: str, people: Sequence[str], letters: int, root: str = "") -> list[StoredMessage]:
        """Return what we wrote in a conversation, whoever began it; some drop out, colleagues come in."""
        sent: list[StoredMessage] = []
        at = self.moment()
        for number in range(letters):
            some = [person for person in people if self._rng.random() > 0.15] or list(people)
            thread = root or (sent[0].message_id if sent else "")
            title = subject if not sent or subject.startswith("Re: ") else f"Re: {subject}"
            fields = {"references": f"{thread} <{subject[4:9].strip()}{number}@elsewhere.example>"} if thread else {}
            sent.append(mail(title, to=some[:2], cc=[*some[2:], *STAFF[: number % 3]], at=at, fields=fields))
            at += self._rng.randrange(1, 60) * HOUR
        return sent


def bare(entry: str) -> str:
    """Return the address of an entry that may show a name."""
    return entry.rpartition("<")[2].rstrip(">")
