"""Register and lists joined to what was found: addresses become people that the organisation knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from scanner.addresses import person_key
from scanner.analyse import StatedPeople
from scanner.config import ClientRegister, MemberNames
from scanner.model import AddressKey, Client, ExposedAddress, PeopleSuggestion, Person, ThroughList


def clients_of(addresses: Iterable[AddressKey], register: ClientRegister) -> tuple[Client, ...]:
    """Return whom the register names at these addresses, each once, in the order of addresses and register."""
    return tuple(dict.fromkeys(client for key in addresses for client in register.get(person_key(key)[0], ())))


def name_clients(exposed: Sequence[ExposedAddress], register: ClientRegister) -> tuple[ExposedAddress, ...]:
    """Return exposed addresses with whom the register names at each."""
    if not register:
        return tuple(exposed)
    return tuple(
        replace(entry, clients=clients) if (clients := clients_of((entry.key,), register)) else entry
        for entry in exposed
    )


def name_members(lists: Sequence[ThroughList], names: MemberNames) -> tuple[ThroughList, ...]:
    """Return lists with what their files call each member."""
    if not names:
        return tuple(lists)
    return tuple(
        replace(entry, members=tuple(replace(member, names=names.get(member.key, ())) for member in entry.members))
        for entry in lists
    )


def same_clients(
    people: Iterable[Person], register: ClientRegister, stated: StatedPeople
) -> Iterator[PeopleSuggestion]:
    """
    Yield, unordered, people whom the register gives one id at several addresses: likely one person.

    An address that several clients share says nothing of any of them, nor does
    one of which somebody has stated that it is a person of its own.
    """
    found: dict[str, list[tuple[AddressKey, str, str]]] = {}
    for person in people:
        for key in person.addresses:
            clients = register.get(person_key(key)[0], ())
            if len(clients) == 1 and clients[0].id and not stated.is_alone(key):
                found.setdefault(clients[0].id, []).append((key, person.person_id, clients[0].name))
    for rows in found.values():
        if len({person for _, person, _ in rows}) > 1:
            rows.sort()
            yield PeopleSuggestion(
                rule="same client",
                confidence="likely",
                addresses=tuple(key for key, _, _ in rows),
                person_ids=tuple(person for _, person, _ in rows),
                names=tuple(sorted({name for _, _, name in rows if name})),
            )
