"""
The sent mail of a real organisation: who wrote to whom together, when and in which thread is as it was.

Structure from `sent-shapes.csv.gz` of the shared test data, twenty accounts;
names, hosts and subjects are invented, another lot for every seed. People of
kind `f` have private mailboxes at real consumer providers.
"""

import csv
import gzip
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from benchmarks.letter import Letter
from benchmarks.mailbox import OWN_DOMAINS, shapes_file
from benchmarks.people import PROVIDERS, Contact, People, plain

_OWNERS = {
    "a01": "1180",
    "a02": "1295",
    "a03": "1835",
    "a04": "3036",
    "a05": "3118",
    "a06": "1535",
    "a07": "3090",
    "a08": "3",
    "a09": "1966",
    "a10": "928",
    "a11": "2281",
    "a12": "2896",
    "a13": "4062",
    "a14": "2042",
    "a15": "4026",
    "a16": "1037",
    "a17": "1060",
    "a18": "782",
    "a19": "3499",
    "a20": "3526",
}
"""Account → number of the person whose it is (sent-shapes.md, Accounts)."""

_ALIASES = {
    "a03": ("3541", "1659"),
    "a08": ("489", "1155", "3959", "4160"),
    "a10": ("1458",),
    "a11": ("259", "2139"),
    "a15": ("3462",),
    "a18": ("4150",),
    "a19": ("1914",),
    "a20": ("55",),
}
"""Further spellings of the owner: left out when other people are counted."""

_WORDS = re.findall(
    r"\S+",
    "agenda board budget call contract copy delivery draft figures forecast invoice meeting notes offer order plan "
    "price project question report request review room schedule status summary team travel update week capacity "
    "pipeline desk storage gas credit limits trade confirm position book curve hedge month office lunch flight visit "
    "resume candidate model data server access password form signature agreement master clause legal comments power",
)

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Office:
    """One account: its owner, and from when to when it sent."""

    account: str
    owner: Contact
    first: datetime
    last: datetime


class Ordinary:
    """
    The organisation's mail, as one seed tells it.

    Args:
        rng: Names, hosts and subjects follow from its state.

        people: Makes the names, shared with what is planted so that no two collide.

        has_references: Whether replies carry References: some clients and gateways write none.
    """

    def __init__(self, rng: random.Random, people: People, *, has_references: bool) -> None:
        self._rng, self._people, self._has_references = rng, people, has_references
        self._mails = _read()
        self._contacts: dict[str, Contact] = {}
        self._subjects: dict[tuple[str, str], str] = {}
        # Provider by domain: who shares a provider in the source shares one here.
        self._hosts: dict[str, str] = {}
        self.offices = tuple(self._office(account) for account in _OWNERS)

    def _office(self, account: str) -> Office:
        times = [_time(rows[0]) for rows in self._mails if rows[0]["account"] == account]
        host = OWN_DOMAINS[0]
        first, last = self._people.human()
        owner = Contact(f"{first} {last}", f"{plain(first)}.{plain(last)}.{account}@{host}", -int(account[1:]), True)
        for person in (_OWNERS[account], *_ALIASES.get(account, ())):
            self._contacts[person] = owner
        return Office(account, owner, min(times), max(times))

    def letters(self) -> Iterator[Letter]:
        """Yield all of it, account by account."""
        owners = {office.account: office.owner for office in self.offices}
        begun: dict[tuple[str, str], str] = {}
        for rows in self._mails:
            head = rows[0]
            account, thread = head["account"], (head["account"], head["thread"])
            message_id = f"<{account}.{head['msg']}@shapes.example>"
            people: dict[str, list[Contact]] = {"to": [], "cc": []}
            for row in rows:
                people[row["field"]].append(self._contact(row))
            yield Letter(
                account,
                _time(head),
                owners[account],
                self._subject(thread, head),
                message_id,
                to=tuple(people["to"]),
                cc=tuple(people["cc"]),
                extra=self._threading(head, begun.get(thread)),
            )
            begun.setdefault(
                thread, message_id if head["is_reply"] == "0" else f"<root.{head['thread']}@elsewhere.example>"
            )

    def alone(self) -> dict[str, list[Contact]]:
        """Return for every account the outsiders whom it wrote to with no other outsider beside them, each once."""
        found: dict[str, dict[str, Contact]] = {}
        for letter in self.letters():
            outsiders = [each for each in (*letter.to, *letter.cc) if not each.inside]
            if len(outsiders) == 1:
                found.setdefault(letter.account, {})[outsiders[0].address] = outsiders[0]
        return {account: list(people.values()) for account, people in found.items()}

    def _threading(self, head: Row, root: str | None) -> tuple[tuple[str, str], ...]:
        if head["is_reply"] == "0" or not self._has_references:
            return ()
        # A reply answers somebody; a thread that we did not see begin was begun by others.
        root = root or f"<root.{head['thread']}@elsewhere.example>"
        parent = f"<answer.{head['account']}.{head['msg']}@elsewhere.example>"
        return (("In-Reply-To", parent), ("References", f"{root} {parent}"))

    def _contact(self, row: Row) -> Contact:
        number, domain = row["person"], row["domain"]
        if number not in self._contacts:
            if row["domain_kind"] == "f":
                host = self._hosts.setdefault(domain, self._provider())
                made = self._people.private(host)
            elif row["domain_kind"] == "o":
                made = self._people.at(f"org{domain}.example", shown=self._rng.random() < 0.7)
            else:
                made = self._people.at(f"office{domain}.example", shown=self._rng.random() < 0.7)
            self._contacts[number] = Contact(made.name, made.address, made.person, row["internal"] == "1", made.tier)
        return self._contacts[number]

    def _provider(self) -> str:
        return self._rng.choices(list(PROVIDERS), list(PROVIDERS.values()))[0]

    def _subject(self, thread: tuple[str, str], head: Row) -> str:
        if thread not in self._subjects:
            words = self._rng.choices(_WORDS, k=int(head["subject_words"]))
            self._subjects[thread] = " ".join(words).capitalize()
        return ("Re: " if head["is_reply"] == "1" else "") + self._subjects[thread]


def _read() -> list[list[Row]]:
    with gzip.open(shapes_file(), "rt", encoding="utf-8", newline="") as lines:
        grouped = groupby(csv.DictReader(lines), key=lambda row: (row["account"], row["msg"]))
        return [list(rows) for _, rows in grouped]


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["sent"]).astimezone(UTC)
