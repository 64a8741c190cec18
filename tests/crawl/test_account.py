"""An account is read to its end over broken connections, and given up where going on would do harm."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scanner.crawl import steady as steady_module
from scanner.crawl.account import AccountCrawl
from scanner.crawl.steady import MailboxChangedError
from scanner.errors import (
    AccountError,
    ConnectionLostError,
    HostRefusedError,
    NoSentMailboxError,
    ProtocolError,
    ServerBusyError,
    ServerTimeoutError,
    SignInError,
)
from scanner.model import Batch
from scanner.uids import Ranges, count, join_ranges
from tests.crawl.talk import SENT, Listener, account_at, headers
from tests.servers.scripted import Answer, Command, ScriptedServer

BAD = 4
WAIT = 0.001
HUNDRED = headers(*range(1, 101))


@contextmanager
def crawling(server: ScriptedServer, listener: Listener | None = None, **changes: Any) -> Iterator[AccountCrawl]:
    """Yield the crawl of the account at a running server; waits are tiny."""
    crawl = AccountCrawl(
        account_at(server, **changes),
        lambda: "a secret",
        where="account 1",
        progress=listener or Listener(),
        base_wait=WAIT,
    )
    try:
        yield crawl
    finally:
        crawl.close()


def read_all(crawl: AccountCrawl) -> list[Batch]:
    """Open the sent mailbox and return all batches."""
    opened, listed = crawl.open(SENT)
    return list(crawl.batches(SENT, opened, listed))


def until_error(batches: Iterator[Batch]) -> tuple[list[Batch], AccountError]:
    """Return the batches that came before the error that must come, and the error."""
    came: list[Batch] = []
    try:
        for batch in batches:
            came.append(batch)
    except AccountError as error:
        return came, error
    pytest.fail("no error came")


def stored(batches: list[Batch]) -> list[int]:
    """Return the UIDs of the messages."""
    return sorted(message.uid for batch in batches for message in batch.messages)


def gaps(batches: list[Batch]) -> dict[int | None, str]:
    """Return the gaps by UID."""
    return {gap.uid: gap.kind for batch in batches for gap in batch.gaps}


def examined(batches: list[Batch]) -> Ranges:
    """Return all that need not be asked for again."""
    return join_ranges(pair for batch in batches for pair in batch.examined)


class Breaking(ScriptedServer):
    """A server whose `fetch` answers UID FETCH; it may send a part of an answer itself, then hang up."""

    def __init__(self, headers: dict[int, bytes]) -> None:
        super().__init__(headers, {b"UID FETCH": self.fetch})

    def fetch(self, command: Command) -> Answer:
        """Answer as a server that works."""
        return self.answer(command)

    def _serve(self, client: socket.socket) -> None:
        self.client = client
        super()._serve(client)


# --- the usual ----------------------------------------------------------------


def test_an_account_is_read_over_one_connection() -> None:
    """Sign in once, list, examine, search, fetch, sign out."""
    with ScriptedServer(HUNDRED) as server:
        with crawling(server) as crawl:
            (mailbox,) = [found for found in crawl.find_mailboxes() if found.in_scope]
            opened, listed = crawl.open(mailbox)
            batches = list(crawl.batches(mailbox, opened, listed))

        names = [command.name for command in server.commands]

    assert (opened.uidvalidity, opened.uidnext, opened.exists) == (7, 101, 100)
    assert stored(batches) == list(range(1, 101))
    assert examined(batches) == ((1, 100),)
    assert (names.count(b"LOGIN"), names[-1]) == (1, b"LOGOUT")


def test_what_an_empty_mailbox_says_to_a_search_is_of_no_interest() -> None:
    """Some servers answer a search of nothing with an error; opening and searching are one round trip."""

    def refuse(command: Command) -> Answer:
        return command.tag + b" BAD nothing to search\r\n"

    with ScriptedServer({}, {b"UID SEARCH": refuse}) as server, crawling(server) as crawl:
        assert read_all(crawl) == []


def test_only_the_mandates_period_is_listed() -> None:
    """What lies between the listed UIDs stays open then."""
    with ScriptedServer(headers(3, 9)) as server, crawling(server, sent_from=1612346400) as crawl:
        batches = read_all(crawl)

        assert [command.arguments for command in server.commands if command.name == b"UID SEARCH"] == [
            b"SINCE 2-Feb-2021",
            b"SINCE 2-Feb-2021 BEFORE 5-Feb-2021",
        ]
    assert examined(batches) == ((3, 3), (9, 9))
    assert not crawl.lists_everything


# --- broken connections -------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 37, 150, 1000, 9000])
def test_a_cut_anywhere_changes_nothing(cut: int) -> None:
    """The connection ends within the first answer: what came whole is kept, the rest is asked for on a new one."""

    class Cutting(Breaking):
        broken = False

        def fetch(self, command: Command) -> Answer:
            if self.broken:
                return self.answer(command)
            self.broken = True
            self.client.sendall((self.answer(command) or b"")[:cut])
            return None

    listener = Listener()
    with Cutting(HUNDRED) as server, crawling(server, listener) as crawl:
        batches = read_all(crawl)

        assert server.count(b"LOGIN") == 2
    assert stored(batches) == list(range(1, 101))
    assert (gaps(batches), examined(batches)) == ({}, ((1, 100),))
    assert len(listener.said) == 1
    assert listener.said[0].startswith("account 1: ")


@pytest.mark.parametrize("name", [b"LIST", b"EXAMINE", b"UID SEARCH"])
def test_a_connection_that_breaks_before_the_first_message_is_made_again(name: bytes) -> None:
    """Listing and opening can be done anew from their beginning."""
    times: list[bytes] = []

    def once(command: Command) -> Answer:
        if server.count(b"LOGIN"):
            times.append(command.name)
            if len(times) == 1:
                return None
        return server.answer(command)

    with ScriptedServer(HUNDRED, {name: once}) as server, crawling(server) as crawl:
        (mailbox,) = [found for found in crawl.find_mailboxes() if found.in_scope]
        batches = read_all(crawl)

    assert mailbox.name == "Sent"
    assert stored(batches) == list(range(1, 101))


@pytest.mark.parametrize("name", [b"LOGIN", b"CAPABILITY"])
def test_a_connection_that_breaks_during_the_first_sign_in_is_not_made_again(name: bytes) -> None:
    """Some servers hang up on a wrong password: trying again would lock the account."""

    def hang_up(command: Command) -> Answer:
        return None if name == b"LOGIN" or server.count(b"LOGIN") else server.answer(command)

    with ScriptedServer(HUNDRED, {name: hang_up}) as server:
        with crawling(server) as crawl, pytest.raises(ConnectionLostError):
            crawl.find_mailboxes()

        assert server.count(b"LOGIN") == 1


def test_silence_is_a_broken_connection() -> None:
    """After the account's time-out a new connection is made."""
    times: list[bytes] = []

    def slow(command: Command) -> Answer:
        times.append(command.name)
        if len(times) == 1:
            time.sleep(0.6)
        return server.answer(command)

    with ScriptedServer(HUNDRED, {b"UID FETCH": slow}) as server, crawling(server, timeout=0.3) as crawl:
        assert stored(read_all(crawl)) == list(range(1, 101))


