"""How incidents stand by the log of decisions, sentence by sentence of CONTRACTS: Incidents, version 1."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import AddressKey, Deadline, Decision, Identity, IncidentKey, Scope, Standing, Verdict
from scanner.review import DecisionLog, IncidentFacts

NOW = 1_790_000_000
OFFICE, PRESS = AddressKey("office@corp.example"), AddressKey("press@corp.example")
POLICY = "aa" * 32


def identity(letter: str) -> Identity:
    """Return an identity that is recognised in a failure."""
    return Identity(f"{ord(letter):012x}{'0' * 52}")


def identities(letters: str) -> tuple[Identity, ...]:
    """Return one identity a letter; the alphabet is the order of time."""
    return tuple(identity(letter) for letter in letters)


def facts(
    letters: str, people: str = "12345", *, senders: Iterable[AddressKey] = (OFFICE,), policy: str = POLICY
) -> IncidentFacts:
    """Return an incident of these messages."""
    return IncidentFacts(frozenset(identities(letters)), frozenset(senders), lambda: frozenset(people), policy)


def decided(
    number: int,
    verdict: Verdict,
    letters: str,
    people: str = "12345",
    *,
    scope: Scope = "incident",
    senders: Iterable[AddressKey] = (OFFICE,),
    expires_at: int | None = None,
    aware_at: int | None = None,
    policy: str = POLICY,
) -> Decision:
    """Return a decision on an incident of these messages."""
    judged = identities(letters)
    return Decision(
        number=number,
        incident=IncidentKey(judged[0][:12]),
        verdict=verdict,
        scope=scope,
        decided_by="Dana",
        applied_by="dana",
        decided_at=NOW + number,
        recorded_at=NOW + number,
        expires_at=expires_at,
        reason="because",
        judged=judged,
        people=frozenset(people),
        senders=frozenset(senders),
        policy_sha256=policy,
        aware_at=aware_at,
        aware_source="somebody called" if aware_at else "",
        deadlines=(Deadline("gdpr", "GDPR Art. 33", "authority", aware_at + 72 * 3600),) if aware_at else (),
    )


def stands(incident: IncidentFacts, *log: Decision, as_of: int = NOW) -> Standing:
    """Return how the incident stands by this log."""
    return DecisionLog(log, as_of).standing(incident)


def told(standing: Standing) -> tuple[str, str, int]:
    """Return status, why it was reopened, and how many are new."""
    return (standing.status, standing.reopened.by, standing.reopened.count) if standing.reopened else (
        standing.status, "", 0
    )  # fmt: skip


def test_nobody_has_decided_on_a_candidate() -> None:
    """An empty log, and a log about other incidents, leave it as it is."""
    assert stands(facts("abc")) == Standing()
    assert stands(facts("abc"), decided(1, "confirm", "xyz")) == Standing()


@pytest.mark.parametrize(("verdict", "status"), [("confirm", "confirmed"), ("dismiss", "dismissed"), ("ask", "asked")])
def test_a_decision_survives_scans_that_bring_nothing_new(verdict: Verdict, status: str) -> None:
    """The same messages and people stand as they were decided."""
    assert told(stands(facts("abc"), decided(1, verdict, "abc"))) == (status, "", 0)


def test_a_decision_applies_to_the_incident_that_holds_its_earliest() -> None:
    """Another incident with messages of the same kind stays a candidate."""
    log = decided(1, "confirm", "abc")

    assert stands(facts("ab"), log).status == "confirmed"
    assert stands(facts("d"), log).status == "candidate"


def test_a_later_decision_takes_the_place_of_an_earlier_one() -> None:
    """Who dismisses what was confirmed has changed the decision, and no two decisions meet."""
    log = (decided(1, "confirm", "abc"), decided(2, "dismiss", "abc"))

    standing = stands(facts("abc"), *log)

    assert told(standing) == ("dismissed", "", 0)
    assert standing.history == log


def test_confirmed_and_dismissed_meeting_in_one_incident_reopens_it() -> None:
    """Two incidents that were decided otherwise have become one."""
    log = (decided(1, "confirm", "ab"), decided(2, "dismiss", "cd"))

    assert told(stands(facts("abcd"), *log)) == ("candidate", "conflict", 2)


def test_two_that_were_decided_alike_stay_decided_as_one() -> None:
    """Every message and every person was judged, and judged alike."""
    log = (decided(1, "confirm", "ab", "12"), decided(2, "confirm", "cd", "34"))

    assert told(stands(facts("abcd", "1234", policy="bb" * 32), *log)) == ("confirmed", "", 0)


def test_on_a_split_a_decision_follows_its_earliest_and_the_rest_reopens() -> None:
    """The part with the earliest message keeps it."""
    log = decided(1, "dismiss", "abcd")

    assert told(stands(facts("ab"), log)) == ("dismissed", "", 0)
    assert told(stands(facts("cd"), log)) == ("candidate", "split", 0)


def test_the_rest_of_a_split_does_not_fall_back_to_what_was_decided_before() -> None:
    """A decision on the whole has taken the place of one on a part."""
    log = (decided(1, "confirm", "cd"), decided(2, "dismiss", "abcd"))

    assert told(stands(facts("cd"), *log)) == ("candidate", "split", 0)


def test_the_rest_of_a_split_can_be_decided_on_its_own() -> None:
    """The decision on the whole does not reach it any more."""
    log = (decided(1, "dismiss", "abcd"), decided(2, "confirm", "cd"))

    assert told(stands(facts("cd"), *log)) == ("confirmed", "", 0)
    assert told(stands(facts("ab"), *log)) == ("dismissed", "", 0)


def test_a_decision_whose_earliest_message_is_gone_applies_nowhere() -> None:
    """What is left of the incident is reopened."""
    assert told(stands(facts("bc"), decided(1, "dismiss", "abc"))) == ("candidate", "split", 0)


def test_new_messages_reopen() -> None:
    """They are counted; also when they are older than what was judged."""
    assert told(stands(facts("abcxy"), decided(1, "dismiss", "abc"))) == ("candidate", "messages", 2)
    assert told(stands(facts("abc"), decided(1, "confirm", "bc"))) == ("candidate", "messages", 1)


def test_new_people_reopen() -> None:
    """Another policy can make insiders outsiders without any new message."""
    log = decided(1, "dismiss", "abc", "123")

    assert told(stands(facts("abc", "12345", policy="bb" * 32), log)) == ("candidate", "people", 2)
    assert told(stands(facts("abc", "12", policy="bb" * 32), log)) == ("dismissed", "", 0)


def test_people_are_read_only_where_they_could_be_new() -> None:
    """The same messages under the same policy show the same people."""

    def people() -> frozenset[str]:
        raise AssertionError("read")

    incident = replace(facts("abc"), people=people)

    assert stands(incident, decided(1, "dismiss", "abc")).status == "dismissed"


def test_a_person_can_reopen() -> None:
    """It says who did, and when."""
    standing = stands(facts("abc"), decided(1, "dismiss", "abc"), decided(2, "reopen", "abc"))

    assert told(standing) == ("candidate", "person", 0)
    assert standing.reopened
    assert (standing.reopened.who, standing.reopened.at) == ("Dana", NOW + 2)


def test_a_dismissal_expires_at_the_moment_of_the_analysis() -> None:
    """Not by the clock: the same store gives the same report."""
    log = decided(1, "dismiss", "abc", expires_at=NOW + 100)

    assert told(stands(facts("abc"), log, as_of=NOW + 99)) == ("dismissed", "", 0)
    assert told(stands(facts("abc"), log, as_of=NOW + 100)) == ("candidate", "expired", 0)


def test_a_dismissal_of_a_sender_covers_what_nobody_has_seen() -> None:
    """Every incident all of whose senders were judged; not what somebody else also sent."""
    log = decided(1, "dismiss", "abc", scope="sender", senders=(PRESS,))

    assert told(stands(facts("xy", "789", senders=(PRESS,)), log)) == ("dismissed", "", 0)
    assert told(stands(facts("xy", senders=(PRESS, OFFICE)), log)) == ("candidate", "", 0)
    assert told(stands(facts("xy", senders=()), log)) == ("candidate", "", 0)


def test_a_dismissal_of_a_sender_ends_where_somebody_else_joins_in() -> None:
    """The incident that was judged has got a message of another sender."""
    log = decided(1, "dismiss", "abc", scope="sender", senders=(PRESS,))

    assert told(stands(facts("abcd", senders=(PRESS, OFFICE)), log)) == ("candidate", "senders", 1)


def test_a_dismissal_of_a_list_covers_incidents_that_expose_nobody_else() -> None:
    """The list may have become shorter; somebody new on it is somebody nobody judged."""
    log = decided(1, "dismiss", "abc", "12345", scope="list")

    assert told(stands(facts("xy", "1234"), log)) == ("dismissed", "", 0)
    assert told(stands(facts("xy", "123456"), log)) == ("candidate", "", 0)
    assert told(stands(facts("abcx", "123456"), log)) == ("candidate", "people", 1)


def test_a_wide_dismissal_can_be_taken_back_for_all_or_for_one() -> None:
    """Reopened for the sender, or for this incident only."""
    wide = decided(1, "dismiss", "abc", scope="sender")

    for_all = decided(2, "reopen", "abc", scope="sender")
    for_one = decided(2, "reopen", "xy")

    assert told(stands(facts("xy"), wide, for_all)) == ("candidate", "person", 0)
    assert told(stands(facts("xy"), wide, for_one)) == ("candidate", "person", 0)
    assert told(stands(facts("abc"), wide, for_one)) == ("dismissed", "", 0)


def test_an_expired_dismissal_of_a_sender_reopens_what_it_covered() -> None:
    """Also what nobody had looked at."""
    wide = decided(1, "dismiss", "abc", scope="sender", expires_at=NOW)

    assert told(stands(facts("xy"), wide)) == ("candidate", "expired", 0)


def test_what_was_confirmed_is_never_put_away_by_a_wide_dismissal() -> None:
    """Neither while it stands, nor when it has grown, nor the rest of a split."""
    log = (decided(1, "confirm", "abcd"), decided(2, "dismiss", "xy", scope="sender"))

    assert told(stands(facts("abcd"), *log)) == ("confirmed", "", 0)
    assert told(stands(facts("abcde"), *log)) == ("candidate", "messages", 1)
    assert told(stands(facts("cd"), *log)) == ("candidate", "split", 0)


def test_an_erased_decision_reopens() -> None:
    """Of what was judged nothing is known any more but the incident's key."""
    erased = replace(
        decided(2, "dismiss", "abc"), judged=(), people=frozenset(), senders=frozenset(), reason="", is_erased=True
    )

    assert told(stands(facts("abc"), decided(1, "confirm", "abc"), erased)) == ("candidate", "erased", 0)


