"""Each kind of text is hidden as far as it can name somebody, and no further."""

import pytest

from scanner.export.hiding import DATE, LABELS, PLAIN, QUOTED, REASON, RULE, WORD, Hider
from scanner.pseudonym import Pseudonymiser

KEY = b"k" * 32
HIDER = Hider(Pseudonymiser(KEY))


def pseudonym(text: str, kind: str = "text") -> str:
    """Return what stands for a text."""
    return Pseudonymiser(KEY).pseudonym(kind, text)


@pytest.mark.parametrize("date", ["(for Max) 1 Jan 2026 10:00:00 +0100", "=?utf-8?q?Max?=", "Max"])
def test_a_date_field_that_is_no_date_is_hidden(date: str) -> None:
    """A comment may hold anything (RFC 5322, 3.2.2)."""
    assert HIDER.text(DATE, date) == pseudonym(date)
    assert HIDER.text(DATE, "Sun, 29 Mar 2026 01:30:00 +0100") == "Sun, 29 Mar 2026 01:30:00 +0100"


def test_what_a_sentence_quotes_is_hidden() -> None:
    """Reasons quote words of subjects and names of groups."""
    text = HIDER.text(QUOTED, "words hint at sensitive data: “HIV” (health)")

    assert text == f"words hint at sensitive data: “{pseudonym('HIV')}” (health)"
    assert HIDER.text(PLAIN, "HIV") == "HIV"


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (WORD, "attachment", "attachment"),
        (WORD, "CANCEL", "CANCEL"),
        (WORD, "", ""),
        (WORD, "erika", pseudonym("erika")),
        (RULE, "protected Erikas class", f"protected {pseudonym('Erikas class', 'group')}"),
        (RULE, "no own domain", "no own domain"),
        (LABELS, "client register, Erika", f"client register, {pseudonym('Erika', 'label')}"),
        (REASON, "labelled Erika", f"labelled {pseudonym('Erika', 'label')}"),
        (REASON, '[["label", {"labels": "Erika"}]]', f'[["label", {{"labels": "{pseudonym("Erika", "label")}"}}]]'),
        ("name", ("Zoë", "Ada"), tuple(sorted([pseudonym("Ada", "name"), pseudonym("Zoë", "name")]))),
        ("name", None, None),
    ],
)
def test_only_what_names_somebody_is_hidden(kind: str, text: object, shown: object) -> None:
    """Words that are usual, and sentences of ours, say what a reader needs; the order of names would tell something."""
    assert HIDER.text(kind, text) == shown
