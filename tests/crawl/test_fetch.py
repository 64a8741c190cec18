"""Every UID that is asked for is accounted for: a message, a gap with its reason, or vanished."""

from collections.abc import Callable

import pytest

from scanner.crawl import answered, fetch
from scanner.crawl.busy import raise_if_busy
from scanner.crawl.fetch import MailboxFetch
from scanner.crawl.opening import examine
from scanner.crawl.response import Completion
from scanner.crawl.search import list_uids
from scanner.crawl.wire import WireClient
from scanner.errors import PermissionDeniedError, ProtocolError, ServerBusyError
from scanner.model import Batch, FoundMailbox
from scanner.uids import Ranges, contains, count, join_ranges, ranges_of
from tests.crawl.talk import SENT, header, headers
from tests.servers.proxy import Proxy
from tests.servers.scripted import Answer, Command, Override, ScriptedServer, uids_of

BAD = 4


class Work:
    """What a fetch of some UIDs came to."""

    def __init__(self, batches: list[Batch], server: ScriptedServer) -> None:
        self.batches = batches
        self.stored = [message.uid for batch in batches for message in batch.messages]
        self.gaps = {gap.uid: gap.kind for batch in batches for gap in batch.gaps}
        self.vanished = sum(batch.vanished for batch in batches)
        self.examined = join_ranges(pair for batch in batches for pair in batch.examined)
        self.asked = [
            command.arguments.split()[0].decode() for command in server.commands if command.name == b"UID FETCH"
        ]


def fetched(server: ScriptedServer, wanted: Ranges, *, complete: bool = True, size: int = 2000) -> Work:
    """Fetch from a running server."""
    client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
    try:
        work = MailboxFetch("ada", SENT, 7, is_complete_list=complete)
        return Work(list(work.batches(client, wanted, size)), server)
    finally:
        client.drop()


def asked_uids(server: ScriptedServer, command: Command) -> list[int]:
    """Return which of the server's UIDs a FETCH names."""
    return uids_of(command.arguments.split(b" ", 1)[0], server.headers)


