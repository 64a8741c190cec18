"""Keys name the same incident after re-scans, and what merged or split is told with both keys."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import update

from scanner.model import IncidentChange, Message
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.reporting.report import open_report
from scanner.store.schema import message
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

HOUR = timedelta(hours=1)


def part(uid: int, after: timedelta, *, first: int = 1, subject: str = "Winter clinic") -> Message:
    """Return a mail of one mailing."""
    return letter(uid, guests(8, first=first), subject=subject, after=after)


def night(desk: Desk, *messages: Message, uidvalidity: int = 1) -> tuple[set[str], list[IncidentChange]]:
    """Deliver mail and analyse as a scan does; return the keys that are queued, and what has changed."""
    desk.shelf.put(desk.shelf.place(uidvalidity=uidvalidity), messages)
    outcome = analyse_store(desk.settings, as_of=AS_OF, only_changes=True)
    with open_report(desk.settings) as report:
        return set(outcome.incidents), list(report.changes())


def keys_of(messages: Sequence[Message]) -> set[str]:
    """Return the keys of incidents that begin with these mails."""
    return {one.identity[:12] for one in messages}


def test_a_mailbox_that_is_numbered_anew_changes_nothing(desk: Desk) -> None:
    """Another UIDVALIDITY, the same mail under other UIDs: no incident is new, grown or gone."""
    mails = [part(1, HOUR), part(2, 40 * 24 * HOUR, subject="Carers' evening")]
    before, _ = night(desk, *mails)

    again, changes = night(
        desk,
        *(letter(uid, guests(8), subject="Winter clinic", after=HOUR, message_id="<m1@corp.example>") for uid in (71,)),
        uidvalidity=2,
    )

    assert again == before == keys_of(mails)
    assert changes == []


def test_a_mail_found_late_that_is_earlier_gives_the_key(desk: Desk) -> None:
    """Newest first: the incident has another key then, is not new, and the former key says where it went."""
    late, early = part(1, 5 * HOUR), part(2, HOUR, first=30)
    (former,), _ = night(desk, late)

    (now,), changes = night(desk, early)

    assert {former} == keys_of([late])
    assert {now} == keys_of([early])
    assert {(one.key, one.change, one.detail) for one in changes} == {
        (now, "grown", f"from {former}"),
        (former, "merged", f"into {now}"),
    }


def test_a_mail_between_two_incidents_makes_them_one(desk: Desk) -> None:
    """The key of the earlier one stays; the other is told to have become a part of it."""
    first, between, last = part(1, HOUR), part(2, 21 * HOUR, first=30), part(3, 41 * HOUR, first=60)
    before, _ = night(desk, first, last)

    (now,), changes = night(desk, between)

    assert before == keys_of([first, last])
    assert {now} == keys_of([first])
    other = last.identity[:12]
    assert {(one.key, one.change, one.detail) for one in changes} == {
        (now, "grown", "1 → 3 messages, 8 → 24 addresses"),
        (other, "merged", f"into {now}"),
    }


def test_without_the_mail_between_an_incident_splits(desk: Desk) -> None:
    """The earliest mail keeps the key; the rest has one of its own, and says from where it comes."""
    first, between, last = part(1, HOUR), part(2, 21 * HOUR, first=30), part(3, 41 * HOUR, first=60)
    (before,), _ = night(desk, first, between, last)
    with desk.engine.begin() as connection:
        # As when it proves to be somebody else's draft.
        here = message.c.identity == bytes.fromhex(between.identity)
        connection.execute(update(message).where(here).values(origin="draft"))

    outcome = desk.analyse()
    with open_report(desk.settings) as report:
        changes = {(one.key, one.change, one.detail) for one in report.changes()}

    assert set(outcome.incidents) == keys_of([first, last])
    assert outcome.new == 0
    assert changes == {(last.identity[:12], "split", f"from {before}")}


def test_an_incident_grows_by_people(desk: Desk) -> None:
    """A re-send to more people is told with both figures."""
    (key,), _ = night(desk, part(1, HOUR))

    _, changes = night(desk, letter(2, guests(10), subject="Winter clinic", after=2 * HOUR))

    assert changes == [IncidentChange(key, "grown", "1 → 2 messages, 8 → 10 addresses")]
