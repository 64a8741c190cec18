"""The whole analysis: deterministic, ordered, related, and bounded in cost."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse import analyse
from scanner.model import AddressClass, AddressKey, Analysis, StoredMessage
from tests.analyse.sources import DAY, NOON, OFFICE, POLICY, MemorySource, classify, mail, people, run

SUBJECTS = st.sampled_from(["Camp", "Re: Camp", "Recall: Camp", "Choir (2/3)", "Hello", "", "Our apologies"])
LISTS = st.lists(st.sampled_from([*people(12), *people(4, "mill.example"), "Board", "c@council.example"]), max_size=9)
MESSAGES = st.lists(
    st.builds(
        mail,
        SUBJECTS,
        to=LISTS,
        cc=LISTS,
        bcc=LISTS,
        at=st.integers(0, 60).map(lambda days: NOON + days * DAY // 2),
        sender=st.sampled_from([OFFICE, "press@council.example"]),
    ),
    max_size=12,
    unique_by=lambda message: message.identity,
)


@given(messages=MESSAGES, seed=st.integers(0, 9))
def test_result_is_independent_of_input_order(messages: list[StoredMessage], seed: int) -> None:
    """No result depends on row order (CONTRACTS: Incidents)."""
    shuffled = random.Random(seed).sample(messages, len(messages))

    assert run(shuffled) == run(messages)


@given(messages=MESSAGES)
def test_every_exposing_message_is_in_exactly_one_incident(messages: list[StoredMessage]) -> None:
    """Find every message that shows at least two outsiders; none is lost, none counts twice."""
    analysis = run(messages)

    found = [entry.message.identity for incident in analysis.incidents for entry in incident.messages]

    assert len(found) == len(set(found))
    for incident in analysis.incidents:
        moments = [(entry.message.sent_at, entry.message.identity) for entry in incident.messages]
        assert moments == sorted(moments)
        assert moments[-1][0] - moments[0][0] <= 31 * DAY
        assert incident.key == moments[0][1][:12]


@given(messages=MESSAGES)
def test_incidents_stand_by_rank(messages: list[StoredMessage]) -> None:
    """Queued ones by rank, then the others by (-score, key); relations are mutual."""
    incidents = run(messages).incidents
    queued = [incident for incident in incidents if incident.queued]
    related = {incident.key: set(incident.related) for incident in incidents}

    assert list(incidents[: len(queued)]) == queued
    assert [incident.rank for incident in queued] == list(range(1, len(queued) + 1))
    assert [incident.score for incident in queued] == sorted((incident.score for incident in queued), reverse=True)
    assert all(incident.rank == 0 for incident in incidents[len(queued) :])
    assert all(key in related[other] for key, others in related.items() for other in others)


@given(messages=MESSAGES)
def test_analysing_twice_gives_the_same(messages: list[StoredMessage]) -> None:
    """Same store, policy and `as_of`: the same result."""
    assert run(messages) == run(messages)


def test_analysis_names_its_policy_and_moment() -> None:
    """Results of different policies are never mixed: each carries the policy's hash."""
    one, other = run([]), run([], replace(POLICY, queue_floor=7))

    assert one.as_of == NOON
    assert len(one.policy_sha256) == 64
    assert one.policy_sha256 != other.policy_sha256
    assert one == Analysis(NOON, one.policy_sha256, (), ())


def test_drafts_and_received_mail_are_no_incidents() -> None:
    """Mail from others found in the store is evidence, never a finding."""
    received = mail(to=people(9), origin="received", sender="a@gmail.com")

    assert run([received]).incidents == ()


def test_one_outsider_shown_to_many_in_bcc_is_worth_a_look() -> None:
    """If at least queue_floor outsiders in Bcc could read that one, it is listed under "also look at"."""
    shown = mail(to=["a@gmail.com"], bcc=people(5))
    few = mail("Few", to=["a@gmail.com"], bcc=people(4))

    analysis = run([shown, few])

    assert analysis.incidents == ()
    assert [(look.identity, look.visible_outsiders, look.bcc_outsiders) for look in analysis.also_look] == [
        (shown.identity, 1, 5)
    ]


def test_same_list_stem_or_sender_months_later_is_related() -> None:
    """Beyond the window, the same list, people, sender or stem makes incidents related, not one."""
    messages = [
        mail("Camp", to=people(9)),
        mail("Choir", to=people(9), at=NOON + 90 * DAY, sender="choir@council.example"),
        mail("Camp", to=people(9, start=50), at=NOON + 180 * DAY, sender="camp@council.example"),
        mail("Quilts", to=people(9, start=90), at=NOON + 270 * DAY),
        mail("Bees", to=people(9, start=130), at=NOON + 360 * DAY, sender="bees@council.example"),
    ]
    by_time = sorted(run(messages).incidents, key=lambda incident: incident.first_sent_at)
    number = {incident.key: place for place, incident in enumerate(by_time)}

    related = [sorted(number[key] for key in incident.related) for incident in by_time]

    assert related == [[1, 2, 3], [0], [0], [0], []]


def test_list_address_named_by_the_store_is_a_list() -> None:
    """A List-Post address is one address whose members are unknown."""
    incident = run([mail(to=[*people(5), "friends@quay.example"])], lists=["friends@quay.example"]).incidents[0]

    assert incident.ladder.list == 1
    assert incident.ladder.at_least


def test_large_list_costs_no_quadratic_step() -> None:
    """50,000 exposed addresses in one incident: no address is classed twice, and no pair is listed."""
    asked: list[AddressKey] = []
    crowd = people(50_000)

    def counting(key: AddressKey) -> AddressClass:
        asked.append(key)
        return classify(key)

    source = MemorySource([mail(to=crowd), mail("Recall: Winter gathering", to=crowd, at=NOON + DAY)])
    analysis = analyse(source, POLICY, counting, as_of=NOON)

    assert analysis.incidents[0].ladder.exposure_events == 100_000
    assert len(asked) == len(set(asked)) == 50_000
