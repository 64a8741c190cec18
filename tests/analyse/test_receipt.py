"""What proofs of delivery change on the ladder and in the rank, and what they never change."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse import TotalsCollector, detail_incident
from scanner.model import AddressKey, Receipt, ReceiptKind, StoredMessage
from tests.analyse.sources import DAY, NOON, POLICY, classify, mail, only, people, points, run

KINDS: tuple[ReceiptKind, ...] = ("bounced", "delayed", "delivered", "auto_reply", "replied")


def proven(message: StoredMessage, *proofs: tuple[str, ReceiptKind], read: bool = True) -> StoredMessage:
    """Return the message with proofs of what happened to its copies."""
    receipts = tuple(
        Receipt(AddressKey(key), kind, NOON, "", "mail", "office", "INBOX", 1, number, f"{number:064d}")
        for number, (key, kind) in enumerate(proofs, 1)
    )
    return replace(message, receipts=receipts, answers_read=read)


def test_one_undeliverable_copy_of_fifty_six_leaves_fifty_five_that_may_have_seen() -> None:
    """Gloucestershire 2016: 56 exposed and addressed, one copy came back; that three were taken back no bounce says."""
    to = people(56)

    ladder = only([proven(mail(to=to), (to[7], "bounced"))]).ladder

    assert (ladder.exposed_addresses, ladder.viewers, ladder.bounced) == (56, 56, 1)
    assert (ladder.people_lower, ladder.people_upper) == (55, 56)
    # Nothing proves that the others arrived.
    assert (ladder.delivered, ladder.replied) == (None, 0)


def test_replies_and_automatic_replies_prove_delivery_and_are_told_apart() -> None:
    """Out of office: the mailbox got it, nobody answered."""
    to = people(6)

    ladder = only(
        [proven(mail(to=to), (to[0], "replied"), (to[1], "auto_reply"), (to[2], "delivered"), (to[3], "delayed"))]
    ).ladder

    assert (ladder.delivered, ladder.replied, ladder.auto_replied, ladder.bounced) == (3, 1, 1, 0)


def test_a_copy_that_arrived_outweighs_one_that_came_back() -> None:
    """The batch came back and the correction arrived: bounced is only whom nothing reached."""
    to = people(6)
    first = proven(mail(to=to), (to[0], "bounced"), (to[1], "bounced"), (to[2], "bounced"))
    again = proven(mail(to=to[:5], at=NOON + DAY), (to[0], "bounced"), (to[1], "delivered"))

    ladder = only([first, again]).ladder

    assert (ladder.bounced, ladder.delivered) == (1, 1)


def test_a_bounce_that_came_later_outweighs_what_a_trace_calls_delivered() -> None:
    """The next server took it and sent it back; an answer proves more than either."""
    to = people(6)
    message = proven(mail(to=to), *((key, "bounced") for key in to[:3]), (to[2], "replied"))
    traced = tuple(
        Receipt(AddressKey(key), kind, NOON, "", "trace", "march.csv", uid=number)
        for key in (*to[:4], to[4])
        for number, kind in enumerate(("delivered", "bounced") if key == to[4] else ("delivered",))
    )

    ladder = only([replace(message, receipts=message.receipts + traced)]).ladder

    # Of two rows of a trace one copy went through.
    assert (ladder.bounced, ladder.delivered, ladder.replied) == (2, 3, 1)


def test_a_person_is_out_of_the_lower_bound_only_when_every_address_of_theirs_came_back() -> None:
    """Two spellings of one mailbox: one that arrives is enough for the person to be there; roles count neither way."""
    to = ["ada@gmail.com", "ada+camp@gmail.com", "bea@gmail.com", "info@mill.example", *people(4)]

    one = only([proven(mail(to=to), ("ada@gmail.com", "bounced"), ("info@mill.example", "bounced"))]).ladder
    both = only([proven(mail(to=to), ("ada@gmail.com", "bounced"), ("ada+camp@gmail.com", "bounced"))]).ladder

    assert (one.people_lower, one.bounced) == (6, 2)
    assert (both.people_lower, both.bounced) == (5, 2)


def test_nothing_delivered_is_a_figure_when_all_copies_came_back() -> None:
    """Unknown is what nothing proves; that nobody got it is proven here."""
    to = people(5)

    ladder = only([proven(mail(to=to), *((key, "bounced") for key in to))]).ladder

    assert (ladder.delivered, ladder.bounced) == (0, 5)


def test_mostly_undelivered_lowers_the_rank_and_a_few_bounces_do_not() -> None:
    """A mitigant of DOMAIN: Ranking, with evidence."""
    to = people(10)

    most = only([proven(mail(to=to), *((key, "bounced") for key in to[:8]))])
    few = only([proven(mail(to=to), *((key, "bounced") for key in to[:4]))])

    assert points(most, "undelivered") < 0
    assert "8 of 10" in next(reason.text for reason in most.reasons if reason.rule == "undelivered")
    assert points(few, "undelivered") == 0


def test_bounces_take_nothing_off_the_queue() -> None:
    """A recipient knows the Message-ID and could write one: they order the queue, whatever score it begins at."""
    to = people(10)
    message = proven(mail(to=to), *((key, "bounced") for key in to))
    score = only([message]).score

    incident = only([message], replace(POLICY, queue_score=score + 5))

    assert incident.queued == "floor"
    assert incident.score == score + 5


def test_totals_count_a_viewer_of_two_incidents_by_the_copy_that_arrived() -> None:
    """Of one incident all copies came back, of the other one arrived."""
    to = people(6)
    incidents = run(
        [
            proven(mail("Camp", to=to), (to[0], "bounced"), (to[1], "bounced")),
            proven(mail("Choir", to=to[1:], at=NOON + 60 * DAY), (to[1], "replied")),
        ]
    ).incidents
    totals = TotalsCollector(classify)

    for incident in incidents:
        totals.add(incident)

    ladder = totals.result()
    assert (ladder.bounced, ladder.delivered, ladder.replied) == (1, 1, 1)


def test_that_nobody_replied_is_known_only_when_every_message_was_looked_for() -> None:
    """Of an incident all its messages, over the queue all incidents; what was found stands in either case."""
    to = people(6)
    later = NOON + DAY

    part = only([proven(mail(to=to)), proven(mail(to=to, at=later), read=False)])
    found = only([proven(mail(to=to), (to[0], "replied")), proven(mail(to=to, at=later), read=False)])
    whole = only([proven(mail(to=to)), proven(mail(to=to, at=later))])

    assert (part.ladder.replied, part.ladder.auto_replied, part.ladder.bounced) == (None, None, None)
    assert (found.ladder.replied, found.ladder.auto_replied) == (1, None)
    assert (whole.ladder.replied, whole.ladder.auto_replied, whole.ladder.bounced) == (0, 0, 0)
    for incidents, replied in (([whole, part], None), ([part, whole], None), ([whole, whole], 0), ([], None)):
        totals = TotalsCollector(classify)
        for incident in incidents:
            totals.add(incident)
        assert totals.result().replied == replied


PEOPLE = people(8)
PROOFS = st.lists(st.tuples(st.sampled_from([*PEOPLE, "else@quay.example"]), st.sampled_from(KINDS)), max_size=12)


@given(
    st.lists(st.tuples(st.lists(st.sampled_from(PEOPLE), min_size=2), PROOFS, st.booleans()), min_size=1, max_size=4)
)
def test_proofs_never_raise_what_was_exposed(
    mails: list[tuple[list[str], list[tuple[str, ReceiptKind]], bool]],
) -> None:
    """Exposure is what To and Cc hold (CONTRACTS: Exposure); who received it adds nobody to it."""
    plain = [mail(to=to, at=NOON + place) for place, (to, _, _) in enumerate(mails)]
    with_proofs = [proven(one, *proofs, read=read) for one, (_, proofs, read) in zip(plain, mails, strict=True)]

    for before, after in zip(run(plain).incidents, run(with_proofs).incidents, strict=True):
        one, other = before.ladder, after.ladder
        for rung in ("messages", "exposure_events", "exposed_addresses", "exposed_people", "people_upper", "viewers"):
            assert getattr(one, rung) == getattr(other, rung)
        assert before.exposed == after.exposed
        assert 0 <= other.people_lower <= one.people_lower
        assert (other.bounced or 0) + (other.delivered or 0) <= other.viewers
        assert (other.replied or 0) + (other.auto_replied or 0) <= (other.delivered or 0)
        assert detail_incident(after.messages, POLICY, classify).ladder == other