def test_a_server_out_of_step_is_left() -> None:
    """A literal of the wrong size: nothing behind it can be trusted, so the connection is made anew."""
    times: list[int] = []

    class Wrong(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            times.append(uid)
            if uid == BAD and times.count(BAD) == 1:
                return super().fetched(uid).replace(b"{", b"{1")
            return super().fetched(uid)

    with Wrong(headers(*range(1, 11))) as server, crawling(server) as crawl:
        batches = read_all(crawl)

    assert count(examined(batches)) == 10
    assert len(stored(batches)) + len(gaps(batches)) == 10
    assert len(stored(batches)) >= 9


def test_a_host_that_is_gone_is_tried_a_few_times() -> None:
    """Then the error names what the last trial met."""
    with ScriptedServer(HUNDRED) as server, crawling(server) as crawl:
        opened, listed = crawl.open(SENT)
        crawl.close()
        server.__exit__(None, None, None)

        with pytest.raises(HostRefusedError) as caught:
            list(crawl.batches(SENT, opened, listed))

    assert caught.value.where == "account 1"


def test_nothing_is_tried_again_at_a_server_that_never_answered() -> None:
    """A wrong port or host is a matter for a person, at once."""
    with ScriptedServer({}, greeting=b"HTTP/1.1 400 Bad Request\r\n") as server:
        listener = Listener()
        with crawling(server, listener) as crawl, pytest.raises(ProtocolError):
            crawl.find_mailboxes()

    assert listener.said == []


# --- poison -------------------------------------------------------------------


def _hang_up_on(*poison: int) -> ScriptedServer:
    """Return a server that gives what stands before a poison message, and hangs up there."""

    class Poisoned(Breaking):
        def fetch(self, command: Command) -> Answer:
            uids = self.asked(command)
            first = next((uid for uid in uids if uid in poison), None)
            if first is None:
                return self.answer(command)
            self.client.sendall(b"".join(self.fetched(uid) for uid in uids if uid < first))
            return None

    return Poisoned(HUNDRED)


@pytest.mark.parametrize("poison", [(BAD,), (1,), (100,), (50, 51, 52), (1, 100)])
def test_a_message_that_breaks_the_connection_each_time_costs_itself(poison: tuple[int, ...]) -> None:
    """Dovecot does so for a corrupt message: bounded strikes, a gap, and the rest is read."""
    with _hang_up_on(*poison) as server, crawling(server) as crawl:
        batches = read_all(crawl)

        assert server.count(b"LOGIN") <= 1 + 7 * len(poison)
    assert gaps(batches) == dict.fromkeys(poison, "message_unserved")
    assert stored(batches) == [uid for uid in range(1, 101) if uid not in poison]
    assert examined(batches) == ((1, 100),)


def test_a_server_that_breaks_on_every_message_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not a message that is at fault then; what was not read stays to be asked for."""
    monkeypatch.setattr(steady_module, "POISON_RUN", 3)
    with _hang_up_on(*range(1, 101)) as server, crawling(server) as crawl:
        opened, listed = crawl.open(SENT)
        batches, error = until_error(crawl.batches(SENT, opened, listed))

        assert isinstance(error, ConnectionLostError)

    assert len(gaps(batches)) <= 3
    assert stored(batches) == []


def test_too_many_poison_messages_end_the_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays; the rest is for another day."""
    monkeypatch.setattr(steady_module, "POISON_LIMIT", 2)
    with _hang_up_on(20, 40, 60, 80) as server, crawling(server) as crawl:
        opened, listed = crawl.open(SENT)
        batches, error = until_error(crawl.batches(SENT, opened, listed))

        assert isinstance(error, ConnectionLostError)

    assert len(gaps(batches)) == 2
    assert len(stored(batches)) > 20


# --- throttles ----------------------------------------------------------------


def _throttled(milliseconds: int, times: int, name: bytes = b"UID FETCH") -> ScriptedServer:
    """Return a server that asks for a wait, some answers given before it, as often as said."""
    left = [times]

    def throttle(command: Command) -> Answer:
        if not left[0]:
            return server.answer(command)
        left[0] -= 1
        given = b"".join(server.fetched(uid) for uid in range(1, 31)) if name == b"UID FETCH" else b""
        text = b" NO Request is throttled. Suggested Backoff Time: %d milliseconds\r\n" % milliseconds
        return given + command.tag + text + b"* BYE\r\n"

    server = ScriptedServer(HUNDRED, {name: throttle})
    return server


@pytest.mark.parametrize("name", [b"UID FETCH", b"EXAMINE", b"LOGIN", b"UID SEARCH"])
def test_a_throttle_is_waited_for_as_told(name: bytes) -> None:
    """Not shorter, and said; then everything is read, what came before it once only."""
    listener = Listener()
    with _throttled(250, 1, name) as server, crawling(server, listener) as crawl:
        started = time.monotonic()
        batches = read_all(crawl)
        took = time.monotonic() - started

    assert took >= 0.25
    assert stored(batches) == list(range(1, 101))
    assert listener.said == ["account 1: the server asks to come back later; waiting 0 s"]


def test_a_throttle_that_is_too_long_is_given_up_and_nothing_read_is_lost() -> None:
    """The next scan goes on there; the wait asked for is not sat out."""
    with _throttled(92_415_000, 99) as server, crawling(server) as crawl:
        opened, listed = crawl.open(SENT)
        batches, error = until_error(crawl.batches(SENT, opened, listed))

        assert isinstance(error, ServerBusyError)

    assert stored(batches) == list(range(1, 31))
    assert isinstance(error, ServerBusyError)
    assert error.seconds == 92_415


def test_a_throttle_without_end_is_given_up() -> None:
    """A bounded number of waits without a new message between them."""
    with _throttled(1, 999) as server, crawling(server) as crawl, pytest.raises(ServerBusyError):
        read_all(crawl)

    assert server.count(b"LOGIN") < 15


# --- what is never tried again ------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"NO [AUTHENTICATIONFAILED] Invalid credentials",
        b"NO LOGIN failed.",
        b"BAD Invalid characters",
        b"NO Too many failed attempts, account will be limited, try again",
        b"NO [AUTHENTICATIONFAILED] Too many connections with a wrong password",
    ],
)
def test_a_wrong_password_is_sent_once(said: bytes) -> None:
    """Repeated failures lock accounts."""
    with ScriptedServer({}, {b"LOGIN": lambda command: command.tag + b" " + said + b"\r\n"}) as server:
        with crawling(server) as crawl, pytest.raises(SignInError) as caught:
            crawl.find_mailboxes()

        assert server.count(b"LOGIN") == 1
    assert "a secret" not in str(caught.value)
    assert "ada" not in str(caught.value)


