"""`blindcopy people` lists who is merged and suggested, and takes what a person states."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from scanner.model import AddressKey, PeopleStatement, PeopleSuggestion, Person
from scanner.pipeline.deciding.people_statement import PeopleStated
from scanner.pipeline.reporting.people import PeopleOverview
from scanner.store.engine import create_store
from tests.shelf import Shelf, letter

ADA, WORK, BEN = (AddressKey(key) for key in ("ada+camp@quay.example", "asol@works.example", "ben@quay.example"))
PERSON = Person(
    person_id="1" * 16,
    addresses=(ADA, WORK),
    display_names=("Ada\x1b[2J Sol",),
    tier="full",
    merge_reasons=("stated by “Dana” (statement 1)",),
    incidents=(),
    first_sent_at=1_790_000_000,
    last_sent_at=1_790_000_000,
    merge_confidence="stated",
    tier_source="Dana",
)
LOG = (
    PeopleStatement(1, "merge", (ADA, WORK), None, None, "she\x1b[2J told us", "Dana", "root", 1_790_000_000),
    PeopleStatement(2, "tier", (BEN,), "role", None, "an office", "Dana", "root", 1_790_000_000, undone_by=4),
    PeopleStatement(4, "undo", (), None, 2, "a mistake", "Bea", "root", 1_790_000_600),
)
FOUND = PeopleOverview(
    merged=(PERSON,),
    tiered=(PERSON,),
    suggestions=(PeopleSuggestion("same name", "possible", (BEN, WORK), ("2" * 16, "1" * 16), ("Ben\u202e Sol",)),),
    statements=LOG,
    waiting=(4,),
)


@pytest.fixture
def calls(pipeline: Callable[..., None]) -> list[tuple[str, Any]]:
    """Return the calls that the command makes, answered with what is above."""
    made: list[tuple[str, Any]] = []

    def note(name: str) -> Callable[..., PeopleStated]:
        def call(_settings: object, *arguments: Any, **options: Any) -> PeopleStated:
            made.append((name, (*arguments, options)))
            return PeopleStated(LOG[:1], ((ADA, WORK),))

        return call

    names = ("merge_people", "merge_clients", "split_people", "state_tier", "take_back")
    pipeline("deciding.people_statement", **{name: note(name) for name in names})
    pipeline("reporting.people", people_overview=lambda _settings: FOUND)
    return made


def test_the_lists_say_why_how_sure_and_what_waits(blindcopy: Callable[..., Any], calls: list[tuple[str, Any]]) -> None:
    """Merged with reasons, suggested, and the log with who, when and why; 80 columns, nothing acts on the terminal."""
    ended = blindcopy("people")

    text = " ".join(ended.out.split())
    assert ended.code == 0
    assert "1 statement waits for the next analysis: blindcopy analyse" in text
    assert f"{ADA}, {WORK} stated: stated by “Dana” (statement 1)" in text
    assert f"{ADA}, {WORK}: full, by Dana" in text
    assert f"{BEN}, {WORK} possible, same name: Ben" in text
    assert "1 2026-09-21 16:13 Dana: ada+camp@quay.example and asol@works.example are one person; she" in text
    assert "ben@quay.example is role; an office (taken back)" in text
    assert "Bea: statement 2 is taken back; a mistake (waits for the next analysis)" in text
    assert not set(ended.out) & set("\x1b\u202e")
    assert max(map(cell_len, ended.out.splitlines())) <= 80
    assert calls == []


def test_programs_read_the_same(blindcopy: Callable[..., Any], calls: list[tuple[str, Any]]) -> None:
    """The objects of the report, and every statement with what became of it."""
    answer = json.loads(blindcopy("people", "--json").out)

    assert answer["schema"] == "blindcopy/people/1"
    assert answer["merged"][0]["merge_confidence"] == "stated"
    assert answer["suggestions"][0]["rule"] == "same name"
    assert [(one["number"], one["undone_by"], one["waiting"]) for one in answer["statements"]] == [
        (1, None, False),
        (2, 4, False),
        (4, None, True),
    ]
    assert answer["statements"][0]["decided_at"] == "2026-09-21T14:13:20Z"
    assert calls == []


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (("merge", ADA, WORK), ("merge_people", ([ADA, WORK],))),
        (("merge", "--register"), ("merge_clients", ())),
        (("split", ADA), ("split_people", ([ADA],))),
        (("tier", ADA, "role"), ("state_tier", (ADA, "role"))),
        (("undo", "12"), ("take_back", (12,))),
    ],
)
def test_statements_reach_the_pipeline_with_reason_and_name(
    blindcopy: Callable[..., Any], calls: list[tuple[str, Any]], words: tuple[str, ...], call: tuple[str, Any]
) -> None:
    """And the answer says what holds now and from when."""
    ended = blindcopy("people", *words, "--reason", "she told us", "--by", "Dana")

    assert ended.code == 0
    assert calls == [(call[0], (*call[1], {"reason": "she told us", "by": "Dana"}))]
    assert f"One person: {ADA}, {WORK}" in ended.out
    assert "It applies from the next analysis: blindcopy analyse" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tier", ADA), "tier takes an address and one tier"),
        (("tier", ADA, "list"), "tier takes an address and one tier"),
        (("tier", ADA, WORK, "full"), "tier takes an address and one tier"),
        (("undo",), "undo takes the number"),
        (("undo", "x"), "undo takes the number"),
        (("undo", "1", "2"), "undo takes the number"),
        (("split", ADA, "--register"), "only merge takes addresses of the register"),
        (("merge", ADA, "--register"), "--register takes no addresses"),
        (("join", ADA), "join"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    blindcopy: Callable[..., Any], calls: list[tuple[str, Any]], words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, what and what to do, and nothing is written."""
    ended = blindcopy("people", *words, "--reason", "she told us")

    assert ended.code == 2
    assert said in ended.err
    assert calls == []


def test_a_person_does_the_whole_of_it(blindcopy: Callable[..., Any], tmp_path: Path) -> None:
    """List, merge, analyse, take back, over a store: the numbers that are printed are those that undo takes."""
    engine = create_store(str(tmp_path / "blindcopy.db"))
    shelf = Shelf(engine)
    guests = [f"x{number}q@guests.example" for number in range(5)]
    shelf.put(shelf.place(), [letter(1, ["Ada Sol <a17@quay.example>", "Ada Sol <b18@works.example>", *guests])])
    shelf.end()
    blindcopy("analyse")

    listed = blindcopy("people")
    merged = blindcopy("people", "merge", "a17@quay.example", "b18@works.example", "--reason", "she told us")
    blindcopy("analyse")
    after = blindcopy("people")
    undone = blindcopy("people", "undo", "1", "--reason", "a mistake")
    blindcopy("analyse")
    engine.dispose()

    assert "possible, same name: Ada Sol" in listed.out
    assert "Statement 1, by" in merged.out
    assert "One person: a17@quay.example, b18@works.example" in merged.out
    assert "Merged: 1 exposed person of several addresses" in after.out
    assert undone.code == 0
    assert "possible, same name: Ada Sol" in blindcopy("people").out
