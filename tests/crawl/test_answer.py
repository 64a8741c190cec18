"""Whatever a server puts into a FETCH answer, it becomes a message's data, nothing of ours, or a gap that is named."""

import io
import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.answer import FetchAnswer, UnreadableAnswer, _read_slowly, read_answer
from scanner.crawl.response import Response, drain, with_literals
from scanner.crawl.wire import WireClient
from tests.crawl.talk import TAG, hear
from tests.servers.scripted import ScriptedServer

HEADER = b"To: ben@people.example\r\n\r\n"
SECTION = b"BODY[HEADER.FIELDS (DATE TO)] "
DATE = b"03-Feb-2021 10:00:00 +0000"
EXPECTED = FetchAnswer(7, DATE, 4286, b"\\Seen $Sent", HEADER)
ITEMS = (b"UID 7", b'INTERNALDATE "' + DATE + b'"', b"RFC822.SIZE 4286", b"FLAGS (\\Seen $Sent)")


def answer_of(*parts: bytes) -> FetchAnswer | UnreadableAnswer | None:
    """Read an answer given as text, literal, text …; sizes and line ends are added."""
    response = [
        part if number % 2 else part + (b"\r\n" if number + 1 == len(parts) else b"{%d}\r\n" % len(parts[number + 1]))
        for number, part in enumerate(parts)
    ]
    return read_answer(response)


@pytest.fixture(scope="module")
def client() -> WireClient:
    """Return a client whose answers the test gives."""
    with ScriptedServer({}) as server:
        return WireClient(server.host, server.port, ssl_context=None, timeout=5)


def _orders() -> list[tuple[tuple[bytes, ...], tuple[bytes, ...]]]:
    """Return every way to put the items before and after the header."""
    return [
        (order[:place], order[place:]) for order in itertools.permutations(ITEMS) for place in range(len(ITEMS) + 1)
    ]


# --- the usual ----------------------------------------------------------------


@pytest.mark.parametrize("extra", [(), (b"MODSEQ (12345678901234)",)])
@pytest.mark.parametrize("upper", [True, False])
def test_the_order_of_items_does_not_matter(extra: tuple[bytes, ...], upper: bool) -> None:
    """RFC 9051, 7.5.2 names no order; the quick reader and imapclient's give the same for all 120 of them."""
    for before, after in _orders():
        first = b" ".join([*before, *extra, SECTION])
        last = b"".join(b" " + item for item in after) + b")\r\n"
        names = bytes.upper if upper else _with_small_names
        response = [names(b"12 FETCH (" + first + b"{%d}\r\n" % len(HEADER)), HEADER, names(last)]
        if upper:
            response = [part.replace(b"\\SEEN $SENT", b"\\Seen $Sent").replace(b"FEB", b"Feb") for part in response]

        assert read_answer(response) == EXPECTED, response
        assert _read_slowly(response) == EXPECTED, response


def _with_small_names(text: bytes) -> bytes:
    return re.sub(rb"UID|INTERNALDATE|RFC822\.SIZE|FLAGS|MODSEQ|FETCH|BODY\[[^]]*\]", lambda m: m[0].lower(), text)


def test_blanks_where_none_belong_change_nothing() -> None:
    """Before the closing parenthesis and before the header's size, as some servers write them."""
    first = b"1 FETCH (" + b" ".join(ITEMS) + b" "

    assert answer_of(first + SECTION, HEADER, b" )") == EXPECTED
    assert answer_of(first + SECTION + b" ", HEADER, b")") == EXPECTED
    assert answer_of(first.replace(b" INTERNAL", b"  INTERNAL") + SECTION, HEADER, b")") == EXPECTED


@pytest.mark.parametrize(
    "section",
    [
        b"BODY[HEADER.FIELDS (Date To)]",
        b'BODY[HEADER.FIELDS ("DATE" "TO")]',
        b"body[header.fields (date to)]",
        b"BODY[HEADER.FIELDS ( DATE TO )]",
        b"BODY[HEADER.FIELDS (DATE TO)]<0>",
    ],
)
def test_the_name_of_the_header_comes_back_in_many_forms(section: bytes) -> None:
    """Upper or lower case, quoted, with blanks or an origin."""
    assert answer_of(b"1 FETCH (" + b" ".join(ITEMS) + b" " + section + b" ", HEADER, b")") == EXPECTED


