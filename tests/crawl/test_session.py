"""Signing in happens once and rightly, and every error of others becomes one of ours."""

import base64
import builtins
import errno
import imaplib
import inspect
import os
import socket
import ssl
from pathlib import Path

import imapclient.exceptions
import pytest

from scanner.crawl.session import account_errors, connect, open_connection, tls_context
from scanner.errors import (
    AccountError,
    CertificateError,
    ConnectionLostError,
    EncryptionError,
    HostNotFoundError,
    HostRefusedError,
    ProtocolError,
    ServerBusyError,
    ServerTimeoutError,
    SignInError,
)
from tests.conftest import missing
from tests.crawl.talk import account_at
from tests.servers import ServerMissingError
from tests.servers.certificate import Authority
from tests.servers.scripted import Answer, Command, ScriptedServer

# --- errors of others ---------------------------------------------------------

OURS: dict[type[BaseException], type[AccountError]] = {
    ssl.SSLCertVerificationError: CertificateError,
    ssl.SSLError: EncryptionError,
    ssl.SSLWantReadError: EncryptionError,
    ssl.SSLWantWriteError: EncryptionError,
    ssl.SSLEOFError: ConnectionLostError,
    ssl.SSLZeroReturnError: ConnectionLostError,
    ssl.SSLSyscallError: ConnectionLostError,
    socket.gaierror: HostNotFoundError,
    socket.herror: ConnectionLostError,
    ConnectionRefusedError: HostRefusedError,
    TimeoutError: ServerTimeoutError,
    imaplib.IMAP4.error: ProtocolError,
    imaplib.IMAP4.abort: ConnectionLostError,
    imaplib.IMAP4.readonly: ConnectionLostError,
    imapclient.exceptions.CapabilityError: ProtocolError,
    imapclient.exceptions.LoginError: ProtocolError,
    imapclient.exceptions.IllegalStateError: ProtocolError,
    imapclient.exceptions.InvalidCriteriaError: ProtocolError,
    imapclient.exceptions.ProtocolError: ProtocolError,
}
"""Every class of imapclient, imaplib, ssl and socket; any other OSError is a lost connection."""


def _classes(module: object) -> set[type[BaseException]]:
    return {each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, Exception)}


def test_every_error_class_of_the_libraries_is_mapped() -> None:
    """One that a new release adds fails here until somebody decides what it means."""
    libraries = _classes(imapclient.exceptions) | _classes(imaplib.IMAP4) | _classes(ssl) | _classes(socket)

    foreign = {each for each in libraries if each.__module__ != "builtins" and each.__name__[0] != "_"} - OURS.keys()

    assert foreign == set()


@pytest.mark.parametrize("theirs", OURS, ids=lambda theirs: theirs.__qualname__)
def test_their_error_becomes_ours(theirs: type[BaseException]) -> None:
    """With the place, and with theirs as its cause."""
    with pytest.raises(AccountError) as caught, account_errors("account 3"):
        raise theirs(1, "ada@corp.example")

    assert type(caught.value) is OURS[theirs]
    assert caught.value.where == "account 3"
    assert caught.value.__cause__ is not None
    assert "ada@corp.example" not in str(caught.value)


def test_every_operating_system_error_is_an_account_that_failed() -> None:
    """None of them ends the scan of the other accounts."""
    kinds = [each for each in vars(builtins).values() if inspect.isclass(each) and issubclass(each, OSError)]
    assert len(kinds) > 10

    for kind in kinds:
        with pytest.raises(AccountError), account_errors("account 3"):
            raise kind(0, "x")


@pytest.mark.parametrize("number", ["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"])
def test_no_way_to_a_host_is_no_lost_connection(number: str) -> None:
    """It never was one: host and network are to be looked at."""
    with pytest.raises(HostRefusedError, match="no way"), account_errors("account 3"):
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))


def test_our_own_errors_pass_and_learn_where() -> None:
    """The innermost place stays."""
    with pytest.raises(SignInError) as caught, account_errors("account 3"), account_errors("imap.corp.example"):
        raise SignInError("no")

    assert caught.value.where == "imap.corp.example"


