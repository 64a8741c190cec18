"""Where UID SEARCH is not answered, FETCH tells the same UIDs, and a server that keeps some back is found out."""

import random
from collections.abc import Callable, Iterable, Iterator

import pytest

from scanner.crawl import window
from scanner.crawl.account import AccountCrawl
from scanner.crawl.opening import examine
from scanner.crawl.search import examine_and_list, list_uids
from scanner.crawl.window import uids_by_number, uids_that_exist
from scanner.crawl.wire import WireClient
from scanner.errors import ProtocolError, ServerBusyError
from scanner.uids import ranges_of
from tests.crawl.talk import SENT, Listener, account_at
from tests.journey.mail import many
from tests.servers import MailServer, ServerAccount
from tests.servers.scripted import Answer, Command, ScriptedServer, uids_of

UIDS = (3, 4, 5, 90, 91, 200, 4_000_000_000)


def _server(
    uids: Iterable[int] = UIDS, *, answer: Callable[[int, int], bytes] | None = None, ended: bytes = b"OK"
) -> ScriptedServer:
    """Return a server that refuses every search, and says `answer(number, uid)` of each message asked for."""
    numbers = dict(enumerate(sorted(uids), 1))
    say = answer or (lambda number, uid: b"* %d FETCH (UID %d)\r\n" % (number, uid))

    def fetch(command: Command) -> Answer:
        chosen = uids_of(command.arguments.split()[0], dict.fromkeys(numbers, b""))
        return b"".join(say(number, numbers[number]) for number in chosen) + command.tag + b" " + ended + b" said\r\n"

    def uid_fetch(command: Command) -> Answer:
        chosen = uids_of(command.arguments.split()[0], dict.fromkeys(numbers.values(), b""))
        places = {uid: number for number, uid in numbers.items()}
        return b"".join(say(places[uid], uid) for uid in chosen) + command.tag + b" " + ended + b" said\r\n"

    refused = {b"UID SEARCH": lambda command: command.tag + b" BAD never heard of it\r\n"}
    overrides = {**refused, b"FETCH": fetch, b"UID FETCH": uid_fetch}
    return ScriptedServer(dict.fromkeys(numbers.values(), b""), overrides, capability=b"ESEARCH")


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make windows of three messages."""
    monkeypatch.setattr(window, "WINDOW", 3)


def _client(server: ScriptedServer) -> WireClient:
    return WireClient(server.host, server.port, ssl_context=None, timeout=5)


def test_all_uids_are_listed_window_by_window() -> None:
    """Every message is asked for once, none beyond what EXAMINE said there is."""
    with _server() as server:
        client = _client(server)
        opened, uids = examine_and_list(client, SENT)
        client.drop()
        windows = [command.arguments for command in server.commands if command.name == b"FETCH"]

    assert uids == ranges_of(UIDS)
    assert opened.exists == len(UIDS)
    assert windows == [b"1:3 (UID)", b"4:6 (UID)", b"7 (UID)"]


def test_which_of_some_uids_exist_is_asked_without_search() -> None:
    """UID FETCH passes over UIDs that there are not (RFC 9051, 6.4.9)."""
    with _server() as server:
        client = _client(server)
        found = list_uids(client, ((4, 6), (80, 90), (7_000, 8_000)))
        client.drop()

    assert found == ((4, 5), (90, 90))


@pytest.mark.parametrize(
    "more",
    [
        b"* 1 FETCH (FLAGS (\\Seen))\r\n",
        b"* 2 FETCH (FLAGS (\\Seen) UID 4)\r\n",
        b"* 77 FETCH (UID 7000)\r\n",
        b"* 3 fetch (uid 5 modseq (12))\r\n",
        b"* 12 EXISTS\r\n",
        b"* 1 FETCH (UID 0)\r\n",
    ],
)
def test_what_nobody_asked_for_changes_nothing(more: bytes) -> None:
    """Flags of other sessions come with or without UID, new mail is announced, numbers make no sense."""
    with _server(answer=lambda number, uid: b"* %d FETCH (UID %d)\r\n" % (number, uid) + more) as server:
        client = _client(server)
        found = uids_by_number(client, len(UIDS))
        client.drop()

    assert found == ranges_of(UIDS)


def test_messages_that_are_kept_back_are_told() -> None:
    """EXAMINE says how many there are: what is missing among the UIDs cuts the mailbox, and the rest is read."""
    with _server(answer=lambda number, uid: b"" if uid == 90 else b"* %d FETCH (UID %d)\r\n" % (number, uid)) as server:
        crawl = AccountCrawl(account_at(server), lambda: "secret", where="account 1", progress=Listener())
        _, uids = crawl.open(SENT)
        crawl.close()

    assert uids == ranges_of(set(UIDS) - {90})
    assert crawl.cut(SENT) == "the server lists 6 of 7 messages"


def test_without_search_a_period_cannot_be_kept() -> None:
    """What lies outside the mandate is not asked for: the mailbox is a gap instead."""
    with _server() as server:
        client = _client(server)
        with pytest.raises(ProtocolError, match="UID SEARCH"):
            examine_and_list(client, SENT, "SINCE 1-Jan-2021")
        client.drop()

        assert not server.count(b"FETCH")


def test_a_server_that_answers_neither_is_said() -> None:
    """NO to FETCH is an error, and a throttle one of its own."""
    for ended, error in ((b"NO", ProtocolError), (b"BAD", ProtocolError), (b"NO [THROTTLED]", ServerBusyError)):
        with _server(ended=ended) as server:
            client = _client(server)
            with pytest.raises(error):
                uids_by_number(client, 7)
            client.drop()


def test_a_flood_of_answers_ends() -> None:
    """Ten answers for each message are more than any server gives."""
    with _server(answer=lambda number, uid: b"* 1 FETCH (UID 3)\r\n" * 1_000) as server:
        client = _client(server)
        with pytest.raises(ProtocolError, match="no end"):
            uids_by_number(client, len(UIDS))
        client.drop()


@pytest.fixture
def holes(mail_server: MailServer, mail_account: ServerAccount) -> Iterator[WireClient]:
    """Yield a connection to a real server with a mailbox of many holes."""
    chance = random.Random(7)
    uids = mail_server.deliver(mail_account, "Sent", many(60))
    mail_server.expunge(mail_account, "Sent", chance.sample(uids, 25))
    client = WireClient("127.0.0.1", mail_server.port, ssl_context=None, timeout=20)
    client.log_in(mail_account.user, mail_account.password)
    yield client
    client.drop()


def test_real_servers_give_the_same_as_a_search(holes: WireClient) -> None:
    """Every way to ask gives the same UIDs."""
    opened = examine(holes, SENT)
    listed = list_uids(holes)

    assert uids_by_number(holes, opened.exists) == listed
    assert uids_that_exist(holes, ((1, listed[-1][1] + 500),)) == listed
    assert opened.exists == 35
