"""What persons state about people decides who is one person; every statement can be taken back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.analyse import StatedPeople, concerning, person_id, standing
from scanner.analyse.person import name_of_person
from scanner.model import AddressClass, AddressKey, PeopleStatement

ADA, TAGGED, OTHER_TAG = (AddressKey(f"ada{tag}@quay.example") for tag in ("", "+camp", "+choir"))
WORK, HOME = AddressKey("lovelace@works.example"), AddressKey("zz@home.example")
EVERYBODY = (ADA, TAGGED, OTHER_TAG, WORK, HOME)
OUTSIDE = AddressClass("outside", True, "quay.example", "outside")


def said(number: int, kind: Any, *addresses: AddressKey, **more: Any) -> PeopleStatement:
    """Return a statement."""
    values = {"tier": None, "undoes": None, "reason": "asked her", "decided_by": "Bea", "applied_by": "root"}
    return PeopleStatement(number, kind, tuple(sorted(addresses)), **{**values, **more}, decided_at=number)


def groups(*statements: PeopleStatement) -> set[frozenset[AddressKey]]:
    """Return the people behind the five addresses."""
    stated = StatedPeople(statements)
    found: dict[str, set[AddressKey]] = {}
    for key in EVERYBODY:
        found.setdefault(stated.person_id(key), set()).add(key)
    return {frozenset(keys) for keys in found.values()}


def people(*parts: tuple[AddressKey, ...]) -> set[frozenset[AddressKey]]:
    """Return these people, and everybody else alone."""
    alone = set(EVERYBODY).difference(*parts)
    return {frozenset(part) for part in parts} | {frozenset({key}) for key in alone}


def test_without_statements_rules_decide() -> None:
    """Spellings of one mailbox are one person, by the same name as ever."""
    assert groups() == people((ADA, TAGGED, OTHER_TAG))
    assert StatedPeople().person_id(TAGGED) == person_id(ADA)


def test_a_merge_joins_whole_people() -> None:
    """All spellings come along, those that nobody has seen yet too; the smallest key names the person."""
    stated = StatedPeople([said(1, "merge", TAGGED, WORK)])

    assert groups(said(1, "merge", TAGGED, WORK)) == people((ADA, TAGGED, OTHER_TAG, WORK))
    assert {stated.person_id(key) for key in (ADA, WORK)} == {person_id(ADA)}
    assert stated.person_id(AddressKey("ada+new@quay.example")) == person_id(ADA)
    assert stated.person_id(HOME) == person_id(HOME)


def test_merges_go_on_from_one_another() -> None:
    """Two merges that share a person make one person of all."""
    assert groups(said(1, "merge", ADA, WORK), said(2, "merge", WORK, HOME)) == people(EVERYBODY)


def test_a_split_takes_an_address_out_and_leaves_the_rest_together() -> None:
    """Each gets a name of its own, and keeps it whatever is found later."""
    stated = StatedPeople([said(1, "split", TAGGED)])

    assert groups(said(1, "split", TAGGED)) == people((ADA, OTHER_TAG))
    assert stated.person_id(TAGGED) == name_of_person(TAGGED)
    assert stated.person_id(OTHER_TAG) == person_id(ADA)
    assert stated.is_alone(TAGGED)
    assert not stated.is_alone(ADA)


def test_splitting_the_plainest_address_gives_the_rest_another_name() -> None:
    """They must not be taken for the person they are no longer."""
    stated = StatedPeople([said(1, "split", ADA)])

    assert groups(said(1, "split", ADA)) == people((TAGGED, OTHER_TAG))
    assert stated.person_id(ADA) == person_id(ADA)


def test_the_later_statement_wins() -> None:
    """A split ends a stated merge, a merge ends a split."""
    merged, split = said(1, "merge", ADA, WORK), said(2, "split", WORK)

    assert groups(merged, split) == people((ADA, TAGGED, OTHER_TAG))
    assert groups(merged, split, said(3, "merge", WORK, HOME)) == people((ADA, TAGGED, OTHER_TAG), (WORK, HOME))
    assert groups(said(1, "split", TAGGED), said(2, "merge", ADA, TAGGED)) == people((ADA, TAGGED, OTHER_TAG))


def test_every_statement_can_be_taken_back_and_so_can_that() -> None:
    """The log only grows; what is undone counts for nothing."""
    merged = said(1, "merge", ADA, WORK)
    undone = said(2, "undo", undoes=1)

    assert groups(merged, undone) == groups()
    assert groups(merged, undone, said(3, "undo", undoes=2)) == groups(merged)
    assert [entry.number for entry in standing([undone, merged])] == []


def test_reasons_say_by_what_rule_or_by_whom() -> None:
    """The rule, or the person and the number of the statement; the weakest says how sure it is."""
    stated = StatedPeople([said(7, "merge", ADA, WORK)])
    gmail = [AddressKey("a.da@gmail.com"), AddressKey("ada@gmail.com")]

    assert stated.reasons([ADA]) == ((), "")
    assert stated.reasons(gmail) == (("dots at gmail",), "certain")
    assert stated.reasons([ADA, TAGGED]) == (("plus-tag",), "likely")
    assert stated.reasons([ADA, WORK]) == (("stated by “Bea” (statement 7)",), "stated")
    assert stated.reasons([ADA, TAGGED, WORK]) == (("plus-tag", "stated by “Bea” (statement 7)"), "likely")


def test_a_tier_is_automatic_until_somebody_states_it() -> None:
    """The person's name stands beside it; what the settings call a list stays one."""
    group = AddressClass("list", True, "quay.example", "list")
    stated = StatedPeople([said(1, "tier", ADA, tier="nameless"), said(2, "tier", ADA, tier="role")])

    assert StatedPeople().tier(ADA, ("Ada Lovelace",), OUTSIDE) == ("full", "automatic")
    assert stated.tier(ADA, ("Ada Lovelace",), OUTSIDE) == ("role", "Bea")
    assert stated.tier(TAGGED, ("Ada Lovelace",), OUTSIDE) == ("full", "automatic")
    assert stated.tier(ADA, (), group) == ("list", "automatic")


