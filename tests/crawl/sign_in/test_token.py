"""Tokens are kept while they are good."""

from scanner.crawl.sign_in.token import MARGIN, Token, TokenCredential


class _Endpoint:
    """Gives numbered tokens that live an hour, by a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.given = 0

    def __call__(self) -> Token:
        self.given += 1
        return Token(f"t{self.given}", self.now + 3600)

    def credential(self) -> TokenCredential:
        """Return a credential that asks here."""
        return TokenCredential(self, clock=lambda: self.now)


def test_a_good_token_is_used_again() -> None:
    """One request serves every connection of its hour."""
    endpoint = _Endpoint()
    credential = endpoint.credential()

    assert [credential(), credential()] == ["t1", "t1"]

    endpoint.now = 3600 - MARGIN - 1
    assert credential() == "t1"


def test_a_token_near_its_end_is_not_handed_out() -> None:
    """The sign-in itself takes time."""
    endpoint = _Endpoint()
    credential = endpoint.credential()
    credential()

    endpoint.now = 3600 - MARGIN

    assert credential() == "t2"


def test_a_refused_old_token_is_replaced_once() -> None:
    """The replacement, just obtained, is not replaced again."""
    credential = _Endpoint().credential()
    credential()
    credential()

    assert credential.instead_of("t1") == "t2"
    assert credential.instead_of("t2") is None


def test_a_refused_new_token_is_not_replaced() -> None:
    """More of the same would be trying a refused credential again."""
    endpoint = _Endpoint()
    credential = endpoint.credential()

    assert credential.instead_of(credential()) is None
    assert endpoint.given == 1


def test_connections_that_share_a_token_renew_it_once() -> None:
    """The second one that was refused gets what the first one obtained."""
    endpoint = _Endpoint()
    credential = endpoint.credential()
    credential()
    credential()

    assert [credential.instead_of("t1"), credential.instead_of("t1")] == ["t2", "t2"]
    assert endpoint.given == 2


def test_an_endpoint_that_gives_the_same_token_again_ends_it() -> None:
    """msal and others may keep tokens of their own."""
    credential = TokenCredential(lambda: Token("same", 9000.0), clock=lambda: 0.0)
    credential()
    credential()

    assert credential.instead_of("same") is None


def test_a_token_does_not_show_itself() -> None:
    """Neither in a log nor in a traceback's locals."""
    assert "secret" not in repr(Token("secret", 0.0))
