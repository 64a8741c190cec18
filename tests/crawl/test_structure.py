"""BODYSTRUCTURE as servers write it, well and badly: every part with its name, or words for a gap; never an error."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.crawl.mime import DEEPEST, MOST_PARTS
from scanner.crawl.response import Response
from scanner.crawl.structure import STRUCTURE_LIMIT, StructureAnswer, read_structure
from scanner.model import MessagePart

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1)'
ENVELOPE = b'("Mon, 3 Mar 2025 09:00:00 +0000" "Inner" NIL NIL NIL NIL NIL NIL NIL "<a@corp.example>")'


def answer(*pieces: bytes) -> Response:
    """Return the response that tells a structure; every second piece is a literal."""
    parts = [b"12 FETCH (UID 5 BODYSTRUCTURE " + pieces[0], *pieces[1:]]
    for number in range(1, len(parts), 2):
        parts[number - 1] += b"{%d}\r\n" % len(parts[number])
    parts[-1] += b")\r\n"
    return parts


def read(*pieces: bytes) -> tuple[MessagePart, ...]:
    """Return the parts of a structure that can be read."""
    found = read_structure(answer(*pieces))
    assert found is not None, "it tells a structure"
    assert found.parts is not None, found.why
    return found.parts


def why_not(response: Response) -> str:
    """Return why a structure cannot be read."""
    found = read_structure(response)
    assert found is not None, "it names a message"
    assert (found.uid, found.parts) == (5, None)
    return found.why


def test_a_lone_text_is_part_one() -> None:
    """RFC 9051, 6.4.5: a message that is no multipart has one part."""
    assert read(TEXT) == (MessagePart("1", "text/plain", size=12),)


def test_parts_within_parts_are_numbered_as_fetch_numbers_them() -> None:
    """The example of RFC 3501, 6.4.5: 4 is a multipart, 4.2 a message, 4.2.2.1 a part of a multipart in that."""
    inner = b"(" + TEXT + b"(" + TEXT + TEXT + b' "ALTERNATIVE") "MIXED")'
    message = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 900 ' + ENVELOPE + inner + b" 30)"
    single = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 90 ' + ENVELOPE + TEXT + b" 3)"
    image = b'("IMAGE" "GIF" NIL NIL NIL "BASE64" 5)'

    parts = read(b"(" + TEXT + image + single + b"(" + image + message + b' "MIXED") "MIXED")')

    assert [part.section for part in parts] == [
        *("1", "2", "3", "3.1", "4.1", "4.2", "4.2.1", "4.2.2.1", "4.2.2.2"),
    ]
    assert [part.size for part in parts if part.is_message] == [90, 900]


def test_an_invitation_nested_in_alternatives_tells_its_method() -> None:
    """RFC 6047, 2.4: METHOD is a parameter of the part, in any case of letters; of other types it means nothing."""
    calendar = b'("text" "Calendar" ("charset" "utf-8" "Method" "request") NIL NIL "base64" 998 13)'
    other = b'("text" "plain" ("method" "request") NIL NIL "7bit" 9 1)'

    parts = read(b"((" + other + calendar + b' "alternative") "mixed")')

    assert [(part.content_type, part.method) for part in parts] == [("text/plain", ""), ("text/calendar", "REQUEST")]


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ((b'("attachment" ("filename" "List.xlsx"))',), "List.xlsx"),
        ((b'("attachment" ("FILENAME" "a \\"b\\" \\\\ c.txt"))',), 'a "b" \\ c.txt'),
        ((b'("attachment" ("filename" "=?utf-8?B?TMO2aG5lLnhsc3g=?="))',), "Löhne.xlsx"),
        ((b'("attachment" ("filename*" "utf-8\'de\'L%C3%B6hne.xlsx"))',), "Löhne.xlsx"),
        ((b'("attachment" ("filename*" "iso-8859-1\'\'L%F6hne.xlsx"))',), "Löhne.xlsx"),
        ((b'("attachment" ("filename*1*" "%B6hne" "filename*0*" "utf-8\'\'L%C3" "filename*2" ".x"))',), "Löhne.x"),
        ((b'("attachment" ("filename*0" "a" "filename*1" "b" "filename*3" "lost"))',), "ab"),
        ((b'("attachment" ("filename" "L\xc3\xb6hne.xlsx"))',), "Löhne.xlsx"),
        ((b'("attachment" ("filename" "L\xf6hne.xlsx"))',), "Löhne.xlsx"),
        ((b'("attachment" ("filename" "L" "filename*" "no charset"))',), "no charset"),
        ((b'("attachment" ("filename" ', b'a"(b) {9}.pdf', b"))"), 'a"(b) {9}.pdf'),
        ((b'("attachment" ("filename" NIL))',), ""),
        ((b'("attachment" ("filename"))',), ""),
        ((b'("attachment" NIL)',), ""),
        ((b"NIL",), ""),
    ],
)
def test_file_names_are_read_however_they_are_written(told: tuple[bytes, ...], name: str) -> None:
    """RFC 2183 with RFC 2231, and RFC 2047 and raw 8-bit, which are wrong there and common."""
    pieces = [*told]
    pieces[0] = b'("APPLICATION" "X" NIL NIL NIL "BASE64" 7 NIL ' + pieces[0]
    pieces[-1] += b")"

    (part,) = read(*pieces)

    assert part.file_name == name


def test_the_name_of_the_type_serves_where_the_disposition_has_none() -> None:
    """RFC 2046, 4.5.1: the older place of it."""
    (part,) = read(b'("IMAGE" "PNG" ("NAME" "scan.png") NIL NIL "BASE64" 7 NIL ("inline" NIL))')

    assert (part.file_name, part.disposition, part.is_attachment) == ("scan.png", "inline", True)


@pytest.mark.parametrize(
    "extension",
    [
        b'NIL ("attachment" ("filename" "a.pdf")) ("en" "de") "http://x" ("more" ("and" "more" 3))',
        b'"md5" ("attachment" ("filename" "a.pdf"))',
        # Lines of a text that the server takes for something else.
        b'7 NIL ("attachment" ("filename" "a.pdf")) NIL',
        b'NIL ("en" "de") ("attachment" ("filename" "a.pdf"))',
    ],
)
def test_the_disposition_is_found_behind_whatever_a_server_sends(extension: bytes) -> None:
    """RFC 9051, 9: body-ext-1part grows; clients must accept what they do not know."""
    (part,) = read(b'("APPLICATION" "PDF" NIL NIL NIL "BASE64" 7 ' + extension + b")")

    assert (part.file_name, part.disposition) == ("a.pdf", "attachment")


@pytest.mark.parametrize("empty", [b'(NIL "MIXED" ("BOUNDARY" "x") NIL NIL)', b'("MIXED" ("BOUNDARY" "x") NIL NIL)'])
def test_a_multipart_without_parts_has_none(empty: bytes) -> None:
    """Not allowed, and sent all the same; its neighbours are read."""
    assert [part.section for part in read(b"(" + TEXT + empty + TEXT + b' "MIXED")')] == ["1", "3"]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("ic011", [(14935, [("1", "text/plain", "", 0)])]),
        ("ic074", [(1, [("2", "text/html", "seti_letter.html", 6769)])]),
        ("ic075", [(1, [("1", "text/plain", "", 356)])]),
        ("ic076", [(1, [("1", "multipart/digest", "", None)])]),
        ("ic130", [(1, [("1", "image/png", "Görüntü1", 15440)])]),
    ],
)
def test_recorded_answers_are_read(case: str, told: list[tuple[int, list[object]]], shared_data: Path) -> None:
    """What Domino, Gmail and others said, malformed as it is."""
    lines = map(json.loads, (shared_data / "imap-cases.jsonl").read_text("utf-8").splitlines())
    wire = next(line["wire"] for line in lines if line["id"] == case).encode("latin-1")
    if not wire.startswith(b"*"):
        wire = b"* 1 FETCH (UID 1 BODYSTRUCTURE " + wire.rstrip() + b")\r\n"
    first = wire.removeprefix(b"* ").replace(b"FETCH (BODY", b"FETCH (UID 1 BODY")
    pieces = re.split(rb"(?<=\{8\}\r\n)(.{8})" if b"{8}" in first else rb"(?<=\r\n)\Z|(?=\* )", first, flags=re.DOTALL)

    found = read_structure(pieces if b"{8}" in first else pieces[:1])

    assert found is not None
    assert found.parts is not None, found.why
    parts = [(part.section, part.content_type, part.file_name, part.size) for part in found.parts]
    assert [(found.uid, parts)] == told


def test_what_servers_send_beside_the_structure_is_passed_over() -> None:
    """RFC 9051, 7.5.2: items come in any order, flags of other sessions among them."""
    response = [b"3 fetch (FLAGS (\\Seen $x) bodystructure (" + TEXT + b' "MIXED") MODSEQ (7) UID 44)\r\n']

    assert read_structure(response) == StructureAnswer(44, (MessagePart("1", "text/plain", size=12),))


@pytest.mark.parametrize(
    "response",
    [[b"OK still here\r\n"], [b"3 FETCH (FLAGS (\\Seen) UID 5)\r\n"], [b"3 FETCH (BODYSTRUCTURE " + TEXT + b")\r\n"]],
)
def test_an_answer_that_tells_no_structure_of_a_message_is_none(response: Response) -> None:
    """Whatever stays unanswered is asked for again."""
    assert read_structure(response) is None


@pytest.mark.parametrize(
    "body",
    [b"NIL", b'"text"', b"(", b'("TEXT" "PLAIN"', b'("TEXT" "PLAIN)', b"()", b"(7 (NIL))", b'((NIL) "MIXED")', b"{9}"],
)
def test_a_malformed_structure_is_told_with_its_uid(body: bytes) -> None:
    """It becomes a gap of its message."""
    assert why_not(answer(body)) != ""


def test_a_hostile_structure_meets_a_limit_in_no_time() -> None:
    """Depth, number of values, number of parts and length; each with words of its own."""
    began = time.process_time()

    deep = why_not(answer(b"(" * 100_000))
    full = why_not(answer(b"(" + b"x " * 400_000 + b")"))
    many = why_not(answer(b"(" + TEXT * (MOST_PARTS + 1) + b' "MIXED")'))
    long = why_not(answer(b"(" + b"x" * STRUCTURE_LIMIT + b")"))
    open_quote = why_not(answer(b'("' + b"\\a" * 1_000_000))

    assert [deep, full, many, long, open_quote] == [
        "its parts lie within each other without end",
        "the server's answer about its structure is too large",
        f"it has more than {MOST_PARTS:,} parts",
        "the server's answer about its structure is too large",
        "the server's answer about its structure is malformed",
    ]
    # A generous limit that only endless work would miss.
    assert time.process_time() - began < 60


def test_mail_as_deep_as_the_limit_is_read() -> None:
    """Half as many levels as are allowed, since each takes one list."""
    depth = DEEPEST - 2

    (part,) = read(b"(" * depth + TEXT + b' "MIXED")' * depth)

    assert part.section == ".".join(["1"] * depth)


@given(st.lists(st.sampled_from([b"(", b")", b'"a"', b"NIL", b"7", b" ", b'"', b"{2}", b"\\", b"\xff"]), max_size=60))
def test_no_answer_raises(pieces: list[bytes]) -> None:
    """Whatever a server says, the outcome is parts, words or nothing."""
    found = read_structure(answer(b"".join(pieces)))

    assert found is None or (found.parts is None) == bool(found.why)


def test_names_that_no_database_takes_are_mended_and_cut() -> None:
    """NUL in a literal, and a name of a megabyte, whose end tells the kind of file."""
    (one,) = read(b'("A" "B" ("NAME" ', b"a\0b.txt", b') NIL NIL "7BIT" 1)')
    (other,) = read(b'("A" "B" ("NAME" "' + b"x" * 1_000_000 + b'.xlsx") NIL NIL "7BIT" 1)')

    assert one.file_name == "a\ufffdb.txt"
    assert (len(other.file_name), other.file_name[-5:]) == (255, ".xlsx")