@pytest.mark.parametrize(
    "item",
    [
        b'X-GM-LABELS ("\\\\Sent" "R&AOk-union" foo) X-GM-MSGID 1278455344230334865 X-GM-THRID 9',
        b'ANNOTATION (/comment (value.priv "My (comment" value.shared NIL))',
        b"EMAILID (M6d99ac3275bb4e) THREADID NIL",
        b'SAVEDATE "12-Sep-2023 13:39:01 -0400"',
        b"MODSEQ (-1)",
        b'ENVELOPE (NIL "a (subject" ((NIL NIL "ada" "corp.example")) NIL NIL NIL NIL NIL NIL "<1@corp.example>")',
        b"XAOL.SPAM.REASON 0 XAOL-LIST (A B (C D))",
    ],
)
def test_items_nobody_asked_for_are_passed_over(item: bytes) -> None:
    """Before or after the header, what other extensions add costs nothing."""
    known = b" ".join(ITEMS)

    assert answer_of(b"1 FETCH (" + item + b" " + known + b" " + SECTION, HEADER, b")") == EXPECTED
    assert answer_of(b"1 FETCH (" + known + b" " + SECTION, HEADER, b" " + item + b")") == EXPECTED


def test_a_literal_within_an_unknown_list_is_not_the_header() -> None:
    """The header is told by its name, not by being a literal."""
    first = b"1 FETCH (" + b" ".join(ITEMS) + b" X-LIST (A "

    assert answer_of(first, b"Bcc: x@people.example\r\n", b" B) " + SECTION, HEADER, b")") == EXPECTED


def test_a_header_may_come_as_a_quoted_string() -> None:
    """RFC 9051, 9: nstring. Escapes are undone, the date is still found."""
    quoted = b'"To: \\"Ben \\\\\\" <ben@people.example>"'

    answer = answer_of(b"1 FETCH (" + b" ".join(ITEMS) + b" " + SECTION + quoted + b")")

    assert answer == FetchAnswer(7, DATE, 4286, b"\\Seen $Sent", b'To: "Ben \\" <ben@people.example>')


def test_an_empty_header_is_a_header_and_nil_is_none() -> None:
    """A message without any of the fields has an empty block; NIL means that the server gives nothing: asked again."""
    first = b"1 FETCH (UID 7 " + SECTION

    assert answer_of(first, b"", b")") == FetchAnswer(7, None, None, None, b"")
    assert answer_of(first + b'"")') == FetchAnswer(7, None, None, None, b"")
    assert answer_of(first + b"NIL)") == FetchAnswer(7, None, None, None, None)


def test_a_date_may_be_a_literal_or_missing() -> None:
    """The text is handed on as it stands; what cannot be read as a date is not guessed here."""
    assert answer_of(b"1 FETCH (UID 7 INTERNALDATE ", DATE, b" " + SECTION, HEADER, b")") == FetchAnswer(
        7, DATE, None, None, HEADER
    )
    assert answer_of(b"1 FETCH (UID 7 INTERNALDATE NIL " + SECTION, HEADER, b")") == FetchAnswer(
        7, None, None, None, HEADER
    )
    assert answer_of(b'1 FETCH (UID 7 INTERNALDATE "yesterday" ' + SECTION, HEADER, b")") == FetchAnswer(
        7, b"yesterday", None, None, HEADER
    )


@pytest.mark.parametrize("uid", [1, 2**31 - 1, 2**31, 2**32 - 1])
def test_uids_use_all_of_their_32_bits(uid: int) -> None:
    """RFC 9051, 9: nz-number is unsigned."""
    answer = answer_of(b"1 FETCH (UID %d " % uid + SECTION, HEADER, b")")

    assert isinstance(answer, FetchAnswer)
    assert answer.uid == uid


