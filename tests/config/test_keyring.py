"""A password may come from the system's keyring; whatever is wrong with it is one line."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, NoKeyringError

from scanner.config.keyring import keyring_source
from scanner.errors import SettingsError
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.scripted import ScriptedServer


class Memory(KeyringBackend):
    """A keyring that lives as long as the test."""

    priority = 1  # type: ignore[assignment]  # a class property there

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class Locked(Memory):
    """One that nobody has unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("ada@corp.example")


class PlaintextKeyring(Memory):
    """As keyrings.alt has one."""


@pytest.fixture(autouse=True)
def _former() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def refusal() -> SettingsError:
    """Return what is said in place of a password."""
    with pytest.raises(SettingsError) as refused:
        keyring_source(2, "corp mail", "ada@corp.example")()
    return refused.value


def test_the_password_is_asked_for_when_it_is_needed() -> None:
    """By service and user, anew for each connection: it may have been changed meanwhile."""
    keyring.set_keyring(Memory())
    source = keyring_source(1, "corp mail", "ada@corp.example")

    keyring.set_password("corp mail", "ada@corp.example", "first")
    first = source()
    keyring.set_password("corp mail", "ada@corp.example", "second")

    assert (first, source()) == ("first", "second")


@pytest.mark.parametrize(
    ("backend", "what"),
    [
        (Memory(), "holds no password for the service 'corp mail'"),
        (Locked(), "cannot be read (KeyringLocked)"),
        (NoKeyring(), "cannot be read (NoKeyringError)"),
        (PlaintextKeyring(), "in plain text"),
    ],
)
def test_a_keyring_that_gives_nothing_is_one_line(backend: KeyringBackend, what: str) -> None:
    """What, where and what to do; nothing of the account's address."""
    keyring.set_keyring(backend)

    error = refusal()

    assert what in str(error)
    assert error.where == "[[account]] 2"
    assert error.remedy
    assert "ada@" not in str(error)
    assert "\n" not in str(error)


def test_a_chain_with_a_plain_text_keyring_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the chain would answer."""
    monkeypatch.setattr(ChainerBackend, "backends", [Memory(), PlaintextKeyring()])
    keyring.set_keyring(ChainerBackend())

    assert "plain text" in str(refusal())


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is optional: nobody else needs it."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert "blindcopy[keyring]" in str(refusal())


def test_the_setting_is_read_and_a_missing_password_costs_one_line(tmp_path: Path) -> None:
    """The scan ends with 2, the check names the step; beside another source the settings are refused."""
    keyring.set_keyring(Memory())
    place = Place(tmp_path)
    with ScriptedServer({}) as server:
        place.add(ServerAccount("ada", ""), port=server.port, keyring="corp mail")
        del place.accounts[0]["password_env"]
        check = place.run("check")
        scan = place.run("scan")
        place.accounts[0]["password_env"] = "PASSWORD_1"
        both = place.run("scan")

    assert (check.code, scan.code, both.code) == (2, 2, 2)
    assert "keyring holds no password" in scan.remarks
    assert "both password_env and keyring are set" in both.remarks


def test_errors_of_the_library_are_known() -> None:
    """They are caught by their common parent."""
    parents: Any = keyring.errors.KeyringError
    assert issubclass(NoKeyringError, parents)
    assert issubclass(KeyringLocked, parents)