def test_a_password_that_is_refused_in_the_middle_is_not_tried_again() -> None:
    """It was changed during the scan: one trial, what was read is kept."""

    def refuse_later(command: Command) -> Answer:
        return server.answer(command) if server.count(b"LOGIN") == 1 else command.tag + b" NO no\r\n"

    def cut(command: Command) -> Answer:
        return b"".join(server.fetched(uid) for uid in range(1, 31)) + b"* BYE\r\n"

    with ScriptedServer(HUNDRED, {b"LOGIN": refuse_later, b"UID FETCH": cut}) as server, crawling(server) as crawl:
        opened, listed = crawl.open(SENT)
        batches, error = until_error(crawl.batches(SENT, opened, listed))

        assert isinstance(error, SignInError)

        assert server.count(b"LOGIN") == 2
    assert stored(batches) == list(range(1, 31))


def test_an_account_without_sent_mail_is_not_asked_twice() -> None:
    """A new connection would list the same."""
    with ScriptedServer({}, {b"LIST": lambda command: b'* LIST () "/" INBOX\r\n' + command.tag + b" OK\r\n"}) as server:
        with crawling(server) as crawl, pytest.raises(NoSentMailboxError):
            crawl.find_mailboxes()

        assert server.count(b"LIST") == 1


# --- a mailbox that changes ---------------------------------------------------


