"""Letters of the detection benchmark: what is sent, by whom, and the header that a client would write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from benchmarks.people import Contact, phrase


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of one sent mailbox."""

    account: str
    sent: datetime
    sender: Contact
    subject: str
    message_id: str
    to: tuple[Contact, ...] = ()
    cc: tuple[Contact, ...] = ()
    bcc: tuple[Contact, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    """Further fields."""

    copies: tuple[str, ...] = ()
    """Accounts beside the sender's whose sent mailbox holds the same message."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was planted: an incident, or a look-alike of one."""

    shape: str
    letters: tuple[Letter, ...]
    parts: tuple[int, ...] = field(default=())
    """For incidents: numbers of the letters that are mere evidence (Bcc siblings), in no figure."""

    @property
    def exposing(self) -> tuple[Letter, ...]:
        """The letters that show outsiders to each other."""
        return tuple(each for number, each in enumerate(self.letters) if number not in self.parts)


def header_block(letter: Letter) -> bytes:
    """Return the header fields as a client writes them, the empty line that ends them included."""
    fields = [
        ("Date", format_datetime(letter.sent)),
        ("From", letter.sender.written),
        ("To", _entries(letter.to) or ("undisclosed-recipients:;" if letter.bcc and not letter.cc else "")),
        ("Cc", _entries(letter.cc)),
        ("Bcc", _entries(letter.bcc)),
        ("Subject", letter.subject if letter.subject.isascii() else phrase(letter.subject)),
        ("Message-ID", letter.message_id),
        *letter.extra,
    ]
    names = {name for name, _ in letter.extra}
    if "Content-Type" not in names:
        fields.append(("Content-Type", "text/plain; charset=utf-8"))
    return "".join(f"{name}: {body}\r\n" for name, body in fields if body).encode() + b"\r\n"


def _entries(contacts: Iterable[Contact]) -> str:
    # RFC 5322, 2.2.3: folded before white space.
    return ",\r\n ".join(contact.written for contact in contacts)


def figures(letters: Sequence[Letter]) -> dict[str, int]:
    """
    Return the figures that an incident of these letters must have, from what was planted.

    Counted here by people and not by the package's own rules for addresses
    (CONTRACTS: Exposure). Tiers are given only where all outsiders state theirs.
    """
    shown = [_outsiders(letter) for letter in letters]
    contacts = {each.address.lower(): each for people in shown for each in people}
    everybody = {each.address.lower(): each for letter in letters for each in (*letter.to, *letter.cc, *letter.bcc)}
    visible = {each.address.lower() for letter in letters for each in (*letter.to, *letter.cc)}
    senders = {letter.sender.address.lower() for letter in letters}
    people = {each.person for each in contacts.values()}
    # Who cannot be read as an address is no viewer either.
    viewers = {address for address in everybody if address} - senders
    found = {
        "messages": len(letters),
        "exposure_events": sum(len(each) for each in shown),
        "exposed_addresses": len(contacts),
        "exposed_people": len(people),
        "viewers": len(viewers),
        "internal_visible": sum(1 for key in visible - senders if key and everybody[key].inside),
        "bcc_viewers": len(viewers - visible),
        "unresolved": len({each.name for letter in letters for each in (*letter.to, *letter.cc) if not each.address}),
    }
    if contacts and all(each.tier for each in contacts.values()):
        tiers = {each.person: each.tier for each in contacts.values()}
        found["identifiable_full"] = sum(1 for tier in tiers.values() if tier == "full")
        found["nameless"] = sum(1 for tier in tiers.values() if tier == "nameless")
        found["role"] = sum(1 for tier in tiers.values() if tier == "role")
    return found


def _outsiders(letter: Letter) -> list[Contact]:
    unique = {each.address.lower(): each for each in (*letter.to, *letter.cc) if each.address and not each.inside}
    return list(unique.values())