@pytest.mark.parametrize("ours", [ValueError, KeyError, RuntimeError, KeyboardInterrupt])
def test_a_fault_of_ours_stays_one(ours: type[BaseException]) -> None:
    """It must not pass for something the server did."""
    with pytest.raises(ours), account_errors("account 3"):
        raise ours("x")


# --- reaching -----------------------------------------------------------------


def test_plain_text_leaves_no_machine() -> None:
    """Not even a connection is made."""
    with ScriptedServer({}) as server:
        account = account_at(server, host="imap.example.org")

        with pytest.raises(EncryptionError, match="loopback only"):
            open_connection(account)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "imap..example", "a.example\0"])
def test_a_name_that_no_host_can_have_is_an_unknown_host(host: str) -> None:
    """Python's codec refuses it with an error of its own."""
    with ScriptedServer({}) as server:
        account = account_at(server, host=host, security="tls")

        with pytest.raises((HostNotFoundError, ConnectionLostError)), account_errors("account 1"):
            open_connection(account)


def test_a_port_where_nobody_listens_is_refused() -> None:
    """Said in plain words."""
    with ScriptedServer({}) as server:
        account = account_at(server)

    with pytest.raises(HostRefusedError):
        connect(account, lambda: "a secret", where="account 1")


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"* BYE too many connections\r\n", ServerBusyError),
        (b"* bye\r\n", ServerBusyError),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ProtocolError),
        (b"220 mail.example ESMTP\r\n", ProtocolError),
        (b"* NO\r\n", ProtocolError),
        (b"\r\n", ProtocolError),
        (b"", ServerTimeoutError),
    ],
)
def test_what_greets_in_another_way_is_named(greeting: bytes, error: type[AccountError]) -> None:
    """A goodbye is worth another try, another service is not."""
    with ScriptedServer({}, greeting=greeting) as server, pytest.raises(error):
        connect(account_at(server, timeout=0.3), lambda: "a secret", where="account 1")


@pytest.mark.parametrize("security", ["none", "starttls"])
def test_a_port_that_waits_for_tls_is_told(security: str) -> None:
    """Both sides wait for the other's first word; a longer time-out would not help."""
    with ScriptedServer({}, greeting=b"") as server:
        account = account_at(server, security=security, timeout=0.3)

        with pytest.raises(ServerTimeoutError, match="no server greets") as caught:
            connect(account, lambda: "a secret", where="account 1")

    assert 'security = "tls"' in caught.value.remedy
    assert caught.value.where == "account 1"


def test_silence_after_the_greeting_is_slowness() -> None:
    """Where the server has greeted in plain text, TLS is not the matter."""
    with ScriptedServer({}, {b"LOGIN": lambda _: b""}) as server:
        account = account_at(server, timeout=0.3)

        with pytest.raises(ServerTimeoutError, match="did not answer in time"):
            connect(account, lambda: "a secret", where="account 1")


@pytest.mark.parametrize(
    "greeting",
    [
        b"* OK Willk\xfcommen\r\n",
        b"* OK\r\n",
        b"* OK [CAPABILITY IMAP4REV1] x\r\n",
        b"* ok ready\r\n",
        b"* OK x [TQBXAEg]\r\n",
    ],
)
def test_greetings_of_many_servers_are_understood(greeting: bytes) -> None:
    """8-bit, without text, with capabilities, in small letters, with a token that is no response code."""
    with ScriptedServer({}, greeting=greeting) as server:
        client = open_connection(account_at(server))

        assert not client.is_signed_in
        client.drop()


# --- encryption ---------------------------------------------------------------


def test_tls_to_a_plain_port_is_no_encryption() -> None:
    """The password never leaves."""
    with ScriptedServer({}) as server:
        with pytest.raises(EncryptionError, match="no encrypted connection"):
            connect(account_at(server, security="tls"), lambda: "a secret", where="account 1")

        assert server.count(b"LOGIN") == 0


