"""
The invented people of the demo and their addresses.

Nobody here exists. Mailboxes at consumer providers are part of what the demo
shows (strangers who share nothing but a provider), so real provider domains
stand in their addresses; every local part there ends in a drawn number, and
nothing is ever sent to anybody. Organisations use the domains that RFC 2606
reserves.
"""

from random import Random

from scanner.demo.mail import Contact

FIRST_ENGLISH = (
    "Abigail", "Ahmed", "Alasdair", "Bethan", "Callum", "Catrin", "Chidi", "Clementine", "Deepika", "Desmond",
    "Eilidh", "Emeka", "Fergus", "Fionnuala", "Gareth", "Harriet", "Hassan", "Imogen", "Isobel", "Jacob", "Kavita",
    "Kieran", "Lorraine", "Magnus", "Marguerite", "Nasreen", "Nathaniel", "Olufemi", "Padraig", "Perpetua",
    "Rajesh", "Rowena", "Seamus", "Shanelle", "Tamsin", "Theodora", "Ursula", "Vikram", "Wilfred", "Yasmin",
    "Zachary", "Zuzanna",
)  # fmt: skip
LAST_ENGLISH = (
    "Ackroyd", "Adeyemi", "Applegarth", "Banerjee", "Birtwistle", "Blenkinsop", "Cadwallader", "Chatterjee",
    "Coverdale", "Drinkwater", "Eccleston", "Entwistle", "Farrow", "Fothergill", "Gallacher", "Goodfellow",
    "Hathersage", "Hussain", "Ibekwe", "Inglethorpe", "Jessop", "Kaczmarek", "Kilbride", "Lanyon", "Llewellyn",
    "Macready", "Marchbanks", "Mukherjee", "Nettleship", "Obi", "Osgood", "Penhaligon", "Postlethwaite", "Quigley",
    "Ravenscroft", "Satterthwaite", "Shaughnessy", "Sowerby", "Tregenza", "Umunna", "Vane", "Wetherby",
    "Wolstenholme", "Yeoman",
)  # fmt: skip
FIRST_GERMAN = (
    "Ayşe", "Birgit", "Bülent", "Carsten", "Dörte", "Elfriede", "Friedhelm", "Gesa", "Günter", "Heike", "Ingeborg",
    "Jörg", "Katharina", "Lütfi", "Margarete", "Niklas", "Oliwia", "Ortrud", "Philipp", "Renate", "Sönke",
    "Thorsten", "Uwe", "Wiebke",
)  # fmt: skip
LAST_GERMAN = (
    "Ahrens", "Behrmann", "Clausen", "Düwel", "Eggers", "Feddersen", "Göttsche", "Hansen-Rühl", "Iwersen",
    "Jacobsen", "Kühl", "Lüders", "Möller", "Nissen", "Öztürk", "Petersen", "Rathje", "Schröder", "Thomsen", "Voß",
    "Wulff", "Yilmaz",
)  # fmt: skip
NICKNAMES = (
    "tidepool", "bluebird", "sunnyside", "marmalade", "nightowl", "pebble", "rockpool", "skylark", "teacosy",
    "thistle", "wanderer", "willow", "greenfinch", "harbourcat", "lighthouse", "moonraker",
)  # fmt: skip
PROVIDERS_ENGLISH = (
    "gmail.com", "gmail.com", "gmail.com", "btinternet.com", "hotmail.co.uk", "icloud.com", "outlook.com",
    "sky.com", "talktalk.net", "virginmedia.com", "yahoo.co.uk",
)  # fmt: skip
TRADES = ("bakery", "boats", "books", "ceramics", "farm", "garage", "joinery", "music", "textiles", "yoga")
PROVIDERS_GERMAN = ("freenet.de", "gmail.com", "gmx.de", "gmx.de", "posteo.de", "t-online.de", "web.de", "web.de")

_PLAIN_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ş": "s", "ı": "i", "'": None, "-": None})


class People:
    """
    A source of people, none of whom shares an address with another.

    Two addresses never differ by case, dots or a plus-tag alone, so that
    merging joins only whom a plant wants joined.
    """

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - invented people must be the same in every run
        self._taken: set[str] = set()

    def private(self, count: int, *, german: bool = False) -> tuple[Contact, ...]:
        """
        Draw people who have nothing in common.

        Seven in eight have a mailbox at a consumer provider, the others one
        at a small firm; six in ten show a display name, some a part of it.
        """
        return tuple(self._private(german) for _ in range(count))

    def at(self, domain: str, count: int, *, german: bool = False) -> tuple[Contact, ...]:
        """Draw people of one organisation, with full names and addresses made of them."""
        return tuple(self._colleague(domain, german) for _ in range(count))

    def _private(self, german: bool) -> Contact:
        while True:
            first, last = self._name(german)
            provider = self._random.choice(PROVIDERS_GERMAN if german else PROVIDERS_ENGLISH)
            if self._random.random() < 0.125:
                provider = f"{self._random.choice(NICKNAMES)}-{self._random.choice(TRADES)}.example"
            number = self._random.randrange(1000, 9999)
            style = self._random.random()
            if style < 0.5:
                local = f"{_ascii(first)}.{_ascii(last)}{number}"
            elif style < 0.7:
                local = f"{_ascii(first)[0]}{_ascii(last)}{number}"
            else:
                local = f"{self._random.choice(NICKNAMES)}{number}"
            if self._is_new(local, provider):
                return Contact(self._shown(first, last), f"{local}@{provider}")

    def _colleague(self, domain: str, german: bool) -> Contact:
        while True:
            first, last = self._name(german)
            local = f"{_ascii(first)}.{_ascii(last)}"
            if self._is_new(local, domain):
                return Contact(f"{first} {last}", f"{local}@{domain}")

    def _name(self, german: bool) -> tuple[str, str]:
        if german:
            return self._random.choice(FIRST_GERMAN), self._random.choice(LAST_GERMAN)
        return self._random.choice(FIRST_ENGLISH), self._random.choice(LAST_ENGLISH)

    def _shown(self, first: str, last: str) -> str:
        style = self._random.random()
        if style < 0.48:
            return f"{first} {last}"
        if style < 0.54:
            return f"{last}, {first}"
        if style < 0.62:
            return first
        return ""

    def _is_new(self, local: str, domain: str) -> bool:
        key = f"{local.replace('.', '')}@{domain}"
        if key in self._taken:
            return False
        self._taken.add(key)
        return True


def _ascii(name: str) -> str:
    return name.lower().translate(_PLAIN_LETTERS)
