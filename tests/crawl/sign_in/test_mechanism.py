"""PLAIN with an authorization identity and XOAUTH2, on a real Dovecot and on scripted servers."""

import base64
import itertools
import json
from collections.abc import Callable

import pytest

from scanner.crawl.account import AccountCrawl
from scanner.crawl.session import connect
from scanner.crawl.sign_in.mechanism import token_rights
from scanner.crawl.sign_in.microsoft import MicrosoftApp, app_token
from scanner.crawl.sign_in.token import Token, TokenCredential
from scanner.errors import AccountError, SignInError
from scanner.model import Account
from tests.crawl.talk import Listener, account_at
from tests.journey.mail import many
from tests.servers import ServerAccount
from tests.servers.dovecot_master import MASTER, MASTER_PASSWORD, MasterDovecot
from tests.servers.scripted import Answer, Command, ScriptedServer
from tests.servers.token_server import TokenServer

APP = MicrosoftApp("tenant", "client")
_NUMBERS = itertools.count(1)


@pytest.fixture
def box(master_dovecot: MasterDovecot, tokens: TokenServer) -> ServerAccount:
    """Return an account with three sent mails, which the tokens open."""
    made = master_dovecot.add_account(f"box{next(_NUMBERS)}")
    master_dovecot.deliver(made, "Sent", many(3))
    tokens.mailbox = made.user
    return made


def _account(server: MasterDovecot, user: str, **changes: str) -> Account:
    return Account(name="a", host=server.host, port=server.port, user=user, security="none", timeout=20, **changes)  # type: ignore[arg-type]


def _entra() -> TokenCredential:
    return TokenCredential(lambda: app_token(APP, lambda: "the client secret"))


def test_a_token_opens_the_mailbox(master_dovecot: MasterDovecot, box: ServerAccount) -> None:
    """XOAUTH2 with a token of the endpoint, which Dovecot asks back for."""
    client = connect(_account(master_dovecot, box.user, auth="microsoft"), _entra(), where="account 1")

    answers, completion = client.execute(b'STATUS "Sent" (MESSAGES)')
    client.drop()

    assert completion.status == "OK"
    assert b"MESSAGES 3" in answers[0][0]


def test_a_token_that_ended_is_renewed_once(
    master_dovecot: MasterDovecot, box: ServerAccount, tokens: TokenServer
) -> None:
    """The server refuses the token of before; the second sign-in carries a new one."""
    credential, account = _entra(), _account(master_dovecot, box.user, auth="microsoft")
    connect(account, credential, where="account 1").drop()
    tokens.end_all()

    client = connect(account, credential, where="account 1")
    client.drop()

    assert client.is_signed_in
    assert len(tokens.asked) == 2


def test_a_new_token_that_is_refused_is_not_tried_again(
    master_dovecot: MasterDovecot, box: ServerAccount, tokens: TokenServer
) -> None:
    """The token is somebody else's: one request, one sign-in, one clear line."""
    tokens.mailbox = "somebody-else"

    with pytest.raises(SignInError, match="tried once") as caught:
        connect(_account(master_dovecot, box.user, auth="microsoft"), _entra(), where="account 1")

    assert len(tokens.asked) == 1
    assert "token-1" not in str(caught.value)


def test_a_crawl_outlives_its_token(master_dovecot: MasterDovecot, box: ServerAccount, tokens: TokenServer) -> None:
    """The connection breaks when the token has ended: a new connection brings a new token, and nothing is lost."""
    crawl = AccountCrawl(
        _account(master_dovecot, box.user, auth="microsoft"),
        _entra(),
        where="account 1",
        progress=Listener(),
        base_wait=0.01,
    )
    sent = next(mailbox for mailbox in crawl.find_mailboxes() if mailbox.in_scope)
    opened, uids = crawl.open(sent)
    tokens.end_all()
    # As when Exchange says BYE, AccessTokenExpired.
    crawl.close(quietly=True)

    found = [message.uid for batch in crawl.batches(sent, opened, uids) for message in batch.messages]
    crawl.close()

    assert sorted(found) == [1, 2, 3]
    assert len(tokens.asked) == 2


def test_a_master_user_reads_as_somebody_else(master_dovecot: MasterDovecot, box: ServerAccount) -> None:
    """PLAIN with authorization identity (RFC 4616): the administrator's password, the person's mail."""
    account = _account(master_dovecot, MASTER, as_user=box.user)

    client = connect(account, lambda: MASTER_PASSWORD, where="account 1")
    answers, _ = client.execute(b'STATUS "Sent" (MESSAGES)')
    client.drop()

    assert b"MESSAGES 3" in answers[0][0]