def with_answer(answer: Callable[[int], bytes | None], *uids: int) -> type[ScriptedServer]:
    """Return a server class whose answer for some UIDs is another one; None = the usual."""

    class Odd(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            said = answer(uid) if uid in uids else None
            return super().fetched(uid) if said is None else said

    return Odd


# --- the usual ----------------------------------------------------------------


def test_messages_come_newest_first_and_each_once() -> None:
    """Pieces from the highest UIDs down, one command each, and nothing left to ask."""
    with ScriptedServer(headers(*range(1, 11))) as server:
        work = fetched(server, ((1, 10),), size=4)

    assert sorted(work.stored) == list(range(1, 11))
    assert work.asked == ["7:10", "3:6", "1:2"]
    assert (work.gaps, work.vanished, work.examined) == ({}, 0, ((1, 10),))
    assert server.count(b"UID SEARCH") == 0


@pytest.mark.parametrize(
    ("complete", "examined"), [(True, ((1, 4_000_000_000),)), (False, ((1, 1), (70, 71), (4_000_000_000,) * 2))]
)
def test_what_lies_between_uids_is_done_with_when_the_list_was_complete(complete: bool, examined: Ranges) -> None:
    """Under a mandate's period the UIDs in between exist and were not listed: they stay open."""
    uids = (1, 70, 71, 4_000_000_000)

    with ScriptedServer(headers(*uids)) as server:
        work = fetched(server, ranges_of(uids), complete=complete)

    assert work.examined == examined
    assert work.asked == ["1,70:71,4000000000"]


def test_a_full_batch_is_yielded_before_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """By number of messages or bytes of header; nothing is held longer."""
    monkeypatch.setattr(fetch, "BATCH_MESSAGES", 3)
    with ScriptedServer(headers(*range(1, 11))) as server:
        by_number = fetched(server, ((1, 10),))
    monkeypatch.setattr(fetch, "BATCH_BYTES", 2 * len(header(1)))
    with ScriptedServer(headers(*range(1, 10))) as server:
        by_bytes = fetched(server, ((1, 9),))

    assert [len(batch.messages) for batch in by_number.batches] == [3, 3, 3, 1]
    assert [len(batch.messages) for batch in by_bytes.batches] == [2, 2, 2, 2, 1]


@pytest.mark.parametrize(
    ("uids", "ahead"),
    [
        pytest.param(range(1, 5_001), 2, id="without holes"),
        pytest.param(range(100_001, 120_001, 4), 16, id="with holes"),
    ],
)
def test_on_a_long_line_enough_messages_are_under_way(uids: range, ahead: int) -> None:
    """Commands hold few UIDs where these have holes; waiting for each of them would cost a round trip a hundred."""
    with ScriptedServer(dict.fromkeys(uids, header(1))) as server, Proxy(server.port, latency=0.1) as proxy:
        client = WireClient(proxy.host, proxy.port, ssl_context=None, timeout=10)
        client.log_in("ada", "a secret")
        client.execute(b'EXAMINE "Sent"')
        list(MailboxFetch("ada", SENT, 7, is_complete_list=True).batches(client, ranges_of(uids)))
        client.drop()
        first = next(flight for flight in proxy.connections[0].flights if flight[0].startswith("UID FETCH"))

    assert len(first) == ahead


def test_a_draft_mailbox_holds_drafts() -> None:
    """Its messages were not sent."""
    drafts = FoundMailbox(b"Drafts", "Drafts", "drafts", "", True)
    with ScriptedServer(headers(1)) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        (batch,) = MailboxFetch("ada", drafts, 7, is_complete_list=True).batches(client, ((1, 1),))
        client.drop()

    assert [message.origin for message in batch.messages] == ["draft"]


# --- answers that are missing, odd or not asked for ---------------------------


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"", id="no-answer"),
        pytest.param(b"* 4 FETCH (UID 4 FLAGS (\\Seen))\r\n", id="metadata-only"),
        pytest.param(b"* 4 FETCH (UID 4 BODY[HEADER.FIELDS (TO)] NIL)\r\n", id="nil"),
        pytest.param(
            b"* 4 FETCH (UID 4 RFC822.SIZE 500 BODY[HEADER.FIELDS (TO)] {0}\r\n)\r\n", id="nothing-of-something"
        ),
        pytest.param(b"* 4 FETCH (FLAGS (\\Seen))\r\n", id="no-uid"),
        pytest.param(b"* 4 FETCH (BODY[HEADER.FIELDS (TO)] {2}\r\n\r\n)\r\n", id="header-without-uid"),
    ],
)
def test_a_missing_header_is_asked_for_again(first: bytes) -> None:
    """Once more, alone with others that are missing; when it comes then, all is well."""
    times: list[int] = []

    def answer(uid: int) -> bytes | None:
        times.append(uid)
        return first if len(times) == 1 else None

    with with_answer(answer, BAD)(headers(*range(1, 11))) as server:
        work = fetched(server, ((1, 10),))

    assert sorted(work.stored) == list(range(1, 11))
    assert work.asked == ["1:10", "4"]
    assert (work.gaps, work.vanished, work.examined) == ({}, 0, ((1, 10),))


def test_a_header_of_nothing_is_believed_of_an_empty_message_only() -> None:
    """A message of no octets has no header; of any other one, nothing has been read, and that is a gap."""
    template = (
        b'* 4 FETCH (UID 4 INTERNALDATE "03-Feb-2021 10:00:00 +0000" RFC822.SIZE %d FLAGS () '
        b"BODY[HEADER.FIELDS (TO)] {0}\r\n)\r\n"
    )
    with with_answer(lambda _: template % 0, BAD)(headers(3, 4, 5)) as server:
        empty = fetched(server, ((3, 5),))
    with with_answer(lambda _: template % 500, BAD)(headers(3, 4, 5)) as server:
        cut = fetched(server, ((3, 5),))

    assert (sorted(empty.stored), empty.gaps) == ([3, 4, 5], {})
    assert (sorted(cut.stored), cut.gaps) == ([3, 5], {4: "message_unserved"})


