"""One account tried step by step, on a real Dovecot and on servers that answer as Exchange does."""

import itertools
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.crawl.sign_in.token import Token, TokenCredential
from scanner.errors import AccountClosedError
from scanner.model import Account
from scanner.pipeline.checking.account_check import AccountCheck, CheckedMailbox
from scanner.pipeline.checking.exclusion import ExcludedMailbox
from scanner.pipeline.checking.trial import STEPS, ImapTrial
from tests.conftest import missing
from tests.crawl.talk import account_at, headers
from tests.journey.mail import many
from tests.servers import ServerAccount, ServerMissingError
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_master import MASTER, MASTER_PASSWORD, MasterDovecot
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

EXCHANGE = b"IMAP4 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"


def tried(server: ScriptedServer, credential: Callable[[], str] = lambda: "a secret", **changes: Any) -> AccountCheck:
    """Return the outcome of an account at a scripted server."""
    return ImapTrial(1, account_at(server, **changes), credential).run()


def exchange(**overrides: bytes) -> ScriptedServer:
    """Return a server that answers as Exchange; by command what stands behind the tag."""

    def said(words: bytes) -> Override:
        return lambda command: command.tag + b" " + words + b"\r\n"

    answers = {"AUTHENTICATE": b"OK done"} | overrides
    known: dict[bytes, Override] = {name.encode(): said(words) for name, words in answers.items()}
    return ScriptedServer({}, known, capability=EXCHANGE)


def _token() -> TokenCredential:
    return TokenCredential(lambda: Token("a token", 10.0**10))


def test_what_the_settings_exclude_is_told() -> None:
    """Named, not opened; and patterns that match nothing here are kept for whoever knows all accounts."""
    lines = b"".join(b'* LIST () "/" ' + name + b"\r\n" for name in (b"Sent", b'"Sent/Works council"', b"INBOX"))
    excluded = (("Sent/W*", "agreed"), ("Dairy", "private"))

    with ScriptedServer({}, {b"LIST": lambda command: lines + command.tag + b" OK done\r\n"}) as server:
        answer = ImapTrial(1, account_at(server, excluded=excluded), lambda: "a secret").run()

    assert answer.excluded == (ExcludedMailbox("Sent/Works council", "agreed"),)
    assert answer.unmatched_exclusions == ("Dairy",)
    assert [one.name for one in answer.sent_mailboxes] == ["Sent"]


# --- Dovecot ------------------------------------------------------------------


def test_every_step_of_a_good_account_is_told(dovecot_server: Dovecot, account: ServerAccount) -> None:
    """Each in its order, with the sent mailbox, why it is one, and how much it holds."""
    dovecot_server.deliver(account, "Sent", many(4))
    place = Account(
        name="a",
        host="localhost",
        port=dovecot_server.tls_port,
        user=account.user,
        ca_file=dovecot_server.ca_file,
        timeout=20,
    )

    answer = ImapTrial(3, place, lambda: account.password).run()

    assert [(step.name, step.ok) for step in answer.steps] == [(name, True) for name in STEPS]
    assert answer.sent_mailboxes == (CheckedMailbox("Sent", "marked \\Sent by the server", 4),)
    assert answer.failed is None
    assert "TLSv1" in answer.steps[2].detail
    # Without ACL it cannot be told, and that is said.
    assert "perhaps could" in answer.warnings[0]


@pytest.fixture(scope="module")
def acl_dovecot() -> Iterator[MasterDovecot]:
    """Yield a Dovecot with a master user and ACL."""
    try:
        server = MasterDovecot("http://127.0.0.1:1")
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


_NUMBERS = itertools.count(1)


@pytest.fixture
def box(acl_dovecot: MasterDovecot) -> ServerAccount:
    """Return an account with two sent mails."""
    made = acl_dovecot.add_account(f"acl{next(_NUMBERS)}")
    acl_dovecot.deliver(made, "Sent", many(2))
    return made


@pytest.mark.dovecot
def test_an_owner_could_also_write(acl_dovecot: MasterDovecot, box: ServerAccount) -> None:
    """RFC 4314: MYRIGHTS says so, and the warning names the rights."""
    place = Account(name="a", host="127.0.0.1", port=acl_dovecot.port, user=box.user, security="none", timeout=20)

    answer = ImapTrial(1, place, lambda: box.password).run()

    assert answer.failed is None
    assert "could also change 'Sent'" in answer.warnings[0]
    assert "w" in answer.warnings[0].split("rights ")[1].split(")")[0]