def test_a_new_uidvalidity_after_a_break_is_said() -> None:
    """The old UIDs mean other messages now (RFC 9051, 2.3.1.1): none is asked for."""

    def examine(command: Command) -> Answer:
        said = server.answer(command) or b""
        return said.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8") if server.count(b"EXAMINE") > 1 else said

    def cut(command: Command) -> Answer:
        return b"* BYE\r\n"

    with ScriptedServer(HUNDRED, {b"EXAMINE": examine, b"UID FETCH": cut}) as server, crawling(server) as crawl:
        with pytest.raises(MailboxChangedError):
            read_all(crawl)

        assert server.count(b"UID FETCH") == 1


def test_more_uids_than_messages_are_not_believed() -> None:
    """ "1:4294967295" of a mailbox with 100 messages would be asked for without end."""

    def search(command: Command) -> Answer:
        return b"* ESEARCH UID ALL 1:4294967295\r\n" + command.tag + b" OK\r\n"

    server = ScriptedServer(HUNDRED, {b"UID SEARCH": search}, capability=b"ESEARCH")
    with server, crawling(server) as crawl, pytest.raises(ProtocolError, match="more messages"):
        crawl.open(SENT)


def test_a_mailbox_that_lists_nothing_and_holds_something_is_not_passed_over() -> None:
    """Search answers that were lost look like an empty mailbox; EXISTS tells."""

    def search(command: Command) -> Answer:
        return command.tag + b" OK\r\n"

    server = ScriptedServer(HUNDRED, {b"UID SEARCH": search})
    with server, crawling(server) as crawl, pytest.raises(ProtocolError, match="lists no message"):
        crawl.open(SENT)


