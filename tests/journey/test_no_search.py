"""A server that cannot search is scanned all the same."""

import pytest

from scanner.crawl import search
from scanner.crawl.wire import WireClient
from tests.journey.mail import many
from tests.journey.place import Place
from tests.servers import MailServer, ServerAccount


def test_without_search_the_store_is_the_same(
    place: Place, mail_server: MailServer, mail_account: ServerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The UIDs come window by window: the digest is that of a scan that searched."""
    uids = mail_server.deliver(mail_account, "Sent", many(40))
    mail_server.expunge(mail_account, "Sent", uids[5:20:3])
    place.add(mail_account, port=mail_server.port)
    place.scan()
    searched = place.digest()
    place.store = "other.db"

    def unknown(client: WireClient, keys: str) -> bytes:
        return b"UID XSEARCH ALL"

    monkeypatch.setattr(search, "_search_command", unknown)
    monkeypatch.setattr(search, "_plain_command", lambda keys: b"UID XSEARCH ALL")
    place.scan()

    assert place.digest() == searched
