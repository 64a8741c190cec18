"""
The publicly known disclosures as mail: what lay in a sent mailbox, with invented people.

`known_incidents.toml` says how many recipients stood in which field; this
module writes the messages. All come from one account of one organisation,
and no person appears in two incidents, so that the incidents may be put into
one mailbox or judged one by one. Nothing is ever sent; addresses at consumer
providers are invented and carry a number that makes an owner improbable.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from scanner.demo.mail import INVITATION, PLAIN, Contact, Letter, compose, invitation_text

ACCOUNT = "office@council.example"
"""Login and From address of the account that sent all of it."""

DOMAINS = frozenset({"council.example"})
"""The organisation's own domains."""

SENT = "Sent"
SENDER = Contact("Council Office", ACCOUNT)

_FILE = Path(__file__).with_name("known_incidents.toml")
_CONSUMER = (
    "gmail.com",
    "btinternet.com",
    "outlook.com",
    "yahoo.co.uk",
    "gmx.de",
    "libero.it",
    "ziggo.nl",
    "icloud.com",
)
_OTHER = ("lighthouse.example.org", "weavers.example.net", "quay.example", "mill.example")
_FIRST = (
    "Amara",
    "Bertil",
    "Chidi",
    "Dalia",
    "Edwin",
    "Farida",
    "Gethin",
    "Hanneke",
    "Ismael",
    "Jolanta",
    "Kwame",
    "Leonie",
    "Marek",
    "Nadira",
    "Oisin",
    "Petra",
    "Quentin",
    "Rosalind",
    "Sanjay",
    "Tirzah",
    "Ulrike",
    "Viorel",
    "Winifred",
    "Xanthe",
    "Yusuf",
    "Zdenka",
)
_LAST = (
    "Abernathy",
    "Brannigan",
    "Castellano",
    "Dufresne",
    "Eastwood",
    "Fairweather",
    "Gwozdz",
    "Hollis",
    "Iversen",
    "Jablonski",
    "Kettering",
    "Lomax",
    "Mwangi",
    "Nightingale",
    "Okafor",
    "Pemberton",
    "Quarshie",
    "Rasmussen",
    "Sedgwick",
    "Thistleton",
    "Underhill",
    "Vasquez",
    "Whitlock",
    "Yardley",
    "Zeller",
)


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """One message as it lies in a mailbox."""

    mailbox: str
    internal_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """One disclosure: its messages by time, and the ladder figures that follow (only those that do)."""

    id: str
    messages: tuple[KnownMessage, ...]
    expect: Mapping[str, int]


def known_incidents() -> list[KnownIncident]:
    """Return every row of known_incidents.toml as mail, in the order of the file; same file, same octets."""
    return [_incident(number, row) for number, row in enumerate(known_rows())]


def known_rows() -> list[dict[str, Any]]:
    """Return the rows of known_incidents.toml as they stand."""
    rows: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["incident"]
    return rows


def _incident(number: int, row: Mapping[str, Any]) -> KnownIncident:
    messages = []
    for serial, (described, minutes, first_person) in enumerate(_single_messages(row)):
        sent_at = _first_moment(row["date"]) + timedelta(minutes=minutes)
        recipients = _recipients(number, row, described, first_person)
        letter = _letter(row, described, serial, sent_at, recipients)
        messages.append(KnownMessage(SENT, sent_at + timedelta(seconds=2), compose(letter)))
    return KnownIncident(row["id"], tuple(messages), row["expect"])


def _single_messages(row: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int, int]]:
    """Yield (description, minutes after the first message, number of the first person)."""
    for described in row["message"]:
        first_person, minutes = described.get("first_person", 0), described.get("minutes", 0)
        for repeat in range(described.get("count", 1)):
            later = repeat * described.get("every_minutes", 0)
            yield described, minutes + later, first_person + repeat * described["recipients"]


def _letter(
    row: Mapping[str, Any], described: Mapping[str, Any], serial: int, sent_at: datetime, recipients: list[Contact]
) -> Letter:
    field = described["field"]
    prefix = {"recall": "Recall: ", "correction": "Correction: "}.get(described["kind"], "")
    visible = tuple(recipients) if field in ("to", "invite") else ()
    letter = Letter(
        sender=SENDER,
        sent_at=sent_at,
        subject=prefix + row["subject"],
        message_id=f"<{row['id']}.{serial}@council.example>",
        # A mailing that hides its recipients is addressed to its own sender.
        to=(SENDER,) if field == "bcc" else visible,
        cc=tuple(recipients) if field == "cc" else (),
        bcc=tuple(recipients) if field == "bcc" else (),
        body="Dear all,\n\nplease find the details below.\n",
        content_type=INVITATION if field == "invite" else PLAIN,
    )
    if field != "invite":
        return letter
    starts = sent_at + timedelta(days=7)
    text = invitation_text(letter, starts=starts, ends=starts + timedelta(hours=1), uid=f"{row['id']}@council.example")
    return Letter(
        sender=letter.sender,
        sent_at=sent_at,
        subject=letter.subject,
        message_id=letter.message_id,
        to=letter.to,
        body=text,
        content_type=INVITATION,
    )


def _recipients(number: int, row: Mapping[str, Any], described: Mapping[str, Any], first_person: int) -> list[Contact]:
    entries, inside = described["recipients"], described.get("inside", 0)
    outside = described.get("distinct", entries) - inside
    contacts = [_person(number, row, first_person + place) for place in range(outside)]
    contacts += [_colleague(place) for place in range(inside)]
    surplus = entries - len(contacts)
    # What a pasted list repeats: half of it letter for letter, half in other case.
    for place in range(surplus):
        again = contacts[place * 7]
        addr_spec = again.addr_spec if place % 2 == 0 else again.addr_spec.upper()
        contacts.insert(len(contacts) - place * 5, Contact(again.display_name, addr_spec))
    return contacts


def _person(number: int, row: Mapping[str, Any], place: int) -> Contact:
    """Return the incident's person of this number; a local part belongs to one person of one incident."""
    first = _FIRST[place % len(_FIRST)]
    last = _LAST[(place // len(_FIRST) + place + number) % len(_LAST)]
    hosts = _OTHER if place % 3 == 2 else _CONSUMER
    host = hosts[place % len(hosts)]
    opaque = f"x{number:02d}{place:04d}q@{host}"
    match _tier(row.get("names"), place):
        case "full":
            return Contact(f"{first} {last}", opaque)
        case "partial":
            return Contact(first, opaque)
        case "nameless":
            return Contact("", opaque)
        case _:
            shown = f"{first} {last}" if place % 2 else ""
            return Contact(shown, f"{first}.{last}.{number:02d}{place:04d}@{host}".lower())


def _tier(names: Mapping[str, int] | None, place: int) -> str:
    """Return the tier of a person: the tiers follow each other in the order of the people."""
    for tier, count in (names or {}).items():
        if place < count:
            return tier
        place -= count
    return ""


def _colleague(place: int) -> Contact:
    first, last = _FIRST[-1 - place], _LAST[-1 - place]
    return Contact(f"{first} {last}", f"{first}.{last}@council.example".lower())


def _first_moment(day: date) -> datetime:
    return datetime.combine(day, time(9, 12, 30), tzinfo=UTC)
