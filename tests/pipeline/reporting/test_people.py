"""What is stated about people is kept, applies from the next analysis, and can be taken back."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from scanner.errors import StoreError, UsageError
from scanner.pipeline.analysing.analysis import analyse_store
from scanner.pipeline.deciding.people_statement import merge_clients, merge_people, split_people, state_tier, take_back
from scanner.pipeline.reporting.people import people_overview
from scanner.store.decision import first_broken_row
from scanner.store.people import people_statements
from scanner.store.schema import decision
from tests.pipeline.conftest import AS_OF, Desk
from tests.shelf import letter

SOL, WORK = "ada.sol+camp@quay.example", "asol@works.example"
OTHERS = [f"x{number}q@guests.example" for number in range(4)]
CAMP = letter(1, ["Ada Sol <ada.sol@quay.example>", SOL, f"Sol, Ada <{WORK}>", *OTHERS], subject="Camp")
WHY = {"reason": "she told us", "by": "Dana Protect", "now": AS_OF}


@pytest.fixture
def camp(desk: Desk) -> Desk:
    """Return a desk with one list on which Ada stands three times, analysed."""
    desk.shelf.put(desk.shelf.place(), [CAMP])
    desk.shelf.end()
    desk.analyse()
    return desk


def figures_of(desk: Desk) -> dict[str, Any]:
    """Return all of the report that speaks of people; the log of decisions grows."""
    answer = desk.json()
    return {name: answer[name] for name in ("incidents", "people", "people_suggestions", "totals")}


def ladder(desk: Desk) -> dict[str, Any]:
    """Return the figures of the only incident of the last analysis, which are those of all, and of its people."""
    answer = desk.json()
    (incident,) = answer["incidents"]
    figures = incident["ladder"]
    assert figures["exposed_people"] == answer["totals"]["exposed_people"] == len(answer["people"])
    return figures


def test_a_merge_applies_from_the_next_analysis(camp: Desk) -> None:
    """Until then every output keeps to what was analysed; then one person less, with the reason."""
    before = figures_of(camp)

    stated = merge_people(camp.settings, ["Ada.Sol@Quay.example", WORK], **WHY)

    assert stated.people == (("ada.sol+camp@quay.example", "ada.sol@quay.example", "asol@works.example"),)
    assert figures_of(camp) == before
    assert people_overview(camp.settings).waiting == (1,)
    camp.analyse()
    overview = people_overview(camp.settings)
    assert (ladder(camp)["exposed_people"], ladder(camp)["exposed_addresses"]) == (5, 7)
    assert overview.waiting == ()
    assert overview.merged[0].merge_reasons == ("plus-tag", "stated by “Dana Protect” (statement 1)")
    assert overview.suggestions == ()


def test_an_analysis_of_only_changes_notices_a_statement(camp: Desk) -> None:
    """The store has no new mail, and yet the result is another."""
    analyse_store(camp.settings, as_of=AS_OF, only_changes=True)
    first = ladder(camp)["exposed_people"]

    split_people(camp.settings, [SOL], **WHY)
    analyse_store(camp.settings, as_of=AS_OF, only_changes=True)

    assert (first, ladder(camp)["exposed_people"]) == (6, 7)


def test_undoing_all_gives_the_same_result_again(camp: Desk) -> None:
    """A split and a tier leave nothing behind but the log."""
    before = figures_of(camp)
    split_people(camp.settings, [SOL], **WHY)
    state_tier(camp.settings, OTHERS[0], "role", **WHY)
    camp.analyse()
    between = ladder(camp)

    take_back(camp.settings, 1, **WHY)
    take_back(camp.settings, 2, **WHY)
    camp.analyse()

    assert (between["exposed_people"], between["role"], between["people_lower"]) == (7, 1, 6)
    assert figures_of(camp) == before


def test_a_tier_says_in_every_output_who_decided(camp: Desk) -> None:
    """In JSON beside the address and the person; everybody else is automatic."""
    state_tier(camp.settings, OTHERS[0], "full", **WHY)
    camp.analyse()

    answer = camp.json()

    sources = {one["address"]: (one["tier"], one["tier_source"]) for one in answer["incidents"][0]["exposed"]}
    assert sources[OTHERS[0]] == ("full", "Dana Protect")
    assert sources[OTHERS[1]] == ("nameless", "automatic")
    assert sorted({person["tier_source"] for person in answer["people"]}) == ["Dana Protect", "automatic"]
    assert [person.addresses for person in people_overview(camp.settings).tiered] == [(OTHERS[0],)]


def test_the_log_says_who_when_and_why_and_is_chained(camp: Desk) -> None:
    """In the log of all decisions, under numbers that stay."""
    merge_people(camp.settings, [OTHERS[0], OTHERS[1]], **WHY)
    take_back(camp.settings, 1, reason="a mistake", by="Bea", now=AS_OF + 60)

    with camp.engine.connect() as connection:
        rows = connection.execute(select(decision.c.kind, decision.c.verdict).order_by(decision.c.id)).all()
        merge, undo = people_statements(connection)
        assert first_broken_row(connection) is None
    assert [tuple(row) for row in rows] == [("people", "merge"), ("people", "undo")]
    assert (merge.decided_by, merge.decided_at, merge.reason) == ("Dana Protect", AS_OF, "she told us")
    assert (undo.undoes, undo.decided_by, undo.applied_by != "") == (1, "Bea", True)
    assert [entry.undone_by for entry in people_overview(camp.settings).statements] == [2, None]
    assert camp.json()["people_statements"] == []
    camp.analyse()
    assert [one["undone_by"] for one in camp.json()["people_statements"]] == [2, None]


def test_an_undo_tells_what_becomes_of_everybody(camp: Desk) -> None:
    """All whom the statement spoke of, though the person that keeps its name counts as before."""
    merge_people(camp.settings, [OTHERS[0], OTHERS[1]], **WHY)

    undone = take_back(camp.settings, 1, **WHY)
    again = take_back(camp.settings, 2, **WHY)

    assert undone.people == ((OTHERS[0],), (OTHERS[1],))
    assert again.people == ((OTHERS[0], OTHERS[1]),)


def test_an_undo_can_be_undone(camp: Desk) -> None:
    """What was taken back by mistake stands again."""
    merge_people(camp.settings, [OTHERS[0], OTHERS[1]], **WHY)
    take_back(camp.settings, 1, **WHY)
    take_back(camp.settings, 2, **WHY)
    camp.analyse()

    assert ladder(camp)["exposed_people"] == 5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda settings: merge_people(settings, [WORK], **WHY), "two addresses are needed"),
        (lambda settings: merge_people(settings, [WORK, WORK.upper()], **WHY), "two addresses are needed"),
        (lambda settings: merge_people(settings, [WORK, "Secretname"], **WHY), "argument 2 is no mail address"),
        (lambda settings: merge_people(settings, [WORK, "nobody@x.example"], **WHY), "1 of the 2 addresses stand"),
        (lambda settings: merge_people(settings, [SOL, "ada.sol@quay.example"], **WHY), "one person's already"),
        (lambda settings: merge_people(settings, [SOL, WORK], reason="  "), "needs a reason"),
        (lambda settings: merge_people(settings, [SOL, WORK], reason="x", by="\x1b[2J"), "no name of a person"),
        (lambda settings: split_people(settings, [], **WHY), "an address is needed"),
        (lambda settings: state_tier(settings, "nobody@x.example", "full", **WHY), "stands nowhere in the store"),
        (lambda settings: take_back(settings, 7, **WHY), "no statement about people with this number"),
        (lambda settings: merge_clients(settings, **WHY), "gives no id to two people"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_changes_nothing(camp: Desk, call: Callable[..., Any], words: str) -> None:
    """No address in it, and nothing in the log."""
    with pytest.raises(UsageError) as caught:
        call(camp.settings)

    assert words in str(caught.value)
    assert "@x.example" not in str(caught.value)
    assert "Secretname" not in str(caught.value)
    with camp.engine.connect() as connection:
        assert people_statements(connection) == ()


def test_nothing_is_stated_or_taken_back_twice(camp: Desk) -> None:
    """The second time says by which statement."""
    split_people(camp.settings, [SOL], **WHY)
    with pytest.raises(UsageError, match="stated already"):
        split_people(camp.settings, [SOL], **WHY)
    take_back(camp.settings, 1, **WHY)

    with pytest.raises(UsageError, match="taken back already, by statement 2"):
        take_back(camp.settings, 1, **WHY)


def test_a_list_stays_a_list(camp: Desk) -> None:
    """No tier can be stated of an address that the settings call a list."""
    (camp.folder / "m.csv").write_text("address\nada@example.org\n")
    camp.change(f'[[list]]\naddress = "{WORK}"\nmembers = "m.csv"\n')

    with pytest.raises(UsageError, match="address of a list"):
        state_tier(camp.settings, WORK, "full", **WHY)


def test_the_register_is_accepted_in_one_go(camp: Desk) -> None:
    """One statement a client; an address that two clients share is left out."""
    register = f"address,id\n{OTHERS[0]}|{OTHERS[1]},C1\n{OTHERS[2]},C2\n{OTHERS[3]},C2\n{OTHERS[3]},C3\n{SOL},C4\n"
    (camp.folder / "clients.csv").write_text(register)
    camp.settings = camp.change("")
    file = camp.folder / "blindcopy.toml"
    file.write_text('clients_csv = "clients.csv"\n' + file.read_text())
    from scanner.config import load_settings

    camp.settings = load_settings(file)

    stated = merge_clients(camp.settings, **WHY)

    assert [entry.addresses for entry in stated.statements] == [(OTHERS[0], OTHERS[1])]
    with pytest.raises(UsageError, match="gives no id to two people"):
        merge_clients(camp.settings, **WHY)


def test_a_store_without_an_analysis_says_so(desk: Desk) -> None:
    """There are no people yet."""
    with pytest.raises(StoreError, match="nothing has been analysed"):
        people_overview(desk.settings)


def test_every_name_stands_as_it_was_shown_by_each_message(desk: Desk) -> None:
    """Case, order, blanks and brackets are kept; two names at one address are both told, each beside its message."""
    first = '"LENA  Berger (Mama)" <thomas.berger@quay.example>'
    second = "=?utf-8?q?Berger=2C_Th=C3=B3mas?= <Thomas.Berger@quay.example>"
    desk.shelf.put(
        desk.shelf.place(),
        [letter(1, [first, *OTHERS], subject="Camp"), letter(2, [second, *OTHERS], subject="Camp")],
    )
    desk.shelf.end()
    desk.analyse()

    sheet = load_workbook(BytesIO(desk.file("list.xlsx")), read_only=True)["Exposures"]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    wanted = [header.index(name) for name in ("Address", "Name shown", "Name does not fit")]
    shown = [tuple(row[place] for place in wanted) for row in rows if row[wanted[0]] == "thomas.berger@quay.example"]
    answer = desk.json()
    (person,) = (one for one in answer["people"] if one["addresses"] == ["thomas.berger@quay.example"])

    assert sorted(shown, key=lambda row: str(row[1])) == [
        ("thomas.berger@quay.example", "Berger, Thómas", None),
        ("thomas.berger@quay.example", "LENA  Berger (Mama)", "LENA  Berger (Mama)"),
    ]
    assert person["display_names"] == ["Berger, Thómas", "LENA  Berger (Mama)"]
    assert person["unfit_names"] == ["LENA  Berger (Mama)"]