@pytest.mark.parametrize("size", [b"9" * 19, b"9" * 30, b"9" * 5000, b"-1", b"NIL", b"big"])
def test_an_impossible_size_is_unknown_or_a_gap(size: bytes) -> None:
    """No number that the store cannot keep comes through, and the UID is known either way."""
    answer = answer_of(b"1 FETCH (UID 7 RFC822.SIZE " + size + b" " + SECTION, HEADER, b")")

    assert answer is not None
    assert answer.uid == 7
    assert isinstance(answer, UnreadableAnswer) or answer.size is None


def test_keywords_of_digits_are_flags() -> None:
    """RFC 9051, 9: flag-keyword is an atom; the slow reader gives the same as the quick one."""
    response = [b"1 FETCH (UID 7 FLAGS (\\Seen 2021 $x) " + SECTION + b"{2}\r\n", b"\r\n", b")\r\n"]

    assert read_answer(response) == _read_slowly(response) == FetchAnswer(7, None, None, b"\\Seen 2021 $x", b"\r\n")


# --- what is no answer of ours ------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"1 FETCH (FLAGS (\\Seen))",
        b"4 FETCH ()",
        b"2 FETCH (MODSEQ (4))",
        b"12 EXISTS",
        b"OK still here",
        b"4 EXPUNGE",
        b"VANISHED (EARLIER) 1:8",
        b"SEARCH 1 2 FETCH (UID 7)",
        b"",
        b"2222222222222222222222222222222222222222222C",
    ],
)
def test_other_responses_are_no_answers(line: bytes) -> None:
    """RFC 9051, 7.5.2: flags of other sessions come at any time, without UID; they are nothing to us."""
    assert answer_of(line) is None


def test_flags_with_a_uid_carry_no_header() -> None:
    """RFC 7162 servers add the UID: the answer says so much and no more, and the message is not taken as given."""
    assert answer_of(b"1 FETCH (UID 7 FLAGS (\\Seen) MODSEQ (4))") == FetchAnswer(7, None, None, b"\\Seen", None)


# --- what cannot be read ------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"4 FETCH (UID 7 FLAGS (\\Seen INTERNALDATE ((( BODY[",
        b'4 FETCH (UID 7 BODY[HEADER.FIELDS (TO)] "no end)',
        b"4 FETCH UID 7 \x00\x01 nonsense",
        b"4 FETCH (UID 7 FLAGS",
        b"4 FETCH (UID 7 FLAGS)",
        b"4 FETCH (UID 7 " + b"(" * 5000,
        b"4 FETCH (UID 7 " + b"(" * 5000 + b")" * 5000 + b")",
        b"4 FETCH (UID 7 ENVELOPE (1 2 3))",
        b"4 FETCH (UID 7 BODYSTRUCTURE NIL RFC822.SIZE)",
        b"4 FETCH (FLAGS (\\Seen) UID 7",
        b"4 FETCH (UID 7 X " + b"9" * 5000 + b")",
        b"4 FETCH (UID 7 X (" + b"a " * 600_000 + b"))",
    ],
)
def test_an_unreadable_answer_names_its_message(line: bytes) -> None:
    """It becomes a gap of that message, with the bytes as they came."""
    assert answer_of(line) == UnreadableAnswer(7, line + b"\r\n")


def test_an_unreadable_answer_may_name_its_message_behind_the_header() -> None:
    """The last line is searched too; the header itself never is, it is the sender's text."""
    header = b"Subject: (UID 9 )\r\n\r\n"

    answer = answer_of(b"4 FETCH (FLAGS (( " + SECTION, header, b" UID 7)")

    assert isinstance(answer, UnreadableAnswer)
    assert answer.uid == 7


