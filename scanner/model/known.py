"""Whom settings and logs name, whether an incident shows them or not."""

from dataclasses import dataclass

from scanner.model.address import AddressKey


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody whom a text may name: what must name nobody is held against them."""

    names: tuple[str, ...] = ()
    address: AddressKey | None = None
    """None = only a name is known."""

    inside: bool = False
    """The address is the organisation's own."""

    id: str = ""
    """Of the client register; "" = none."""

    postal_address: str = ""
    """Its lines, a line feed between them."""

    is_aside: bool = False
    """
    Not on a list nor in the register: who decides, whose account it is, whom
    another incident shows. What names these is often a word of the language,
    such as the name of a department.
    """
