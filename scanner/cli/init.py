"""`blindcopy init`: a first settings file and an empty store."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AsJson
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from scanner.pipeline.checking.suggest import Suggestions

NAME = "init"
EXAMPLE = "blindcopy init --domain corp.example --host imap.corp.example --user office@corp.example"


def command(
    context: typer.Context,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="Your own mail domain.")] = "",
    host: Annotated[str, typer.Option(metavar="HOST", help="The IMAP server.")] = "",
    user: Annotated[str, typer.Option(metavar="USER", help="The login of the first account.")] = "",
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Show which domains sent your mail; writes nothing, needs settings.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Write a commented blindcopy.toml and make the store.

    What you leave out stands in the file as an example to change. A file that is there already is left as it is.

    With --suggest, settings that are there are not touched: it counts who sent the mail of the store or, before the
    first scan, the newest mail of each account, and shows what you may want to copy into [organisation].
    """
    from scanner.config import load_settings, write_template
    from scanner.config.loading import new_settings_path
    from scanner.pipeline.keeping.upkeep import create_store

    session: Session = context.obj
    if suggest:
        if domain or host or user:
            raise UsageError(
                "it reads the settings that are there", where="--suggest", remedy="Leave the other options out"
            )
        return _suggest(session, as_json=as_json)
    path = new_settings_path(session.config)
    values = {"domain": domain, "name": domain, "host": host, "user": user, "account": user}
    given = {name: value for name, value in values.items() if value}
    write_template(path, **given)
    store = create_store(load_settings(path))

    if as_json:
        print_json({"schema": "blindcopy/init/1", "settings": str(path), "store": store})
        return ExitCode.COMPLETE
    screen = Screen()
    screen.line(f"Settings  {path}")
    screen.line(f"Store     {store}")
    screen.line()
    open_points = " and ".join(name for name in ("domain", "host", "user") if not values[name])
    if open_points:
        screen.line(f"Next: put your own {open_points} into the settings, then: {session.call('check')}")
    else:
        screen.line(f"Next: read through the settings, then: {session.call('check')}")
    return ExitCode.COMPLETE


def _suggest(session: Session, *, as_json: bool) -> ExitCode:
    from scanner.pipeline.checking.suggest import suggest

    settings = session.settings()
    with session.progress("Looking") as progress:
        found = suggest(settings, prompt=password_prompt(), progress=progress)
    for error in found.failed:
        note(f"blindcopy: {error}")
    if as_json:
        print_json(
            {
                "schema": "blindcopy/suggest/1",
                "origin": found.origin,
                "senders": plain(found.senders),
                "suggestions": plain(found.suggestions),
                "senders_not_scanned": plain(found.not_scanned),
            }
        )
    else:
        _print_suggestions(Screen(), found)
    if not found.failed:
        return ExitCode.COMPLETE
    return ExitCode.GAPS if found.senders else ExitCode.FAILED


def _print_suggestions(screen: Screen, found: "Suggestions") -> None:
    where = "all stored mail" if found.origin == "store" else "the newest mail of each account"
    if not found.senders:
        screen.line("No sent mail was found that could suggest anything.")
        return
    screen.line(f"Who sent, in {where}:")
    rows = [
        (sender.host, f"{sender.messages:,}", "inside" if sender.is_inside else "outside", sender.standing)
        for sender in found.senders
    ]
    screen.table(("Domain", "Messages", "Now", "By which rule"), rows, right=frozenset({1}), wide=0)
    screen.line()
    if found.not_scanned:
        screen.line("Yours, and no scanned account has them:")
        own = [(one.address, f"{one.messages:,}") for one in found.not_scanned]
        screen.table(("Address", "Messages"), own, right=frozenset({1}), wide=0)
        screen.line()
    if not found.suggestions:
        screen.line("Nothing to add: every sender counts as inside, and no other domain looks like yours.")
        return
    screen.paragraph(
        "Nothing is added by itself: who counts as inside stands in no figure. Copy what is right into [organisation], "
        "beside what stands there, and run `blindcopy analyse`. What ends in ? needs your judgement: mail of others "
        "lies among sent mail, and names alone prove nothing."
    )
    for key in dict.fromkeys(one.key for one in found.suggestions):
        screen.line()
        those = [one for one in found.suggestions if one.key == key]
        for one in those:
            # Comments and values of TOML, so that lines can be copied as they stand.
            doubt = "" if one.is_likely else "  ?"
            screen.line(f"# {json.dumps(one.value)}: {one.why} ({count(one.messages, 'message')}){doubt}")
        if likely := [one.value for one in those if one.is_likely]:
            screen.line(f"{key} = {json.dumps(likely)}")
