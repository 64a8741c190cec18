"""Pseudonyms: stable with the key, meaningless without it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.pseudonym import Pseudonymiser, load_key, make_or_read_key

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), min_size=1)


@given(ANY_TEXT, ANY_TEXT)
def test_equal_texts_and_only_they_get_equal_pseudonyms(one: str, other: str) -> None:
    """RFC 2104: without the key nobody can tell which text gave the result."""
    pseudonymiser = Pseudonymiser(b"k" * 32)

    equal = pseudonymiser.pseudonym("name", one) == pseudonymiser.pseudonym("name", other)

    assert equal == (one == other)


def test_whoever_finds_a_key_finds_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets its name when it is whole: a command that starts in that moment, or after a kill, reads or makes it."""
    path = tmp_path / "store.key"

    def stopped() -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("secrets.token_hex", lambda _size: stopped())
        with pytest.raises(KeyboardInterrupt):
            make_or_read_key(path)

    assert list(tmp_path.iterdir()) == []
    assert make_or_read_key(path) == make_or_read_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_kinds_are_kept_apart_and_nothing_stays_nothing() -> None:
    """A subject that is somebody's name must not be linked to the name."""
    pseudonymiser = Pseudonymiser(b"k" * 32)

    assert pseudonymiser.pseudonym("name", "Ada") != pseudonymiser.pseudonym("subject", "Ada")
    assert pseudonymiser.pseudonym("name", "").strip() == ""


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 31])
def test_a_damaged_key_is_said_and_not_used(tmp_path: Path, content: str) -> None:
    """A short key would make guessing easy."""
    path = tmp_path / "x.key"
    path.write_text(content)

    with pytest.warns(UserWarning, match="differ from run to run"):
        key = load_key(path)

    assert len(key) == 32
    assert path.read_text() == content
