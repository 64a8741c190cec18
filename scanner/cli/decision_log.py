"""`blindcopy decide --log`: everything that persons have stated, in the order in which it was written."""

from collections.abc import Iterator

from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode
from scanner.export.words.decision import in_one_line
from scanner.export.words.moment import Clock, iso_utc
from scanner.model import IncidentKey, Statement

_SHOWN = 3
"""Addresses of one entry that are listed; JSON has all of them."""


def list_log(session: Session, *, as_json: bool) -> ExitCode:
    """Print the whole log; what was decided on incidents that no analysis finds any more stands there, too."""
    from scanner.pipeline.deciding.review import read_log

    settings = session.settings()
    clock = Clock(settings.time_zone)
    screen = Screen()
    listed = []
    for statement, incident in read_log(settings):
        if as_json:
            listed.append(_object(statement, incident))
        else:
            listed.append({})
            print_entry(screen, clock, statement)
            for text in _now(statement, incident):
                screen.paragraph(text, indent=19)
    if as_json:
        print_json({"schema": "blindcopy/decision-log/1", "statements": listed})
    else:
        screen.line(f"{count(len(listed), 'entry', 'entries')}." if listed else "Nobody has decided anything.")
    return ExitCode.COMPLETE


def print_entry(screen: Screen, clock: Clock, statement: Statement) -> None:
    """Print one entry of the log: number, day, what, by whom; then what it says."""
    screen.line(f"{statement.number:>5}  {_day(clock, statement.recorded_at)}  {_what(statement)}", style="bold")
    for text in _texts(statement):
        screen.paragraph(text, indent=19)


def _day(clock: Clock, moment: int) -> str:
    at = clock.local(moment)
    return f"{at:%Y-%m-%d}" if at else f"{moment} s"


def _what(statement: Statement) -> str:
    scope = f" ({statement.scope})" if statement.scope in ("sender", "list") else ""
    about = f"{statement.incident}  " if statement.incident else ""
    kind = "" if statement.kind in ("incident", "ruling", "sign", "erase") else f"{statement.kind} "
    return f"{about}{kind}{statement.verdict}{scope}, by {statement.decided_by}"


def _texts(statement: Statement) -> Iterator[str]:
    content = statement.payload
    if content is None:
        yield "(erased)"
        return
    if reason := in_one_line(str(content.get("reason") or content.get("text") or "")):
        yield reason
    whom = [content["address"]] if "address" in content else content.get("addresses", ())
    if whom:
        yield ", ".join(whom[:_SHOWN]) + (f" and {len(whom) - _SHOWN:,} more" if len(whom) > _SHOWN else "")
    if "signs" in content:
        yield f"signs entry {content['signs']}"
    if "erases" in content:
        yield f"erases: {', '.join(map(str, content['erases']))}"


def _now(statement: Statement, incident: IncidentKey | None) -> Iterator[str]:
    """Yield what has become of the incident that an entry speaks of."""
    if statement.incident and incident is None:
        yield "no incident holds its earliest message now"
    elif incident is not None and incident != statement.incident:
        yield f"part of {incident} now"


def _object(statement: Statement, incident: IncidentKey | None) -> dict[str, object]:
    return {
        "number": statement.number,
        "kind": statement.kind,
        "incident": statement.incident,
        "incident_now": incident,
        "verdict": statement.verdict,
        "scope": statement.scope,
        "decided_by": statement.decided_by,
        "applied_by": statement.applied_by,
        "decided_at": iso_utc(statement.decided_at),
        "recorded_at": iso_utc(statement.recorded_at),
        "expires_at": iso_utc(statement.expires_at),
        "payload": statement.payload,
        "chain_sha256": statement.chain_sha256,
    }
