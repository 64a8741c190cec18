"""`blindcopy check`: try each account step by step; nothing is stored."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, Style, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode
from scanner.model import READ_FOR_OURS

if TYPE_CHECKING:
    from scanner.pipeline.checking.account_check import AccountCheck

NAME = "check"
EXAMPLE = "blindcopy check --account office"

LONGEST_TOLD = 5
"""More accounts than this are a table, one line each."""

_MARKS = {True: "ok", False: "FAILED", None: "-"}
_NAMES_SHOWN = 60


def command(
    context: typer.Context,
    account: AccountNames = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Also write one row an account into a new CSV.")
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Try nothing; print what an administrator runs to grant and revoke the rights."),
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Try each account: name, connection, encryption, sign-in, permission, mailboxes, sent mail.

    Says which step failed and what to do about it. Nothing is stored, and nothing changes on the server.
    """
    session: Session = context.obj
    names = tuple(account or ())
    if plan:
        from scanner.pipeline.checking.plan import plan as plan_text

        screen = Screen()
        for line in plan_text(session.settings(), names).splitlines():
            screen.line(line)
        return ExitCode.COMPLETE
    return _check(session, names, csv, as_json=as_json)


def _check(session: Session, names: tuple[str, ...], csv: Path | None, *, as_json: bool) -> ExitCode:
    from scanner.pipeline.checking.check import check, count_accounts, unused_exclusions

    settings = session.settings()
    remarks = session.tell_remarks(settings)
    number = count_accounts(settings, names)
    tell = note if sys.stdin.isatty() else None
    with ExitStack() as stack:
        write = _csv_writer(stack, csv)
        answers = check(settings, accounts=names, password_prompt=password_prompt(), tell=tell)
        if as_json:
            done = list(_each(answers, write))
            warnings = list(unused_exclusions(settings, done))
            accounts = [_json(answer) for answer in done]
            notes = [remark.text for remark in remarks]
            print_json({"schema": "blindcopy/check/1", "accounts": accounts, "warnings": warnings, "notes": notes})
        elif number > LONGEST_TOLD:
            done = _in_one_table(session, number, answers, write)
        else:
            done = []
            for answer in _each(answers, write):
                done.append(answer)
                _print(Screen(), answer)
    code = ending(done)
    if not as_json:
        screen = Screen()
        for warning in unused_exclusions(settings, done):
            screen.paragraph(warning, indent=9, first="warning", style="yellow")
        _print_next(screen, session, done, csv)
    return code


def ending(answers: Iterable["AccountCheck"]) -> ExitCode:
    """Return 0 when every account can be scanned, 1 when some can, 2 when none can."""
    good = [answer.failed is None for answer in answers]
    if all(good):
        return ExitCode.COMPLETE
    return ExitCode.GAPS if any(good) else ExitCode.FAILED


def _csv_writer(stack: ExitStack, csv: Path | None) -> Callable[["AccountCheck"], None]:
    if csv is None:
        return lambda _: None
    from scanner.pipeline.checking.check_csv import check_csv

    return stack.enter_context(check_csv(csv))


def _each(answers: Iterator["AccountCheck"], write: Callable[["AccountCheck"], None]) -> Iterator["AccountCheck"]:
    for answer in answers:
        write(answer)
        yield answer


def _json(answer: "AccountCheck") -> object:
    found = plain(answer)
    if isinstance(found, dict):
        found["next_action"] = answer.next_action
    return found


def _in_one_table(
    session: Session, number: int, answers: Iterator["AccountCheck"], write: Callable[["AccountCheck"], None]
) -> list["AccountCheck"]:
    done = []
    with session.progress("Checking") as progress:
        progress.expect(number)
        for answer in _each(answers, write):
            done.append(answer)
            progress.advance(1)
    rows = (
        (
            str(answer.number),
            answer.name,
            f"{answer.done}/{len(answer.steps)}",
            answer.failed.name if answer.failed else "",
            f"{answer.failed.detail}. {answer.next_action}" if answer.failed else _found(answer),
        )
        for answer in done
    )
    screen = Screen()
    screen.table(("No.", "Account", "Done", "Failed step", "What, and what next"), rows, right=frozenset({0}), wide=4)
    for answer in done:
        if answer.failed and answer.mailboxes:
            screen.line()
            screen.line(f"Account {answer.name}")
            _print_mailboxes(screen, answer.mailboxes)
    return done