@pytest.mark.parametrize(
    ("capability", "answer"),
    [
        (b"", b"OK begin"),
        (b"STARTTLS", b"OK begin"),
        (b"STARTTLS", b"NO not now"),
        (b"STARTTLS", b"BAD what"),
        (b"STARTTLS", b"OK begin\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected"),
    ],
)
def test_without_starttls_nothing_goes_on_in_plain_text(capability: bytes, answer: bytes) -> None:
    """Not offered, refused, or answered by a server that then speaks no TLS: no sign-in."""
    override = {b"STARTTLS": lambda command: command.tag + b" " + answer + b"\r\n"}
    with ScriptedServer({}, override, capability=capability) as server:
        with pytest.raises(AccountError):
            connect(account_at(server, security="starttls", timeout=1), lambda: "a secret", where="account 1")

        assert server.count(b"LOGIN") == server.count(b"AUTHENTICATE") == 0


def test_a_server_that_is_signed_in_before_starttls_is_not_read() -> None:
    """A PREAUTH put in front by somebody in the middle would skip both encryption and sign-in."""
    with ScriptedServer({}, greeting=b"* PREAUTH hello\r\n", capability=b"STARTTLS") as server:
        with pytest.raises(AccountError):
            connect(account_at(server, security="starttls"), lambda: "a secret", where="account 1")

        assert server.count(b"LIST") == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority nobody trusts."""
    try:
        return Authority(tmp_path_factory.mktemp("authority"))
    except ServerMissingError as error:
        missing(str(error))


class SecureServer(ScriptedServer):
    """The scripted server behind TLS from the first byte, or after STARTTLS."""

    def __init__(self, authority: Authority, names: tuple[str, ...], *, starttls: bool, days: int = 30) -> None:
        super().__init__({}, {b"STARTTLS": self._begin} if starttls else {}, capability=b"STARTTLS")
        made = authority.issue(names[0].replace(":", "-"), names=names, days=days)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(made.certificate, made.key)
        self._starttls = starttls

    def _begin(self, command: Command) -> Answer:
        self._client.sendall(command.tag + b" OK begin\r\n")
        self._wrap(self._client.dup(), b"")
        return None

    def _wrap(self, client: socket.socket, greeting: bytes) -> None:
        try:
            secure = self._context.wrap_socket(client, server_side=True)
        except OSError:
            return
        inner = ScriptedServer({}, greeting=greeting)
        inner.commands = self.commands
        inner._serve(secure)
        inner._listener.close()

    def _serve(self, client: socket.socket) -> None:
        self._client = client
        if self._starttls:
            super()._serve(client)
        else:
            self._wrap(client, b"* OK ready\r\n")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_is_verified(authority: Authority, security: str) -> None:
    """Trusted by ca_file and made for this host: signed in over TLS. Otherwise the password never leaves."""
    is_starttls = security == "starttls"
    trusted = str(authority.ca_file)
    with SecureServer(authority, ("IP:127.0.0.1",), starttls=is_starttls) as server:
        client = connect(account_at(server, security=security, ca_file=trusted), lambda: "a secret", where="account 1")
        assert client.tls_version in {"TLSv1.2", "TLSv1.3"}
        client.drop()
        assert server.count(b"LOGIN") == 1

        with pytest.raises(CertificateError, match="not trusted"):
            connect(account_at(server, security=security), lambda: "a secret", where="account 1")
        assert server.count(b"LOGIN") == 1

    with SecureServer(authority, ("DNS:imap.corp.example",), starttls=is_starttls) as server:
        with pytest.raises(CertificateError):
            connect(account_at(server, security=security, ca_file=trusted), lambda: "a secret", where="account 1")
        assert server.count(b"LOGIN") == 0


@pytest.mark.parametrize(
    ("names", "days", "trusted", "what", "remedy"),
    [
        (("IP:127.0.0.1",), -1, True, "expired", "has to renew it"),
        (("IP:127.0.0.2",), 30, True, "mismatch", "a name that the certificate was made for"),
        (("IP:127.0.0.1",), 30, False, "issuer", "set ca_file"),
    ],
)
def test_a_certificate_that_is_refused_comes_with_its_own_advice(
    authority: Authority, names: tuple[str, ...], days: int, trusted: bool, what: str, remedy: str
) -> None:
    """One that has expired is renewed; no setting of ours makes it good."""
    ca_file = str(authority.ca_file) if trusted else ""
    server = SecureServer(authority, names, starttls=False, days=days)
    with server, pytest.raises(CertificateError, match=what) as caught:
        connect(account_at(server, security="tls", ca_file=ca_file), lambda: "a secret", where="account 1")

    assert remedy in caught.value.remedy
    assert ("ca_file" in caught.value.remedy) is (what == "issuer")


def test_a_ca_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or no PEM."""
    odd = tmp_path / "odd.pem"
    odd.write_text("nothing")

    for file in (odd, tmp_path / "missing.pem"):
        with pytest.raises(CertificateError, match="cannot be read") as caught:
            tls_context(str(file))
        assert caught.value.where == str(file)


