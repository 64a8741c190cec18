"""The client register joined to what was found: addresses become people that the organisation knows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanner.addresses import person_key
from scanner.config import ClientRegister
from scanner.model import AddressKey, Client, ExposedAddress


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