def _found(answer: "AccountCheck") -> str:
    messages = sum(mailbox.messages for mailbox in answer.sent_mailboxes)
    kinds = {_kind(mailbox.reason) for mailbox in answer.sent_mailboxes}
    kind = "mailbox" if "mailbox" in kinds else "sent mailbox"
    excluded = f", {len(answer.excluded):,} excluded" if answer.excluded else ""
    return f"{count(messages, 'message')} in {count(len(answer.sent_mailboxes), kind, f'{kind}es')}{excluded}"


def _kind(reason: str) -> str:
    return "mailbox" if reason.endswith(READ_FOR_OURS) else "sent mailbox"


def _print(screen: Screen, answer: "AccountCheck") -> None:
    screen.line(f"Account {answer.name}", style="bold")
    width = max((len(step.name) for step in answer.steps), default=0)
    for step in answer.steps:
        mark = _MARKS[step.ok]
        style: Style = "red" if step.ok is False else ""
        screen.paragraph(step.detail, indent=width + 12, first=f"  {mark:<6}  {step.name}", style=style)
        if step.ok is False and step.remedy:
            screen.paragraph(step.remedy, indent=width + 12, first=f"  {'':<6}  do:")
    for one in answer.sent_mailboxes:
        screen.line(f"  {_kind(one.reason)} {one.name}: {count(one.messages, 'message')} ({one.reason})")
    for excluded in answer.excluded[:_NAMES_SHOWN]:
        screen.line(f"  excluded {excluded.name}: {excluded.reason}")
    if len(answer.excluded) > _NAMES_SHOWN:
        screen.line(f"  … and {len(answer.excluded) - _NAMES_SHOWN:,} more are excluded")
    if answer.failed and answer.mailboxes:
        _print_mailboxes(screen, answer.mailboxes)
    for warning in answer.warnings:
        screen.paragraph(warning, indent=11, first="  warning", style="yellow")
    screen.line()


def _print_mailboxes(screen: Screen, names: tuple[str, ...]) -> None:
    screen.line("  the mailboxes there are:")
    for name in names[:_NAMES_SHOWN]:
        screen.line(f"    {name}")
    if len(names) > _NAMES_SHOWN:
        screen.line(f"    … and {len(names) - _NAMES_SHOWN:,} more")


def _print_next(screen: Screen, session: Session, done: list["AccountCheck"], csv: Path | None) -> None:
    """Close with how many accounts can be scanned, which causes keep the others, and one thing to do."""
    good = sum(answer.failed is None for answer in done)
    if len(done) > LONGEST_TOLD:
        screen.line()
        screen.line(f"{good:,} of {count(len(done), 'account')} can be scanned.")
        causes = Counter((one.failed.name, one.failed.detail, one.failed.remedy) for one in done if one.failed)
        for (step, what, remedy), times in causes.most_common():
            screen.line(f"  {times:,} × {step}: {what}")
            if remedy:
                screen.paragraph(remedy, indent=8, first="    do:")
        writing = sum(bool(answer.warnings) for answer in done)
        if writing:
            screen.line(
                f"  {count(writing, 'sign-in')} could, or perhaps could, also change mail; see --json or --csv."
            )
    if csv is not None:
        screen.line(f"Written: {csv}")
    closed = any(answer.failed.name == "permission" for answer in done if answer.failed)
    if good == len(done):
        screen.line(f"Next: {session.call('scan')}")
    elif closed:
        screen.line(f"Next: {session.call('check', '--plan')}")
    elif good:
        screen.line(f"Next: mend what failed, or {session.call('scan')} for the others")
    else:
        screen.line(f"Next: mend what failed, then {session.call('check')}")
