"""A token endpoint, and a Dovecot that believes it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.servers import ServerMissingError
from tests.servers.dovecot_master import MasterDovecot
from tests.servers.token_server import TokenServer, running, stand_in_for_entra


@pytest.fixture(scope="session")
def _token_server() -> Iterator[TokenServer]:
    with running() as server:
        yield server


@pytest.fixture
def tokens(_token_server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> TokenServer:
    """Return a token endpoint that knows of no token yet, and is reached under Entra's name."""
    fresh = TokenServer(int(_token_server.url.rpartition(":")[2]))
    vars(_token_server).update(vars(fresh))
    stand_in_for_entra(_token_server, monkeypatch)
    return _token_server


@pytest.fixture(scope="session")
def master_dovecot(_token_server: TokenServer) -> Iterator[MasterDovecot]:
    """Yield a Dovecot with XOAUTH2, a master user and ACL."""
    try:
        server = MasterDovecot(_token_server.url)
    except ServerMissingError as error:
        missing(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def rsa_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PEM file with an RSA key and its certificate, as an application registered with Entra has."""
    file = tmp_path_factory.mktemp("app") / "app.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=app"]
    try:
        made = subprocess.run([*command, "-keyout", "-"], check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        missing("openssl is not installed")
    file.write_bytes(made.stdout)
    return file
