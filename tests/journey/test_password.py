"""A password comes from the environment, a command, or the person at the terminal."""

import os
import pty
import select
import subprocess
import sys

from tests.journey.mail import many
from tests.journey.place import COMMAND, TIMEOUT, Ended, Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot


def _at_a_terminal(place: Place, *arguments: str, typed: str) -> tuple[Ended, str]:
    """Run a command whose standard input is a terminal; return its end and what the terminal showed."""
    place.write_settings()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(COMMAND), "--config", str(place.settings_file), *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    asked = ""
    try:
        # What is typed before the question is thrown away, so that nobody answers it by mistake.
        while not asked.endswith(": ") and (letter := process.stderr.read(1)):
            asked += letter
        os.write(ours, f"{typed}\n".encode())
        answer, remarks = process.communicate(timeout=TIMEOUT)
        shown = os.read(ours, 10_000) if _has_shown(ours) else b""
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
    return Ended(process.returncode, answer, asked + remarks), shown.decode()


def _has_shown(terminal: int) -> bool:
    return bool(select.select([terminal], [], [], 0)[0])


def _without_source(place: Place) -> None:
    for table in place.accounts:
        del table["password_env"]


def test_a_command_gives_the_password(place: Place, dovecot_server: Dovecot, account: ServerAccount) -> None:
    """password_command runs without a shell; its first line signs in."""
    dovecot_server.deliver(account, "Sent", many(2))
    place.add(account, port=dovecot_server.port)
    _without_source(place)
    place.accounts[0]["password_command"] = [sys.executable, "-c", f"print({account.password!r})"]

    ended = place.scan()

    assert "2 new messages" in ended.answer


def test_a_person_is_asked_once_and_nothing_is_shown(
    place: Place, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """At a terminal the account's name is asked for; what is typed appears nowhere."""
    dovecot_server.deliver(account, "Sent", many(2))
    place.add(account, port=dovecot_server.port)
    _without_source(place)

    ended, shown = _at_a_terminal(place, "scan", typed=account.password)

    assert ended.code == 0, ended.remarks
    assert (ended.remarks + shown).count(f"Password of account 1 ({account.user} at 127.0.0.1): ") == 1
    assert account.password not in ended.answer + ended.remarks + shown


def test_with_nobody_to_ask_the_remedy_is_named(place: Place, account: ServerAccount, dovecot_server: Dovecot) -> None:
    """A cron job has no terminal: one line says where the password can come from, another that nothing was scanned."""
    place.add(account, port=dovecot_server.port)
    _without_source(place)

    ended = place.run("scan")

    assert ended.code == 2
    assert "password_env or password_command" in ended.remarks
    assert ended.remarks.count("\n") == 2


def test_an_account_without_a_password_does_not_stop_the_others(place: Place, dovecot_server: Dovecot) -> None:
    """One account of two cannot be signed in to; the other one is scanned, and the exit code says 1."""
    mute, open_one = dovecot_server.add_account("mute"), dovecot_server.add_account("open")
    dovecot_server.deliver(open_one, "Sent", many(3))
    place.add(mute, port=dovecot_server.port)
    _without_source(place)
    place.add(open_one, port=dovecot_server.port)

    ended = place.run("scan")

    assert ended.code == 1
    assert "3 new messages and 1 new gap in 2 accounts" in ended.answer
