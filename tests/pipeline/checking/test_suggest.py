"""Suggestions come from the mail; nothing is ever added by itself."""

from pathlib import Path

import pytest

from scanner.config import load_settings
from scanner.model import Progress
from scanner.pipeline.checking.suggest import Suggestions, suggest
from tests.crawl.source.mail import mbox
from tests.pipeline.conftest import Desk
from tests.shelf import guests, letter
from tests.silence import Silence

SILENT: Progress = Silence()


def values(found: Suggestions, key: str, *, likely: bool | None = None) -> set[str]:
    """Return the values suggested for a key."""
    return {one.value for one in found.suggestions if one.key == key and likely in (None, one.is_likely)}


@pytest.fixture
def found(desk: Desk) -> Suggestions:
    """Return what a year of an office with an old domain, a helper's address and a tenant suggests."""
    senders = {"office@corp.example": 30, "info@oldcorp.example": 20, "it@mail.oldcorp.example": 3}
    senders |= {"helper@gmail.com": 15, "client@gmx.de": 1}
    to = ["ada@guests.example", "x@corp.onmicrosoft.com", "y@corp-north.example", "z@corpp.example"]
    mail = []
    for sender, number in senders.items():
        mail += [letter(100 + len(mail) + each, to, sender=sender) for each in range(number)]
    desk.shelf.put(desk.shelf.place(), mail)
    desk.shelf.put(desk.shelf.place(mailbox="Inbox", role="inbox"), [letter(900, to, sender="shop@shop.example")])
    desk.shelf.end()
    return suggest(desk.settings, prompt=None, progress=SILENT)


def test_who_sent_is_counted_with_the_rule_that_classes_it(found: Suggestions) -> None:
    """By domain, the most first; mail of other mailboxes is not sent mail."""
    assert found.origin == "store"
    assert [(one.host, one.messages, one.is_inside) for one in found.senders] == [
        ("corp.example", 30, True),
        ("oldcorp.example", 20, False),
        ("gmail.com", 15, False),
        ("mail.oldcorp.example", 3, False),
        ("gmx.de", 1, False),
    ]
    assert found.senders[0].standing == "domain corp.example"


def test_senders_are_suggested_and_few_messages_are_doubted(found: Suggestions) -> None:
    """A domain as domain, sub-domains with it; at a private provider the one address, never the provider."""
    assert values(found, "domains", likely=True) == {"oldcorp.example"}
    assert values(found, "addresses", likely=True) == {"helper@gmail.com"}
    assert values(found, "addresses", likely=False) == {"client@gmx.de"}
    assert next(one.messages for one in found.suggestions if one.value == "oldcorp.example") == 23


def test_names_like_ours_are_questions(found: Suggestions) -> None:
    """A sister company, our tenant's name and a stranger's look-alike domain look the same: none is likely."""
    assert values(found, "domains", likely=False) == {"corp.onmicrosoft.com"}
    assert values(found, "sister_domains") == {"corp-north.example"}
    assert values(found, "sister_domains", likely=True) == set()


def test_before_the_first_scan_the_newest_mail_of_each_account_is_asked(tmp_path: Path) -> None:
    """No store is made; an account that cannot be read is named and keeps nobody else waiting."""
    lines = [letter(number, guests(2), sender="club@oldclub.example").header_block.decode() for number in range(12)]
    (tmp_path / "sent.mbox").write_bytes(mbox(lines))
    (tmp_path / "blindcopy.toml").write_text(
        '[organisation]\ndomains = ["corp.example"]\n'
        '[[account]]\nname = "gone"\nsource = "gone.mbox"\n[[account]]\nname = "export"\nsource = "sent.mbox"\n'
    )

    found = suggest(load_settings(tmp_path / "blindcopy.toml"), prompt=None, progress=SILENT)

    assert found.origin == "accounts"
    assert [(one.host, one.messages) for one in found.senders] == [("oldclub.example", 12)]
    assert values(found, "domains", likely=True) == {"oldclub.example"}
    assert [error.where for error in found.failed] == ["account 1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blindcopy.toml", "sent.mbox"]
