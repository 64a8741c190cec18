"""A list is known again by the order of its recipients, however it was sent."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse.fingerprint import common_order, is_alphabetical, prints_of, trace_lists
from scanner.model import AddressedMail, Identity, ListTrace
from tests.analyse.sources import DAY, HOUR, NOON, mail

LISTS = st.integers(12, 120).flatmap(lambda size: st.permutations(range(1, size + 1)))


def sent(
    people: Sequence[int], shown: int | None = None, *, at: int = 0, subject: str = "", number: int = 0
) -> AddressedMail:
    """Return mail to these people, all of them shown unless a number is given."""
    identity = Identity(f"{NOON + at:032x}{number:032x}")
    told = len(people) if shown is None else shown
    title = subject or f"letter of the day {chr(97 + at // DAY % 26)}{chr(97 + at // DAY // 26)}"
    return AddressedMail(number, identity, NOON + at, "office@corp.example", title, tuple(people), told)


def only(mails: Sequence[AddressedMail]) -> ListTrace:
    """Return the one list of the mails."""
    traces = trace_lists(mails)
    assert len(traces) == 1, [trace.times for trace in traces]
    return traces[0]


def test_a_list_that_went_out_open_and_hidden_is_one() -> None:
    """Seven times, two of them open: whether it stood in To or Bcc changes nothing in its order."""
    people = random.Random(1).sample(range(1000), 40)

    trace = only([sent(people, 40 if week in (2, 5) else 0, at=week * 30 * DAY) for week in range(7)])

    assert (trace.times, trace.times_open, trace.is_short) == (7, 2, False)
    assert [mailing.evidence for mailing in trace.mailings] == ["", *["order"] * 6]
    assert trace.mailings[1].in_order == 40


@given(LISTS, st.data())
def test_it_survives_a_tenth_of_insertions_and_removals(people: list[int], data: st.DataObject) -> None:
    """Lists live: people leave, others are put in anywhere."""
    gone = data.draw(st.sets(st.sampled_from(people), max_size=len(people) // 10))
    later = [person for person in people if person not in gone]
    for new in range(data.draw(st.integers(0, len(people) // 10))):
        later.insert(data.draw(st.integers(0, len(later))), 10_000 + new)

    found = trace_lists([sent(people), sent(later, at=30 * DAY)])

    common, in_order = common_order({person: place for place, person in enumerate(people)}, later)
    is_same = 2 * in_order > max(len(people), len(later)) or 5 * common >= 4 * max(len(people), len(later))
    assert is_same
    assert len(found) == 1


@given(LISTS, st.data())
def test_batches_of_one_mailing_are_one_time_the_list_went_out(people: list[int], data: st.DataObject) -> None:
    """Wherever a list is cut, the pieces of one mailing together are that list."""
    cuts = sorted(data.draw(st.sets(st.integers(2, len(people) - 2), max_size=4)))
    pieces = [people[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(people)], strict=True)]
    batches = [
        sent(piece, at=30 * DAY + place * HOUR, subject="Winter appeal", number=place)
        for place, piece in enumerate(pieces)
    ]

    trace = only([sent(people), *batches])

    assert trace.times == 2
    assert (trace.mailings[1].addresses, len(trace.mailings[1].identities)) == (len(people), len(pieces))
    assert trace.mailings[1].in_order == len(people)


@given(LISTS, st.integers(0, 2**32))
def test_a_shuffled_list_is_known_by_its_people_alone(people: list[int], seed: int) -> None:
    """The same people in another order are the same list, and it is said that the order does not prove it."""
    shuffled = list(people)
    random.Random(seed).shuffle(shuffled)

    trace = only([sent(people), sent(shuffled, at=30 * DAY)])

    _, in_order = common_order({person: place for place, person in enumerate(people)}, shuffled)
    assert trace.mailings[1].evidence == ("order" if 2 * in_order > len(people) else "people")


@given(st.sets(st.integers(0, 300), min_size=60, max_size=120), st.integers(0, 2**32))
def test_a_shuffled_half_of_a_list_is_no_trace_of_it(people: set[int], seed: int) -> None:
    """Half of the people in another order, among as many others, is another list."""
    order = random.Random(seed)
    listed = order.sample(sorted(people), len(people))
    others = [*order.sample(listed, len(listed) // 2), *range(1000, 1000 + len(listed) // 2)]
    order.shuffle(others)

    assert [trace.times for trace in trace_lists([sent(listed), sent(others, at=30 * DAY)])] == [1, 1]


@given(LISTS, st.integers(1, 6))
def test_one_more_mailing_never_makes_a_list_less_known(people: list[int], times: int) -> None:
    """Sending the list once more adds one to how often it went out."""
    mails = [sent(people, at=number * 30 * DAY) for number in range(times)]

    assert only([*mails, sent(people, at=times * 30 * DAY)]).times == only(mails).times + 1


def test_a_piece_of_a_list_is_a_part_and_no_time_it_went_out() -> None:
    """Whoever wrote to the first fifty of two hundred did not write to the list; it is told apart."""
    people = list(range(200))

    whole, piece = trace_lists([sent(people), sent(people[:50], at=30 * DAY)])

    assert (whole.times, whole.parts, piece.times, piece.parts) == (1, 1, 1, 1)


def test_one_mail_to_two_lists_makes_no_list_of_them() -> None:
    """Two lists pasted one behind the other hold each other's parts; each keeps its own count."""
    one, other = list(range(100)), list(range(500, 600))

    traces = trace_lists([sent(one), sent(other, at=DAY), sent(one + other, at=30 * DAY), sent(one, at=60 * DAY)])

    assert [(trace.times, trace.parts) for trace in traces] == [(2, 1), (1, 1), (1, 3)]


