"""Gmail shows labels as mailboxes, hides some and cuts long ones: what that means for a scan is said and read."""

from collections.abc import Mapping

import pytest

from scanner.crawl import steady as steady_module
from tests.crawl.talk import headers
from tests.journey.place import Place
from tests.servers import ServerAccount
from tests.servers.scripted import Answer, Command, Override, ScriptedServer

ALL_MAIL = b'* LIST (\\HasNoChildren \\All) "/" "[Gmail]/All Mail"\r\n'
INBOX = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\HasNoChildren) "/" Clients\r\n'
SENT = b'* LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/Sent Mail"\r\n'


class Gmail(ScriptedServer):
    """Knows what of its mail was sent: every second message."""

    def __init__(self, listed: bytes, count: int, overrides: Mapping[bytes, Override] | None = None) -> None:
        lists = {b"LIST": lambda command: listed + command.tag + b" OK Success\r\n"}
        capability = b"UNSELECT X-GM-EXT-1 SPECIAL-USE NAMESPACE"
        super().__init__(headers(*range(1, count + 1)), {**lists, **(overrides or {})}, capability=capability)

    def answer(self, command: Command) -> Answer:
        """Tell what any mailbox is like; all of them hold the same."""
        if command.name != b"STATUS":
            return super().answer(command)
        name, figures = command.arguments.split(b" (")[0], (len(self.headers), len(self.headers) + 1)
        said = b"* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\n" % (name, *figures)
        return said + command.tag + b" OK Success\r\n"

    def search(self, command: Command) -> bytes:
        """Answer Gmail's own search; any other criterion matches all."""
        whole = super().search(command)
        if b"X-GM-RAW" not in command.arguments:
            return whole
        wanted = 1 if b"NOT X-GM-RAW" in command.arguments else 0
        uids = b"".join(b" %d" % uid for uid in sorted(self.headers) if uid % 2 == wanted)
        return b"* SEARCH" + uids + b"\r\n" + command.tag + b" OK done\r\n"


def scanned(place: Place, server: ScriptedServer, **keys: str) -> int:
    """Scan; return the exit code."""
    place.add(ServerAccount("ada@corp.example", "secret"), port=server.port, **keys)
    return place.run("scan").code


def test_a_hidden_sent_mailbox_is_read_as_what_gmail_counts_as_sent(place: Place) -> None:
    """X-GM-RAW "in:sent" of All Mail: no more is fetched, the reason is told, and the figures add up."""
    with Gmail(ALL_MAIL + INBOX, 20) as server:
        code = scanned(place, server)
        row = next(row for row in place.report()["coverage"] if row["in_scope"])
        searches = [command.arguments for command in server.commands if command.name == b"UID SEARCH"]

    assert code == 0
    assert (row["mailbox"], row["enumerated"], row["stored"]) == ("[Gmail]/All Mail", 10, 10)
    assert "Gmail hides the sent mailbox" in row["reason"]
    assert [search for search in searches if b"FROM" not in search] == [b'X-GM-RAW "in:sent"']


def test_what_is_not_sent_is_counted_once_though_labels_show_it_often(place: Place) -> None:
    """In All Mail, without what is in the sent mailbox: an inbox and a label show the same messages."""
    with Gmail(SENT + ALL_MAIL + INBOX, 20) as server:
        scanned(place, server)
        report = place.report()
        counts = [command.arguments for command in server.commands if b"FROM" in command.arguments]

    assert report["own_mail_elsewhere"] == {"messages": 10, "mailboxes": 1, "uncounted": 0}
    assert counts == [b'OR FROM ".corp.example" FROM "@corp.example" NOT X-GM-RAW "in:sent"']


def test_a_folder_that_its_size_limit_seems_to_cut_is_a_gap(place: Place) -> None:
    """Exactly 1,000 messages: what Gmail may be set to show at most. One more or fewer is no gap."""
    codes = {}
    for count in (999, 1_000):
        with Gmail(SENT, count) as server:
            place.accounts = []
            codes[count] = scanned(place, server)
        gaps = place.report(f"{count}.json")["gaps"]

    assert codes == {999: 0, 1_000: 1}
    assert [(gap["kind"], gap["mailbox"]) for gap in gaps] == [("mailbox_truncated", "[Gmail]/Sent Mail")]
    assert "folder size limit" in gaps[0]["detail"]


def test_a_refused_count_costs_the_figure_only(place: Place) -> None:
    """The scan is complete; that it could not be counted stands in status and report, and is not asked again."""

    def search(command: Command) -> Answer:
        if b"FROM" in command.arguments:
            return command.tag + b" NO not today\r\n"
        return server.search(command)

    with Gmail(SENT + INBOX, 5, {b"UID SEARCH": search}) as server:
        code = scanned(place, server)
        first = server.count(b"UID SEARCH")
        again = place.run("scan").code
        report, status = place.report(), " ".join(place.run("status").answer.split())
        searches = server.count(b"UID SEARCH")

    assert (code, again) == (0, 0)
    assert report["own_mail_elsewhere"] == {"messages": 0, "mailboxes": 0, "uncounted": 2}
    assert {row["own_mail_note"] for row in report["coverage"] if not row["in_scope"]} == {
        "the server does not answer the search"
    }
    assert "Own mail could not be counted in 2 of the mailboxes that are not read." in status
    assert (first, searches) == (3, 3)


def test_a_connection_that_breaks_while_counting_fails_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is complete; the next scan counts."""
    monkeypatch.setattr(steady_module, "_OPEN_BREAKS", 0)
    is_broken = True

    def search(command: Command) -> Answer:
        if b"FROM" in command.arguments and is_broken:
            return None
        return server.search(command)

    with Gmail(SENT + INBOX, 5, {b"UID SEARCH": search}) as server:
        place.add(ServerAccount("ada@corp.example", "secret"), port=server.port)
        broken = place.run("scan")
        uncounted = place.report("broken.json")["own_mail_elsewhere"]
        is_broken = False
        mended = place.run("scan")
        counted = place.report("mended.json")["own_mail_elsewhere"]

    assert (broken.code, mended.code) == (0, 0)
    assert uncounted == {"messages": 0, "mailboxes": 0, "uncounted": 2}
    assert counted["uncounted"] == 0