def test_what_a_statement_touches_can_be_asked() -> None:
    """All addresses of the people it joins, those of which it says nothing included."""
    before = StatedPeople([said(1, "merge", WORK, HOME)])
    after = StatedPeople(
        [said(1, "merge", WORK, HOME), said(2, "merge", ADA, WORK), said(3, "tier", TAGGED, tier="full")]
    )

    assert [key for key in EVERYBODY if after.differs(before, key)] == [TAGGED, WORK, HOME]
    assert not any(after.differs(after, key) for key in EVERYBODY)


def test_statements_about_some_people_are_those_that_tell_who_they_are() -> None:
    """Also about whom somebody was merged with, and what takes them back; about nobody else."""
    statements = [
        said(1, "merge", WORK, HOME),
        said(2, "split", OTHER_TAG),
        said(3, "merge", ADA, WORK),
        said(4, "undo", undoes=2),
        said(5, "tier", AddressKey("other@far.example"), tier="full"),
        said(6, "undo", undoes=5),
    ]

    assert [one.number for one in concerning(statements, [TAGGED])] == [1, 2, 3, 4]
    assert [one.number for one in concerning(statements, [AddressKey("other@far.example")])] == [5, 6]
    assert not list(concerning(statements, [AddressKey("nobody@far.example")]))


_STATEMENTS = st.lists(
    st.tuples(st.sampled_from(["merge", "split"]), st.sets(st.sampled_from(EVERYBODY), min_size=2, max_size=3)),
    max_size=6,
)


@given(_STATEMENTS, st.randoms())
def test_order_of_rows_means_nothing_and_undoing_all_gives_the_rules_back(log: Any, random: Any) -> None:
    """Same statements, same people; each can be undone."""
    statements = [said(number, kind, *keys) for number, (kind, keys) in enumerate(log, 1)]
    shuffled = random.sample(statements, len(statements))
    undone = [said(100 + one.number, "undo", undoes=one.number) for one in statements]

    assert groups(*shuffled) == groups(*statements)
    assert groups(*statements, *undone) == groups()


@given(_STATEMENTS)
def test_a_person_is_named_by_its_smallest_key_or_stays_nameable(log: Any) -> None:
    """No two people have one name: the last statement about an address always holds."""
    statements = [said(number, kind, *keys) for number, (kind, keys) in enumerate(log, 1)]
    stated = StatedPeople(statements)

    if statements and statements[-1].kind == "merge":
        assert len({stated.person_id(key) for key in statements[-1].addresses}) == 1
    if statements and statements[-1].kind == "split":
        names = [stated.person_id(key) for key in EVERYBODY]
        assert all(names.count(stated.person_id(key)) == 1 for key in statements[-1].addresses)


@given(_STATEMENTS, st.sets(st.sampled_from(EVERYBODY), min_size=1))
def test_statements_about_some_people_give_them_the_same_names(log: Any, chosen: set[AddressKey]) -> None:
    """Whatever was said of others."""
    statements = [said(number, kind, *keys) for number, (kind, keys) in enumerate(log, 1)]
    all_said, some_said = StatedPeople(statements), StatedPeople(concerning(statements, chosen))

    assert all(some_said.person_id(key) == all_said.person_id(key) for key in chosen)


@pytest.mark.parametrize("tier", ["full", "partial", "nameless", "role"])
def test_every_tier_can_be_stated(tier: Any) -> None:
    """The four that a person can be sure of."""
    assert StatedPeople([said(1, "tier", ADA, tier=tier)]).tier(ADA, (), OUTSIDE) == (tier, "Bea")