def test_short_lists_say_that_they_are_short() -> None:
    """Six people in the same order may be a family in the order of the address book; four are no list at all."""
    short = only([sent(range(6)), sent(range(6), at=30 * DAY)])

    assert short.is_short
    assert trace_lists([sent(range(4)), sent(range(4), at=30 * DAY)]) == []


def test_a_recall_shows_the_list_again_and_is_no_batch() -> None:
    """The same subject on the same day, to the same people: the list went out twice."""
    people = list(range(30))

    trace = only([sent(people, subject="Ferry hours"), sent(people, at=HOUR, subject="Recall: Ferry hours")])

    assert (trace.times, trace.times_open) == (2, 2)


def test_two_speakers_in_to_do_not_open_a_list_in_bcc() -> None:
    """Open means that To and Cc showed a part of the list that could be known again: five, or half of it."""
    people = list(range(40))

    trace = only([sent(people, 2), sent(people, 5, at=30 * DAY), sent(people, 0, at=60 * DAY)])

    assert [(mailing.is_open, mailing.shown) for mailing in trace.mailings] == [(False, 2), (True, 5), (False, 0)]


def test_long_lists_keep_few_prints_of_which_every_long_run_has_one() -> None:
    """Winnowing (Schleimer et al.): a common run of six addresses has a common print."""
    order = random.Random(7)
    people = order.sample(range(10**6), 5000)
    start = order.randrange(4000)

    prints = prints_of(people)

    assert len(prints) < 0.5 * len(people)
    assert all(prints & prints_of(people[at : at + 6]) for at in range(start, start + 200))


def test_alphabetical_lists_are_seen() -> None:
    """By address, by name or by surname; a list that somebody kept by hand is none of these."""
    names = [f"{first} {last}" for first, last in zip("QWERTZUIOP", "ABCDEFGHIJ", strict=True)]
    by_surname = [f"{name}son <x{9 - place}@gmail.com>" for place, name in enumerate(names)]
    by_hand = [f"{name} <{name[0].lower()}@gmail.com>" for name in names[::3] + names[1::3] + names[2::3]]

    assert is_alphabetical(mail(to=by_surname))
    assert is_alphabetical(mail(cc=[f"a{number}@gmail.com" for number in range(10)]))
    assert not is_alphabetical(mail(to=by_hand))