@pytest.mark.dovecot
def test_a_master_user_with_the_rights_of_the_plan_only_reads(acl_dovecot: MasterDovecot, box: ServerAccount) -> None:
    """Lookup and read, as `check --plan` grants them, are enough for every step, and there is nothing to warn of."""
    place = Account(
        name="a",
        host="127.0.0.1",
        port=acl_dovecot.port,
        user=MASTER,
        as_user=box.user,
        security="none",
        timeout=20,
    )

    answer = ImapTrial(1, place, lambda: MASTER_PASSWORD).run()

    assert [step.ok for step in answer.steps] == [True] * len(STEPS), answer.steps
    assert answer.sent_mailboxes[0].messages == 2
    assert answer.warnings == ()


# --- what fails, and where ----------------------------------------------------


def failed(answer: AccountCheck) -> tuple[str, str]:
    """Return (step, cause), and see that nothing behind it was tried."""
    assert answer.failed is not None
    names = [step.name for step in answer.steps]
    behind = answer.steps[names.index(answer.failed.name) + 1 :]
    assert all(step.ok is None for step in behind)
    assert answer.next_action == answer.failed.remedy != ""
    return answer.failed.name, answer.failed.code


def test_an_unknown_host_fails_first() -> None:
    """RFC 6761, 6.4: .invalid never resolves."""
    place = Account(name="a", host="imap.corp.invalid", port=993, user="a")

    assert failed(ImapTrial(1, place, lambda: "x").run()) == ("host name", "host_unknown")


