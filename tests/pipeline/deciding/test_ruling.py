"""Rulings and signatures on incidents of a store."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scanner.errors import StoreError, UsageError
from scanner.export.words.decision import open_deadlines, standing_texts
from scanner.export.words.moment import Clock
from scanner.model import Incident
from scanner.pipeline.deciding import review, ruling
from scanner.pipeline.deciding.review import Verdicted, decide
from scanner.pipeline.deciding.ruling import RulingWanted, rule, sign
from scanner.pipeline.reporting.report import find_incident, open_report
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import guests, letter

NOW = AS_OF + 3600
SIGN_OFF = "[review]\nsign_off = true\n"


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with one incident."""
    desk.shelf.put(desk.shelf.place(), [letter(1, guests(8), subject="Choir")])
    desk.analyse()
    return desk


def key_of(desk: Desk) -> str:
    """Return the key of the one incident."""
    with open_report(desk.settings) as report:
        return next(report.incidents()).key


def confirm(desk: Desk) -> Incident:
    """Confirm the one incident."""
    return decide(desk.settings, key_of(desk), Verdicted("confirm", "because", "Dana"), now=NOW).incident


def say(desk: Desk, kind: Any, answer: str = "", **more: Any) -> Incident:
    """Rule on the one incident."""
    return rule(desk.settings, key_of(desk), RulingWanted(kind, answer, "because", "Dana", **more), now=NOW + 60)


def texts(incident: Incident) -> str:
    """Return all that is told of how it stands."""
    return "\n".join(standing_texts(incident.standing, Clock("Europe/Berlin"), NOW, 8))


def test_a_confirmed_incident_asks_three_questions(office: Desk) -> None:
    """Each is asked until it is answered, with a reason."""
    incident = confirm(office)
    assert texts(incident).count("Still to be decided") == 3

    say(office, "breach", "yes")
    say(office, "people", "no")
    incident = say(office, "authority", "yes")

    assert "Still to be decided" not in texts(incident)
    assert [(one.kind, one.answer) for one in incident.standing.rulings] == [
        ("breach", "yes"), ("authority", "yes"), ("people", "no"),
    ]  # fmt: skip


def test_what_is_no_breach_has_no_deadline_unless_somebody_is_told_all_the_same(office: Desk) -> None:
    """Art. 33 speaks of breaches; that the clock has stopped is told with the reason."""
    confirm(office)

    harmless = say(office, "breach", "no")
    told_all_the_same = say(office, "authority", "yes")

    assert list(open_deadlines(harmless.standing)) == []
    assert "decided to be no breach" in texts(harmless)
    assert len(list(open_deadlines(told_all_the_same.standing))) == 1


def test_who_was_told_before_anybody_knew_shows_that_awareness_is_wrong(office: Desk) -> None:
    """The deadline was counted from a moment that cannot be right: "in time" would hide it."""
    confirm(office)

    told = texts(say(office, "authority", "yes", told_at=NOW - 30))

    assert "before the awareness that was stated: check that" in told
    assert "in time" not in told


def test_a_mark_without_a_width_is_no_reason(office: Desk) -> None:
    """It looks like an empty place for good."""
    with pytest.raises(UsageError, match="needs a reason"):
        decide(office.settings, key_of(office), Verdicted("confirm", "\u200b", "Dana"), now=NOW)
    confirm(office)

    with pytest.raises(UsageError, match="needs a reason"):
        rule(office.settings, key_of(office), RulingWanted("breach", "yes", "\u2060", "Dana"), now=NOW + 60)


def test_a_deadline_ends_when_the_authority_was_told_or_need_not_be(office: Desk) -> None:
    """Deciding to tell is not telling."""
    confirm(office)

    decided = say(office, "authority", "yes")
    told = say(office, "authority", "yes", told_at=NOW + 30, reference="LfDI 17/25")
    spared = say(office, "authority", "no")

    assert len(list(open_deadlines(decided.standing))) == 1
    assert list(open_deadlines(told.standing)) == list(open_deadlines(spared.standing)) == []
    assert "in time" in texts(told)
    assert "LfDI 17/25" in texts(told)
    assert "decided not to tell" in texts(spared)