def test_an_error_in_one_mailbox_leaves_no_connection_out_of_step() -> None:
    """The answers to what failed must not be taken for those to the next command."""
    is_good: list[bool] = []

    def endless(command: Command) -> Answer:
        return (b"" if is_good else b"A0 OK nobody asked\r\n") + (server.answer(command) or b"")

    with ScriptedServer(HUNDRED, {b"EXAMINE": endless}) as server, crawling(server) as crawl:
        with pytest.raises(AccountError):
            crawl.open(SENT)
        is_good.append(True)

        assert stored(read_all(crawl)) == list(range(1, 101))


def test_closing_twice_or_never_opened_is_nothing() -> None:
    """Also when the server is gone by then."""
    with ScriptedServer(HUNDRED) as server, crawling(server) as crawl:
        crawl.close()
        crawl.open(SENT)
        server.__exit__(None, None, None)
        crawl.close()
        crawl.close()

        assert (crawl.server_id, crawl.tls_version) == ("", "")


def test_a_time_out_is_named_when_it_does_not_end() -> None:
    """The error that a person sees is that of the last trial."""

    def silent(command: Command) -> Answer:
        time.sleep(0.2)
        return None

    server = ScriptedServer(HUNDRED, {b"EXAMINE": silent})
    with server, crawling(server, timeout=0.05) as crawl, pytest.raises(ServerTimeoutError):
        crawl.open(SENT)


@pytest.mark.parametrize("place", ["greeting", "untagged", "sign-in", "refusal"])
def test_an_alert_is_shown_once(place: str) -> None:
    """RFC 9051, 7.1: ALERT carries "a special alert that MUST be presented to the user", wherever it is said."""
    alert = b"[ALERT] Mailbox  is at \x1b[31m 99 % of its size"
    told = "account 1: the server says: Mailbox is at \x1b[31m 99 % of its size"

    def sign_in(command: Command) -> Answer:
        said = b"NO " if place == "refusal" else b"OK "
        return command.tag + b" " + said + (alert if place in {"sign-in", "refusal"} else b"done") + b"\r\n"

    def listed(command: Command) -> Answer:
        return (b"* OK " + alert + b"\r\n" if place == "untagged" else b"") + (server.answer(command) or b"")

    greeting = b"* OK " + (alert if place == "greeting" else b"ready") + b"\r\n"
    listener = Listener()
    with ScriptedServer({}, {b"LOGIN": sign_in, b"LIST": listed}, greeting=greeting) as server:
        crawl = AccountCrawl(account_at(server), lambda: "secret", where="account 1", progress=listener)
        for _ in range(2):
            try:
                crawl.find_mailboxes()
            except SignInError:
                assert place == "refusal"
            crawl.close()

    assert listener.said == [told]


def test_alerts_without_end_are_not_all_shown() -> None:
    """A server that says something else each time does not fill the screen."""

    def noop(command: Command) -> Answer:
        return b"".join(b"* OK [ALERT] notice %d\r\n" % number for number in range(100)) + command.tag + b" OK done\r\n"

    listener = Listener()
    with ScriptedServer({}, {b"NOOP": noop}) as server:
        crawl = AccountCrawl(account_at(server), lambda: "secret", where="account 1", progress=listener)
        crawl.is_alive()
        crawl.close()

    assert listener.said == [f"account 1: the server says: notice {number}" for number in range(5)]
