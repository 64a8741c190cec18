"""Many accounts are tried at once, and told in the order of the settings."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.config import Settings
from scanner.config.loading import parse_settings
from scanner.errors import ScannerError, SettingsError
from scanner.pipeline.checking import check as check_module
from scanner.pipeline.checking.check import PER_SERVER, check
from tests.servers.scripted import Answer, Command, ScriptedServer

HEAD = '[organisation]\ndomains = ["corp.example"]\n'


def settings_for(server: ScriptedServer, number: int, **keys: str) -> Settings:
    """Return settings with accounts at one server, the n-th called `account n`."""
    more = "".join(f'{key} = "{value}"\n' for key, value in ({"password_env": "PW"} | keys).items())
    tables = (
        f'[[account]]\nname = "account {n}"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        f'user = "user{n}"\n{more}'
        for n in range(1, number + 1)
    )
    return parse_settings(HEAD + "".join(tables), Path("blindcopy.toml"))


class _Slow:
    """A sign-in that takes a while, longer for the first accounts; counts how many wait at once."""

    def __init__(self) -> None:
        self.at_once = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(self, command: Command) -> Answer:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.25 if b'"user1"' in command.arguments else 0.05)
        with self._lock:
            self.at_once -= 1
        return command.tag + b" OK done\r\n"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "a secret")


@pytest.fixture
def slow() -> Iterator[tuple[ScriptedServer, _Slow]]:
    """Yield a server whose sign-in takes a while."""
    answer = _Slow()
    with ScriptedServer({}, {b"LOGIN": answer}) as server:
        yield server, answer


def test_accounts_wait_together_and_are_told_in_order(slow: tuple[ScriptedServer, _Slow]) -> None:
    """The first is the slowest, and still told first; no server meets more connections than the limit."""
    server, answer = slow

    names = [each.name for each in check(settings_for(server, 20))]

    assert names == [f"account {n}" for n in range(1, 21)]
    assert 1 < answer.most <= PER_SERVER


def test_only_the_accounts_named_are_tried(slow: tuple[ScriptedServer, _Slow]) -> None:
    """In the order of the settings, with their numbers there."""
    server, _ = slow

    found = list(check(settings_for(server, 5), accounts=("account 4", "account 2")))

    assert [(each.number, each.name) for each in found] == [(2, "account 2"), (4, "account 4")]


def test_a_person_is_asked_for_one_password_at_a_time(slow: tuple[ScriptedServer, _Slow]) -> None:
    """Two questions at once on one terminal cannot be answered."""
    server, answer = slow
    settings = parse_settings(
        HEAD
        + "".join(
            f'[[account]]\nname = "a{n}"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nuser = "u{n}"\n'
            for n in range(3)
        ),
        Path("blindcopy.toml"),
    )
    asked: list[str] = []

    def prompt(name: str) -> str:
        asked.append(name)
        return "a secret"

    found = list(check(settings, password_prompt=prompt))

    assert asked == [f"a{n} (u{n} at 127.0.0.1)" for n in range(3)]
    assert answer.most == 1
    assert all(each.failed is None for each in found)


def test_passwords_are_asked_for_before_anything_is_tried(slow: tuple[ScriptedServer, _Slow]) -> None:
    """A question in the middle of a progress bar cannot be read; who types none costs his account only."""
    server, _ = slow
    settings = parse_settings(
        HEAD
        + "".join(
            f'[[account]]\nname = "a{n}"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nuser = "u{n}"\n'
            for n in range(2)
        ),
        Path("blindcopy.toml"),
    )
    asked: list[int] = []

    def prompt(whose: str) -> str:
        asked.append(server.count(b"LOGIN"))
        if whose.startswith("a0 "):
            raise SettingsError("no password was typed")
        return "a secret"

    answers = check(settings, password_prompt=prompt)

    assert asked == [0, 0]
    first, second = answers
    assert first.failed is not None
    assert (first.failed.name, first.failed.detail) == ("sign-in", "no password was typed")
    assert second.failed is None


def test_a_password_that_cannot_be_had_is_a_failed_step(
    slow: tuple[ScriptedServer, _Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs its account, not the check."""
    monkeypatch.delenv("PW")

    found = list(check(settings_for(slow[0], 3)))

    assert [each.failed.name for each in found if each.failed] == ["sign-in"] * 3


def test_a_fault_in_a_thread_comes_out_where_it_is_told(
    slow: tuple[ScriptedServer, _Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not lost with the thread."""

    def fail(*_: object) -> None:
        raise ScannerError("odd")

    monkeypatch.setattr(check_module, "ImapTrial", fail)

    with pytest.raises(ScannerError, match="odd"):
        list(check(settings_for(slow[0], 3)))


def test_who_stops_listening_ends_the_check(slow: tuple[ScriptedServer, _Slow]) -> None:
    """Ctrl-C: what is under way ends, nothing new begins."""
    server, _ = slow
    answers = check(settings_for(server, 60))
    next(answers)

    answers.close()  # type: ignore[attr-defined] # an iterator made by a generator
    for thread in threading.enumerate():
        if thread.name == "check":
            thread.join(60)

    assert not [thread for thread in threading.enumerate() if thread.name == "check"]
    assert server.count(b"LOGIN") < 60
