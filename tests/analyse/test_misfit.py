"""Names that do not fit the address: pointed out where both name a person, and left alone where nobody can tell."""

import pytest

from scanner.analyse.misfit import names_another
from scanner.model import AddressKey


def is_another(display_name: str, local_part: str) -> bool:
    """Return whether the name is pointed out beside an address of this local part."""
    return names_another(AddressKey(f"{local_part}@mail.example"), display_name)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("Lena Berger", "thomas.berger"),
        ("Berger, Lena", "thomas.berger"),
        ("Lena Berger", "berger_thomas"),
        ("Mia Berg", "susanne.berg"),
        ("Tim Berg", "susanne.berg"),
        ("Lena Berger", "t.berger"),
        ("Lena Müller", "thomas.mueller"),
        ("Lena Martin", "thomas.martin"),
        ("Martina Berger", "martin.berger"),
        ("Lena Berger", "peter.schmidt"),
        ("Lena Berger", "paul"),
        ("Lena Berger", "thomas.m.berger"),
        ("Lena Berger", "thomas.berger71"),
    ],
)
def test_a_name_of_somebody_else_is_pointed_out(display_name: str, local_part: str) -> None:
    """A child at a parent's address, a wife at her husband's: the given names differ."""
    assert is_another(display_name, local_part)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("Susanne Berg", "susanne.berg"),
        ("Berg Susanne", "susanne.berg"),
        ("Berg, Susanne", "s.berg"),
        ("Dr. med. Susanne Berg (guest)", "susanne.berg"),
        ("Susanne Berg", "dr.susanne.berg"),
        ("Anna Maria Berg", "maria.berg"),
        ("Anna Berg", "anna.maria.berg"),
        ("Karl-Heinz Berg", "heinz.berg"),
        ("Ludwig van Beethoven", "ludwig.vanbeethoven"),
    ],
)
def test_order_titles_and_middle_names_say_nothing(display_name: str, local_part: str) -> None:
    """The same words in another order, and what people put in front of their names."""
    assert not is_another(display_name, local_part)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("Chris Berg", "christopher.berg"),
        ("Bill Berg", "william.berg"),
        ("Bill Berg", "w.berg"),
        ("Peggy Berg", "margaret.berg"),
        ("Sepp Huber", "josef.huber"),
        ("Paco Ruiz", "francisco.ruiz"),
        ("Kathi Huber", "katharina.huber"),
        ("Kees Bakker", "cornelis.bakker"),
        ("Sascha Petrov", "alexander.petrov"),
    ],
)
def test_short_forms_are_the_same_name(display_name: str, local_part: str) -> None:
    """By the lexicon, or because the name begins so."""
    assert not is_another(display_name, local_part)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("José Núñez", "jose.nunez"),
        ("Jörg Müller", "joerg.mueller"),
        ("Jörg Müller", "jorg.muller"),
        ("Søren Sørensen", "soeren.sorensen"),
        ("Åsa Lindström", "asa.lindstrom"),
        ("Łukasz Wójcik", "lukasz.wojcik"),
        ("Stephan Groß", "stefan.gross"),
        ("Sofie Berg", "sophie.berg"),
        ("Ayşe Yılmaz", "ayse.yilmaz"),
        ("Yussuf Amir", "jusuf.amir"),
    ],
)
def test_spellings_are_the_same_name(display_name: str, local_part: str) -> None:
    """Accents, digraphs, and one sound in several spellings."""
    assert not is_another(display_name, local_part)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("Anna Weber", "anna.schmidt"),
        ("Anna Weber", "anna.thomas"),
        ("Anna Schmidt-Weber", "a.schmidt"),
        ("Susanne Berg", "susanne"),
    ],
)
def test_a_surname_that_differs_alone_says_nothing(display_name: str, local_part: str) -> None:
    """People marry, and keep their addresses."""
    assert not is_another(display_name, local_part)


@pytest.mark.parametrize(
    ("display_name", "local_part"),
    [
        ("Ольга Иванова", "thomas.berger"),
        ("山田太郎", "thomas.berger"),
        ("Lena Berger", "томас.бергер"),
        ("Lena", "thomas.berger"),
        ("Lena Berger", "x17q"),
        ("Lena Berger", "foto.berger"),
        ("Lena Berger", "blue.ocean"),
        ("Lena Berger", "sunflower77"),
        ("Lena Berger", "praxis.thomas"),
        ("Praxis Sonnenschein", "thomas.berger"),
        ("Blue Ocean", "thomas.berger"),
        ("thomas.berger@mail.example", "thomas.berger"),
        ("Lena Berger", "lenaberger"),
        ("Lena Berger", "bergerl"),
        ("Lena Berger", "lb"),
    ],
)
def test_what_cannot_be_judged_is_not_pointed_out(display_name: str, local_part: str) -> None:
    """Other scripts, codes, words that are no names, firms, and words run together."""
    assert not is_another(display_name, local_part)


@pytest.mark.parametrize("tag", ["", " Reha", " - Reha", " (Yoga)", " 3b", " (Klasse 3b)", " Klasse 3b", ", Patient"])
def test_a_tag_behind_the_name_changes_nothing(tag: str) -> None:
    """A class or a course of the address book is no part of the name, and no given name of somebody else."""
    assert is_another("Lena Berger" + tag, "thomas.berger")
    assert not is_another("Lena Berger" + tag, "lena.berger")
    assert not is_another("Lena Berger" + tag, "lena.schmidt")
    assert not is_another("Lena Berger" + tag, "x17q")