@pytest.mark.parametrize("kept", range(0, 150, 3))
def test_a_literal_that_swallows_the_next_answer_is_no_header(kept: int) -> None:
    """A literal shorter than announced leaves the stream out of step: wherever the cut falls, it is a gap."""
    head = b"%d FETCH (UID %d " + b" ".join(ITEMS[1:]) + b" " + SECTION + b"{%d}\r\n"
    header = b"To: ben@people.example, " + b"x" * 150 + b"@people.example\r\n\r\n"
    stream = b"* " + head % (1, 7, len(header)) + header[: len(header) - kept - 1] + b")\r\n"
    stream += b"".join(b"* " + head % (uid, uid, len(header)) + header + b")\r\n" for uid in range(8, 12))
    reader = io.BytesIO(stream[2:])

    answer = read_answer(with_literals([reader.readline()], reader.read, reader.readline))

    assert isinstance(answer, UnreadableAnswer)
    assert answer.uid == 7


@pytest.mark.parametrize("line", [b"4 FETCH (((", b"4 FETCH (UID x FLAGS ())", b"4 FETCH (UID 99999999999999 ("])
def test_an_answer_that_names_no_message_says_so(line: bytes) -> None:
    """A number of more than 32 bits is no UID."""
    assert answer_of(line) == UnreadableAnswer(None, line + b"\r\n")


def test_a_header_without_uid_is_not_lost_silently() -> None:
    """It is an answer to our question that names no message."""
    answer = answer_of(b"4 FETCH (" + SECTION, HEADER, b")")

    assert isinstance(answer, UnreadableAnswer)
    assert answer.uid is None
    assert HEADER in answer.raw


_MARKS = (
    b"UID 7",
    b"(",
    b")",
    b'"',
    b" ",
    b"{3}",
    b"BODY[",
    b"]",
    b"FLAGS",
    b"NIL",
    b"\\",
    b"9",
    b"\xff",
    b"\0",
    b"]<0>",
)
TOKENS = st.lists(st.sampled_from([*_MARKS, SECTION, *ITEMS]), max_size=12).map(b"".join)


@given(TOKENS, st.binary(max_size=20), TOKENS)
def test_no_bytes_make_the_reader_fail(before: bytes, literal: bytes, after: bytes) -> None:
    """Whatever comes is data, nothing, or unreadable; a UID that is given fits 64 bits."""
    response: Response = [b"1 FETCH (" + before + b"{%d}\r\n" % len(literal), literal, after + b")\r\n"]

    answer = read_answer(response)

    assert answer is None or answer.uid is None or 0 <= answer.uid < 1 << 63


# --- recorded servers ---------------------------------------------------------

WITH_HEADER = {"ic063": 1, "ic088": 31710}
"""Case → UID, where the answer holds header fields as we ask for them."""

WITHOUT_UID = {"ic085", "ic086", "ic087", "ic089", "ic090", "ic091", "ic100", "ic101", "ic102", "ic103"}
NEVER_WHOLE = {"ic118", "ic119"}


def test_recorded_answers_are_read_as_far_as_they_concern_us(shared_data: Path, client: WireClient) -> None:
    """UIDs are those that were served, in their order; a header is there when header fields were served."""
    cases = [json.loads(line) for line in (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines()]
    fetches = {case["id"]: case for case in cases if case["kind"] == "FETCH"}
    assert fetches.keys() > WITH_HEADER.keys() | WITHOUT_UID | NEVER_WHOLE

    for name, case in fetches.items():
        if name in NEVER_WHOLE:
            continue
        wire = re.sub(rb"^A\d+ OK.*\r\n\Z", b"", case["wire"].encode("latin-1"), flags=re.MULTILINE)
        hear(client, wire + TAG + b" OK done\r\n")
        answers = [answer for answer in map(read_answer, drain(client.responses(TAG))[0]) if answer is not None]
        uids = [answer.uid for answer in answers]
        headers = [answer for answer in answers if isinstance(answer, FetchAnswer) and answer.header is not None]

        served = [int(uid) for uid in re.findall(rb"(?m)^\* \d+ FETCH \(.*\bUID (\d+)", wire)]
        if name == "ic062":
            served = [1]
        assert uids == ([] if name in WITHOUT_UID else served), name
        assert [answer.uid for answer in headers] == ([WITH_HEADER[name]] if name in WITH_HEADER else []), name
