"""Files of every kind tell the parts of their messages, from a second look at those that are asked for only."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from scanner.crawl.source.crawl import SourceCrawl
from scanner.model import Account, StructureBatch
from scanner.uids import contains
from tests.crawl.source.mail import letter, mbox, write
from tests.crawl.talk import Listener

FILE = "\n".join(
    [
        *("--b", "", "Hello", "--b", "Content-Disposition: attachment; filename=List.xlsx"),
        *("Content-Transfer-Encoding: base64", "", "QUJD", "--b--", ""),
    ]
)


def with_file(number: int) -> str:
    """Return a message with a file."""
    header = letter(number, extra="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n")
    return header.partition("\n\n")[0] + "\n\n" + FILE


def sources(folder: Path) -> dict[str, Path]:
    """Return a source of each kind; the second of three messages has a file."""
    mails = [letter(1), with_file(2), letter(3)]
    write(folder / "one.mbox", mbox(mails))
    with zipfile.ZipFile(folder / "zipped.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Sent.mbox", mbox(mails))
    with zipfile.ZipFile(folder / "files.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(mails):
            archive.writestr(f"Sent/{number}.eml", text)
    for number, text in enumerate(mails):
        write(folder / "maildir" / "cur" / f"174100000{number}.M1P1.host:2,S", text)
        write(folder / "files" / "Sent" / f"{number}.eml", text)
    (folder / "maildir" / "new").mkdir()
    kinds = {"mbox": "one.mbox", "zip": "zipped.zip", "zip of files": "files.zip", "maildir": "maildir"}
    return {kind: folder / name for kind, name in (kinds | {"files": "files"}).items()}


def crawl_of(source: Path, **more: Any) -> SourceCrawl:
    """Return the crawl of a source whose only mailbox holds sent mail."""
    account = Account("evidence", "", 0, "", source=str(source), **more)
    return SourceCrawl(account, where="account 1", progress=Listener(), former=lambda _: None)


@pytest.mark.parametrize("kind", ["mbox", "zip", "zip of files", "maildir", "files"])
def test_the_parts_of_the_messages_that_are_asked_for(kind: str, tmp_path: Path) -> None:
    """Numbers, names and octets are those that a server would tell."""
    crawl = crawl_of(sources(tmp_path)[kind])
    (mailbox,) = [one for one in crawl.find_mailboxes() if one.in_scope]
    opened, listed = crawl.open(mailbox)
    subjects = {one.uid: one.subject for batch in crawl.batches(mailbox, opened, listed) for one in batch.messages}
    wanted = tuple((uid, uid) for uid, subject in sorted(subjects.items()) if subject != "Evening 3")

    batches: list[StructureBatch] = [*crawl.structures(mailbox, opened, wanted)]
    crawl.close()

    told = {
        subjects[uid]: [(part.section, part.content_type, part.file_name, part.size) for part in parts]
        for batch in batches
        for uid, parts in batch.found
    }
    assert told == {
        "Evening 1": [("1", "text/plain", "", 12)],
        "Evening 2": [("1", "text/plain", "", 5), ("2", "text/plain", "List.xlsx", 4)],
    }
    assert all(contains(batches[0].examined, uid) for uid, _ in wanted)


def test_a_file_that_is_gone_or_has_too_many_parts_is_told(tmp_path: Path) -> None:
    """What is gone is no gap; what cannot be read is one, with the name of its file."""
    source = sources(tmp_path)["files"]
    crawl = crawl_of(source)
    (mailbox,) = [one for one in crawl.find_mailboxes() if one.in_scope]
    opened, listed = crawl.open(mailbox)
    subjects = {one.subject: one.uid for batch in crawl.batches(mailbox, opened, listed) for one in batch.messages}
    (source / "Sent" / "0.eml").unlink()
    many = FILE.replace("--b--", "--b\n\nx\n" * 1_001)
    write(source / "Sent" / "1.eml", with_file(2).replace(FILE, many))

    (batch,) = crawl.structures(mailbox, opened, listed)

    assert [uid for uid, _ in batch.found] == [subjects["Evening 3"]]
    ((gap,),) = (batch.gaps,)
    assert (gap.kind, gap.uid) == ("structure_unread", subjects["Evening 2"])
    assert gap.detail.endswith("1.eml: it has more than 1,000 parts")
    assert contains(batch.examined, subjects["Evening 1"])
