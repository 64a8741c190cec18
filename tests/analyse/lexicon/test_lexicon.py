"""The lexicon: every language file is well-formed, and all of them work together."""

import tomllib
import unicodedata

import pytest

from scanner.analyse.lexicon import TABLES, fold, language_files, lexicon
from scanner.analyse.subject import read_subject

FILES = language_files()


@pytest.mark.parametrize(("name", "text"), FILES, ids=[name for name, _ in FILES])
def test_language_file_is_well_formed(name: str, text: str) -> None:
    """A language file names its language and holds known lists of folded words without repetition."""
    content = tomllib.loads(text)

    tables = {table: lists for table, lists in content.items() if table != "language"}

    assert isinstance(content["language"], str)
    assert name == name.lower()
    assert tables.keys() <= {*TABLES, "sensitive"}
    for table, lists in tables.items():
        assert table == "sensitive" or lists.keys() <= TABLES[table]
        for words in lists.values():
            assert words == [unicodedata.normalize("NFC", word) for word in words]
            assert all(word and word == word.lower() == word.strip() for word in words)
            assert len(words) == len(set(words))


@pytest.mark.parametrize("kind", ["reply", "forward", "recall", "correction", "apology", "invite"])
def test_fifteen_languages_have_prefixes_of_every_kind(kind: str) -> None:
    """Answers, forwarded mail, Outlook's recalls, corrections, apologies and invitations."""
    with_prefixes = [name for name, text in FILES if tomllib.loads(text).get("prefix", {}).get(kind)]

    assert len(with_prefixes) >= 15


@pytest.mark.parametrize("table", ["apology", "delete"])
def test_fifteen_languages_know_how_to_take_a_mail_back_in_words(table: str) -> None:
    """Apologies and requests to delete anywhere in a subject."""
    assert sum(bool(tomllib.loads(text).get("phrase", {}).get(table)) for _, text in FILES) >= 15


def test_every_prefix_is_taken_off_and_means_something() -> None:
    """Whatever word of whatever language stands before a colon, the stem is what follows."""
    words = sorted({word for name in TABLES["prefix"] for word in lexicon()("prefix", name)})

    for word in words:
        for subject in (f"{word}: Summer camp", f"{word.upper()}：Summer camp"):
            read = read_subject(subject)
            assert (read.stem, len(read.signs)) == ("summer camp", 1), subject


def test_six_languages_have_sensitive_words_and_commonplaces() -> None:
    """English, German, French, Dutch, Spanish and Italian are known in full."""
    whole = {
        name.removesuffix(".toml")
        for name, text in FILES
        if {"prefix", "phrase", "stem", "names", "sensitive"} <= tomllib.loads(text).keys()
    }

    assert whole >= {"en", "de", "fr", "nl", "es", "it"}


def test_lists_of_all_languages_are_united() -> None:
    """A subject may mix languages: the prefixes of all apply at once."""
    assert {"re", "aw", "antw", "回复"} <= lexicon()("prefix", "reply")


def test_fold_is_idempotent_for_every_word() -> None:
    """Words are compared in one form, and folding again changes nothing."""
    words = {word for words in lexicon().words.values() for word in words}

    assert words == {fold(word) for word in words}
