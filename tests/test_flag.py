"""What must be heeded of a person is understood in both languages, and nothing that says so is dropped."""

import pytest

from scanner.columns import sheet
from scanner.flag import flag_names, heeded_flags, is_flag, stated_flags
from scanner.language import LANGUAGES, Language, speaking, texts


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("child", ("child",)),
        ("Kind", ("child",)),
        ("kid", ("child",)),
        ("minderjährig", ("child",)),
        ("minderjaehrig", ("child",)),
        ("minderja\u0308hrig", ("child",)),
        ("nicht anschreiben", ("do-not-contact",)),
        ("NICHT_KONTAKTIEREN", ("do-not-contact",)),
        ("nicht-ansprechen", ("do-not-contact",)),
        ("donotcontact", ("do-not-contact",)),
        ("Don't contact", ("do-not-contact",)),
        ("Do  not\ncontact!", ("do-not-contact",)),
        ("schutzbedürftig", ("vulnerable",)),
        ("verstorben", ("deceased",)),
        ("Kind, nicht kontaktieren; schutzbedürftig", ("child", "do-not-contact", "vulnerable")),
        ("child do not contact", ("child", "do-not-contact")),
        ("Kind und schutzbedürftig", ("child", "vulnerable")),
        ("none", ()),
        ("nichts", ()),
    ],
)
def test_a_flag_is_understood_however_it_is_written(text: str, flags: tuple[str, ...]) -> None:
    """Case, blanks, hyphens, underscores, umlauts spelt out, one behind another."""
    assert stated_flags(text) == flags


@pytest.mark.parametrize("text", ["tall", "childe", "do not", "kein Kind", "none, child", "=1+1", "a\x1bb", "", " ; "])
def test_what_is_no_flag_states_nothing(text: str) -> None:
    """Whoever is there to ask is asked."""
    assert stated_flags(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "bitte keine Briefe schicken",
        "auf keinen Fall anrufen",
        "no letters to the house",
        "must never be contacted by us",
        "Kontaktverbot seit 2024",
        "do-not-contakt",
        "nicht kontaktiern",
        "Briefe verboten",
        "Vater darf nicht angeschrieben werden",
    ],
)
def test_what_looks_like_a_refusal_is_one_and_stays_in_its_words(text: str) -> None:
    """A register that others keep says it in its own way."""
    assert heeded_flags(f"Kind|{text}") == ("child", "do-not-contact", text)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("Do not contact | Child", ("do-not-contact", "child")),
        ("child (12)", ("child", "child (12)")),
        ("Rollstuhl,  Haus  B", ("Rollstuhl", "Haus B")),
        ("none", ()),
        ("", ()),
        ("und", ("und",)),
        ("none child", ("child", "none child")),
    ],
)
def test_a_foreign_text_loses_nothing(text: str, flags: tuple[str, ...]) -> None:
    """What is no flag is kept as it is."""
    assert heeded_flags(text) == flags
    assert all(is_flag(flag) or flag in " ".join(text.split()) for flag in flags)


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("column", ["person_flags", "noted_flags", "client_flags"])
def test_a_flag_is_read_as_it_is_shown(spoken: Language, column: str) -> None:
    """What a workbook offers or shows in any language comes back as the same flag."""
    with speaking(spoken):
        words = next(one.words for one in sheet("people").columns if one.name == column)

    assert set(flag_names()) <= set(words)
    for flag, word in words.items():
        assert stated_flags(word) == (() if flag == "none" else (flag,))


def test_no_word_means_two_flags() -> None:
    """The same word in two places would mean whichever stands last."""
    data = texts("flags")
    words = [
        word.casefold()
        for spoken in (*data["flag"].values(), data["none"])
        for several in spoken.values()
        for word in several
    ]

    assert len(set(words)) == len(words)
