"""Maildir folders: names tell flags and moments, and stay."""

from pathlib import Path

from scanner.crawl.source.files import FilesBox
from scanner.crawl.source.maildir import MaildirShelf, is_maildir, name_flags, name_moment
from tests.crawl.source.mail import letter, open_box, read_all, write


def box_of(folder: Path) -> FilesBox:
    """Return a Maildir as a mailbox."""
    return FilesBox(b"cur", "INBOX", MaildirShelf(folder, folder), "the names of the files")


def test_cur_and_new_are_read_and_tmp_is_not(tmp_path: Path) -> None:
    """What lies in tmp was never delivered."""
    write(tmp_path / "new" / "1741000001.M1P1.host", letter(1))
    write(tmp_path / "cur" / "1741000002.M2P1.host,S=300:2,RS", letter(2))
    write(tmp_path / "tmp" / "1741000003.M3P1.host", letter(3))

    answers = {answer.internal_date: answer.flags for answer in read_all(box_of(tmp_path))}

    assert answers == {
        b"03-Mar-2025 11:06:41 -0000": b"",
        b"03-Mar-2025 11:06:42 -0000": b"\\Answered \\Seen",
    }


def test_a_message_keeps_its_uid_when_it_is_read_or_flagged(tmp_path: Path) -> None:
    """Programs move it from new to cur and rename it: the unique part stays."""
    file = write(tmp_path / "new" / "1741000001.M1P1.host", letter(1))
    (tmp_path / "cur").mkdir()
    before = open_box(box_of(tmp_path))
    file.rename(tmp_path / "cur" / "1741000001.M1P1.host:2,FS")

    assert open_box(box_of(tmp_path)) == before


def test_a_message_renamed_after_it_was_listed_is_read(tmp_path: Path) -> None:
    """Somebody opens a mail while it is scanned."""
    file = write(tmp_path / "cur" / "1741000001.M1P1.host:2,", letter(1))
    box = box_of(tmp_path)
    _, listed = open_box(box)
    file.rename(tmp_path / "cur" / "1741000001.M1P1.host:2,S")

    (answer,) = box.read(listed)

    assert getattr(answer, "flags", None) == b"\\Seen"


def test_names_tell_flags_and_moments() -> None:
    """Also where a file system knows no colon; odd names tell nothing."""
    assert name_flags("1741000001.M1P1.host:2,DFRSTP") == b"\\Draft \\Flagged \\Answered \\Seen \\Deleted $Forwarded"
    assert name_flags("1741000001.M1P1.host;2,S") == b"\\Seen"
    assert name_flags("mail") == b""
    assert name_moment("1741000001.M1P1.host:2,S") == 1_741_000_001
    assert name_moment("mail.eml") is None


def test_a_maildir_is_told_by_its_folders() -> None:
    """Copies lose empty folders."""
    assert is_maildir(frozenset({"cur", "new", "tmp", ".Sent"}))
    assert is_maildir(frozenset({"cur", "new"}))
    assert not is_maildir(frozenset({"cur"}))