def test_a_closed_port_fails_second() -> None:
    """Nothing listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    place = Account(name="a", host="127.0.0.1", port=port, user="a", security="none")

    assert failed(ImapTrial(1, place, lambda: "x").run()) == ("connection", "host_refused")


def test_no_tls_fails_third() -> None:
    """The password never leaves."""
    with ScriptedServer({}) as server:
        assert failed(tried(server, security="tls")) == ("encryption", "encryption")
        assert server.count(b"LOGIN") == 0


@pytest.mark.parametrize(
    ("said", "step", "cause"),
    [
        (b"NO [AUTHENTICATIONFAILED] no", "sign-in", "sign_in"),
        (b"NO LOGIN failed. AuthFailed:LogonDenied-BasicAuthBlocked", "sign-in", "sign_in"),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", "permission", "imap_off"),
        (b"NO [AUTHORIZATIONFAILED] no", "permission", "permission"),
        (b"NO mailbox doesn't have a valid license", "permission", "no_licence"),
        (b"NO [UNAVAILABLE] later", "sign-in", "busy"),
    ],
)
def test_being_known_and_being_let_in_are_two_steps(said: bytes, step: str, cause: str) -> None:
    """A password that is right and a mailbox that is closed need different people to mend them."""
    with ScriptedServer({}, {b"LOGIN": lambda command: command.tag + b" " + said + b"\r\n"}) as server:
        assert failed(tried(server)) == (step, cause)
        assert server.count(b"LOGIN") == 1


def test_exchange_without_permission_is_told_after_its_ok() -> None:
    """It accepts the token, and refuses whatever comes first."""
    closed = b"BAD User is authenticated but not connected."
    with exchange(NAMESPACE=closed, LIST=closed) as server:
        answer = tried(server, _token(), auth="microsoft")

    assert failed(answer) == ("permission", "permission")
    assert answer.steps[3].ok is True
    assert "check --plan" in answer.next_action


def test_exchange_with_imap_off_is_told_apart() -> None:
    """The remedy is another command, for another reason."""
    said = b'NO AUTHENTICATE failed. [Error="NoADRecipient" AuthResultFromPopImapEnd=8 Service=Imap4]'
    with exchange(AUTHENTICATE=said) as server:
        answer = tried(server, _token(), auth="microsoft")

    assert failed(answer) == ("permission", "imap_off")
    assert "Set-CASMailbox" in answer.next_action


def test_exchange_that_says_nothing_more_is_asked_to_be_looked_at() -> None:
    """A bare NO: the token was given, so application and mailbox are what to look at."""
    with exchange(AUTHENTICATE=b"NO AUTHENTICATE failed.") as server:
        answer = tried(server, _token(), auth="microsoft")

        assert server.count(b"AUTHENTICATE") == 1
    assert failed(answer) == ("permission", "permission")
    assert "New-ServicePrincipal" in answer.next_action


def test_a_token_that_was_never_given_fails_at_signing_in() -> None:
    """The mail server has not been asked: its permissions are not what is wrong."""

    def refuse() -> Token:
        raise AccountClosedError("nobody has consented", remedy="Consent")

    with exchange() as server:
        answer = tried(server, TokenCredential(refuse), auth="microsoft")

        assert server.count(b"AUTHENTICATE") == 0
    assert failed(answer) == ("sign-in", "permission")


def test_tokens_could_also_write() -> None:
    """Neither Exchange nor Gmail has less than that for IMAP; the owner of the data is told."""
    with exchange() as server:
        answer = tried(server, _token(), auth="microsoft")

    assert answer.failed is None
    assert "FullAccess" in answer.warnings[0]


def test_without_a_sent_mailbox_the_names_are_shown() -> None:
    """To choose from them."""
    listed = b'* LIST () "/" INBOX\r\n* LIST () "/" Outbound\r\n'
    override: dict[bytes, Override] = {b"LIST": lambda command: listed + command.tag + b" OK done\r\n"}
    with ScriptedServer({}, override) as server:
        answer = tried(server)

    assert failed(answer) == ("sent mailboxes", "no_sent_mailbox")
    assert answer.mailboxes == ("INBOX", "Outbound")


def test_a_misspelt_mailbox_is_told_with_the_names_there_are() -> None:
    """Though others hold sent mail: the settings want correcting, and the list says how."""
    listed = b'* LIST (\\Sent) "/" Sent\r\n* LIST () "/" Outbound\r\n'
    override: dict[bytes, Override] = {b"LIST": lambda command: listed + command.tag + b" OK done\r\n"}
    with ScriptedServer({}, override) as server:
        answer = ImapTrial(1, account_at(server, mailboxes=("Outbond",)), lambda: "a secret").run()

    assert failed(answer) == ("sent mailboxes", "mailbox_missing")
    assert answer.failed is not None
    assert "'Outbond'" in answer.failed.detail
    assert answer.mailboxes == ("Outbound", "Sent")


@pytest.mark.parametrize(
    ("held", "told"), [(0, "0 messages to read"), (1, "1 message to read"), (2, "2 messages to read")]
)
def test_the_count_is_a_sentence(held: int, told: str) -> None:
    """One message is no "1 messages"."""
    with ScriptedServer(dict.fromkeys(range(1, held + 1), b"")) as server:
        answer = tried(server)

    assert answer.steps[-1].detail == told


def test_a_sent_mailbox_that_does_not_open_is_named() -> None:
    """The list shows it, EXAMINE refuses it."""
    with ScriptedServer({}, {b"EXAMINE": lambda command: command.tag + b" NO [NOPERM] no\r\n"}) as server:
        answer = tried(server)

    assert failed(answer) == ("counts", "permission")
    assert "'Sent'" in answer.steps[-1].detail


@pytest.mark.parametrize(
    ("rights", "more"),
    [(b"lr", None), (b"r", None), (b"lrs", "s"), (b'"lrswi"', "isw"), (b"lrswipkxtecda", "acdeikpstwx")],
)
def test_rights_beyond_reading_are_named(rights: bytes, more: str | None) -> None:
    """RFC 4314, 2.1: every right but l and r changes something, s the \\Seen flag."""
    override: dict[bytes, Override] = {
        b"MYRIGHTS": lambda command: b"* MYRIGHTS Sent " + rights + b"\r\n" + command.tag + b" OK done\r\n"
    }
    with ScriptedServer({}, override, capability=b"ACL SPECIAL-USE") as server:
        answer = tried(server)

    assert answer.failed is None
    assert [f"(rights {more})" in warning for warning in answer.warnings] == ([True] if more else [])


def test_rights_that_the_server_does_not_tell_are_said_to_be_unknown() -> None:
    """It names ACL and refuses the question."""
    with ScriptedServer({}, capability=b"ACL SPECIAL-USE") as server:
        answer = tried(server)

    assert answer.failed is None
    assert "cannot be told" in answer.warnings[0]


def test_nothing_that_could_change_anything_is_sent() -> None:
    """IMAP.md's list of commands, and the one that asks for rights."""
    allowed = set(b"CAPABILITY AUTHENTICATE LOGIN ID NAMESPACE LIST EXAMINE MYRIGHTS NOOP LOGOUT".split())
    allowed.add(b"UID SEARCH")
    with ScriptedServer({}, capability=b"ACL ID SPECIAL-USE NAMESPACE") as server:
        tried(server)

        assert {command.name for command in server.commands} <= allowed


def test_what_the_mandates_period_leaves_out_is_not_counted() -> None:
    """A check counts what a scan would read."""
    within, after = (int(datetime(2021, 2, day, tzinfo=UTC).timestamp()) for day in (3, 4))
    with ScriptedServer(headers(3, 9)) as server:
        counted = tried(server, sent_from=within, sent_until=after)
        none = tried(server, sent_from=after)

    assert [one.messages for one in (*counted.sent_mailboxes, *none.sent_mailboxes)] == [2, 0]


def test_a_mailbox_that_hides_messages_is_warned_of() -> None:
    """EXISTS says more than the server lists."""

    def half(command: Command) -> Answer:
        return b"* SEARCH 3\r\n" + command.tag + b" OK done\r\n"

    with ScriptedServer(headers(3, 9), {b"UID SEARCH": half}) as server:
        answer = tried(server)

    assert answer.failed is None
    assert any("the server lists 1 of 2 messages" in warning for warning in answer.warnings)