@pytest.mark.parametrize("scope", ["sender", "list"])
def test_an_erased_dismissal_of_a_sender_or_list_covers_nothing(scope: Scope) -> None:
    """The incident on which it was taken is reopened; nobody's address is read for it."""

    def people() -> frozenset[str]:
        raise AssertionError("read")

    erased = replace(
        decided(1, "dismiss", "abc", scope=scope), judged=(), people=frozenset(), senders=frozenset(), is_erased=True
    )

    assert told(stands(replace(facts("abc"), people=people), erased)) == ("candidate", "erased", 0)
    assert told(stands(replace(facts("xy"), people=people), erased)) == ("candidate", "", 0)


def test_awareness_runs_on_while_a_confirmed_incident_is_open_again() -> None:
    """New messages and a reopening do not stop the time; a dismissal and another confirmation do."""
    first = decided(1, "confirm", "abc", aware_at=NOW - 100)

    assert stands(facts("abcd"), first).aware_at == NOW - 100
    assert stands(facts("abc"), first, decided(2, "reopen", "abc")).deadlines == first.deadlines
    assert stands(facts("abc"), first, decided(2, "dismiss", "abc")).aware_at is None
    assert stands(facts("abc"), first, decided(2, "confirm", "abc", aware_at=NOW - 50)).aware_at == NOW - 50