def test_a_message_that_is_never_given_is_a_gap() -> None:
    """Listed but not served, as Exchange does: one gap, and every other message is there."""
    with with_answer(lambda _: b"", BAD, 9)(headers(*range(1, 11))) as server:
        work = fetched(server, ((1, 10),))

    assert work.gaps == {BAD: "message_unserved", 9: "message_unserved"}
    assert sorted(work.stored) == [1, 2, 3, 5, 6, 7, 8, 10]
    assert count(work.examined) == 10
    assert len(work.asked) <= 5


def test_a_message_that_is_no_longer_listed_has_vanished() -> None:
    """Gone between listing and asking: counted, and no gap."""

    def answer(command: Command) -> Answer:
        server.headers.pop(BAD, None)
        server.headers.pop(9, None)
        return server.answer(command)

    with ScriptedServer(headers(*range(1, 11)), {b"UID FETCH": answer}) as server:
        work = fetched(server, ((1, 10),))

    assert (work.vanished, work.gaps, count(work.examined)) == (2, {}, 10)
    assert len(work.stored) == 8


def test_one_that_vanishes_while_it_is_asked_for_again_is_no_gap() -> None:
    """Listed in the second listing, gone in the third."""

    def search(command: Command) -> Answer:
        said = server.search(command)
        server.headers.pop(BAD, None)
        return said

    with with_answer(lambda _: b"", BAD)(headers(1, BAD), {b"UID SEARCH": search}) as server:
        work = fetched(server, ((1, 1), (BAD, BAD)))

    assert (work.vanished, work.gaps, work.stored) == (1, {}, [1])


