"""Every language says the same: the same texts, the same figures in them."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scanner.language import ENGLISH, LANGUAGES, language, speaking, texts

REPORTS = Path(__file__).parent.parent / "reports"
OTHERS = [spoken for spoken in LANGUAGES if spoken != ENGLISH]
TRANSLATED = [(path, spoken) for spoken in OTHERS for path in sorted(REPORTS.glob(f"*.{spoken}.toml"))]


def leaves(data: Any, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return all values that are no tables, by their place."""
    if not isinstance(data, Mapping):
        return {place: data}
    return {name: value for key, below in data.items() for name, value in leaves(below, (*place, key)).items()}


def test_the_language_holds_within_its_block_only() -> None:
    """What follows a German report is English again, whatever happened in it."""
    spoken: list[str] = []

    def fail() -> None:
        with speaking("de"):
            spoken.append(language())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [*spoken, language()] == ["de", ENGLISH]


@pytest.mark.parametrize(("path", "spoken"), TRANSLATED, ids=lambda value: str(getattr(value, "name", value)))
def test_a_translation_says_nothing_that_english_does_not(path: Path, spoken: str) -> None:
    """A key of the translation alone would never be shown; words in braces are filled in by one code."""
    english = leaves(tomllib.loads((REPORTS / f"{path.name.split('.')[0]}.toml").read_text(encoding="utf-8")))
    translated = leaves(tomllib.loads(path.read_text(encoding="utf-8")))

    assert set(translated) <= set(english)
    for place, value in translated.items():
        assert type(value) is type(english[place]), place
        assert sorted(re.findall(r"{\w*", str(value))) == sorted(re.findall(r"{\w*", str(english[place]))), place
        if isinstance(value, list):
            assert len(value) == len(english[place]), place


def test_a_text_without_translation_stays_english() -> None:
    """A missing sentence is better read in English than not at all."""
    with speaking("de"):
        assert set(leaves(texts("styles"))) == set(leaves(texts("styles", of=ENGLISH)))
