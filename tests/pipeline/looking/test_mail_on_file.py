"""One file, one message, as the analysis takes it."""

from pathlib import Path

import pytest

from scanner.errors import SourceError
from scanner.pipeline.looking.mail_on_file import FileSource, read_mail, unite
from tests.crawl.source.compound import sent_msg
from tests.shelf import guests, letter


def test_a_file_gives_the_message_that_a_scan_gives(tmp_path: Path) -> None:
    """Identity, time, fields and recipients are those of the crawl's parser, so that a file is found in a store."""
    crawled = letter(1, guests(3), bcc=guests(2, first=9), extra=b"List-Post: <mailto:all@lists.example>\r\n")
    (tmp_path / "mail.eml").write_bytes(crawled.header_block + b"Hello\r\n")

    mail = read_mail(tmp_path / "mail.eml")

    assert mail.message.identity == crawled.identity
    assert mail.message.sent_at == crawled.sent_at
    assert [(entry.field, entry.key) for entry in mail.message.recipients] == [
        (field, entry.key) for field, entry in (*crawled.senders, *crawled.recipients)
    ]
    assert list(FileSource([mail.message]).list_posts()) == ["all@lists.example"]


def test_an_outlook_file_keeps_its_bcc(tmp_path: Path) -> None:
    """The recipient table tells To from Bcc."""
    content = sent_msg([("Ada Lovelace", "ada@example.org"), ("", "ben@example.net")], bcc=[("Eva", "eva@example.org")])
    (tmp_path / "mail.msg").write_bytes(content)

    mail = read_mail(tmp_path / "mail.msg")

    fields = [(entry.field, entry.key) for entry in mail.message.recipients if entry.field in ("to", "bcc")]
    assert fields == [("to", "ada@example.org"), ("to", "ben@example.net"), ("bcc", "eva@example.org")]


def test_copies_in_two_files_are_one_message(tmp_path: Path) -> None:
    """The sender's file and a recipient's are united with their Bcc lists (CONTRACTS: Messages)."""
    with_bcc, without = letter(1, guests(3), bcc=guests(2, first=9)), letter(1, guests(3))
    (tmp_path / "sent.eml").write_bytes(with_bcc.header_block)
    (tmp_path / "got.eml").write_bytes(without.header_block)

    (message,) = unite(map(read_mail, (tmp_path / "got.eml", tmp_path / "sent.eml")))

    assert [entry.field for entry in message.recipients].count("bcc") == 2
    assert [entry.field for entry in message.recipients].count("to") == 3
    assert [copy.mailbox for copy in message.copies] == ["got.eml", "sent.eml"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.eml", b"", "the file is empty"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 no header here\n", "it is no mail"),
        ("broken.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "damaged"),
        ("missing.eml", None, "No such file"),
    ],
)
def test_what_is_no_mail_is_named(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    """One line: which file, what is wrong, what to do."""
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(SourceError) as caught:
        read_mail(tmp_path / name)

    assert words in str(caught.value)
    assert name in caught.value.where
    assert caught.value.remedy


def test_a_folder_is_sent_to_where_folders_are_read(tmp_path: Path) -> None:
    """A folder of mail is an account's source."""
    with pytest.raises(SourceError, match="source"):
        read_mail(tmp_path)