def test_answers_that_nobody_asked_for_are_ignored() -> None:
    """Other UIDs, flags of other sessions, EXPUNGE and EXISTS in between: they neither count nor confuse."""
    noise = b"* 99 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* 12 EXISTS\r\n* OK still here\r\n* VANISHED 77\r\n"

    class Noisy(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            other = super().fetched(uid).replace(b"UID %d " % uid, b"UID %d " % (uid + 1000))
            return noise + other + super().fetched(uid) + noise

    with Noisy(headers(1, 2, 3)) as server:
        work = fetched(server, ((1, 3),))

    assert (work.stored, work.gaps, work.examined) == ([1, 2, 3], {}, ((1, 3),))


def test_an_answer_given_twice_is_one_message() -> None:
    """Also when the first of them only carries flags."""

    class Twice(ScriptedServer):
        def fetched(self, uid: int) -> bytes:
            return b"* 1 FETCH (UID %d FLAGS (\\Seen))\r\n" % uid + super().fetched(uid) * 2

    with Twice(headers(1, 2)) as server:
        work = fetched(server, ((1, 2),))

    assert (work.stored, work.asked) == ([1, 2], ["1:2"])


def test_answers_may_come_in_any_order() -> None:
    """Domino answers out of order; only the UID tells which message it is."""

    def backwards(command: Command) -> Answer:
        uids = asked_uids(server, command)[::-1]
        return b"".join(server.fetched(uid) for uid in uids) + command.tag + b" OK done\r\n"

    with ScriptedServer(headers(*range(1, 6)), {b"UID FETCH": backwards}) as server:
        work = fetched(server, ((1, 5),))

    assert work.stored == [5, 4, 3, 2, 1]
    assert {message.message_id for batch in work.batches for message in batch.messages if message.uid == 2} == {
        "<2@corp.example>"
    }


def test_a_malformed_answer_costs_its_message_only() -> None:
    """The gap holds the bytes as they came, cut at the limit, so that a person can look."""
    garbage = b"* 4 FETCH (UID 4 FLAGS ((( " + b"x" * 100_000 + b"\r\n"

    with with_answer(lambda _: garbage, BAD)(headers(*range(1, 6))) as server:
        work = fetched(server, ((1, 5),))

    gap = next(gap for batch in work.batches for gap in batch.gaps)
    assert work.stored == [1, 2, 3, 5]
    assert (gap.uid, gap.kind, gap.uidvalidity, gap.mailbox) == (BAD, "message_unparsed", 7, "Sent")
    assert gap.raw == garbage[2 : 2 + answered.RAW_LIMIT]


def test_a_fault_of_our_own_parser_costs_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should it ever raise, the scan goes on, and the gap names what happened without a word of the mail."""

    def faulty(answer: object, block: bytes, *, is_draft: bool) -> object:
        if b"<2@" in block:
            raise IndexError("ben@people.example")
        return good(answer, block, is_draft=is_draft)  # type: ignore[arg-type]

    good = answered.build_message
    monkeypatch.setattr(answered, "build_message", faulty)

    with ScriptedServer(headers(1, 2, 3)) as server:
        work = fetched(server, ((1, 3),))

    assert (work.stored, work.gaps) == ([1, 3], {2: "message_unparsed"})
    assert all("people.example" not in gap.detail for batch in work.batches for gap in batch.gaps)


# --- refusals -----------------------------------------------------------------


@pytest.mark.parametrize("status", [b"NO", b"BAD"])
def test_a_refused_set_is_halved_down_to_the_one_message(status: bytes) -> None:
    """Yahoo refuses a whole range for one poison message: it alone becomes a gap, in few commands."""

    def refuse(command: Command) -> Answer:
        if 700 in asked_uids(server, command):
            return command.tag + b" " + status + b" [SERVERBUG] cannot\r\n"
        return server.answer(command)

    with ScriptedServer(headers(*range(1, 1001)), {b"UID FETCH": refuse}) as server:
        work = fetched(server, ((1, 1000),), size=500)

    assert work.gaps == {700: "message_unserved"}
    assert sorted(work.stored) == [uid for uid in range(1, 1001) if uid != 700]
    assert count(work.examined) == 1000
    assert len(work.asked) < 30


def test_a_refusal_after_some_answers_keeps_them() -> None:
    """What came before the NO is not asked for again."""

    def refuse(command: Command) -> Answer:
        uids = asked_uids(server, command)
        if BAD in uids:
            given = b"".join(server.fetched(uid) for uid in uids if uid < BAD)
            return given + command.tag + b" NO cannot\r\n"
        return server.answer(command)

    with ScriptedServer(headers(*range(1, 11)), {b"UID FETCH": refuse}) as server:
        work = fetched(server, ((1, 10),))

    assert work.gaps == {BAD: "message_unserved"}
    assert len(work.stored) == len(set(work.stored)) == 9


def test_a_mailbox_that_refuses_every_message_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of asking one by one would end in the same."""
    monkeypatch.setattr(fetch, "REFUSED_LIMIT", 5)

    def refuse(command: Command) -> Answer:
        return command.tag + b" NO [NOPERM] no\r\n"

    with ScriptedServer(headers(*range(1, 1001)), {b"UID FETCH": refuse}) as server:
        with pytest.raises(PermissionDeniedError, match="one message after the other"):
            fetched(server, ((1, 1000),))

        assert server.count(b"UID FETCH") < 50


@pytest.mark.parametrize("limit", ["UNSERVED_LIMIT", "UNANSWERED_LIMIT"])
def test_a_mailbox_that_gives_none_of_its_messages_is_given_up(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed for ever and passed over with OK: neither the first round nor asking again goes on without end."""
    monkeypatch.setattr(fetch, limit, 20)

    with with_answer(lambda _: b"", *range(1, 1001))(headers(*range(1, 1001))) as server:
        with pytest.raises(PermissionDeniedError, match="gives none"):
            fetched(server, ((1, 1000),), size=15)

        assert server.count(b"UID FETCH") < 200


@pytest.mark.parametrize(
    "useless", [b"* 1 EXISTS\r\n", b"* 7 FETCH (UID 7 FLAGS ())\r\n", b"* 1 FETCH (UID 1 FLAGS ())\r\n"]
)
def test_a_flood_of_answers_that_tell_nothing_ends(useless: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flags of other sessions are passed over, as many as there may be; no session tells them without end."""
    monkeypatch.setattr(fetch, "USELESS_LIMIT", 500)

    class Flood(ScriptedServer):
        times = 510

        def fetched(self, uid: int) -> bytes:
            return useless * self.times + super().fetched(uid)

    with Flood(headers(1)) as server:
        assert fetched(server, ((1, 1),)).stored == [1]
    with Flood(headers(1)) as server:
        server.times += 1
        with pytest.raises(ProtocolError, match="no end"):
            fetched(server, ((1, 1),))


def test_messages_here_and_there_that_are_never_given_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is answered in between ends the row of those without answer."""
    monkeypatch.setattr(fetch, "UNANSWERED_LIMIT", 3)
    never = range(1, 21, 2)

    with with_answer(lambda _: b"", *never)(headers(*range(1, 21))) as server:
        work = fetched(server, ((1, 20),), size=4)

    assert work.gaps == dict.fromkeys(never, "message_unserved")
    assert sorted(work.stored) == list(range(2, 21, 2))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (b"NO Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92.415),
        (b"BAD Request is throttled. Suggested Backoff Time: 1 milliseconds", 0.001),
        (b"NO [THROTTLED] later", 0.0),
        (b"NO [INUSE] later", 0.0),
        (b"NO [unavailable] later", 0.0),
        (b"NO Server Unavailable. 15", 0.0),
        (b"NO [OVERQUOTA] later", 0.0),
        (b"NO [LIMIT] later", 0.0),
    ],
)
def test_a_throttle_is_told_from_a_refusal(said: bytes, seconds: float) -> None:
    """It is no reason to halve the range; how long to wait is handed on."""
    override: dict[bytes, Override] = {b"UID FETCH": lambda command: command.tag + b" " + said + b"\r\n"}
    with ScriptedServer(headers(1), override) as server, pytest.raises(ServerBusyError) as caught:
        fetched(server, ((1, 1),))

    assert caught.value.seconds == seconds
    status, _, text = said.decode().partition(" ")
    raise_if_busy(Completion(status, "[SERVERBUG] no"))
    with pytest.raises(ServerBusyError):
        raise_if_busy(Completion(status, text))


def test_only_reading_commands_leave_the_client() -> None:
    """The list of IMAP.md; FETCH peeks."""
    with with_answer(lambda _: b"", BAD)(headers(*range(1, 11))) as server:
        client = WireClient(server.host, server.port, ssl_context=None, timeout=5)
        known = examine(client, SENT)
        work = MailboxFetch("ada", SENT, known.uidvalidity, is_complete_list=True)
        examined = [batch.examined for batch in work.batches(client, list_uids(client))]
        client.drop()

    assert {command.name for command in server.commands} == {b"CAPABILITY", b"EXAMINE", b"UID SEARCH", b"UID FETCH"}
    assert all(b"BODY.PEEK[" in line.arguments for line in server.commands if line.name == b"UID FETCH")
    assert all(contains(join_ranges(pair for ranges in examined for pair in ranges), uid) for uid in range(1, 11))


@pytest.mark.parametrize("body", [b"a@b," * 300, b"<" * 1200, b"(a" * 600])
def test_a_header_too_large_to_be_read_is_a_gap(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB of brackets would take gigabytes to understand; its beginning is kept, its neighbours are read."""
    monkeypatch.setattr(answered, "_LARGE_HEADER", 1_000)
    monkeypatch.setattr(answered, "MAX_MARKS", 500)
    usual = (
        b"From: ada@corp.example\r\nTo: " + b", ".join(b"guest%d@people.example" % n for n in range(60)) + b"\r\n\r\n"
    )

    with ScriptedServer({1: usual, 2: b"To: " + body + b"\r\n\r\n", 3: header(3)}) as server:
        work = fetched(server, ((1, 3),))

    assert sorted(work.stored) == [1, 3]
    assert work.gaps == {2: "message_unparsed"}
    assert [gap.raw[:9] for batch in work.batches for gap in batch.gaps] == [b"To: " + body[:5]]
