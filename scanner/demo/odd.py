"""What lies in real sent mailboxes beside sent mail: drafts, mail from others, broken headers, strays."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from scanner.demo.desk import DOMAIN, Filed
from scanner.demo.mail import Contact, Letter
from scanner.demo.plant import Town


def odd_mail(town: Town) -> Iterator[Filed]:
    """Yield messages that belong to no story; the order is fixed, because drawing people depends on it."""
    yield from _drafts(town)
    yield from _received(town)
    yield from _odd_headers(town)
    yield from _strays(town)


def _drafts(town: Town) -> Iterator[Filed]:
    desk = town.office
    for day, subject in ((3, "Budget 2026 (draft)"), (11, "Letter to all clients"), (19, "Rota")):
        # Never sent: a finding here would be a false one, although the second shows a list.
        people = town.clients_of(desk, 25 if subject.startswith("Letter") else 1)
        letter = desk.write(subject, desk.at(2025, 10, day, 17, 55), to=people)
        yield desk.file(letter, flags=("\\Seen", "\\Draft"))
    (client,) = town.clients_of(town.counselling, 1)
    letter = town.counselling.write("Supervision", town.counselling.at(2026, 4, 14, 9, 9), to=[client])
    yield town.counselling.file(letter, "Drafts", ("\\Draft",))


def _received(town: Town) -> Iterator[Filed]:
    for desk, year in ((town.office, 2024), (town.counselling, 2025), (town.kiel, 2026)):
        for month in (2, 6):
            (client,) = town.clients_of(desk, 1)
            letter = Letter(
                sender=client,
                sent_at=desk.at(year, month, 21, 19, 40),
                subject="Frage zum Termin" if desk.german else "A question about my appointment",
                message_id=f"<{year}{month:02d}21.7e5@{client.addr_spec.rpartition('@')[2]}>",
                to=(desk.contact,),
                body="...",
            )
            yield desk.file(letter)
            yield desk.file(letter, "INBOX")


def _odd_headers(town: Town) -> Iterator[Filed]:
    kiel, office = town.kiel, town.office
    (client,) = town.clients_of(kiel, 1)
    # An old client wrote Latin-1 straight into the header: against RFC 5322, and not rare.
    name = "Käthe Möller".encode("latin-1").decode("ascii", "surrogateescape")
    raw = [("Cc", f"{name} <k.moeller5120@gmx.de>")]
    letter = kiel.write("AW: Fahrtkosten", kiel.at(2023, 11, 8, 10, 2), to=[client], extra=raw)
    yield kiel.file(letter)
    # Outlook left the names of two lists that it never resolved to addresses.
    unresolved = [("Cc", "Volunteers North; Friends of Harbourlight")]
    letter = office.write(
        "Volunteers' breakfast", office.at(2024, 1, 16, 8, 30), to=town.staff_members(2), extra=unresolved
    )
    yield office.file(letter)


def _strays(town: Town) -> Iterator[Filed]:
    # A guilty copy is often no longer in the sent mailbox: this one was moved, that one deleted.
    office, kiel = town.office, town.kiel
    moved = office.write("Knitting circle", office.at(2025, 2, 4, 12, 12), to=town.clients_of(office, 11))
    yield office.file(moved, "INBOX.Archive")
    deleted = kiel.write("Kochgruppe", kiel.at(2025, 6, 3, 12, 12), to=town.clients_of(kiel, 9))
    yield kiel.file(deleted, "Gelöschte Elemente")
    for desk in (town.office, town.counselling, town.kiel):
        notice = Letter(
            sender=Contact("Mail system", f"postmaster@{DOMAIN}"),
            sent_at=desk.at(2026, 5, 2, 6, 0) + timedelta(minutes=3),
            subject="Your mailbox is nearly full",
            message_id=f"<quota.{desk.name}@mail.{DOMAIN}>",
            to=(desk.contact,),
            body="Please delete what you no longer need.",
        )
        yield desk.file(notice, "INBOX")


def later_mail(town: Town, told: Sequence[Filed]) -> Iterator[Filed]:
    """
    Yield what followed: two people told by themselves of the evening group, and an answer to a mail that is gone.

    Written after everything else, so that no other message is numbered differently.

    Args:
        told: All that was filed before.
    """
    desk = town.counselling
    leak = next(one for one in told if b"Subject: Tuesday evening group\r\n" in one.message.content)
    shown = {key.decode() for key in re.findall(rb"[\w.+-]+@[\w.-]+", leak.message.content.partition(b"Cc: ")[2])}
    exposed = [client for client in town.clients[desk.name] if client.addr_spec in shown]
    for hours, client in enumerate(exposed[:2], 20):
        sent_at = desk.at(2024, 2, 6, 17, 48) + timedelta(hours=hours)
        letter = desk.write("About yesterday's invitation", sent_at, to=[client], in_reply_to=leak.message_id)
        yield desk.file(letter)
    client = town.clients[desk.name][0]
    gone = f"<20250911101500.0FFFF00C0DE@mail.{DOMAIN}>"
    letter = desk.write("Re: Group places", desk.at(2025, 9, 18, 10, 15), to=[client], in_reply_to=gone)
    yield desk.file(letter)
