"""Stating something about people: merges, splits, tiers, and taking it back; each is a row of the log of decisions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from scanner.addresses import address_key, make_classifier, person_key
from scanner.analyse import StatedPeople, undone_by, with_list_posts
from scanner.config import ClientRegister, Settings
from scanner.config.value import is_address
from scanner.errors import UsageError
from scanner.model import AddressKey, PeopleStatement, PeopleVerdict, Tier
from scanner.pipeline.deciding.author import Author, demand_text
from scanner.pipeline.reporting.people import reading, stated_people
from scanner.review import said
from scanner.store.decision import append, chain_head
from scanner.store.engine import disposing, open_engine, snapshot, store_errors
from scanner.store.people import all_addresses, known_addresses, people_statements, statement_row
from scanner.store.reader import list_posts


@dataclass(frozen=True, slots=True)
class PeopleStated:
    """What was stated, and the people that it makes of the addresses it speaks of."""

    statements: tuple[PeopleStatement, ...]
    people: tuple[tuple[AddressKey, ...], ...]
    """Stored addresses by person, of everybody whom the statements touch; sorted."""


def merge_people(
    settings: Settings, addresses: Sequence[str], *, reason: str, by: str = "", now: int | None = None
) -> PeopleStated:
    """
    State that several addresses are one person's.

    Raises:
        UsageError: Something is missing or cannot be meant.

        StoreError: The store cannot be written.
    """
    keys = _keys(addresses, at_least=2)
    return _write(settings, [("merge", keys, None, None)], reason, by, now)


def merge_clients(settings: Settings, *, reason: str, by: str = "", now: int | None = None) -> PeopleStated:
    """
    State that the addresses which the client register gives one id are one person's, a statement for each client.

    An address that several clients share is left out, and so is a client whose
    addresses are one person's already.

    Raises as `merge_people`.
    """
    with reading(settings) as connection:
        groups = list(_clients(all_addresses(connection), settings.clients, stated_people(connection)))
    if not groups:
        raise UsageError(
            "the client register gives no id to two people of the store",
            where="--register",
            remedy="Name the addresses" if settings.clients else "Name the register in the settings: clients_csv",
        )
    return _write(settings, [("merge", keys, None, None) for keys in groups], reason, by, now)


def split_people(
    settings: Settings, addresses: Sequence[str], *, reason: str, by: str = "", now: int | None = None
) -> PeopleStated:
    """State that each of these addresses is a person of its own; raises as `merge_people`."""
    return _write(settings, [("split", _keys(addresses, at_least=1), None, None)], reason, by, now)


def state_tier(
    settings: Settings, address: str, tier: Tier, *, reason: str, by: str = "", now: int | None = None
) -> PeopleStated:
    """State how well an address names its person; raises as `merge_people`."""
    keys = _keys([address], at_least=1)
    with reading(settings) as connection:
        test = with_list_posts(make_classifier(settings.to_policy()), list_posts(connection))
        if test(keys[0]).kind == "list":
            raise UsageError(
                "this is the address of a list",
                remedy="No single person stands behind it; the settings say what is a list",
            )
    return _write(settings, [("tier", keys, tier, None)], reason, by, now)


def take_back(settings: Settings, number: int, *, reason: str, by: str = "", now: int | None = None) -> PeopleStated:
    """Take a statement about people back, by its number; an undo as well. Raises as `merge_people`."""
    return _write(settings, [("undo", (), None, number)], reason, by, now)


_Entry = tuple[PeopleVerdict, tuple[AddressKey, ...], Tier | None, int | None]


def _write(settings: Settings, entries: Sequence[_Entry], reason: str, by: str, now: int | None) -> PeopleStated:
    author = Author.of(by, now)
    why = _reason(reason)
    made = [
        PeopleStatement(0, kind, keys, tier, undoes, why, author.decided_by, author.applied_by, author.now)
        for kind, keys, tier, undoes in entries
    ]
    with disposing(open_engine(settings.store_url)) as engine, store_errors(engine.url):
        before, numbers = _append(engine, made, author.now)
        with snapshot(engine) as connection:
            log = people_statements(connection)
            people = _touched(connection, StatedPeople(before), StatedPeople(log), _named(log, made))
    return PeopleStated(tuple(entry for entry in log if entry.number in numbers), people)


def _append(
    engine: Engine, made: Sequence[PeopleStatement], moment: int
) -> tuple[tuple[PeopleStatement, ...], frozenset[int]]:
    """Write statements that can be meant, all or none; return the log before and the numbers given."""
    with engine.begin() as connection:
        head, log = chain_head(connection), people_statements(connection)
        for entry in made:
            _check_known(connection, entry)
            if entry.undoes is not None:
                _check_undo(log, entry.undoes)
            _check_effect(StatedPeople(log), entry)
        written = append(connection, map(statement_row, made), now=moment, expected=head)
    return log, frozenset(row.number for row in written)


def _check_known(connection: Connection, entry: PeopleStatement) -> None:
    known = known_addresses(connection, entry.addresses)
    missing = [key for key in entry.addresses if key not in known]
    if missing:
        raise UsageError(
            f"{len(missing)} of the {len(entry.addresses)} addresses stand nowhere in the store"
            if len(entry.addresses) > 1
            else "the address stands nowhere in the store",
            remedy="Copy them from `blindcopy show KEY --people`",
        )


def _check_undo(log: Sequence[PeopleStatement], number: int) -> None:
    where = f"undo {number}"
    remedy = "`blindcopy people` lists the statements with their numbers"
    wanted = next((entry for entry in log if entry.number == number), None)
    if wanted is None:
        raise UsageError("there is no statement about people with this number", where=where, remedy=remedy)
    by = undone_by(log).get(number)
    if by is not None:
        raise UsageError(f"it was taken back already, by statement {by}", where=where, remedy=remedy)


def _check_effect(stated: StatedPeople, entry: PeopleStatement) -> None:
    """Refuse what states nothing new: a merge of one person, a split of who was told apart already."""
    if entry.kind == "merge" and len({stated.person_id(key) for key in entry.addresses}) == 1:
        raise UsageError("these addresses are one person's already", remedy="`blindcopy people` lists who is merged")
    if entry.kind == "split" and all(stated.is_alone(key) for key in entry.addresses):
        raise UsageError("this was stated already", remedy="`blindcopy people` lists the statements")


def _named(log: Sequence[PeopleStatement], made: Iterable[PeopleStatement]) -> frozenset[AddressKey]:
    """Return the addresses that statements speak of; an undo speaks of those of what it takes back."""
    by_number = {entry.number: entry for entry in log}
    found: set[AddressKey] = set()
    for entry in made:
        while entry.undoes in by_number:
            entry = by_number[entry.undoes]
        found.update(entry.addresses)
    return frozenset(found)


def _touched(
    connection: Connection, before: StatedPeople, now: StatedPeople, named: frozenset[AddressKey]
) -> tuple[tuple[AddressKey, ...], ...]:
    """Return the people, by stored addresses, of whom one address counts otherwise now or was named."""
    people: dict[str, list[AddressKey]] = {}
    touched: set[str] = set()
    for key in all_addresses(connection):
        person = now.person_id(key)
        people.setdefault(person, []).append(key)
        if key in named or now.differs(before, key):
            touched.add(person)
    return tuple(sorted(tuple(sorted(people[person])) for person in touched))


def _keys(addresses: Sequence[str], *, at_least: int) -> tuple[AddressKey, ...]:
    for number, written in enumerate(addresses, 1):
        if not is_address(written):
            raise UsageError(
                f"argument {number} is no mail address such as ada@example.org", remedy="Write the bare address"
            )
    keys = tuple(sorted({address_key(written) for written in addresses}))
    if len(keys) < at_least:
        missing = "two addresses are needed that differ" if at_least > 1 else "an address is needed"
        raise UsageError(missing, remedy="Copy them from `blindcopy show KEY --people`")
    return keys


def _reason(text: str) -> str:
    reason = said(text)
    if not reason:
        raise UsageError(
            "a statement needs a reason",
            where="--reason",
            remedy='Say why in a sentence: --reason "both confirmed by phone"',
        )
    demand_text(reason, where="--reason")
    return reason


def _clients(
    addresses: Iterable[AddressKey], register: ClientRegister, stated: StatedPeople
) -> Iterator[tuple[AddressKey, ...]]:
    found: dict[str, set[AddressKey]] = {}
    for key in addresses:
        clients = register.get(person_key(key)[0], ())
        if len(clients) == 1 and clients[0].id and not stated.is_alone(key):
            found.setdefault(clients[0].id, set()).add(key)
    for name in sorted(found):
        if len({stated.person_id(key) for key in found[name]}) > 1:
            yield tuple(sorted(found[name]))
