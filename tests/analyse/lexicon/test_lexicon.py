"""The lexicon: every language file is well-formed, and all of them work together."""

import tomllib
import unicodedata

import pytest

from scanner.analyse.lexicon import TABLES, fold, language_files, lexicon

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


def test_fifteen_languages_have_reply_prefixes() -> None:
    """Answers are recognised in at least fifteen languages."""
    with_prefixes = [name for name, text in FILES if tomllib.loads(text).get("prefix", {}).get("reply")]

    assert len(with_prefixes) >= 15


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
