"""Role addresses in several languages, and people who are none."""

import pytest

from scanner.addresses.host import read_words
from scanner.addresses.role import is_role


@pytest.mark.parametrize(
    "local_part",
    [
        "info",
        "office2",
        "sales-uk",
        "info.berlin",
        "kontakt",
        "sekretariat",
        "accueil",
        "ventas",
        "segreteria",
        "no-reply",
        "customer.service",
        "support+ticket",
        "biuro",
        "klantenservice",
        "postmaster",
        "team_north",
    ],
)
def test_a_function_is_a_role(local_part: str) -> None:
    """The local part names a function."""
    assert is_role(local_part)


@pytest.mark.parametrize(
    "local_part", ["anna", "mark.post", "anna.smith", "j.service", "infona", "salesman", "", "+", "a"]
)
def test_a_person_is_no_role(local_part: str) -> None:
    """A word of the list inside a name makes no role."""
    assert not is_role(local_part)


def test_the_list_is_long_enough_and_in_form() -> None:
    """At least forty local parts; each is a lower-case word that a key can hold."""
    roles = read_words("roles.txt")

    assert len(roles) >= 40
    assert all(role == role.lower().strip() and "@" not in role for role in roles)
