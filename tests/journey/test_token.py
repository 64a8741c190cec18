"""The whole way with tokens: a Microsoft application scans mailboxes of a Dovecot that takes its tokens."""

from collections.abc import Iterator

import pytest

from tests.conftest import missing
from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import ServerMissingError
from tests.servers.dovecot_master import MasterDovecot
from tests.servers.token_server import TokenServer, running, stand_in_for_entra

pytestmark = pytest.mark.dovecot


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    """Yield a token endpoint that is reached under Entra's name."""
    with running() as server:
        stand_in_for_entra(server, monkeypatch)
        yield server


@pytest.fixture
def place_with_app(place: Place, tokens: TokenServer) -> Iterator[Place]:
    """Yield a place with one account whose mailbox an application reads."""
    try:
        server = MasterDovecot(tokens.url)
    except ServerMissingError as error:
        missing(str(error))
    with server:
        account = server.add_account("ada")
        server.deliver(account, "Sent", many(5))
        tokens.mailbox = account.user
        keys = {"auth": "microsoft", "tenant": "corp.onmicrosoft.com", "client_id": "11-22"}
        place.add(account, port=server.port, password="the client secret", **keys)
        yield place


def test_an_application_scans_a_mailbox(place_with_app: Place, tokens: TokenServer) -> None:
    """One token for sign-in and crawl; neither it nor the secret is shown anywhere."""
    ended = place_with_app.scan()

    assert "5 new messages" in ended.answer
    assert len(tokens.asked) == 1
    for shown in (ended.answer, ended.remarks):
        assert "the client secret" not in shown
        assert "token-1" not in shown


def test_a_check_goes_through_and_warns(place_with_app: Place) -> None:
    """Every step, and that the sign-in could also write."""
    ended = place_with_app.run("check")

    assert ended.code == 0, ended.answer
    assert "token of microsoft accepted" in ended.answer
    assert "warning" in ended.answer
    assert "5 messages" in ended.answer


def test_a_wrong_secret_is_asked_with_once(place_with_app: Place, tokens: TokenServer) -> None:
    """The endpoint refuses it: one line, one request, and Dovecot never hears of it."""
    tokens.answers = [(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid"})] * 5

    ended = place_with_app.run("scan")

    assert ended.code == 2
    assert "client secret is wrong" in ended.remarks
    assert len(tokens.asked) == 1