# --- signing in ---------------------------------------------------------------


class SignIn:
    """Signs in at a scripted server and remembers what was sent."""

    def __init__(self, password: str, *, capability: bytes = b"", plain: bytes = b"OK done", **changes: str) -> None:
        tags: list[bytes] = []

        def begin(command: Command) -> Answer:
            tags.append(command.tag)
            return b"+ \r\n"

        def end(command: Command) -> Answer:
            # The answer to the challenge is a line of its own, without a tag.
            return tags[0] + b" " + plain + b"\r\n"

        override = {b"AUTHENTICATE": begin, b"": end}
        self.error: AccountError | None = None
        self.is_signed_in = False
        with ScriptedServer({}, override, capability=capability) as server:
            try:
                client = connect(account_at(server, **changes), lambda: password, where="account 1")
            except AccountError as error:
                self.error = error
            else:
                self.is_signed_in = client.is_signed_in
                client.drop()
            self.commands = [command.name for command in server.commands]
            self.arguments = {command.name: command.arguments for command in server.commands}
            self.response = next((command.tag for command in server.commands if not command.name), b"")


@pytest.mark.parametrize(
    ("user", "password", "line"),
    [
        ("ada", "a secret", b'"ada" "a secret"'),
        ("ada*master", 'x"y\\z', b'"ada*master" "x\\"y\\\\z"'),
        ("corp\\ada", "(){%*]", b'"corp\\\\ada" "(){%*]"'),
        ("ada@corp.example", "", b'"ada@corp.example" ""'),
        ("ada lovelace", " a ", b'"ada lovelace" " a "'),
    ],
)
def test_login_quotes_both_arguments(user: str, password: str, line: bytes) -> None:
    """RFC 9051, 9: quoted. imaplib quotes the user in some releases and not in others."""
    done = SignIn(password, user=user)

    assert done.error is None
    assert done.is_signed_in
    assert done.arguments[b"LOGIN"] == line


