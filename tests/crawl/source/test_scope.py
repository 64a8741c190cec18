"""Which mailboxes of a source hold sent mail, and why."""

from pathlib import Path
from typing import Literal

import pytest

from scanner.crawl.source.discover import discover
from scanner.crawl.source.scope import judge_source, role_by_name
from scanner.errors import MailboxMissingError, NoSentMailboxError
from scanner.model import Account, FoundMailbox
from tests.crawl.source.mail import letter, mbox, write


def judged(
    path: Path,
    *mailboxes: str,
    excluded: tuple[tuple[str, str], ...] = (),
    scope: Literal["sent", "ours"] = "sent",
) -> dict[str, FoundMailbox]:
    """Return the mailboxes of a source by name."""
    account = Account("old", "", 0, "", source=str(path), mailboxes=mailboxes, excluded=excluded, scope=scope)
    return {mailbox.name: mailbox for mailbox in judge_source(discover(path), account)}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Sent", "sent"),
        ("office/Gesendete Elemente", "sent"),
        ("Sent-1", "sent"),
        ("Sent/2020", "sent"),
        ("Sentinel", "other"),
        ("Drafts", "drafts"),
        ("Sent/Drafts", "drafts"),
        ("x/INBOX", "inbox"),
        ("Clients", "other"),
    ],
)
def test_names_mean_what_they_mean_on_servers(name: str, role: str) -> None:
    """The last part decides, else a part before it that means sent mail."""
    assert role_by_name(name)[0] == role


def test_a_file_given_alone_is_sent_mail(tmp_path: Path) -> None:
    """Somebody named it: whatever it is called, with that reason."""
    found = judged(write(tmp_path / "export-7.mbox", mbox([letter(1)])))

    assert found["export-7"].in_scope
    assert found["export-7"].reason == "the only mailbox of the source: taken as sent mail"


def test_the_settings_win_over_names(tmp_path: Path) -> None:
    """By the name that is shown, or the file's; others that mean sent mail stay in scope."""
    write(tmp_path / "Clients.mbox", mbox([letter(1)]))
    write(tmp_path / "Inbox.mbox", mbox([letter(2)]))

    assert [name for name, one in judged(tmp_path, "Clients").items() if one.in_scope] == ["Clients"]
    assert [name for name, one in judged(tmp_path, "Inbox.mbox").items() if one.in_scope] == ["Inbox"]


def test_gmails_single_file_is_read_for_its_labels(tmp_path: Path) -> None:
    """Takeout calls it "All mail Including Spam and Trash"; a file per label is judged by its name."""
    labelled = mbox([letter(1, extra="X-Gmail-Labels: Sent\n")])
    write(tmp_path / "All mail Including Spam and Trash.mbox", labelled)
    write(tmp_path / "Inbox.mbox", labelled)

    found = judged(tmp_path)

    assert [name for name, one in found.items() if one.in_scope] == ["All mail Including Spam and Trash"]
    assert "labelled as sent" in found["All mail Including Spam and Trash"].reason


def test_excluded_mailboxes_are_not_read(tmp_path: Path) -> None:
    """The reason stands in the coverage."""
    write(tmp_path / "Sent.mbox", mbox([letter(1)]))
    write(tmp_path / "Sent-council.mbox", mbox([letter(2)]))

    found = judged(tmp_path, excluded=(("*council", "works council"),))

    assert (found["Sent-council"].in_scope, found["Sent-council"].reason) == (False, "excluded: works council")


def test_a_name_that_is_not_there_costs_itself_only(tmp_path: Path) -> None:
    """The others are read, and the coverage names it."""
    write(tmp_path / "Sent.mbox", mbox([letter(1)]))
    write(tmp_path / "b.mbox", mbox([letter(1)]))

    found = judged(tmp_path, "b", "c")

    assert {name for name, one in found.items() if one.in_scope} == {"Sent", "b"}
    assert found["c"].is_missing


def test_what_is_missing_is_one_clear_error(tmp_path: Path) -> None:
    """No sent mail among several, a name that is not there, no mail at all."""
    write(tmp_path / "a.mbox", mbox([letter(1)]))
    write(tmp_path / "b.mbox", mbox([letter(1)]))
    (tmp_path / "empty").mkdir()

    with pytest.raises(NoSentMailboxError, match="no sent mailbox found"):
        judged(tmp_path)
    with pytest.raises(MailboxMissingError, match="no mailbox 'c'"):
        judged(tmp_path, "c")
    with pytest.raises(NoSentMailboxError, match="no mail found"):
        judged(tmp_path / "empty")


def test_what_is_not_read_stands_among_the_mailboxes(tmp_path: Path) -> None:
    """Out of scope, with the reason."""
    write(tmp_path / "Sent.mbox", mbox([letter(1)]))
    write(tmp_path / "old.zip", b"PK\x03\x04 cut")

    assert judged(tmp_path)["old.zip"].reason == "the zip file is damaged or incomplete"


def test_with_scope_ours_every_mailbox_is_read_for_mail_of_ours(tmp_path: Path) -> None:
    """Sent mail whole, the others for what is ours, a file given alone as well; excluded ones are not."""
    for name in ("Sent", "INBOX", "Doctor"):
        write(tmp_path / "all" / name, mbox([letter(1)]))

    found = judged(tmp_path / "all", excluded=(("Doctor", "the doctor's"),), scope="ours")
    alone = judged(tmp_path / "all" / "INBOX", scope="ours")

    assert {name: (one.in_scope, one.only_ours) for name, one in found.items()} == {
        "Sent": (True, False),
        "INBOX": (True, True),
        "Doctor": (False, False),
    }
    assert [(one.in_scope, one.only_ours) for one in alone.values()] == [(True, True)]
