"""`blindcopy check`: try each account step by step; nothing is stored."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, Style, print_json
from scanner.errors import ExitCode

if TYPE_CHECKING:
    from scanner.pipeline.check import AccountCheck

NAME = "check"
EXAMPLE = "blindcopy check --account office"

_MARKS = {True: "ok", False: "FAILED", None: "-"}


def command(
    context: typer.Context,
    account: AccountNames = None,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Try each account: name, connection, encryption, sign-in, sent mailboxes.

    Says which step failed and what to do about it. Nothing is stored, and nothing changes on the server.
    """
    from scanner.pipeline.check import check

    session: Session = context.obj
    answers = check(session.settings(), accounts=tuple(account or ()), password_prompt=password_prompt())
    if as_json:
        done = list(answers)
        print_json({"schema": "blindcopy/check/1", "accounts": [plain(answer) for answer in done]})
    else:
        done = []
        for answer in answers:
            done.append(answer)
            _print(Screen(), answer)
    return ending(done)


def ending(answers: Iterable["AccountCheck"]) -> ExitCode:
    """Return 0 when every account can be scanned, 1 when some can, 2 when none can."""
    good = [all(step.ok is not False for step in answer.steps) for answer in answers]
    if all(good):
        return ExitCode.COMPLETE
    return ExitCode.GAPS if any(good) else ExitCode.FAILED


def _print(screen: Screen, answer: "AccountCheck") -> None:
    screen.line(f"Account {answer.name}", style="bold")
    width = max((len(step.name) for step in answer.steps), default=0)
    for step in answer.steps:
        mark = _MARKS[step.ok]
        style: Style = "red" if step.ok is False else ""
        screen.paragraph(step.detail, indent=width + 12, first=f"  {mark:<6}  {step.name}", style=style)
        if step.ok is False and step.remedy:
            screen.paragraph(step.remedy, indent=width + 12, first=f"  {'':<6}  do:")
    for name, reason, messages in answer.sent_mailboxes:
        screen.line(f"  sent mailbox {name}: {messages:,} messages ({reason})")
    screen.line()
