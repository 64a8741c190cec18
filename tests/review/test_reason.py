"""Whatever has to be written says something."""

import pytest

from scanner.review import said


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b", "\ufeff \u2060", "\u202e", "\u00ad", "\u3164", "\u2800\u00a0"])
def test_what_cannot_be_seen_is_no_reason(text: str) -> None:
    """The log is never corrected, and would show an empty place for good."""
    assert said(text) == ""


@pytest.mark.parametrize("text", ["no", "?", "42", "🙂", "\u200bconsented", "同意"])
def test_what_can_be_seen_is_kept_as_it_is(text: str) -> None:
    """Marks between letters belong to them: Persian and emoji need some."""
    assert said(f" {text}\n") == text