def test_the_earliest_awareness_of_joined_incidents_counts() -> None:
    """The authority's time began when the first of them was known."""
    log = (decided(1, "confirm", "ab", aware_at=NOW - 50), decided(2, "confirm", "cd", aware_at=NOW - 90))

    standing = stands(facts("abcd"), *log)

    assert (standing.status, standing.aware_at) == ("confirmed", NOW - 90)


def test_triage_and_confirmation_are_kept_apart() -> None:
    """The first decision of any kind, and the confirmation that holds."""
    standing = stands(facts("ab"), decided(1, "ask", "ab"), decided(2, "confirm", "ab", aware_at=NOW))

    assert (standing.triaged_at, standing.confirmed_at) == (NOW + 1, NOW + 2)


LETTERS = "abcdefgh"


@st.composite
def histories(draw: st.DrawFn) -> tuple[Sequence[Sequence[str]], Sequence[Decision]]:
    """Return how messages lie in incidents at the end, and decisions taken while they lay otherwise."""
    log: list[Decision] = []
    partition: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        # A scan: any messages so far, in any incidents. Letters that are left out have gone or are not there yet.
        places = draw(st.lists(st.integers(0, 3), min_size=len(LETTERS), max_size=len(LETTERS)))
        partition = [
            "".join(letter for letter, place in zip(LETTERS, places, strict=True) if place == number)
            for number in (1, 2, 3)
        ]
        partition = [part for part in partition if part]
        for part in partition:
            verdict = draw(st.sampled_from([None, "confirm", "dismiss", "ask", "reopen"]))
            if verdict:
                log.append(decided(len(log) + 1, verdict, part))
    return partition, log


@given(histories())
def test_no_decision_is_lost_or_applied_to_what_it_did_not_judge(
    history: tuple[Sequence[str], Sequence[Decision]],
) -> None:
    """
    CONTRACTS, Incidents: "A decision stores the identities it judged and applies to the incident that holds its
    earliest; … on a split it follows its earliest, the rest reopens; new messages or people reopen it."
    """
    partition, log = history
    book = DecisionLog(log, NOW)

    for part in partition:
        standing = book.standing(facts(part))
        members = set(identities(part))
        # Whoever judged one of its messages is remembered.
        assert [one.number for one in standing.history] == [one.number for one in log if members & set(one.judged)]
        newest = {
            one.number
            for one in log
            if not any(later.number > one.number and one.judged[0] in later.judged for later in log)
        }
        held = [one for one in log if one.number in newest and one.judged[0] in members]
        if standing.status == "candidate":
            # Nothing that judged all of it alike was lost.
            alike = len({one.verdict for one in held}) == 1 and held[0].verdict != "reopen"
            assert not (alike and members <= {message for one in held for message in one.judged})
            assert bool(standing.reopened) == bool(standing.history)
        else:
            # Everything in it was judged, by decisions that are anchored here and say the same.
            assert members <= {message for one in held for message in one.judged}
            assert len({one.verdict for one in held}) == 1
