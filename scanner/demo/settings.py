"""
The demo's blindcopy.toml: what an administrator of the invented organisation would have written.

The file is complete, so that the ordinary commands work on the demo's store
afterwards: `blindcopy --config DIR/blindcopy.toml queue`. Scanning again
needs the server, which runs during `blindcopy demo` only.
"""

import json
from collections.abc import Iterator
from datetime import date

from scanner.demo.desk import DOMAIN, ORGANISATION, SISTER_DOMAIN, Desk
from scanner.demo.lookalike import PARTNER_DOMAINS
from scanner.demo.organisation import Organisation
from scanner.demo.server import DemoServer

STORE_NAME = "blindcopy.db"

_LABELLED = {"counselling": "health"}

_HEAD = """\
# Settings of the demo: an invented organisation whose mail was served on this machine.
# `blindcopy --config THIS-FILE queue`, `show` and `report` work on its store;
# `blindcopy demo` starts the server again.
"""


def settings_text(organisation: Organisation, server: DemoServer) -> str:
    """Return the text of blindcopy.toml for a store beside it; passwords stay in the environment."""
    return "\n".join([_HEAD, *_organisation(), *_accounts(organisation, server), *_policy(organisation), ""])


def is_demo_settings(text: str) -> bool:
    """Tell whether a settings file was written by the demo, which may then write it again."""
    return text.startswith(_HEAD)


def password_variable(desk: Desk) -> str:
    """Return the environment variable that holds the password of one account."""
    return f"BLINDCOPY_DEMO_{desk.name.upper()}"


def passwords(organisation: Organisation) -> dict[str, str]:
    """Return the environment that the demo's settings expect; the passwords guard invented mail on loopback."""
    return {password_variable(desk): desk.password for desk in organisation.desks}


def _organisation() -> Iterator[str]:
    yield from _table(
        "[organisation]", name=ORGANISATION, domains=[DOMAIN], sister_domains=[SISTER_DOMAIN], time_zone="Europe/London"
    )
    yield from _table(
        "[mandate]",
        ordered_by="Data protection officer",
        purpose="Demonstration on invented mail",
        legal_basis="none needed: nobody in it exists",
    )
    yield from _table("[store]", url=STORE_NAME)


def _accounts(organisation: Organisation, server: DemoServer) -> Iterator[str]:
    for desk in organisation.desks:
        label = {"label": _LABELLED[desk.name]} if desk.name in _LABELLED else {}
        yield from _table(
            "[[account]]",
            name=desk.name,
            host=server.host,
            port=server.port,
            security="none",
            user=desk.address,
            password_env=password_variable(desk),
            **label,
        )


def _policy(organisation: Organisation) -> Iterator[str]:
    yield from _table("[policy]", queue_floor=5, queue_score=0, window_days=14)
    yield from _table(
        "[[group]]",
        name="trustees",
        members=[member.addr_spec for member in organisation.trustees],
        owner="Company secretary",
        reason="Agreed to share their addresses with each other in the meeting of September 2023",
        since=date(2023, 9, 1),
        expires=date(2026, 12, 31),
    )
    for domain in PARTNER_DOMAINS:
        reason = "Runs the drop-in centre together with us"
        yield from _table("[[partner]]", domain=domain, reason=reason, expires=date(2027, 12, 31))


def _table(head: str, **values: str | int | list[str] | date) -> Iterator[str]:
    yield head
    for key, value in values.items():
        # JSON's texts, numbers and lists are TOML's as well; dates stand bare (TOML 1.0).
        written = value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
        yield f"{key} = {written}"
    yield ""
