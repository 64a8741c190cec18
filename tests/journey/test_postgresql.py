"""The store may be a PostgreSQL: same schema, same mail, same digest, same figures."""

from pathlib import Path

from tests.journey.mail import letter, many
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.dovecot import Dovecot

ODD = (
    b"Date: Tue, 5 May 2020 10:00:00 +0200\r\nFrom: ada@corp.example\r\n"
    b'To: "Caf\xe9 \x00 Nul" <nul@people.example>, bare list name, <ok@people.example>\r\n'
    b"Subject: =?utf-8?q?odd_=00_header?=\r\nMessage-ID: <odd@corp.example>\r\n\r\nx\r\n"
)


def test_both_databases_hold_the_same(
    place: Place, tmp_path: Path, postgresql_url: str, dovecot_server: Dovecot, account: ServerAccount
) -> None:
    """Two scans, NUL and 8-bit bytes in a header included, give the digest and the incidents that SQLite gives."""
    when, flags, _ = letter(1, ["p1@people.example"])
    dovecot_server.deliver(account, "Sent", [*many(2_500), (when, flags, ODD)])
    other = Place(tmp_path / "postgresql", store=postgresql_url)
    other.folder.mkdir()
    stores = (place, other)
    for each in stores:
        each.add(account, port=dovecot_server.port)
        each.scan()
    dovecot_server.deliver(account, "Sent", many(20, first=3_000))
    dovecot_server.expunge(account, "Sent", [5, 6])

    for each in stores:
        each.scan()
    sqlite, postgresql = (each.report() for each in stores)

    assert place.digest() == other.digest()
    for report in (sqlite, postgresql):
        for incident in report["incidents"]:
            # When the clock says that it was found.
            del incident["found_at"]
    assert sqlite["incidents"] == postgresql["incidents"]
    for report in (sqlite, postgresql):
        for row in report["coverage"]:
            del row["scanned_at"]
    assert sqlite["coverage"] == postgresql["coverage"]
    assert sqlite["incidents"]
