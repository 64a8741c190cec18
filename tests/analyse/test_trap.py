"""The trap of DOMAIN: what we showed before, and what came after a leak, never makes a leak look usual."""

from hypothesis import given
from hypothesis import strategies as st

from tests.analyse.sources import DAY, HOUR, NOON, OFFICE, colleagues, find, mail, only, people, points, run

FOREIGN = {"in-reply-to": "<root@mill.example>", "references": "<root@mill.example>"}


def test_a_leak_before_does_not_make_its_answer_look_usual() -> None:
    """Our own open mail in a thread is no proof that the people were on it: the widened answer stays one."""
    first = mail("Re: Pool", to=["a@gmail.com"], at=NOON - 90 * DAY, fields={"references": "<q@mill.example>"})
    leak = mail(
        "Re: Pool", to=["a@gmail.com", *people(20)], at=NOON - 60 * DAY, fields={"references": first.message_id}
    )
    again = mail(
        "Re: Pool", to=["a@gmail.com", *people(20)], fields={"references": f"{first.message_id} {leak.message_id}"}
    )

    newest = max(run([first, leak, again]).incidents, key=lambda incident: incident.first_sent_at)
    without = only([first, again])

    assert points(newest, "new_mail") >= points(without, "new_mail") > 0


def test_answers_after_a_leak_prove_nothing() -> None:
    """Nor may replies that came after the leak lower a rank: the people were exposed by us before."""
    leak = mail("Leak", to=colleagues(8, 2), at=NOON - 60 * DAY)
    answer = mail("Re: What is this?", to=colleagues(8, 2), fields=FOREIGN)

    assert points(find([answer], "Re: What is this?"), "outsiders_thread") < 0
    assert points(find([leak, answer], "Re: What is this?"), "outsiders_thread") == 0


@given(size=st.integers(2, 30), shared=st.integers(0, 30), days=st.integers(32, 400), hosts=st.integers(1, 9))
def test_own_earlier_visible_mail_never_lowers_a_rank(size: int, shared: int, days: int, hosts: int) -> None:
    """The organisation's own earlier visible mail to the same people must not lower the rank (DOMAIN: the trap)."""
    to = [f"x{place}q@org{place % hosts}.example" for place in range(size)]
    earlier = mail("Earlier", to=[*to[:shared], "y@quay.example", "z@quay.example"], at=NOON - days * DAY)

    alone = find([mail("Leak", to=to)], "Leak")
    after = find([earlier, mail("Leak", to=to)], "Leak")

    assert after.score >= alone.score


@given(
    pieces=st.lists(st.tuples(st.integers(0, 19), st.integers(1, 20), st.integers(32, 400)), min_size=1, max_size=6),
    form=st.sampled_from(("new", "one answer", "conversation", "copied")),
)
def test_a_list_that_leaked_in_pieces_before_stands_no_lower(pieces: list[tuple[int, int, int]], form: str) -> None:
    """Whatever parts of a list our own open mail had shown before: the list is no more usual for it."""
    to = people(20)
    leak = {
        "new": mail("Leak", to=to),
        "one answer": mail("Re: Leak", to=to, fields=FOREIGN),
        "conversation": mail("Re: Leak", to=to, fields={"references": "<a@mill.example> <b@mill.example>"}),
        "copied": mail("Leak", to=[OFFICE], cc=to),
    }[form]
    earlier = [
        mail(f"Piece {number}", to=[*to[start : start + length], "y@quay.example"], at=NOON - days * DAY)
        for number, (start, length, days) in enumerate(pieces)
    ]

    assert find([*earlier, leak], leak.subject).score >= find([leak], leak.subject).score


@given(place=st.integers(1, 20))
def test_replies_after_the_leak_never_lower_a_rank(place: int) -> None:
    """Nor may replies that came after the leak."""
    leak = mail("Leak of a list", to=people(20))
    reply = mail("Re: Leak of a list", to=people(place + 1), at=NOON + place * HOUR, fields=FOREIGN)

    assert only([leak, reply]).score >= only([leak]).score


def test_repetition_is_said_and_never_excuses() -> None:
    """The same list twice: the second stands higher, and says how many had been exposed before."""
    second = find([mail("First", to=people(9), at=NOON - 60 * DAY), mail("Second", to=people(9))], "Second")

    assert points(second, "repetition") > 0
    assert "9 of 9" in next(reason.text for reason in second.reasons if reason.rule == "repetition")


def test_the_same_list_again_weighs_more_than_some_of_the_people() -> None:
    """A list that leaks twice is a process; that some of its people were shown before is no sign of it."""
    earlier = mail("First", to=people(9), at=NOON - 60 * DAY)

    same = find([earlier, mail("Second", to=people(10))], "Second")
    other = find([earlier, mail("Second", to=people(30))], "Second")
    new = find([mail("Second", to=people(10))], "Second")

    assert points(same, "repetition") > points(other, "repetition") + points(other, "first_exposure")
    assert points(other, "repetition") + points(other, "first_exposure") == points(new, "first_exposure")
