"""The mandate's period is kept to the second: SEARCH knows days without zones only, INTERNALDATE tells the rest."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from scanner.crawl.enumeration import enumerate_mailbox
from scanner.crawl.period import Period
from scanner.crawl.wire import WireClient
from scanner.model import Batch
from scanner.uids import ranges_of
from tests.crawl.talk import SENT, headers
from tests.crawl.test_account import crawling, gaps, read_all, stored
from tests.journey.mail import letter
from tests.servers import MailServer, ServerAccount
from tests.servers.scripted import Answer, Command, ScriptedServer

FIRST, LAST = (int(datetime(2021, month, 1, tzinfo=UTC).timestamp()) for month in (1, 3))
FEBRUARY_3 = int(datetime(2021, 2, 3, 10, tzinfo=UTC).timestamp())


def test_a_period_is_asked_for_a_day_wider() -> None:
    """SEARCH compares dates without their zone (RFC 9051, 6.4.4): what lies within is found in any case."""
    assert Period().keys == ""
    assert Period(FIRST, LAST).keys == "SINCE 31-Dec-2020 BEFORE 3-Mar-2021"
    assert Period(FIRST).keys == "SINCE 31-Dec-2020"


def test_the_days_at_the_edges_are_those_that_a_zone_may_move() -> None:
    """What lies between them is within the period in every zone from -12:00 to +14:00."""
    assert Period().edge_keys == ""
    assert Period(FIRST, LAST).edge_keys == "OR BEFORE 3-Jan-2021 SINCE 28-Feb-2021"
    assert Period(None, LAST).edge_keys == "SINCE 28-Feb-2021"


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_a_day_that_is_no_edge_lies_within_in_every_zone(hours: int) -> None:
    """Its first and last second, whatever zone INTERNALDATE is written in."""
    zone = timezone(timedelta(hours=hours))
    moments = [datetime(2021, 1, 3, tzinfo=zone), datetime(2021, 2, 27, 23, 59, 59, tzinfo=zone)]

    assert all(Period(FIRST, LAST).holds(int(moment.timestamp())) for moment in moments)


def test_the_first_moment_is_within_and_the_last_is_not() -> None:
    """From the first on, before the second; of what has no moment nobody can tell."""
    period = Period(FIRST, LAST)

    assert [period.holds(moment) for moment in (FIRST - 1, FIRST, LAST - 1, LAST, None)] == [
        False,
        True,
        True,
        False,
        True,
    ]


def test_mail_outside_the_period_is_not_listed(mail_server: MailServer, mail_account: ServerAccount) -> None:
    """Every half hour around both ends: what is listed is what lies within, and a real server dates it."""
    start = datetime(2021, 1, 5, tzinfo=UTC)
    end = start + timedelta(days=2)
    moments = [start + timedelta(minutes=30 * half) for half in range(-100, 200)]
    uids = mail_server.deliver(
        mail_account, "Sent", [letter(number, ["p@people.example"], sent=at) for number, at in enumerate(moments)]
    )
    client = WireClient(mail_server.host, mail_server.port, ssl_context=None, timeout=20)
    client.login(mail_account.user, mail_account.password)

    found = enumerate_mailbox(client, SENT, Period(int(start.timestamp()), int(end.timestamp())))
    client.drop()

    assert found.uids == ranges_of(uid for uid, at in zip(uids, moments, strict=True) if start <= at < end)
    assert found.cut == ""


def _undated(command: Command, server: ScriptedServer) -> Answer:
    if command.arguments.endswith(b"(INTERNALDATE)"):
        return command.tag + b" OK nothing to say\r\n"
    return server.answer(command)


@pytest.mark.parametrize(
    ("sent_from", "kept", "left_out"),
    [(FEBRUARY_3, [3, 9], {}), (FEBRUARY_3 + 1, [], {3: "message_out_of_period", 9: "message_out_of_period"})],
)
def test_a_message_dated_outside_is_not_kept(sent_from: int, kept: list[int], left_out: dict[int, str]) -> None:
    """A server that finds it within and does not date it before its header comes: nothing of it is stored."""
    batches: list[Batch]
    with ScriptedServer(headers(3, 9)) as server:
        server._overrides[b"UID FETCH"] = lambda command: _undated(command, server)
        with crawling(server, sent_from=sent_from) as crawl:
            batches = read_all(crawl)

    assert (stored(batches), gaps(batches)) == (kept, left_out)
