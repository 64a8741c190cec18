"""Families: one surname that is uncommon, shown and in every address, and nobody else; a tag is no surname."""

from collections.abc import Sequence

import pytest

from scanner.model import Incident
from tests.analyse.sources import colleagues, mail, only, people, points

HOSTS = ("gmail.com", "gmx.de", "btinternet.com")
GIVEN = ("ada", "tim", "eva", "kim", "pia", "jon", "ole", "mia", "leo", "ida", "max", "zoe", "ben")
EUROPEAN = "abel brandt cordes dreher egli faber gerlach hild"


def shown(names: Sequence[str], locals_: Sequence[str] = ()) -> Incident:
    """Return the incident of these names, shown at private mailboxes of these local parts; default: of codes."""
    places = locals_ or [f"x{place}q" for place in range(len(names))]
    entries = [
        f"{name} <{local}@{HOSTS[place % 3]}>" for place, (name, local) in enumerate(zip(names, places, strict=True))
    ]
    return only([mail("Times", to=entries)])


def family(surname: str, size: int = 6, form: str = "{given}.{surname}") -> Incident:
    """Return the incident of so many people of one surname, in their addresses too."""
    given = GIVEN[:size]
    return shown(
        [f"{one.title()} {surname.title()}" for one in given],
        [form.format(given=one, initial=one[0], surname=surname) + str(at) for at, one in enumerate(given)],
    )


def test_a_family_stands_below_as_many_strangers_and_stays_in_the_queue() -> None:
    """DOMAIN: families are no strangers; it may be chance all the same, so that it is not left out."""
    relatives = family("holmberg")
    names = [(one, last) for one, last in zip(GIVEN[:6], EUROPEAN.split(), strict=False)]
    strangers = shown(
        [f"{one.title()} {last.title()}" for one, last in names], [f"{one}.{last}" for one, last in names]
    )

    assert points(relatives, "relatives") == -24
    assert relatives.score == strangers.score - 24
    assert relatives.queued == "floor"
    assert "all 6 share one uncommon last name" in " ".join(reason.text for reason in relatives.reasons)
    assert points(strangers, "relatives") == 0


@pytest.mark.parametrize("form", ["{given}.{surname}", "{surname}_{given}", "{initial}{surname}", "{surname}{given}"])
@pytest.mark.parametrize("size", [2, 6, 12])
def test_the_address_proves_the_surname_however_it_is_written(form: str, size: int) -> None:
    """With a dot, turned round, behind an initial, run together."""
    assert points(family("holmberg", size, form), "relatives") == -24


def test_names_that_are_not_shown_or_turned_round_are_no_less_of_a_family() -> None:
    """Berg, Ada; Ada with the surname in the address only; and the order of many languages, surname first."""
    turned = [f"{one.title()} <{one}.holmberg@gmail.com>" for one in GIVEN[:3]]
    turned += ["Holmberg, Ole <oholmberg@gmx.de>", "pia.holmberg@gmx.de"]
    first = [f"Zsolnay {one.title()} <zsolnay.{one}@gmail.com>" for one in GIVEN[:6]]

    assert points(only([mail("Times", to=turned)]), "relatives") == -24
    assert points(only([mail("Times", to=first)]), "relatives") == -24


@pytest.mark.parametrize(
    "tag", [" Reha", " - Reha", " (Yoga)", " [HIV]", " Klasse 3b", " HIV group", ", Patient", " PT"]
)
def test_a_tag_behind_the_names_is_no_surname(tag: str) -> None:
    """What an address book adds makes an exposure worse: it costs no point that the names alone would have."""
    names = [f"{one.title()} {last.title()}" for one, last in zip(GIVEN, EUROPEAN.split(), strict=False)]

    tagged = shown([name + tag for name in names])

    for rule in ("private_mailboxes", "strangers", "size", "relatives", "named"):
        assert points(tagged, rule) == points(shown(names), rule), rule


@pytest.mark.parametrize(
    "names",
    [
        "Gurpreet Singh, Harjit Kaur, Manpreet Kaur, Jasbir Singh, Amrit Singh, Simran Kaur, Balbir Singh, Kiran Kaur",
        "Nguyen Thi Lan, Tran Van Binh, Nguyen Van An, Le Van Hoa, Pham Van An, Nguyen Thi Mai, Le Thi Chi, Do An Ho",
        "Min-soo Kim, Ji-woo Lee, Seo-yeon Park, Ji-hee Kim, Min-woo Lee, Seo-jun Kim, Ha-eun Park, Do-yun Choi",
        "Nagy Anna, Kiss Anna, Kovács Péter, Tóth Péter, Szabó Éva, Varga Éva, Molnár Éva, Farkas Anna",
        "Wang Wei, Li Wei, Zhang Wei, Wang Fang, Li Na, Zhang Min, Liu Yang, Wang Min",
        "Sato Yuki, Suzuki Yuki, Sato Haruto, Tanaka Haruto, Suzuki Aoi, Sato Aoi, Ito Ren, Tanaka Ren",
        "Ahmed Khan, Fatima Begum, Ayesha Begum, Bilal Khan, Salma Begum, Imran Khan, Nasreen Begum, Omar Khan",
        "Anita Das, Ravi Patel, Sunita Devi, Meena Patel, Gita Devi, Arun Das, Nisha Patel, Mohan Das",
        "Ольга Иванова, Анна Иванова, Пётр Иванов, Ирина Попова, Иван Попов, Вера Попова, Олег Иванов, Нина Попова",
        "李伟, 王伟, 王芳, 李娜, 张敏, 刘洋, 王敏, 李静",
    ],
)
def test_rank_does_not_depend_on_how_people_are_called(names: str) -> None:
    """Lists in which names repeat, as they do in much of the world, have the points of a European list."""
    european = shown([f"{one.title()} {last.title()}" for one, last in zip(GIVEN, EUROPEAN.split(), strict=False)])

    theirs = shown(names.split(", "))

    assert {(one.rule, one.points) for one in theirs.reasons} == {(one.rule, one.points) for one in european.reasons}