def test_a_day_alone_is_not_enough_where_the_deadline_ends_on_it(office: Desk) -> None:
    """In time or late, nobody could tell."""
    aware = AS_OF - 72 * 3600
    decide(
        office.settings, key_of(office), Verdicted("confirm", "x", "Dana", aware_at=aware, aware_source="y"), now=NOW
    )
    midnight = int(datetime(2025, 6, 15, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())

    with pytest.raises(UsageError, match="ends on that day"):
        say(office, "authority", "yes", told_at=midnight)
    before = say(office, "authority", "yes", told_at=midnight - 86_400)
    exact = say(office, "authority", "yes", told_at=midnight + 60)

    assert "in time" in texts(before)
    assert "in time" in texts(exact)


def test_rulings_stand_in_the_report(office: Desk) -> None:
    """With their reasons, and the worksheet as it was filled in."""
    confirm(office)
    say(office, "effects")
    say(office, "severity", dpc=4, ei=0.75, cb=0.5)

    (entry,) = office.json()["incidents"]

    assert [(one["kind"], one["text"]) for one in entry["rulings"]] == [("effects", "because"), ("severity", "because")]
    assert entry["rulings"][1]["severity"] == {"dpc": 4, "ei": 0.75, "cb": 0.5, "score": 3.5, "level": "high"}


@pytest.mark.parametrize(
    ("kind", "answer", "more", "where"),
    [
        ("breach", "", {}, "breach"),
        ("effects", "yes", {}, "effects"),
        ("breach", "yes", {"told_at": NOW}, "--told-at"),
        ("authority", "no", {"told_at": NOW}, "--told-at"),
        ("authority", "yes", {"told_at": NOW + 61}, "--told-at"),
        ("severity", "", {"dpc": 4}, "--ei"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    kind: Any, answer: str, more: dict[str, Any], where: str, office: Desk
) -> None:
    """One line that names it."""
    confirm(office)

    with pytest.raises(UsageError) as caught:
        say(office, kind, answer, **more)

    assert caught.value.where == where


def test_only_a_confirmed_incident_carries_rulings(office: Desk) -> None:
    """A candidate is not a breach, nor is it none."""
    with pytest.raises(UsageError) as caught:
        say(office, "breach", "no")

    assert "confirm" in str(caught.value)


def test_with_sign_off_a_decision_counts_when_another_person_has_signed(office: Desk) -> None:
    """Who decided cannot; what is signed counts at once, rulings too."""
    office.change(SIGN_OFF)
    waiting = confirm(office)

    with pytest.raises(UsageError) as refused:
        sign(office.settings, key_of(office), signer="DANA", now=NOW)
    signed, number, _ = sign(office.settings, key_of(office), signer="Sam", now=NOW)
    ruled = say(office, "breach", "yes")
    with pytest.raises(UsageError) as caught:
        say(office, "effects", "no")
    final, *_ = sign(office.settings, key_of(office), signer="Sam", now=NOW)

    assert (waiting.status, signed.status, number) == ("candidate", "confirmed", 1)
    assert "Waits for a second person" in texts(waiting)
    assert ruled.standing.ruling("breach") is None
    assert final.standing.ruling("breach") is not None
    assert "cannot sign" in str(refused.value)
    assert caught.value.where == "effects"
    with pytest.raises(UsageError, match="nothing waits"):
        sign(office.settings, key_of(office), signer="Sam", now=NOW)


def test_when_somebody_was_told_needs_no_second_signature(office: Desk) -> None:
    """It is a fact, and the deadline ends with it; another reason is another decision."""
    office.change(SIGN_OFF)
    confirm(office)
    say(office, "authority", "yes")
    sign(office.settings, key_of(office), signer="Sam", now=NOW + 61)

    wanted = RulingWanted("authority", decided_by="Clerk", told_at=NOW + 62, reference="A 1")
    told = rule(office.settings, key_of(office), wanted, now=NOW + 63)
    other = rule(office.settings, key_of(office), RulingWanted("authority", "yes", "new", "Dana"), now=NOW + 64)

    assert list(open_deadlines(told.standing)) == []
    assert "Waits for" not in texts(told)
    ruling = told.standing.ruling("authority")
    assert ruling
    assert (ruling.decided_by, ruling.signature and ruling.signature.who, ruling.reference) == ("Dana", "Sam", "A 1")
    assert "Waits for" in texts(other)
    assert list(open_deadlines(other.standing)) == []


def test_the_need_of_a_signature_is_that_of_the_day(office: Desk) -> None:
    """Another setting afterwards neither frees nor binds what was decided: the same store gives the same report."""
    office.change(SIGN_OFF)
    confirm(office)

    office.change("")

    with open_report(office.settings) as report:
        assert find_incident(report, key_of(office)).status == "candidate"


@pytest.mark.parametrize("what", ["decide", "rule", "sign"])
def test_what_was_decided_meanwhile_is_never_overruled_unseen(
    office: Desk, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Bob decides while Ann's command runs: hers is refused, and nothing of it is written."""
    office.change(SIGN_OFF)
    confirm(office)
    module = review if what == "decide" else ruling

    def slow(*arguments: Any) -> Incident:
        found = find_incident(*arguments)
        monkeypatch.setattr(module, "find_incident", find_incident)
        decide(office.settings, found.key, Verdicted("ask", "did they all consent?", "Bob"), now=NOW + 5)
        return found

    monkeypatch.setattr(module, "find_incident", slow)
    key, measures = key_of(office), RulingWanted("measures", "", "asked to delete", "Ann")
    commands = {
        "decide": lambda: decide(office.settings, key, Verdicted("confirm", "a breach", "Ann"), now=NOW + 9),
        "rule": lambda: rule(office.settings, key, measures, now=NOW + 9),
        "sign": lambda: sign(office.settings, key, signer="Ann", now=NOW + 9),
    }

    with pytest.raises(StoreError, match=r"somebody else has decided something meanwhile.*repeat the command"):
        commands[what]()

    with open_report(office.settings) as report:
        assert [one.decided_by for one in report.decision_log()] == ["Dana", "Bob"]