def test_a_master_user_with_a_wrong_password_is_refused(master_dovecot: MasterDovecot, box: ServerAccount) -> None:
    """As any other."""
    account = _account(master_dovecot, MASTER, as_user=box.user)

    with pytest.raises(SignInError) as caught:
        connect(account, lambda: "not it", where="account 1")

    assert caught.value.code == "sign_in"


# --- what scripted servers say ------------------------------------------------


def _challenge(command: Command) -> Answer:
    said = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
    return b"+ " + said + b"\r\n" if command.name == b"AUTHENTICATE" else b""


class _Google:
    """Refuses tokens as Gmail does: a challenge that tells why, then NO once it was answered."""

    def __init__(self, good: str = "") -> None:
        self.tokens: list[str] = []
        self._good = good
        self._tag = b""

    def begin(self, command: Command) -> Answer:
        message = base64.b64decode(command.arguments.split(b" ")[1]).decode()
        self.tokens.append(message.split("Bearer ")[1].rstrip("\x01"))
        if self.tokens[-1] == self._good:
            return command.tag + b" OK done\r\n"
        self._tag = command.tag
        return _challenge(command)

    def end(self, _command: Command) -> Answer:
        return self._tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"

    def serve(self) -> ScriptedServer:
        return ScriptedServer({}, {b"AUTHENTICATE": self.begin, b"": self.end}, capability=b"SASL-IR AUTH=XOAUTH2")


def _counted() -> Callable[[], Token]:
    numbers = itertools.count(1)
    return lambda: Token(f"t{next(numbers)}", 10_000.0)


def test_the_reason_of_a_refusal_is_answered_and_heard() -> None:
    """A kept token is renewed once on status 400; the new one is refused too, and that is the end."""
    google = _Google()
    credential = TokenCredential(_counted(), clock=lambda: 0.0)
    credential()

    with google.serve() as server, pytest.raises(SignInError) as caught:
        connect(account_at(server, auth="google"), credential, where="account 1")

    assert google.tokens == ["t1", "t2"]
    assert caught.value.code == "permission"


def test_the_connection_goes_on_after_a_renewed_token() -> None:
    """The same connection takes the new token: no reconnection, no third try."""
    google = _Google(good="t2")
    credential = TokenCredential(_counted(), clock=lambda: 0.0)
    credential()

    with google.serve() as server:
        client = connect(account_at(server, auth="google"), credential, where="account 1")
        signed_in = client.is_signed_in
        client.drop()

    assert signed_in
    assert google.tokens == ["t1", "t2"]


def test_a_server_that_never_stops_asking_meets_a_limit() -> None:
    """A sign-in is one message; challenges without end are a fault of the server's."""
    override = {b"AUTHENTICATE": _challenge, b"": lambda _: b"+ \r\n"}
    with (
        ScriptedServer({}, override, capability=b"SASL-IR") as server,
        pytest.raises(AccountError) as caught,
    ):
        connect(account_at(server, auth="google"), lambda: "t", where="account 1")

    assert caught.value.code == "protocol"


def _jwt(**claims: object) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
    return ".".join([*parts, "signature"])


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"roles": ["Mail.Read"]}, "no right to use IMAP"),
        ({}, "no right to use IMAP"),
        ({"roles": ["IMAP.AccessAsApp"]}, "New-ServicePrincipal"),
        ({"scp": "IMAP.AccessAsUser.All openid"}, "New-ServicePrincipal"),
    ],
)
def test_a_bare_refusal_of_exchange_is_explained_by_the_token(claims: dict[str, object], words: str) -> None:
    """Exchange says only "AUTHENTICATE failed": whether the right was never granted stands in the token."""
    override = {b"AUTHENTICATE": lambda command: command.tag + b" NO AUTHENTICATE failed.\r\n"}
    with (
        ScriptedServer({}, override, capability=b"SASL-IR AUTH=XOAUTH2") as server,
        pytest.raises(SignInError) as caught,
    ):
        connect(account_at(server, auth="microsoft"), lambda: _jwt(**claims), where="account 1")

    assert caught.value.code == "permission"
    assert words in str(caught.value)
    assert server.count(b"AUTHENTICATE") == 1


@pytest.mark.parametrize("token", ["", "a.b", "a.!!.c", "a.YWJj.c", "a.W10.c"])
def test_a_token_that_cannot_be_read_tells_nothing(token: str) -> None:
    """Tokens are opaque by the book (RFC 6749, 1.4)."""
    assert token_rights(token) is None