@pytest.mark.parametrize("surname", ["singh", "kaur", "nguyen", "kim", "wang", "nagy", "khan", "jones", "silva"])
def test_a_common_surname_proves_nothing(surname: str) -> None:
    """A congregation, a women's group, a village: all may be called so, in their addresses too."""
    assert points(family(surname), "relatives") == 0


def test_households_that_see_each_other_are_strangers() -> None:
    """Two people of each flat, the parents of a class: six families are no family."""
    flats = [(one, last) for last in EUROPEAN.split()[:6] for one in ("tim", "ada")]
    strangers = [(one, f"{last}{end}") for (one, last), end in zip(flats, "abcdefghijkl", strict=True)]

    together, apart = (
        shown([f"{one} {last}".title() for one, last in some], [f"{one}.{last}" for one, last in some])
        for some in (flats, strangers)
    )

    assert points(together, "relatives") == 0
    assert together.score == apart.score


def test_children_at_their_parents_addresses_are_no_family() -> None:
    """A class, each child with a class mark at the address of a parent: strangers, and names that do not fit."""
    children = ["Lena Abel 3b", "Tim Brandt 3b", "Mia Cordes 3b", "Emil Dreher 3b", "Ida Egli 3b", "Paul Faber 3b"]
    parents = ["susanne.abel", "thomas.brandt", "petra.cordes", "karin.dreher", "martin.egli", "ursula.faber"]

    school = shown(children, parents)

    assert points(school, "relatives") == 0
    assert points(school, "private_mailboxes") == 26
    assert points(school, "names_others") == 2
    assert points(school, "named") == 6


@pytest.mark.parametrize(
    "others",
    [people(1), ["Ada Faber <ada.faber@gmail.com>"], ["info@mill.example"], colleagues(1, 1), ["Holmberg"], people(9)],
)
def test_one_stranger_among_a_family_is_shown_to_all_of_it(others: Sequence[str]) -> None:
    """Whoever else is on the list, or cannot be read: no exception."""
    relatives = [f"{one.title()} Holmberg <{one}.holmberg@gmail.com>" for one in GIVEN[:6]]

    assert points(only([mail("Times", to=[*relatives, *others])]), "relatives") == 0


@pytest.mark.parametrize(
    "to",
    [
        "diabetes.koeln@gmail.com, diabetes.bonn@gmail.com, diabetes.trier@gmail.com",
        "koeln.psoriasis@gmail.com, bonn.psoriasis@gmail.com, trier.psoriasis@gmail.com",
        "Turnverein Koeln <turnverein.koeln@gmx.de>, Turnverein Bonn <turnverein.bonn@gmx.de>",
        "nora.hospiz@gmx.de, nora.tafel@gmx.de, nora.garten@gmx.de",
    ],
)
def test_chapters_of_a_club_are_no_family(to: str) -> None:
    """An illness, a club or a first name in every address is no surname: towns and tasks stand beside it."""
    assert points(only([mail("Times", to=to.split(", "))]), "relatives") == 0


def test_a_surname_that_is_shown_and_in_no_address_proves_nothing() -> None:
    """A tag looks the same; so does a list of more people than a family has, or one whose names differ by a number."""
    names = [f"{one.title()} Holmberg" for one in GIVEN[:6]]

    assert points(shown(names), "relatives") == 0
    assert points(shown(names, [*(f"{one}.holmberg" for one in GIVEN[:5]), "sunny77"]), "relatives") == 0
    assert points(family("holmberg", 13), "relatives") == 0
    assert points(shown(["Kegel Buxte"] * 6, [f"kegel.buxte{at}" for at in range(6)]), "relatives") == 0
    assert points(shown(["Ada Xu"] * 6, [f"{one}.xu" for one in GIVEN[:6]]), "relatives") == 0
    assert points(shown(["Beáta Holmberg", "Beáta Lindqvist"], ["beata.h", "beata.l"]), "relatives") == 0
