"""
Invented people for the detection benchmark: who they are, where their mailboxes lie, how they are written.

Private mailboxes lie at real consumer providers, because that is what real
lists hold; the local parts are invented and nothing is ever sent. Firms and
authorities lie below `.example`. The same seed gives the same people.
"""

import random
import re
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

Tier = Literal["full", "nameless", "role"]

PROVIDERS = {
    "gmail.com": 30,
    "hotmail.com": 8,
    "outlook.com": 6,
    "yahoo.com": 6,
    "btinternet.com": 7,
    "yahoo.co.uk": 5,
    "icloud.com": 5,
    "gmx.de": 5,
    "web.de": 5,
    "t-online.de": 4,
    "orange.fr": 3,
    "free.fr": 2,
    "libero.it": 3,
    "wp.pl": 2,
    "ziggo.nl": 2,
    "bluewin.ch": 2,
    "telenet.be": 1,
    "aol.com": 2,
    "sky.com": 2,
    "virginmedia.com": 2,
    "talktalk.net": 1,
    "proton.me": 2,
    "seznam.cz": 1,
    "telia.com": 1,
}
"""Consumer hosts and how often they occur among a hundred private mailboxes."""

_FIRST = re.findall(
    r"\S+",
    "Ada Agnès Aylin Beata Benno Björn Bruna Carlo Celia Dario Dunja Elif Emil Erin Femke François Goran Greta Hanna "
    "Hugo Ines Ivo Jana Jonas José Kaja Karel Lale Linus Lucía Malik Marta Nadia Nils Noor Olga Oskar Paula Pavel "
    "Ramona Rasmus Salma Siobhán Sven Tamara Timo Ulla Vera Wim Yusuf Zoë Margaret Trevor Doreen Keith Sheila Nigel",
)
_LAST = re.findall(
    r"\S+",
    "Abel Albrecht Bakker Berisha Costa Crämer Dahl Demir Eklund Ferrari Fischer Gómez Graf Haas Horvat Iversen Jansen "
    "Kaya Keller Kowalski Lang Larsen Marino Meyer Müller Nowak Olsen Peeters Petrov Quist Richter Rossi Sato Silva "
    "Toth Urban Vidal Vogel Weber Yilmaz Zimmer Zoller Atkins Boothroyd Clegg Dunmore Entwistle Fairclough Greaves",
)
_NICK = re.findall(
    r"\S+",
    "sunny river tiger moon garden coffee blue lucky silver piano happy red falcon otter maple thunder snow biker "
    "dancer sailor pixel rover cookie storm kitchen football trains chess",
)
_ROLES = ("info", "office", "sales", "contact", "orders", "service", "accounts", "support")
_TITLES = ("Mrs", "Dr.", "Mr")


@dataclass(frozen=True, slots=True)
class Contact:
    """One address as it will be written, with what the benchmark knows of it."""

    name: str
    """The display name; "" = none is shown."""

    address: str
    """Empty for an entry that is no address: then the name is all there is."""

    person: int
    """The same number = the same person."""

    inside: bool = False
    tier: Tier | None = None
    """Only where the definition leaves no doubt; None = not stated."""

    @property
    def written(self) -> str:
        """As an entry of an address list (RFC 5322, 3.4)."""
        if not self.address:
            return self.name
        return f"{phrase(self.name)} <{self.address}>" if self.name else self.address


def phrase(name: str) -> str:
    """Return a display name or subject as it may stand in a header: quoted, or encoded (RFC 2047)."""
    if not name.isascii():
        return f"=?utf-8?B?{b64encode(name.encode()).decode()}?="
    # RFC 5322, 3.2.3: specials are quoted.
    return name if re.fullmatch(r"[A-Za-z0-9' -]+", name) else f'"{name}"'


def plain(text: str) -> str:
    """Return the text in lower-case ASCII letters, as local parts are formed."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower())


class People:
    """
    Makes people; no two of them have addresses that any merge rule would join.

    Args:
        rng: Whose state decides who comes next.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()
        self._count = 0

    def human(self) -> tuple[str, str]:
        """Return a first and a last name."""
        return self._rng.choice(_FIRST), self._rng.choice(_LAST)

    def private(self, host: str = "", *, tier: Tier | None = None, last: str = "") -> Contact:
        """
        Return somebody with a mailbox at a consumer provider.

        Args:
            host: The provider; default: by how common they are.

            tier: full = a full name is shown; nameless = nothing tells who it is; default: as it comes.

            last: The family name; default: any.
        """
        first, family = self.human()
        family = last or family
        host = host or self._rng.choices(list(PROVIDERS), list(PROVIDERS.values()))[0]
        style = {"full": "named", "nameless": "nick", "role": "named"}.get(tier or "", "")
        style = style or self._rng.choice(("named", "named", "joined", "initial", "year", "reversed", "nick"))
        local = self._local(style, plain(first), plain(family))
        address = self._unique(local, host)
        shown = self._shown(first, family, address, tier or ("nameless" if style == "nick" else ""))
        # Case is shown as written, and is no difference.
        written = address if self._rng.random() > 0.03 else address.upper()
        return Contact(shown, written, self._number(), tier=tier)

    def at(self, host: str, *, shown: bool = True) -> Contact:
        """Return somebody who works at the organisation of that host."""
        first, family = self.human()
        local = f"{plain(first)}.{plain(family)}" if self._rng.random() < 0.7 else f"{plain(first)[:1]}{plain(family)}"
        return Contact(f"{first} {family}" if shown else "", self._unique(local, host), self._number())

    def role(self, host: str, *, name: str = "") -> Contact:
        """Return a role address of an organisation."""
        return Contact(name, self._unique(self._rng.choice(_ROLES), host), self._number(), tier="role")

    def firm(self, words: tuple[str, ...] = ("studio", "bau", "legal", "tech", "foods", "print", "works")) -> str:
        """Return the host of a firm that nobody else has."""
        while True:
            host = f"{plain(self._rng.choice(_LAST))}-{self._rng.choice(words)}{self._rng.randrange(1000)}.example"
            if host not in self._taken:
                self._taken.add(host)
                return host

    def again(self, person: Contact, address: str) -> Contact:
        """Return another address of the same person."""
        return Contact(person.name, address, person.person, person.inside, person.tier)

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _local(self, style: str, first: str, last: str) -> str:
        number = self._rng.randrange(10, 99)
        if style == "nick":
            word, other = self._rng.sample(_NICK, 2)
            return self._rng.choice((f"{word}{other}{number}", f"{word}_{number}", f"x{self._rng.randrange(10**6)}"))
        return {
            "named": f"{first}.{last}",
            "joined": f"{first}{last}",
            "initial": f"{first[:1]}{last}{number}",
            "year": f"{first}{self._rng.randrange(1950, 2004)}",
            "reversed": f"{last}_{first}",
        }[style]

    def _shown(self, first: str, last: str, address: str, tier: str) -> str:
        if tier == "nameless":
            return ""
        full = f"{first} {last}"
        if tier == "full":
            return full
        return self._rng.choice(
            (full, full, f"{last}, {first}", "", "", address, first, f"{self._rng.choice(_TITLES)} {last}")
        )

    def _unique(self, local: str, host: str) -> str:
        name = local
        while (mark := f"{re.sub('[._-]', '', name)}@{host}") in self._taken:
            name = f"{local}{self._rng.randrange(100_000)}"
        self._taken.add(mark)
        return f"{name}@{host}"
