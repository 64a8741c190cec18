"""The measures of the detection benchmark: each of them can be bad."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.letter import Case, Letter, figures, header_block
from benchmarks.people import Contact, People
from benchmarks.quality import Item, auc, measure

OFFICE = Contact("Office", "office@office387.example", 0, inside=True)
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def guests(count: int, first: int = 1) -> tuple[Contact, ...]:
    """Return so many people with private mailboxes."""
    return tuple(Contact(f"Guest {n}", f"guest.{n}@mail.example", n, tier="full") for n in range(first, first + count))


def letter(name: str, to: tuple[Contact, ...], **more: tuple[Contact, ...]) -> Letter:
    """Return a letter of the office, named by its Message-ID."""
    return Letter("a01", NOON, OFFICE, "Evening", f"<{name}@office387.example>", to=to, **more)  # type: ignore[arg-type]


FIRST = letter("first", guests(6))
SECOND = letter("second", guests(6))
CASE = Case("pair", (FIRST, SECOND))
HARMLESS = Case("board", (letter("board", guests(6, 50)),))


def item(rank: int, score: int, *letters: Letter, plants: tuple[int, ...] = (0,), **wrong: int) -> Item:
    """Return an entry of the queue that reports these letters rightly, but for `wrong`."""
    return Item(
        rank,
        score,
        frozenset(plants),
        frozenset(() if plants else (0,)),
        frozenset(each.message_id for each in letters),
        figures(letters) | wrong,
        6,
        "begun by us",
    )


BOARD = item(1, 50, *HARMLESS.letters, plants=())


def test_a_plant_above_what_is_harmless_is_all_right() -> None:
    """One entry opened for one plant, nothing above it, every figure reported."""
    result = measure([item(1, 60, FIRST, SECOND), replace(BOARD, rank=2)], [CASE], [HARMLESS])

    assert (result.found, result.whole, result.exact, result.opened, result.auc) == (1, 1, 1, 1, 1.0)
    assert not result.misplaced
    assert not result.faults


def test_something_harmless_above_a_plant_is_named_by_shape() -> None:
    """It costs AUC and an entry opened in vain."""
    result = measure([BOARD, item(2, 40, FIRST, SECOND)], [CASE], [HARMLESS])

    assert (result.auc, result.opened) == (0.0, 2)
    assert result.misplaced["board (harmless) above a plant"] == 1
    assert result.last == "pair"


def test_a_plant_outside_the_queue_is_never_seen() -> None:
    """No number of opened entries shows it, and it scores below everything."""
    result = measure([BOARD], [CASE], [HARMLESS])

    assert (result.found, result.opened, result.auc) == (0, None, 0.0)
    assert result.faults == {"pair: not in the queue": 1}


def test_split_mingled_and_partial_plants_are_not_pure() -> None:
    """One plant must be one incident with nothing else in it."""
    other = HARMLESS.letters[0]
    split = measure([item(1, 60, FIRST), item(2, 55, SECOND)], [CASE], [])
    mingled = measure([item(1, 60, FIRST, SECOND, other)], [CASE], [])
    partial = measure([item(1, 60, FIRST)], [CASE], [])

    assert [each.whole for each in (split, mingled, partial)] == [0, 0, 0]
    assert [list(each.faults) for each in (split, mingled, partial)] == [
        ["pair: split into 2 incidents"],
        ["pair: mingled with other mail"],
        ["pair: part of it is missing"],
    ]


def test_evidence_in_bcc_is_no_part_of_a_plant() -> None:
    """Bcc siblings stand in no rung, so an incident without them is whole."""
    hidden = letter("hidden", (OFFICE,), bcc=guests(6))
    result = measure([item(1, 60, SECOND)], [Case("corrected", (hidden, SECOND), parts=(0,))], [])

    assert (result.whole, result.exact) == (1, 1)


def test_one_wrong_figure_makes_a_ladder_inexact() -> None:
    """It is told with what was planted."""
    result = measure([item(1, 60, FIRST, SECOND, viewers=7)], [CASE], [])

    assert (result.whole, result.exact) == (1, 0)
    assert result.faults == {"pair: viewers 7 for 6": 1}


def test_planted_figures_follow_the_contract() -> None:
    """The sender is never counted, Bcc is viewed and not exposed, insiders stand apart (CONTRACTS: Exposure)."""
    clerk = Contact("Clerk", "clerk@office387.example", 99, inside=True)
    again = Contact("", "guest.1+club@mail.example", 1, tier="full")
    bare = Contact("jsmith", "", -1)
    first = letter("one", (OFFICE, clerk, *guests(3), bare), bcc=guests(2, 20))

    found = figures([first, letter("two", (*guests(3), again))])

    assert found == {
        "messages": 2,
        "exposure_events": 7,
        "exposed_addresses": 4,
        "exposed_people": 3,
        "viewers": 7,
        "internal_visible": 1,
        "bcc_viewers": 2,
        "unresolved": 1,
        "identifiable_full": 3,
        "nameless": 0,
        "role": 0,
    }


def test_equal_scores_are_half_right() -> None:
    """AUC is the share of pairs in the right order, ties as half."""
    assert auc([2, 1], [1]) == 0.75


def test_a_seed_always_makes_the_same_people() -> None:
    """And no two of them share an address."""
    one, two = (People(random.Random(7)) for _ in range(2))
    made = [one.private() for _ in range(500)]

    assert made == [two.private() for _ in range(500)]
    assert len({each.address.lower() for each in made}) == 500


def test_a_header_holds_what_was_planted() -> None:
    """Names that are not ASCII are encoded, and the block ends with an empty line."""
    header = header_block(letter("umlaut", (Contact("Zoë Müller", "zoe@mail.example", 1),)))

    assert b"To: =?utf-8?B?Wm/DqyBNw7xsbGVy?= <zoe@mail.example>\r\n" in header
    assert header.endswith(b"\r\n\r\n")