@pytest.mark.parametrize(
    ("user", "password", "changes", "message"),
    [
        ("ada", "pässword", {}, "\0ada\0pässword"),
        ("jürgen", "a secret", {}, "\0jürgen\0a secret"),
        ("ada", "tab\there", {}, "\0ada\0tab\there"),
        ("admin", "a secret", {"as_user": "ada@corp.example"}, "ada@corp.example\0admin\0a secret"),
        ("ada", "a secret", {"auth": "plain"}, "\0ada\0a secret"),
        ("ada", "x" * 300, {"auth": "plain"}, "\0ada\0" + "x" * 300),
    ],
)
def test_plain_carries_what_login_cannot(user: str, password: str, changes: dict[str, str], message: str) -> None:
    """RFC 4616: authorization identity, NUL, user, NUL, password in UTF-8; in one line however long."""
    done = SignIn(password, user=user, **changes)

    assert done.error is None
    assert done.is_signed_in
    assert base64.b64decode(done.response).decode() == message
    assert done.arguments[b"AUTHENTICATE"] == b"PLAIN"
    assert b"LOGIN" not in done.commands


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [AUTHENTICATIONFAILED] no", "sign_in"),
        (b"NO no", "sign_in"),
        (b"BAD no", "sign_in"),
        (b"NO [AUTHORIZATIONFAILED] not for you", "permission"),
        (b"NO [NOPERM] not for you", "permission"),
        (b"NO User is authenticated but not connected.", "permission"),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", "busy"),
        (b"NO [LIMIT] LOGIN Rate limit hit", "busy"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "busy"),
        (b"NO Maximum number of connections from user+IP exceeded", "busy"),
        (b"NO Server Unavailable. 15", "busy"),
        (b"NO [AUTHENTICATIONFAILED] throttled", "sign_in"),
        (b"NO Unlimited trust, limited patience: try again", "sign_in"),
    ],
)
def test_a_refusal_is_understood(said: bytes, code: str) -> None:
    """The same for LOGIN and PLAIN. In doubt the password was wrong: that is never tried again."""
    override = {b"LOGIN": lambda command: command.tag + b" " + said + b"\r\n"}
    with ScriptedServer({}, override) as server:
        with pytest.raises(AccountError) as caught:
            connect(account_at(server), lambda: "a secret", where="account 1")
        assert server.count(b"LOGIN") == 1

    by_plain = SignIn("a secret", auth="plain", plain=said)
    assert by_plain.error is not None
    assert by_plain.error.code == caught.value.code == code
    assert by_plain.commands.count(b"AUTHENTICATE") == 1
    assert "a secret" not in str(caught.value)
    assert said.decode() not in str(caught.value)


def test_a_connection_that_ends_during_plain_is_no_refusal() -> None:
    """imapclient reports both in the same way."""
    with ScriptedServer({}, {b"AUTHENTICATE": lambda _: None}) as server, pytest.raises(ConnectionLostError):
        connect(account_at(server, auth="plain"), lambda: "a secret", where="account 1")


def test_a_throttled_sign_in_says_how_long() -> None:
    """Exchange's wait is handed on."""
    said = b" NO Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"
    server = ScriptedServer({}, {b"LOGIN": lambda command: command.tag + said})
    with server, pytest.raises(ServerBusyError) as caught:
        connect(account_at(server), lambda: "a secret", where="account 1")

    assert caught.value.seconds == 92.415


def test_a_server_that_refuses_login_is_not_sent_a_password() -> None:
    """RFC 9051, 6.2.3: LOGINDISABLED. PLAIN is not LOGIN."""
    done = SignIn("a secret", capability=b"LOGINDISABLED")

    assert isinstance(done.error, SignInError)
    assert b"LOGIN" not in done.commands
    assert SignIn("a secret", capability=b"LOGINDISABLED", auth="plain").error is None


def test_a_server_that_knows_us_already_gets_no_password() -> None:
    """RFC 9051, 7.1.4: PREAUTH."""
    with ScriptedServer({}, greeting=b"* PREAUTH IMAP4rev1 server logged in as ada\r\n") as server:
        client = connect(account_at(server), lambda: "a secret", where="account 1")

        assert client.is_signed_in
        assert server.count(b"LOGIN") == 0
        client.drop()


def test_a_capability_may_show_after_sign_in_only() -> None:
    """ID is sent when the server names it then; some serve nobody before it."""

    def capability(command: Command) -> Answer:
        more = b" ID" if server.count(b"LOGIN") else b""
        return b"* CAPABILITY IMAP4rev1" + more + b"\r\n" + command.tag + b" OK done\r\n"

    def name(command: Command) -> Answer:
        return b'* ID ("name" "Dovecot")\r\n' + command.tag + b" OK done\r\n"

    with ScriptedServer({}, {b"CAPABILITY": capability, b"ID": name}) as server:
        client = connect(account_at(server), lambda: "a secret", where="account 1")

        assert client.server_id == '("name" "Dovecot")'
        client.drop()


def test_a_password_that_cannot_be_had_leaves_no_connection() -> None:
    """The error of whoever asks for it passes as it is."""

    def ask() -> str:
        raise LookupError("no password")

    with ScriptedServer({}) as server, pytest.raises(LookupError):
        connect(account_at(server), ask, where="account 1")
