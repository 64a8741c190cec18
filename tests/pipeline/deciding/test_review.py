"""Decisions on incidents of a store, from the command's call to what every reader of the store is told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from scanner.config import Settings, load_settings
from scanner.errors import UnknownIncidentError, UsageError
from scanner.model import Incident
from scanner.pipeline.deciding.author import system_user
from scanner.pipeline.deciding.review import Decided, Verdicted, decide, read_log
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.store.decision import first_broken_row, statements
from scanner.store.engine import open_engine
from tests.pipeline.conftest import AS_OF, Desk
from tests.pipeline.mail import DAY
from tests.shelf import guests, letter
from tests.small_store import SUBJECT, small_settings, small_store

NOW = AS_OF + 3600
FIRST = letter(1, guests(8), subject="Garden party")
SECOND = letter(2, guests(8), subject="Garden party", after=20 * DAY)
BETWEEN = letter(3, guests(8), subject="Garden party", after=10 * DAY)
OTHER = letter(4, guests(9, first=50), subject="Choir", sender="choir@corp.example", after=90 * DAY)
PRESS = [
    letter(20 + number, guests(6, first=100 + 10 * number), subject=f"News {number}x", sender="press@corp.example",
           after=timedelta(days=200 + 40 * number))
    for number in range(3)
]  # fmt: skip


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with two garden parties and a choir, analysed."""
    desk.shelf.put(desk.shelf.place(), [FIRST, SECOND, OTHER])
    desk.analyse()
    return desk


def incidents(desk: Desk) -> dict[str, Incident]:
    """Return the queued incidents by the day of their first message, counted from the first of all."""
    with open_report(desk.settings) as report:
        found = list(report.incidents())
    return {f"day {(one.first_sent_at - FIRST.sent_at) // 86400}": one for one in found}


def say(desk: Desk, key: str, verdict: Any, *, now: int = NOW, **more: Any) -> Decided:
    """Decide with a reason."""
    return decide(desk.settings, key, Verdicted(verdict, "because", **more), now=now)


def test_a_decision_is_seen_at_once(office: Desk) -> None:
    """Status and counts, without another analysis, in JSON too."""
    key = incidents(office)["day 90"].key

    done = say(office, key, "confirm", decided_by="Dana Protect")

    answer = office.json()
    entry = next(one for one in answer["incidents"] if one["id"] == key)
    assert done.incident.status == "confirmed"
    assert answer["totals"]["by_status"] == {"candidate": 2, "confirmed": 1}
    assert (entry["status"], entry["aware_at"]) == ("confirmed", "2025-06-15T16:06:40Z")
    assert entry["deadlines"] == [
        {
            "addressee": "authority",
            "due_at": "2025-06-18T16:06:40Z",
            "name": "GDPR Art. 33",
            "regime": "gdpr",
            "text": "Wednesday 18 June 2025, 18:06 Berlin, 72 h left on Sunday 15 June, 18:06",
        }
    ]
    assert [(one["verdict"], one["decided_by"], one["applied_by"]) for one in entry["decisions"]] == [
        ("confirm", "Dana Protect", system_user())
    ]
    assert entry["found_at"] == "2025-06-15T15:06:40Z"
    assert answer["decision_log"]["count"] == 1


def test_a_decision_survives_another_analysis(office: Desk) -> None:
    """The same mail found again is the same incident, and when it was found first stays known."""
    key = incidents(office)["day 90"].key
    say(office, key, "dismiss")

    office.analyse(AS_OF + 86400)

    again = incidents(office)["day 90"]
    assert (again.status, again.standing.found_at) == ("dismissed", AS_OF)


def test_new_mail_reopens(office: Desk) -> None:
    """A further batch belongs to the incident and was not judged."""
    key = incidents(office)["day 90"].key
    say(office, key, "dismiss")
    batch = letter(
        5, guests(9, first=70), subject="Choir", sender="choir@corp.example", after=90 * DAY + timedelta(hours=1)
    )

    office.shelf.put(office.shelf.place(), [batch])
    office.analyse()

    standing = incidents(office)["day 90"].standing
    assert standing.status == "candidate"
    assert standing.reopened
    assert (standing.reopened.by, standing.reopened.count) == ("messages", 1)


