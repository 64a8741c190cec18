"""Folders of message files: .eml and .msg, their UIDs, and what is no mail."""

from pathlib import Path

import pytest

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.header import build_message
from scanner.crawl.period import Period
from scanner.crawl.source.box import Vanished
from scanner.crawl.source.files import FilesBox, FolderShelf
from tests.crawl.source.compound import sent_msg
from tests.crawl.source.mail import letter, open_box, read_all, unread, write


def box_of(folder: Path) -> FilesBox:
    """Return the files of a folder as a mailbox."""
    return FilesBox(
        b"Sent", "Sent", FolderShelf(folder, tuple(file.name for file in folder.iterdir())), "a test says so"
    )


def test_uids_stay_with_their_files(tmp_path: Path) -> None:
    """New files get UIDs of their own, those that stay keep theirs, a changed one is another message."""
    for number in (1, 2, 3):
        write(tmp_path / f"{number}.eml", letter(number))
    before = {answer.header: answer.uid for answer in read_all(box_of(tmp_path))}
    write(tmp_path / "0.eml", letter(4))
    write(tmp_path / "2.eml", letter(2, to=["eva@example.org", "ben@example.net"]))
    (tmp_path / "3.eml").unlink()

    after = {answer.header: answer.uid for answer in read_all(box_of(tmp_path))}

    assert {header for header in after if header in before} == {
        header for header in before if b"Evening 1" in (header or b"")
    }
    assert all(after[header] == uid for header, uid in before.items() if header in after)
    assert len(set(after.values()) | set(before.values())) == 5


def test_a_copy_of_the_folder_has_the_same_uids(tmp_path: Path) -> None:
    """Same evidence, same store: neither place nor time of the files counts."""
    for folder in ("one", "two"):
        write(tmp_path / folder / "1.eml", letter(1))
        write(tmp_path / folder / "2.msg", sent_msg())

    assert open_box(box_of(tmp_path / "one")) == open_box(box_of(tmp_path / "two"))


def test_the_same_message_twice_is_two_copies(tmp_path: Path) -> None:
    """Two files hold it: two UIDs, one identity."""
    write(tmp_path / "1.eml", letter(1))
    write(tmp_path / "1 (2).eml", letter(1))

    answers = read_all(box_of(tmp_path))

    assert len({answer.uid for answer in answers}) == 2
    assert len({build_message(one, one.header or b"", is_draft=False).identity for one in answers}) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(letter(1), id="plain"),
        pytest.param("\ufeff" + letter(1), id="byte order mark"),
        pytest.param("\n\n" + letter(1), id="blank lines"),
        pytest.param("From office@corp.example Mon Mar  3 09:00:05 2025\n" + letter(1), id="From line"),
        pytest.param("341\n" + letter(1), id="Apple's count"),
        pytest.param(letter(1).replace("\n", "\r\n"), id="CRLF"),
        pytest.param(letter(1).partition("\n\n")[0], id="no body"),
    ],
)
def test_headers_are_found_however_the_file_begins(tmp_path: Path, content: str) -> None:
    """Programs put their own lines before the header; the identity is the same."""
    write(tmp_path / "1.eml", content)

    (answer,) = read_all(box_of(tmp_path))

    message = build_message(answer, answer.header or b"", is_draft=False)
    assert [entry.key for _, entry in message.recipients] == ["ada@example.org", "ben@example.net"]
    assert (
        message.identity
        == build_message(FetchAnswer(1, None, 1, b"", None), letter(1).encode(), is_draft=False).identity
    )


def test_what_is_no_mail_is_a_gap(tmp_path: Path) -> None:
    """An empty file, a text and a damaged .msg are named, never dropped."""
    write(tmp_path / "1.eml", b"")
    write(tmp_path / "2.eml", b"nothing here\n\nTo: x\n")
    write(tmp_path / "3.msg", sent_msg()[:900])

    gaps = {gap.detail for gap in unread(box_of(tmp_path))}

    assert len(gaps) == 3
    assert {"the file is empty", "the file holds no header: it is no mail"} < gaps


def test_a_file_that_is_gone_has_vanished(tmp_path: Path) -> None:
    """Between listing and reading somebody may tidy up."""
    write(tmp_path / "1.eml", letter(1))
    box = box_of(tmp_path)
    _, listed = open_box(box)
    (tmp_path / "1.eml").unlink()

    assert list(box.read(listed)) == [Vanished(listed[0][0])]


def test_the_period_is_that_of_the_message(tmp_path: Path) -> None:
    """The time of a file is that of its export; the Date field and Outlook's times decide."""
    write(tmp_path / "1.eml", letter(1))
    write(tmp_path / "2.eml", letter(2).replace("3 Mar 2025", "3 Mar 2019"))
    write(tmp_path / "3.msg", sent_msg())

    _, listed = open_box(box_of(tmp_path), period=Period(1_735_689_600, 1_767_225_600))

    assert len(listed) == 2
