"""Fixtures of the whole-way tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.place import COMMAND, Place
from tests.servers import MailServer
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return an empty working folder."""
    assert COMMAND.exists(), "install the package first: pip install --editable '.[dev]'"
    return Place(tmp_path)


@pytest.fixture
def proxy(dovecot_server: Dovecot) -> Iterator[Proxy]:
    """Yield a proxy before the Dovecot's plain port."""
    with Proxy(dovecot_server.port) as running:
        yield running


@pytest.fixture
def mail_proxy(mail_server: MailServer) -> Iterator[Proxy]:
    """Yield a proxy before the plain port of the server in turn."""
    with Proxy(mail_server.port) as running:
        yield running
