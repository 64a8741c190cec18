"""Every structure that was asked for is there, or a gap; broken connections and stubborn servers cost no more."""

from collections.abc import Callable, Iterable

import pytest

from scanner.crawl.structure_fetch import REFUSED_LIMIT
from scanner.model import StructureBatch
from scanner.uids import join_ranges, ranges_of
from tests.crawl.talk import SENT, headers
from tests.crawl.test_account import Breaking, crawling
from tests.servers.scripted import Answer, Command, ScriptedServer, uids_of

HUNDRED = headers(*range(1, 101))


class Stubborn(Breaking):
    """Tells the structure of some messages in a way of its own."""

    def __init__(self, uids: Iterable[int], told: Callable[[Command, int], bytes]) -> None:
        super().__init__(HUNDRED)
        self._uids = frozenset(uids)
        self._told = told

    def fetch(self, command: Command) -> Answer:
        """Answer message by message."""
        asked = uids_of(command.arguments.split(b" ", 1)[0], self.headers)
        said = b""
        for uid in asked:
            told = self._told(command, uid) if uid in self._uids else self.structured(uid)
            said += told
            if told.startswith(command.tag):
                return said
        return said + command.tag + b" OK done\r\n"


def ask(server: ScriptedServer, *uids: int) -> list[StructureBatch]:
    """Return all batches of these messages."""
    with crawling(server) as crawl:
        opened, _ = crawl.open(SENT)
        return list(crawl.structures(SENT, opened, ranges_of(uids)))


def found(batches: list[StructureBatch]) -> list[int]:
    """Return the UIDs of the structures."""
    return sorted(uid for batch in batches for uid, _ in batch.found)


def gaps(batches: list[StructureBatch]) -> dict[int | None, str]:
    """Return the words of the gaps by UID."""
    assert {gap.kind for batch in batches for gap in batch.gaps} <= {"structure_unread"}
    return {gap.uid: gap.detail for batch in batches for gap in batch.gaps}


def test_structures_of_some_messages_are_one_command() -> None:
    """Only those that are wanted are asked for, and only their structure: nothing sets a flag."""
    with ScriptedServer(HUNDRED) as server:
        batches = ask(server, 3, 50, 51, 99)

        asked = [command.arguments for command in server.commands if command.name == b"UID FETCH"]

    assert found(batches) == [3, 50, 51, 99]
    assert asked == [b"3,50:51,99 (UID BODYSTRUCTURE)"]
    assert join_ranges(pair for batch in batches for pair in batch.examined) == ((3, 3), (50, 51), (99, 99))


def test_commands_stay_short_and_ahead_of_the_answers() -> None:
    """Lines of 1,000 characters are safe everywhere; holes make many commands of few messages."""
    uids = [4_000_000_000 + 2 * number for number in range(300)]
    with ScriptedServer(headers(*uids)) as server:
        batches = ask(server, *uids)

        asked = [command.arguments for command in server.commands if command.name == b"UID FETCH"]

    assert found(batches) == uids
    assert 3 < len(asked) < 10
    assert max(map(len, asked)) < 1_000


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (b"* 7 FETCH (UID 7 BODYSTRUCTURE NIL)\r\n", "the server knows no structure of it"),
        (b"* 7 FETCH (UID 7 BODYSTRUCTURE (((\r\n", "the server's answer about its structure is malformed"),
        (b"* 7 FETCH (UID 7 FLAGS ())\r\n", "the server lists this message and does not tell its structure"),
        (b"", "the server lists this message and does not tell its structure"),
    ],
)
def test_a_structure_that_cannot_be_read_is_a_gap_of_its_own(told: bytes, words: str) -> None:
    """Its neighbours are read."""
    with Stubborn([7], lambda _command, _uid: told) as server:
        batches = ask(server, *range(1, 11))

    assert found(batches) == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert gaps(batches) == {7: words}


def test_a_refused_message_costs_itself_only() -> None:
    """NO to a whole command is settled in ever smaller pieces."""
    with Stubborn([7], lambda command, _uid: command.tag + b" NO no\r\n") as server:
        batches = ask(server, *range(1, 8))

    assert found(batches) == [1, 2, 3, 4, 5, 6]
    assert gaps(batches) == {7: "the server answers NO when asked for its structure"}


def test_a_server_that_tells_no_structure_at_all_is_not_asked_for_each() -> None:
    """After some refusals in a row all others are gaps."""
    with Stubborn(range(1, 101), lambda command, _uid: command.tag + b" BAD bad\r\n") as server:
        batches = ask(server, *range(1, 101))

        asked = server.count(b"UID FETCH")

    assert sorted(uid for uid in gaps(batches) if uid) == list(range(1, 101))
    assert asked < 3 * REFUSED_LIMIT + 20


def test_a_message_that_is_gone_is_no_gap() -> None:
    """It is examined, and neither found nor missing."""
    with ScriptedServer(headers(1, 3)) as server:
        batches = ask(server, 1, 2, 3)

    assert (found(batches), gaps(batches)) == ([1, 3], {})
    assert join_ranges(pair for batch in batches for pair in batch.examined) == ((1, 3),)


def test_a_message_whose_structure_ends_the_connection_becomes_a_gap() -> None:
    """Dovecot ends the session at a damaged message, each time."""

    class Poisoned(Breaking):
        def fetch(self, command: Command) -> Answer:
            return None if 7 in self.asked(command) else self.answer(command)

    with Poisoned(HUNDRED) as server:
        batches = ask(server, *range(1, 11))

    assert found(batches) == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert gaps(batches) == {7: "asking for this message ended the connection (connection_lost)"}


def test_what_was_told_before_the_connection_broke_is_kept() -> None:
    """A server that ends the connection behind its first answer costs the others of that command, not this one."""

    class Dying(Breaking):
        def fetch(self, command: Command) -> Answer:
            self.client.sendall(self.structured(10))
            return None

    with Dying(HUNDRED) as server:
        batches = ask(server, *range(6, 11))

    assert found(batches) == [10]
    assert sorted(uid for uid in gaps(batches) if uid) == [6, 7, 8, 9]
