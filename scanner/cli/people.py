"""`blindcopy people`: who was merged and why, who may be one person, and what a person states about them."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError
from scanner.export.words.moment import Clock
from scanner.model import AddressKey, PeopleStatement, Tier

if TYPE_CHECKING:
    from scanner.pipeline.deciding.people_statement import PeopleStated
    from scanner.pipeline.reporting.people import PeopleOverview

NAME = "people"
EXAMPLE = 'blindcopy people merge ada@quay.example ada.sol@works.example --reason "she told us"'

_STATED_TIERS = tuple(tier for tier in get_args(Tier) if tier != "list")


class What(StrEnum):
    """What can be stated."""

    MERGE = "merge"
    SPLIT = "split"
    TIER = "tier"
    UNDO = "undo"


def command(
    context: typer.Context,
    what: Annotated[
        What | None, typer.Argument(metavar="[merge|split|tier|undo]", help="What you state; without it: the lists.")
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ADDRESS…]",
            help="merge, split: addresses. tier: an address and full, partial, nameless or role. undo: a number.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; required for a statement.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who states it; default: you.")] = "",
    register: Annotated[
        bool, typer.Option("--register", help="merge: all addresses to which the client register gives one id.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    List merged people, who may be one person, and what was stated about them; or state it.

    merge: these addresses are one person's. split: each of them is a person of its own. tier: so well an address names
    its person. undo: take a statement back. Nothing is overwritten: each statement has a number, a name and a reason.
    """
    session: Session = context.obj
    if what is None:
        _list(session, as_json=as_json)
        return ExitCode.COMPLETE
    if register and what != What.MERGE:
        raise UsageError("only merge takes addresses of the register", where="--register", remedy="Leave it out")
    done = _state(session, what, words or [], reason, by, register=register)
    if as_json:
        from scanner.export.json_report import statement_object

        print_json(
            {
                "schema": "blindcopy/people/1",
                "statements": [*map(statement_object, done.statements)],
                "people": done.people,
            }
        )
        return ExitCode.COMPLETE
    screen = Screen()
    for text in _stated(done):
        screen.paragraph(text)
    screen.paragraph(f"It applies from the next analysis: {session.call('analyse')}")
    return ExitCode.COMPLETE


def _state(
    session: Session, what: What, words: Sequence[str], reason: str, by: str, *, register: bool
) -> "PeopleStated":
    from scanner.pipeline.deciding.people_statement import (
        merge_clients,
        merge_people,
        split_people,
        state_tier,
        take_back,
    )

    settings = session.settings()
    if what == What.MERGE and register:
        if words:
            raise UsageError("--register takes no addresses", where="--register", remedy="Give one or the other")
        return merge_clients(settings, reason=reason, by=by)
    if what == What.MERGE:
        return merge_people(settings, words, reason=reason, by=by)
    if what == What.SPLIT:
        return split_people(settings, words, reason=reason, by=by)
    if what == What.TIER:
        tier: Tier | None = next((known for known in _STATED_TIERS if [known] == words[1:]), None)
        if tier is None:
            raise UsageError(
                "tier takes an address and one tier", where="tier", remedy=f"Tiers: {', '.join(_STATED_TIERS)}"
            )
        return state_tier(settings, words[0], tier, reason=reason, by=by)
    if len(words) != 1 or not (words[0].isascii() and words[0].isdigit() and len(words[0]) < 10):
        raise UsageError("undo takes the number of one statement", where="undo", remedy="`blindcopy people` lists them")
    return take_back(settings, int(words[0]), reason=reason, by=by)


def _stated(done: "PeopleStated") -> Iterator[str]:
    shown = done.statements[:20]
    for entry in shown:
        yield f"Statement {entry.number}, by {entry.decided_by}: {_words(entry)}."
    if len(shown) < len(done.statements):
        yield f"… {count(len(done.statements), 'statement')} in all."
    for people in done.people[:20]:
        yield f"One person: {', '.join(people)}"
    if len(done.people) > 20:
        yield f"… {count(len(done.people), 'person', 'people')} in all."


def _list(session: Session, *, as_json: bool) -> None:
    from scanner.export.json_report import person_object, statement_object, suggestion_object
    from scanner.pipeline.reporting.people import people_overview

    settings = session.settings()
    found = people_overview(settings)
    if as_json:
        print_json(
            {
                "schema": "blindcopy/people/1",
                "merged": [person_object(person) for person in found.merged],
                "tiered": [person_object(person) for person in found.tiered],
                "suggestions": [suggestion_object(entry) for entry in found.suggestions],
                "statements": [
                    {**statement_object(entry), "waiting": entry.number in found.waiting} for entry in found.statements
                ],
            }
        )
        return
    _print(Screen(), session, found, Clock(settings.time_zone))


def _print(screen: Screen, session: Session, found: "PeopleOverview", clock: Clock) -> None:
    if found.waiting:
        waiting = f"{count(len(found.waiting), 'statement waits', 'statements wait')} for the next analysis"
        screen.paragraph(f"{waiting}: {session.call('analyse')}", style="yellow")
    screen.heading(f"Merged: {count(len(found.merged), 'exposed person', 'exposed people')} of several addresses")
    for person in found.merged:
        screen.paragraph(", ".join(person.addresses), indent=2)
        screen.paragraph(f"{person.merge_confidence}: {'; '.join(person.merge_reasons)}", indent=6, style="dim")
    if found.tiered:
        screen.heading("How well they are named, by somebody's word")
        for person in found.tiered:
            screen.paragraph(f"{', '.join(person.addresses)}: {person.tier}, by {person.tier_source}", indent=2)
    screen.heading(f"Perhaps one person, and counted apart: {len(found.suggestions):,}")
    for entry in found.suggestions:
        screen.paragraph(", ".join(entry.addresses), indent=2)
        names = f": {', '.join(entry.names)}" if entry.names else ""
        screen.paragraph(f"{entry.confidence}, {entry.rule}{names}", indent=6, style="dim")
    if found.suggestions:
        screen.paragraph(
            "They are one: blindcopy people merge ADDRESS ADDRESS --reason TEXT. They are not: blindcopy people split "
            "ADDRESS ADDRESS --reason TEXT.",
            indent=2,
        )
    if found.statements:
        screen.heading("What was stated")
        for statement in found.statements:
            screen.paragraph(_line(statement, found, clock), indent=6, first=f"{statement.number:4d}")


def _line(entry: PeopleStatement, found: "PeopleOverview", clock: Clock) -> str:
    at = clock.local(entry.decided_at)
    day = f"{at:%Y-%m-%d %H:%M}" if at else "unknown date"
    state = " (taken back)" if entry.undone_by else ""
    state += " (waits for the next analysis)" if entry.number in found.waiting else ""
    return f"{day} {entry.decided_by}: {_words(entry)}; {entry.reason}{state}"


def _words(entry: PeopleStatement) -> str:
    if entry.kind == "undo":
        return f"statement {entry.undoes} is taken back"
    addresses = _joined(entry.addresses)
    if entry.kind == "merge":
        return f"{addresses} are one person"
    if entry.kind == "tier":
        return f"{addresses} is {entry.tier}"
    alone = "is a person of its own" if len(entry.addresses) == 1 else "are a person each"
    return f"{addresses} {alone}" if entry.addresses else "erased"


def _joined(addresses: Iterable[AddressKey]) -> str:
    words = list(addresses)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
