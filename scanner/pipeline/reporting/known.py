"""Whom the organisation knows by name beside those whom an incident shows: members, clients, colleagues, deciders."""

from collections.abc import Iterable, Iterator, Mapping

from scanner.addresses import address_key
from scanner.config import ClientRegister, MemberNames
from scanner.model import AddressKey, KnownPerson, OutsiderTest, Policy, Statement

_PEOPLE_OF_MANDATE = ("ordered_by", "consulted")
_SIGNED_BY = ("decided_by", "applied_by")


class KnownPeople:
    """
    Gathers them from where they are named.

    Args:
        policy: Its lists, approved groups and own addresses.

        classify: Tells who is inside.

        clients: The client register.

        member_names: What the files of lists call their members.
    """

    def __init__(
        self, policy: Policy, classify: OutsiderTest, clients: ClientRegister, member_names: MemberNames
    ) -> None:
        self._policy = policy
        self._classify = classify
        self._clients = clients
        self._member_names = member_names

    def of_settings(self) -> Iterator[KnownPerson]:
        """Yield members of lists and clients of the register, then colleagues and members of approved groups."""
        for key in frozenset().union(*(entry.members for entry in self._policy.lists)):
            yield KnownPerson(self._member_names.get(key, ()), key, self._is_inside(key))
        for text, clients in self._clients.items():
            key = AddressKey(text)
            for client in clients:
                yield KnownPerson(
                    (client.name,), key, self._is_inside(key), id=client.id, postal_address=client.postal_address
                )
        colleagues = {*self._policy.addresses, *(key for _, key in self._policy.account_addresses)}
        for key in colleagues.union(*(group.members for group in self._policy.groups)):
            yield KnownPerson((), key, self._is_inside(key), is_aside=True)
        for name in {group.owner for group in self._policy.groups}:
            yield _called(name)

    def of_logs(
        self, mandate: Mapping[str, str], log: Iterable[Statement], own: Iterable[str]
    ) -> Iterator[KnownPerson]:
        """Yield who ordered the reading of mail or was heard, who decided, entered or signed, and own accounts."""
        for part in _PEOPLE_OF_MANDATE:
            if mandate.get(part):
                yield _called(mandate[part])
        names = {getattr(statement, part) for statement in log for part in _SIGNED_BY}
        for name in names.union(own):
            yield _called(name)

    def of_queue(self, people: Iterable[tuple[AddressKey | None, str]]) -> Iterator[KnownPerson]:
        """Yield everybody in the mail of the queue, by (key, name shown)."""
        for key, name in people:
            yield KnownPerson((name,), key, key is not None and self._is_inside(key), is_aside=True)

    def _is_inside(self, key: AddressKey) -> bool:
        return self._classify(key).kind == "inside"


def _called(name: str) -> KnownPerson:
    """Return somebody by a name, which of an account is often an address."""
    if "@" in name and " " not in name:
        return KnownPerson((), address_key(name), inside=True, is_aside=True)
    return KnownPerson((name,), is_aside=True)
