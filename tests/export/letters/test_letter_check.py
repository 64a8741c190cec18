"""A letter that could hurt somebody is held back, says why, and begins with a name only where it is the reader's."""

from typing import Any

import pytest

from scanner.export.letters.letter_check import LetterCheck
from scanner.export.words.moment import Clock
from scanner.language import speaking
from scanner.model import Client, Contact, Person, Tier
from tests.export.sample import DAY, SPRING, key

UTC = Clock("UTC")


def somebody(
    address: str = "ada@one.example", *names: str, tier: Tier = "full", clients: tuple[Client, ...] = (), **more: Any
) -> Person:
    """Return an exposed person."""
    return Person("p" * 12, (key(address),), names, tier, (), (), SPRING, SPRING, clients, **more)


def client(name: str = "Ada Lovelace", *flags: str, channel: str = "") -> Client:
    """Return an entry of the client register."""
    return Client("C1", name, "", flags, channel)


def noted(*flags: str, at: int | None = None, how: str = "", channel: str = "") -> Contact:
    """Return what was noted of a person."""
    return Contact(at, how, flags, channel, 1)


def check(person: Person) -> LetterCheck:
    """Return the check of the letter to the person, or to the first client at the address."""
    return LetterCheck(person, next(iter(person.clients), None), [SPRING], UTC)


def test_nothing_is_held_back_without_a_reason() -> None:
    """A letter to somebody who is known goes out."""
    letter = check(somebody("ada@one.example", "Ada Lovelace"))

    assert (letter.hold, letter.checks, letter.told, letter.salutation) == ("", "", "", "Dear Ada Lovelace,")


@pytest.mark.parametrize(
    ("flag", "held"),
    [("do-not-contact", "not to be contacted"), ("child", "a child"), ("deceased", "has died")],
)
@pytest.mark.parametrize("source", ["register", "note"])
def test_a_flag_holds_the_letter_back_wherever_it_comes_from(flag: str, held: str, source: str) -> None:
    """The client register's, and what somebody noted."""
    if source == "register":
        letter = check(somebody(clients=(client("Ada Lovelace", flag),)))
    else:
        letter = check(somebody(contact=noted(flag)))

    assert letter.hold.startswith(f"DO NOT SEND: {held}")
    assert letter.checks


def test_where_a_flag_comes_from_is_told() -> None:
    """What somebody noted does not stand in the client register."""
    registered = check(somebody(clients=(client("Ada Lovelace", "do-not-contact"),)))
    by_note = check(somebody(contact=noted("do-not-contact")))

    assert "by the client register" in registered.checks
    assert "somebody has noted it" in by_note.checks
    assert "client register" not in by_note.checks


def test_who_shares_an_address_with_somebody_not_to_be_contacted_is_looked_at() -> None:
    """That person would read the letter."""
    two = (client("Ada Lovelace"), client("Abe Lovelace", "do-not-contact"))

    letter = check(somebody(clients=two))

    assert "who shares this address is not to be contacted" in letter.checks


def test_words_that_are_no_flag_are_told() -> None:
    """They may say what nothing here understands."""
    letter = check(somebody(clients=(client("Ada Lovelace", "Haus B\u202e"),)))

    assert "no known flag: Haus B[U+202E]." in letter.checks
    assert letter.hold == ""


def test_somebody_told_before_gets_no_second_letter() -> None:
    """When and how is said."""
    letter = check(somebody(contact=noted(at=SPRING + DAY, how="letter")))

    assert letter.hold == "DO NOT SEND: told before."
    assert letter.told == "Monday 30 March 2026, 00:30 (UTC), letter"
    assert "Was told on 30 March 2026 (letter): leave the row out" in letter.checks


def test_somebody_shown_again_since_is_told_again() -> None:
    """Of what came later nobody has told them."""
    person = somebody(contact=noted(at=SPRING, how="call"))

    letter = LetterCheck(person, None, [SPRING - DAY, SPRING + DAY], UTC)

    assert letter.hold == ""
    assert "(call); messages sent since then: 1." in letter.checks


def test_a_telling_that_was_taken_back_is_none() -> None:
    """Nor does another note make one."""
    letter = check(somebody("ada@one.example", "Ada Lovelace", contact=noted(at=None)))

    assert (letter.hold, letter.checks, letter.told) == ("", "", "")


@pytest.mark.parametrize("more", [{"tier": "list"}, {"tier": "nameless", "address_classes": ("list", "outside")}])
def test_a_mailing_list_is_never_written_to(more: dict[str, Any]) -> None:
    """All who stand on it would read the apology."""
    letter = check(somebody("choir@lists.example", "Ada Lovelace", **more))

    assert letter.hold == "DO NOT SEND: a mailing list, and nobody's own address."
    assert "Do not write to this address" in letter.checks
    assert letter.salutation == "Dear Sir or Madam,"


def test_an_address_of_a_function_is_looked_at() -> None:
    """Also where a name stands beside it, unless somebody stated that it is a person's."""
    nameless = check(somebody("info@one.example", tier="role"))
    named = check(somebody("office@one.example", "Ada Lovelace", tier="role"))
    stated = check(somebody("info@one.example", "Ada Lovelace", tier="full", tier_source="Dana"))

    assert "several people may read it" in nameless.checks
    assert "several people may read it" in named.checks
    assert (nameless.salutation, named.salutation) == ("Dear Sir or Madam,", "Dear Sir or Madam,")
    assert (stated.checks, stated.salutation) == ("", "Dear Ada Lovelace,")


def test_a_safe_channel_is_the_only_one() -> None:
    """A letter in the letterbox is another one."""
    letter = check(somebody(clients=(client("Ada Lovelace", channel="her sister, by telephone"),)))

    assert letter.hold == "DO NOT SEND: only by the safe channel."
    assert "in this way only: her sister, by telephone." in letter.checks


@pytest.mark.parametrize(
    ("names", "more", "salutation"),
    [
        ((), {"tier": "nameless"}, "Dear Sir or Madam,"),
        (("Lovelace, Ada",), {}, "Dear Ada Lovelace,"),
        (("Ada Lovelace, M.D.",), {}, "Dear Ada Lovelace, M.D.,"),
        (("Ada Lovelace", "Lovelace, Ada"), {}, "Dear Ada Lovelace,"),
        (("Ada Lovelace", "Mia Lovelace"), {}, "Dear Sir or Madam,"),
        (("Mia Lovelace",), {"unfit_names": ("Mia Lovelace",)}, "Dear Sir or Madam,"),
        (("ada@one.example",), {"tier": "partial"}, "Dear Sir or Madam,"),
        (("Member 12",), {"tier": "partial"}, "Dear Sir or Madam,"),
        (("Choir Friends",), {"tier": "nameless"}, "Dear Sir or Madam,"),
    ],
)
def test_the_salutation_names_the_reader_or_nobody(
    names: tuple[str, ...], more: dict[str, Any], salutation: str
) -> None:
    """A name that may be another's, or no person's, would tell the reader of somebody."""
    assert check(somebody("ada@one.example", *names, **more)).salutation == salutation


def test_a_childs_letter_is_for_those_who_care_for_it() -> None:
    """In both languages."""
    person = somebody(clients=(client("Mia Klein", "child"),))

    english = check(person).salutation
    with speaking("de"):
        german = (check(person).salutation, check(somebody(tier="nameless")).salutation)

    assert english == "Dear parents or guardians of Mia Klein,"
    assert german == ("Guten Tag, Sorgeberechtigte von Mia Klein,", "Sehr geehrte Damen und Herren,")
