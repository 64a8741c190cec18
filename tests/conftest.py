"""Fixtures that every area may use: real servers, the shared test data, and no network beyond this machine."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

from tests.servers import MailServer, ServerAccount, ServerMissingError
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.postgresql import new_database, postgresql

# How long an example takes depends on the machine; tests state facts that do not.
hypothesis.settings.register_profile("blindcopy", deadline=None)
hypothesis.settings.load_profile("blindcopy")

_LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1", "localhost"]


# A shell that starts tests in the background lets them ignore Ctrl-C, and so every command that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup() -> None:
    """Keep every test on this machine."""
    socket_allow_hosts(_LOOPBACK, allow_unix_socket=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the server they ask for, so that `-m "not dovecot"` does what it says."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "dovecot_server" in names or "master_dovecot" in names:
            item.add_marker(pytest.mark.dovecot)
        if "cyrus_server" in names:
            item.add_marker(pytest.mark.cyrus)
        if "postgresql_server" in names:
            item.add_marker(pytest.mark.postgresql)


def missing(reason: str) -> NoReturn:
    """Skip the test and say why; with CI=true fail instead, so that nothing is silently left out there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the shared test data."""
    root = Path(__file__).parent.parent
    folder = Path(os.environ.get("BLINDCOPY_TEST_DATA") or root / ".." / "shared" / "data").resolve()
    if not folder.is_dir():
        missing("the shared test data is not here; set BLINDCOPY_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Dovecot]:
    """Yield one running Dovecot for the whole run."""
    try:
        server = Dovecot()
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def cyrus_server() -> Iterator[Cyrus]:
    """Yield one running Cyrus for the whole run."""
    try:
        server = Cyrus()
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("dovecot", "cyrus")],
)
def mail_server(request: pytest.FixtureRequest) -> MailServer:
    """Return each real server in turn: what a test states holds for all of them."""
    server: MailServer = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture
def mail_account(mail_server: MailServer, _account_numbers: Iterator[int]) -> ServerAccount:
    """Return an empty account of this test's own on the server in turn."""
    return mail_server.add_account(f"user{next(_account_numbers)}")


@pytest.fixture(scope="session")
def _account_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def new_account(dovecot_server: Dovecot, _account_numbers: Iterator[int]) -> Callable[[], ServerAccount]:
    """Return a function that makes one more empty account on the Dovecot."""
    return lambda: dovecot_server.add_account(f"user{next(_account_numbers)}")


@pytest.fixture
def account(new_account: Callable[[], ServerAccount]) -> ServerAccount:
    """Return an empty account of this test's own."""
    return new_account()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a PostgreSQL for the whole run."""
    try:
        with postgresql() as url:
            yield url
    except ServerMissingError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def _database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def postgresql_url(postgresql_server: str, _database_numbers: Iterator[int]) -> str:
    """Return the URL of an empty PostgreSQL database of this test's own."""
    return new_database(postgresql_server, f"test{next(_database_numbers)}")
