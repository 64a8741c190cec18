"""`blindcopy decide --from FILE.xlsx`: what a filled-in workbook would change, and writing it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanner.cli.option import password_from
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count, covered_text
from scanner.errors import ExitCode

if TYPE_CHECKING:
    from scanner.pipeline.deciding.round_trip import Plan


def decide_from(session: Session, path: Path, *, by: str, password_env: str, apply: bool, as_json: bool) -> ExitCode:
    """Show what the file would change, or write it; of a file with flaws nothing is written, and each is told."""
    from scanner.pipeline.deciding.round_trip import apply_plan, plan_returned

    settings, password = session.settings(), password_from(password_env)
    plan = plan_returned(settings, path, password=password, by=by)
    applied = apply_plan(settings, plan) if apply and plan.changes and not plan.flaws else 0
    if as_json:
        print_json(_plan_object(plan, applied))
        return _code(plan)
    screen = Screen()
    for change in plan.changes:
        screen.line(f"{change.place}: {change.subject}", style="bold")
        reason = f": {change.reason}" if change.reason else ""
        before = f"{change.before} → " if change.before else ""
        screen.paragraph(f"{before}{change.after.rstrip('.')}, by {change.who}{reason}", indent=2)
    if plan.covered:
        screen.paragraph(covered_text(plan.covered, "changed with these" if applied else "would change with these"))
    for title in plan.missing:
        note(f"blindcopy: {path}: the sheet {title} is not there, and nothing of it was read")
    for flaw in plan.flaws:
        note(f"blindcopy: {flaw}")
    if plan.flaws:
        note(f"blindcopy: {path}: nothing was written. Correct {count(len(plan.flaws), 'place')}, then try again.")
        return _code(plan)
    if not plan.changes:
        screen.line("Nothing is filled in on the sheets that are there." if plan.missing else "Nothing is filled in.")
    elif applied:
        screen.line(f"Written: {count(applied, 'entry', 'entries')} of the log.")
    else:
        screen.line(f"{count(len(plan.changes), 'change')}, not written yet.")
        options = (*(("--by", by) if by else ()), *(("--password-env", password_env) if password_env else ()))
        screen.line(f"To write: {session.call('decide', '--from', str(path), *options, '--apply')}")
    return _code(plan)


def _plan_object(plan: "Plan", applied: int) -> dict[str, Any]:
    return {
        "schema": "blindcopy/decide/1",
        "changes": [
            {
                "place": one.place,
                "id": one.subject,
                "before": one.before,
                "after": one.after,
                "decided_by": one.who,
                "reason": one.reason,
            }
            for one in plan.changes
        ],
        "flaws": [{"sheet": one.sheet, "row": one.row, "column": one.column, "what": one.what} for one in plan.flaws],
        "missing_sheets": plan.missing,
        "covered": [{"id": one.key, "status": one.status, "people": one.people} for one in plan.covered],
        "applied": applied,
    }


def _code(plan: "Plan") -> ExitCode:
    """Return 2 for a file with flaws, and for one of which a sheet is gone and nothing else was filled in."""
    has_failed = plan.flaws or (plan.missing and not plan.changes)
    return ExitCode.FAILED if has_failed else ExitCode.COMPLETE
