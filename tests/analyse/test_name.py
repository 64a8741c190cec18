"""Names: how well an address and the name beside it identify a person."""

import pytest

from scanner.analyse.name import surname_of, tier_of
from scanner.model import AddressClass, AddressKey, Tier

OUTSIDE = AddressClass("outside", True, "quay.example", "outside")


@pytest.mark.parametrize(
    ("display_name", "local_part", "tier"),
    [
        ("Ada Lovelace", "x17q", "full"),
        ("Lovelace, Ada", "x17q", "full"),
        ("Dr. Ada Lovelace (guest)", "x17q", "full"),
        ("Ada de la Cruz", "x17q", "full"),
        ("Ольга Иванова", "x17q", "full"),
        ("山田太郎", "x17q", "full"),
        ("", "ada.lovelace", "full"),
        ("", "ada_lovelace1815", "full"),
        ("", "ada.lovelace.17", "full"),
        ("", "ada.lovelace+camp", "full"),
        ("A. Lovelace", "x17q", "partial"),
        ("Mr Lovelace", "x17q", "partial"),
        ("Ada", "x17q", "partial"),
        ("", "a.lovelace", "partial"),
        ("", "margaret", "partial"),
        ("", "margaret1952", "partial"),
        ("", "x17q", "nameless"),
        ("", "sunflower77", "nameless"),
        ("x17q@quay.example", "x17q", "nameless"),
        ("sunflower77", "sunflower77", "nameless"),
        ("Patient 12", "x17q", "nameless"),
        ("Parents of the nursery", "x17q", "nameless"),
        ("", "patient.services", "nameless"),
        ("", "17", "nameless"),
    ],
)
def test_tier_follows_from_display_name_and_local_part(display_name: str, local_part: str, tier: Tier) -> None:
    """Full name shown or in the local part, part of one, or none."""
    names = (display_name,) if display_name else ()

    assert tier_of(AddressKey(f"{local_part}@quay.example"), names, OUTSIDE) == tier


@pytest.mark.parametrize(
    ("display_name", "tier"),
    [
        ("Anna Berg Reha", "full"),
        ("Anna Berg - Reha", "full"),
        ("Anna Berg (Reha)", "full"),
        ("Anna Berg 3b", "full"),
        ("Anna Berg (3b)", "full"),
        ("Anna Berg, Klasse 3 b", "full"),
        ("Klasse 3b Anna Berg", "full"),
        ("Anna Berg 2024/25", "full"),
        ("Anna Berg Patient", "full"),
        ("Patient Anna Berg", "full"),
        ("Anna Berg | Kundin 4711", "full"),
        ("Nguyen Thi Lan Patient", "full"),
        ("Nguyen Thi Lan 3b", "full"),
        ("王小明 3班", "full"),
        ("王小明 (康复)", "full"),
        ("Anita Das", "full"),
        ("Mai Le", "full"),
        ("Le Van Hoa", "full"),
        ("Van der Berg", "partial"),
        ("De la Cruz", "partial"),
        ("अनीता शर्मा", "full"),
        ("สมชาย ใจดี", "full"),
        ("Julia Child", "full"),
        ("Anna (Reha)", "partial"),
        ("Anna 12", "nameless"),
        ("Yoga Kurs 3", "nameless"),
        ("Klasse 3b", "nameless"),
        ("Patient 12", "nameless"),
        ("Blue Ocean Group", "nameless"),
        ("Praxis Anna Berg", "nameless"),
        ("Stadtwerke Ahlen - Presse", "nameless"),
    ],
)
def test_a_tag_of_the_address_book_takes_no_name_away(display_name: str, tier: Tier) -> None:
    """Courses, classes, numbers and what somebody is to the sender stand beside the name, in every script."""
    assert tier_of(AddressKey("x17q@quay.example"), (display_name,), OUTSIDE) == tier


@pytest.mark.parametrize("display_name", ["Anna Berg HIV group", "Nguyen Thi Lan HIV group", "Anna Berg Klinik Nord"])
def test_a_word_that_is_no_name_behind_one_is_a_tag_where_the_address_is_a_person(display_name: str) -> None:
    """At a private mailbox, or where the local part holds the name; elsewhere it may be a firm."""
    private = AddressClass("outside", True, "x17q@quay.example", "consumer", private=True)
    held = display_name.split()[0].lower()

    assert tier_of(AddressKey("x17q@quay.example"), (display_name,), private) == "full"
    assert tier_of(AddressKey(f"{held}77q@quay.example"), (display_name,), OUTSIDE) == "full"
    assert tier_of(AddressKey("x17q@quay.example"), (display_name,), OUTSIDE) == "nameless"


def test_best_naming_of_an_address_counts() -> None:
    """An address takes the best tier that any message shows."""
    assert tier_of(AddressKey("x17q@quay.example"), ("Ada", "Ada Lovelace"), OUTSIDE) == "full"


def test_roles_and_lists_are_tiers_of_their_own() -> None:
    """A role address is no person, whatever name stands beside it; a list is many."""
    role = AddressClass("outside", True, "quay.example", "role", role=True)
    group = AddressClass("list", True, "quay.example", "list")

    assert tier_of(AddressKey("info@quay.example"), ("Quay Information",), role) == "role"
    assert tier_of(AddressKey("friends@quay.example"), (), group) == "list"


@pytest.mark.parametrize(
    ("names", "key", "surname"),
    [
        (("Ada Lovelace",), "x@gmail.com", "lovelace"),
        (("Lovelace, Ada",), "x@gmail.com", "lovelace"),
        (("van Dyck, Ada",), "x@gmail.com", "dyck"),
        (("Ada Lovelace - Reha",), "x@gmail.com", "lovelace"),
        (("Ada Lovelace (Klasse 3b)",), "x@gmail.com", "lovelace"),
        (("Ada Lovelace Klasse 3b",), "x@gmail.com", "lovelace"),
        ((), "ada.lovelace@gmail.com", "lovelace"),
        (("Ada",), "x17q@gmail.com", ""),
    ],
)
def test_surname_is_the_last_name_known(names: tuple[str, ...], key: str, surname: str) -> None:
    """Families share it; nobody is merged by it."""
    assert surname_of(AddressKey(key), names) == surname