def test_people_that_a_policy_adds_reopen(office: Desk) -> None:
    """Insiders who are protected now are exposed in mail that was dismissed without them."""
    mail = letter(6, [*guests(5, first=300), "pat@corp.example", "kim@corp.example"], subject="Ward", after=300 * DAY)
    office.shelf.put(office.shelf.place(), [mail])
    office.analyse()
    say(office, incidents(office)["day 300"].key, "dismiss")

    office.change('[[protected]]\nname = "patients"\naddresses = ["pat@corp.example", "kim@corp.example"]\n')
    office.analyse()

    standing = incidents(office)["day 300"].standing
    assert standing.reopened
    assert (standing.reopened.by, standing.reopened.count) == ("people", 2)
    with open_report(office.settings) as report:
        assert report.totals.by_status == {"candidate": 4}


def test_confirmed_and_dismissed_that_meet_are_reopened(office: Desk) -> None:
    """A message between the two joins them."""
    found = incidents(office)
    say(office, found["day 0"].key, "confirm")
    say(office, found["day 20"].key, "dismiss")

    office.shelf.put(office.shelf.place(), [BETWEEN])
    office.analyse()

    joined = incidents(office)["day 0"]
    assert joined.ladder.messages == 3
    assert joined.standing.reopened
    assert joined.standing.reopened.by == "conflict"
    assert joined.standing.aware_at == NOW


def test_the_key_of_a_joined_incident_names_the_one_it_is_in(office: Desk) -> None:
    """For decisions, and for whoever looks it up."""
    later = incidents(office)["day 20"].key
    office.shelf.put(office.shelf.place(), [BETWEEN])
    office.analyse()

    done = say(office, later, "confirm")

    assert done.incident.key == incidents(office)["day 0"].key != later
    with open_report(office.settings) as report:
        assert find_incident(report, later[:6]).key == done.incident.key


def test_a_split_keeps_the_decision_at_the_earliest(office: Desk) -> None:
    """A shorter window parts what was decided together."""
    office.shelf.put(office.shelf.place(), [BETWEEN])
    office.analyse()
    say(office, incidents(office)["day 0"].key, "dismiss")

    office.change("[policy]\nwindow_days = 3\n")
    office.analyse()

    found = incidents(office)
    parts = {day: (one.status, one.standing.reopened and one.standing.reopened.by) for day, one in found.items()}
    assert parts["day 0"] == ("dismissed", None)
    assert parts["day 10"] == parts["day 20"] == ("candidate", "split")


def test_a_dismissal_of_a_sender_covers_mail_to_come(office: Desk) -> None:
    """It says how many other incidents it covers; taken back, it says how many are open again."""
    office.shelf.put(office.shelf.place(), PRESS[:2])
    office.analyse()
    key = incidents(office)["day 200"].key

    done = say(office, key, "dismiss", scope="sender")
    office.shelf.put(office.shelf.place(), PRESS[2:])
    office.analyse()

    (other,) = done.covered
    assert (other.status, other.people, other.subject) == ("dismissed", 6, "News 1x")
    assert incidents(office)["day 280"].status == "dismissed"
    with open_report(office.settings) as report:
        assert report.totals.by_status == {"candidate": 3, "dismissed": 3}
    assert [one.status for one in say(office, key, "reopen", scope="sender").covered] == ["candidate"] * 2


def test_a_dismissal_of_a_list_covers_the_same_people_only(office: Desk) -> None:
    """The second garden party exposed nobody else; the choir did."""
    done = say(office, incidents(office)["day 0"].key, "dismiss", scope="list")

    found = incidents(office)
    assert [one.status for one in done.covered] == ["dismissed"]
    assert {day: one.status for day, one in found.items()} == {
        "day 0": "dismissed",
        "day 20": "dismissed",
        "day 90": "candidate",
    }
    with open_report(office.settings) as report:
        assert report.totals.by_status == {"candidate": 1, "dismissed": 2}


def test_people_of_many_incidents_are_read_together(office: Desk) -> None:
    """A rule about a list asks whom every incident exposes: a query for each would take minutes."""
    say(office, incidents(office)["day 90"].key, "dismiss", scope="list")
    asked = []
    for start in (1, 2):
        mails = [
            letter(number, guests(6, first=number * 10), subject=f"Word{number}", after=number * DAY)
            for number in range(100 * start, 100 * start + 10 * start)
        ]
        office.shelf.put(office.shelf.place(), mails)
        office.analyse()
        queries: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            queries.append(statement)  # noqa: B023 - read before the next round.

        event.listen(Engine, "before_cursor_execute", note)
        with open_report(office.settings) as report:
            assert report.totals.by_status["dismissed"] == 1
        event.remove(Engine, "before_cursor_execute", note)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_a_dismissal_ends_with_the_analysis_after_its_last_day(office: Desk) -> None:
    """It is judged as of the analysis, so that the same store gives the same report."""
    key = incidents(office)["day 90"].key
    say(office, key, "dismiss", expires_at=AS_OF + 10 * 86400)

    office.analyse(AS_OF + 10 * 86400)

    standing = incidents(office)["day 90"].standing
    assert standing.reopened
    assert standing.reopened.by == "expired"


