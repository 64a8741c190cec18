"""A scan that finds nothing new costs four round trips; whatever is new is seen all the same, by the same figures."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from scanner.store.engine import disposing, open_engine
from scanner.store.schema import epoch
from tests.crawl.talk import headers
from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount
from tests.servers.proxy import Proxy
from tests.servers.scripted import Answer, Command, ScriptedServer

PEOPLE = [f"p{number}@people.example" for number in range(7)]
MAILBOXES = {"Sent": 30, "Sent Items": 20, "Sent/2019": 10}
FIGURES = ("mailbox", "uidvalidity", "enumerated", "stored", "vanished", "errored", "expunged_since")


@pytest.fixture
def filled(mail_server: MailServer, mail_account: ServerAccount) -> ServerAccount:
    """Return an account with three sent mailboxes."""
    first = 1
    for name, count in MAILBOXES.items():
        mail_server.deliver(mail_account, name, many(count, first=first))
        first += count
    return mail_account


@pytest.fixture
def scanned(place: Place, filled: ServerAccount, mail_proxy: Proxy) -> Place:
    """Return a place whose account was scanned twice: some servers count changes from the first question on."""
    place.add(filled, port=mail_proxy.port)
    place.scan()
    place.scan()
    mail_proxy.forget()
    return place


def _figures(place: Place, report: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[key] for key in FIGURES) for row in place.report(report)["coverage"] if row["uidvalidity"])


def _opened(proxy: Proxy) -> set[str]:
    """Return the mailboxes that were opened."""
    return {command.partition(" ")[2].strip('"') for command in proxy.commands if command.startswith("EXAMINE")}


def test_nothing_new_costs_four_round_trips(scanned: Place, mail_proxy: Proxy) -> None:
    """Between the end of sign-in and LOGOUT; no mailbox is opened, and every figure is as it was."""
    before = _figures(scanned, "before.json")

    scanned.scan()

    (connection,) = mail_proxy.connections
    flights = connection.flights
    begin = next(number for number, flight in enumerate(flights) if flight[0] in {"LOGIN", "AUTHENTICATE"})
    between = flights[begin + 1 : -1]
    assert flights[-1] == ["LOGOUT"]
    assert len(between) <= 4, between
    assert _opened(mail_proxy) == set()
    assert _figures(scanned, "after.json") == before
    assert {name: enumerated for name, _, enumerated, *_ in before} == MAILBOXES


def _arrive(server: MailServer, account: ServerAccount) -> None:
    server.deliver(account, "Sent Items", [letter(900, PEOPLE)])


def _expunge(server: MailServer, account: ServerAccount) -> None:
    server.expunge(account, "Sent Items", [3, 20])


def _replace(server: MailServer, account: ServerAccount) -> None:
    server.expunge(account, "Sent Items", [20])
    server.deliver(account, "Sent Items", [letter(900, PEOPLE)])


def _renumber(server: MailServer, account: ServerAccount) -> None:
    server.renumber(account, "Sent Items", 1_950_000_000)


@pytest.mark.parametrize(
    ("change", "new", "figures"),
    [
        pytest.param(_arrive, 1, (21, 21, 0, 0, 0), id="arrival"),
        pytest.param(_expunge, 0, (18, 18, 0, 0, 2), id="expunge"),
        pytest.param(_replace, 1, (20, 20, 0, 0, 1), id="expunge and arrival"),
        pytest.param(_renumber, 0, (20, 20, 0, 0, 0), id="new epoch"),
    ],
)
def test_what_changed_is_seen_and_nothing_else_is_opened(
    change: Callable[[MailServer, ServerAccount], None],
    new: int,
    figures: tuple[int, ...],
    scanned: Place,
    filled: ServerAccount,
    mail_server: MailServer,
    mail_proxy: Proxy,
) -> None:
    """The mailbox that changed is read to its end; the store is that of a scan that opened every mailbox."""
    change(mail_server, filled)

    said = scanned.scan().answer
    opened = _opened(mail_proxy)
    current = {name: rest for name, _, *rest in _figures(scanned, "after.json") if rest[0]}
    digest = scanned.digest()
    _forget_standings(scanned)
    scanned.scan()

    assert f"{new} new message" in said
    assert opened == {"Sent Items"}
    assert tuple(current["Sent Items"]) == figures
    assert [current[name][:2] for name in ("Sent", "Sent/2019")] == [[30, 30], [10, 10]]
    assert _opened(mail_proxy) == set(MAILBOXES)
    assert scanned.digest() == digest


def _forget_standings(place: Place) -> None:
    """Make the next scan open every mailbox."""
    with disposing(open_engine(str(place.store_file))) as engine, engine.begin() as connection:
        connection.execute(update(epoch).values(standing=None))


def test_other_settings_open_every_mailbox(scanned: Place, mail_proxy: Proxy) -> None:
    """Another period may let in what did not change on the server; the next scan passes over again."""
    scanned.policy["queue_floor"] = 6

    scanned.scan()
    opened = _opened(mail_proxy)
    mail_proxy.forget()
    scanned.scan()

    assert opened == set(MAILBOXES)
    assert _opened(mail_proxy) == set()


def test_a_mailbox_that_status_is_silent_about_is_opened(
    place: Place, filled: ServerAccount, mail_proxy: Proxy
) -> None:
    """Without an answer nothing is taken for unchanged."""
    mail_proxy.alter = lambda _, data: data.replace(b"* STATUS Sent/2019 ", b"* STATUS Sent/2018 ")
    place.add(filled, port=mail_proxy.port)
    place.scan()
    place.scan()
    mail_proxy.forget()

    place.scan()

    assert _opened(mail_proxy) == {"Sent/2019"}


def test_a_list_that_came_short_is_asked_for_again(place: Place) -> None:
    """The number of messages said more: what the server left out of its list once is asked for in the same scan."""

    def search(command: Command) -> Answer:
        whole = server.search(command)
        return whole.replace(b" 5", b"") if server.count(b"UID SEARCH") == 1 else whole

    with ScriptedServer(headers(1, 2, 3, 4, 5), {b"UID SEARCH": search}) as server:
        place.add(ServerAccount("ada", "a secret"), port=server.port)
        first = place.scan().answer
        second = place.scan().answer
        listed = [
            command for command in server.commands if (command.name, command.arguments) == (b"UID SEARCH", b"ALL")
        ]

    assert "5 new messages" in first
    assert "0 new messages" in second
    assert len(listed) == 2