def test_a_decision_on_an_incident_that_is_gone_stays_in_the_log(office: Desk) -> None:
    """Another policy finds no incident there any more; with the former one the decision holds again."""
    key = incidents(office)["day 90"].key
    say(office, key, "confirm")

    file = office.folder / "blindcopy.toml"
    file.write_text(file.read_text().replace('["corp.example"]', '["corp.example", "guests.example"]'))
    office.settings = load_settings(file)
    office.analyse()
    ((statement, now),) = read_log(office.settings)
    office.change("")
    office.analyse()

    assert (statement.incident, now) == (key, None)
    assert incidents(office)["day 90"].status == "confirmed"


def test_what_is_not_queued_can_be_decided_on(desk: Desk) -> None:
    """Its status stands in the list of what lies below."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(3), subject="You three")])
    desk.analyse()
    with open_report(desk.settings) as report:
        (below,) = report.below()

    say(desk, below.key, "confirm")

    with open_report(desk.settings) as report:
        assert [one.status for one in report.below()] == ["confirmed"]
        assert report.totals.by_status == {}


@pytest.mark.parametrize(
    ("verdict", "more", "where"),
    [
        ("confirm", {"reason": "  "}, "--reason"),
        ("confirm", {"scope": "sender"}, "--scope"),
        ("ask", {"scope": "list"}, "--scope"),
        ("confirm", {"expires_at": NOW + 9}, "--expires"),
        ("dismiss", {"expires_at": NOW}, "--expires"),
        ("dismiss", {"aware_at": NOW - 9, "aware_source": "me"}, "--aware-at"),
        ("confirm", {"aware_at": NOW + 9, "aware_source": "me"}, "--aware-at"),
        ("confirm", {"aware_at": NOW - 9}, "--aware-at"),
        ("confirm", {"decided_by": "Da\x1b[2Jna"}, "--by"),
        ("confirm", {"reason": "lone \udc80"}, "--reason"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_written(
    verdict: Any, more: dict[str, Any], where: str, office: Desk
) -> None:
    """One line that names the option."""
    key = incidents(office)["day 90"].key

    with pytest.raises(UsageError) as caught:
        decide(office.settings, key, Verdicted(verdict, **{"reason": "because", **more}), now=NOW)

    assert caught.value.where == where
    with office.engine.connect() as connection:
        assert list(statements(connection)) == []


def test_an_unknown_key_is_one_line(office: Desk) -> None:
    """Nothing is written for it."""
    with pytest.raises(UnknownIncidentError):
        say(office, "000000000000", "confirm")


def test_a_user_without_a_name_is_known_by_number() -> None:
    """In a container there may be none."""

    def nobody() -> str:
        raise KeyError

    assert system_user(nobody).startswith("uid ")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Settings]:
    """Return a function that makes a small store in each database in turn, and gives its settings."""
    url = "blindcopy.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")

    def make() -> Settings:
        small_store(tmp_path, url)
        return small_settings(tmp_path, url)

    return make


def test_both_databases_hold_decisions_alike(small: Callable[[], Settings]) -> None:
    """Write, read, look up the key of a message that is not the first, and check the chain."""
    settings = small()
    with open_report(settings) as report:
        (incident,) = (one for one in report.incidents() if one.subject == SUBJECT)
    second = incident.messages[1].message.identity[:12]

    done = decide(settings, second, Verdicted("dismiss", "because", scope="sender"), now=1_790_000_000)

    with open_report(settings) as report:
        assert find_incident(report, incident.key).status == "dismissed"
        assert report.totals.by_status == {"dismissed": 1}
        assert report.head.decisions == 1
    assert (done.incident.key, done.asked_for) == (incident.key, second)
    engine = open_engine(settings.store_url, read_only=True)
    with engine.connect() as connection:
        assert first_broken_row(connection) is None
    engine.dispose()
